"""solve and the categories against every deterministic policy of tiny worlds."""

from fractions import Fraction

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agreement.oracles import (
    category,
    choices,
    income,
    rational,
    solve_rationally,
    value_of,
    values_of,
)
from telos import Goals, Problem, evaluate, instrumental_values, solve
from telos.testing.strategies import affordances, goals, policies, problems, seeds, worlds

#: Discounts at which integers and small ratios leave gaps that no rounding can hide.
PLAIN = st.sampled_from((0.0, 0.1, 0.5, 0.9))


@st.composite
def plain_problems(draw, **shape):
    """Problems whose every number is a small ratio, so that ties are exact and gaps are wide."""
    world = draw(worlds(max_states=4, **shape))
    rng = np.random.default_rng(draw(seeds()))
    reward = rng.integers(-2, 3, (2, world.n_outcomes)).astype(float)
    return Problem(world, Goals(reward[:, world.outcome]), draw(PLAIN))


def _scale(problem, goal):
    """The largest value a policy could have: what rounding is relative to."""
    return np.abs(income(problem, goal)).max() / (1 - problem.discount)


@given(problems(max_states=4, bonus=True))
def test_the_value_is_that_of_the_best_of_all_policies(problem):
    """Puterman (1994), theorem 6.2.7: some deterministic stationary policy is best in every state."""
    best, least = solve(problem), solve(problem, minimize=True)
    every = choices(problem.world)
    for goal in range(problem.goals.count):
        value = values_of(problem.world, income(problem, goal), problem.discount, every)
        slack = 1e-12 * _scale(problem, goal)
        assert np.abs(best.value[goal] - value.max(axis=0)).max() <= best.bound[goal] + slack
        assert np.abs(least.value[goal] - value.min(axis=0)).max() <= least.bound[goal] + slack


@given(plain_problems())
def test_the_tied_set_is_the_set_of_all_actions_of_optimal_policies(problem):
    """a is tied in s iff Q*(s, a) = V*(s), in fractions: no constant decides what a tie is."""
    world, solution = problem.world, solve(problem)
    for goal in range(problem.goals.count):
        value, q = solve_rationally(world, income(problem, goal), problem.discount, None, rational)
        exactly = [q[pair] == value[s] for pair, s in enumerate(world.pair_state)]
        assert solution.tied[goal].tolist() == exactly


@given(plain_problems())
def test_every_policy_over_tied_actions_is_optimal(problem):
    """Any mixture of tied actions is worth V*: the tied policy is one of the optimal ones."""
    solution = solve(problem)
    value = evaluate(problem, solution.tied_policy())
    slack = solution.bound + 1e-12 * max(_scale(problem, g) for g in range(problem.goals.count))
    assert (np.abs(value - solution.value).max(axis=1) <= slack / (1 - problem.discount)).all()


@given(st.data())
def test_the_category_is_what_a_look_at_every_policy_says(data):
    """Required: every optimal policy pursues; indifferent: some do; declined, never met: none does."""
    problem = data.draw(plain_problems())
    drive = data.draw(affordances(problem.world))
    worth = instrumental_values(problem, (drive,))[0]
    for goal in range(problem.goals.count):
        tolerance = 1e-10 * (1 + _scale(problem, goal))
        expected = category(
            problem.world, income(problem, goal), problem.discount, drive.pursues, tolerance
        )
        assert worth.category[goal] == expected


@given(st.data())
def test_the_incentive_is_the_loss_of_the_best_policy_that_never_pursues(data):
    """IV = max over policies - max over policies without the drive's pairs (Howard 1966)."""
    world = data.draw(worlds(max_states=4))
    problem = Problem(world, data.draw(goals(world)), data.draw(PLAIN))
    drive = data.draw(affordances(world))
    worth = instrumental_values(problem, (drive,))[0]
    for goal in range(problem.goals.count):
        earned = income(problem, goal)
        free = values_of(world, earned, problem.discount, choices(world)) @ world.start
        bound = values_of(world, earned, problem.discount, choices(world, ~drive.pursues))
        incentive = free.max() - (bound @ world.start).max()
        slack = worth.bound[goal] + 1e-12 * _scale(problem, goal)
        assert abs(worth.iv[goal] - incentive) <= slack
        spread = free.max() - free.min()
        if spread > 1e-6 * _scale(problem, goal):
            assert abs(worth.share[goal] - incentive / spread) <= 1e-5


@settings(max_examples=150)
@given(problems(max_states=4, bonus=True))
def test_the_certified_bound_holds_against_exact_arithmetic(problem):
    """|V - V*| <= bound in every state, V* by policy iteration in fractions of the stored floats."""
    solution = solve(problem)
    for goal in range(problem.goals.count):
        exact, q = solve_rationally(problem.world, income(problem, goal), problem.discount)
        for s, value in enumerate(exact):
            # The bound is itself a float: give it its own last bit.
            assert abs(value - _exactly(solution.value[goal, s])) <= _exactly(
                solution.bound[goal] * (1 + 1e-12)
            )
        reach = _exactly(solution.margin[goal])
        for pair, s in enumerate(problem.world.pair_state):
            if exact[s] == q[pair]:
                assert solution.tied[goal, pair], "an optimal action must never be left out"
            elif solution.tied[goal, pair]:
                assert exact[s] - q[pair] <= 2 * reach


def _exactly(number):
    return Fraction(float(number))


@given(st.data())
def test_the_certified_bound_holds_even_when_little_is_asked(data):
    """A loose tolerance stops early, and the bound says how early: it is certified, not hoped for."""
    problem = data.draw(problems(max_states=4, deterministic=False))
    assume(not problem.world.deterministic)
    scale = np.abs(problem.goals.reward).max(axis=1) + 1e-300
    loose = solve(problem, tolerance=0.3 * scale / (1 - problem.discount))
    for goal in range(problem.goals.count):
        exact, _ = solve_rationally(problem.world, income(problem, goal), problem.discount)
        error = max(abs(v - _exactly(x)) for v, x in zip(exact, loose.value[goal], strict=True))
        assert error <= _exactly(loose.bound[goal] * (1 + 1e-12))


@given(st.data())
def test_what_a_policy_is_worth_is_what_linear_algebra_says(data):
    """evaluate against one dense solve (Puterman 1994, theorem 6.1.1), with every kind of bonus."""
    problem = data.draw(problems(max_states=5, bonus=True))
    policy = data.draw(policies(problem.world))
    value = evaluate(problem, policy)
    for goal in range(problem.goals.count):
        expected = value_of(problem.world, income(problem, goal), problem.discount, policy)
        np.testing.assert_allclose(
            value[goal], expected, rtol=0, atol=1e-11 * _scale(problem, goal)
        )
