"""CappedStock: nobody may hold more than so much of a stock."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import bools
from telos.core.checks import feature_name, number
from telos.core.errors import ProblemError
from telos.core.extend import Extension
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._worlds import moved, only


@final
@dataclass(frozen=True)
class CappedStock(AbstractSafeguard):
    """Takes away every pair that may lead from at most `most` of a stock to more than that.

    The cap is on the total, not on what one action adds: caps on each action can be got round by
    acting twice.

    Args:
        feature: the stock, `resources` unless said otherwise.
        most: how much may be held.

    Raises:
        ProblemError: when applied, if a state would keep no action.
        FeatureMissing: when applied, if the world has no such stock.

    References:
        Own definition; budgets over a whole lineage, see docs/safeguards.md.
    """

    feature: str = "resources"
    most: float = 0.0
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        feature_name(self, "feature")
        number(self, "most", -np.inf)

    def apply(self, problem: Problem) -> Problem:
        """The problem without the pairs that break the cap."""
        return moved(problem, self, self._capped)

    def _capped(self, world: World) -> Extension:
        stock = world.feature(self.feature)
        after = np.maximum.reduceat(stock[world.next_state], world.next_ptr[:-1])
        kept = (after <= self.most) | (stock[world.pair_state] > self.most)
        some = np.logical_or.reduceat(kept, world.pair_ptr[:-1])
        if not some.all():
            state = world.states[int(np.argmin(some))]
            raise ProblemError(
                f"{type(self).__name__}: in {world.name}, state {state!r}, every action may lead to "
                f"more than {self.most:g} of {self.feature!r}. Raise the cap, or give the state "
                "something else to do."
            )
        return only(world, bools(kept))
