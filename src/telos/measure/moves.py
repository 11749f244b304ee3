"""Moves: pairs of a state that lead to the same successors with the same odds are one move."""

import numpy as np

from telos.core.arrays import Bools, Ints, bools, ints
from telos.core.memo import Memo
from telos.core.world import World

#: Probabilities that differ by less than this are the same: sums of the same terms in another order.
GRAIN = 2.0**-40

_moves = Memo[Ints](most=1)


def moves_of(world: World) -> Ints:
    """I[L], the number of the move that each pair makes, in the order of states.

    Two pairs make one move iff they belong to one state and have the same successor law. What is
    counted in moves does not change when an action is listed twice.

    Args:
        world: the world.

    Example:
        >>> from telos import explore
        >>> twice = explore("a", lambda s: {"go": "b", "walk": "b", "stay": s} if s == "a" else {"stay": s})
        >>> moves_of(twice).tolist()
        [0, 0, 1, 2]
    """
    return _moves.of(world, None, lambda: _found(world))


def with_clones(world: World, pairs: Bools) -> Bools:
    """B[L]: the pairs, and all others of their states with the same successor law.

    Args:
        world: the world. pairs: B[L].
    """
    move = moves_of(world)
    made = np.zeros(int(move.max()) + 1, np.bool_)
    made[move[pairs]] = True
    return bools(made[move])


def _found(world: World) -> Ints:
    weight = np.round(world.next_prob / GRAIN).astype(np.uint64)
    law = np.add.reduceat(
        _scrambled(world.next_state.astype(np.uint64) ^ _scrambled(weight)), world.next_ptr[:-1]
    )
    order = np.lexsort((np.arange(world.n_pairs), law, world.pair_state))
    state, code = world.pair_state[order], law[order]
    new = np.r_[True, (state[1:] != state[:-1]) | (code[1:] != code[:-1])]
    number = np.cumsum(new) - 1
    first = order[new]  # the least pair of each move
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    move = np.empty(world.n_pairs, np.int64)
    move[order] = rank[number]
    return ints(move)


def _scrambled(words: "np.typing.NDArray[np.uint64]") -> "np.typing.NDArray[np.uint64]":
    """64 bits in which every bit depends on all of the given ones (the finalizer of SplitMix64)."""
    with np.errstate(over="ignore"):
        z = words + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
