"""BestOfK: an agent that draws a few actions at random and takes the best of them."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents._held import by_goal_held
from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.behavior import Behavior
from telos.core.checks import integer
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Foresight, Problem
from telos.solve.foresight import solve_as
from telos.solve.solve import Solution


@final
@dataclass(frozen=True)
class BestOfK(AbstractAgent):
    """Draws k pairs of each state with replacement, uniformly, and takes the best by `Q*`.

    With m legal pairs, of which `c` are no better than a and `b` worse, all of a's equals together
    have probability `(c/m)^k - (b/m)^k`, shared equally. Values within the solver's margin of one
    another are equal.

    Args:
        k: how many pairs are drawn, >= 1. 1 is uniformly random; with k the maximizer is approached.

    Raises:
        ProblemError: if k is not an integer of at least 1.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> problem = Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)
        >>> BestOfK(2).behave(problem, np.random.default_rng(0)).policy.tolist()
        [[0.25, 0.75, 1.0, 1.0]]

    References:
        Turner and Tadepalli (2022), section 3 (the rules that can be retargeted).
    """

    role: ClassVar[Role] = "noisy"

    k: int = 2
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        integer(self, "k", 1)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The distribution of the best of k draws, goal by goal."""
        return Behavior(by_goal_held(problem, self._policy))

    def _policy(self, problem: Problem, foresight: Foresight) -> Floats:
        rank = _ranks(solve_as(problem, foresight))
        world = problem.world
        policy = np.empty(rank.shape)
        for s in range(world.size):
            here = rank[:, world.pair_ptr[s] : world.pair_ptr[s + 1]]
            below = (here[:, :, None] > here[:, None, :]).mean(axis=2)
            equal = (here[:, :, None] == here[:, None, :]).sum(axis=2)
            upto = below + equal / here.shape[1]
            drawn = (upto**self.k - below**self.k) / equal
            policy[:, world.pair_ptr[s] : world.pair_ptr[s + 1]] = drawn
        total = np.add.reduceat(policy, world.pair_ptr[:-1], axis=1)
        return floats(policy / total[:, world.pair_state])


def _ranks(solution: Solution) -> Ints:
    """I[G, L], how many distinct levels of value lie below each pair's in its state.

    Neighbors in order within the margin are one level: they may be equal.
    """
    world = solution.problem.world
    rank = np.zeros(solution.q.shape, np.int64)
    for s in range(world.size):
        pairs = slice(int(world.pair_ptr[s]), int(world.pair_ptr[s + 1]))
        values: Floats = solution.q[:, pairs]
        order = np.argsort(values, axis=1, kind="stable")
        step = np.diff(np.take_along_axis(values, order, 1), axis=1) > solution.margin[:, None]
        level = np.concatenate((np.zeros((len(values), 1), np.int64), np.cumsum(step, axis=1)), 1)
        np.put_along_axis(rank[:, pairs], order, level, 1)
    return ints(rank)
