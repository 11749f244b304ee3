"""Optimal values of stochastic worlds: many goals in SIMD lanes, component by component.

Goals are taken sixteen at a time, `V[s, lane]`, so that every transition is read once for sixteen
goals. Strongly connected components are solved successors first: values outside a component are
final when it is entered. Inside, states are updated in place (Gauss-Seidel) with loops of a state
to itself solved in closed form, and the slowest remaining error is taken off after each sweep. None
of this needs to be trusted: `backup.certify` measures `TV - V` afterwards with plain backups, and
every bound rests on that alone.
"""

import numpy as np

from telos.kernels.cpu.backup import ahead, best_allowed, earned
from telos.kernels.cpu.chain import solve_chain
from telos.kernels.cpu.compiled import fill, inner, whole_numbers
from telos.kernels.cpu.lanes import (
    ALL_LANES,
    LANES,
    add,
    at_least,
    larger,
    load,
    magnitude,
    nearly,
    quotient,
    scaled,
    spread,
    store,
    subtract,
    times,
    where,
)
from telos.kernels.cpu.shifting import CONSTANT, OFTEN, SLOW, TOTAL, WORST

#: Sweeps between two extrapolations: the fast errors must die out before the slow one shows. (And no
#: fewer than 3: what is kept of the last sweep is stale when a lane has just ceased to be shifted.)
SETTLE = 3
#: Sweeps after which the policy of a lane that still moves is evaluated exactly (and again after
#: twice, four times … as many). On the factory most lanes are done by then; the few that turn in
#: circles with the clock took 2,268 sweeps without this.
PATIENCE = 32
#: Components larger than this are not evaluated exactly: a dense factorization would cost more.
DENSE = 300

#: Rows of the scratch of a sweep, beside WORST and TOTAL.
DOT, NORM = 2, 3
#: The bits of all lanes.
EVERY = np.uint64(ALL_LANES)


@inner
def _sweep(graph, terms, allowed, bonus, block, lo, hi, moving, keep, change, work):
    """One in-place sweep of the moving lanes over the places lo to hi; work records it.

    What each state moves by is kept in `change` only if it is to be extrapolated: otherwise that
    would push values out of the cache.

    `V(s) = max over allowed pairs of scale * (reward(s) + bonus(pair) + sum weight * V(next))`: the
    Bellman optimality equation with each state's loop to itself moved to the left-hand side.
    """
    value = block.value
    worst = spread(0.0)
    sum_of = spread(0.0)
    for i in range(lo, hi):
        s = graph.order[i]
        sign = terms.sense[i]
        best = spread(-np.inf)
        reward = load(block.reward, s)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            total = ahead(graph, terms, value, p, earned(graph, bonus, p, reward))
            best = best_allowed(graph, allowed, p, scaled(terms.scale[p] * sign, total), best)
        old = load(value, s)
        new = where(moving, scaled(sign, best), old)
        difference = subtract(new, old)
        store(value, s, new)
        if keep:
            store(change, i, difference)
        worst = larger(magnitude(difference), worst)
        sum_of = add(sum_of, difference)
    store(work, WORST, worst)
    store(work, TOTAL, sum_of)


@inner
def _accelerate(graph, lo, hi, reach_of, value, change, before, course, work):
    """Take off the slowest error of each lane, as far as two sweeps tell what it is.

    Two guesses at it. In a recurrent component it is nearly constant: then the mean change, times
    `reach`, is all that is missing. A lane that does not profit (`SLOW`) is extrapolated instead:
    where two ratios of successive changes agree, the geometric tail is added.

    References:
        Lyusternik (1947); Porteus (1975), Bounds and transformations for discounted finite Markov
        decision chains, for both in value iteration.
    """
    shifted = course.shifts[0]
    if shifted == EVERY:
        for g in range(LANES):
            work[DOT, g] = work[TOTAL, g] * reach_of / (hi - lo)
        constant = load(work, DOT)
        for i in range(lo, hi):
            s = graph.order[i]
            store(value, s, add(load(value, s), constant))
        return
    dot = spread(0.0)
    norm = spread(0.0)
    for i in range(lo, hi):
        last = load(before, i)
        dot = add(dot, times(load(change, i), last))
        norm = add(norm, times(last, last))
    rates, ratios = quotient(dot, norm), load(course.ratio, 0)
    steady = np.uint64(nearly(rates, ratios, 0.1, 0.05, 0.99999)) & ~shifted
    store(course.ratio, 0, where(shifted, ratios, rates))
    store(work, DOT, spread(0.0))
    store(work, NORM, spread(0.0))
    some = False
    for g in range(LANES):
        course.since[g] += np.int64((~shifted >> np.uint64(g)) & np.uint64(1))
    if steady != 0:
        for g in range(LANES):
            if (steady >> np.uint64(g)) & np.uint64(1) and course.since[g] >= course.wait[g]:
                if work[WORST, g] > course.level[g]:
                    # The last guess did harm (the greedy policy was still changing): be slower to guess.
                    course.wait[g] *= 2
                course.level[g] = work[WORST, g]
                work[DOT, g] = course.ratio[g] / (1.0 - course.ratio[g])
                course.since[g] = 0
                some = True
    if shifted != 0:
        for g in range(LANES):
            if (shifted >> np.uint64(g)) & np.uint64(1):
                work[NORM, g] = work[TOTAL, g] * reach_of / (hi - lo)
                some = some or work[NORM, g] != 0.0
    if some:
        gain = load(work, DOT)
        constant = load(work, NORM)
        for i in range(lo, hi):
            s = graph.order[i]
            more = add(constant, times(gain, load(change, i)))
            store(value, s, add(load(value, s), more))


