"""Chain kernels: what a given policy leads to, solved exactly on the part of the world it visits.

Values, occupancies and hitting probabilities of a policy are linear systems `x = b + A x`. They are
solved component by component (successors first), each component by a dense LU factorisation:
exact to rounding, also without discounting, where an iteration would crawl.
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
        number: I[S], the new number of each active state, -1 elsewhere; ptr, column, entry: the
        compressed rows.
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
    place = np.full(count, -1, np.int64)
    used = 0
    for s in range(size):
        if not active[s]:
            continue
        begin = used
        for pair in range(pair_ptr[s], pair_ptr[s + 1]):
            w = policy[pair]
            if w == 0.0 or skip[pair]:
                continue
            for n in range(next_ptr[pair], next_ptr[pair + 1]):
                t = number[next_state[n]]
                if t < 0:
                    continue
                p = discount * w * next_prob[n]
                if place[t] >= begin and column[place[t]] == t:
                    entry[place[t]] += p
                else:
                    place[t] = used
                    column[used] = t
                    entry[used] = p
                    used += 1
        ptr[number[s] + 1] = used
    return number, ptr, column[:used].copy(), entry[:used].copy()


@njit(nogil=True, cache=True)
def transposed(ptr, column, entry):
    """The compressed rows of the transposed matrix."""
    n = len(ptr) - 1
    out = np.zeros(n + 1, np.int64)
    for c in column:
        out[c + 1] += 1
    for i in range(n):
        out[i + 1] += out[i]
    fill = out[:-1].copy()
    column2 = np.empty_like(column)
    entry2 = np.empty_like(entry)
    for i in range(n):
        for k in range(ptr[i], ptr[i + 1]):
            j = column[k]
            column2[fill[j]] = i
            entry2[fill[j]] = entry[k]
            fill[j] += 1
    return out, column2, entry2


@njit(nogil=True, cache=True)
def solve_chain(ptr, column, entry, b, largest):
    """Solve `x = b + A x` exactly, component by component.

    Args:
        ptr, column, entry: compressed rows of A (non-negative, spectral radius below 1).
        b: F[n]. largest: the size above which a component is not solved densely.

    Returns:
        x: F[n]; and whether it was solved (False: a component is larger than `largest`).
    """
    x = b.copy()
    order, first = components(ptr, column)
    local = np.full(len(b), -1, np.int64)
    for group in range(len(first) - 1):
        lo, hi = first[group], first[group + 1]
        m = hi - lo
        if m == 1:
            i = order[lo]
            total = b[i]
            stay = 0.0
            for k in range(ptr[i], ptr[i + 1]):
                if column[k] == i:
                    stay += entry[k]
                else:
                    total += entry[k] * x[column[k]]
            x[i] = total / (1.0 - stay)
            continue
        if m > largest:
            return x, False
        for k in range(lo, hi):
            local[order[k]] = k - lo
        matrix = np.eye(m)
        right = np.empty(m)
        for k in range(lo, hi):
            i = order[k]
            total = b[i]
            for e in range(ptr[i], ptr[i + 1]):
                j = local[column[e]]
                if j >= 0:
                    matrix[k - lo, j] -= entry[e]
                else:
                    total += entry[e] * x[column[e]]
            right[k - lo] = total
        solved = np.linalg.solve(matrix, right)
        for k in range(lo, hi):
            x[order[k]] = solved[k - lo]
            local[order[k]] = -1
    return x, True


@njit(nogil=True, cache=True)
def leads_to(ptr, column, goal):
    """B[n]: the nodes from which some node marked in `goal` can be reached."""
    n = len(ptr) - 1
    back, source, _ = transposed(ptr, column, np.empty(len(column)))
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
        _, ptr, column, _ = policy_rows(
            seen, pair_ptr, next_ptr, next_state, next_prob, row, pairs, 1.0
        )
        useful = leads_to(ptr, column, taken[seen] > 0.0)
        here = np.flatnonzero(seen)
        kept = np.zeros(size, np.bool_)
        kept[here[useful]] = True
        _, ptr, column, entry = policy_rows(
            kept, pair_ptr, next_ptr, next_state, next_prob, row, pairs, 1.0
        )
        x, fine = solve_chain(ptr, column, entry, taken[kept], largest)
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
        _, ptr, column, entry = policy_rows(
            seen, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        back, source, weight = transposed(ptr, column, entry)
        x, fine = solve_chain(back, source, weight, start[seen], largest)
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
        _, ptr, column, entry = policy_rows(
            everywhere, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        x, fine = solve_chain(ptr, column, entry, income[g], largest)
        solved[g] = fine
        value[g] = x


@njit(nogil=True, cache=True)
def closure_goals(start, pair_ptr, next_ptr, next_state, tied, marks, found):
    """found[g] = the bits of `marks` on tied pairs that tied play of goal g can come to."""
    for g in range(tied.shape[0]):
        found[g] = tied_closure(start, pair_ptr, next_ptr, next_state, tied[g], marks)
