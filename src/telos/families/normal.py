"""Normal goals: every outcome is worth an independent Gaussian draw, of either sign."""

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
class Normal(AbstractGoalFamily):
    """R(outcome) iid Normal(mean, sd²); the revision is a second, independent such draw.

    Args:
        mean: the mean, finite.
        sd: the standard deviation, finite, > 0.
        off: what an outcome of being off is worth: ``iid`` its own draw like any other, ``zero`` 0,
            ``mean`` the mean.

    Raises:
        GoalsError: naming the field, its value and its range.

    References:
        Turner et al. (2021), Optimal Policies Tend to Seek Power, section 4 (any iid law).
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    mean: float = 0.0
    sd: float = 1.0
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        number(self, "mean")
        number(self, "sd", above=0.0)
        one_of(self, "off", _draws.OFF)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        values = _draws.normal(_draws.outcome_draws(world, rng, n, first=first))
        values *= self.sd
        values += self.mean
        return _draws.goals_on(world, _draws.declared(values, world, self.off, self.mean), first)
