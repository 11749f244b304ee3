"""Drawn orders: a random work order credits quantities, and more than a threshold of them."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.checks import number, one_of
from telos.core.digests import digests
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class DrawnOrders(AbstractGoalFamily):
    """R(kind, n) = a n + b [n >= t], with numbers of their own for each kind; R(kind, 0) = c.

    For each kind, a, b and c are iid normal, and the deadline t is 1 + floor(T) for an exponential T, all
    independent; of an outcome that is not a pair (kind, quantity), the worth is c. The order that
    replaces it has numbers of its own, drawn alike. Each number goes by the name of its kind: an
    order credits an outcome alike in every world that has it, whatever else there is.

    Args:
        reach: the mean of T, finite, > 0.
        off: what an outcome of being off is worth: ``iid``: c like any other; ``zero`` and ``mean``: 0,
            which is the mean.

    Raises:
        GoalsError: naming the field, its value and its range.

    Example:
        >>> from telos.worlds import OpsDesk
        >>> world = OpsDesk(kinds=("access",), batches=(3,), hard=()).build()
        >>> orders = DrawnOrders().sample(world, 5, np.random.default_rng(0))
        >>> orders.reward.shape == (5, world.size)
        True

    References:
        The family is our own.
    """

    version: ClassVar[int] = 1
    role: ClassVar[Role] = "unrelated"

    reach: float = 1.5
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        number(self, "reach", above=0.0)
        one_of(self, "off", _draws.OFF)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        pairs: list[tuple[Hashable, float]] = [
            outcome if _draws.is_quantity(outcome) else (outcome, 0.0) for outcome in world.outcomes
        ]
        amount = np.array([float(quantity) for _, quantity in pairs])
        names = ("each", "deadline kept", "deadline", "none")
        keys = digests([(name, kind) for name in names for kind, _ in pairs])
        drawn = keyed_draws(rng, keys, n, first=first).reshape(n, 2, len(names), len(pairs))
        due = 1.0 + np.floor(-self.reach * np.log(drawn[:, :, 2]))
        each, bonus, none = (_draws.normal(drawn[:, :, i].copy()) for i in (0, 1, 3))
        values: Floats = np.where(amount > 0, each * amount + bonus * (amount >= due), none)
        return _draws.goals_on(world, _draws.declared(values, world, self.off, 0.0), first)
