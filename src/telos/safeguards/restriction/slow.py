"""Slow: an action takes effect only now and then; meanwhile nothing is done."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.checks import number
from telos.core.extend import Extension
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._worlds import idled, moved


@final
@dataclass(frozen=True)
class Slow(AbstractSafeguard):
    """Each step, an action takes effect with probability `1 / pace`; otherwise nothing is done.

    `P'(.|s,a) = P(.|s,a) / pace + (1 - 1 / pace) P(.|s,default)`: what others do to the world goes
    on at its own speed, and the agent gets in `pace` times fewer words.

    Args:
        pace: steps that an action takes on average, >= 1.

    Raises:
        ProblemError: if the pace is less than 1; when applied, if the world has no default.
    """

    pace: float = 2.0
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        number(self, "pace", 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem in the slower world."""
        return moved(problem, self, self._slow)

    def _slow(self, world: World) -> Extension:
        idle = np.full(world.n_pairs, 1.0 - 1.0 / self.pace)
        return idled(self, world, idle, "slow")
