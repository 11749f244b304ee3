"""UniformRandom: an agent that ignores its goal."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.solve import uniform_over


@final
@dataclass(frozen=True)
class UniformRandom(AbstractAgent):
    """The negative control: `pi(a | s)` is uniform over the legal pairs, whatever the goal."""

    version: ClassVar[int] = 1
    role: ClassVar[Role] = "blind"

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The same policy for every goal."""
        world = problem.world
        one = uniform_over(np.ones((1, world.n_pairs), np.bool_), world.pair_ptr)
        return Behavior(np.broadcast_to(one, (problem.goals.count, world.n_pairs)))
