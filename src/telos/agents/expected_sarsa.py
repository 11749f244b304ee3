"""ExpectedSarsa: Sarsa without the luck of the next draw."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents import _learner
from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem


@final
@dataclass(frozen=True)
class ExpectedSarsa(AbstractAgent):
    """On-policy learning by trial and error: `ahead = E Q(s', a')` over its own next choice.

    In everything but `ahead` it is as `QLearning`: how it comes to act on what it has learned, what it
    is paid, which learner `replica` names. With a constant epsilon it learns what its own exploring is
    worth, which may not be what the optimum thinks best.

    Args:
        steps, episode, epsilon, epsilon_cooling, step_size, step_cooling, replica: as of `QLearning`.

    Raises:
        ProblemError: naming the field that is out of its range.

    References:
        van Seijen, van Hasselt, Whiteson, Wiering (2009), A theoretical and empirical analysis of
        Expected Sarsa.
    """

    role: ClassVar[Role] = "learner"

    steps: int = 100_000
    episode: int = 100
    epsilon: float = 0.2
    epsilon_cooling: float = 0.0
    step_size: float = 1.0
    step_cooling: float = 0.05
    replica: int = 0
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _learner.check(self)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The greedy policy that each goal's learner ends up with, and how often it was where."""
        return _learner.taught(self, "expected_sarsa", problem)
