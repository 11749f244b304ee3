"""Chain kernels: what a given policy leads to, solved exactly on the part of the world it visits.

Values, occupancies and hitting probabilities of a policy are linear systems in `I - A` with A
non-negative and row sums at most 1. They are solved component by component, each component by
Gaussian elimination without a subtraction (Grassmann, Taksar, Heyman 1985): `1 - A[k, k]` is added
up from everything else that leaves state k. So a chain that leaves a component once in 10^200
steps is solved as exactly as any other, also without discounting.
"""

import numpy as np
from numba import njit

from telos.kernels.cpu.graph import components


@njit(nogil=True, cache=True)
def visited(start, pair_ptr, next_ptr, next_state, policy, closed):
    """B[S]: the states that a policy can come to from the start; walks end where `closed` is set."""
    size = len(start)
    seen = np.zeros(size, np.bool_)
    queue = np.empty(size, np.int64)
    head, tail = 0, 0
    for s in range(size):
        if start[s] > 0.0:
            seen[s] = True
            queue[tail] = s
            tail += 1
    while head < tail:
        s = queue[head]
        head += 1
        if closed[s]:
            continue
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            if policy[pair] > 0.0:
                for n in range(next_ptr[pair], next_ptr[pair + 1]):
                    t = next_state[n]
                    if not seen[t]:
                        seen[t] = True
                        queue[tail] = t
                        tail += 1
    return seen


@njit(nogil=True, cache=True)
def policy_rows(active, pair_ptr, next_ptr, next_state, next_prob, policy, skip, discount):
    """The rows of `discount * P` of a policy among the active states, numbered afresh.

    Pairs marked in `skip` are left out (their mass leaves the chain). A state reached by several
    pairs of one row appears once.

    Returns:
        ptr, column, entry: the compressed rows. leave: F[n], what is missing to a row sum of 1:
        discounting, skipped pairs and steps to states that are not active, added up.
    """
    size = len(active)
    number = np.full(size, -1, np.int64)
    count = 0
    stored = 0
    for s in range(size):
        if active[s]:
            number[s] = count
            count += 1
            stored += next_ptr[pair_ptr[s + 1]] - next_ptr[pair_ptr[s]]
    ptr = np.zeros(count + 1, np.int64)
    column = np.empty(stored, np.int64)
    entry = np.empty(stored, np.float64)
    leave = np.zeros(count)
    place = np.full(count, -1, np.int64)
    used = 0
    for s in range(size):
        if not active[s]:
            continue
        begin = used
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            w = policy[pair]
            if w == 0.0:
                continue
            if skip[pair]:
                leave[number[s]] += w
                continue
            leave[number[s]] += w * (1.0 - discount)
            for n in range(next_ptr[pair], next_ptr[pair + 1]):
                t = number[next_state[n]]
                p = discount * w * next_prob[n]
                if t < 0:
                    leave[number[s]] += p
                    continue
                if place[t] >= begin and column[place[t]] == t:
                    entry[place[t]] += p
                else:
                    place[t] = used
                    column[used] = t
                    entry[used] = p
                    used += 1
        ptr[number[s] + 1] = used
    return ptr, column[:used].copy(), entry[:used].copy(), leave


@njit(nogil=True, cache=True)
def backwards(ptr, column):
    """The edges turned round: compressed rows of the transposed graph."""
    n = len(ptr) - 1
    back = np.zeros(n + 1, np.int64)
    for c in column:
        back[c + 1] += 1
    for i in range(n):
        back[i + 1] += back[i]
    fill = back[:-1].copy()
    source = np.empty_like(column)
    for i in range(n):
        for k in range(ptr[i], ptr[i + 1]):
            source[fill[column[k]]] = i
            fill[column[k]] += 1
    return back, source


@njit(nogil=True, cache=True)
def _component(ptr, column, entry, leave, members, local, inside, out):
    """Dense rows of one component, and what leaves each of them (to other components or for good)."""
    m = len(members)
    inside[:m, :m] = 0.0
    for k in range(m):
        i = members[k]
        out[k] = leave[i]
        for e in range(ptr[i], ptr[i + 1]):
            j = local[column[e]]
            if j >= 0:
                inside[k, j] += entry[e]
            else:
                out[k] += entry[e]


@njit(nogil=True, cache=True)
def _eliminate(inside, out, m):
    """Fold states m-1 … 1 into those before them; out[k] becomes 1 - (loop of k) when k is folded."""
    for k in range(m - 1, -1, -1):
        total = out[k]
        for j in range(k):
            total += inside[k, j]
        # What is left of k for good is out[k] / total; it goes on as inside[k, :k] / total.
        lost = out[k]
        out[k] = total
        if total <= 0.0:
            continue
        for i in range(k):
            share = inside[i, k] / total
            if share > 0.0:
                for j in range(k):
                    inside[i, j] += share * inside[k, j]
                out[i] += share * lost


