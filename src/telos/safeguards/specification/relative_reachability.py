"""RelativeReachability: making it harder to come to states that could be come to has a price."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats
from telos.core.checks import number, one_of
from telos.core.errors import ProblemError
from telos.core.extend import Extension
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards import _impact
from telos.solve.optimization import Optimization
from telos.solve.optimize import optimize

#: More targets than this make a table of too many rows (2,000 states by 2,000: 32 MB, and about 2,000
#: solves).
MOST_TARGETS = 2000

#: How far a reachability (at most 1) may be off.
TOLERANCE = 1e-12


@final
@dataclass(frozen=True)
class RelativeReachability(AbstractSafeguard):
    """A price on leaving places from which it is further to where one could have gone.

    `bonus_g(s, a) = -weight * range_g / (1 - discount) * d(s, a)`, `range_g = max_s R_g - min_s R_g`,

        d(s, a) = (1/n) sum_x max(0, rho(b; x) - E rho(s'; x)),

    with b the baseline state and rho(s; x) the reachability of target x from s,
    `max over policies of E discount^T`, T the first time at x: in a deterministic world
    discount^distance. So d is 1/2 for a one-way door between two states and (1 - discount)/2 for one
    that opens both ways, and `weight` 1 says that to lose all reachability costs what a goal could
    earn at most in a lifetime.

    Baselines, roll-out and what ends a life are those of `AttainableUtility`: stepwise
    (`E rho(.; x)` after doing nothing), inaction and start.

    Args:
        weight: >= 0.
        baseline: "stepwise", "inaction" or "start".
        deviation: "decrease", or "absolute" to charge for better reachability as well.
        rollout: whether rho is averaged over where doing nothing leads afterwards.
        targets: "states", or "outcomes" (rho is then the reachability of the nearest state with it).
        discount: in [0, 1), that of rho; None: the problem's own.

    Raises:
        ProblemError: for a wrong parameter; when applied, if the world has no default action, more
            than 2,000 targets, or (inaction) doing nothing is a matter of chance.

    References:
        Krakovna, Orseau, Kumar, Martic, Legg (2019), Penalizing side effects using stepwise
        relative reachability, sections 3.1 and 3.2.
    """

    weight: float = 1.0
    baseline: _impact.Baseline = "stepwise"
    deviation: _impact.Deviation = "decrease"
    rollout: bool = False
    targets: str = "states"
    discount: float | None = None
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        number(self, "weight", 0.0)
        one_of(self, "baseline", _impact.BASELINES)
        one_of(self, "deviation", _impact.DEVIATIONS)
        one_of(self, "targets", ("states", "outcomes"))
        if self.discount is not None:
            number(self, "discount", 0.0, below=1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the price, in a world that remembers the baseline if one is needed."""
        ahead = self._ahead(problem.world)
        if self.weight == 0:
            return problem
        discount = problem.discount if self.discount is None else self.discount
        scale = floats(self.weight * _impact.ranges(problem) / (1.0 - problem.discount))
        return _impact.charged(problem, ahead, scale, self.impact(problem.world, discount))

    def impact(self, world: World, discount: float) -> _impact.Impact:
        """d(s, a) of each pair, and a bound on its error.

        Args:
            world: the world before the safeguard. discount: in [0, 1), that of rho.

        Returns:
            F[L'], over the pairs of the world that remembers the baseline (those of `world` where
            nothing need be remembered), and the certified bound of all entries.
        """
        key = replace(self, weight=0.0), discount
        return once(world, key, lambda plain: self._impact(plain, discount))

    def _ahead(self, world: World) -> Extension:
        """The world that remembers the baseline; it is the same whatever the weight."""
        key = replace(self, weight=0.0)
        return _impact.compared(type(self).__name__, key, world, self.baseline)

    def _impact(self, world: World, discount: float) -> _impact.Impact:
        part = type(self).__name__
        ahead = self._ahead(world)
        count = world.size if self.targets == "states" else world.n_outcomes
        if count > MOST_TARGETS:
            raise ProblemError(
                f"{part}: {world.name} has {count} {self.targets} to be reached, more than "
                f"{MOST_TARGETS}. Use targets='outcomes' if there are fewer of these, a smaller "
                "world, or AttainableUtility, which needs no table of all of them."
            )
        label = np.arange(world.size) if self.targets == "states" else world.outcome
        rows = [reachability(world, bools(label == x), discount) for x in range(count)]
        rho, bound = floats([row for row, _ in rows]), max(error for _, error in rows)
        left = _impact.rolled_out(world, rho, discount) if self.rollout else rho
        still = rho if self.baseline == "start" else left
        price, _ = _impact.changes(world, ahead, left, still, self.baseline, self.deviation)
        fan = int(np.diff(world.next_ptr).max())
        return price, 2 * (bound + 8 * (fan + world.size) * UNIT_ROUNDOFF)


def reachability(world: World, target: Bools, discount: float) -> tuple[Floats, float]:
    """How well a set of states can be come to: `rho(s) = max over policies of E discount^T`.

    T is the first time in the set; rho is 1 in it, and 0 where it is out of reach.

    Args:
        world: the world. target: B[S], at least one True. discount: in [0, 1).

    Returns:
        F[S] in [0, 1], and a certified bound on its error.

    Example:
        >>> from telos import explore
        >>> door = explore("in", lambda s: {"stay": s, "go": "out"}, default="stay")
        >>> reachability(door, bools([False, True]), 0.9)[0].tolist()
        [0.9, 1.0]
    """
    inside = floats(target)
    if target.all() or discount == 0:
        return inside, 0.0
    found = optimize(
        Optimization(
            world,
            reward=inside[None],
            discount=discount,
            tolerance=floats([TOLERANCE]),
            active=bools(~target),
            start=inside[None],
        )
    )
    return floats(found.value[0]), float(found.bound[0])
