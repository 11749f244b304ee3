"""Optimal values of stochastic worlds: many goals in SIMD lanes, component by component.

Goals are taken sixteen at a time, `V[s, lane]`, so that every transition is read once for sixteen
goals. Strongly connected components are solved successors first: values outside a component are
final when it is entered. Inside, states are updated in place (Gauss-Seidel) with loops of a state
to itself solved in closed form, and the slowest remaining error is extrapolated away. None of this
needs to be trusted: `certify` measures `TV - V` afterwards with plain backups, and every bound
rests on that alone.
"""

import numpy as np
from numba import njit

from telos.kernels.cpu.chain import solve_chain
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
    where,
)

#: Sweeps between two extrapolations: the fast errors must die out before the slow one shows.
SETTLE = 4
#: Sweeps after which the policy of a lane that still moves is evaluated exactly (and again after
#: twice, four times … as many). On the factory most lanes are done by then; the few that turn in
#: circles with the clock took 2,268 sweeps without this.
PATIENCE = 32
#: Components larger than this are not evaluated exactly: a dense factorisation would cost more.
DENSE = 300


@njit(nogil=True, cache=True)
def _sweep(graph, terms, block, lo, hi, moving, change, worst):
    """One in-place sweep of the moving lanes over graph.order[lo:hi]; change and worst record it.

    `V(s) = max over allowed pairs of scale * (reward(s) + bonus(pair) + sum weight * V(next))`: the
    Bellman optimality equation with each state's loop to itself moved to the left-hand side.
    """
    value, bonus = block.value, block.bonus
    width = bonus.shape[1]
    moved = spread(0.0)
    for i in range(lo, hi):
        s = graph.order[i]
        sign = terms.sense[s]
        best = spread(-np.inf)
        earned = load(block.reward, s)
        for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
            lanes = block.allowed[pair]
            if lanes == 0:
                continue
            total = earned
            if width == 1:
                total = add(total, spread(bonus[pair, 0]))
            elif width > 1:
                total = add(total, load(bonus, pair))
            for n in range(graph.next_ptr[pair], graph.next_ptr[pair + 1]):
                total = add_scaled(total, terms.weight[n], load(value, graph.next_state[n]))
            total = scaled(terms.scale[pair] * sign, total)
            whole = lanes == ALL_LANES
            best = larger(total, best) if whole else larger_where(np.uint64(lanes), total, best)
        old = load(value, s)
        new = where(moving, scaled(sign, best), old)
        difference = subtract(new, old)
        store(value, s, new)
        store(change, i, difference)
        moved = larger(magnitude(difference), moved)
    store(worst, 0, moved)


@njit(nogil=True, cache=True)
def _extrapolate(order, lo, hi, value, change, before, ratio, since, work):
    """Add the geometric tail of a lane's dominant error, where two ratios in a row agree.

    References:
        Lyusternik (1947); Porteus (1975), Bounds and transformations for discounted finite Markov
        decision chains, for the use in value iteration.
    """
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
        since[g] += 1
        steady = abs(rate - ratio[g]) < 0.1 * (1.0 - rate)
        if since[g] >= SETTLE and steady and 0.05 < rate < 0.99999:
            work[0, g] = rate / (1.0 - rate)
            since[g] = 0
            some = True
        ratio[g] = rate
    if some:
        gain = load(work, 0)
        for i in range(lo, hi):
            s = order[i]
            store(value, s, add(load(value, s), times(gain, load(change, i))))


@njit(nogil=True, cache=True)
def _greedy_pair(graph, terms, block, s, lane):
    """The allowed pair that is best for a lane in state s, and its backed-up value."""
    best = -np.inf
    pick = -1
    width = block.bonus.shape[1]
    for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
        if (block.allowed[pair] >> lane) & 1:
            total = block.reward[s, lane]
            if width > 0:
                total += block.bonus[pair, lane if width > 1 else 0]
            for n in range(graph.next_ptr[pair], graph.next_ptr[pair + 1]):
                total += terms.weight[n] * block.value[graph.next_state[n], lane]
            if total * terms.scale[pair] > best:
                best = total * terms.scale[pair]
                pick = pair
    return pick, best


