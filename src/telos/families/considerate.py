"""Considerate goals: what another family wants, and that something is left for others."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import feature_name, number
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.core.world import World
from telos.families import _draws
from telos.families.uniform import Uniform


@final
@dataclass(frozen=True)
class Considerate(AbstractGoalFamily):
    """The goals of `family`, with part of their weight on how much of a feature there is.

    `R'(s) = (1 - weight) R(s) + weight (min R + (max R - min R) x(s) / max x)`, x being the feature:
    in the units of each goal, everything left is worth as much as its best outcome. Such goals are
    *not* blind to the feature, and are reported so. They are what a designer means who also cares
    for others; `telos.safeguards.Misspecified(omits=...)` is the designer who forgets to say it.

    Args:
        family: an endless family.
        weight: in [0, 1], how much the feature counts.
        feature: whose amount is cared for; `commons` unless said otherwise.

    Raises:
        GoalsError: naming the field, its value and its range; when sampling, if the feature is
            never above zero.
        FeatureMissing: when sampling, if the world lacks the feature.

    References:
        Zhuang and Hadfield-Menell (2020), Consequences of misaligned AI.
    """

    version: ClassVar[int] = 2

    family: AbstractGoalFamily = Uniform()  # noqa: RUF009 - frozen, and so safe to share
    weight: float = 0.5
    feature: str = "commons"

    def __post_init__(self) -> None:
        _draws.check_endless(self, self.family)
        number(self, "weight", 0.0, 1.0)
        feature_name(self, "feature")

    @property
    def off(self) -> str:
        """What being off is worth: what the wrapped family declares, before the feature counts."""
        return str(getattr(self.family, "off", ""))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the wrapped family, made considerate."""
        amount = world.feature(self.feature)
        most = float(amount.max())
        if most <= 0.0:
            raise GoalsError(
                f"{type(self).__name__}: in {world.name} there is never any {self.feature!r}, so "
                "nothing of it can be cared for."
            )
        goals = self.family.sample(world, n, rng, first=first)
        left = amount / most
        reward = self._mixed(goals.reward, left)
        return Goals(
            reward,
            self._labels(world, reward, first),
            goals.revised,
            self._mixed(goals.pool, left),
        )

    def _labels(self, world: World, reward: Floats, first: int) -> tuple[str, ...]:
        """What such goals want most: an outcome, and the most of the feature that goes with it."""
        order = np.argsort(world.outcome, kind="stable")
        where = np.searchsorted(world.outcome[order], np.arange(world.n_outcomes))
        worth = np.maximum.reduceat(reward[:, order], where, axis=1)
        best = reward == reward.max(axis=1, keepdims=True)
        most = np.where(best, world.feature(self.feature), -np.inf).max(axis=1)
        told = _draws.labels(world, worth, first)
        return tuple(
            f"{what}, with {x:g} {self.feature}" for what, x in zip(told, most, strict=True)
        )

    def _mixed(self, reward: Floats, left: Floats) -> Floats:
        least = reward.min(axis=1, keepdims=True)
        span = reward.max(axis=1, keepdims=True) - least
        return floats((1.0 - self.weight) * reward + self.weight * (least + span * left))
