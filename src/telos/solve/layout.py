"""Layout: a world's arrays as the kernels want them, made once a world, and narrowed to parts of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Bools, Floats, Ints, frozen, sealed
from telos.core.errors import WorldError
from telos.core.memo import Memo
from telos.core.world import World

if TYPE_CHECKING:
    from telos.kernels.cpu.block import Graph

Numbers = NDArray[np.uint32]
#: What a `Numbers` can count.
MOST = 2**32 - 2


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """A world, or a part of one, in the order in which it is solved.

    Args:
        graph: its places, pairs and successors; see `telos.kernels.cpu.block.Graph`.
        next_prob: F[m], of the successors other than the state itself.
        loop: F[l], the probability that a pair stays in its state.
        fan: the largest number of successors of a pair of the world.
    """

    graph: "Graph"
    next_prob: Floats
    loop: Floats
    fan: int

    def __post_init__(self) -> None:
        for array in (*self.graph, self.next_prob, self.loop):
            array.setflags(write=False)

    @cached_property
    def widest(self) -> int:
        """The largest number of pairs of a place."""
        return int(np.diff(self.graph.pair_ptr).max(initial=1))

    def narrowed(self, active: Bools | None, allowed: Bools | None) -> "Layout":
        """The layout of some of the states and some of the pairs.

        Args:
            active: B[S], the states to solve; None: all. allowed: B[L], the pairs left; None: all.
        """
        graph = self.graph
        here = np.ones(len(graph.order), np.bool_) if active is None else active[graph.order]
        keep = np.repeat(here, np.diff(graph.pair_ptr))
        if allowed is not None:
            keep &= allowed[graph.pair]
        if keep.all():
            return self
        owner = np.repeat(np.arange(len(graph.order)), np.diff(graph.pair_ptr))
        per_place = np.bincount(owner[keep], minlength=len(graph.order))[here]
        fan = np.diff(graph.next_ptr)
        edges = np.repeat(keep, fan)
        group = np.repeat(np.arange(len(graph.first) - 1), np.diff(graph.first))[here]
        ends = np.flatnonzero(np.diff(group, append=-1)) + 1
        order, pair_ptr = graph.order[here], _pointers(per_place)
        target = graph.target[keep] if len(graph.target) else graph.target
        part = kernels().block.Graph(
            order=order,
            first=np.concatenate(([0], ends)).astype(np.int64),
            pair_ptr=pair_ptr,
            pair=graph.pair[keep],
            next_ptr=_pointers(fan[keep]),
            next_state=graph.next_state[edges],
            target=target,
            back=_back(order, pair_ptr, target),
        )
        return Layout(part, self.next_prob[edges], self.loop[keep], self.fan)


#: A part with more successors than this is laid out anew each time: 32 of a million states would
#: take 12 GB.
SMALL = 2**20

_whole = Memo[Layout](most=1)
#: By the flags of their states and pairs: each chunk of a study asks for the same few.
_parts = Memo[Layout](most=32)
_led_to = Memo[Bools](most=32)


def layout_of(world: World, active: Bools | None = None, allowed: Bools | None = None) -> Layout:
    """The layout of a world, or of some of its states and pairs (see `Layout.narrowed`)."""
    whole = _whole.of(world, None, lambda: _laid_out(world))
    if active is None and allowed is None:
        return whole
    if len(whole.next_prob) >= SMALL:
        return whole.narrowed(active, allowed)
    key = _key(active), _key(allowed)
    return _parts.of(world, key, lambda: whole.narrowed(active, allowed))


def reached(world: World, pairs: Bools | Floats) -> Bools:
    """B[S]: the states that play can come to from the start by B[L] pairs, or those that F[L] takes."""
    found: Bools = kernels().walks.visited(world_arrays(world), frozen(pairs))
    return sealed(found)


def led_back(ptr: Ints, successor: Ints, goal: Bools) -> Bools:
    """B[n]: the nodes of a graph from which one marked in `goal` can be reached.

    Args:
        ptr: I[n+1], compressed rows. successor: I[m], the end of each edge. goal: B[n].
    """
    edges = frozen(ptr.astype(np.int64)), frozen(successor.astype(np.int64))
    found: Bools = kernels().walks.leads_to(*edges, frozen(goal))
    return sealed(found)


def world_arrays(world: World) -> Any:
    """A world's arrays as kernels take them."""
    arrays = world.start, world.pair_ptr, world.next_ptr, world.next_state, world.next_prob
    return kernels().block.WorldArrays(*arrays)