@njit(nogil=True, cache=True)
def solve_chain(ptr, column, entry, leave, b, largest):
    """Solve `x = b + A x`, successors first.

    Args:
        ptr, column, entry: compressed rows of A. leave: F[n], 1 minus the row sums, added up.
        b: F[n]. largest: the size above which a component is not solved densely.

    Returns:
        x: F[n]; and whether it was solved (False: a component is larger than `largest`).
    """
    x = b.copy()
    order, first = components(ptr, column)
    local = np.full(len(b), -1, np.int64)
    widest = min(largest, np.max(np.diff(first))) if len(b) > 0 else 0
    inside, out, right = np.empty((widest, widest)), np.empty(widest), np.empty(widest)
    for group in range(len(first) - 1):
        members = order[first[group] : first[group + 1]]
        m = len(members)
        if m > largest:
            return x, False
        for k in range(m):
            local[members[k]] = k
        _component(ptr, column, entry, leave, members, local, inside, out)
        for k in range(m):
            i = members[k]
            right[k] = b[i]
            for e in range(ptr[i], ptr[i + 1]):
                if local[column[e]] < 0:
                    right[k] += entry[e] * x[column[e]]
        _eliminate(inside, out, m)
        for k in range(m - 1, -1, -1):
            right[k] = right[k] / out[k] if out[k] > 0.0 else 0.0
            for i in range(k):
                right[i] += inside[i, k] * right[k]
        for k in range(m):
            i = members[k]
            total = right[k]
            for j in range(k):
                if out[k] > 0.0:
                    total += inside[k, j] / out[k] * x[members[j]]
            x[i] = total
            local[i] = -1
    return x, True


@njit(nogil=True, cache=True)
def solve_flow(ptr, column, entry, leave, b, largest):
    """Solve `x = b + A^T x` (time spent, given where it begins), predecessors first.

    Arguments and results as in `solve_chain`.
    """
    x = np.zeros(len(b))
    inflow = b.copy()
    order, first = components(ptr, column)
    local = np.full(len(b), -1, np.int64)
    widest = min(largest, np.max(np.diff(first))) if len(b) > 0 else 0
    inside, out, begin = np.empty((widest, widest)), np.empty(widest), np.empty(widest)
    for group in range(len(first) - 2, -1, -1):
        members = order[first[group] : first[group + 1]]
        m = len(members)
        if m > largest:
            return x, False
        for k in range(m):
            local[members[k]] = k
            begin[k] = inflow[members[k]]
        _component(ptr, column, entry, leave, members, local, inside, out)
        _eliminate(inside, out, m)
        for k in range(m - 1, -1, -1):
            if out[k] > 0.0:
                for j in range(k):
                    begin[j] += begin[k] / out[k] * inside[k, j]
        for k in range(m):
            total = begin[k]
            for i in range(k):
                total += x[members[i]] * inside[i, k]
            x[members[k]] = total / out[k] if out[k] > 0.0 else 0.0
        for k in range(m):
            i = members[k]
            for e in range(ptr[i], ptr[i + 1]):
                if local[column[e]] < 0:
                    inflow[column[e]] += x[i] * entry[e]
        for k in range(m):
            local[members[k]] = -1
    return x, True


@njit(nogil=True, cache=True)
def leads_to(ptr, column, goal):
    """B[n]: the nodes from which some node marked in `goal` can be reached."""
    n = len(ptr) - 1
    back, source = backwards(ptr, column)
    reaches = goal.copy()
    queue = np.empty(n, np.int64)
    tail = 0
    for i in range(n):
        if goal[i]:
            queue[tail] = i
            tail += 1
    head = 0
    while head < tail:
        i = queue[head]
        head += 1
        for k in range(back[i], back[i + 1]):
            if not reaches[source[k]]:
                reaches[source[k]] = True
                queue[tail] = source[k]
                tail += 1
    return reaches


@njit(nogil=True, cache=True)
def tied_closure(start, pair_ptr, next_ptr, next_state, tied, marks):
    """The union of `marks[pair]` (bits) over all tied pairs that tied play can come to."""
    size = len(start)
    seen = np.zeros(size, np.bool_)
    queue = np.empty(size, np.int64)
    head, tail = 0, 0
    found = np.int64(0)
    for s in range(size):
        if start[s] > 0.0:
            seen[s] = True
            queue[tail] = s
            tail += 1
    while head < tail:
        s = queue[head]
        head += 1
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            if tied[pair]:
                found |= marks[pair]
                for n in range(next_ptr[pair], next_ptr[pair + 1]):
                    t = next_state[n]
                    if not seen[t]:
                        seen[t] = True
                        queue[tail] = t
                        tail += 1
    return found


