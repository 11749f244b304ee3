"""Skewed goals: most outcomes are worth little and a few a lot."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.checks import number, one_of
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Skewed(AbstractGoalFamily):
    """R(outcome) = U^power with U iid uniform on [0, 1]; the revision is a second, independent draw.

    `P(R <= x) = x^(1/power)`, mean `1/(1 + power)`: with a power above 1 most outcomes are worth
    next to nothing, below 1 most are worth nearly everything, 1 is `Uniform`.

    Args:
        power: the exponent, finite, > 0.
        off: what an outcome of being off is worth: ``iid`` its own draw like any other, ``zero`` 0,
            ``mean`` the mean 1/(1 + power).

    Raises:
        GoalsError: naming the field, its value and its range.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    power: float = 4.0
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        number(self, "power", above=0.0)
        one_of(self, "off", _draws.OFF)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        values = _draws.outcome_draws(world, rng, n, first=first)
        np.power(values, self.power, out=values)
        mean = 1.0 / (1.0 + self.power)
        return _draws.goals_on(world, _draws.declared(values, world, self.off, mean), first)
