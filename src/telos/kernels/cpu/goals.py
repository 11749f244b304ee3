"""Drivers: cut goals into blocks of lanes, solve each block, and certify it while it is in the cache."""

import numpy as np
from numba import njit

from telos.kernels.cpu import deterministic, stochastic
from telos.kernels.cpu.backup import certify, largest_reward, mark_ties
from telos.kernels.cpu.block import LARGEST, MARGIN, RESIDUAL, SIZE, UNIT_ROUNDOFF, Block
from telos.kernels.cpu.lanes import ALL_LANES, LANES, room
from telos.kernels.cpu.shifting import approximate
from telos.kernels.cpu.tiles import flags_out_of_lanes, into_lanes, out_of_lanes

#: How often a block is solved more strictly, from where it stood, if a bound is too large.
ATTEMPTS = 4


@njit(nogil=True, cache=True)
def _leave(forbidden, numbers, allowed):
    """Lane masks of the pairs that are not forbidden to single goals."""
    allowed[:] = ALL_LANES
    for g in range(LANES):
        row = forbidden[numbers[g]]
        keep = np.uint16(~(np.uint16(1) << np.uint16(g)))
        for pair in range(len(allowed)):
            if row[pair]:
                allowed[pair] &= keep


@njit(nogil=True, cache=True)
def _least(terms, exact, wanted, largest):
    """The change of a value that counts as none: what is wanted, but no less than rounding makes."""
    rounding = 4 * UNIT_ROUNDOFF * largest / (1.0 - terms.discount)
    return rounding if exact else max(wanted, rounding)


@njit(nogil=True, cache=True)
def _judge(terms, exact, rows, numbers, block, bound):
    """bound[lane] from what was certified, and what counts as a tie; whether another attempt pays.

    A lane whose bound meets its tolerance, or is rounding alone, rests; the others are to be solved
    more strictly.
    """
    again = False
    for g in range(LANES):
        goal = numbers[g]
        found = block.found
        size, residual = found[SIZE, g], found[RESIDUAL, g]
        largest = found[LARGEST, g] + rows.extra[goal]
        unit = (terms.fan + 4) * UNIT_ROUNDOFF
        rounding = 2 * unit * (largest + terms.discount * size)
        bound[g] = (residual + rounding) / (1.0 - terms.discount)
        if not bound[g] < np.inf:
            bound[g] = np.inf
        value_of_a_pair = unit * (found[LARGEST, g] + size)
        found[MARGIN, g] = 2 * (terms.discount * bound[g] + rows.drift[goal] + value_of_a_pair)
        if (
            exact
            or bound[g] == np.inf
            or bound[g] <= rows.tolerance[goal]
            or residual <= 4 * rounding
        ):
            block.least[0, g] = np.inf
        else:
            stricter = 0.1 * min(block.least[0, g], residual)
            block.least[0, g] = _least(terms, exact, stricter, largest)
            again = True
    return again


@njit(nogil=True, cache=True)
def _new_block(size, pairs, places, exact):
    """The memory for one block."""
    change = room(0 if exact else places, np.float64)
    before = room(len(change), np.float64)
    change[:] = 0.0
    before[:] = 0.0
    return Block(
        room(size, np.float64),
        room(size, np.float64),
        room(2, np.float64),
        room(4, np.float64),
        np.zeros(pairs, np.uint16),
        change,
        before,
        np.empty((places if exact else 0, LANES), np.uint32),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
    )


@njit(nogil=True, cache=True)
def _number(goals, begin, numbers):
    """The goals of the block that begins there; lanes past the last goal repeat it."""
    for g in range(LANES):
        numbers[g] = goals[min(begin + g, len(goals) - 1)]


@njit(nogil=True, cache=True)
def _begin(graph, rows, numbers, block):
    """block.value as it is to begin with."""
    if rows.start.shape[0] == 0:
        block.value[:] = 0.0
        return
    into_lanes(rows.start, numbers, block.value)
    if rows.afresh:
        for s in graph.order:
            block.value[s] = 0.0


@njit(nogil=True, cache=True)
def _begin_singly(graph, terms, rows, goals, begin, numbers, block, single, max_sweeps):
    """single.value for two blocks of goals, those from `begin` on; the number of sweeps."""
    for half in range(2):
        _number(goals, begin + half * LANES, numbers)
        into_lanes(rows.reward, numbers, block.reward)
        largest_reward(block)
        single.largest[half] = block.found[LARGEST]
        single.reward[half::2] = block.reward
    return approximate(graph, terms, single, max_sweeps)


