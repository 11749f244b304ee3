"""Chance kernels: what up to 64 rules that know no goal come to, decided where that is certain, else walked.

A rule is a bit of a 64-bit word: bit k of `able[s]` is set iff target k can be come to from state s. In
each state a rule takes one of the pairs after which its target can still be come to; where there is none
it takes any. Such a rule leaves the strongly connected components of the world as they are (a pair that
may stay in one from which the target can be come to is kept), so what it can come to is found in one pass
over them, successors first.
"""

import numpy as np

from telos.kernels.cpu.compiled import entry, inner
from telos.kernels.cpu.splitmix import GOLDEN, mixed, unit
from telos.kernels.cpu.walks import backwards

#: What a walk came to: a wanted pair; where there is none any more; the limit of its steps.
MISSED, HIT, UNFINISHED = 0, 1, 2


@inner
def _still(world, able, pair):
    """The rules whose target can still be come to after a pair."""
    bits = np.uint64(0)
    for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
        bits |= able[world.next_state[n]]
    return bits


@entry
def can_come_to(world, order, first, able):
    """able[s] |= the bits of every state that s can come to.

    Args:
        world: a `block.WorldArrays`. order, first: its components, successors first.
        able: U64[S], the bits of each target at its states, which lie on cycles.
    """
    for group in range(len(first) - 1):
        bits = np.uint64(0)
        for i in range(first[group], first[group + 1]):
            s = order[i]
            bits |= able[s]
            for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                bits |= _still(world, able, pair)
        for i in range(first[group], first[group + 1]):
            able[order[i]] = bits


@entry
def can_take(world, order, first, able, wanted, live):
    """live[s] = the rules that can come from s to taking a pair of `wanted`, B[L]."""
    for s in range(len(live)):
        live[s] = np.uint64(0)
    for group in range(len(first) - 1):
        bits = np.uint64(0)
        for i in range(first[group], first[group + 1]):
            s = order[i]
            for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                kept = _still(world, able, pair) | ~able[s]
                if wanted[pair]:
                    bits |= kept
                else:
                    bits |= kept & _still(world, live, pair)
        for i in range(first[group], first[group + 1]):
            live[order[i]] = bits


@entry
def turned_round(ptr, column):
    """The edges of a graph turned round: compressed rows; see `walks.backwards`."""
    return backwards(ptr, column)


@entry
def can_miss(world, owner, back, source, able, wanted, live, open_):
    """open_[s] = the rules that can come from s to where they can take no wanted pair, taking none.

    Where a rule has no such bit it takes a wanted pair for certain: a finite chain comes to rest.

    Args:
        owner: I[L], the state of each pair. back, source: the pairs that lead to each state, turned round.
        open_: U64[S], the result.
    """
    size = len(live)
    queue, waiting = np.empty(size, np.int64), np.empty(size, np.bool_)
    count, head = 0, 0
    for s in range(size):
        open_[s] = ~live[s]
        waiting[s] = live[s] != ~np.uint64(0)
        if waiting[s]:
            queue[count] = s
            count += 1
    while count > 0:
        t = queue[head]
        head = head + 1 if head + 1 < size else 0
        count -= 1
        waiting[t] = False
        for k in range(back[t], back[t + 1]):
            pair = source[k]
            s = owner[pair]
            if wanted[pair] or open_[t] & ~open_[s] == np.uint64(0):
                continue
            more = open_[t] & ~open_[s] & (_still(world, able, pair) | ~able[s])
            if more != np.uint64(0):
                open_[s] |= more
                if not waiting[s]:
                    waiting[s] = True
                    place = head + count
                    queue[place if place < size else place - size] = s
                    count += 1


@inner
def _bits(seed):
    """64 random bits from a counter, and the next counter."""
    seed = seed + GOLDEN
    return mixed(seed), seed


@inner
def _draw(seed):
    """A number in [0, 1), and the next seed."""
    bits, seed = _bits(seed)
    return unit(bits), seed


@inner
def _first(world, draw):
    """The first state that a number in [0, 1) stands for."""
    last = 0
    for s in range(len(world.start)):
        if world.start[s] > 0.0:
            last = s
            draw -= world.start[s]
            if draw < 0.0:
                break
    return last


@inner
def _taken(world, able, weight, rule, s, draw):
    """The pair of state s that a rule takes, in proportion to the weights of those it keeps."""
    some = able[s] & rule != np.uint64(0)
    total = 0.0
    for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
        if not some or _still(world, able, pair) & rule != np.uint64(0):
            total += weight[pair]
    draw *= total
    last = world.pair_ptr[s]
    for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
        if not some or _still(world, able, pair) & rule != np.uint64(0):
            last = pair
            draw -= weight[pair]
            if draw < 0.0:
                break
    return last


@inner
def _next(world, pair, draw):
    """The successor of a pair that a number in [0, 1) stands for."""
    last = world.next_state[world.next_ptr[pair]]
    for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
        last = world.next_state[n]
        draw -= world.next_prob[n]
        if draw < 0.0:
            break
    return last


@entry
def walk(world, sets, able, weight, rules, seeds, most, ends):
    """ends[i] = what a walk by one rule came to; each walk depends on its own seed alone.

    Args:
        world: a `block.WorldArrays`. sets: (wanted B[L], live U64[S], open_ U64[S]).
        able: U64[S]. weight: F[L]. rules: U64[n], one bit each. seeds: U64[n]. most: steps of a walk.
        ends: I[n], the results: MISSED, HIT or UNFINISHED.
    """
    wanted, live, open_ = sets
    for i in range(len(seeds)):
        rule, seed = rules[i], seeds[i]
        draw, seed = _draw(seed)
        s = _first(world, draw)
        ends[i] = UNFINISHED
        for _ in range(most):
            if live[s] & rule == np.uint64(0):
                ends[i] = MISSED
                break
            if open_[s] & rule == np.uint64(0):
                ends[i] = HIT
                break
            draw, seed = _draw(seed)
            pair = _taken(world, able, weight, rule, s, draw)
            if wanted[pair]:
                ends[i] = HIT
                break
            draw, seed = _draw(seed)
            s = _next(world, pair, draw)
