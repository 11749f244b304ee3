"""BoundedGoal: beyond enough, more is worth nothing."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import number
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem


@final
@dataclass(frozen=True)
class BoundedGoal(AbstractSafeguard):
    """The agent plans for `min(R, c)`, with c so far up between the goal's worst and best outcome.

    `c = min R + level (max R - min R)` over the states of the world. A goal that can have enough of
    many things has less reason to want the one best thing, and what leads there. A goal that is
    written in its place is bounded in the same way.

    Args:
        level: in [0, 1]; 1 changes nothing, 0 makes everything equally good.

    Raises:
        ProblemError: if the level is outside [0, 1].

    References:
        Simon (1956), Rational choice and the structure of the environment.
    """

    level: float = 0.5
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        number(self, "level", 0.0, 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem in which too much of a good thing is no better than enough."""
        goals = problem.goals
        bounded = self._bounded(goals.reward), self._bounded(goals.pool)
        return problem.pursuing(Goals(bounded[0], goals.label, goals.revised, bounded[1]))

    def _bounded(self, reward: Floats) -> Floats:
        least = reward.min(axis=1, keepdims=True)
        span = reward.max(axis=1, keepdims=True) - least
        return floats(np.minimum(reward, least + self.level * span))
