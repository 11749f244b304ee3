"""Cross-effects against the list of all deterministic policies, and what must hold in random worlds."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import Affordance, Goals, Problem, explore
from telos.core.arrays import bools
from telos.solve.forks import forks_of
from telos.theory.cross_effects import cross_effects

STATES, DISCOUNT = 4, 0.8


def some_world(seed):
    """A random world of four states with two or three actions and up to two successors each."""
    rng = np.random.default_rng(seed)
    moves = {}
    for s in range(STATES):
        moves[s] = {}
        for a in range(rng.integers(2, 4)):
            to = rng.choice(STATES, size=rng.integers(1, 3), replace=False)
            odds = rng.integers(1, 3, size=len(to)).astype(float)
            moves[s][f"a{a}"] = dict(zip(to.tolist(), (odds / odds.sum()).tolist(), strict=True))
    return explore(0, lambda s: moves[s]), rng


def two_sets(world, rng):
    """Two random drives that share no pair and leave a pair in every state."""
    which = rng.integers(0, 3, size=world.n_pairs)
    which[world.pair_ptr[:-1]] = 0
    for i in (1, 2):
        pursues = bools(which == i)
        yield Affordance(f"drive {i}", pursues, forks_of(world, pursues))


def lives(world, reward, without, wanted):
    """(value at the start, chance of a wanted pair) of every deterministic policy without some pairs."""
    ways = [[p for p in world.pairs_of(s) if not without[p]] for s in range(world.size)]
    matrix = np.zeros((world.n_pairs, world.size))
    for pair in range(world.n_pairs):
        for s, p in world.successors(pair).items():
            matrix[pair, s] = p
    for chosen in product(*ways):
        chain = matrix[list(chosen)]
        value = np.linalg.solve(np.eye(world.size) - DISCOUNT * chain, reward)
        takes, hit = wanted[list(chosen)], np.zeros(world.size)
        for _ in range(400):
            hit = np.where(takes, 1.0, chain @ hit)
        yield value[0], hit[0]


def told(world, reward, without, other):
    """(IV of the other set, least deed about it) without some pairs, by the list of policies."""
    every = list(lives(world, reward, without, other))
    best = max(value for value, _ in every)
    least = max(value for value, _ in lives(world, reward, without | other, other))
    return best - least, min(hit for value, hit in every if value > best - 1e-9)


@pytest.mark.parametrize("seed", range(16))
def test_need_and_deed_before_and_after_are_those_of_the_list_of_policies(seed):
    world, rng = some_world(seed)
    one, two = two_sets(world, rng)
    reward = rng.integers(-2, 3, size=(3, world.size)).astype(float)
    none = np.zeros(world.n_pairs, np.bool_)
    for found in cross_effects(Problem(world, Goals(reward), DISCOUNT), (one,), (two,)):
        for g in range(3):
            for value, deed, without in (
                (found.before, found.done, none),
                (found.after, found.does, one.pursues),
            ):
                iv, least = told(world, reward[g], without, two.pursues)
                assert value.iv[g] == pytest.approx(iv, abs=1e-7)
                assert deed.least[g] == pytest.approx(least, abs=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_change_of_instrumental_value_is_the_same_with_the_roles_exchanged(seed):
    world, rng = some_world(seed)
    drives = tuple(two_sets(world, rng))
    reward = rng.normal(size=(4, world.size))
    found = cross_effects(Problem(world, Goals(reward), DISCOUNT), drives, drives)
    if len(found) == 2:
        first, second = (each.after.iv - each.before.iv for each in found)
        np.testing.assert_allclose(first, second, atol=1e-7)
