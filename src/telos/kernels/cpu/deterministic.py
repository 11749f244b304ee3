"""Optimal values of deterministic worlds: sweeps from below, and exact evaluation where they do not do.

Every policy of a deterministic world ends in a cycle, and a value is what a cycle is worth less the
way to it. Sixteen goals of a block start from the value of the best cycle of one or two states at
hand (staying, or there and back) and are raised by in-place sweeps in alternating directions. The
start is worth no more than the optimum, and a sweep accepts nothing but gains: from the first one on
`V <= TV`, and where nothing is raised V is optimal. Where longer cycles are better, sweeps would only
creep up on them: then the greedy policy is evaluated exactly, by walking its functional graph, and is
worth at least V: policy iteration with a better improvement step, which ends after finitely many
rounds.
"""

import numpy as np

from telos.kernels.cpu.backup import best_allowed, earned
from telos.kernels.cpu.compiled import all_of, fill, inner
from telos.kernels.cpu.lanes import (
    LANES,
    add,
    add_scaled,
    kept_unless_above,
    larger,
    larger_where,
    load,
    scaled,
    smaller,
    spread,
    store,
    subtract,
)

#: Sweeps before the first exact evaluation, and between two later ones. Grids settle within 8 to 20
#: sweeps; a cycle of more than two states needs an evaluation, and waiting longer does not help it.
FIRST, LATER = 24, 6


@inner
def _sweep(graph, discount, allowed, bonus, block, forward):
    """One in-place sweep that accepts gains above least[0] only; least[1] records the largest."""
    value = block.value
    least = load(block.least, 0)
    raised = spread(0.0)
    count = len(graph.order)
    for k in range(count):
        i = k if forward else count - 1 - k
        s = graph.order[i]
        best = spread(-np.inf)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            then = load(value, graph.target[p])
            if bonus is not None:
                then = add_scaled(earned(graph, bonus, p, spread(0.0)), discount, then)
            best = best_allowed(graph, allowed, p, then, best)
        total = load(block.reward, s)
        total = add_scaled(total, discount, best) if bonus is None else add(total, best)
        old = load(value, s)
        new = kept_unless_above(total, old, least)
        raised = larger(subtract(new, old), raised)
        store(value, s, new)
    store(block.least, 1, raised)


@inner
def _start(graph, discount, allowed, bonus, block):
    """V(s) = what a cycle of at most two states through s is worth, or a lower bound.

    There and back earns `(r(s, p) + discount r(t, q)) / (1 - discount^2)` for p from s to t and q
    from t to s; p = q for staying. Nothing is worth less than `min r / (1 - discount)`, or than the
    least of the states that are not solved.
    """
    lowest = spread(np.inf)
    for i in range(len(graph.order)):
        reward = load(block.reward, graph.order[i])
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            lowest = smaller(earned(graph, bonus, p, reward), lowest)
    lowest = scaled(1.0 / (1.0 - discount), lowest)
    if len(graph.order) < block.value.shape[0]:
        fill(block.seen, 0)
        for i in range(len(graph.order)):
            block.seen[graph.order[i]] = 1
        for s in range(block.value.shape[0]):
            if block.seen[s] == 0:
                lowest = smaller(load(block.value, s), lowest)
    none = len(graph.target)
    for i in range(len(graph.order)):
        s = graph.order[i]
        best = lowest
        reward = load(block.reward, s)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            q = graph.back[p]
            if q == none:
                continue
            there = earned(graph, bonus, p, reward)
            back = earned(graph, bonus, q, load(block.reward, graph.target[p]))
            cycle = scaled(1.0 / (1.0 - discount * discount), add_scaled(there, discount, back))
            if allowed is None:
                best = larger(cycle, best)
            else:
                lanes = allowed[graph.pair[p]] & allowed[graph.pair[q]]
                best = larger_where(np.uint64(lanes), cycle, best)
        store(block.value, s, best)


@inner
def _pays(graph, allowed, bonus, block, i, p, lane):
    """What a lane earns by taking pair p at place i; -inf where it may not."""
    if allowed is not None:
        if not (allowed[graph.pair[p]] >> lane) & 1:
            return -np.inf
    if bonus is None:
        return block.reward[graph.order[i], lane]
    if bonus.ndim == 1:
        return block.reward[graph.order[i], lane] + bonus[graph.pair[p]]
    return block.reward[graph.order[i], lane] + bonus[graph.pair[p], lane]


@inner
def _greedy(graph, discount, allowed, bonus, block, walk, fresh):
    """The greedy policy of each lane not done, keeping the recorded pair unless another is better.

    A lane whose policy stays as it is is done, and its value rests: what it still seems to gain is
    rounding (at the head of a cycle of n states up to `n u |V|`, more than a sweep may ignore).

    Args:
        fresh: whether no policy is recorded yet.
    """
    for g in range(LANES):
        if walk.done[g]:
            continue
        changed = fresh
        for i in range(len(graph.order)):
            pick = graph.pair_ptr[i] if fresh else walk.policy[i, g]
            best = -np.inf
            if not fresh:
                best = _pays(graph, allowed, bonus, block, i, pick, g)
                best += discount * block.value[graph.target[pick], g] + block.least[0, g]
            for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
                q = _pays(graph, allowed, bonus, block, i, p, g)
                q += discount * block.value[graph.target[p], g]
                if q > best:
                    best = q
                    pick = p
            changed = changed or pick != walk.policy[i, g]
            walk.policy[i, g] = pick
        if not changed:
            _rest(block, walk, g)


