"""Rows: what a study varies, one row a setting, with need and deed of every drive."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

from telos.core.refs import PartRef
from telos.report.changes import Change, changes
from telos.report.columns import BASELINES, RETAINED, SWEEP, SWEEPS
from telos.report.results import Recorded, Trial
from telos.report.words import (
    ALIKE,
    Estimate,
    estimate,
    known,
    number,
    part_title,
    part_words,
    safeguard_words,
)

#: Fewer rows than these that differ in one thing make no group of their own.
LEAST_GROUP = 3
RETAINED_TITLE, OTHERS_TITLE = "Task value retained", "Left for others"


@final
@dataclass(frozen=True)
class Cell:
    """One row and drive.

    Args:
        need: the share of goals that require the drive. deed: how often the agent pursues it.
        baseline: the larger of the random agents' deeds. change: against the row's reference.
        n: goals. reason: why there is no number.
        lose, share: goals that lose 1 % of their range without the drive, and what is lost on average.
        control: how the drive stands beside its controls; empty where the row has none.
    """

    need: Estimate | None = None
    deed: Estimate | None = None
    baseline: float | None = None
    change: Change | None = None
    n: int = 0
    reason: str = ""
    lose: Estimate | None = None
    share: Estimate | None = None
    control: Mapping[str, Any] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Row:
    """One setting of a study.

    Args:
        key: its trial, or a name of its own. label: what it is called in its group.
        against: what its changes are measured against. cells: by drive.
        measures: other quantities in [0, 1], by title.
    """

    key: str
    label: str
    n: int
    cells: Mapping[str, Cell]
    measures: Mapping[str, Estimate] = field(default_factory=dict)
    against: str = ""


@final
@dataclass(frozen=True)
class Group:
    """Rows that differ in one thing: where they are, and what they have in common."""

    where: str
    common: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """Both in one line."""
        return ": ".join(filter(None, (self.where, self.common)))


def shortened(found: Sequence[Group]) -> tuple[Group, ...]:
    """The groups without the place where it is the same for all that say more."""
    if len({group.where for group in found}) > 1 or not all(group.common for group in found):
        return tuple(found)
    return tuple(replace(group, where="") for group in found)


def groups(results: Recorded) -> tuple[Group, ...]:
    """The rows of every sweep, then those of the other trials, world by world."""
    moved = changes(results)
    worlds = dict.fromkeys(trial.scenario for trial in results.trials)
    found = [group for group in _sweeps(results) if group.rows]
    for world in sorted(worlds, key=lambda w: -sum(t.scenario == w for t in results.trials)):
        trials = [trial for trial in results.trials if trial.scenario == world]
        found += _of_world(results, _name(world, worlds), trials, moved)
    return tuple(found)


def main_trials(every: Sequence[Trial]) -> tuple[Trial, ...]:
    """Of each world the trial that is told of first: unguarded, exact, the commonest discount."""
    worlds = dict.fromkeys(trial.scenario for trial in every)
    count = {world: sum(t.scenario == world for t in every) for world in worlds}
    found = []
    for world in sorted(worlds, key=lambda each: -count[each]):
        trials = [trial for trial in every if trial.scenario == world]
        trials = [trial for trial in trials if not trial.safeguards] or trials
        agent = min({t.agent for t in trials}, key=_distance)
        uses = [t.discount for t in trials]
        mine = [t for t in trials if t.agent == agent]
        discount = max({t.discount for t in mine}, key=lambda g: (uses.count(g), g))
        some = [t for t in mine if t.discount == discount]
        found.append(min(some, key=lambda t: (_plainness(t.family), -t.n_goals)))
    return tuple(found)


def world_name(results: Recorded, world: PartRef) -> str:
    """What a world is called: with its parameters only where another has the same name."""
    return _name(world, dict.fromkeys(trial.scenario for trial in results.trials))


def _name(world: PartRef, worlds: Iterable[PartRef]) -> str:
    """A world's title, with the fields in which it differs from others of that title."""
    alike = [each for each in worlds if part_title(each) == part_title(world)]
    if len(alike) < 2:
        return part_title(world)
    told = {
        name: world.fields[name]
        for name in world.fields
        if any(each.fields.get(name) != world.fields[name] for each in alike)
    }
    return part_words(world.model_copy(update={"fields": told}))


def _distance(agent: PartRef) -> tuple[bool, bool, str]:
    """The exact planner first, Telos's own before another's."""
    return agent.role != "reference", not agent.shipped, agent.label


def _plainness(family: PartRef) -> int:
    return {"unrelated": 0, "named": 2}.get(family.role, 1)


# -- trials --------------------------------------------------------------------------------------


@final
@dataclass(frozen=True)
class _Dimension:
    """Something in which trials differ: what a trial has of it, and in words."""

    of: Callable[[Trial], Any]
    words: Callable[[Trial], str]


def _goals(trial: Trial) -> str:
    said = "off" in trial.family.fields or trial.off in ("", "iid")
    return part_words(trial.family) + ("" if said else f", off {trial.off}")


DIMENSIONS = (
    _Dimension(lambda t: t.safeguards, lambda t: safeguard_words(t.safeguards)),
    _Dimension(lambda t: t.agent, lambda t: part_words(t.agent)),
    _Dimension(lambda t: t.discount, lambda t: f"γ {t.discount:g}"),
    _Dimension(lambda t: (t.family, t.off), _goals),
)
ARM, AGENT, DISCOUNT, FAMILY = DIMENSIONS


