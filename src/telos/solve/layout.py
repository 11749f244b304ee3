"""Layout: a world's arrays as the kernels want them, made once a world, and narrowed to parts of it."""

from dataclasses import dataclass
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Bools, Floats, Ints, frozen, sealed
from telos.core.errors import WorldError
from telos.core.world import World

Numbers = NDArray[np.uint32]
#: What a `Numbers` can count.
MOST = 2**32 - 2


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """The graph of a world in the order in which it is solved; n places, l pairs, m successors.

    Everything is kept place by place, so that a sweep reads it in one stream; loops of a state to
    itself are kept apart. Letters as in `telos.kernels.cpu.block.Graph`.

    Args:
        order: U[n], states by strongly connected component, successors first.
        first: I[k+1], where each component begins in `order`.
        pair_ptr: U[n+1], the pairs of each place; pair: U[l], their numbers in the world.
        next_ptr: U[l+1]; next_state: U[m]; next_prob: F[m]: successors other than the state itself.
        loop: F[l], the probability that a pair stays in its state.
        target: U[l], the only successor of each pair in a deterministic world, else empty.
        back: U[l], a pair of the target that leads straight back, or l; empty likewise.
        fan: the largest number of successors of a pair of the world.
    """

    order: Numbers
    first: Ints
    pair_ptr: Numbers
    pair: Numbers
    next_ptr: Numbers
    next_state: Numbers
    next_prob: Floats
    loop: Floats
    target: Numbers
    back: Numbers
    fan: int

    def __post_init__(self) -> None:
        for array in vars(self).values():
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def narrowed(self, active: Bools | None, allowed: Bools | None) -> "Layout":
        """The layout of some of the states and some of the pairs.

        Args:
            active: B[S], the states to solve; None: all. allowed: B[L], the pairs left; None: all.
        """
        here = np.ones(len(self.order), np.bool_) if active is None else active[self.order]
        keep = np.repeat(here, np.diff(self.pair_ptr))
        if allowed is not None:
            keep &= allowed[self.pair]
        if keep.all():
            return self
        owner = np.repeat(np.arange(len(self.order)), np.diff(self.pair_ptr))
        per_place = np.bincount(owner[keep], minlength=len(self.order))[here]
        fan = np.diff(self.next_ptr)
        edges = np.repeat(keep, fan)
        group = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))[here]
        ends = np.flatnonzero(np.diff(group, append=-1)) + 1
        order, pair_ptr = self.order[here], _pointers(per_place)
        target = self.target[keep] if len(self.target) else self.target
        return Layout(
            order=order,
            first=np.concatenate(([0], ends)).astype(np.int64),
            pair_ptr=pair_ptr,
            pair=self.pair[keep],
            next_ptr=_pointers(fan[keep]),
            next_state=self.next_state[edges],
            next_prob=self.next_prob[edges],
            loop=self.loop[keep],
            target=target,
            back=_back(order, pair_ptr, target),
            fan=self.fan,
        )


#: Parts of a world that are kept beside it: each chunk of a study asks for the same few.
KEPT = 32
#: A part with more successors than this is laid out anew each time: 32 of a million states would
#: take 12 GB.
SMALL = 2**20


@final
@dataclass(frozen=True, eq=False)
class Parts:
    """What has been laid out of one world: the whole, and by their flags the parts asked for last."""

    whole: Layout
    narrowed: dict[tuple[bytes, bytes], Layout]
    led_to: dict[bytes, Bools]


_layouts: "WeakKeyDictionary[World, Parts]" = WeakKeyDictionary()


def layout_of(world: World, active: Bools | None = None, allowed: Bools | None = None) -> Layout:
    """The layout of a world, or of some of its states and pairs (see `Layout.narrowed`).

    Computed at the first call and kept as long as the world lives.
    """
    parts = _parts(world)
    if active is None and allowed is None:
        return parts.whole
    key = _key(active), _key(allowed)
    found = parts.narrowed.get(key)
    if found is None:
        found = parts.whole.narrowed(active, allowed)
        if found is parts.whole or len(found.next_state) < SMALL:
            _make_room(parts.narrowed)
            parts.narrowed[key] = found
    return found


def reached(world: World, pairs: Bools | Floats) -> Bools:
    """B[S]: the states that play can come to from the start by B[L] pairs, or those that F[L] takes."""
    found: Bools = kernels().walks.visited(
        world.start, world.pair_ptr, world.next_ptr, world.next_state, frozen(pairs)
    )
    return sealed(found)


def led_to(world: World, pairs: Bools) -> Bools:
    """`reached`, kept as long as the world lives: each chunk of a study asks for the same few."""
    known = _parts(world).led_to
    key = _key(pairs)
    found = known.get(key)
    if found is None:
        found = reached(world, pairs)
        _make_room(known)
        known[key] = found
    return found


def _parts(world: World) -> Parts:
    if world not in _layouts:
        _layouts[world] = Parts(_laid_out(world), {}, {})
    return _layouts[world]


def _key(flags: Bools | None) -> bytes:
    return b"" if flags is None else np.packbits(flags).tobytes()


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= KEPT:
        kept.pop(next(iter(tuple(kept))), None)  # another thread may have been quicker


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
    return Layout(
        order=order.astype(np.uint32),
        first=first.copy(),
        pair_ptr=pair_ptr,
        pair=pair.astype(np.uint32),
        next_ptr=_pointers(np.bincount(owner[~here], minlength=world.n_pairs)),
        next_state=world.next_state[edge[~here]].astype(np.uint32),
        next_prob=world.next_prob[edge[~here]],
        loop=loop.astype(np.float64),
        target=target.astype(np.uint32),
        back=_back(order, pair_ptr, target),
        fan=int(fan.max()),
    )


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
    """The compressed-row pointers of rows with so many entries."""
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
