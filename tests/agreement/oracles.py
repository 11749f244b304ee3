"""Oracles: the same questions answered by brute force, in ways that share nothing with the solver."""

import itertools
from fractions import Fraction

import numpy as np

from telos import World
from telos.core.reading import Category


def matrix(world):
    """F[L, S]: P(s' | pair), densely."""
    dense = np.zeros((world.n_pairs, world.size))
    for pair in range(world.n_pairs):
        for state, probability in world.successors(pair).items():
            dense[pair, state] = probability
    return dense


def income(problem, goal):
    """F[L]: what taking each pair earns: the reward of its state, and the bonus."""
    bonus = problem.pair_bonus()
    earned = problem.goals.reward[goal][problem.world.pair_state]
    if bonus is None:
        return earned
    return earned + (bonus if bonus.ndim == 1 else bonus[goal])


def choices(world, allowed=None):
    """Every deterministic policy: I[policies, S], the pair taken in each state."""
    legal = [
        [pair for pair in world.pairs_of(s) if allowed is None or allowed[pair]]
        for s in range(world.size)
    ]
    return np.array(list(itertools.product(*legal)), dtype=np.int64)


def values_of(world, earned, discount, policies):
    """F[policies, S]: the value of each deterministic policy, by one dense solve each."""
    dense = matrix(world)
    systems = np.eye(world.size) - discount * dense[policies]
    return np.linalg.solve(systems, earned[policies][..., None])[..., 0]


def value_of(world, earned, discount, policy):
    """F[S]: the value of a policy F[L], by one dense solve."""
    weight = policy[:, None] * matrix(world)
    step = np.add.reduceat(weight, world.pair_ptr[:-1], axis=0)
    paid = np.add.reduceat(policy * earned, world.pair_ptr[:-1])
    return np.linalg.solve(np.eye(world.size) - discount * step, paid)


def value_iteration(world, earned, discount, tolerance=1e-12):
    """F[S]: optimal values by plain value iteration until nothing moves by `tolerance`."""
    dense, value = matrix(world), np.zeros(world.size)
    while True:
        then = np.maximum.reduceat(earned + discount * dense @ value, world.pair_ptr[:-1])
        if np.abs(then - value).max() <= tolerance * (1 - discount) / max(discount, 0.5):
            return then
        value = then


def visited(world, policies):
    """B[policies, S]: the states that each deterministic policy can come to from the start."""
    edges = matrix(world)[policies] > 0
    seen = np.broadcast_to(world.start > 0, policies.shape).copy()
    for _ in range(world.size):
        seen |= np.einsum("ps,pst->pt", seen, edges)
    return seen


def category(world, earned, discount, pursues, tolerance):
    """The category of a drive by looking at every deterministic policy, those of the start's best values."""
    every = choices(world)
    worth = values_of(world, earned, discount, every) @ world.start
    best = every[worth >= worth.max() - tolerance]
    if not (pursues[every] & visited(world, every)).any():
        return Category.NOT_APPLICABLE
    does = (pursues[best] & visited(world, best)).any(axis=1)
    if does.any():
        return Category.REQUIRED if does.all() else Category.INDIFFERENT
    can = np.logical_or.reduceat(pursues, world.pair_ptr[:-1])
    return Category.DECLINED if (can & visited(world, best)).any() else Category.NEVER_MET


def rational(number):
    """The simplest fraction that prints like a float: 0.9 is 9/10, 0.333… is 1/3."""
    return Fraction(float(number)).limit_denominator(10**6)


