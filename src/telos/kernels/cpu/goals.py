"""Drivers: cut goals into blocks of lanes, solve each block, and certify it while it is in the cache."""

import numpy as np
from numba import njit

from telos.kernels.cpu import deterministic, stochastic
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
def solve_goals(
    goals,
    is_deterministic,
    order,
    first,
    pair_ptr,
    next_ptr,
    next_state,
    target,
    weight,
    stay,
    scale,
    discount,
    base,
    forbidden,
    sense,
    reward,
    shared_bonus,
    goal_bonus,
    value,
    move,
    residual,
    steps,
    max_sweeps,
):
    """Solve and certify the given goals; results go to the rows of `value`, `residual`, `steps`.

    Args:
        goals: I[n], rows to solve. is_deterministic: which kernel.
        order, first, pair_ptr, next_ptr, next_state, weight, scale, sense: see `stochastic`.
        target: I[L], the one successor of each pair (deterministic worlds). stay: F[L].
        base: B[L], pairs allowed to all; forbidden: B[G, L] or B[0, L], forbidden to single goals.
        reward, value: F[G, S]. shared_bonus: F[L, 0] or F[L, 1]. goal_bonus: F[G, L] or F[0, L].
        move: F[G], values that move by less are at rest (stochastic) or did not gain (exact).
        residual: F[G] and steps: I[G], results. max_sweeps: see `stochastic`.
    """
    size = len(pair_ptr) - 1
    block_reward = np.empty((size, LANES))
    block_value = np.empty((size, LANES))
    block_bonus = np.empty((len(base), LANES)) if goal_bonus.shape[0] > 0 else shared_bonus
    allowed = np.empty(len(base), np.uint16)
    at_rest = np.empty((2, LANES))
    worst = np.empty((1, LANES))
    for begin in range(0, len(goals), LANES):
        _load(reward, begin, goals, block_reward)
        _load(value, begin, goals, block_value)
        if goal_bonus.shape[0] > 0:
            _load(goal_bonus, begin, goals, block_bonus)
        if begin == 0 or forbidden.shape[0] > 0:
            _bits(base, forbidden, begin, goals, allowed)
        for g in range(LANES):
            at_rest[0, g] = move[goals[min(begin + g, len(goals) - 1)]]
        if is_deterministic:
            sweeps = deterministic.solve_block(
                order,
                pair_ptr,
                target,
                discount,
                allowed,
                block_reward,
                block_bonus,
                block_value,
                at_rest,
                max_sweeps,
            )
        else:
            sweeps = stochastic.solve_block(
                order,
                first,
                pair_ptr,
                next_ptr,
                next_state,
                weight,
                scale,
                allowed,
                sense,
                block_reward,
                block_bonus,
                block_value,
                at_rest[0],
                max_sweeps,
            )
        stochastic.residual_block(
            order,
            pair_ptr,
            next_ptr,
            next_state,
            weight,
            stay,
            allowed,
            sense,
            block_reward,
            block_bonus,
            block_value,
            worst,
        )
        here = min(LANES, len(goals) - begin)
        for g in range(here):
            residual[goals[begin + g]] = worst[0, g]
            steps[goals[begin + g]] = sweeps
        for s in order:
            for g in range(here):
                value[goals[begin + g], s] = block_value[s, g]


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
