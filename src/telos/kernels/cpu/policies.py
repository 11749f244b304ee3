"""What each goal's policy is worth, where it spends its time, and whether it ever does a thing."""

import numpy as np

from telos.kernels.cpu.chain import policy_rows, solve_chain, solve_flow
from telos.kernels.cpu.compiled import entry, fill, inner, whole_numbers
from telos.kernels.cpu.walks import backwards, led_to, visited


@inner
def sure_at_once(start, pair_ptr, pairs):
    """Whether all pairs of all first states are wanted ones, so that nothing need be solved."""
    sure = True
    for s in range(len(start)):
        if start[s] > 0.0:
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                sure = sure and pairs[pair]
    return sure


@inner
def _marked(flags):
    """I[n], the places of the flags that are set."""
    places = np.empty(len(flags), np.int64)
    count = 0
    for i in range(len(flags)):
        if flags[i]:
            places[count] = i
            count += 1
    return places[:count]


@inner
def _none(count):
    """B[count], none set."""
    flags = np.empty(count, np.bool_)
    fill(flags, False)
    return flags


@inner
def _chosen(values, places):
    """F[n], the values at the given places."""
    found = np.empty(len(places), np.float64)
    for i in range(len(places)):
        found[i] = values[places[i]]
    return found


@inner
def _some_taken(here, pair_ptr, row, pairs, taken):
    """taken[i] = how likely one of `pairs` is taken in state here[i]; whether any ever is."""
    some = False
    for i in range(len(here)):
        taken[i] = 0.0
        for pair in range(pair_ptr[here[i]], pair_ptr[here[i] + 1]):
            if pairs[pair]:
                taken[i] += row[pair]
        some = some or taken[i] > 0.0
    return some


@entry
def hit_goals(
    start, pair_ptr, next_ptr, next_state, next_prob, policy, wanted, largest, hit, solved
):
    """hit[g, k] = the probability that policy g ever takes a pair of set k, without discounting.

    Only the states that the policy visits, and from which it may still come to such a pair, are
    unknowns: among them the chain always ends, so the system has one solution. Where a policy goes
    is walked once for all sets.

    Args:
        policy: F[G, L]. wanted: B[K, L], sets of pairs. largest: see `solve_chain`.
        hit: F[G, K] and solved: B[G, K], results; hit[g, k] is right where solved[g, k].
    """
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(start), -1)
    taken = np.empty(len(start), np.float64)
    sure, some = np.empty(len(wanted), np.bool_), np.empty(len(start), np.bool_)
    for k in range(len(wanted)):
        sure[k] = sure_at_once(start, pair_ptr, wanted[k])
    for g in range(policy.shape[0]):
        row = policy[g]
        here = _marked(visited(start, pair_ptr, next_ptr, next_state, row))
        back, source = here, here
        walked = False
        for k in range(len(wanted)):
            hit[g, k] = 0.0
            solved[g, k] = True
            if not _some_taken(here, pair_ptr, row, wanted[k], taken):
                continue
            if sure[k]:
                hit[g, k] = 1.0
                continue
            if not walked:
                # The wanted pairs need not be left out: where one is taken, the walk is there.
                ptr, column, _, _ = policy_rows(
                    here, number, pair_ptr, next_ptr, next_state, next_prob, row, nothing, 1.0
                )
                back, source = backwards(ptr, column)
                walked = True
            for i in range(len(here)):
                some[i] = taken[i] > 0.0
            useful = _marked(led_to(back, source, some[: len(here)]))
            kept = np.empty(len(useful), np.int64)
            for i in range(len(useful)):
                kept[i] = here[useful[i]]
            ptr, column, entry, leave = policy_rows(
                kept, number, pair_ptr, next_ptr, next_state, next_prob, row, wanted[k], 1.0
            )
            x, fine = solve_chain(ptr, column, entry, leave, _chosen(taken, useful), largest)
            solved[g, k] = fine
            hit[g, k] = min(1.0, max(0.0, np.dot(_chosen(start, kept), x)))


@entry
def time_goals(
    start, pair_ptr, next_ptr, next_state, next_prob, policy, discount, largest, time, solved
):
    """time[g, s] = expected discounted number of visits of policy g to state s.

    Args:
        policy: F[G, L]. discount: in [0, 1). largest: see `solve_chain`.
        time: F[G, S] and solved: B[G], results; time[g] is right where solved[g].
    """
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(start), -1)
    for g in range(policy.shape[0]):
        here = _marked(visited(start, pair_ptr, next_ptr, next_state, policy[g]))
        ptr, column, entry, leave = policy_rows(
            here, number, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        x, fine = solve_flow(ptr, column, entry, leave, _chosen(start, here), largest)
        solved[g] = fine
        for s in range(len(start)):
            time[g, s] = 0.0
        for i in range(len(here)):
            time[g, here[i]] = x[i]


@entry
def value_goals(
    pair_ptr, next_ptr, next_state, next_prob, policy, discount, income, largest, value, solved
):
    """value[g] = the solution of `v = income[g] + discount * P_g v` for policy g.

    Args:
        policy: F[G, L]. income: F[G, S]. discount: in [0, 1). largest: see `solve_chain`.
        value: F[G, S] and solved: B[G], results; value[g] is right where solved[g].
    """
    everywhere = np.empty(len(pair_ptr) - 1, np.int64)
    for s in range(len(everywhere)):
        everywhere[s] = s
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(pair_ptr) - 1, -1)
    for g in range(policy.shape[0]):
        ptr, column, entry, leave = policy_rows(
            everywhere, number, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing,
            discount,
        )  # fmt: skip
        x, fine = solve_chain(ptr, column, entry, leave, income[g], largest)
        solved[g] = fine
        for s in range(len(everywhere)):
            value[g, s] = x[s]