def solve_rationally(world, earned, discount, allowed=None, exactly=Fraction):
    """Optimal values by policy iteration in fractions: no rounding at all.

    Args:
        earned: L numbers. exactly: how a float becomes a fraction (`Fraction`: to the last bit;
        `rational`: what its author meant).

    Returns:
        S values and L action values, as fractions.
    """
    gamma = exactly(discount)
    paid = [exactly(x) for x in earned]
    rows = [
        {t: exactly(p) for t, p in world.successors(pair).items()} for pair in range(world.n_pairs)
    ]
    legal = [
        [p for p in world.pairs_of(s) if allowed is None or allowed[p]] for s in range(world.size)
    ]
    policy = [pairs[0] for pairs in legal]
    while True:
        value = _gauss(
            [{t: gamma * p for t, p in rows[pair].items()} for pair in policy],
            [paid[pair] for pair in policy],
        )
        q = [
            paid[i] + gamma * sum(p * value[t] for t, p in rows[i].items())
            for i in range(len(rows))
        ]
        better = [
            best if q[best := max(pairs, key=lambda i: q[i])] > q[old] else old
            for pairs, old in zip(legal, policy, strict=True)
        ]
        if better == policy:
            return value, q
        policy = better


def _gauss(rows, right):
    """Solve x = right + rows x in fractions."""
    n = len(right)
    a = [[Fraction(i == j) - rows[i].get(j, 0) for j in range(n)] + [right[i]] for i in range(n)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if a[k][i] != 0)
        a[i], a[pivot] = a[pivot], a[i]
        a[i] = [x / a[i][i] for x in a[i]]
        for k in range(n):
            if k != i and a[k][i] != 0:
                a[k] = [x - a[k][i] * y for x, y in zip(a[k], a[i], strict=True)]
    return [a[i][n] for i in range(n)]


def with_a_stranger(world):
    """The same world and one more state that nothing leads to and that moves at random.

    No value changes, but the world is no longer deterministic, so the other kernel solves it.
    """
    size, pairs = world.size, world.n_pairs
    stored = len(world.next_state)
    return World.from_arrays(
        np.append(world.pair_ptr, pairs + 1),
        np.append(world.pair_action, 0),
        np.append(world.next_ptr, stored + 2),
        np.concatenate((world.next_state, [0, size])),
        np.concatenate((world.next_prob, [0.5, 0.5])),
        start=np.append(world.start, 0.0),
        actions=world.actions,
    )


def random_world(size, actions, successors, seed, absorbing=0):
    """A random world: unavailable actions, Dirichlet rows, some absorbing states."""
    rng = np.random.default_rng(seed)
    pair_ptr, pair_action, next_ptr, next_state, next_prob = [0], [], [0], [], []
    for s in range(size):
        legal = np.flatnonzero(rng.random(actions) < 0.8)
        for action in legal if len(legal) else [0]:
            fan = min(successors, size)
            to = [s] if s >= size - absorbing else rng.choice(size, fan, replace=False)
            pair_action.append(action)
            next_state += list(to)
            next_prob += list(rng.dirichlet(np.ones(len(to))))
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
    names = tuple(f"a{i}" for i in range(actions))
    return World.from_arrays(pair_ptr, pair_action, next_ptr, next_state, next_prob, actions=names)


def slow_chain(size):
    """A lazy walk: each step moves with probability 1/20, so that the chain mixes slowly."""
    pair_ptr, pair_action, next_ptr, next_state, next_prob = [0], [], [0], [], []
    for s in range(size):
        for action, step in enumerate((-1, 1)):
            t = min(max(s + step, 0), size - 1)
            row = {s: 1.0} if t == s else {s: 0.95, t: 0.05}
            pair_action.append(action)
            next_state += row
            next_prob += row.values()
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
    return World.from_arrays(pair_ptr, pair_action, next_ptr, next_state, next_prob)


def cycles(*lengths, choice=True):
    """A hub from which one goes round cycles of the given lengths, back to the hub each time."""
    pair_ptr, pair_action, next_state = [0], [], []
    first = 1
    entries, tails = [], []
    for length in lengths:
        inner = list(range(first, first + length - 1))
        entries.append(inner[0] if inner else 0)
        tails += [*inner[1:], 0] if inner else []
        first += length - 1
    for action, entry in enumerate(entries if choice else entries[:1]):
        pair_action.append(action)
        next_state.append(entry)
    pair_ptr.append(len(pair_action))
    for t in tails:
        pair_action.append(0)
        next_state.append(t)
        pair_ptr.append(len(pair_action))
    ones = np.ones(len(next_state))
    return World.from_arrays(
        pair_ptr, pair_action, np.arange(len(next_state) + 1), next_state, ones
    )
