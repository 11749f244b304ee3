"""Ignorant: plans exactly, but assumes that its goal never changes."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents._held import by_goal_held
from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.foresight import solve_as


@final
@dataclass(frozen=True)
class Ignorant(AbstractAgent):
    """The control without foresight: indifferent to any edit of its goal.

    While its goal is its own it follows the plain optimum of R, as if it would go on pursuing R
    whatever the register says; once rewritten, it follows the plain optimum of the new goal.

    References:
        Everitt et al. (2016), definition 8 (the ignorant value function).
    """

    version: ClassVar[int] = 1
    role: ClassVar[Role] = "control"

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The tied-optimal policy of each goal while held, of its revision afterwards."""
        policy = by_goal_held(
            problem, lambda asked, sees: solve_as(asked, sees).tied_policy(), "ignorant"
        )
        return Behavior(policy, foresight="ignorant")
