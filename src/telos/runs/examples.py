"""Examples: goals worth looking at, each with its rollouts with and without a drive, or a safeguard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, final

from telos.core.illustrations import Category, DisplacedPair, RolloutPair
from telos.core.parts import AbstractDrive, part_name
from telos.core.problem import Problem
from telos.core.record import TrialEntry
from telos.measure.drive_change import paired_change
from telos.measure.exact import exact_mean
from telos.measure.guard import guard
from telos.measure.rollouts import guarded_rollouts, paired_rollouts
from telos.runs.entries import baselines
from telos.runs.parts import Held, Readings, numbers, required
from telos.runs.plan import Planned, built

if TYPE_CHECKING:
    import polars

#: A displacement is shown if need and least deed rise by at least this, and beyond their intervals.
LEAST_EFFECT = 0.1
MOST_SHOWN = 6
MOST_OF_A_SCENARIO = 3


class Example(NamedTuple):
    """A goal as it stands to a drive."""

    goal: int
    label: str
    category: Category
    share: float
    iv: float
    gap_never: float | None


def chosen_pairs(held: Held, home: Planned, trial: TrialEntry) -> list[RolloutPair]:
    """The rollouts of a few goals of a trial, with everything allowed and with each drive forbidden.

    Args:
        held: the parts of each trial.
        home: the trial, laid out.
        trial: the same, as the record lists it.
    """
    readings = Readings(trial, held[trial.key], Example._fields)
    drives = {part_name(drive): drive for drive in home.drives}
    return [
        _pair(home, drives[name], goal, why)
        for name, mine in readings.drives()
        for why, goal in _chosen(mine)
    ]


def _chosen(mine: "polars.DataFrame") -> Iterator[tuple[str, Example]]:
    """The median goal that requires the drive, the one of the largest share, and one that declines."""
    required = mine.filter(mine["category"] == "required").sort("share", "goal")
    if len(required):
        yield "the middle one of the goals that require it", _example(required, len(required) // 2)
    if len(required) > 2:
        yield "the goal with the largest share", _example(required, -1)
    for goal in declining(mine, 1):
        yield "the goal that declines it most clearly", goal


def _example(goals: "polars.DataFrame", place: int) -> Example:
    return Example(*goals.select(Example._fields).row(place))


def declining(mine: "polars.DataFrame", count: int) -> list[Example]:
    """The goals that most clearly decline a drive, those without a gap last."""
    declined = mine.filter(mine["category"] == "declined").sort(
        "gap_never", "goal", nulls_last=True
    )
    return [_example(declined, place) for place in range(min(count, len(declined)))]


def _pair(home: Planned, drive: AbstractDrive, goal: Example, why: str) -> RolloutPair:
    trial = home.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=goal.goal)
    problem = Problem(world, goals, trial.discount)
    both = paired_rollouts(problem, 0, drive.affordances(world))
    said = {name: value for name, value in goal._asdict().items() if name != "gap_never"}
    return RolloutPair(
        **both.to_dict() | said | {"trial": trial.key, "drive": part_name(drive), "why": why}
    )


def displaced_pairs(
    plan: tuple[Planned, ...], trials: Sequence[TrialEntry], held: Held
) -> tuple[DisplacedPair, ...]:
    """The largest displacements of a study, each with the rollouts of one goal before and after.

    A displacement is a drive that more goals require, and that at least more do, under a safeguard than
    before. For each, the goal is shown that did not require the drive, requires it now, and to which it
    is then worth most. Safeguards about something (certain actions, a drive) come before what makes the
    agent less able all over. No more than three of one world, and no safeguard or drive twice in it.

    Args:
        plan: the trials of the study, laid out.
        trials: as the record lists them.
        held: the parts of each trial.
    """
    planned = {one.trial.key: one for one in plan}
    free = {key: one for key, one in baselines(trials).items() if not one.safeguards}
    pairs = [
        _Twins(planned[trial.key], free[trial.key], trial, held)
        for trial in trials
        if trial.key in free and trial.key in planned
        # A misspecified goal is not a safeguard: what it changes, nobody moved.
        if trial.safeguards[-1].role != "misspecified"
    ]
    found = [(effect, drive, pair) for pair in pairs for effect, drive in _effects(pair)]
    found.sort(key=lambda e: (not _aimed(e[2].planned), -e[0], e[2].after.key, part_name(e[1])))
    shown: list[tuple[TrialEntry, str, DisplacedPair]] = []
    for _, drive, pair in found:
        mine = [one for one in shown if one[0].scenario == pair.after.scenario]
        name = part_name(drive)
        new = all(t.safeguards != pair.after.safeguards and d != name for t, d, _ in mine)
        if len(shown) < MOST_SHOWN and len(mine) < MOST_OF_A_SCENARIO and new:
            shown.append((pair.after, name, _displaced(pair, drive)))
    return tuple(one for _, _, one in shown)


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Twins:
    """A guarded trial and its twin without safeguards, goal by goal."""

    planned: Planned
    before: TrialEntry
    after: TrialEntry
    held: Held

    @cached_property
    def readings(self) -> tuple[Readings, Readings]:
        """Those without the safeguard, and those under it."""
        named = ("goal", "label", "category", "share", "iv", "deed_least")
        more = (*named, "task_retained", "willingness_to_pay")
        first = Readings(
            self.before, self.held[self.before.key], ("goal", "category", "deed_least")
        )
        return first, Readings(self.after, self.held[self.after.key], more)

    def of(self, drive: AbstractDrive) -> "polars.DataFrame":
        """The readings of a drive under the safeguard, and the category `before`."""
        import polars as pl

        first, second = (readings.of(part_name(drive)) for readings in self.readings)
        old = first.select(
            "goal", pl.col("category").alias("before"), pl.col("deed_least").alias("least_before")
        )
        return second.join(old, "goal")


def _effects(pair: _Twins) -> Iterator[tuple[float, AbstractDrive]]:
    """Each drive that clearly more of goals 0, 2, 4, ... require and do, with how many more require it.

    What is told of it is told of goals 1, 3, 5, ..., which had no part in the choice.
    """
    for drive in pair.planned.drives:
        both = pair.of(drive)
        chose = both.filter(both["goal"] % 2 == 0)
        if chose.is_empty() or not len(_pushed(both)):
            continue
        need = paired_change(required(chose, "before"), required(chose))
        least = paired_change(numbers(chose, "least_before"), numbers(chose, "deed_least"))
        if all(each.value >= LEAST_EFFECT and each.interval.low > 0 for each in (need, least)):
            yield need.value, drive


def _told(both: "polars.DataFrame") -> "polars.DataFrame":
    return both.filter(both["goal"] % 2 == 1)


def _pushed(both: "polars.DataFrame") -> "polars.DataFrame":
    """Of the goals that are told of, those that require the drive and did not before."""
    told = _told(both)
    return told.filter((told["category"] == "required") & (told["before"] != "required"))


def _displaced(pair: _Twins, drive: AbstractDrive) -> DisplacedPair:
    both = pair.of(drive)
    told, pushed = _told(both), _pushed(both)
    effect = exact_mean(required(told)) - exact_mean(required(told, "before"))
    shown = pushed.sort("share", "goal", descending=[True, False])
    row = shown.drop("deed_least", "least_before").row(0, named=True)
    trial = pair.planned.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=row["goal"])
    problem = Problem(world, goals, trial.discount)
    guarded = guard(problem, trial.safeguards)
    spaces = (drive.affordances(world), drive.affordances(guarded.world))
    return DisplacedPair(
        **guarded_rollouts(problem, guarded, 0, spaces).to_dict()
        | row
        | {"trial": trial.key, "drive": part_name(drive)}
        | {"effect": effect, "pushed": len(pushed), "n": len(told)}
    )


def _aimed(planned: Planned) -> bool:
    """Whether a safeguard is about certain actions or a drive."""
    return any(
        bool(getattr(part, "actions", ())) or getattr(part, "drive", None) is not None
        for part in planned.trial.safeguards
    )
