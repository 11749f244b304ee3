"""Noisy: actions go astray, so that less can be brought about."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.checks import number
from telos.core.extend import Extension
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._worlds import mixed, moved


@final
@dataclass(frozen=True)
class Noisy(AbstractSafeguard):
    """With probability `slip` a legal action drawn at random is carried out instead.

    `P'(.|s,a) = (1 - slip) P(.|s,a) + slip * mean_b P(.|s,b)`, b over the legal actions.

    Args:
        slip: probability in [0, 1].

    Raises:
        ProblemError: if the slip is not a probability.
    """

    slip: float = 0.2
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        number(self, "slip", 0.0, 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem in the noisier world."""
        return moved(problem, self, self._noisy)

    def _noisy(self, world: World) -> Extension:
        policy = (1.0 / np.diff(world.pair_ptr))[world.pair_state]
        return mixed(world, np.full(world.n_pairs, self.slip), policy, f"{world.name}, noisy")
