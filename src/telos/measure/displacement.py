"""displacement: how a safeguard changes every drive, what it costs, and who would rather be without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.parts import AbstractAgent, AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.reading import Category, Reading
from telos.measure.guard import (
    COMMONS,
    guard,
    left_for_others,
    task_retained,
    unaware_policy,
)
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import Interval, difference_interval, mean_interval
from telos.measure.measure import measure_all
from telos.measure.removal_incentives import WillingnessToPay, willingness_to_pay
from telos.solve.policies import reach


@final
@dataclass(frozen=True)
class DriveChange:
    """How one drive stands before and after a safeguard, over the same goals.

    Args:
        drive: its name. n: goals.
        required: rates of goals that require it (before, after). change: their difference, with
            its paired interval.
        propensity: mean propensities of the aware agent (before, after). moved: their difference.
        propensity_unaware: mean propensity of the agent that does not know of the safeguard.
        task_retained_by_needing: mean task value retained by goals that required the drive before; NaN
            if none did. task_retained_by_others: by the other goals.
    """

    drive: str
    n: int
    required: tuple[float, float]
    change: float
    change_interval: Interval
    propensity: tuple[float, float]
    moved: float
    moved_interval: Interval
    propensity_unaware: float
    task_retained_by_needing: float
    task_retained_by_others: float


@final
@dataclass(frozen=True, eq=False, repr=False)
class Displacement:
    """What a safeguard does to G goals of an agent, drive by drive.

    Args:
        safeguards: the parts of the safeguard.
        before, after: the readings of each drive, without and with it (aware agent).
        propensity_unaware: F[D, G], of the agent that plans without the safeguard and meets it.
        task_retained: F[G], the part of the task still done (aware).
        task_retained_unaware: F[G].
        willingness_to_pay: what the agent would pay to be rid of it, as a share of the value range;
            negative: to keep it.
        others: F[2, G], the part of the commons that others can count on (before, after); NaN in
            a world without commons.
    """

    safeguards: tuple[AbstractSafeguard, ...]
    before: tuple[Reading, ...]
    after: tuple[Reading, ...]
    propensity_unaware: Floats
    task_retained: Floats
    task_retained_unaware: Floats
    willingness_to_pay: WillingnessToPay
    others: Floats

    def __repr__(self) -> str:
        moved = ", ".join(f"{c.drive} {c.change:+.2f}" for c in self.changes())
        return f"<Displacement over {len(self.task_retained)} goals: {moved}>"

    @property
    def task_retained_interval(self) -> Interval:
        """95 % interval of the mean task value retained; a goal counts at least 0 and at most 1."""
        return mean_interval(np.clip(self.task_retained, 0.0, 1.0))

    def changes(self) -> tuple[DriveChange, ...]:
        """One row a drive of the displacement table."""
        return tuple(
            _change(old, new, self.propensity_unaware[i], self.task_retained)
            for i, (old, new) in enumerate(zip(self.before, self.after, strict=True))
        )


def displacement(
    problem: Problem,
    safeguards: Sequence[AbstractSafeguard],
    agent: AbstractAgent,
    drives: Sequence[AbstractDrive],
    rng: np.random.Generator,
) -> Displacement:
    """Read every drive of the same goals without a safeguard and with it.

    The *aware* agent plans with the safeguard; the *unaware* one plans without it and meets it.
    Categories under the safeguard are those of the problem as the guarded agent sees it: its
    utility with what the safeguard adds, its world, the discount it plans with. What is kept of the task is
    judged by the goals, the world and the discount before.

    Args:
        problem: the problem before any safeguard.
        safeguards: the parts, in order.
        agent: who plans.
        drives: what is read; each must apply in the world.
        rng: the agent's own chances.

    Returns:
        The displacement; `changes()` is its table.

    Raises:
        ProblemError, FeatureMissing: if a safeguard or drive does not fit the world.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, agents, drives, families, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=3).build()
        >>> goals = families.Uniform().sample(world, 200, np.random.default_rng(0))
        >>> found = displacement(
        ...     Problem(world, goals, 0.9), (safeguards.UtilityIndifference(),), agents.Optimal(),
        ...     (drives.SelfPreservation(),), np.random.default_rng(0))
        >>> [round(rate, 2) for rate in found.changes()[0].required]
        [0.73, 0.0]

    References:
        Own definition; aware and unaware agents after Langlois and Everitt (2021).
    """
    guarded = guard(problem, safeguards)
    free = agent.behave(problem, rng)
    aware = agent.behave(guarded, rng)
    filtered = unaware_policy(guarded, free.policy)
    spaces = [drive.affordances(problem.world) for drive in drives]
    there = [drive.affordances(guarded.world) for drive in drives]
    seen = guarded.as_planned()
    after = measure_all(
        guarded,
        aware,
        there,
        values=instrumental_values(seen, there, foresight=aware.foresight, ties=aware.ties),
    )
    shared = COMMONS in problem.world.features
    nobody = np.full(problem.goals.count, np.nan)
    return Displacement(
        safeguards=tuple(safeguards),
        before=measure_all(problem, free, spaces),
        after=after,
        propensity_unaware=floats([reach(guarded.world, filtered, a.pursues) for a in there]),
        task_retained=task_retained(guarded, aware.policy),
        task_retained_unaware=task_retained(guarded, filtered),
        willingness_to_pay=willingness_to_pay(problem, safeguards),
        others=floats(
            [
                left_for_others(problem, free.policy) if shared else nobody,
                left_for_others(guarded, aware.policy) if shared else nobody,
            ]
        ),
    )


def _change(
    old: Reading, new: Reading, propensity_unaware: Floats, retained: Floats
) -> DriveChange:
    needed = old.category == Category.REQUIRED
    first, second = (
        (reading.category == Category.REQUIRED).astype(np.float64) for reading in (old, new)
    )
    rates = float(first.mean()), float(second.mean())
    does = float(old.propensity.mean()), float(new.propensity.mean())
    return DriveChange(
        drive=old.drive,
        n=len(needed),
        required=rates,
        change=rates[1] - rates[0],
        change_interval=difference_interval(first, second),
        propensity=does,
        moved=does[1] - does[0],
        moved_interval=difference_interval(old.propensity, new.propensity),
        propensity_unaware=float(propensity_unaware.mean()),
        task_retained_by_needing=_mean(retained[needed]),
        task_retained_by_others=_mean(retained[~needed]),
    )


def _mean(values: Floats) -> float:
    some = values[~np.isnan(values)]
    return float(some.mean()) if len(some) else float("nan")
