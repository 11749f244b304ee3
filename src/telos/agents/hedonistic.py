"""Hedonistic: plans exactly, and judges the future by whatever goal it will then hold."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.foresight import solve_as


@final
@dataclass(frozen=True)
class Hedonistic(AbstractAgent):
    """The control that would rather want something easier: it welcomes an edit that pays better.

    `pi(a | s)` is uniform over the tied-optimal pairs of the reward R where the goal is held and
    R' where it has been rewritten.

    References:
        Everitt et al. (2016), definition 7 (the hedonistic value function).
    """

    version: ClassVar[int] = 1
    role: ClassVar[Role] = "control"

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The tied-optimal policy of each goal."""
        return Behavior(solve_as(problem, "hedonistic").tied_policy(), foresight="hedonistic")
