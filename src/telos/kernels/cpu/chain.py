"""Chain kernels: what a given policy leads to, solved exactly on the part of the world it visits.

Values, occupancies and hitting probabilities of a policy are linear systems in `I - A` with A
non-negative and row sums at most 1. They are solved component by component, each component by
Gaussian elimination without a subtraction (Grassmann, Taksar, Heyman 1985): `1 - A[k, k]` is added
up from everything else that leaves state k. So a chain that leaves a component once in 10^200
steps is solved as exactly as any other, also without discounting.
"""

import numpy as np

from telos.kernels.cpu.compiled import copied, inner, numbers, whole_numbers
from telos.kernels.cpu.graph import components


@inner
def policy_rows(world, here, number, policy, skip, discount):
    """The rows of `discount * P` of a policy among some states, numbered in their order.

    Pairs marked in `skip` are left out (their mass leaves the chain). A state reached by several
    pairs of one row appears once.

    Args:
        world: a `block.WorldArrays`. here: I[n], the states.
        number: I[S], -1 everywhere; used, and -1 again afterwards.

    Returns:
        ptr, column, entry: the compressed rows. leave: F[n], what is missing to a row sum of 1:
        discounting, skipped pairs and steps to states that are not among those, added up.
    """
    count = len(here)
    stored = 0
    for i in range(count):
        number[here[i]] = i
        stored += (
            world.next_ptr[world.pair_ptr[here[i] + 1]] - world.next_ptr[world.pair_ptr[here[i]]]
        )
    ptr = whole_numbers(count + 1, 0)
    column = np.empty(stored, np.int64)
    entry = np.empty(stored, np.float64)
    leave = numbers(count, 0.0)
    place = whole_numbers(count, -1)
    used = 0
    for i in range(count):
        begin = used
        for pair in range(world.pair_ptr[here[i]], world.pair_ptr[here[i] + 1]):
            w = policy[pair]
            if w == 0.0:
                continue
            if skip[pair]:
                leave[i] += w
                continue
            leave[i] += w * (1.0 - discount)
            for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                t = number[world.next_state[n]]
                p = discount * w * world.next_prob[n]
                if t < 0:
                    leave[i] += p
                    continue
                if place[t] >= begin and column[place[t]] == t:
                    entry[place[t]] += p
                else:
                    place[t] = used
                    column[used] = t
                    entry[used] = p
                    used += 1
        ptr[i + 1] = used
    for s in here:
        number[s] = -1
    return ptr, column[:used], entry[:used], leave


@inner
def _widest(first, largest):
    """The size of the largest component that is to be solved densely."""
    widest = 0
    for group in range(len(first) - 1):
        widest = max(widest, first[group + 1] - first[group])
    return min(widest, largest)


@inner
def _component(ptr, column, entry, leave, members, local, inside, out):
    """Dense rows of one component, and what leaves each of them (to other components or for good)."""
    m = len(members)
    for k in range(m):
        i = members[k]
        for j in range(m):
            inside[k, j] = 0.0
        out[k] = leave[i]
        for e in range(ptr[i], ptr[i + 1]):
            j = local[column[e]]
            if j >= 0:
                inside[k, j] += entry[e]
            else:
                out[k] += entry[e]


@inner
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


@inner
def solve_chain(ptr, column, entry, leave, b, largest):
    """Solve `x = b + A x`, successors first.

    Args:
        ptr, column, entry: compressed rows of A. leave: F[n], 1 minus the row sums, added up.
        b: F[n]. largest: the size above which a component is not solved densely.

    Returns:
        x: F[n]; and whether it was solved (False: a component is larger than `largest`).
    """
    x = copied(b)
    order, first = components(ptr, column)
    local = whole_numbers(len(b), -1)
    widest = _widest(first, largest)
    inside, out, right = (
        np.empty((widest, widest), np.float64),
        numbers(widest, 0.0),
        numbers(widest, 0.0),
    )
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


@inner
def solve_flow(ptr, column, entry, leave, b, largest):
    """Solve `x = b + A^T x` (time spent, given where it begins), predecessors first.

    Arguments and results as in `solve_chain`.
    """
    x, inflow = numbers(len(b), 0.0), copied(b)
    order, first = components(ptr, column)
    local = whole_numbers(len(b), -1)
    widest = _widest(first, largest)
    inside, out, begin = (
        np.empty((widest, widest), np.float64),
        numbers(widest, 0.0),
        numbers(widest, 0.0),
    )
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