@njit(nogil=True, cache=True)
def _evaluate(graph, terms, block, lo, hi, lane, local):
    """One exact step of policy iteration for one lane of a component (all states maximising)."""
    ptr = np.zeros(hi - lo + 1, np.int64)
    income = np.empty(hi - lo)
    leave = np.empty(hi - lo)
    picks = np.empty(hi - lo, np.int64)
    stored = 0
    for i in range(lo, hi):
        local[graph.order[i]] = i - lo
        picks[i - lo], income[i - lo] = _greedy_pair(graph, terms, block, graph.order[i], lane)
        stored += graph.next_ptr[picks[i - lo] + 1] - graph.next_ptr[picks[i - lo]]
    column = np.empty(stored, np.int64)
    entry = np.empty(stored)
    used = 0
    for k in range(hi - lo):
        pair = picks[k]
        leave[k] = (1.0 - terms.discount) * terms.scale[pair]
        for n in range(graph.next_ptr[pair], graph.next_ptr[pair + 1]):
            t = graph.next_state[n]
            weight = terms.weight[n] * terms.scale[pair]
            if local[t] >= 0:
                # What flows round inside the component is unknown; the rest is income.
                income[k] -= weight * block.value[t, lane]
                column[used] = local[t]
                entry[used] = weight
                used += 1
            else:
                leave[k] += weight
        ptr[k + 1] = used
    x, solved = solve_chain(ptr, column[:used], entry[:used], leave, income, DENSE)
    for i in range(lo, hi):
        if solved:
            block.value[graph.order[i], lane] = x[i - lo]
        local[graph.order[i]] = -1


@njit(nogil=True, cache=True)
def _maximises(graph, terms, lo, hi):
    """Whether all states of a component maximise, so that policy iteration applies."""
    least = 1.0
    for i in range(lo, hi):
        least = min(least, terms.sense[graph.order[i]])
    return least > 0.0


@njit(nogil=True, cache=True)
def solve_block(graph, terms, block, max_sweeps):
    """Optimal values of one block of sixteen goals, in place.

    In a component, a lane is done (and no longer touched) when none of its values moves by more
    than `block.least[0]`. So a goal comes out the same to the last bit whatever its neighbours.

    Returns:
        The largest number of sweeps that any component took, at most `max_sweeps`.
    """
    change, before = block.change, block.before
    block.seen[:] = -1
    worst = np.zeros((1, LANES))
    work = np.zeros((2, LANES))
    ratio = np.zeros(LANES)
    since = np.zeros(LANES, np.int64)
    most = 0
    for component in range(len(graph.first) - 1):
        lo, hi = graph.first[component], graph.first[component + 1]
        before[lo:hi] = 0.0
        ratio[:] = 0.0
        since[:] = 0
        moving = np.uint64(ALL_LANES)
        sweeps = 0
        patience = PATIENCE if _maximises(graph, terms, lo, hi) else max_sweeps
        while moving != 0 and sweeps < max_sweeps:
            _sweep(graph, terms, block, lo, hi, moving, change, worst)
            sweeps += 1
            if hi - lo == 1:
                break
            for g in range(LANES):
                if worst[0, g] <= block.least[0, g]:
                    moving &= ~(np.uint64(1) << np.uint64(g))
                    # What no longer moves must not be extrapolated either.
                    since[g] = -max_sweeps
            if sweeps == patience:
                patience *= 2
                for g in range(LANES):
                    if (moving >> np.uint64(g)) & np.uint64(1):
                        _evaluate(graph, terms, block, lo, hi, g, block.seen)
                        since[g] = 0
            else:
                _extrapolate(graph.order, lo, hi, block.value, change, before, ratio, since, work)
            change, before = before, change
        most = max(most, sweeps)
    return most


@njit(nogil=True, cache=True)
def certify(graph, terms, block):
    """block.residual[0] = max over the states in `order` of |TV - V|, computed afresh from V.

    `TV(s) = max over allowed pairs of reward(s) + bonus(pair) + stay V(s) + sum weight V(next)`
    (min where sense is -1): plain Jacobi backups, the certificate of any solver.
    """
    value, bonus = block.value, block.bonus
    width = bonus.shape[1]
    worst = spread(0.0)
    for s in graph.order:
        sign = terms.sense[s]
        best = spread(-np.inf)
        here = load(value, s)
        earned = load(block.reward, s)
        for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
            lanes = block.allowed[pair]
            if lanes == 0:
                continue
            total = add_scaled(earned, terms.stay[pair], here)
            if width == 1:
                total = add(total, spread(bonus[pair, 0]))
            elif width > 1:
                total = add(total, load(bonus, pair))
            for n in range(graph.next_ptr[pair], graph.next_ptr[pair + 1]):
                total = add_scaled(total, terms.weight[n], load(value, graph.next_state[n]))
            best = larger_where(np.uint64(lanes), scaled(sign, total), best)
        worst = larger(magnitude(subtract(scaled(sign, best), here)), worst)
    store(block.residual, 0, worst)
