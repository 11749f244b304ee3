"""Restrictions and time limits: what they do to a world, row by row, and to how far is planned."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agreement.oracles import matrix
from anchors.gates import worn_switch, worth
from telos import Category, Goals, Problem, solve
from telos.core.errors import ProblemError
from telos.families import Uniform
from telos.safeguards import (
    CappedStock,
    Noisy,
    ShortHorizon,
    Slow,
    TimeLimited,
)
from telos.testing.strategies import problems, worlds
from telos.worlds import OffSwitch


@given(problems(), st.floats(0, 1), st.floats(1, 50))
def test_slow_and_noisy_worlds_mix_rows_as_they_say(problem, slip, pace):
    world, dense = problem.world, matrix(problem.world)
    counts = np.diff(world.pair_ptr)[:, None]
    mean = (np.add.reduceat(dense, world.pair_ptr[:-1]) / counts)[world.pair_state]
    noisy = matrix(Noisy(slip).apply(problem).world)
    np.testing.assert_allclose(noisy, (1 - slip) * dense + slip * mean, atol=1e-12)
    slow = matrix(Slow(pace).apply(problem).world)
    idle = dense[world.default][world.pair_state]
    np.testing.assert_allclose(slow, dense / pace + (1 - 1 / pace) * idle, atol=1e-12)


@pytest.mark.parametrize("discount", [0.001, 0.2, 0.5, 0.9])
def test_a_short_view_requires_what_the_closed_form_of_its_own_discount_says(discount):
    """Walking on is required iff (1 - g) R(hall) + g max R(rooms) > R(off), at the planner's g."""
    world = OffSwitch(rooms=3).build()
    drawn = Uniform().sample(world, 2000, np.random.default_rng(0))
    short = ShortHorizon(discount).apply(Problem(world, drawn, 0.99))
    assert short.discount == 0.99
    found = worth(short.as_planned(), "walk on").category
    reward = {s: drawn.reward[:, world.find(s)] for s in world.states}
    best = np.max([reward[f"room {i}"] for i in (1, 2, 3)], axis=0)
    pays = (1 - discount) * reward["hall"] + discount * best > reward["off"]
    np.testing.assert_array_equal(found == Category.REQUIRED, pays)
    rate = (1 - discount) / 2 + discount * 3 / 4
    assert abs(pays.mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / 2000)


def test_at_the_smallest_discounts_the_rate_is_one_half():
    """The limit of (1 - g)/2 + g k/(k + 1): over all orders of the outcomes, exactly 1/2."""
    world = OffSwitch(rooms=3).build()
    drawn = Uniform().sample(world, 4000, np.random.default_rng(1))
    short = ShortHorizon(1e-4).apply(Problem(world, drawn, 0.99))
    rate = (worth(short.as_planned(), "walk on").category == Category.REQUIRED).mean()
    assert abs(rate - 0.5) < 4 * np.sqrt(0.25 / 4000)


def test_a_planner_who_looks_less_far_already_keeps_its_own_view():
    world = OffSwitch(rooms=1).build()
    problem = Problem(world, Goals(np.ones(world.size)), 0.9, planning_discount=0.2)
    assert ShortHorizon(0.5).apply(problem).horizon_discount == 0.2
    assert ShortHorizon(0.1).apply(problem).horizon_discount == 0.1


@given(worlds(), st.integers(0, 3))
def test_no_policy_at_all_comes_to_hold_more_than_the_cap(world, most):
    """Whatever is legal is taken; a stock above the cap is found only where it was from the first."""
    problem = Problem(world, Goals(np.zeros(world.size)), 0.9)
    stock = world.features["resources"]
    above = np.maximum.reduceat(stock[world.next_state], world.next_ptr[:-1]) > most
    broken = above & (stock[world.pair_state] <= most)
    if np.logical_and.reduceat(broken, world.pair_ptr[:-1]).any():
        with pytest.raises(ProblemError, match="every action may lead to more than"):
            CappedStock(most=float(most)).apply(problem)
        return
    capped = CappedStock(most=float(most)).apply(problem).world
    assume((stock[world.start > 0] <= most).all())
    seen, edges = world.start > 0, matrix(capped) > 0
    for _ in range(world.size):
        for pair in range(capped.n_pairs):
            if seen[capped.pair_state[pair]]:
                seen = seen | edges[pair]
    assert (stock[seen] <= most).all()


@given(problems(bonus=True), st.integers(1, 5))
def test_a_time_limit_is_backward_induction_over_so_many_states(problem, steps):
    """V_1 = R, V_n = R + max (bonus + g E V_(n-1)); afterwards nothing counts, not even a bonus."""
    world, dense = problem.world, matrix(problem.world)
    limited = solve(TimeLimited(steps).apply(problem))
    bonus = problem.pair_bonus()
    for g in range(problem.goals.count):
        reward = problem.goals.reward[g]
        paid = (
            np.zeros(world.n_pairs)
            if bonus is None
            else np.atleast_2d(bonus)[g % len(np.atleast_2d(bonus))]
        )
        value = np.zeros(world.size)
        for _ in range(steps):
            ahead = paid + problem.discount * dense @ value
            value = reward + np.maximum.reduceat(ahead, world.pair_ptr[:-1])
        slack = limited.bound[g] + 1e-12 * np.abs(value).max()
        assert abs(limited.at_start[g] - value @ world.start) <= slack


def test_after_the_time_limit_all_is_the_same_even_to_who_has_been_rewritten():
    """A goal that is written in its place ends at the same time: nobody is made to outlive the task."""
    world = worn_switch(0)
    problem = Problem(world, Goals(np.ones(world.size)), 0.9)
    late = TimeLimited(3).apply(problem)
    over = late.world.features["clock"] >= 3
    assert (late.goals.reward[:, over] == 0).all()
    assert (late.goals.pool[:, over] == 0).all()
    np.testing.assert_array_equal(late.intended(), problem.goals.reward[:, late.since().state])
