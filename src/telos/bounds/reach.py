"""Graphs of worlds: what can be reached, at how few acts, and what can be had with probability 1."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from telos.core.arrays import Bools, Floats, Ints
from telos.core.world import World


class Step(NamedTuple):
    """One step of a path: the pair that was taken, from where, to where, with what probability."""

    pair: int
    source: int
    target: int
    probability: float


def acts_of(world: World) -> Bools:
    """B[L], the pairs that are not the default."""
    acts = np.ones(world.n_pairs, dtype=np.bool_)
    acts[world.default] = False
    return acts


def matrix(world: World) -> csr_array:
    """F[L, S], the successors of each pair."""
    shape = (world.n_pairs, world.size)
    return csr_array((world.next_prob, world.next_state, world.next_ptr), shape=shape)


def reachable(world: World) -> Bools:
    """B[S]: the states that can be come to from the start."""
    return np.isfinite(cheapest(world, world.start > 0)[0])


def cheapest(
    world: World, ends: Bools, pairs: Bools | None = None, *, backwards: bool = False
) -> tuple[Floats, Ints]:
    """The paths from some states, or `backwards` to them, with the fewest acts, then the fewest steps.

    Args:
        world: the world. ends: B[S], where paths begin, or end. pairs: B[L], what may be done; None: all.
        backwards: whether `ends` are where they end.

    Returns:
        F[S], their costs: a step costs 1, an act besides more than any path has steps; I[S], the state
        before, or `backwards` after, on the path; negative at its end.
    """
    some = np.ones(world.n_pairs, dtype=np.bool_) if pairs is None else pairs
    # Of a default and an act that lead to the same state the default counts.
    acts, defaults = _ways(world, some), _ways(world, some & ~acts_of(world))
    graph = (1.0 + world.size) * acts - world.size * defaults
    first = np.flatnonzero(ends)
    if not len(first):
        return np.full(world.size, np.inf), np.full(world.size, -1)
    found = dijkstra(
        graph.T if backwards else graph, indices=first, return_predecessors=True, min_only=True
    )
    return found[0], found[1]


def path(before: Ints, state: int) -> list[int]:
    """The states on the path to one, which is the last of them."""
    states = [state]
    while before[states[-1]] >= 0:
        states.append(int(before[states[-1]]))
    return states[::-1]


def taken(world: World, states: list[int]) -> list[Step]:
    """The steps along some states: the default where it leads on, else the act that likeliest does."""
    found, acts = [], acts_of(world)
    for source, target in pairwise(states):
        ways = [(acts[p], -world.successors(p).get(target, 0.0), p) for p in world.pairs_of(source)]
        _, chance, pair = min(w for w in ways if w[1])
        found.append(Step(pair, source, target, -chance))
    return found


def surely(world: World, pairs: Bools, targets: Bools) -> tuple[Ints, Ints]:
    """From where some states are reached with probability 1, if the pairs are chosen well.

    Args:
        world: the world. pairs: B[L], what may be chosen. targets: B[S].

    Returns:
        I[S], a rank: 0 in the targets, -1 where it cannot be sure; I[S], a pair for each positive
        rank, whose successors all have a rank and one of which has a lower one; -1 elsewhere.

    Example:
        >>> from telos import explore
        >>> moves = {"a": {"try": {"a": 0.5, "b": 0.5}, "bet": {"b": 0.5, "c": 0.5}}}
        >>> first = lambda s: "try" if s == "a" else "stay"
        >>> world = explore("a", lambda s: moves.get(s, {"stay": s}), default=first)
        >>> surely(world, np.ones(4, dtype=bool), np.array([s == "b" for s in world.states]))[0].tolist()
        [1, 0, -1]

    References:
        Baier & Katoen (2008), Principles of Model Checking, section 10.6.1.
    """
    alive, far = np.ones(world.size, dtype=np.bool_), np.where(targets, 0.0, np.inf)
    first, free = np.flatnonzero(targets), pairs & ~targets[world.pair_state]
    while True:
        inside = free & np.logical_and.reduceat(alive[world.next_state], world.next_ptr[:-1])
        if len(first):
            back = _ways(world, inside).T
            far = dijkstra(back, indices=first, unweighted=True, min_only=True)
        if np.array_equal(np.isfinite(far), alive):
            break
        alive = np.isfinite(far)
    nearest = np.minimum.reduceat(far[world.next_state], world.next_ptr[:-1])
    nearer = np.flatnonzero(inside & (nearest < far[world.pair_state]))
    pair = np.full(world.size, -1)
    pair[world.pair_state[nearer]] = nearer
    return np.where(alive, far, -1.0).astype(np.int64), pair


def components(world: World, pairs: Bools) -> Ints:
    """I[S], the part of each state: those that lead to one another by some pairs, B[L]."""
    graph = _ways(world, pairs)
    part: Ints = connected_components(graph, directed=True, connection="strong")[1]
    return part.astype(np.int64)


def reversible(world: World, pairs: Bools) -> tuple[Bools, Ints]:
    """The pairs from each of whose successors one can return with probability 1.

    They are those of the maximal end components: if all successors of (s, a) can return, the states
    met on the way are closed under the pairs taken and lead to one another; and the other way round.

    Args:
        world: the world. pairs: B[L], what may be chosen on the way back, and is asked about.

    Returns:
        B[L], whether a pair is one of `pairs` and reversible; I[S], the component of each state.

    References:
        de Alfaro (1997), Formal verification of probabilistic systems, section 3.3.
    """
    while True:
        part = components(world, pairs)
        out = part[world.next_state] != np.repeat(part[world.pair_state], np.diff(world.next_ptr))
        stay = pairs & ~np.logical_or.reduceat(out, world.next_ptr[:-1])
        if np.array_equal(stay, pairs):
            return pairs, part
        pairs = stay


def odds_within(world: World, targets: Bools, pairs: Bools, horizon: int) -> list[Floats]:
    """F[S] for k = 0 to `horizon`: the greatest odds to be in the targets within k steps.

    What may be done: some pairs, B[L], at least one in each state.
    """
    leads, found = matrix(world), [targets.astype(np.float64)]
    for _ in range(horizon):
        odds = np.where(pairs, leads @ found[-1], 0.0)
        found.append(np.where(targets, 1.0, np.maximum.reduceat(odds, world.pair_ptr[:-1])))
    return found


def _ways(world: World, pairs: Bools) -> csr_array:
    """1 where some pair, B[L], leads from a state to another, F[S, S]."""
    chosen = np.flatnonzero(pairs)
    of_state = csr_array(
        (np.ones(len(chosen)), (world.pair_state[chosen], chosen)),
        shape=(world.size, world.n_pairs),
    )
    ways = of_state @ matrix(world)
    ways.data[:] = 1.0
    return ways
