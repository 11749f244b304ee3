"""The least and the greatest probability that play within some pairs ever takes certain others."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.kernels.cpu.compiled import entry, fill, inner, whole_numbers
from telos.kernels.cpu.walks import visited


class Leeway(NamedTuple):
    """The play that is left to one goal: the states that it can come to, and the pairs it may take there.

    Read from the world itself, the pairs that may not be taken, four of five, and the chance to leave
    took three times as long.

    Args:
        state: I[n], the states, those that are decided later first. pair_ptr: I[n+1], their pairs;
            pair: I[m], the numbers of those in the world; leaves: F[m], the chance to leave the state.
        next_ptr: I[m+1]; next: I[k], places in `state` of successors other than the state itself;
            prob: F[k]. nearest, furthest: I[n], the least and the greatest of them, over the state's pairs.
    """

    state: NDArray[np.int64]
    pair_ptr: NDArray[np.int64]
    pair: NDArray[np.int64]
    leaves: NDArray[np.float64]
    next_ptr: NDArray[np.int64]
    next: NDArray[np.int64]
    prob: NDArray[np.float64]
    nearest: NDArray[np.int64]
    furthest: NDArray[np.int64]


@inner
def _room(world):
    """Room for what is left of a world."""
    states, pairs, successors = len(world.start), len(world.next_ptr) - 1, len(world.next_state)
    return Leeway(
        whole_numbers(states, 0),
        whole_numbers(states + 1, 0),
        whole_numbers(pairs, 0),
        np.empty(pairs, np.float64),
        whole_numbers(pairs + 1, 0),
        whole_numbers(successors, 0),
        np.empty(successors, np.float64),
        whole_numbers(states, 0),
        whole_numbers(states, 0),
    )


@inner
def _narrow(world, order, within, place, left):
    """Fill `left` with the play that B[L] `within` leaves; how many states it can come to.

    Args:
        place: I[S], scratch: of each state that can be come to, its place among them.
    """
    seen, count = visited(world, within), 0
    for i in range(len(order)):
        s = order[i]
        if seen[s]:
            left.state[count] = s
            place[s] = count
            count += 1
    pairs, edges = 0, 0
    for i in range(count):
        s = left.state[i]
        left.nearest[i], left.furthest[i] = count, -1
        for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
            if within[pair]:
                leaves = 0.0
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    t = world.next_state[n]
                    if t != s:
                        leaves += world.next_prob[n]
                        left.next[edges] = place[t]
                        left.nearest[i] = min(left.nearest[i], place[t])
                        left.furthest[i] = max(left.furthest[i], place[t])
                        left.prob[edges] = world.next_prob[n]
                        edges += 1
                left.pair[pairs] = pair
                left.leaves[pairs] = leaves
                pairs += 1
                left.next_ptr[pairs] = edges
        left.pair_ptr[i + 1] = pairs
    return count


@inner
def _backed_up(left, wanted, i, x, greatest):
    """The best (or worst) of the pairs at place i: 1 where it is wanted, else x of where it leaves to.

    A pair that may stay in its state is repeated until it leaves; one that always stays never takes
    anything.
    """
    best = 0.0 if greatest else 1.0
    for k in range(left.pair_ptr[i], left.pair_ptr[i + 1]):
        value = 1.0
        if not wanted[left.pair[k]]:
            ahead = 0.0
            for n in range(left.next_ptr[k], left.next_ptr[k + 1]):
                ahead += left.prob[n] * x[left.next[n]]
            value = ahead / left.leaves[k] if left.leaves[k] > 0.0 else 0.0
        if (value > best) == greatest:
            best = value
            if best == (1.0 if greatest else 0.0):
                break
    return best


@inner
def _from_below(left, count, wanted, greatest, still, sweeps, x):
    """x at the first `count` places, raised from 0 until no sweep adds more; whether it came to that.

    What none of its successors has moved since is not looked at again: it would come out the same.
    """
    for i in range(count):
        x[i] = 0.0
    first, last = 0, count
    for sweep in range(sweeps):
        change = 0.0
        lowest, highest = count, -1
        for i in range(count):
            if x[i] == 1.0:
                continue
            if sweep > 0 and (
                left.furthest[i] < min(first, lowest) or left.nearest[i] > max(last, highest)
            ):
                continue
            value = _backed_up(left, wanted, i, x, greatest)
            if value > x[i]:
                change = max(change, value - x[i])
                x[i] = value
                lowest, highest = min(lowest, i), max(highest, i)
        if change <= still:
            return True
        first, last = lowest, highest
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
    x, place, left = np.empty(len(order)), whole_numbers(len(order), 0), _room(world)
    some = np.empty(len(wanted), np.bool_)
    for g in range(len(within)):
        count = _narrow(world, order, within[g], place, left)
        fill(some, False)
        for k in range(len(wanted)):
            for i in range(left.pair_ptr[count]):
                some[k] = some[k] or wanted[k, left.pair[i]]
        for k in range(len(wanted)):
            for greatest in (False, True):
                value, ended = 0.0, True
                if some[k]:
                    ended = _from_below(left, count, wanted[k], greatest, still, sweeps, x)
                    for i in range(count):
                        value += world.start[left.state[i]] * x[i]
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
