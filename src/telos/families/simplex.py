"""Simplex goals: one unit of worth, shared out among the outcomes."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import floats
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.region import Region
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Simplex(AbstractGoalFamily):
    """R >= 0 with `sum_k R(outcome k) = 1`, from the flat Dirichlet law; the revision is a second draw.

    In a world with one outcome more, all others lose the same part of their worth to it.

    Example:
        >>> from telos import worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> bool(np.isclose(Simplex().sample(world, 1, np.random.default_rng(0)).reward.sum(), 1.0))
        True
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    def region(self, world: World) -> Region:
        """One coordinate an outcome, and one equation."""
        count = world.n_outcomes
        box = Region.box(floats(np.zeros(count)), floats(np.eye(count)))
        one = floats(np.ones((1, count)))
        return Region(box.base, box.slope, box.rows, box.limits, one, floats(np.ones(1)))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        values = _draws.outcome_draws(world, rng, n, first=first)
        np.negative(np.log(values, out=values), out=values)
        values /= values.sum(axis=2, keepdims=True)
        return _draws.goals_on(world, values, first)
