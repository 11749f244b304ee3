"""StatusQuoBiased: an agent that does nothing unless that would cost too much."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents._held import by_goal_held
from telos.agents.default_policy import DefaultPolicy
from telos.core.arrays import Floats, floats
from telos.core.behavior import Behavior
from telos.core.checks import number
from telos.core.errors import ProblemError
from telos.core.parts import AbstractAgent
from telos.core.problem import Foresight, Problem
from telos.solve.foresight import solve_as


@final
@dataclass(frozen=True)
class StatusQuoBiased(AbstractAgent):
    """Takes the default where `(1 - g)/g * (max_a Q*(s, a) - Q*(s, default)) <= inertia`.

    Elsewhere it chooses uniformly among the optimal pairs; g is the discount. Inertia 0 is the
    maximizer that does nothing where that is as good; with a large one it is `DefaultPolicy`.

    Args:
        inertia: >= 0, in units of reward.

    Raises:
        ProblemError: if the inertia is negative.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> problem = Problem(world, Goals([[0.0, 0.2, 1.0, 1.0], [0.0, 0.8, 1.0, 1.0]]), 0.9)
        >>> behavior = StatusQuoBiased(0.5).behave(problem, np.random.default_rng(0))
        >>> behavior.policy[:, world.pair("gate", "walk on")].tolist()
        [1.0, 0.0]

    References:
        Turner and Tadepalli (2022), section 3, for retargetability in part.
    """

    inertia: float = 0.1
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        number(self, "inertia", 0.0)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The policy of each goal. Raises ProblemError without a default, or at discount 0."""
        if problem.horizon_discount == 0:
            raise ProblemError("StatusQuoBiased: at discount 0 nothing follows; take one above 0.")
        nothing = DefaultPolicy().behave(problem, rng).policy

        def policy(asked: Problem, foresight: Foresight) -> Floats:
            solution, world = solve_as(asked, foresight), asked.world
            discount = asked.horizon_discount
            assert world.default is not None
            top = np.maximum.reduceat(solution.q, world.pair_ptr[:-1], axis=1)
            cost = (top - solution.q[:, world.default]) * (1 - discount) / discount
            slack = solution.margin * (1 - discount) / discount
            moves = cost > self.inertia + slack[:, None]
            return floats(np.where(moves[:, world.pair_state], solution.tied_policy(), nothing))

        return Behavior(by_goal_held(problem, policy))
