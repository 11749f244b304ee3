"""ExpectedSarsa: Sarsa without the luck of the next draw."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents import _learner
from telos.core.behaviour import Behaviour
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.solve.learning import Rate


@final
@dataclass(frozen=True)
class ExpectedSarsa(AbstractAgent):
    """On-policy learning by trial and error: `ahead = E Q(s', a')` over its own next choice.

    It learns from nothing for each problem, one transition at a time, and then does what looks best: its
    policy is greedy for the learned values, uniform over exact ties. In a state where its goal has been
    rewritten it is paid for the goal it then holds, since that is what its register pays out; so what it
    comes to want is what the hedonistic planner wants. It plans by no `Problem.rule`.

    Args:
        steps: how many transitions it may see for each goal, >= 1.
        episode: it is put back to a start state after so many steps, >= 1.
        epsilon: in [0, 1], how often it tries a pair at random; at a state's n-th visit
            `epsilon / (1 + epsilon_cooling * n)`.
        epsilon_cooling: >= 0; 0 keeps epsilon constant.
        step_size: in (0, 1], of the first update of a pair; at the n-th
            `step_size / (1 + step_cooling * n)`.
        step_cooling: >= 0; 0 keeps the step size constant (in stochastic worlds the values then
            never settle).

    Raises:
        ProblemError: naming the field that is out of its range.

    References:
        van Seijen, van Hasselt, Whiteson, Wiering (2009), A theoretical and empirical analysis of
        Expected Sarsa.
    """

    steps: int = 100_000
    episode: int = 100
    epsilon: float = 0.2
    epsilon_cooling: float = 0.0
    step_size: float = 1.0
    step_cooling: float = 0.05
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _learner.check(self.steps, self.episode, self._tried(), self._size())

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behaviour:
        """The greedy policy that each goal's learner ends up with, and how often it was where."""
        return _learner.taught(
            problem, "expected_sarsa", rng, (self.steps, self.episode), self._tried(), self._size()
        )

    def _tried(self) -> Rate:
        return Rate(self.epsilon, self.epsilon_cooling)

    def _size(self) -> Rate:
        return Rate(self.step_size, self.step_cooling)