@inner
def _take_stock(course, work):
    """A lane whose largest change does not come down for OFTEN sweeps is shifted no more.

    Down from its least so far: shifts that miss can go round in a circle, in which every third
    change is smaller than the one before.
    """
    for g in range(LANES):
        slow = work[WORST, g] > SLOW * course.least[g]
        course.poor[g] = course.poor[g] + 1 if slow else 0
        if course.poor[g] == OFTEN:
            course.shifts[0] &= ~(np.uint64(1) << np.uint64(g))
        course.least[g] = min(course.least[g], work[WORST, g])


@inner
def _greedy_pair(graph, terms, allowed, bonus, block, i, lane):
    """The allowed pair that is best for a lane at place i, and its backed-up value."""
    best = -np.inf
    pick = np.int64(-1)
    for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
        if allowed is not None:
            if not (allowed[graph.pair[p]] >> lane) & 1:
                continue
        total = block.reward[graph.order[i], lane]
        if bonus is not None:
            if bonus.ndim == 1:
                total += bonus[graph.pair[p]]
            else:
                total += bonus[graph.pair[p], lane]
        for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
            total += terms.weight[n] * block.value[graph.next_state[n], lane]
        if total * terms.scale[p] > best:
            best = total * terms.scale[p]
            pick = p
    return pick, best


@inner
def _evaluate(graph, terms, allowed, bonus, block, lo, hi, lane):
    """One exact step of policy iteration for one lane of a component (all states maximizing)."""
    local = block.seen
    ptr = whole_numbers(hi - lo + 1, 0)
    income = np.empty(hi - lo, np.float64)
    leave = np.empty(hi - lo, np.float64)
    picks = np.empty(hi - lo, np.int64)
    stored = 0
    for i in range(lo, hi):
        local[graph.order[i]] = i - lo
        picks[i - lo], income[i - lo] = _greedy_pair(graph, terms, allowed, bonus, block, i, lane)
        if picks[i - lo] < 0:  # no value that could be compared
            for k in range(lo, i + 1):
                local[graph.order[k]] = -1
            return
        stored += graph.next_ptr[picks[i - lo] + 1] - graph.next_ptr[picks[i - lo]]
    column = np.empty(stored, np.int64)
    entry = np.empty(stored, np.float64)
    used = 0
    for k in range(hi - lo):
        p = picks[k]
        leave[k] = (1.0 - terms.discount) * terms.scale[p]
        for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
            t = graph.next_state[n]
            weight = terms.weight[n] * terms.scale[p]
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


@inner
def _begin(course, before, lo, hi, shifts):
    """A component is entered: nothing is known of its errors yet."""
    for i in range(lo, hi):
        store(before, i, spread(0.0))
    course.shifts[0] = EVERY if shifts else np.uint64(0)
    for g in range(LANES):
        course.wait[g] = SETTLE
        course.level[g] = np.inf
        course.poor[g] = 0
        course.least[g] = np.inf
        course.ratio[g] = 0.0
        course.since[g] = 0


@inner
def _all_maximize(terms, lo, hi):
    """Whether no place of a component minimizes."""
    for i in range(lo, hi):
        if terms.sense[i] < 0.0:
            return False
    return True


@inner
def solve_block(graph, terms, allowed, bonus, block, course, max_sweeps):
    """Optimal values of one block of sixteen goals, in place.

    In a component, a lane is done (and no longer touched) when none of its values moves by more
    than `block.least[0]`. So a goal comes out the same to the last bit whatever its neighbors.

    Returns:
        The largest number of sweeps that any component took, at most `max_sweeps`.
    """
    change, before, work = course.change, course.before, course.work
    fill(block.seen, -1)
    awake = np.uint64(0)
    for g in range(LANES):
        if block.least[0, g] < np.inf:
            awake |= np.uint64(1) << np.uint64(g)
    most = 0
    for component in range(len(graph.first) - 1):
        lo, hi = graph.first[component], graph.first[component + 1]
        alone = hi - lo == 1
        reach_of = terms.reach[component]
        if not alone:
            _begin(course, before, lo, hi, reach_of * (1.0 - terms.discount) > CONSTANT)
        moving = awake
        sweeps = 0
        patience = PATIENCE if _all_maximize(terms, lo, hi) else max_sweeps
        while moving != 0 and sweeps < max_sweeps:
            keep = not (alone or course.shifts[0] == EVERY)
            _sweep(graph, terms, allowed, bonus, block, lo, hi, moving, keep, change, work)
            sweeps += 1
            if alone:  # its loop is solved in closed form, so one sweep is all
                break
            still = np.uint64(at_least(load(block.least, 0), load(work, WORST)))
            if still != 0:
                moving &= ~still
                for g in range(LANES):
                    if (still >> np.uint64(g)) & np.uint64(1):
                        # What no longer moves must not be moved by a guess either.
                        work[TOTAL, g] = 0.0
                        course.since[g] = -max_sweeps
            if moving == 0:
                break
            if sweeps == patience:
                patience *= 2
                for g in range(LANES):
                    if (moving >> np.uint64(g)) & np.uint64(1):
                        _evaluate(graph, terms, allowed, bonus, block, lo, hi, g)
                        course.since[g] = 0
            else:
                _accelerate(graph, lo, hi, reach_of, block.value, change, before, course, work)
                # Only now, so that a lane does the same whatever its neighbors do.
                if course.shifts[0] != 0:
                    _take_stock(course, work)
            change, before = before, change
        most = max(most, sweeps)
    return most
