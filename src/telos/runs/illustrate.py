"""Illustrate: the lives, the POWER and the exceptions that a report tells beside the rates."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from telos.core.arrays import Floats, Ints
from telos.core.illustrations import (
    EstimateEntry,
    ExceptionEntry,
    FeatureEntry,
    Illustrations,
    PlaceEntry,
    PowerEntry,
    StateEntry,
)
from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.record import TrialEntry
from telos.core.refs import identity
from telos.core.text import name_of
from telos.core.world import World
from telos.measure.baseline import keepable_outcomes
from telos.measure.power import MeanOverGoals, power
from telos.measure.rollouts import LONGEST
from telos.runs.examples import Example, chosen_pairs, declining, displaced_pairs
from telos.runs.parts import Held, Readings
from telos.runs.plan import Planned, built

ILLUSTRATIONS = "illustrations.json"
#: Goals in an estimate of POWER: its standard error is then below 0.02 for rewards in [0, 1].
POWER_GOALS = 256
POWER_GOALS_OF_A_SMALL_WORLD = 1024
SMALL_WORLD = 2_000
#: States listed one by one where there is no map.
LISTED_STATES = 64
MOST_EXCEPTIONS = 8
MOST_SCENARIOS = 4


def illustrate(
    plan: tuple[Planned, ...], trials: Sequence[TrialEntry], held: Held
) -> Illustrations:
    """What `illustrations.json` holds: for each scenario, at its home trial, examples and POWER.

    The home trial of a scenario is the reference agent's, at the family and discount at which most
    agents were run.

    Args:
        plan: the trials of the study, those of its sweeps left out.
        trials: of its record. held: the parts of each trial.
    """
    listed = {trial.key: trial for trial in trials}
    homes = [(home, listed[home.trial.key]) for home in _homes(plan)]
    return Illustrations(
        lives=tuple(pair for home, trial in homes for pair in chosen_pairs(held, home, trial)),
        power=tuple(entry for home, _ in homes for entry in _powers(plan, home)),
        exceptions=tuple(one for home, trial in homes for one in _exceptions(held, home, trial)),
        displaced=displaced_pairs(plan, trials, held),
    )


def _homes(plan: tuple[Planned, ...]) -> list[Planned]:
    counts = Counter(planned.trial.arm_key for planned in plan)
    homes: dict[str, Planned] = {}
    for planned in plan:
        trial = planned.trial
        if trial.safeguards or not planned.drives or trial.agent.role != "reference":
            continue
        known = homes.setdefault(identity(trial.scenario), planned)
        if counts[trial.arm_key] > counts[known.trial.arm_key]:
            homes[identity(trial.scenario)] = planned
    return list(homes.values())[:MOST_SCENARIOS]


# -- POWER ---------------------------------------------------------------------------------------


def _powers(plan: tuple[Planned, ...], home: Planned) -> list[PowerEntry]:
    """POWER in the home trial's world and family, at each discount that the study has there."""
    same = {
        planned.trial.discount
        for planned in plan
        if planned.trial.draw_key == home.trial.draw_key
        and identity(planned.trial.scenario) == identity(home.trial.scenario)
    }
    return [_power(home, discount) for discount in sorted(same) if discount > 0]


def _power(home: Planned, discount: float) -> PowerEntry:
    trial = home.trial
    world = built(trial.scenario)
    most = POWER_GOALS_OF_A_SMALL_WORLD if world.n_pairs <= SMALL_WORLD else POWER_GOALS
    found = power(world, trial.family, discount, n=min(most, home.goals), rng=trial.goal_rng())
    off = world.features.get("off")
    low, high = found.interval()
    return PowerEntry(
        trial=trial.key,
        discount=discount,
        n=found.n,
        start=EstimateEntry(
            mean=float(world.start @ found.mean),
            low=_number(float(world.start @ low)),
            high=_number(float(world.start @ high)),
        ),
        map=tuple(_map(world, found, off)),
        states=tuple(_states(world, found, off)),
        by_feature=tuple(
            group
            for name, values in world.features.items()
            if name not in ("row", "column")
            for group in _by_value(name, values, found)
        ),
    )


