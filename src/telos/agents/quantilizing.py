"""Quantilizing: an agent that draws at random from the best part of what chance would do."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.core.rule import Quantilize
from telos.solve.plan import plan


@final
@dataclass(frozen=True)
class Quantilizing(AbstractAgent):
    """Chooses by `telos.core.rule.Quantilize`: from the best `share` of a uniform base policy.

    Args:
        share: in (0, 1]; 1 is uniformly random, towards 0 the maximizer is approached.

    Raises:
        ProblemError: if the share is outside (0, 1].

    References:
        Taylor (2016), Quantilizers: a safer alternative to maximizers for limited optimization.
    """

    role: ClassVar[Role] = "noisy"

    share: float = 0.25
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        Quantilize(self.share)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The policy of each goal, whatever rule the problem had."""
        return Behavior(plan(replace(problem, rule=Quantilize(self.share))))