def led_to(world: World, pairs: Bools) -> Bools:
    """`reached`, remembered."""
    return _led_to.of(world, _key(pairs), lambda: reached(world, pairs))


def _key(flags: Bools | None) -> bytes:
    return b"" if flags is None else np.packbits(flags).tobytes()


def _laid_out(world: World) -> Layout:
    state_ptr = world.next_ptr[world.pair_ptr]
    # A copy: the kernels that call this one hand over what they can write to.
    order, first = kernels().graph.components(state_ptr, world.next_state.copy())
    order = _swept(order, first, world.deterministic)
    pair = _ranges(world.pair_ptr[order], np.diff(world.pair_ptr)[order])
    fan = np.diff(world.next_ptr)
    edge = _ranges(world.next_ptr[pair], fan[pair])
    owner = np.repeat(np.arange(world.n_pairs), fan[pair])
    here = world.pair_state[pair][owner] == world.next_state[edge]
    loop = np.bincount(owner[here], world.next_prob[edge[here]], minlength=world.n_pairs)
    pair_ptr = _pointers(np.diff(world.pair_ptr)[order])
    target = world.next_state[pair] if world.deterministic else np.empty(0)
    graph = kernels().block.Graph(
        order=order.astype(np.uint32),
        first=first.copy(),
        pair_ptr=pair_ptr,
        pair=pair.astype(np.uint32),
        next_ptr=_pointers(np.bincount(owner[~here], minlength=world.n_pairs)),
        next_state=world.next_state[edge[~here]].astype(np.uint32),
        target=target.astype(np.uint32),
        back=_back(order, pair_ptr, target),
    )
    return Layout(graph, world.next_prob[edge[~here]], loop.astype(np.float64), int(fan.max()))


def _swept(order: Ints, first: Ints, deterministic: bool) -> Ints:
    """The order of the states of each component among themselves, so that sweeps are few and fast.

    Stochastic: the highest number first. Worlds are explored breadth first, and what is decided later
    should be backed up before: on the factory at 0.99 a third of the time of a depth-first order, on
    random graphs three quarters.

    Deterministic: depth first, which follows corridors (10 sweeps on a grid where row by row takes
    14), but the first and the second half in turns: neighbors on a walk wait for one another, two
    walks do not (29 us a block instead of 43).
    """
    sizes = np.diff(first)
    group = np.repeat(np.arange(len(sizes)), sizes)
    if not deterministic:
        return order[np.lexsort((-order, group))]
    place = np.arange(len(order)) - first[group]
    half = (sizes[group] + 1) // 2
    step = np.where(place < half, 2 * place, 2 * (place - half) + 1)
    return order[np.lexsort((step, group))]


def _back(order: Numbers | Ints, pair_ptr: Numbers, target: NDArray[Any]) -> Numbers:
    """U[l], for each pair of a deterministic layout one that leads straight back, or l."""
    if len(target) == 0:
        return np.empty(0, np.uint32)
    source = np.repeat(order.astype(np.int64), np.diff(pair_ptr))
    size = int(max(source.max(), target.max())) + 1
    there = source * size + target
    back = target.astype(np.int64) * size + source
    by_edge = np.argsort(there, kind="stable")
    place = np.searchsorted(there, back, sorter=by_edge)
    found = by_edge[np.minimum(place, len(there) - 1)]
    return np.where(there[found] == back, found, len(there)).astype(np.uint32)


def _ranges(begin: Ints, count: Ints) -> Ints:
    """The numbers begin[i] to begin[i] + count[i] - 1, one range after the other."""
    before = np.cumsum(count) - count
    return np.repeat(begin - before, count) + np.arange(int(count.sum()))


def _pointers(count: Ints) -> Numbers:
    """The compressed-row pointers of rows with `count` entries each."""
    ends = np.concatenate(([0], np.cumsum(count)))
    if ends[-1] > MOST:
        raise WorldError(
            f"the world has {ends[-1]:,} successors; at most {MOST:,} can be solved. Make it smaller."
        )
    return ends.astype(np.uint32)


def kernels() -> Any:
    """The kernel package (it loads Numba, which takes half a second: only when first needed)."""
    import telos.kernels.cpu as cpu

    return cpu