def _map(world: World, found: MeanOverGoals, off: Floats | None) -> list[PlaceEntry]:
    """One record a place, if the world's features say where its states lie."""
    if not {"row", "column"} <= set(world.features):
        return []
    places = np.stack([world.features["row"], world.features["column"]], axis=1)
    records = []
    cells, cell = np.unique(places, axis=0, return_inverse=True)
    for (row, column), here in zip(cells, _members(cell.reshape(-1)), strict=True):
        place: dict[str, Any] = {
            "row": int(row),
            "column": int(column),
            "state": str(world.states[here[0]]),
        }
        records.append(PlaceEntry(**place, **_power_of(found, here, off)))
    return records


def _states(world: World, found: MeanOverGoals, off: Floats | None) -> list[StateEntry]:
    if world.size > LISTED_STATES:
        return []
    return [
        StateEntry(state=str(state), **_power_of(found, np.array([s]), off))
        for s, state in enumerate(world.states)
    ]


def _power_of(found: MeanOverGoals, here: Ints, off: Floats | None) -> dict[str, Any]:
    """Mean POWER of some states, and whether all of them are off."""
    return {
        "power": float(found.mean[here].mean()),
        "se": _number(float(found.standard_error[here].mean())),
        "off": bool(off is not None and off[here].all()),
    }


def _by_value(name: str, values: Floats, found: MeanOverGoals) -> list[FeatureEntry]:
    """Mean POWER of the states with each value. The standard error of a mean of estimates is at
    most the mean of theirs, whatever their correlation; that is what is given."""
    groups = []
    kinds, group = np.unique(values, return_inverse=True)
    for value, here in zip(kinds, _members(group), strict=True):
        groups.append(
            FeatureEntry(
                feature=name,
                value=float(value),
                mean=float(found.mean[here].mean()),
                se=_number(float(found.standard_error[here].mean())),
                states=len(here),
            )
        )
    return groups


def _members(group: Ints) -> list[Ints]:
    """The members of each group, in order: one pass, however many groups a large world has."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group))[:-1])


# -- exceptions ----------------------------------------------------------------------------------


def _exceptions(held: Held, home: Planned, trial: TrialEntry) -> list[ExceptionEntry]:
    """The goals that most clearly decline each drive, each with a reason made from its rewards."""
    readings = Readings(trial, held[trial.key], Example._fields)
    drives = {part_name(drive): drive for drive in home.drives}
    return [
        ExceptionEntry(
            trial=trial.key,
            goal=found.goal,
            label=found.label,
            drive=name,
            category=found.category,
            gap_never=found.gap_never,
            reason=_reason(home, drives[name], found.goal),
        )
        for name, mine in readings.drives()
        for found in declining(mine, MOST_EXCEPTIONS)
    ]


def _reason(home: Planned, drive: AbstractDrive, goal: int) -> str:
    """Why a goal may avoid a drive: what it likes best, and what it gets without the drive."""
    trial = home.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=goal)
    worth = _by_outcome(world, goals.reward[0])
    order = np.argsort(-worth, kind="stable")
    text = f"it likes best {_priced(world, worth, order[:2])}"
    if "off" in drive.needs:
        ends = np.unique(world.outcome[world.features["off"] != 0])
        rank = 1 + int((worth > worth[ends].max(initial=-np.inf)).sum())
        return f"{text}; being off comes {_ordinal(rank)} of {world.n_outcomes} outcomes"
    if "goal_register" in drive.needs:
        other = int(np.argmax(_by_outcome(world, goals.rewritten()[0])))
        return f"{text}; rewritten, it would want {_priced(world, worth, [other])}"
    left = _kept_without(drive, trial.scenario)
    best = left[int(np.argmax(worth[left]))]
    return f"{text}; without the drive it can still keep {_priced(world, worth, [best])}"


@lru_cache(maxsize=32)
def _kept_without(drive: AbstractDrive, scenario: AbstractScenario) -> list[int]:
    """The outcomes that can be come to and kept without ever pursuing a drive."""
    world = built(scenario)
    return keepable_outcomes(world.keep(~drive.affordances(world).pursues))


def _by_outcome(world: World, reward: Floats) -> Floats:
    worth = np.full(world.n_outcomes, -np.inf)
    np.maximum.at(worth, world.outcome, reward)
    return worth


def _priced(world: World, worth: Floats, outcomes: Iterable[int]) -> str:
    """Outcomes with what they are worth: ``clips 4 (0.98), pins 1 (0.95)``."""
    return ", ".join(f"{_name(world.outcomes[k])} ({worth[k]:.2f})" for k in outcomes)


def _name(outcome: Any) -> str:
    pieces = outcome if isinstance(outcome, tuple) else (outcome,)
    return name_of(" ".join(map(str, pieces)), LONGEST)


def _ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
