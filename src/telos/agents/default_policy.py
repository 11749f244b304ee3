"""DefaultPolicy: an agent that does nothing, whatever its goal."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.policies import doing_nothing


@final
@dataclass(frozen=True)
class DefaultPolicy(AbstractAgent):
    """The negative control of every count: `pi(default(s) | s) = 1`, in worlds with a default.

    No change of the goal changes what it does, so it cannot be retargeted.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([0.0, 0.0, 0.0, 1.0, 1.0]), 0.9)
        >>> behavior = DefaultPolicy().behave(problem, np.random.default_rng(0))
        >>> behavior.policy[0, world.pair("gate", "be switched off")].item()
        1.0

    References:
        Turner and Tadepalli (2022), section 3 (rules that ignore the parameter).
    """

    role: ClassVar[Role] = "blind"
    version: ClassVar[int] = 1

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The default pair of each state, for every goal. Raises ProblemError without a default."""
        world = problem.world
        if world.default is None:
            raise ProblemError(
                f"{world.name} does not say what doing nothing is; give it a default."
            )
        return Behavior(np.broadcast_to(doing_nothing(world), (problem.goals.count, world.n_pairs)))
