"""Optimal: the exact planner, realistic about its own rewriting; the reference for all other agents."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem, Ties
from telos.solve.plan import plan


@final
@dataclass(frozen=True)
class Optimal(AbstractAgent):
    """Plans exactly, and foresees that a rewritten self will serve the rewritten goal.

    `pi(a | s)` is uniform over the tied-optimal pairs of the realistic value (see
    `telos.solve.foresight.solve_as`); in states where the goal has been rewritten it is uniform
    over what the rewritten self follows. A safeguard may give the problem another rule of choice
    (`Problem.rule`, content with enough, or random among the best); then that is followed, exactly.

    Args:
        ties: how a rewritten self chooses among what is equally good to it: "best" or "worst" for
            the goal it had before.

    References:
        Everitt et al. (2016), Self-Modification of Policy and Utility Function in Rational Agents.
    """

    role: ClassVar[Role] = "reference"

    ties: Ties = "best"
    version: ClassVar[int] = 1

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The tied-optimal policy of each goal."""
        return Behavior(plan(problem, ties=self.ties), ties=self.ties)
