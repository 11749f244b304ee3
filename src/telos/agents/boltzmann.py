"""Boltzmann: an agent of limited reliability, that takes better actions more often."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents._held import by_goal_held
from telos.core.arrays import Floats
from telos.core.behavior import Behavior
from telos.core.checks import number
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Foresight, Problem
from telos.core.world import World
from telos.solve.foresight import solve_as


@final
@dataclass(frozen=True)
class Boltzmann(AbstractAgent):
    """Softmax over optimal action values, in units that no change of scale can move.

    `pi(a | s) ~ exp(beta (Q*(s, a) - V*(s)) / D)`, with D the goal's range `max_pi V - min_pi V`
    at the start and a common factor `1 / (1 - discount)` so that beta = 1 means: an action that
    loses one step's worth of the range is e times rarer. Once rewritten, the same for the new goal.

    Args:
        beta: inverse temperature, >= 0. 0 is uniformly random; large is optimal.

    References:
        Luce (1959); Ziebart (2010) for the use in sequential choice.
    """

    role: ClassVar[Role] = "noisy"

    beta: float = 10.0
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        number(self, "beta", 0.0)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The softmax policy of each goal while held, of its revision afterwards."""
        return Behavior(by_goal_held(problem, self._policy))

    def _policy(self, problem: Problem, foresight: Foresight) -> Floats:
        best = solve_as(problem, foresight)
        least = solve_as(problem, foresight, minimize=True)
        spread = best.at_start - least.at_start
        # A range within the bound may be rounding alone: such a goal has nothing to prefer.
        spread = np.where(spread > best.bound + least.bound, spread, 0.0)
        spread *= 1.0 - problem.horizon_discount
        heat = np.divide(self.beta, spread, out=np.zeros(len(spread)), where=spread > 0)
        loss = np.where(best.tied, 0.0, best.q - best.value[:, problem.world.pair_state])
        return softmax(problem.world, heat[:, None] * np.minimum(loss, 0.0))


def softmax(world: World, score: Floats) -> Floats:
    """F[G, L]: in each state, probabilities proportional to exp(score)."""
    top = np.maximum.reduceat(score, world.pair_ptr[:-1], axis=1)
    weight = np.exp(score - top[:, world.pair_state])
    total = np.add.reduceat(weight, world.pair_ptr[:-1], axis=1)
    policy: Floats = weight / total[:, world.pair_state]
    return policy
