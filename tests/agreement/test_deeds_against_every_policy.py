"""The least and the greatest deed of optimal play against every deterministic policy, one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import Goals, Problem, agents, drives, explore, families, measure, worlds
from telos.core.arrays import bools
from telos.measure.deeds import deeds, optimal_deeds
from telos.solve.foresight import Planner
from telos.solve.within import reach_within, stays_within

STATES, STEPS = 5, 4000


def some_world(seed: int):
    """A random world of five states with two or three actions and up to three successors each."""
    rng = np.random.default_rng(seed)
    moves: dict[int, dict[str, dict[int, float]]] = {}
    for s in range(STATES):
        moves[s] = {}
        for a in range(rng.integers(1, 4)):
            to = rng.choice(STATES, size=rng.integers(1, 4), replace=False)
            odds = rng.integers(1, 4, size=len(to)).astype(float)
            weights = zip(to.tolist(), (odds / odds.sum()).tolist(), strict=True)
            moves[s][f"a{a}"] = dict(weights)
    return explore(0, lambda s: moves[s], features={"off": lambda s: s == STATES - 1}), rng


def hit(world, chosen, wanted) -> float:
    """P(a wanted pair is ever taken) of one pair a state, by iterating the definition."""
    x = np.zeros(world.size)
    for _ in range(STEPS):
        for s, pair in enumerate(chosen):
            to = slice(world.next_ptr[pair], world.next_ptr[pair + 1])
            x[s] = 1.0 if wanted[pair] else world.next_prob[to] @ x[world.next_state[to]]
    return float(world.start @ x)


# In 27 and 46 a state is moved only by the last one that moved before it.
@pytest.mark.parametrize("seed", [*range(12), 27, 46])
def test_least_and_most_are_those_of_some_policy_and_of_no_policy_beyond(seed):
    world, rng = some_world(seed)
    wanted = bools(rng.random(world.n_pairs) < 0.25)
    within = rng.random(world.n_pairs) < 0.7
    within[world.pair_ptr[:-1]] = True  # at least one a state
    ways = [[p for p in world.pairs_of(s) if within[p]] for s in range(world.size)]
    found = [hit(world, chosen, wanted) for chosen in product(*ways)]
    least, most = reach_within(world, bools(within[None]), (wanted,))
    assert least[0, 0] == pytest.approx(min(found), abs=1e-9)
    assert most[0, 0] == pytest.approx(max(found), abs=1e-9)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_what_an_optimal_agent_does_lies_between_its_least_and_its_most(seed):
    world, rng = some_world(seed)
    reward = rng.integers(0, 3, size=(6, world.size)).astype(float)  # with many ties
    problem = Problem(world, Goals(reward), 0.8)
    affordance = drives.SelfPreservation().affordances(world)
    behavior = agents.Optimal().behave(problem, rng)
    (deed,) = optimal_deeds(problem, (affordance,))
    does = measure(problem, behavior, affordance).propensity
    assert (deed.least <= does + 1e-9).all()
    assert (does <= deed.most + 1e-9).all()


def test_a_goal_that_is_all_the_same_may_do_anything():
    world = worlds.OffSwitch(rooms=3).build()
    goals = np.vstack([np.zeros(world.size), [s == "room 1" for s in world.states]])
    problem = Problem(world, Goals(goals), 0.9)
    (deed,) = optimal_deeds(problem, (drives.SelfPreservation().affordances(world),))
    assert (deed.least.tolist(), deed.most.tolist()) == ([0.0, 1.0], [1.0, 1.0])


def test_an_agent_that_is_not_optimal_has_one_deed():
    world, rng = worlds.OffSwitch(rooms=3).build(), np.random.default_rng(0)
    problem = Problem(world, families.Uniform().sample(world, 20, rng), 0.9)
    affordance = drives.SelfPreservation().affordances(world)
    random = agents.UniformRandom().behave(problem, rng)
    assert not stays_within(world, random.policy, Planner().solve(problem).tied).any()
    (deed,) = deeds(problem, random, (affordance,))
    assert deed.least.tolist() == deed.most.tolist() == [0.5] * 20


def test_a_loop_that_is_left_with_small_probability_is_left_at_last():
    """Repeating an action that fails 999 times in 1000 reaches what it is for: with probability 1."""
    world = explore(
        "a",
        lambda s: {"wait": "a", "try": {"a": 0.999, "b": 0.001}} if s == "a" else {"take": s},
    )
    take = bools(world.pair_state == 1)
    least, most = reach_within(world, bools(np.ones((1, world.n_pairs))), (take,))
    assert (least[0, 0], most[0, 0]) == (0.0, 1.0)
