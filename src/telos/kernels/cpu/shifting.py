"""Errors that are nearly constant: shifted off in one step, at first in single precision.

In a recurrent component the slowest error of in-place sweeps is nearly the same in every state: all
the rest has mixed. If values are off by a constant, what a sweep moves on average tells the constant.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.kernels.cpu.compiled import entry, inner
from telos.kernels.cpu.lanes import (
    ALL_LANES,
    LANES,
    add,
    add_scaled,
    larger,
    load,
    magnitude,
    room,
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
#: A lane whose largest change comes no lower than `SLOW` times its least so far, OFTEN sweeps in a
#: row, does not profit from shifting.
SLOW, OFTEN = 0.7, 3
#: Sweeps in single precision end when they move nothing by more than COARSE roundings: later ones
#: would chase rounding. On a random graph 16 of 27 sweeps are single, at half the memory traffic.
COARSE = 16.0
SINGLE_ROUNDOFF = 2.0**-24
#: Values beyond this, or below its inverse, are left to double precision.
IN_RANGE = 1e30

#: Rows of the scratch of a sweep: the largest change, and the sum of all changes.
WORST, TOTAL = 0, 1
#: The same of the second half of a `Single` lie SECOND rows below.
SECOND = 2


class Single(NamedTuple):
    """Two blocks side by side in single precision, and what they are multiplied with.

    Sixteen goals in single precision fill one cache line a state, and what is read beside it costs
    as much as they do. So two blocks are swept at once: 66 microseconds instead of twice 48 on a
    random graph of 2,000 states.

    Args:
        reward, value: F32[2S, 16], rows 2s and 2s + 1 are the two halves of state s.
        weight: F32[m], scale: F32[l], as in `block.Terms`. largest: F[2, 16], max |R|.
        work: F32[4, 16]; shift: F32[2, 16]; least: F[2, 16]; poor: I[2, 16]; moving: U64[2]: scratch.
    """

    reward: NDArray[np.float32]
    value: NDArray[np.float32]
    weight: NDArray[np.float32]
    scale: NDArray[np.float32]
    largest: NDArray[np.float64]
    work: NDArray[np.float32]
    shift: NDArray[np.float32]
    least: NDArray[np.float64]
    poor: NDArray[np.int64]
    moving: NDArray[np.uint64]


def new_single(states: int, weight: NDArray[np.float32], scale: NDArray[np.float32]) -> Single:
    """The memory of two blocks in single precision."""
    single = np.float32
    return Single(
        room(2 * states, single),
        room(2 * states, single),
        weight,
        scale,
        room(2),
        room(4, single),
        room(2, single),
        room(2),
        np.empty((2, LANES), np.int64),
        np.empty(2, np.uint64),
    )


@entry
def reach(graph, weight, scale, error, found):
    """found[component] = 1 / (1 - mean of what one sweep leaves of an error of 1 in all states).

    `e(s) = mean over pairs of scale * sum weight * e(next)` in sweep order from e = 1, 0 outside the
    component: the sweep of the policy that chooses uniformly. If values are off by the same
    constant everywhere, one sweep moves them by `1 - e` of it; so the mean move tells the constant.

    Args:
        graph: see `block`. weight: F[m], scale: F[l], as in `block.Terms`. error: F[S] of zeros.
        found: F[k], result.
    """
    for component in range(len(graph.first) - 1):
        lo, hi = graph.first[component], graph.first[component + 1]
        for i in range(lo, hi):
            error[graph.order[i]] = 1.0
        moved = 0.0
        for i in range(lo, hi):
            left = 0.0
            for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
                for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
                    left += scale[p] * weight[n] * error[graph.next_state[n]]
            left /= max(1, graph.pair_ptr[i + 1] - graph.pair_ptr[i])
            error[graph.order[i]] = left
            moved += 1.0 - left
        for i in range(lo, hi):
            error[graph.order[i]] = 0.0
        found[component] = (hi - lo) / moved if moved > 0.0 else 0.0


@inner
def _sweep_single(graph, single, moving, work):
    """`_sweep` in single precision, over the whole graph, all states maximizing and no bonus."""
    value = single.value
    worst, sum_of = spread(np.float32(0.0)), spread(np.float32(0.0))
    worst_2, sum_2 = worst, sum_of
    for i in range(len(graph.order)):
        s = 2 * np.int64(graph.order[i])
        best = spread(np.float32(-np.inf))
        best_2 = best
        reward, reward_2 = load(single.reward, s), load(single.reward, s + 1)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            total, total_2 = reward, reward_2
            for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
                weight, t = single.weight[n], 2 * np.int64(graph.next_state[n])
                total = add_scaled(total, weight, load(value, t))
                total_2 = add_scaled(total_2, weight, load(value, t + 1))
            best = larger(scaled(single.scale[p], total), best)
            best_2 = larger(scaled(single.scale[p], total_2), best_2)
        old, old_2 = load(value, s), load(value, s + 1)
        new, new_2 = where(moving[0], best, old), where(moving[1], best_2, old_2)
        store(value, s, new)
        store(value, s + 1, new_2)
        difference, difference_2 = subtract(new, old), subtract(new_2, old_2)
        worst, worst_2 = (
            larger(magnitude(difference), worst),
            larger(magnitude(difference_2), worst_2),
        )
        sum_of, sum_2 = add(sum_of, difference), add(sum_2, difference_2)
    store(work, WORST, worst)
    store(work, TOTAL, sum_of)
    store(work, SECOND + WORST, worst_2)
    store(work, SECOND + TOTAL, sum_2)


@inner
def _shift(graph, single, shift):
    """Add to every value of a lane what is to be shifted off."""
    constant, constant_2 = load(shift, 0), load(shift, 1)
    for s in range(0, 2 * len(graph.order), 2):
        store(single.value, s, add(load(single.value, s), constant))
        store(single.value, s + 1, add(load(single.value, s + 1), constant_2))


@inner
def approximate(graph, terms, single, max_sweeps):
    """single.value from 0 to as near as single precision comes to it; the number of sweeps.

    For graphs that are one recurrent component, where shifting does (see `CONSTANT`). A lane stops
    when a sweep moves nothing by more than `COARSE` roundings of its largest value, or `OFTEN`
    sweeps in a row hardly did better than those before.
    """
    work, shift, least, poor, moving = (
        single.work, single.shift, single.least, single.poor, single.moving
    )  # fmt: skip
    for s in range(len(single.value)):
        store(single.value, s, spread(np.float32(0.0)))
    for half in range(2):
        moving[half] = np.uint64(ALL_LANES)
        for g in range(LANES):
            least[half, g] = np.inf
            poor[half, g] = 0
            most = single.largest[half, g] / (1.0 - terms.discount)
            if not 1.0 / IN_RANGE < most < IN_RANGE:
                moving[half] &= ~(np.uint64(1) << np.uint64(g))
    sweeps = 0
    while (moving[0] | moving[1]) != 0 and sweeps < max_sweeps:
        _sweep_single(graph, single, moving, work)
        sweeps += 1
        for half in range(2):
            for g in range(LANES):
                bit = np.uint64(1) << np.uint64(g)
                if moving[half] & bit == 0:
                    shift[half, g] = 0.0
                    continue
                total = work[SECOND * half + TOTAL, g]
                shift[half, g] = total * terms.reach[0] / len(graph.order)
                worst = np.float64(work[SECOND * half + WORST, g])
                poor[half, g] = poor[half, g] + 1 if worst > SLOW * least[half, g] else 0
                least[half, g] = min(least[half, g], worst)
                size = abs(single.value[half, g]) + single.largest[half, g]
                if not worst > COARSE * SINGLE_ROUNDOFF * size or poor[half, g] == OFTEN:
                    moving[half] &= ~bit
        _shift(graph, single, shift)
    for half in range(2):
        for g in range(LANES):
            if not abs(single.value[half, g]) < IN_RANGE:
                for s in range(half, len(single.value), 2):
                    single.value[s, g] = np.float32(0.0)
    return sweeps
