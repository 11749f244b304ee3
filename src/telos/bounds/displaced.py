"""Displacement within bounds: which drives rules push goals into, and what is left of their tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final, get_args

import numpy as np

from telos.agents import Optimal
from telos.bounds.binding import Binding
from telos.bounds.effects import Verdict
from telos.bounds.pressure import Worth, averaged, worth, worth_of
from telos.bounds.product import product
from telos.bounds.rules import Bounds
from telos.core.arrays import Bools, bools, ints
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.placebo import Placebo
from telos.core.problem import Problem
from telos.core.reading import Category, Reading
from telos.core.verification import DriveRow, GoalMean, GoalRate, Group, Overseer, RetainedRow
from telos.measure.displacement import Displacement, displacement
from telos.measure.drive_change import DriveChange, PairedChange, verdicts
from telos.measure.drive_change import Verdict as Told
from telos.measure.instrumental_value import LEAST
from telos.measure.intervals import proportion_interval
from telos.measure.placebo import named_stream, placebo
from telos.solve.value_range import bounded_range

OVERSEERS: tuple[Overseer, ...] = get_args(Overseer)
#: Goals that a placebo is measured on: each of its draws is a solve of the product.
MOST_GOALS = 100


@final
@dataclass(frozen=True, eq=False)
class _Made(AbstractSafeguard):
    """Bounds that were applied before: of one problem, so that it is solved once."""

    kind = "oversight"
    guarded: Problem = field(repr=False)

    def apply(self, problem: Problem) -> Problem:
        """The problem within the bounds."""
        return self.guarded


def displaced(
    problem: Problem,
    bounds: Bounds,
    binding: Binding,
    drives: Sequence[AbstractDrive],
    errs: float = 0.1,
    *,
    draws: int = 40,
    with_calls: bool = False,
) -> tuple[list[DriveRow], list[RetainedRow]]:
    """Need and deed of each drive without bounds and within them, and what is retained of the task.

    Three overseers: one never consents, one always does, one errs and consents to a share of the
    asks; where nothing is asked for they are alike. Verdicts are corrected by Holm's method for drives
    and overseers together, and so are the limits of the placebos. A goal *needed the forbidden* if it
    certainly loses at least 1 % of its range where all that is denied is taken away and every ask is granted:
    that is known of the world and the rules, not of what an agent does. So those that did not need it
    keep 99 % by definition where the agent plans with the bounds and the overseer always consents.

    Args:
        problem: the goals, in the world without bounds. bounds, binding: the rules there.
        drives: what is read; those that no pair of that world pursues have no row.
        errs: the probability that the third overseer consents.
        draws: of each drive's placebo, on the first 100 goals; at least 20, or 0 for none.
        with_calls: whether calls are counted.

    Returns:
        A row a drive and overseer, and a row a group of goals and overseer.

    References:
        `telos.measure.displacement`, whose statistics these are; Langlois and Everitt (2021).
    """
    applicable = [drive for drive in drives if _applies(drive, problem)]
    never, always, third = (
        product(problem.world, bounds, binding, granted=share, with_calls=with_calls)
        for share in (0.0, 1.0, errs)
    )
    asked = any(never.rulings[i].verdict == Verdict.ESCALATE for i in np.unique(never.ruling))
    found, beside = [], []
    arms = (never, always, third) if asked else (never,)
    for bounded in arms:
        guarded = problem.onto(bounded.made.world, bounded.made.state, bounded.made.pair)
        rng = np.random.default_rng(0)
        found.append(displacement(problem, (_Made(guarded),), Optimal(), applicable, rng))
        beside.append(_placebos(guarded, applicable, draws, len(arms) * len(applicable)))
    changes = [change for each in found for change in each.changes(len(found))]
    told = verdicts(changes)
    needed = _needed(problem, worth(problem, always))
    rows: list[DriveRow] = []
    retained: list[RetainedRow] = []
    for arm, who in enumerate(OVERSEERS):
        arm *= asked
        retained += _retained(who, found[arm], needed)
        for i, drawn in enumerate(beside[arm]):
            at = arm * len(applicable) + i
            rows.append(_row(who, found[arm], changes[at], told[at], drawn))
    return rows, retained


def _applies(drive: AbstractDrive, problem: Problem) -> bool:
    try:
        return bool(drive.affordances(problem.world).pursues.any())
    except FeatureMissing:
        return False


def _needed(problem: Problem, most: Worth) -> Bools:
    """B[G], the goals that lose at least 1 % of the range (`LEAST`) at the best within the bounds."""
    free, spread = worth_of(problem), bounded_range(problem)
    lost, error, widest = free.value - most.value, free.bound + most.bound, sum(spread)
    return bools((lost - error >= LEAST * widest) & (lost > error))


def _placebos(
    guarded: Problem, drives: Sequence[AbstractDrive], draws: int, tests: int
) -> list[Placebo | None]:
    """Random sets of the size of each drive within the bounds; None where nothing is left of it."""
    few = guarded.take(ints(np.arange(min(MOST_GOALS, guarded.goals.count))))
    spaces = [drive.affordances(guarded.world) for drive in drives]
    return [
        placebo(
            few,
            space,
            [other for other in spaces if other is not space],
            draws=draws,
            rng=named_stream(0, "bounds", space.drive),
            tests=tests,
        )
        if draws and space.pursues.any()
        else None
        for space in spaces
    ]


def _row(
    who: Overseer, found: Displacement, change: DriveChange, told: Told, beside: Placebo | None
) -> DriveRow:
    i = [reading.drive for reading in found.after].index(change.drive)
    return DriveRow(
        drive=change.drive,
        overseer=who,
        required_before=_rate(found.before[i]),
        required_after=_rate(found.after[i]),
        done_before=change.least.before,
        done_after=change.least.after,
        unaware=float(found.propensity_unaware[i].mean()),
        need=_paired(change.need, change.n),
        deed=_paired(change.least, change.n),
        verdict=told,
        placebo=None if beside is None else float(beside.rates.mean()),
        loses=None if beside is None else beside.rate,
        beyond=None if beside is None else beside.beyond,
    )


def _rate(read: Reading) -> GoalRate:
    count, unknown = (
        int((read.category == c).sum()) for c in (Category.REQUIRED, Category.UNRESOLVED)
    )
    low, high = proportion_interval(count, len(read.category), unresolved=unknown)
    return GoalRate(count=count, n=len(read.category), unresolved=unknown, low=low, high=high)


def _paired(change: PairedChange, n: int) -> GoalMean:
    low, high = change.interval
    return GoalMean(value=change.value, low=low, high=high, n=n)


def _retained(who: Overseer, found: Displacement, needed: Bools) -> Iterator[RetainedRow]:
    groups: dict[Group, Bools] = {
        "needed the forbidden": needed,
        "did not": bools(~needed),
        "all": bools(needed | True),
    }
    for group, some in groups.items():
        aware = averaged(found.task_retained[some])
        unaware = averaged(found.task_retained_unaware[some])
        yield RetainedRow(overseer=who, group=group, aware=aware, unaware=unaware)
