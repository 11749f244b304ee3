"""The least and the greatest probability that play within some pairs ever takes certain others."""

import numpy as np

from telos.kernels.cpu.compiled import entry, fill, inner
from telos.kernels.cpu.walks import visited


@inner
def _backed_up(world, within, wanted, s, x, greatest):
    """The best (or worst) of the pairs of s: 1 where it is wanted, else what x says of where it leaves to.

    A pair that may stay in s is repeated until it leaves; one that always stays never takes anything.
    """
    best = 0.0 if greatest else 1.0
    for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
        if not within[pair]:
            continue
        value = 1.0
        if not wanted[pair]:
            leaves, ahead = 0.0, 0.0
            for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                t = world.next_state[n]
                if t != s:
                    leaves += world.next_prob[n]
                    ahead += world.next_prob[n] * x[t]
            value = ahead / leaves if leaves > 0.0 else 0.0
        if (value > best) == greatest:
            best = value
    return best


@inner
def _from_below(world, here, within, wanted, greatest, still, sweeps, x):
    """x[s] for the states in `here`, raised from 0 until no sweep adds more; whether it came to that."""
    for i in range(len(here)):
        x[here[i]] = 0.0
    for _ in range(sweeps):
        change = 0.0
        for i in range(len(here)):
            s = here[i]
            value = _backed_up(world, within, wanted, s, x, greatest)
            change = max(change, value - x[s])
            x[s] = max(x[s], value)
        if change <= still:
            return True
    return False


@entry
def deed_goals(world, order, within, wanted, still, sweeps, least, most):
    """least[g, k], most[g, k]: the probability that play within the pairs of goal g takes a pair of set k.

    Args:
        world: a `block.WorldArrays`. order: I[S], states that are decided later first.
        within: B[G, L], the pairs that may be taken; at least one a state. wanted: B[K, L], sets of pairs.
        still: a sweep that adds no more than that is the last. sweeps: the most that are made.
        least, most: F[G, K], results; `most` is 1 where the sweeps did not suffice, `least` what is certain.
    """
    x, here = np.empty(len(order)), np.empty(len(order), np.int64)
    some = np.empty(len(wanted), np.bool_)
    for g in range(len(within)):
        seen, count = visited(world, within[g]), 0
        fill(some, False)
        for i in range(len(order)):
            s = order[i]
            if seen[s]:
                here[count] = s
                count += 1
                for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                    if within[g, pair]:
                        for k in range(len(wanted)):
                            some[k] = some[k] or wanted[k, pair]
        for k in range(len(wanted)):
            for greatest in (False, True):
                value, ended = 0.0, True
                if some[k]:
                    ended = _from_below(
                        world, here[:count], within[g], wanted[k], greatest, still, sweeps, x
                    )
                    for i in range(count):
                        value += world.start[here[i]] * x[here[i]]
                if greatest:
                    most[g, k] = value if ended else 1.0
                else:
                    least[g, k] = value


@entry
def within_goals(world, policy, within, inside):
    """inside[g] = whether policy g takes only pairs of within[g] wherever it comes."""
    for g in range(len(within)):
        seen = visited(world, policy[g])
        inside[g] = True
        for s in range(len(seen)):
            if seen[s]:
                for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                    if policy[g, pair] > 0.0 and not within[g, pair]:
                        inside[g] = False
