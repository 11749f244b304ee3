"""Optimal values of deterministic worlds: exact policy iteration, goals in SIMD lanes.

A policy of a deterministic world is a function from states to states: every walk ends in a cycle.
Its value is computed exactly, in time linear in S, by walking that graph: a cycle of rewards
`r_0 … r_{n-1}` is worth `(sum discount^i r_i) / (1 - discount^n)` where it is entered, and what
leads to it follows. Between two evaluations, in-place sweeps in alternating directions raise all
sixteen goals of a block at once. They start from the value of a policy and only grow, so `V <= TV`
throughout and the greedy policy is worth at least V: policy iteration with a better improvement
step, which ends after finitely many rounds.
"""

import numpy as np
from numba import njit

from telos.kernels.cpu.lanes import (
    ALL_LANES,
    LANES,
    add,
    add_scaled,
    kept_unless_above,
    larger,
    larger_where,
    load,
    spread,
    store,
    subtract,
)

#: Sweeps between two exact evaluations. Grids settle within 8 to 16 sweeps if every state may
#: stay; without that only an evaluation can close a cycle, so waiting longer does not help.
SWEEPS = 6


@njit(nogil=True, cache=True)
def _sweep(states, forward, pair_ptr, target, discount, allowed, reward, bonus, value, gain):
    """One in-place sweep that only accepts gains above gain[0]; gain[1] records the largest."""
    width = bonus.shape[1]
    least = load(gain, 0)
    raised = spread(0.0)
    count = len(states)
    for i in range(count):
        s = states[i] if forward else states[count - 1 - i]
        best = spread(-np.inf)
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            lanes = allowed[pair]
            if lanes == 0:
                continue
            then = load(value, target[pair])
            if width > 0:
                extra = spread(bonus[pair, 0]) if width == 1 else load(bonus, pair)
                then = add_scaled(extra, discount, then)
            whole = lanes == ALL_LANES
            best = larger(then, best) if whole else larger_where(np.uint64(lanes), then, best)
        earned = load(reward, s)
        total = add(earned, best) if width > 0 else add_scaled(earned, discount, best)
        old = load(value, s)
        new = kept_unless_above(total, old, least)
        raised = larger(subtract(new, old), raised)
        store(value, s, new)
    store(gain, 1, raised)


@njit(nogil=True, cache=True)
def _greedy(states, pair_ptr, target, discount, allowed, reward, bonus, value, policy):
    """The greedy policy of each lane, keeping the recorded pair unless another is truly better."""
    for s in states:
        for g in range(LANES):
            pick = policy[s, g]
            best = -np.inf
            if pick >= 0:
                best = _earned(s, pick, g, reward, bonus) + discount * value[target[pick], g]
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                if (allowed[pair] >> g) & 1:
                    q = _earned(s, pair, g, reward, bonus) + discount * value[target[pair], g]
                    if q > best:
                        best = q
                        pick = pair
            policy[s, g] = pick


@njit(nogil=True, cache=True)
def _earned(s, pair, lane, reward, bonus):
    """What lane earns by taking `pair` in state `s`."""
    width = bonus.shape[1]
    if width == 0:
        return reward[s, lane]
    return reward[s, lane] + bonus[pair, lane if width > 1 else 0]


@njit(nogil=True, cache=True)
def _walk(states, target, discount, reward, bonus, value, policy, lane, seen, path):
    """The exact value of one lane's policy, by walking its functional graph; linear in S.

    `seen` is -1 for a new state, its place on the current path, or -2 once its value is exact.
    """
    seen[:] = -1
    for root in states:
        s = root
        depth = 0
        while policy[s, lane] >= 0 and seen[s] == -1:
            seen[s] = depth
            path[depth] = s
            depth += 1
            s = target[policy[s, lane]]
        if depth == 0:
            continue
        if policy[s, lane] >= 0 and seen[s] >= 0:
            total = 0.0
            factor = 1.0
            for i in range(seen[s], depth):
                total += factor * _earned(path[i], policy[path[i], lane], lane, reward, bonus)
                factor *= discount
            value[s, lane] = total / (1.0 - factor)
            seen[s] = -2
        for j in range(depth - 1, -1, -1):
            v = path[j]
            if seen[v] != -2:
                pair = policy[v, lane]
                value[v, lane] = (
                    _earned(v, pair, lane, reward, bonus) + discount * value[target[pair], lane]
                )
                seen[v] = -2


@njit(nogil=True, cache=True)
def _stay(states, pair_ptr, target, discount, allowed, reward, bonus, value, policy):
    """The policy of staying, with its value, where that is legal; whether it is legal everywhere."""
    everywhere = True
    for s in states:
        for g in range(LANES):
            most = -np.inf
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                if target[pair] == s and (allowed[pair] >> g) & 1:
                    earned = _earned(s, pair, g, reward, bonus)
                    if earned > most:
                        most = earned
                        policy[s, g] = pair
            if policy[s, g] >= 0:
                value[s, g] = most / (1.0 - discount)
            else:
                everywhere = False
    return everywhere


@njit(nogil=True, cache=True)
def _first_legal(states, pair_ptr, allowed, policy):
    """The first legal pair, where no pair is recorded yet."""
    for s in states:
        for g in range(LANES):
            pair = pair_ptr[s]
            while policy[s, g] < 0:
                if (allowed[pair] >> g) & 1:
                    policy[s, g] = pair
                pair += 1


@njit(nogil=True, cache=True)
def solve_block(
    states, pair_ptr, target, discount, allowed, reward, bonus, value, gain, max_rounds
):
    """Optimal values of one block of sixteen goals of a deterministic world, in place.

    Args:
        states: I[n], the states to solve; the others keep their value.
        pair_ptr: I[S+1]. target: I[L], where each pair leads. discount: in [0, 1).
        allowed: U16[L], bit g says whether lane g may take the pair.
        reward: F[S, LANES]. bonus: F[L, 0], F[L, 1] or F[L, LANES].
        value: F[S, LANES], the result (and the given values of states that are not solved).
        gain: F[2, LANES]: row 0 the smallest gain that counts, so that rounding does not pass for
            progress; row 1 is scratch.
        max_rounds: give up after so many evaluations.

    Returns:
        The number of sweeps.
    """
    size = len(pair_ptr) - 1
    policy = np.full((size, LANES), -1, np.int64)
    seen = np.empty(size, np.int64)
    path = np.empty(size, np.int64)
    # Where every state may stay, some optimal policy ends by staying, and sweeps alone get there.
    may_stay = _stay(states, pair_ptr, target, discount, allowed, reward, bonus, value, policy)
    if not may_stay:
        _first_legal(states, pair_ptr, allowed, policy)
    sweeps = 0
    for _ in range(max_rounds):
        if not may_stay:
            for lane in range(LANES):
                _walk(states, target, discount, reward, bonus, value, policy, lane, seen, path)
        done = 0
        raised = True
        while raised and (may_stay or done < SWEEPS) and done < max_rounds:
            _sweep(
                states,
                sweeps % 2 == 0,
                pair_ptr,
                target,
                discount,
                allowed,
                reward,
                bonus,
                value,
                gain,
            )
            sweeps += 1
            done += 1
            raised = gain[1].max() > 0.0
        if may_stay or (not raised and done == 1):
            break
        _greedy(states, pair_ptr, target, discount, allowed, reward, bonus, value, policy)
    return sweeps
