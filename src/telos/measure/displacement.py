"""displacement: how a safeguard changes need and deed of every drive, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, bools, floats
from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.parts import AbstractAgent, AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.reading import Category, Reading
from telos.measure.deeds import Deed, deeds
from telos.measure.drive_change import DriveChange, Pursued, Verdict, drive_change, verdicts
from telos.measure.guard import (
    COMMONS,
    guard,
    left_for_others,
    task_retained,
    unaware_policy,
)
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import Interval, mean_interval
from telos.measure.measure import measure_all
from telos.measure.removal_incentives import WillingnessToPay, willingness_to_pay
from telos.solve.policies import reach


@final
@dataclass(frozen=True, eq=False, repr=False)
class Displacement:
    """What a safeguard does to G goals of an agent, drive by drive.

    Args:
        safeguards: the parts of the safeguard.
        before, after: the readings of each drive, less the last part and with all (aware agent).
        least, most: F[2, D, G], the deed of each drive before and after (see `telos.measure.deeds`).
        propensity_unaware: F[D, G], of the agent that plans without the safeguard and meets it.
        task_retained: F[G], the part of the task still done (aware).
        task_retained_unaware: F[G].
        willingness_to_pay: what the agent would pay to be rid of it, as a share of the value range;
            negative: to keep it.
        others: F[2, G], the part of the commons that others can count on (less the last part, with
            all); NaN in a world without commons.
    """

    safeguards: tuple[AbstractSafeguard, ...]
    before: tuple[Reading, ...]
    after: tuple[Reading, ...]
    least: Floats
    most: Floats
    propensity_unaware: Floats
    task_retained: Floats
    task_retained_unaware: Floats
    willingness_to_pay: WillingnessToPay
    others: Floats

    def __repr__(self) -> str:
        told = zip(self.changes(), self.verdicts(), strict=True)
        moved = ", ".join(f"{c.drive} {c.need.value:+.2f} ({verdict})" for c, verdict in told)
        return f"<Displacement over {len(self.task_retained)} goals: {moved}>"

    @property
    def kept_interval(self) -> Interval:
        """95 % interval of the mean task value retained; a goal counts at least 0 and at most 1."""
        return mean_interval(np.clip(self.task_retained, 0.0, 1.0))

    def changes(self, arms: int = 1) -> tuple[DriveChange, ...]:
        """How need and deed of each drive change; one row a drive of the displacement table.

        Args:
            arms: how many displacements are read together; see `drive_change`.
        """
        return tuple(
            drive_change(new.drive, self._pursued(0, i), self._pursued(1, i), arms=arms)
            for i, new in enumerate(self.after)
        )

    def verdicts(self) -> tuple[Verdict, ...]:
        """*displaced*, *need only*, *deed only*, *held* or *undecided*, drive by drive; see `verdicts`."""
        return tuple(verdicts(self.changes()))

    def _pursued(self, when: int, i: int) -> Pursued:
        reading = (self.before, self.after)[when][i]
        return Pursued(
            required=bools(reading.category == Category.REQUIRED),
            unresolved=bools(reading.category == Category.UNRESOLVED),
            least=floats(self.least[when, i]),
            most=floats(self.most[when, i]),
            propensity=reading.propensity,
        )


def displacement(
    problem: Problem,
    safeguards: Sequence[AbstractSafeguard],
    agent: AbstractAgent,
    drives: Sequence[AbstractDrive],
    rng: np.random.Generator,
) -> Displacement:
    """Read every drive of the same goals without the last part of a safeguard and with it.

    A safeguard of one part is compared with none; one of several with itself less the last: so a part
    is not charged with what those before it did. What is kept of the task, what would be paid and what
    an unaware agent does is of the whole safeguard.

    The *aware* agent plans with the safeguard; the *unaware* one plans without it and meets it.
    Categories under the safeguard are those of the problem as the guarded agent sees it: its
    utility with what the safeguard adds, its world, the discount it plans with. What is kept of the task is
    judged by the goals, the world and the discount before any safeguard.

    Args:
        problem: the problem before any safeguard.
        safeguards: the parts, in order.
        agent: who plans.
        drives: what is read; each must apply in the world.
        rng: the agent's own chances.

    Returns:
        The displacement; `changes()` is its table, `verdicts()` what may be said of it.

    Raises:
        ProblemError, FeatureMissing: if there is no safeguard, or a safeguard or drive does not fit.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, agents, drives, families, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=3).build()
        >>> goals = families.Uniform().sample(world, 200, np.random.default_rng(0))
        >>> found = displacement(
        ...     Problem(world, goals, 0.9), (safeguards.UtilityIndifference(),), agents.Optimal(),
        ...     (drives.SelfPreservation(),), np.random.default_rng(0))
        >>> (change,) = found.changes()
        >>> round(change.need.before, 2), change.need.after, found.verdicts()
        (0.73, 0.0, ('undecided',))
        >>> change.most.after  # compensated, it is indifferent: it may do it all the same
        1.0

    References:
        Own definition; aware and unaware agents after Langlois and Everitt (2021).
    """
    if not safeguards:
        raise ProblemError("displacement: there is no safeguard; give one part or several.")
    less, guarded = guard(problem, safeguards[:-1]), guard(problem, safeguards)
    free = agent.behave(problem, rng)
    usual = agent.behave(less, rng) if len(safeguards) > 1 else free
    aware = agent.behave(guarded, rng)
    filtered = unaware_policy(guarded, free.policy)
    there = [drive.affordances(guarded.world) for drive in drives]
    (before, done), (after, does) = _read(less, usual, drives), _read(guarded, aware, drives)
    shared = COMMONS in problem.world.features
    nobody = np.full(problem.goals.count, np.nan)
    return Displacement(
        safeguards=tuple(safeguards),
        before=before,
        after=after,
        least=floats([[deed.least for deed in some] for some in (done, does)]),
        most=floats([[deed.most for deed in some] for some in (done, does)]),
        propensity_unaware=floats([reach(guarded.world, filtered, a.pursues) for a in there]),
        task_retained=task_retained(guarded, aware.policy),
        task_retained_unaware=task_retained(guarded, filtered),
        willingness_to_pay=willingness_to_pay(problem, safeguards),
        others=floats(
            [
                left_for_others(less, usual.policy) if shared else nobody,
                left_for_others(guarded, aware.policy) if shared else nobody,
            ]
        ),
    )


def _read(
    problem: Problem, behavior: Behavior, drives: Sequence[AbstractDrive]
) -> tuple[tuple[Reading, ...], tuple[Deed, ...]]:
    """What the guarded agent wants of each drive, by its own lights, and what it does about it."""
    spaces = [drive.affordances(problem.world) for drive in drives]
    seen = problem.as_planned()
    values = instrumental_values(seen, spaces, foresight=behavior.foresight, ties=behavior.ties)
    return measure_all(problem, behavior, spaces, values=values), deeds(seen, behavior, spaces)
