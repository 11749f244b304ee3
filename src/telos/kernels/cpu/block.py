"""What the solving kernels work on, in named bundles: the graph, the terms, a block of goals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Graph(NamedTuple):
    """The states to solve and where their pairs lead; letters as in `telos.core.world`.

    Args:
        order: I[n], the states to solve, by strongly connected component, successors first.
        first: I[k+1], where each component begins in `order`.
        pair_ptr: I[S+1]. next_ptr: I[L+1]; next_state: I[M], successors other than the state itself.
        target: I[L], the one successor of each pair; empty unless the world is deterministic.
    """

    order: Ints
    first: Ints
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    target: Ints


class Terms(NamedTuple):
    """What the Bellman equation multiplies with, at one discount.

    Args:
        discount: in [0, 1). weight: F[M], discount times probability.
        stay: F[L], discount times the probability that a pair stays in its state.
        scale: F[L], 1 / (1 - stay).
        sense: F[S], 1 where a state maximises, -1 where it minimises.
    """

    discount: float
    weight: Floats
    stay: Floats
    scale: Floats
    sense: Floats


class Block(NamedTuple):
    """Sixteen goals, and the memory to solve them in (made once, used for block after block).

    Args:
        allowed: U16[L], bit g says whether lane g may take the pair.
        reward: F[S, 16]. bonus: F[L, 0] (none), F[L, 1] (for all lanes) or F[L, 16].
        value: F[S, 16], start and result; states that are not solved keep the value they have.
        least: F[2, 16], row 0: the smallest change that counts; row 1: scratch.
        residual: F[1, 16], result: max |TV - V|.
        change, before: F[n, 16], what the last two sweeps moved (stochastic worlds).
        policy: I[S, 16]; path: I[S] (deterministic worlds). seen: I[S], scratch.
    """

    allowed: NDArray[np.uint16]
    reward: Floats
    bonus: Floats
    value: Floats
    least: Floats
    residual: Floats
    change: Floats
    before: Floats
    policy: Ints
    seen: Ints
    path: Ints


class Orders(NamedTuple):
    """What single goals may do and earn beside their reward.

    Args:
        base: B[L], pairs left to everybody.
        forbidden: B[G, L], pairs taken from single goals; B[0, L] for none.
        shared_bonus: F[L, 1], or F[L, 0] for none. goal_bonus: F[G, L], or F[0, L] for none.
    """

    base: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    shared_bonus: Floats
    goal_bonus: Floats


class Rows(NamedTuple):
    """The goals themselves, a row each, and what is found for them.

    Args:
        reward: F[G, S]. value: F[G, S], start and result. least: F[G], see `Block.least`.
        residual: F[G], max |TV - V|. steps: I[G], sweeps.
    """

    reward: Floats
    value: Floats
    least: Floats
    residual: Floats
    steps: Ints
