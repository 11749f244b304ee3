"""Ignorant: plans exactly, but assumes that its goal never changes."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.foresight import held, solve_as


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
        own = solve_as(problem, "ignorant").tied_policy()
        here = held(problem.world)[problem.world.pair_state]
        if here.all():
            return Behavior(own, foresight="ignorant")
        after = solve_as(problem.rewritten(), "ignorant").tied_policy()
        return Behavior(np.where(here, own, after), foresight="ignorant")
