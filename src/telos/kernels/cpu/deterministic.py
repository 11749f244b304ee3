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
def _sweep(graph, discount, block, forward):
    """One in-place sweep that accepts gains above least[0] only; least[1] records the largest."""
    value, bonus = block.value, block.bonus
    width = bonus.shape[1]
    least = load(block.least, 0)
    raised = spread(0.0)
    count = len(graph.order)
    for i in range(count):
        s = graph.order[i] if forward else graph.order[count - 1 - i]
        best = spread(-np.inf)
        for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
            lanes = block.allowed[pair]
            if lanes == 0:
                continue
            then = load(value, graph.target[pair])
            if width > 0:
                extra = spread(bonus[pair, 0]) if width == 1 else load(bonus, pair)
                then = add_scaled(extra, discount, then)
            whole = lanes == ALL_LANES
            best = larger(then, best) if whole else larger_where(np.uint64(lanes), then, best)
        earned = load(block.reward, s)
        total = add(earned, best) if width > 0 else add_scaled(earned, discount, best)
        old = load(value, s)
        new = kept_unless_above(total, old, least)
        raised = larger(subtract(new, old), raised)
        store(value, s, new)
    store(block.least, 1, raised)


@njit(nogil=True, cache=True)
def _earned(block, s, pair, lane):
    """What a lane earns by taking `pair` in state `s`."""
    width = block.bonus.shape[1]
    if width == 0:
        return block.reward[s, lane]
    return block.reward[s, lane] + block.bonus[pair, lane if width > 1 else 0]


@njit(nogil=True, cache=True)
def _greedy(graph, discount, block, done):
    """The greedy policy of each lane not done, keeping the recorded pair unless another is better.

    A lane whose policy stays as it is is done, and its value rests: what it still seems to gain is
    rounding (at the head of a cycle of n states up to `n u |V|`, more than a sweep may ignore).
    """
    changed = np.zeros(LANES, np.bool_)
    for s in graph.order:
        for g in range(LANES):
            if done[g]:
                continue
            pick = block.policy[s, g]
            best = -np.inf
            if pick >= 0:
                best = _earned(block, s, pick, g) + discount * block.value[graph.target[pick], g]
                best += block.least[0, g]
            for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
                if (block.allowed[pair] >> g) & 1:
                    q = _earned(block, s, pair, g) + discount * block.value[graph.target[pair], g]
                    if q > best:
                        best = q
                        pick = pair
            changed[g] = changed[g] or pick != block.policy[s, g]
            block.policy[s, g] = pick
    for g in range(LANES):
        if not changed[g]:
            _rest(block, done, g)


@njit(nogil=True, cache=True)
def _rest(block, done, lane):
    """A lane is done: no sweep that others in its block still need may move it."""
    done[lane] = True
    block.least[0, lane] = np.inf


@njit(nogil=True, cache=True)
def _fingerprint(graph, block, lane):
    """A hash of a lane's policy (FNV-1a)."""
    mark = np.uint64(14695981039346656037)
    for s in graph.order:
        mark = (mark ^ np.uint64(block.policy[s, lane])) * np.uint64(1099511628211)
    return mark


@njit(nogil=True, cache=True)
def _walk(graph, discount, block, lane):
    """The exact value of one lane's policy, by walking its functional graph; linear in S.

    `seen` is -1 for a new state, its place on the current path, or -2 once its value is exact.
    """
    policy, value, seen, path = block.policy, block.value, block.seen, block.path
    seen[:] = -1
    for root in graph.order:
        s = root
        depth = 0
        while policy[s, lane] >= 0 and seen[s] == -1:
            seen[s] = depth
            path[depth] = s
            depth += 1
            s = graph.target[policy[s, lane]]
        if depth == 0:
            continue
        if policy[s, lane] >= 0 and seen[s] >= 0:
            total = 0.0
            factor = 1.0
            for i in range(seen[s], depth):
                total += factor * _earned(block, path[i], policy[path[i], lane], lane)
                factor *= discount
            value[s, lane] = total / (1.0 - factor)
            seen[s] = -2
        for j in range(depth - 1, -1, -1):
            v = path[j]
            if seen[v] != -2:
                pair = policy[v, lane]
                then = value[graph.target[pair], lane]
                value[v, lane] = _earned(block, v, pair, lane) + discount * then
                seen[v] = -2


@njit(nogil=True, cache=True)
def _stay(graph, discount, block):
    """The policy of staying, with its value, where that is legal; whether it is legal everywhere."""
    everywhere = True
    for s in graph.order:
        for g in range(LANES):
            most = -np.inf
            for pair in range(graph.pair_ptr[s], graph.pair_ptr[s + 1]):
                if graph.target[pair] == s and (block.allowed[pair] >> g) & 1:
                    earned = _earned(block, s, pair, g)
                    if earned > most:
                        most = earned
                        block.policy[s, g] = pair
            if block.policy[s, g] >= 0:
                block.value[s, g] = most / (1.0 - discount)
            else:
                everywhere = False
    return everywhere


@njit(nogil=True, cache=True)
def _first_legal(graph, block):
    """The first legal pair, where no pair is recorded yet."""
    for s in graph.order:
        for g in range(LANES):
            pair = graph.pair_ptr[s]
            while block.policy[s, g] < 0:
                if (block.allowed[pair] >> g) & 1:
                    block.policy[s, g] = pair
                pair += 1


@njit(nogil=True, cache=True)
def solve_block(graph, terms, block, max_rounds):
    """Optimal values of one block of sixteen goals of a deterministic world, in place.

    A gain of no more than `block.least[0]` does not count: rounding must not pass for progress.
    Policies that are equal but for rounding may still take turns; as no policy comes back while
    there is progress, a lane whose policy comes back is done (Brent's search for a cycle).

    Returns:
        The number of sweeps.
    """
    discount = terms.discount
    block.policy[:] = -1
    # Where every state may stay, some optimal policy ends by staying, and sweeps alone get there.
    may_stay = _stay(graph, discount, block)
    if not may_stay:
        _first_legal(graph, block)
    done = np.zeros(LANES, np.bool_)
    marks = np.zeros(LANES, np.uint64)
    sweeps = 0
    for rounds in range(max_rounds):
        if not may_stay:
            for lane in range(LANES):
                if not done[lane]:
                    _walk(graph, discount, block, lane)
        turn = 0
        raised = True
        while raised and turn < (max_rounds if may_stay else SWEEPS):
            _sweep(graph, discount, block, turn % 2 == 0)
            raised = block.least[1].max() > 0.0
            if turn == 0:
                # A lane that gains nothing on its own exact value is optimal, whatever the others.
                for lane in range(LANES):
                    done[lane] = done[lane] or not block.least[1, lane] > 0.0
            turn += 1
        sweeps += turn
        if may_stay or done.all():
            break
        _greedy(graph, discount, block, done)
        for lane in range(LANES):
            mark = _fingerprint(graph, block, lane)
            if mark == marks[lane] and not done[lane]:
                _rest(block, done, lane)
            if rounds & (rounds + 1) == 0:
                marks[lane] = mark
    return sweeps
