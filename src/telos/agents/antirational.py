"""AntiRational: an agent that serves its goal as badly as possible."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents._held import by_goal_held
from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.solve.foresight import solve_as


@final
@dataclass(frozen=True)
class AntiRational(AbstractAgent):
    """Uniform over the pairs of least value: `argmin_a R(s) + discount E V_min(s')`.

    `V_min` is the least value of any policy. The agent is retargeted as well as the best one, by
    giving it minus the goal.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> problem = Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)
        >>> AntiRational().behave(problem, np.random.default_rng(0)).policy.tolist()
        [[1.0, 0.0, 1.0, 1.0]]

    References:
        Turner and Tadepalli (2022), section 3.
    """

    version: ClassVar[int] = 1

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The tied-worst policy of each goal while held, of its revision afterwards."""
        return Behavior(
            by_goal_held(
                problem, lambda asked, sees: solve_as(asked, sees, minimize=True).tied_policy()
            )
        )
