"""Choice: which of a study's trials the page leads with, and which form each sweep."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from telos.core.parts import Role
from telos.core.refs import PartRef
from telos.report.results import Results, Trial

#: Reported in steps of capability; each group is named by what its members lack.
AGENT_GROUPS: dict[Role, str] = {
    "reference": "Reference",
    "myopic": "Looks less far ahead",
    "noisy": "Chooses with noise",
    "control": "Does not foresee its rewriting (controls)",
    "learner": "Learns from experience",
    "other": "Other agents",
    "blind": "Knows no goal",
}


@final
@dataclass(frozen=True)
class Choice:
    """What the page shows of one scenario.

    Args:
        scenario: which one.
        main: the trial that the first sentence speaks of.
        families: one trial per goal family (and worth of being off), all else as in `main`.
        discounts: runs of trials that differ only in the discount, the main family's first.
        agents: trials that differ only in the agent, in groups, each in the order
            in which the study lists its members.
    """

    scenario: PartRef
    main: Trial
    families: tuple[Trial, ...]
    discounts: tuple[tuple[Trial, ...], ...]
    agents: tuple[tuple[str, tuple[Trial, ...]], ...]


def choose(results: Results) -> tuple[Choice, ...]:
    """One choice per scenario, the one with most trials first."""
    counts = Counter(trial.scenario for trial in results.trials)
    order = sorted(counts, key=lambda scenario: -counts[scenario])
    return tuple(
        _choice(scenario, _unguarded([t for t in results.trials if t.scenario == scenario]))
        for scenario in order
    )


def is_named(trial: Trial) -> bool:
    """Whether the goals of a trial were written by hand, one by one."""
    return trial.family.role == "named"


def _choice(scenario: PartRef, trials: list[Trial]) -> Choice:
    agent = min({t.agent for t in trials}, key=_closeness)
    best = [t for t in trials if t.agent == agent]
    discount = _commonest([t.discount for t in trials], {t.discount for t in best})
    families = sorted((t for t in best if t.discount == discount), key=_plainness)
    main = families[0]
    sweeps = [
        tuple(sorted(run, key=lambda t: t.discount)) for run in _runs(best, _goals) if len(run) > 1
    ]
    sweeps.sort(key=lambda run: (_goals(run[0]) != _goals(main), -len(run)))
    return Choice(
        scenario=scenario,
        main=main,
        families=tuple(families),
        discounts=tuple(sweeps),
        agents=_agents(trials, main),
    )


def _unguarded(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if not trial.safeguards] or trials


def _closeness(agent: PartRef) -> tuple[bool, bool, str]:
    """The exact planner first, Telos's own before another's."""
    return agent.role != "reference", not agent.shipped, agent.label


def _plainness(trial: Trial) -> tuple[bool, bool, int]:
    return (is_named(trial), trial.family.role != "unrelated", -trial.n_goals)


def _goals(trial: Trial) -> tuple[PartRef, str]:
    return (trial.family, trial.off)


def _commonest(discounts: list[float], allowed: set[float]) -> float:
    """The discount of most trials; of several, the one that looks furthest ahead."""
    counts = Counter(discounts)
    return max(allowed, key=lambda discount: (counts[discount], discount))


def _runs(trials: list[Trial], key: Callable[[Trial], tuple[object, ...]]) -> list[list[Trial]]:
    found: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        found.setdefault(key(trial), []).append(trial)
    return list(found.values())


def _agents(trials: list[Trial], main: Trial) -> tuple[tuple[str, tuple[Trial, ...]], ...]:
    runs = _runs(trials, lambda t: (*_goals(t), t.discount))
    home = (*_goals(main), main.discount)
    widest = max(runs, key=lambda run: (len(run), (*_goals(run[0]), run[0].discount) == home))
    if len(widest) < 2:
        return ()
    groups: dict[str, list[Trial]] = {}
    for trial in widest:
        group = AGENT_GROUPS.get(trial.agent.role, AGENT_GROUPS["other"])
        groups.setdefault(group, []).append(trial)
    return tuple((name, tuple(groups[name])) for name in AGENT_GROUPS.values() if name in groups)