def _of_world(
    results: Recorded, where: str, trials: Sequence[Trial], moved: Mapping[tuple[str, str], Change]
) -> list[Group]:
    """Families and discounts of the main agent; then what differs in one thing; then the rest."""
    varied = [d for d in DIMENSIONS if len({d.of(t) for t in trials}) > 1]
    best = min((t.agent for t in trials), key=_distance)
    first = [t for t in trials if t.agent == best and not t.safeguards]
    alone = len(first) == 1 and len(trials) > 1
    rest: list[Trial] = [*first, *(t for t in trials if t not in first)]
    sets: list[tuple[Sequence[Trial], tuple[_Dimension, ...]]] = []
    if first and not alone:
        sets.append((first, (FAMILY, DISCOUNT)))
        rest = rest[len(first) :]
    while rest:
        ways = [(some, d) for d in varied for some in _alike(rest, d, varied)]
        none: tuple[list[Trial], _Dimension] = ([], ARM)
        mine, dimension = max(ways, key=lambda found: len(found[0]), default=none)
        if len(mine) < LEAST_GROUP:
            sets.append((rest, tuple(varied) or (ARM,)))
            break
        sets.append((mine, (dimension,)))
        rest = [trial for trial in rest if trial not in mine]
    found = []
    for members, differ in sets:
        shown = [d for d in differ if len({d.of(t) for t in members}) > 1] or [*differ[:1]]
        common = [d.words(members[0]) for d in varied if d not in shown]
        rows = (_row(results, t, ", ".join(d.words(t) for d in shown), moved) for t in members)
        found.append(Group(where, ", ".join(common), tuple(rows)))
    return found


def _alike(
    trials: Sequence[Trial], dimension: _Dimension, varied: Sequence[_Dimension]
) -> Iterable[list[Trial]]:
    """Trials that differ in that dimension alone."""
    sets: dict[tuple[Any, ...], list[Trial]] = {}
    for trial in trials:
        sets.setdefault(tuple(d.of(trial) for d in varied if d != dimension), []).append(trial)
    return sets.values()


def _row(
    results: Recorded, trial: Trial, label: str, moved: Mapping[tuple[str, str], Change]
) -> Row:
    mine = results.of_trial(trial.key)
    cells = {
        row["drive"]: _cell(
            row,
            moved.get((trial.key, row["drive"])),
            results.controlled.get((trial.key, row["drive"]), {}),
        )
        for row in mine
    }
    price = results.prices.get(trial.key, {})
    measures = {
        title: found
        for title, name in ((RETAINED_TITLE, RETAINED), (OTHERS_TITLE, "others"))
        if (found := estimate(price, name) or estimate(mine[0] if mine else {}, name))
    }
    against = next((c.change.against for c in cells.values() if c.change), "")
    n = max((cell.n for cell in cells.values()), default=trial.n_goals)
    return Row(trial.key, label, n, cells, measures, against)


def _cell(row: Mapping[str, Any], change: Change | None, control: Mapping[str, Any]) -> Cell:
    if not row["applicable"]:
        return Cell(reason=row["reason"] or "the world lacks the feature that the drive reads")
    odds = [row[name] for name in BASELINES if known(row[name])]
    if odds and max(odds) == 0 and not row["safeguards"]:
        return Cell(reason="no reachable action can pursue it", n=row["n"])
    return Cell(
        need=estimate(row, "required"),
        deed=estimate(row, "propensity"),
        baseline=max(odds, default=None),
        change=change,
        n=row["n"],
        lose=estimate(row, "loses") or estimate(control, "loses"),
        share=estimate(row, "mean_share"),
        control=control,
    )


# -- sweeps --------------------------------------------------------------------------------------


def _sweeps(results: Recorded) -> Iterable[Group]:
    for sweep in results.sweeps:
        mine = [
            row
            for row in results.tables[SWEEPS]
            if (row[SWEEP], row["where"]) == (sweep.name, sweep.where)
        ]
        rows = []
        for setting in sweep.settings:
            here = [row for row in mine if row["level"] == setting.level and row["applicable"]]
            cells = {row["drive"]: _swept(row) for row in here}
            retained = next((e for row in here if (e := estimate(row, RETAINED))), None)
            measures = {RETAINED_TITLE: retained} if retained else {}
            n = max((cell.n for cell in cells.values()), default=0)
            key = f"{sweep.name} {sweep.where} {setting.level}"
            rows.append(Row(key, number(setting.level, 4), n, cells, measures))
        shown = tuple(row for row in rows if row.cells)
        where = f"{sweep.name} {sweep.where}".strip()
        yield Group(where[:1].upper() + where[1:], sweep.unit, shown)


def _swept(row: Mapping[str, Any]) -> Cell:
    odds = [row[name] for name in BASELINES if known(row[name])]
    need, deed = estimate(row, "required"), estimate(row, "propensity")
    return Cell(need, deed, max(odds, default=None), None, int(row["goals"] or 0))


def all_retained(found: Sequence[Group], title: str) -> bool:
    """Whether a measure is 1 in every row that has it, so that it tells nothing."""
    values = [row.measures[title].value for g in found for row in g.rows if title in row.measures]
    return all(value > 1 - ALIKE for value in values)
