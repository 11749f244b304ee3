"""Forks: where tied play first comes to a fork of a drive, when, and what taking it is worth there."""

import numpy as np

from telos.kernels.cpu.chain import policy_rows, solve_chain, solve_flow
from telos.kernels.cpu.compiled import entry, fill, inner, numbers, whole_numbers
from telos.kernels.cpu.walks import marked

CHANCE, LATER, NEVER = range(3)


@inner
def _before(world, begins, tied, fork, seen, queue):
    """The states that tied play can come to before any fork, in `queue`; how many, and whether one is met.

    begins: I[n], where play may begin.
    seen: B[S], False everywhere; used, and True at those states and at the forks that end the walk.
    """
    count, head, met = 0, 0, False
    for s in begins:
        if not seen[s]:
            seen[s] = True
            met = met or fork[s]
            if not fork[s]:
                queue[count] = s
                count += 1
    while head < count:
        s = queue[head]
        head += 1
        for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
            if tied[pair]:
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    t = world.next_state[n]
                    if not seen[t]:
                        seen[t] = True
                        met = met or fork[t]
                        if not fork[t]:
                            queue[count] = t
                            count += 1
    return count, met


@inner
def _shares(world, tied, here, row):
    """row[pair] = the chance of each pair of some states under play uniform over tied pairs."""
    for s in here:
        first, last = world.pair_ptr[s], world.pair_ptr[s + 1]
        count = 0
        for pair in range(first, last):
            count += tied[pair]
        for pair in range(first, last):
            row[pair] = 1.0 / count if tied[pair] else 0.0


@inner
def _onto_forks(world, fork, here, row, weight, onto):
    """onto[s] += the weight of the states in `here` that one step of play takes to fork s."""
    for i in range(len(here)):
        for pair in range(world.pair_ptr[here[i]], world.pair_ptr[here[i] + 1]):
            if row[pair] > 0.0:
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    t = world.next_state[n]
                    if fork[t]:
                        onto[t] += weight[i] * row[pair] * world.next_prob[n]


@inner
def _certain(world, fork, here, row):
    """F[n], the chance that one step of play from each state of `here` ends at a fork."""
    chance = numbers(len(here), 0.0)
    for i in range(len(here)):
        for pair in range(world.pair_ptr[here[i]], world.pair_ptr[here[i] + 1]):
            if row[pair] > 0.0:
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    if fork[world.next_state[n]]:
                        chance[i] += row[pair] * world.next_prob[n]
    return chance


@inner
def _gap(world, problem, goal, s):
    """The best action value with a pursuing pair of state s, less the best without: now or later, never."""
    most, rest = -np.inf, -np.inf
    for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
        ahead = 0.0
        for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
            ahead += world.next_prob[n] * problem.value[goal, world.next_state[n]]
        q = problem.reward[goal, s] + problem.discount * ahead
        if problem.bonus.shape[0] > 0:
            q += problem.bonus[min(goal, problem.bonus.shape[0] - 1), pair]
        if problem.pursues[pair]:
            most = max(most, q)
        else:
            rest = max(rest, q)
    return most - rest, most - problem.without[goal, min(s, problem.without.shape[1] - 1)]


@entry
def first_forks(world, tied, fork, problem, largest, found, solved):
    """found[g] = chance, E[discount^tau gap] now or later, and now or never, at the first fork met.

    tau is when play uniform over `tied` first stands at a fork; the chance is that it ever does.

    Args:
        world: a `block.WorldArrays`. tied: B[G, L]. fork: B[S]. problem: a `block.Choice`.
        largest: see `solve_chain`.
        found: F[G, 3] and solved: B[G], results; found[g] is right where solved[g].
    """
    size = len(world.start)
    seen, queue = np.empty(size, np.bool_), np.empty(size, np.int64)
    number, nothing = whole_numbers(size, -1), np.empty(len(problem.pursues), np.bool_)
    row, onto = numbers(len(problem.pursues), 0.0), numbers(size, 0.0)
    fill(nothing, False)
    begins, forks = marked(world.start > 0.0), marked(fork)
    for g in range(tied.shape[0]):
        fill(seen, False)
        for k in range(3):
            found[g, k] = 0.0
        solved[g] = True
        count, met = _before(world, begins, tied[g], fork, seen, queue)
        if not met:
            continue
        here = queue[:count].copy()
        for s in forks:
            onto[s] = world.start[s]
            found[g, CHANCE] += onto[s]
        if count > 0:
            _shares(world, tied[g], here, row)
            begin = np.empty(count, np.float64)
            for i in range(count):
                begin[i] = world.start[here[i]]
            ptr, column, value, leave = policy_rows(world, here, number, row, nothing, 1.0)
            sure, fine = solve_chain(
                ptr, column, value, leave, _certain(world, fork, here, row), largest
            )
            solved[g] = fine
            if not fine:
                continue
            found[g, CHANCE] = min(1.0, found[g, CHANCE] + np.dot(begin, sure))
            ptr, column, value, leave = policy_rows(
                world, here, number, row, nothing, problem.discount
            )
            time, fine = solve_flow(ptr, column, value, leave, begin, largest)
            for i in range(count):
                time[i] *= problem.discount
            _onto_forks(world, fork, here, row, time, onto)
        for s in forks:
            if onto[s] > 0.0:
                later, never = _gap(world, problem, g, s)
                found[g, LATER] += onto[s] * later
                found[g, NEVER] += onto[s] * never


@entry
def gaps(world, fork, problem, goal, found):
    """found[s] = both gaps of one goal at fork s, F[S, 2]; 0 in other states."""
    for s in range(len(fork)):
        found[s, 0], found[s, 1] = 0.0, 0.0
        if fork[s]:
            found[s, 0], found[s, 1] = _gap(world, problem, goal, s)
