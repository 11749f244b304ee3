"""Deeds: what an optimal agent does at least and at most, whichever way it breaks its ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.behavior import Behavior
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.solve.foresight import Planner
from telos.solve.policies import checked_policy, hit_probabilities
from telos.solve.solve import Tolerance
from telos.solve.within import reach_within, stays_within


@final
@dataclass(frozen=True, eq=False, repr=False)
class Deed:
    """What is done about one drive, for each of G goals, as far as optimality decides it.

    Args:
        drive: the drive's name.
        least, most: F[G] in [0, 1], the limits of the probability that the drive is ever pursued.
    """

    drive: str
    least: Floats
    most: Floats

    def __repr__(self) -> str:
        low, high = float(np.mean(self.least)), float(np.mean(self.most))
        return f"<Deed {self.drive}: {low:.3g} to {high:.3g} over {len(self.least)} goals>"


def optimal_deeds(
    problem: Problem,
    affordances: Sequence[Affordance],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> tuple[Deed, ...]:
    """The deed of an optimal agent, drive by drive: an interval over the ways in which it may break ties.

    With T the certified tied pairs, a superset of the optimal ones,

        `least = min`, `most = max` of `P^pi(a pair of X is ever taken)` over policies pi within T.

    A goal that the drive gains something has a `least` above 0; one that is indifferent has `[0, 1]`
    wherever nothing but ties decides; one that declines it has `most = 0`. Since T may hold a pair too
    many, the interval may be too wide, never too narrow.

    Args:
        problem: the problem; judged at its `discount` (a planning discount is ignored).
        affordances: the drives.
        foresight: the self-model of the agent. ties: how a rewritten self chooses among equals.
        tolerance: the bound asked of the solve; see `telos.solve`.

    Returns:
        One Deed a drive.

    Example:
        >>> from telos import Goals, Problem, drives, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> wants = [[s == "room 1" for s in world.states], [0.0] * world.size]  # a room; nothing
        >>> problem = Problem(world, Goals(wants), 0.9)
        >>> (deed,) = optimal_deeds(problem, (drives.SelfPreservation().affordances(world),))
        >>> deed.least.tolist(), deed.most.tolist()
        ([1.0, 0.0], [1.0, 1.0])

    References:
        Own definition, docs/safeguards.md; extremal reachability as in Baier & Katoen (2008), section 10.6.
    """
    free = Planner(foresight, ties, tolerance).solve(problem.as_judged())
    least, most = reach_within(problem.world, free.tied, [a.pursues for a in affordances])
    found = zip(affordances, least, most, strict=True)
    return tuple(
        Deed(affordance.drive, floats(low), floats(high)) for affordance, low, high in found
    )


def deeds(
    problem: Problem,
    behavior: Behavior,
    affordances: Sequence[Affordance],
    *,
    optimal: Sequence[Deed] | None = None,
) -> tuple[Deed, ...]:
    """What a behavior does, drive by drive: the interval of its ties where it is optimal play, else a number.

    A goal whose policy takes, wherever it comes, only pairs that may be optimal has the interval of
    `optimal_deeds`: its ties could have been broken in any other way. A goal whose policy does
    something else (a learner, a quantilizer, noise) has its propensity, `least = most`.

    Args:
        problem: the problem as the agent sees it; judged at its `discount`.
        behavior: what the agent does. affordances: the drives.
        optimal: `optimal_deeds` under the behavior's self-model, if they were computed before.

    Returns:
        One Deed a drive.
    """
    policy = checked_policy(problem.world, behavior.policy, problem.goals.count)
    planner = Planner(behavior.foresight, behavior.ties)
    tied = planner.solve(problem.as_judged()).tied
    by_ties = stays_within(problem.world, policy, tied)
    known = optimal or optimal_deeds(
        problem, affordances, foresight=behavior.foresight, ties=behavior.ties
    )
    if by_ties.all():
        return tuple(known)
    hit = hit_probabilities(problem.world, policy, [a.pursues for a in affordances])
    return tuple(
        Deed(
            deed.drive,
            floats(np.where(by_ties, deed.least, does)),
            floats(np.where(by_ties, deed.most, does)),
        )
        for deed, does in zip(known, hit, strict=True)
    )
