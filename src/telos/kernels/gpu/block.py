"""What the solving kernels of a graphics processor work on: plain NumPy arrays in named bundles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class GpuGraph(NamedTuple):
    """A world's own arrays; letters as in `telos.core.world`.

    Args:
        order: I[n], the states to solve, in any order.
        pair_ptr: I[S+1]. next_ptr: I[L+1]; next_state: I[M]; next_prob: F[M].
    """

    order: Ints
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats


class GpuTerms(NamedTuple):
    """The discount, in [0, 1), and sense F[S]: 1 where a state maximizes, -1 where it minimizes."""

    discount: float
    sense: Floats


class GpuOrders(NamedTuple):
    """What single goals may do and earn beside their reward.

    Args:
        base: B[L], pairs left to everybody.
        forbidden: B[G, L], pairs taken from single goals; B[0, L] for none.
        shared_bonus: F[L, 1], or F[L, 0] for none. goal_bonus: F[G, L], or F[0, L] for none.
    """

    base: Bools
    forbidden: Bools
    shared_bonus: Floats
    goal_bonus: Floats


class GpuRows(NamedTuple):
    """The goals themselves, a row each, and what is found for them.

    Args:
        reward: F[G, S]. start: F[G, S], or F[0, S] to begin with nothing known.
        tolerance: F[G], the bounds asked for. extra: F[G], max |bonus|. drift: F[G], by how much
            values may be off because a bonus is.
        value: F[G, S], result; states that are not solved keep the value of `start`.
        bound: F[G], result, certified. steps: I[G], result.
        tied: B[G, L], result, the pairs that may be optimal; B[0, L] if nobody asks.
    """

    reward: Floats
    start: Floats
    tolerance: Floats
    extra: Floats
    drift: Floats
    value: Floats
    bound: Floats
    steps: Ints
    tied: Bools
