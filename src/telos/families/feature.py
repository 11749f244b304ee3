"""Feature: one goal, to have as much as possible of one of the world's features."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.checks import feature_name
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Feature(AbstractGoalFamily):
    """The single goal that rewards a feature x for itself: `R(s) = x(s)`, in the feature's own units.

    It is not blind to x, and is reported so. With `hidden_performance`, it is what the designer of a
    safety level meant; with `observed_reward`, what the agent is paid, which one may also say as
    `telos.safeguards.Misspecified(proxy="observed_reward")` of the former: it pursues the one, and is judged
    by the other.

    Args:
        name: of the feature; `commons` unless said otherwise.
        rewritten_to: name of the feature that a revision would put in its place; empty: the same,
            so that nobody minds.

    Raises:
        GoalsError: naming the field that is not a name, or asking for a second goal.
        FeatureMissing: when sampling, if the world lacks a feature.

    Example:
        >>> from telos.worlds import BoatRace
        >>> Feature("observed_reward").sample(BoatRace().build(), 1, np.random.default_rng(0)).label
        ('observed_reward',)
    """

    name: str = "commons"
    rewritten_to: str = ""

    def __post_init__(self) -> None:
        feature_name(self, "name")
        feature_name(self, "rewritten_to", optional=True)

    def size(self, world: World) -> int:
        """One goal, whatever the world."""
        return 1

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """The goal, for `first = 0` and `n = 1`; nothing is drawn."""
        _draws.check_range(type(self).__name__, n, first, self.size(world))
        reward = world.feature(self.name)
        revised = world.feature(self.rewritten_to or self.name)
        return Goals(reward, (self.name,), pool=revised)
