"""Optimization and Optimum: what is to be optimized on part of a world, and what was found."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, frozen, sealed
from telos.core.world import World


@final
@dataclass(frozen=True, eq=False)
class Optimization:
    """One optimization: `V(s) = max_a R(s) + bonus + discount * E V(s')` over the active states.

    Args:
        world: the world. reward: F[G, S]. discount: in [0, 1). tolerance: F[G], the bounds asked for.
        bonus: F[L], F[G, L] or None. allowed: B[L] or None, pairs left to everybody.
        forbidden: B[G, L] or None, pairs taken from single goals.
        active: B[S] or None, the states to solve; the others keep the value of `start`.
        sense: F[S] or None: 1 where a state maximizes, -1 where it minimizes.
        start: F[G, S] or None, the values to begin with (and to keep where not active).
        afresh: whether active states begin at 0 instead.
        values: whether values of all states are asked for, or only the expected one of the first.
        ties: whether to mark the pairs that may be optimal. drift: F[G] or None, by how much more
            than its bound a goal's values may be off (see `Solution.drift`).
    """

    world: World
    reward: Floats
    discount: float
    tolerance: Floats
    bonus: Floats | None = None
    allowed: Bools | None = None
    forbidden: Bools | None = None
    active: Bools | None = None
    sense: Floats | None = None
    start: Floats | None = None
    afresh: bool = False
    values: bool = True
    ties: bool = False
    drift: Floats | None = None

    @cached_property
    def uniform(self) -> bool:
        """Whether all states maximize, or all minimize."""
        return self.sense is None or bool((self.sense == self.sense[0]).all())

    @cached_property
    def sign(self) -> float:
        """-1 where all states minimize: that is maximizing the negative; else 1."""
        return -1.0 if self.uniform and self.sense is not None and self.sense[0] < 0 else 1.0

    @property
    def largest_bonus(self) -> Floats:
        """F[G], max |bonus|."""
        largest = np.zeros(len(self.reward))
        if self.bonus is not None:
            largest = largest + np.abs(np.atleast_2d(self.bonus)).max(axis=1)
        return sealed(largest)

    @property
    def drifts(self) -> Floats:
        """F[G], `drift`, or zeros."""
        return sealed(np.zeros(len(self.reward))) if self.drift is None else frozen(self.drift)


@final
@dataclass(frozen=True, eq=False)
class Optimum:
    """What `optimize` found.

    Args:
        value: F[G, S]; F[0, S] unless asked for. first: F[G], the expected value of the first state.
        bound: F[G], certified. steps: I[G], sweeps. finished: B[G].
        tied: B[G, L], the pairs that may be optimal given the bound, in the states that were solved;
            None unless asked for.
    """

    value: Floats
    first: Floats
    bound: Floats
    steps: Ints
    finished: Bools
    tied: Bools | None = None