@njit(nogil=True, cache=True)
def sure_at_once(start, pair_ptr, pairs):
    """Whether all pairs of all first states are wanted ones, so that nothing need be solved."""
    sure = True
    for s in range(len(start)):
        if start[s] > 0.0:
            sure = sure and pairs[pair_ptr[s] : pair_ptr[s + 1]].all()
    return sure


@njit(nogil=True, cache=True)
def hit_goals(
    start, pair_ptr, next_ptr, next_state, next_prob, policy, pairs, largest, hit, solved
):
    """hit[g] = the probability that policy g ever takes one of `pairs`, without discounting.

    Only the states that the policy visits, and from which it may still come to such a pair, are
    unknowns: among them the chain always ends, so the system has one solution.

    Args:
        policy: F[G, L]. pairs: B[L]. largest: see `solve_chain`.
        hit: F[G] and solved: B[G], results; hit[g] is right where solved[g].
    """
    size = len(start)
    closed = np.zeros(size, np.bool_)
    taken = np.empty(size)
    for g in range(policy.shape[0]):
        row = policy[g]
        seen = visited(start, pair_ptr, next_ptr, next_state, row, closed)
        some = False
        for s in range(size):
            taken[s] = 0.0
            if seen[s]:
                for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                    if pairs[pair]:
                        taken[s] += row[pair]
                some = some or taken[s] > 0.0
        hit[g] = 0.0
        solved[g] = True
        if not some:
            continue
        if sure_at_once(start, pair_ptr, pairs):
            hit[g] = 1.0
            continue
        ptr, column, _, _ = policy_rows(
            seen, pair_ptr, next_ptr, next_state, next_prob, row, pairs, 1.0
        )
        useful = leads_to(ptr, column, taken[seen] > 0.0)
        here = np.flatnonzero(seen)
        kept = np.zeros(size, np.bool_)
        kept[here[useful]] = True
        ptr, column, entry, leave = policy_rows(
            kept, pair_ptr, next_ptr, next_state, next_prob, row, pairs, 1.0
        )
        x, fine = solve_chain(ptr, column, entry, leave, taken[kept], largest)
        solved[g] = fine
        hit[g] = min(1.0, max(0.0, np.dot(start[kept], x)))


@njit(nogil=True, cache=True)
def time_goals(
    start, pair_ptr, next_ptr, next_state, next_prob, policy, discount, largest, time, solved
):
    """time[g, s] = expected discounted number of visits of policy g to state s.

    Args:
        policy: F[G, L]. discount: in [0, 1). largest: see `solve_chain`.
        time: F[G, S] and solved: B[G], results; time[g] is right where solved[g].
    """
    size = len(start)
    closed = np.zeros(size, np.bool_)
    nothing = np.zeros(policy.shape[1], np.bool_)
    for g in range(policy.shape[0]):
        seen = visited(start, pair_ptr, next_ptr, next_state, policy[g], closed)
        ptr, column, entry, leave = policy_rows(
            seen, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        x, fine = solve_flow(ptr, column, entry, leave, start[seen], largest)
        solved[g] = fine
        time[g] = 0.0
        time[g][seen] = x


@njit(nogil=True, cache=True)
def value_goals(
    pair_ptr, next_ptr, next_state, next_prob, policy, discount, income, largest, value, solved
):
    """value[g] = the solution of `v = income[g] + discount * P_g v` for policy g.

    Args:
        policy: F[G, L]. income: F[G, S]. discount: in [0, 1). largest: see `solve_chain`.
        value: F[G, S] and solved: B[G], results; value[g] is right where solved[g].
    """
    everywhere = np.ones(len(pair_ptr) - 1, np.bool_)
    nothing = np.zeros(policy.shape[1], np.bool_)
    for g in range(policy.shape[0]):
        ptr, column, entry, leave = policy_rows(
            everywhere, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        x, fine = solve_chain(ptr, column, entry, leave, income[g], largest)
        solved[g] = fine
        value[g] = x


@njit(nogil=True, cache=True)
def closure_goals(start, pair_ptr, next_ptr, next_state, tied, marks, found):
    """found[g] = the bits of `marks` on tied pairs that tied play of goal g can come to."""
    for g in range(tied.shape[0]):
        found[g] = tied_closure(start, pair_ptr, next_ptr, next_state, tied[g], marks)
