"""What each goal's policy is worth, where it spends its time, and whether it ever does a thing."""

import numpy as np
from numba import njit

from telos.kernels.cpu.chain import policy_rows, solve_chain, solve_flow
from telos.kernels.cpu.walks import backwards, led_to, visited


@njit(nogil=True, cache=True)
def sure_at_once(start, pair_ptr, pairs):
    """Whether all pairs of all first states are wanted ones, so that nothing need be solved."""
    sure = True
    for s in range(len(start)):
        if start[s] > 0.0:
            sure = sure and pairs[pair_ptr[s] : pair_ptr[s + 1]].all()
    return sure


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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
    nothing = np.zeros(policy.shape[1], np.bool_)
    number = np.full(len(start), -1, np.int64)
    taken = np.empty(len(start))
    sure = np.empty(len(wanted), np.bool_)
    for k in range(len(wanted)):
        sure[k] = sure_at_once(start, pair_ptr, wanted[k])
    for g in range(policy.shape[0]):
        row = policy[g]
        here = np.flatnonzero(visited(start, pair_ptr, next_ptr, next_state, row))
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
            useful = np.flatnonzero(led_to(back, source, taken[: len(here)] > 0.0))
            kept = here[useful]
            ptr, column, entry, leave = policy_rows(
                kept, number, pair_ptr, next_ptr, next_state, next_prob, row, wanted[k], 1.0
            )
            x, fine = solve_chain(ptr, column, entry, leave, taken[useful], largest)
            solved[g, k] = fine
            hit[g, k] = min(1.0, max(0.0, np.dot(start[kept], x)))


@njit(nogil=True, cache=True)
def time_goals(
    start, pair_ptr, next_ptr, next_state, next_prob, policy, discount, largest, time, solved
):
    """time[g, s] = expected discounted number of visits of policy g to state s.

    Args:
        policy: F[G, L]. discount: in [0, 1). largest: see `solve_chain`.
        time: F[G, S] and solved: B[G], results; time[g] is right where solved[g].
    """
    nothing = np.zeros(policy.shape[1], np.bool_)
    number = np.full(len(start), -1, np.int64)
    for g in range(policy.shape[0]):
        here = np.flatnonzero(visited(start, pair_ptr, next_ptr, next_state, policy[g]))
        ptr, column, entry, leave = policy_rows(
            here, number, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing, discount
        )
        x, fine = solve_flow(ptr, column, entry, leave, start[here], largest)
        solved[g] = fine
        time[g] = 0.0
        for i in range(len(here)):
            time[g, here[i]] = x[i]


@njit(nogil=True, cache=True)
def value_goals(
    pair_ptr, next_ptr, next_state, next_prob, policy, discount, income, largest, value, solved
):
    """value[g] = the solution of `v = income[g] + discount * P_g v` for policy g.

    Args:
        policy: F[G, L]. income: F[G, S]. discount: in [0, 1). largest: see `solve_chain`.
        value: F[G, S] and solved: B[G], results; value[g] is right where solved[g].
    """
    everywhere = np.arange(len(pair_ptr) - 1)
    nothing = np.zeros(policy.shape[1], np.bool_)
    number = np.full(len(pair_ptr) - 1, -1, np.int64)
    for g in range(policy.shape[0]):
        ptr, column, entry, leave = policy_rows(
            everywhere, number, pair_ptr, next_ptr, next_state, next_prob, policy[g], nothing,
            discount,
        )  # fmt: skip
        x, fine = solve_chain(ptr, column, entry, leave, income[g], largest)
        solved[g] = fine
        value[g] = x
