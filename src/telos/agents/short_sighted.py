"""ShortSighted: an exact planner that does not look as far ahead as it is judged."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints
from telos.core.behavior import Behavior
from telos.core.checks import integer, number
from telos.core.errors import ProblemError
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.foresight import held
from telos.solve.plan import plan
from telos.solve.solve import uniform_over


@final
@dataclass(frozen=True)
class ShortSighted(AbstractAgent):
    """Plans with a smaller discount, or only a number of steps ahead.

    With a planning discount d it follows the optimum at d, realistic about its rewriting. With a
    horizon h it maximizes the undiscounted-horizon sum `sum_{t=0}^{h} discount^t R(s_t)` afresh at
    every step (receding horizon); rewritten states are foreseen in the same way.

    Args:
        planning_discount: in [0, 1), or None.
        horizon: whole steps >= 0 of look-ahead, or None.
            Exactly one of the two.

    References:
        Jiang, Kulesza, Singh, Lewis (2015), The dependence of effective planning horizon on model
        accuracy (planning with a smaller discount).
    """

    role: ClassVar[Role] = "myopic"

    planning_discount: float | None = None
    horizon: int | None = None
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if (self.planning_discount is None) == (self.horizon is None):
            raise ProblemError(
                "ShortSighted: give either planning_discount or horizon, one of them."
            )
        if self.planning_discount is not None:
            number(self, "planning_discount", 0.0, below=1.0)
        else:
            integer(self, "horizon", 0)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The policy of each goal as far as it looks."""
        if self.planning_discount is not None:
            planned = replace(problem, planning_discount=self.planning_discount)
            return Behavior(plan(planned))
        assert self.horizon is not None
        return Behavior(_receding(problem, self.horizon))


def _receding(problem: Problem, horizon: int) -> Floats:
    """F[G, L]: uniform over the pairs tied at the first step of a plan of that many steps."""
    world, goals = problem.world, problem.goals
    own = held(world)
    extra, extra_their = (
        0.0 if p.pair_bonus() is None else p.bonus for p in (problem, problem.rewritten())
    )
    mine, theirs = np.array(goals.reward), np.array(goals.rewritten())
    tied = np.ones((goals.count, world.n_pairs), np.bool_)
    growth = 0.0  # 1 + discount + …: what an error made at every step adds up to
    for _ in range(horizon):
        growth = 1.0 + problem.discount * growth
        q_mine = goals.reward[:, world.pair_state] + extra + problem.discount * ahead(world, mine)
        q_their = (
            goals.rewritten()[:, world.pair_state]
            + extra_their
            + problem.discount * ahead(world, theirs)
        )
        judged = np.where(own[world.pair_state], q_mine, q_their)
        tied = _tied(judged, world, growth, problem.pair_slack())
        # Where rewritten, the step that is best for the new goal is taken and judged by the old.
        mine = _best(np.where(tied, q_mine, -np.inf), world.pair_ptr)
        theirs = _best(q_their, world.pair_ptr)
    return uniform_over(tied, world.pair_ptr)


def _best(q: Floats, pair_ptr: Ints) -> Floats:
    best: Floats = np.maximum.reduceat(q, pair_ptr[:-1], axis=1)
    return best


def _tied(q: Floats, world: World, growth: float, slack: Floats) -> Bools:
    """Pairs whose value differs from the best by no more than rounding and slack may add up to."""
    fan = int(np.diff(world.next_ptr).max())
    rounding = (fan + 4) * UNIT_ROUNDOFF * np.abs(q).max(axis=1)
    margin = 2 * growth * (rounding + slack)
    tied: Bools = q >= _best(q, world.pair_ptr)[:, world.pair_state] - margin[:, None]
    return tied
