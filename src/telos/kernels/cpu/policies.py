"""What each goal's policy is worth, where it spends its time, and whether it ever does a thing."""

import numpy as np

from telos.kernels.cpu.chain import policy_rows, solve_chain, solve_flow
from telos.kernels.cpu.compiled import entry, fill, inner, whole_numbers
from telos.kernels.cpu.walks import backwards, led_to, marked, visited


@inner
def _sure_at_once(world, pairs):
    """Whether all pairs of all first states are wanted ones, so that nothing need be solved."""
    sure = True
    for s in range(len(world.start)):
        if world.start[s] > 0.0:
            for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                sure = sure and pairs[pair]
    return sure


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
def _some_taken(world, here, row, pairs, taken):
    """taken[i] = how likely one of `pairs` is taken in state here[i]; whether any ever is."""
    some = False
    for i in range(len(here)):
        taken[i] = 0.0
        for pair in range(world.pair_ptr[here[i]], world.pair_ptr[here[i] + 1]):
            if pairs[pair]:
                taken[i] += row[pair]
        some = some or taken[i] > 0.0
    return some


@entry
def hit_goals(world, policy, wanted, largest, hit, solved):
    """hit[g, k] = the probability that policy g ever takes a pair of set k, without discounting.

    Only the states that the policy visits, and from which it may still come to such a pair, are
    unknowns: among them the chain always ends, so the system has one solution. Where a policy goes
    is walked once for all sets.

    Args:
        world: a `block.WorldArrays`. policy: F[G, L]. wanted: B[K, L], sets of pairs.
        largest: see `solve_chain`.
        hit: F[G, K] and solved: B[G, K], results; hit[g, k] is right where solved[g, k].
    """
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(world.start), -1)
    taken = np.empty(len(world.start), np.float64)
    sure, some = np.empty(len(wanted), np.bool_), np.empty(len(world.start), np.bool_)
    for k in range(len(wanted)):
        sure[k] = _sure_at_once(world, wanted[k])
    for g in range(policy.shape[0]):
        row = policy[g]
        here = marked(visited(world, row))
        back, source = here, here
        walked = False
        for k in range(len(wanted)):
            hit[g, k] = 0.0
            solved[g, k] = True
            if not _some_taken(world, here, row, wanted[k], taken):
                continue
            if sure[k]:
                hit[g, k] = 1.0
                continue
            if not walked:
                # The wanted pairs need not be left out: where one is taken, the walk is there.
                ptr, column, _, _ = policy_rows(world, here, number, row, nothing, 1.0)
                back, source = backwards(ptr, column)
                walked = True
            for i in range(len(here)):
                some[i] = taken[i] > 0.0
            useful = marked(led_to(back, source, some[: len(here)]))
            kept = np.empty(len(useful), np.int64)
            for i in range(len(useful)):
                kept[i] = here[useful[i]]
            ptr, column, entry, leave = policy_rows(world, kept, number, row, wanted[k], 1.0)
            x, fine = solve_chain(ptr, column, entry, leave, _chosen(taken, useful), largest)
            solved[g, k] = fine
            hit[g, k] = min(1.0, max(0.0, np.dot(_chosen(world.start, kept), x)))


@entry
def time_goals(world, policy, discount, largest, time, solved):
    """time[g, s] = expected discounted number of visits of policy g to state s.

    Args:
        world: a `block.WorldArrays`. policy: F[G, L]. discount: in [0, 1). largest: see `solve_chain`.
        time: F[G, S] and solved: B[G], results; time[g] is right where solved[g].
    """
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(world.start), -1)
    for g in range(policy.shape[0]):
        here = marked(visited(world, policy[g]))
        ptr, column, entry, leave = policy_rows(world, here, number, policy[g], nothing, discount)
        x, fine = solve_flow(ptr, column, entry, leave, _chosen(world.start, here), largest)
        solved[g] = fine
        for s in range(len(world.start)):
            time[g, s] = 0.0
        for i in range(len(here)):
            time[g, here[i]] = x[i]


@entry
def fork_goals(policy, weight, ptr, pair, state, share):
    """share[g, k] = the sum of policy[g, p] * weight[g, s(p)] over the pairs p of set k, one after the other.

    Args:
        policy: F[G, L]. weight: F[G, S]. ptr: I[K+1], where the pairs of each set begin in `pair`.
        pair: I[m], pairs; state: I[m], the states that they are of. share: F[G, K], result.
    """
    for g in range(policy.shape[0]):
        for k in range(len(ptr) - 1):
            total = 0.0
            for i in range(ptr[k], ptr[k + 1]):
                total += policy[g, pair[i]] * weight[g, state[i]]
            share[g, k] = total


@entry
def value_goals(world, policy, discount, income, largest, value, solved):
    """value[g] = the solution of `v = income[g] + discount * P_g v` for policy g.

    Args:
        world: a `block.WorldArrays`. policy: F[G, L]. income: F[G, S]. discount: in [0, 1).
        largest: see `solve_chain`.
        value: F[G, S] and solved: B[G], results; value[g] is right where solved[g].
    """
    everywhere = np.empty(len(world.pair_ptr) - 1, np.int64)
    for s in range(len(everywhere)):
        everywhere[s] = s
    nothing = _none(policy.shape[1])
    number = whole_numbers(len(world.pair_ptr) - 1, -1)
    for g in range(policy.shape[0]):
        ptr, column, entry, leave = policy_rows(
            world, everywhere, number, policy[g], nothing, discount
        )
        x, fine = solve_chain(ptr, column, entry, leave, income[g], largest)
        solved[g] = fine
        for s in range(len(everywhere)):
            value[g, s] = x[s]
