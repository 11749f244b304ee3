"""Errors that are nearly constant: shifted off in one step, at first in single precision.

In a recurrent component the slowest error of in-place sweeps is nearly the same in every state: all
the rest has mixed. If values are off by a constant, what a sweep moves on average tells the constant.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from telos.kernels.cpu.backup import ahead
from telos.kernels.cpu.block import LARGEST
from telos.kernels.cpu.lanes import (
    LANES,
    add,
    larger,
    load,
    magnitude,
    scaled,
    spread,
    store,
    subtract,
    where,
)

#: Where a sweep of the uniform policy leaves so much of a constant error that `reach` is at least
#: this part of its limit 1 / (1 - discount), a constant is what is slow: 0.6 on random graphs, where
#: shifting leaves 0.4 of the error a sweep, and 0.03 on slippery grids where every state may stay.
CONSTANT = 0.5
#: A lane whose sweeps leave more than this of the largest change so many times in a row does not
#: profit from shifting.
SLOW, OFTEN = 0.7, 3
#: Sweeps in single precision end when they move nothing by more than so many roundings: later ones
#: would chase rounding. On a random graph 16 of 27 sweeps are single, at half the memory traffic.
COARSE = 16.0
SINGLE_ROUNDOFF = 2.0**-24
#: Values beyond this, or below its inverse, are left to double precision.
IN_RANGE = 1e30

#: Rows of the scratch of a sweep: the largest change, and the sum of all changes.
WORST, TOTAL = 0, 1


class Single(NamedTuple):
    """A block in single precision, and what it is multiplied with.

    Args:
        reward, value: F32[S, 16]. weight: F32[m], scale: F32[l], as in `block.Terms`.
    """

    reward: NDArray[np.float32]
    value: NDArray[np.float32]
    weight: NDArray[np.float32]
    scale: NDArray[np.float32]


@njit(nogil=True, cache=True)
def reach(graph, terms):
    """terms.reach: 1 / (1 - mean of what one sweep leaves of an error of 1 in all states).

    `e(s) = mean over pairs of scale * sum weight * e(next)` in sweep order from e = 1, 0 outside the
    component: the sweep of the policy that chooses uniformly. If values are off by the same
    constant everywhere, one sweep moves them by `1 - e` of it; so the mean move tells the constant.
    """
    if len(graph.order) == 0:
        return
    error = np.zeros(graph.order.max() + 1)
    for component in range(len(graph.first) - 1):
        lo, hi = graph.first[component], graph.first[component + 1]
        for i in range(lo, hi):
            error[graph.order[i]] = 1.0
        moved = 0.0
        for i in range(lo, hi):
            left = 0.0
            for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
                for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
                    t = graph.next_state[n]
                    if t < len(error):
                        left += terms.scale[p] * terms.weight[n] * error[t]
            left /= max(1, graph.pair_ptr[i + 1] - graph.pair_ptr[i])
            error[graph.order[i]] = left
            moved += 1.0 - left
        for i in range(lo, hi):
            error[graph.order[i]] = 0.0
        terms.reach[component] = (hi - lo) / moved if moved > 0.0 else 0.0


@njit(nogil=True, cache=True)
def _sweep_single(graph, single, moving, work):
    """`_sweep` in single precision, over the whole graph, all states maximising and no bonus."""
    value = single.value
    worst = spread(np.float32(0.0))
    sum_of = spread(np.float32(0.0))
    for i in range(len(graph.order)):
        s = graph.order[i]
        best = spread(np.float32(-np.inf))
        reward = load(single.reward, s)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            total = ahead(graph, single, value, p, reward)
            best = larger(scaled(single.scale[p], total), best)
        old = load(value, s)
        new = where(moving, best, old)
        difference = subtract(new, old)
        store(value, s, new)
        worst = larger(magnitude(difference), worst)
        sum_of = add(sum_of, difference)
    store(work, WORST, worst)
    store(work, TOTAL, sum_of)


@njit(nogil=True, cache=True)
def approximate(graph, terms, block, single, awake, max_sweeps):
    """block.value as near as single precision comes to it; the number of sweeps.

    For graphs that are one recurrent component, where shifting does (see `CONSTANT`). A lane stops
    when a sweep moves nothing by more than `COARSE` roundings of its largest value, or `OFTEN`
    sweeps in a row hardly did better than those before.
    """
    work = np.zeros((2, LANES), np.float32)
    shift = np.zeros((1, LANES), np.float32)
    last = np.full(LANES, np.inf)
    poor = np.zeros(LANES, np.int64)
    single.reward[:] = block.reward
    single.value[:] = block.value
    moving = awake
    for g in range(LANES):
        most = block.found[LARGEST, g] / (1.0 - terms.discount)
        if not 1.0 / IN_RANGE < most < IN_RANGE:
            moving &= ~(np.uint64(1) << np.uint64(g))
    sweeps = 0
    while moving != 0 and sweeps < max_sweeps:
        _sweep_single(graph, single, moving, work)
        sweeps += 1
        for g in range(LANES):
            bit = np.uint64(1) << np.uint64(g)
            if moving & bit == 0:
                shift[0, g] = 0.0
                continue
            shift[0, g] = work[TOTAL, g] * terms.reach[0] / len(graph.order)
            worst = np.float64(work[WORST, g])
            poor[g] = poor[g] + 1 if worst > SLOW * last[g] else 0
            last[g] = worst
            size = abs(single.value[0, g]) + block.found[LARGEST, g]
            if not worst > COARSE * SINGLE_ROUNDOFF * size or poor[g] == OFTEN:
                moving &= ~bit
        constant = load(shift, 0)
        for s in range(len(graph.order)):
            store(single.value, s, add(load(single.value, s), constant))
    for g in range(LANES):
        if not abs(single.value[0, g]) < IN_RANGE:
            single.value[:, g] = 0.0
    block.value[:] = single.value
    return sweeps
