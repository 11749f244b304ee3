"""What holds of every safeguard, whatever it does: units, batches, ways back, and what a world lacks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import matrix
from laws.parts import PARTS, bonus_of, each, readings, some_goals
from telos import Goals, Problem, explore, plan
from telos.core.errors import ProblemError
from telos.errors import FeatureMissing
from telos.measure.guard import guard, task_retained, task_value, unaware_policy
from telos.safeguards import (
    SAFEGUARDS,
    Approval,
    Forbid,
    GoalUncertainty,
    Lease,
    TimeLimited,
    UtilityIndifference,
)
from telos.testing.strategies import policies, problems
from telos.testing.touchstone import touchstone


def test_every_shipped_safeguard_is_tried_here():
    assert {type(part) for part in PARTS} == set(SAFEGUARDS)


@each
def test_the_same_safeguard_does_the_same_again(part):
    one, two = part.apply(some_goals()), part.apply(some_goals())
    np.testing.assert_array_equal(one.goals.reward, two.goals.reward)
    np.testing.assert_array_equal(bonus_of(one), bonus_of(two))
    np.testing.assert_array_equal(one.slack, two.slack)
    np.testing.assert_array_equal(matrix(one.world), matrix(two.world))
    assert (one.rule, one.planning_discount) == (two.rule, two.planning_discount)


@each
def test_a_goal_gets_the_same_numbers_alone_as_in_a_batch(part):
    problem = some_goals()
    whole = part.apply(problem)
    for rows in ([4], [5, 0]):
        few = part.apply(problem.take(rows))
        scale = np.abs(problem.goals.reward).max() / (1 - problem.discount)
        apart = np.maximum(whole.slack[rows], 1e-13 * scale)[:, None]
        np.testing.assert_array_equal(few.goals.reward, whole.goals.reward[rows])
        assert (np.abs(bonus_of(few) - bonus_of(whole)[rows]) <= apart).all()
        np.testing.assert_allclose(plan(few), plan(whole)[rows], atol=1e-9)
        np.testing.assert_array_equal(few.before.goals.reward, problem.goals.reward[rows])


@each
@pytest.mark.parametrize(("scale", "shift"), [(1e3, 0.0), (0.01, -100.0), (1.0, 5.0)])
def test_a_goal_told_in_another_unit_is_guarded_alike(part, scale, shift):
    """R -> aR + b leaves categories, shares and what is kept alone: every part counts in parts of a range."""
    problem = some_goals()
    goals = problem.goals
    told = Goals(
        scale * goals.reward + shift, revised=goals.revised, pool=scale * goals.pool + shift
    )
    other = Problem(problem.world, told, problem.discount)
    one, two = part.apply(problem), part.apply(other)
    for before, after in zip(readings(one), readings(two), strict=True):
        np.testing.assert_array_equal(before.category, after.category)
        np.testing.assert_allclose(before.share, after.share, atol=1e-5)
    np.testing.assert_allclose(
        task_retained(one, plan(one)), task_retained(two, plan(two)), atol=1e-5
    )


@pytest.mark.parametrize("second", PARTS, ids=repr)
@pytest.mark.parametrize(
    "first", [TimeLimited(3), Lease(2), Forbid(("lock",)), Approval(("learn",), asks=1)]
)
def test_two_safeguards_lead_back_to_the_first_problem(first, second):
    """State by state and pair by pair, through both: outcome, features, action and reward agree."""
    problem = some_goals()
    if isinstance(first, Lease) and isinstance(second, Lease):
        with pytest.raises(ProblemError, match="on a lease already"):
            guard(problem, (first, second))
        return
    both = guard(problem, (first, second))
    origin, new, old = both.since(), both.world, problem.world
    assert both.before is problem
    assert both.discount == problem.discount
    assert [new.outcomes[k] for k in new.outcome] == [
        old.outcomes[k] for k in old.outcome[origin.state]
    ]
    for name, values in old.features.items():
        np.testing.assert_array_equal(new.features[name], values[origin.state])
    np.testing.assert_array_equal(both.intended(), problem.goals.reward[:, origin.state])
    known = origin.pair >= 0
    assert known.any()
    np.testing.assert_array_equal(
        origin.state[new.pair_state[known]], old.pair_state[origin.pair[known]]
    )
    for pair in np.flatnonzero(known):
        carried = old.actions[old.pair_action[origin.pair[pair]]]
        assert new.actions[new.pair_action[pair]] == carried
    np.testing.assert_allclose(origin.state[new.start > 0], np.flatnonzero(old.start > 0))


@each
def test_an_agent_that_knows_of_nothing_still_does_something_everywhere(part):
    problem = some_goals()
    guarded = part.apply(problem)
    does = unaware_policy(guarded, plan(problem))
    np.testing.assert_allclose(np.add.reduceat(does, guarded.world.pair_ptr[:-1], axis=1), 1.0)
    assert (does >= 0).all()
    if guarded.world is problem.world:
        np.testing.assert_allclose(does, plan(problem), atol=1e-15)


def test_what_a_safeguard_offers_twice_is_done_as_often_as_it_was_once():
    """Two pairs that carry out the same old one share its probability."""
    world = explore("fork", lambda s: {"a": "l", "b": "r"} if s == "fork" else {"rest": s})
    twice = explore(
        "fork", lambda s: {"a": "l", "a again": "l", "b": "r"} if s == "fork" else {"rest": s}
    )
    problem = Problem(world, Goals(np.zeros(3)), 0.5)
    guarded = problem.onto(twice, np.arange(3), np.array([0, 0, 1, 2, 3]))
    found = unaware_policy(guarded, np.array([0.4, 0.6, 1.0, 1.0]))
    np.testing.assert_allclose(found, [[0.2, 0.2, 0.6, 1.0, 1.0]])


@given(st.data())
def test_where_nothing_is_changed_the_unaware_agent_is_the_agent(data):
    """And where pairs are forbidden, what it meant to do and cannot, it does not do instead."""
    problem = data.draw(problems())
    world = problem.world
    policy = data.draw(policies(world))
    np.testing.assert_allclose(
        unaware_policy(problem, policy), np.tile(policy, (problem.goals.count, 1))
    )
    barred = np.random.default_rng(len(world.states)).random(world.n_pairs) < 0.5
    barred[world.default] = False
    guarded = problem.onto(world.keep(~barred), np.arange(world.size), np.flatnonzero(~barred))
    found = unaware_policy(guarded, policy)[0]
    wanted = policy.copy()
    for pair in np.flatnonzero(barred):
        wanted[world.default[world.pair_state[pair]]] += wanted[pair]
    np.testing.assert_allclose(found, wanted[~barred], atol=1e-15)


@each
def test_a_life_without_a_choice_is_guarded_without_a_fault(part):
    """An absorbing start, with everything there that a safeguard may look for."""
    world = explore(
        "end",
        lambda s: {"wait": s},
        features=dict.fromkeys(("off", "resources", "capability", "goal_register"), lambda s: 0.0),
        default="wait",
    )
    problem = Problem(world, Goals([[1.0], [-1.0]]), 0.9)
    if isinstance(part, Lease):
        with pytest.raises(ProblemError, match="no state in which the agent is off"):
            part.apply(problem)
        return
    if getattr(part, "actions", ()):
        with pytest.raises(ProblemError, match="no action"):
            part.apply(problem)
        return
    guarded = part.apply(problem)
    np.testing.assert_allclose(task_value(guarded, plan(guarded))[0], 10.0)


@pytest.mark.parametrize("part", [UtilityIndifference(), GoalUncertainty(), Lease(2)], ids=repr)
def test_without_an_off_switch_what_reads_it_says_so(part):
    world = touchstone()
    blind = replace(world, features={k: v for k, v in world.features.items() if k != "off"})
    problem = Problem(blind, Goals(np.ones(blind.size)), 0.9)
    with pytest.raises(FeatureMissing, match="'off'"):
        part.apply(problem)
