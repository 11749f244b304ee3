"""An independent solver for tiny guarded problems: value iteration, and what ties allow."""

import itertools

import numpy as np

SWEEPS = 1200
#: Rewards here are 0 and 1 and bonuses at least .01: what differs at all differs by more than this.
TIE = 1e-7


def values(problem, discount, *, bonus=True, sense=1.0, within=None):
    """V and Q of the first goal by value iteration from 0, over the pairs of `within`."""
    world = problem.world
    reward = problem.goals.reward[0]
    extra = problem.pair_bonus()
    extra = np.zeros(world.n_pairs) if extra is None or not bonus else np.atleast_2d(extra)[0]
    rows = [world.successors(pair) for pair in range(world.n_pairs)]
    value = np.zeros(world.size)
    for _ in range(SWEEPS):
        ahead = np.array([sum(p * value[s] for s, p in row.items()) for row in rows])
        q = reward[world.pair_state] + extra + discount * ahead
        last, value = (
            value,
            np.array([_best(q, world.pairs_of(s), sense, within) for s in range(world.size)]),
        )
        if (last == value).all():
            break
    return value, q


def _best(q, pairs, sense, within):
    some = [q[p] for p in pairs if within is None or within[p]]
    return max(some) if sense > 0 else min(some)


def tied(problem, discount):
    """B[L], the optimal pairs of the first goal."""
    value, q = values(problem, discount)
    return q >= value[problem.world.pair_state] - TIE


def chances(world, within, marked, pick):
    """min or max over play within some pairs of the chance that a marked pair is ever taken."""
    chance = np.zeros(world.size)
    for _ in range(SWEEPS):
        last, chance = (
            chance,
            np.array(
                [
                    pick(
                        1.0
                        if marked[p]
                        else sum(w * chance[t] for t, w in world.successors(p).items())
                        for p in world.pairs_of(s)
                        if within[p]
                    )
                    for s in range(world.size)
                ]
            ),
        )
        if (last == chance).all():
            break
    return float(world.start @ chance)


def quantilized(problem, discount, share):
    """F[L], the policy of the best share of a uniform base, foreseeing itself."""
    world = problem.world
    reward, value = problem.goals.reward[0], np.zeros(world.size)
    policy = np.zeros(world.n_pairs)
    for _ in range(SWEEPS):
        ahead = np.array(
            [
                sum(p * value[s] for s, p in world.successors(i).items())
                for i in range(world.n_pairs)
            ]
        )
        q = reward[world.pair_state] + discount * ahead
        policy[:] = 0.0
        for s in range(world.size):
            pairs = sorted(world.pairs_of(s), key=lambda p: -q[p])
            each, left = 1.0 / len(pairs) / share, 1.0
            for _, same in itertools.groupby(pairs, key=lambda p: round(q[p], 9)):
                group = list(same)
                mass = min(left, each * len(group))
                for p in group:
                    policy[p] = mass / len(group)
                left -= mass
        value = np.array(
            [sum(policy[p] * q[p] for p in world.pairs_of(s)) for s in range(world.size)]
        )
    return policy
