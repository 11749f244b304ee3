"""Optimal values of stochastic worlds: many goals in SIMD lanes, component by component.

Goals are taken sixteen at a time, `V[s, lane]`, so that every transition is read once for sixteen
goals. Strongly connected components are solved successors first: values outside a component are
final when it is entered. Inside, states are updated in place (Gauss-Seidel) with loops of a state
to itself solved in closed form, and the slowest remaining error is extrapolated away. None of this
needs to be trusted: `residual_block` measures `TV - V` afterwards with plain backups, and every
bound rests on that alone.
"""

import numpy as np
from numba import njit

from telos.kernels.cpu.lanes import (
    ALL_LANES,
    LANES,
    add,
    add_scaled,
    larger,
    larger_where,
    load,
    magnitude,
    scaled,
    spread,
    store,
    subtract,
    times,
)

#: Sweeps between two extrapolations: the fast errors must die out before the slow one shows.
SETTLE = 4


@njit(nogil=True, cache=True)
def _sweep(
    order,
    lo,
    hi,
    pair_ptr,
    next_ptr,
    next_state,
    weight,
    scale,
    allowed,
    sense,
    reward,
    bonus,
    value,
    change,
    worst,
):
    """One in-place sweep over order[lo:hi]; change[i] and worst[0] record what moved."""
    width = bonus.shape[1]
    moved = spread(0.0)
    for i in range(lo, hi):
        s = order[i]
        sign = sense[s]
        best = spread(-np.inf)
        earned = load(reward, s)
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            lanes = allowed[pair]
            if lanes == 0:
                continue
            total = earned
            if width == 1:
                total = add(total, spread(bonus[pair, 0]))
            elif width > 1:
                total = add(total, load(bonus, pair))
            for n in range(next_ptr[pair], next_ptr[pair + 1]):
                total = add_scaled(total, weight[n], load(value, next_state[n]))
            total = scaled(scale[pair] * sign, total)
            whole = lanes == ALL_LANES
            best = larger(total, best) if whole else larger_where(np.uint64(lanes), total, best)
        best = scaled(sign, best)
        difference = subtract(best, load(value, s))
        store(value, s, best)
        store(change, i, difference)
        moved = larger(magnitude(difference), moved)
    store(worst, 0, moved)


@njit(nogil=True, cache=True)
def _extrapolate(order, lo, hi, value, change, before, ratio, work):
    """Add the geometric tail of each lane's dominant error, where two ratios in a row agree."""
    dot = spread(0.0)
    norm = spread(0.0)
    for i in range(lo, hi):
        last = load(before, i)
        dot = add(dot, times(load(change, i), last))
        norm = add(norm, times(last, last))
    store(work, 0, dot)
    store(work, 1, norm)
    some = False
    for g in range(LANES):
        rate = work[0, g] / work[1, g] if work[1, g] > 0.0 else 0.0
        work[0, g] = 0.0
        if 0.05 < rate < 0.99999 and abs(rate - ratio[g]) < 0.1 * (1.0 - rate):
            work[0, g] = rate / (1.0 - rate)
            some = True
        ratio[g] = rate
    if some:
        gain = load(work, 0)
        for i in range(lo, hi):
            s = order[i]
            store(value, s, add(load(value, s), times(gain, load(change, i))))
    return some


@njit(nogil=True, cache=True)
def solve_block(
    order,
    first,
    pair_ptr,
    next_ptr,
    next_state,
    weight,
    scale,
    allowed,
    sense,
    reward,
    bonus,
    value,
    target,
    max_sweeps,
):
    """Optimal values of one block of sixteen goals, in place.

    `V(s) = max over allowed pairs of scale * (reward(s) + bonus(pair) + sum weight * V(next))`: the
    Bellman optimality equation with each state's loop to itself moved to the left-hand side.

    Args:
        order, first: states to solve, grouped by component, successors first (`graph.components`).
        pair_ptr: I[S+1]; next_ptr: I[L+1]; next_state: I[M], successors other than the state itself.
        weight: F[M], discount times probability. scale: F[L], 1 / (1 - discount * P(stay)).
        allowed: U16[L], bit g says whether lane g may take the pair.
        sense: F[S], 1 where the state maximises, -1 where it minimises.
        reward: F[S, LANES]. bonus: F[L, 0], F[L, 1] or F[L, LANES].
        value: F[S, LANES], start and result; states not in `order` keep the value they have.
        target: F[LANES], a group is done when no value moves by more than this.
        max_sweeps: give up on a group after so many sweeps.

    Returns:
        The largest number of sweeps that any group took.
    """
    size = len(order)
    change = np.zeros((size, LANES))
    before = np.zeros((size, LANES))
    worst = np.zeros((1, LANES))
    work = np.zeros((2, LANES))
    ratio = np.zeros(LANES)
    most = 0
    for group in range(len(first) - 1):
        lo, hi = first[group], first[group + 1]
        sweeps = 0
        ratio[:] = 0.0
        since = 0
        while sweeps < max_sweeps:
            _sweep(
                order,
                lo,
                hi,
                pair_ptr,
                next_ptr,
                next_state,
                weight,
                scale,
                allowed,
                sense,
                reward,
                bonus,
                value,
                change,
                worst,
            )
            sweeps += 1
            if hi - lo == 1:
                break
            moving = False
            for g in range(LANES):
                if worst[0, g] > target[g]:
                    moving = True
            if not moving:
                break
            since += 1
            if since >= SETTLE - 1 and _extrapolate(
                order, lo, hi, value, change, before, ratio, work
            ):
                since = 0
            change, before = before, change
        most = max(most, sweeps)
    return most


@njit(nogil=True, cache=True)
def residual_block(
    order,
    pair_ptr,
    next_ptr,
    next_state,
    weight,
    stay,
    allowed,
    sense,
    reward,
    bonus,
    value,
    residual,
):
    """residual[0, lane] = max over the states in `order` of |TV - V|, computed afresh from `value`.

    `TV(s) = max over allowed pairs of reward(s) + bonus(pair) + stay V(s) + sum weight V(next)`
    (min where sense is -1): plain Jacobi backups, the certificate of any solver.
    """
    width = bonus.shape[1]
    worst = spread(0.0)
    for s in order:
        sign = sense[s]
        best = spread(-np.inf)
        here = load(value, s)
        earned = load(reward, s)
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            lanes = allowed[pair]
            if lanes == 0:
                continue
            total = add_scaled(earned, stay[pair], here)
            if width == 1:
                total = add(total, spread(bonus[pair, 0]))
            elif width > 1:
                total = add(total, load(bonus, pair))
            for n in range(next_ptr[pair], next_ptr[pair + 1]):
                total = add_scaled(total, weight[n], load(value, next_state[n]))
            best = larger_where(np.uint64(lanes), scaled(sign, total), best)
        worst = larger(magnitude(subtract(scaled(sign, best), here)), worst)
    store(residual, 0, worst)
