"""Drivers: cut goals into blocks of lanes, solve each block, and certify it while it is in the cache."""

import numpy as np
from numba import njit

from telos.kernels.cpu import deterministic, stochastic
from telos.kernels.cpu.block import Block
from telos.kernels.cpu.lanes import ALL_LANES, LANES


@njit(nogil=True, cache=True)
def _load(rows, begin, goals, block):
    """block[s, lane] = rows[goal, s]; lanes past the last goal repeat it."""
    row = np.empty(LANES, np.int64)
    for g in range(LANES):
        row[g] = goals[min(begin + g, len(goals) - 1)]
    for s in range(rows.shape[1]):
        for g in range(LANES):
            block[s, g] = rows[row[g], s]


@njit(nogil=True, cache=True)
def _bits(base, forbidden, begin, goals, out):
    """Lane masks: `base` (all goals alike) less what is forbidden to single goals."""
    for pair in range(len(base)):
        out[pair] = ALL_LANES if base[pair] else np.uint16(0)
    if forbidden.shape[0] > 0:
        for g in range(LANES):
            row = goals[min(begin + g, len(goals) - 1)]
            keep = np.uint16(~(np.uint16(1) << np.uint16(g)))
            for pair in range(len(base)):
                if forbidden[row, pair]:
                    out[pair] &= keep


@njit(nogil=True, cache=True)
def solve_goals(graph, terms, orders, rows, goals, exact, max_sweeps):
    """Solve and certify the given goals, block by block; results go to the arrays of `rows`.

    Args:
        graph, terms: see `block`. orders: an `Orders`. rows: a `Rows`.
        goals: I[n], the rows to solve. exact: whether the deterministic kernel serves.
        max_sweeps: see the kernels.
    """
    size, pairs = len(graph.pair_ptr) - 1, len(orders.base)
    per_goal = orders.goal_bonus.shape[0] > 0
    block = Block(
        np.empty(pairs, np.uint16),
        np.empty((size, LANES)),
        np.empty((pairs, LANES)) if per_goal else orders.shared_bonus,
        np.empty((size, LANES)),
        np.empty((2, LANES)),
        np.empty((1, LANES)),
        np.zeros((0 if exact else len(graph.order), LANES)),
        np.zeros((0 if exact else len(graph.order), LANES)),
        np.empty((size if exact else 0, LANES), np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
    )
    for begin in range(0, len(goals), LANES):
        _load(rows.reward, begin, goals, block.reward)
        _load(rows.value, begin, goals, block.value)
        if per_goal:
            _load(orders.goal_bonus, begin, goals, block.bonus)
        if begin == 0 or orders.forbidden.shape[0] > 0:
            _bits(orders.base, orders.forbidden, begin, goals, block.allowed)
        for g in range(LANES):
            block.least[0, g] = rows.least[goals[min(begin + g, len(goals) - 1)]]
        if exact:
            sweeps = deterministic.solve_block(graph, terms, block, max_sweeps)
        else:
            sweeps = stochastic.solve_block(graph, terms, block, max_sweeps)
        stochastic.certify(graph, terms, block)
        here = min(LANES, len(goals) - begin)
        for g in range(here):
            rows.residual[goals[begin + g]] = block.residual[0, g]
            rows.steps[goals[begin + g]] = sweeps
        for s in graph.order:
            for g in range(here):
                rows.value[goals[begin + g], s] = block.value[s, g]


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