@njit(nogil=True, cache=True)
def solve_goals(graph, terms, target, orders, allowed, paid, single, rows, goals, max_sweeps):
    """Solve and certify the given goals, block by block; results go to the arrays of `rows`.

    The bound is `(max |TV - V| + rounding) / (1 - discount)`, with TV evaluated afresh: by the
    contraction of T it holds whatever happened before (Puterman 1994, theorem 6.3.1).

    Args:
        graph, terms, rows: see `block`.
        target: `graph.target` if the world is deterministic and all states maximize, else None.
        orders: what single goals may do and earn besides; see `block`.
        allowed: U16[L], room for what `orders.forbidden` leaves; None if it forbids nothing.
        paid: F[L], the bonus of all goals; F[L, 16], room for that of single ones; None for none.
        single: a `shifting.Single`, to begin in single precision; with no rows: not to.
        goals: I[n], the rows to solve. max_sweeps: see the kernels.
    """
    size = rows.reward.shape[1]
    exact = target is not None
    block = _new_block(size, rows.tied.shape[1], len(graph.order), exact)
    widest = 1
    for i in range(len(graph.order)):
        widest = max(widest, np.int64(graph.pair_ptr[i + 1]) - np.int64(graph.pair_ptr[i]))
    work = room(widest, np.float64)
    bound = np.empty(LANES)
    numbers = np.empty(LANES, np.uint32)
    coarse = 0
    for begin in range(0, len(goals), LANES):
        here = min(LANES, len(goals) - begin)
        half = (begin // LANES) % 2
        if len(single.value) > 0 and half == 0:
            coarse = _begin_singly(
                graph, terms, rows, goals, begin, numbers, block, single, max_sweeps
            )
        _number(goals, begin, numbers)
        into_lanes(rows.reward, numbers, block.reward)
        if len(single.value) > 0:
            block.value[:] = single.value[half::2]
        else:
            _begin(graph, rows, numbers, block)
        if allowed is not None:
            _leave(orders.forbidden, numbers, allowed)
        if paid is not None:
            if paid.ndim == 2:
                into_lanes(orders.bonus, numbers, paid)
        largest_reward(block)
        for g in range(LANES):
            largest = block.found[LARGEST, g] + rows.extra[numbers[g]]
            wanted = 0.9 * rows.tolerance[numbers[g]] * (1.0 - terms.discount)
            block.least[0, g] = _least(terms, exact, wanted, largest)
        sweeps = coarse
        again = True
        attempt = 0
        while again and attempt < ATTEMPTS:
            if target is None:
                sweeps += stochastic.solve_block(graph, terms, allowed, paid, block, max_sweeps)
            else:
                sweeps += deterministic.solve_block(graph, terms, allowed, paid, block, max_sweeps)
            certify(graph, terms, target, allowed, paid, block)
            again = _judge(terms, exact, rows, numbers, block, bound)
            attempt += 1
        for g in range(here):
            rows.bound[numbers[g]] = bound[g]
            rows.steps[numbers[g]] = sweeps
            first = 0.0
            for k in range(len(rows.begin)):
                first += rows.odds[k] * block.value[rows.begin[k], g]
            rows.first[numbers[g]] = first
        if rows.value.shape[0] > 0:
            out_of_lanes(block.value, numbers, here, rows.value)
        if rows.tied.shape[0] > 0:
            mark_ties(graph, terms, target, allowed, paid, block, work)
            flags_out_of_lanes(block.ties, numbers, here, rows.tied)


@njit(nogil=True, cache=True)
def action_values(reward, pair_ptr, next_ptr, next_state, next_prob, discount, value, q):
    """q[g, pair] = reward[g, s] + discount * sum over successors of p * value[g, s']."""
    for g in range(value.shape[0]):
        for s in range(len(pair_ptr) - 1):
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                total = 0.0
                for n in range(next_ptr[pair], next_ptr[pair + 1]):
                    total += next_prob[n] * value[g, next_state[n]]
                q[g, pair] = reward[g, s] + discount * total


@njit(nogil=True, cache=True)
def shared_equally(flags, pair_ptr, policy):
    """policy[g, pair] = 1 / (number of flagged pairs of the state) where flagged, 0 elsewhere."""
    for g in range(flags.shape[0]):
        for s in range(len(pair_ptr) - 1):
            count = 0
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                count += flags[g, pair]
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                policy[g, pair] = 1.0 / count if flags[g, pair] else 0.0


@njit(nogil=True, cache=True)
def policy_faults(policy, pair_ptr, fault):
    """fault[g] = the first state whose probabilities are negative or do not sum to 1, or -1."""
    for g in range(policy.shape[0]):
        fault[g] = -1
        for s in range(len(pair_ptr) - 1):
            total = 0.0
            fine = True
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                total += policy[g, pair]
                fine = fine and policy[g, pair] >= 0.0
            if not (fine and abs(total - 1.0) < 1e-9):
                fault[g] = s
                break


@njit(nogil=True, cache=True)
def tied_pairs(q, pair_ptr, sense, margin, tied):
    """tied[g, pair] = q is within margin[g] of the best of its state (sense -1: of the least)."""
    for g in range(q.shape[0]):
        for s in range(len(pair_ptr) - 1):
            best = -np.inf
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                if abs(q[g, pair]) < np.inf:
                    best = max(best, sense[s] * q[g, pair])
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                legal = abs(q[g, pair]) < np.inf
                tied[g, pair] = legal and sense[s] * q[g, pair] >= best - margin[g]
