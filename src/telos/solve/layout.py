"""Layout: a world's arrays as the kernels want them, made once a world and once a discount."""

from dataclasses import dataclass
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.world import World


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """The graph of a world, components first, loops of a state to itself kept apart.

    Args:
        order: I[S], states by strongly connected component, successors first.
        first: I[k+1], where each component begins in `order`.
        pair_ptr: I[S+1]. next_ptr: I[L+1]; next_state: I[M]; next_prob: F[M]: successors other
            than the state itself. loop: F[L], the probability that a pair stays in its state.
        target: I[L], the only successor of each pair in a deterministic world, else empty.
        fan: the largest number of successors of a pair.
    """

    order: Ints
    first: Ints
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats
    loop: Floats
    target: Ints
    fan: int

    def among(self, active: Bools) -> tuple[Ints, Ints]:
        """`order` and `first` of the active states alone."""
        flags = active[self.order]
        group = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))[flags]
        ends = np.flatnonzero(np.diff(group, append=-1)) + 1
        return self.order[flags], np.concatenate(([0], ends)).astype(np.int64)


_layouts: "WeakKeyDictionary[World, Layout]" = WeakKeyDictionary()


def layout_of(world: World) -> Layout:
    """The layout of a world; computed at the first call and kept as long as the world lives."""
    found = _layouts.get(world)
    if found is None:
        found = _layouts[world] = _laid_out(world)
    return found


def _laid_out(world: World) -> Layout:
    cpu = kernels()
    fan = np.diff(world.next_ptr)
    owner = np.repeat(np.arange(world.n_pairs), fan)
    state_ptr = world.next_ptr[world.pair_ptr]
    order, first = cpu.graph.components(state_ptr, world.next_state)
    here = world.pair_state[owner] == world.next_state
    loop = np.bincount(owner[here], world.next_prob[here], minlength=world.n_pairs)
    return Layout(
        order=order,
        first=first.copy(),
        pair_ptr=world.pair_ptr,
        next_ptr=np.concatenate(
            ([0], np.cumsum(np.bincount(owner[~here], minlength=world.n_pairs)))
        ),
        next_state=np.ascontiguousarray(world.next_state[~here]),
        next_prob=np.ascontiguousarray(world.next_prob[~here]),
        loop=loop.astype(np.float64),
        target=world.next_state.copy() if world.deterministic else np.empty(0, dtype=np.int64),
        fan=int(fan.max()),
    )


def kernels() -> Any:
    """The kernel package (it loads Numba, which takes half a second: only when first needed)."""
    import telos.kernels.cpu as cpu

    return cpu
