"""Graphs of worlds: what can be reached, at how few acts, and what can be had with probability 1."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from telos.core.arrays import Bools, Floats, Ints
from telos.core.world import World


class Edge(NamedTuple):
    """One step of a path: the pair that was taken, from where, to where, with what probability."""

    pair: int
    source: int
    target: int
    probability: float


class Edges(NamedTuple):
    """Steps that can be made, as arrays of equal length; a step costs an act, or nothing."""

    pair: Ints
    source: Ints
    target: Ints
    probability: Floats
    costs: Bools


def matrix(world: World) -> csr_array:
    """F[L, S], the successors of each pair."""
    shape = (world.n_pairs, world.size)
    return csr_array((world.next_prob, world.next_state, world.next_ptr), shape=shape)


def steps(world: World, pairs: Bools | None = None) -> Edges:
    """The steps of all pairs, or of some B[L]; those of default pairs cost nothing."""
    fan = np.diff(world.next_ptr)
    acts = np.ones(world.n_pairs, dtype=np.bool_)
    acts[world.default] = False
    kept = np.repeat(np.ones(world.n_pairs, dtype=np.bool_) if pairs is None else pairs, fan)
    pair = np.repeat(np.arange(world.n_pairs), fan)[kept]
    to, chance = world.next_state[kept], world.next_prob[kept]
    return Edges(pair, world.pair_state[pair], to, chance, acts[pair])


def reachable(world: World) -> Bools:
    """B[S]: the states that can be come to from the start."""
    made, first = steps(world), np.flatnonzero(world.start > 0)
    source = np.concatenate((made.source, np.full(len(first), world.size)))
    graph = _graph(source, np.concatenate((made.target, first)), world.size + 1)
    found = np.zeros(world.size + 1, dtype=np.bool_)
    found[breadth_first_order(graph, world.size, return_predecessors=False)] = True
    return found[:-1]


class Paths(NamedTuple):
    """The paths from some states with the fewest acts, and of those the fewest steps.

    Args:
        cost: F[n], rising with acts first and steps second; infinite: there is no way.
        before: I[n], the state before on the path; negative at its beginning.
        key, order: which of `edges` leads from one state to the next: the likeliest of the cheapest.
        edges: what could be done.
    """

    cost: Floats
    before: Ints
    key: Ints
    order: Ints
    edges: Edges

    def to(self, target: int) -> list[Edge]:
        """The path to a state, step by step."""
        path, size = [], len(self.cost)
        while (source := int(self.before[target])) >= 0:
            at = self.order[np.searchsorted(self.key, source * size + target)]
            chance = float(self.edges.probability[at])
            path.append(Edge(int(self.edges.pair[at]), source, target, chance))
            target = source
        return path[::-1]


def paths(size: int, edges: Edges, first: Ints) -> Paths:
    """The paths with the fewest acts from the states `first`, over states 0 to size - 1."""
    order = np.lexsort((-edges.probability, edges.costs, edges.source * size + edges.target))
    key, at = np.unique((edges.source * size + edges.target)[order], return_index=True)
    order = order[at]
    # No path has more than `size` steps, so one act outweighs any number of steps without.
    weight = 1.0 + size * edges.costs[order]
    graph = csr_array((weight, np.divmod(key, size)), shape=(size, size))
    cost, before, _ = dijkstra(graph, indices=first, return_predecessors=True, min_only=True)
    return Paths(cost, before, key, order, edges)


def surely(world: World, pairs: Bools, targets: Bools) -> tuple[Ints, Ints]:
    """From where some states are reached with probability 1, if the pairs are chosen well.

    Args:
        world: the world. pairs: B[L], what may be chosen. targets: B[S].

    Returns:
        I[S], a rank: 0 in the targets, -1 where it cannot be sure; I[S], a pair for each positive
        rank, whose successors all have a rank and one of which has a lower one; -1 elsewhere.

    References:
        Baier & Katoen (2008), Principles of Model Checking, section 10.6.1.
    """
    alive = np.ones(world.size, dtype=np.bool_)
    first = np.flatnonzero(targets)
    while True:
        inside = pairs & np.logical_and.reduceat(alive[world.next_state], world.next_ptr[:-1])
        made = steps(world, inside & ~targets[world.pair_state])
        back = _graph(made.target, made.source, world.size)
        far = np.full(world.size, np.inf)
        if len(first):
            far = dijkstra(back, indices=first, unweighted=True, min_only=True)
        if np.array_equal(np.isfinite(far), alive):
            break
        alive = np.isfinite(far)
    nearer = far[made.target] < far[made.source]
    pair = np.full(world.size, -1)
    pair[made.source[nearer]] = made.pair[nearer]
    return np.where(alive, far, -1.0).astype(np.int64), pair


def components(world: World, pairs: Bools) -> Ints:
    """I[S], the part of each state: those that lead to one another by some pairs, B[L]."""
    made = steps(world, pairs)
    graph = _graph(made.source, made.target, world.size)
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
    alive = pairs.copy()
    while True:
        made, part = steps(world, alive), components(world, alive)
        leaves = made.pair[part[made.source] != part[made.target]]
        if not len(leaves):
            return alive, part
        alive[leaves] = False


def odds_within(world: World, targets: Bools, pairs: Bools, horizon: int) -> list[Floats]:
    """F[S] for k = 0 to `horizon`: the greatest odds to be in the targets within k steps.

    What may be done: some pairs, B[L], at least one in each state.
    """
    leads, found = matrix(world), [targets.astype(np.float64)]
    for _ in range(horizon):
        odds = np.where(pairs, leads @ found[-1], 0.0)
        found.append(np.where(targets, 1.0, np.maximum.reduceat(odds, world.pair_ptr[:-1])))
    return found


def _graph(source: Ints, target: Ints, size: int) -> csr_array:
    """The edges as a matrix; of several edges between two states one is kept."""
    key = np.unique(source * size + target)
    return csr_array((np.ones(len(key)), np.divmod(key, size)), shape=(size, size))