@inner
def _rest(block, walk, lane):
    """A lane is done: no sweep that others in its block still need may move it."""
    walk.done[lane] = True
    block.least[0, lane] = np.inf


@inner
def _fingerprint(graph, walk, lane):
    """A hash of a lane's policy (FNV-1a)."""
    mark = np.uint64(14695981039346656037)
    for i in range(len(graph.order)):
        mark = (mark ^ np.uint64(walk.policy[i, lane])) * np.uint64(1099511628211)
    return mark


@inner
def _follow(graph, discount, allowed, bonus, block, walk, lane):
    """The exact value of one lane's policy, by walking its functional graph; linear in S.

    `seen` is -1 for a new place, its depth on the current path, or -2 once its value is exact.
    States that are not solved (`place` -1) keep the value they have.
    """
    policy, value, seen = walk.policy, block.value, block.seen
    place, path = walk.place, walk.path
    fill(seen, -1)
    for root in range(len(graph.order)):
        i = np.int64(root)
        depth = 0
        while i >= 0 and seen[i] == -1:
            seen[i] = depth
            path[depth] = i
            depth += 1
            i = place[graph.target[policy[i, lane]]]
        if depth == 0:
            continue
        if i >= 0 and seen[i] >= 0:
            total = 0.0
            factor = 1.0
            for k in range(seen[i], depth):
                v = path[k]
                total += factor * _pays(graph, allowed, bonus, block, v, policy[v, lane], lane)
                factor *= discount
            value[graph.order[i], lane] = total / (1.0 - factor)
            seen[i] = -2
        for k in range(depth - 1, -1, -1):
            v = path[k]
            if seen[v] != -2:
                p = policy[v, lane]
                then = value[graph.target[p], lane]
                pays = _pays(graph, allowed, bonus, block, v, p, lane)
                value[graph.order[v], lane] = pays + discount * then
                seen[v] = -2


@inner
def _some_raised(block):
    """Whether the last sweep raised a value of any lane."""
    for g in range(LANES):
        if block.least[1, g] > 0.0:
            return True
    return False


@inner
def _raise(graph, discount, allowed, bonus, block, most):
    """Sweeps in alternating directions until nothing is raised, or `most`; returns how many."""
    turn = 0
    raised = True
    while raised and turn < most:
        _sweep(graph, discount, allowed, bonus, block, turn % 2 == 0)
        raised = _some_raised(block)
        turn += 1
    return turn


@inner
def _begin(graph, walk):
    """No policy is known; where each state is to be found."""
    fill(walk.marks, np.uint64(0))
    fill(walk.place, -1)
    for i in range(len(graph.order)):
        walk.place[graph.order[i]] = i


@inner
def _rest_if_not_raised(block, walk):
    """A lane that the last sweep did not raise is optimal, whatever the others."""
    for lane in range(LANES):
        if not (walk.done[lane] or block.least[1, lane] > 0.0):
            _rest(block, walk, lane)
    return all_of(walk.done)


@inner
def solve_block(graph, terms, allowed, bonus, block, walk, max_rounds):
    """Optimal values of one block of sixteen goals of a deterministic world, in place.

    A gain of no more than `block.least[0]` does not count: rounding must not pass for progress.
    Policies that are equal but for rounding may still take turns; as no policy comes back while
    there is progress, a lane whose policy comes back is done (Brent's search for a cycle).

    Returns:
        The number of sweeps.
    """
    discount = terms.discount
    _start(graph, discount, allowed, bonus, block)
    sweeps = _raise(graph, discount, allowed, bonus, block, FIRST)
    fill(walk.done, False)
    if _rest_if_not_raised(block, walk):
        return sweeps
    _begin(graph, walk)
    for rounds in range(max_rounds):
        _greedy(graph, discount, allowed, bonus, block, walk, rounds == 0)
        for lane in range(LANES):
            mark = _fingerprint(graph, walk, lane)
            if mark == walk.marks[lane] and not walk.done[lane]:
                _rest(block, walk, lane)
            if rounds & (rounds + 1) == 0:
                walk.marks[lane] = mark
            if not walk.done[lane]:
                _follow(graph, discount, allowed, bonus, block, walk, lane)
        if all_of(walk.done):
            break
        # One sweep more: a lane that gains nothing on its own exact value is optimal.
        sweeps += _raise(graph, discount, allowed, bonus, block, 1)
        if _rest_if_not_raised(block, walk):
            break
        sweeps += _raise(graph, discount, allowed, bonus, block, LATER)
    return sweeps
