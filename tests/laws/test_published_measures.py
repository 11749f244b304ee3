"""Published measures on random worlds: what the definitions promise, and what must not matter."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.rebuild import scaled, with_double_action
from telos import Behavior, Goals, Problem, agents
from telos.families import Uniform
from telos.solve.solve import uniform_over
from telos.solve.value_range import value_range
from telos.testing.strategies import goals, policies, problems, seeds, worlds
from telos.theory import empowerment, goal_directedness, lengths, power_limit, power_of_acts

LIGHT = settings(max_examples=12, deadline=None)


@st.composite
def _played(draw, rewriting=False):
    problem = draw(problems(rewriting=rewriting))
    return problem, Behavior(draw(policies(problem.world)))


@LIGHT
@given(worlds(), st.sampled_from((1, 2, 3)))
def test_empowerment_is_between_0_and_what_is_in_reach_and_few_inputs_say_less(world, n):
    few, many = (empowerment(world, n, most=most, tolerance=1e-4) for most in (2, 64))
    for found in (few, many):
        assert (found.low >= 0).all()
        assert (found.low <= found.high).all()
        assert (found.high <= np.log2(world.size) + 1e-12).all()
    assert (few.low <= many.high + 1e-9).all()
    assert (many.low <= few.high + 1e-9).all()


@LIGHT
@given(worlds(), st.data())
def test_a_second_name_for_an_action_empowers_nobody(world, data):
    state = data.draw(st.integers(0, world.size - 1))
    double = with_double_action(world, state, 0)
    one, two = (empowerment(w, 1, tolerance=1e-6) for w in (world, double))
    assert (np.abs(one.low - two.low) <= 3e-6).all()


@LIGHT
@given(st.one_of(_played(), _played(rewriting=True)))
def test_no_utility_predicts_more_than_the_behavior_itself_and_none_less_than_chance(case):
    problem, behavior = case
    found = goal_directedness(problem, behavior)
    assert (found.value >= 0).all()
    assert (found.value <= found.ceiling + 1e-9).all()
    assert (found.bound >= -1e-12).all()
    again = goal_directedness(problem, behavior, largest=50.0)
    assert (again.value <= found.value + found.bound).all()


@LIGHT
@given(problems(), st.sampled_from((1e-3, 7.0)), st.sampled_from((-5.0, 2.0)))
def test_units_and_zero_points_do_not_change_direction(problem, a, b):
    rng = np.random.default_rng(0)
    behavior = agents.Boltzmann(beta=1.0).behave(problem, rng)
    other = Problem(problem.world, scaled(problem.goals, a, a * b), problem.discount)
    one, two = (goal_directedness(each, behavior) for each in (problem, other))
    wide = value_range(problem) > 1e-3
    close = np.abs(one.value - two.value) <= one.bound + two.bound + 1e-6
    assert close[wide].all()


@LIGHT
@given(problems())
def test_the_uniform_agent_has_no_direction(problem):
    world = problem.world
    coin = Behavior(uniform_over(np.ones((1, world.n_pairs), np.bool_), world.pair_ptr))
    found = goal_directedness(problem, coin)
    assert (found.value <= 1e-9).all()


@LIGHT
@given(worlds(), seeds(), st.sampled_from((0.3, 0.9)))
def test_no_agent_leads_to_more_power_than_the_optimal_one(world, seed, discount):
    best, coin = (
        power_of_acts(world, Uniform(), discount, n=4, rng=np.random.default_rng(seed), agent=agent)
        for agent in (None, agents.UniformRandom())
    )
    assert (coin.mean <= best.mean + best.bound + 1e-9).all()
    low, high = best.edges
    assert (best.mean >= low - best.bound - 1e-9).all()
    assert (best.mean <= high + best.bound + 1e-9).all()


@LIGHT
@given(worlds(deterministic=True), seeds())
def test_in_the_limit_a_state_has_all_the_power_that_it_leads_to(world, seed):
    found = power_limit(world, Uniform(), n=4, rng=np.random.default_rng(seed)).mean
    best = np.maximum.reduceat(found[world.next_state], world.pair_ptr[:-1])
    assert (found >= best - 1e-12).all()


@LIGHT
@given(worlds(), st.data())
def test_lengths_are_laws_within_their_limits(world, data):
    drawn = data.draw(goals(world))
    shifted = drawn.reward - drawn.reward.min(axis=1, keepdims=True)
    problem = Problem(world, Goals(shifted), 0.9)
    for behavior in (
        Behavior(data.draw(policies(world))),
        agents.Optimal().behave(problem, np.random.default_rng(0)),
    ):
        found = lengths(problem, behavior, horizon=6)
        np.testing.assert_allclose(found.probability.sum(axis=1), 1.0, atol=1e-12)
        assert (found.least <= found.probability).all()
        assert (found.probability <= found.most).all()
        assert (found.usefulness <= 1 + 1e-9).all()
        low, high = found.neutrality_limits()
        assert (low <= found.neutrality + 1e-9).all()
        assert (found.neutrality <= high + 1e-9).all()
