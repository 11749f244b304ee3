"""What is kept of a task, what anybody would pay to be rid of a safeguard, and how sure a change is."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from agreement.oracles import matrix
from laws.parts import DRIVES, LESS, WANTS, bonus_of, each, readings, some_goals
from telos import Category, Goals, Problem, instrumental_values, plan, solve, solve_as
from telos.measure.guard import guard, task_retained, unaware_policy
from telos.measure.intervals import difference_interval
from telos.measure.removal_incentives import removal_incentives, willingness_to_pay
from telos.safeguards import (
    Approval,
    AttainableUtility,
    BoundedGoal,
    CappedStock,
    Forbid,
    GoalUncertainty,
    Interruption,
    Misspecified,
    Monitor,
    Noisy,
    Satisficer,
    ShortHorizon,
    Slow,
    UtilityIndifference,
)
from telos.solve.value_range import value_range
from telos.testing.strategies import problems
from telos.testing.touchstone import touchstone


@each
def test_nobody_keeps_more_than_the_whole_task(part):
    problem = some_goals(locked=True)
    guarded = part.apply(problem)
    for policy in (plan(guarded), unaware_policy(guarded, plan(problem))):
        assert (task_retained(guarded, policy) <= 1.0).all()


@given(problems())
def test_the_optimum_without_safeguards_keeps_the_whole_task_and_the_worst_plan_nothing(problem):
    best = task_retained(problem, plan(problem))
    worst = task_retained(problem, solve(problem, minimize=True).tied_policy())
    extent = value_range(problem)
    known = extent > 1e-6 * np.abs(problem.goals.reward).max()
    np.testing.assert_allclose(best[known], 1.0, atol=1e-5)
    np.testing.assert_allclose(worst[known], 0.0, atol=1e-5)
    assert np.isnan(best[extent == 0]).all()


def test_what_is_kept_is_judged_by_the_yardstick_though_the_problem_plans_or_earns_otherwise():
    """Neither a planning discount nor a bonus of the problem before moves the two ends of the scale."""
    problem = some_goals(locked=True)
    policy = plan(problem)
    short = replace(problem, planning_discount=0.2)
    paid = replace(problem, bonus=np.linspace(-1, 1, problem.world.n_pairs))
    for other in (short, paid):
        np.testing.assert_allclose(
            task_retained(other, policy), task_retained(problem, policy), atol=1e-9
        )


@pytest.mark.parametrize("part", LESS, ids=repr)
def test_taking_away_never_raises_the_value_and_nobody_would_pay_to_keep_it(part):
    """V* under a restriction <= V*, and its removal is worth something or nothing (no goal rewritten)."""
    problem = some_goals(n=20, locked=True)
    free, less = solve(problem), solve(part.apply(problem))
    assert (less.at_start <= free.at_start + less.bound + free.bound).all()
    price = removal_incentives(problem, (part,))
    assert (price.paid >= -price.bound).all()
    np.testing.assert_allclose(
        price.paid[0], (free.at_start - less.at_start) / value_range(problem), atol=1e-7
    )


def test_what_one_would_pay_to_be_rid_of_a_fence_is_the_incentive_of_the_drive():
    """willingness_to_pay(Forbid X) = (V* - V*(without X)) / D."""
    problem = some_goals(n=20)
    needed = 0
    for drive in DRIVES:
        incentive = instrumental_values(problem, (drive.affordances(problem.world),))[0]
        needed += int((incentive.category == Category.REQUIRED).sum())
        price = willingness_to_pay(problem, (Forbid(drive=drive),))
        apart = np.abs(price.paid - incentive.iv / value_range(problem))
        assert (apart <= price.bound + incentive.bound / value_range(problem)).all()
    assert needed > 0


IDLE = (
    Noisy(0.0),
    Slow(1.0),
    Interruption(0.0),
    Interruption(0.0, safe=False),
    Monitor(("tamper",), detection=0.0),
    Monitor(("tamper",), penalty=0.0),
    Approval(("tamper",), error=1.0),
    ShortHorizon(0.95),
    CappedStock(most=99.0),
    BoundedGoal(1.0),
    Satisficer(1.0),
    Misspecified(),
    AttainableUtility(weight=0.0),
    UtilityIndifference(compensation=0.0),
)


@pytest.mark.parametrize("part", IDLE, ids=repr)
def test_a_part_that_does_nothing_is_under_no_pressure(part):
    """Alone, or beside a safeguard that does something; and it changes neither category nor plan."""
    problem = some_goals()
    for parts in ((part,), (part, Forbid(("learn",))), (Forbid(("learn",)), part)):
        price = removal_incentives(problem, parts)
        row = parts.index(part)
        assert (np.abs(price.paid[row]) <= price.bound[row] + 1e-12).all()
    np.testing.assert_allclose(plan(part.apply(problem)), plan(problem), atol=1e-9)
    for before, after in zip(readings(problem), readings(part.apply(problem)), strict=True):
        np.testing.assert_array_equal(before.category, after.category)


@pytest.mark.parametrize("part", WANTS, ids=repr)
def test_nobody_wants_to_want_something_else(part):
    """Judged by what the agent wants now, a successor that wants otherwise is worth no more.

    How one chooses is not what one wants: a maximizer may well serve a satisficer's goal better than itself.
    """
    problem = some_goals(n=20, locked=True)
    price = removal_incentives(problem, (part,))
    assert (price.paid <= price.bound + 1e-9).all()
    ban = Forbid(("tamper",))
    both = removal_incentives(problem, (part, ban))
    assert (both.paid[0] <= both.bound[0] + 1e-9).all()


def test_the_price_of_a_specification_is_judged_by_what_is_at_stake_without_any_safeguard():
    """Beside another safeguard, D is still that of the free problem: W is the utility under all parts."""
    problem = some_goals(n=20, locked=True)
    parts = (Forbid(("garden", "tamper")), GoalUncertainty(0.5))
    whole = guard(problem, parts)
    rest = guard(problem, parts[:1])
    loss = solve_as(whole).at_start - _lived(whole, plan(rest))
    price = removal_incentives(problem, parts)
    np.testing.assert_allclose(price.paid[1] * value_range(problem), -loss, atol=1e-6)


def _lived(problem, policy):
    bonus = (policy * bonus_of(problem)) if problem.pair_bonus() is not None else 0.0
    world, dense = problem.world, matrix(problem.world)
    found = []
    for g in range(problem.goals.count):
        step = np.add.reduceat(policy[g][:, None] * dense, world.pair_ptr[:-1], axis=0)
        paid = problem.goals.reward[g] + np.add.reduceat(bonus[g], world.pair_ptr[:-1])
        value = np.linalg.solve(np.eye(world.size) - problem.discount * step, paid)
        found.append(value @ world.start)
    return np.array(found)


@each
def test_a_goal_to_which_all_is_alike_raises_no_number_and_no_warning(part):
    world = touchstone()
    problem = Problem(world, Goals(np.full((2, world.size), -3.0)), 0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        guarded = part.apply(problem)
        assert np.isnan(task_retained(guarded, plan(guarded))).all()
        price, whole = removal_incentives(problem, (part,)), willingness_to_pay(problem, (part,))
        for found in readings(guarded):
            assert np.isfinite(found.share).all()
    assert (price.paid == 0).all()
    assert (whole.paid == 0).all()


def test_the_interval_of_a_paired_change_covers_it_as_often_as_it_says():
    """At 95 %: at least 93 % over samples of 40 goals, few of which change."""
    rng = np.random.default_rng(0)
    for gained, lost in ((0.1, 0.05), (0.4, 0.1), (0.02, 0.0)):
        covered, runs = 0, 1500
        for _ in range(runs):
            draws = rng.random(40)
            change = (draws < gained).astype(float) - (draws > 1 - lost)
            before = np.where(change < 0, 1.0, np.where(change > 0, 0.0, 1.0))
            low, high = difference_interval(before, before + change)
            covered += low <= gained - lost <= high
        assert 0.93 <= covered / runs <= 1.0
