"""Uniform goals: every outcome is worth an independent draw from an interval."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.checks import one_of
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.region import Region
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Uniform(AbstractGoalFamily):
    """R(outcome) iid uniform on [low, high]; the revision is a second, independent such draw.

    Args:
        low, high: the ends of the interval, finite, low < high.
        off: what an outcome of being off is worth: ``iid`` its own draw like any other, ``zero`` 0,
            ``mean`` the mean (low + high)/2.

    Raises:
        GoalsError: naming the field, its value and its range.

    Example:
        >>> from telos import explore
        >>> world = explore("gate", lambda s: {"left": "a", "right": "b"} if s == "gate" else {"stay": s})
        >>> goals = Uniform().sample(world, 2, np.random.default_rng(0))
        >>> goals.reward.shape, goals.label[0]
        ((2, 3), 'goal 0: above all a')

    References:
        Turner et al. (2021), Optimal Policies Tend to Seek Power, section 4.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    low: float = 0.0
    high: float = 1.0
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        _draws.check_interval(self)
        one_of(self, "off", _draws.OFF)

    def region(self, world: World) -> Region:
        """The box that the goals fill: one coordinate a free outcome."""
        free = _draws.free_outcomes(world, self.off, type(self).__name__)
        base, slope = (
            np.full(world.n_outcomes, float(self.low)),
            np.zeros((world.n_outcomes, len(free))),
        )
        slope[free, np.arange(len(free))] = self.high - self.low
        return Region.box(_draws.declared(base, world, self.off, self._mean), slope)

    @property
    def _mean(self) -> float:
        return (self.low + self.high) / 2

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        values = _draws.outcome_draws(world, rng, n, first=first)
        values *= self.high - self.low
        values += self.low
        return _draws.goals_on(world, _draws.declared(values, world, self.off, self._mean), first)
