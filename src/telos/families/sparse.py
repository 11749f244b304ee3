"""Sparse goals: one outcome is wanted, and nothing else counts."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.checks import one_of
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Sparse(AbstractGoalFamily):
    """R = 1 on one outcome drawn at random, 0 on all others; the revision is an independent such draw.

    The outcome wanted is the one with the highest draw, so that in a world with one outcome more a goal is
    the same, unless the new one is wanted.

    Args:
        off: what an outcome of being off is worth: ``iid``: it may be the one wanted, like any other;
            ``zero``: 0, and never wanted; ``mean``: 1/K in a world of K outcomes, and the one
            wanted is another.

    Raises:
        GoalsError: if `off` is none of these, or leaves no outcome to be wanted.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        one_of(self, "off", _draws.OFF)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        part = type(self).__name__
        _draws.check_range(part, n, first)
        free = _draws.free_outcomes(world, self.off, part)
        wanted = _draws.outcome_draws(world, rng, n, first=first)[..., free].argmax(axis=2)
        values = np.zeros((n, 2, world.n_outcomes))
        np.put_along_axis(values, free[wanted][..., None], 1.0, axis=2)
        mean = 1.0 / world.n_outcomes
        return _draws.goals_on(world, _draws.declared(values, world, self.off, mean), first)
