"""What an agent is given and what it is judged by: two goals, kept apart in every state."""

from dataclasses import replace

import numpy as np
import pytest

from telos.agents import Optimal
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.drives import GoalPreservation
from telos.families import Considerate, Uniform
from telos.measure.guard import guard, task_retained, task_value
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards import BoundedGoal, Forbid, Misspecified, Noisy, TimeLimited
from telos.solve.solve import solve
from telos.worlds import OffSwitch, PaperclipFactory, Surgery


def _problem(scenario, n=60, discount=0.9, family=None):
    world = scenario.build()
    goals = (family or Uniform()).sample(world, n, np.random.default_rng(5))
    return Problem(world, goals, discount)


def _category(problem, drive):
    return instrumental_values(problem, (drive.affordances(problem.world),))[0].category


def test_a_task_that_is_over_gives_nobody_a_reason_to_be_rewritten_or_not():
    """Only the table and the ward count, and they are the same for every agent that comes to them."""
    problem = _problem(Surgery(outcomes=4))
    assert (_category(problem, GoalPreservation()) == Category.REQUIRED).mean() > 0.5
    timed = TimeLimited(steps=2).apply(problem)
    assert (_category(timed, GoalPreservation()) == Category.INDIFFERENT).all()


def test_an_agent_with_a_proxy_judges_its_rewritten_self_by_the_proxy():
    problem = _problem(Surgery(outcomes=5))
    misled = Misspecified(error=0.8).apply(problem)
    given = misled.goals
    assert not np.array_equal(given.reward, problem.goals.reward)
    plain = replace(problem, goals=Goals(given.reward, given.label, given.revised, given.pool))
    mine, theirs = (
        instrumental_values(p, (GoalPreservation().affordances(p.world),))[0]
        for p in (misled, plain)
    )
    assert mine.category.tolist() == theirs.category.tolist()
    np.testing.assert_array_equal(mine.iv, theirs.iv)
    assert (mine.category != _category(problem, GoalPreservation())).any()


def test_whatever_is_written_in_place_of_a_bounded_goal_is_bounded_too():
    problem = _problem(Surgery(outcomes=4))
    bounded = BoundedGoal(level=0.25).apply(problem)
    for given, meant in (
        (bounded.goals.reward, problem.goals.reward),
        (bounded.goals.pool, problem.goals.pool),
    ):
        least, most = meant.min(axis=1), meant.max(axis=1)
        np.testing.assert_allclose(given.max(axis=1), least + 0.25 * (most - least))
        np.testing.assert_array_equal(given.min(axis=1), least)


@pytest.mark.parametrize(
    "safeguards",
    [
        (BoundedGoal(level=0.3),),
        (TimeLimited(steps=3),),
        (Misspecified(error=0.7), Noisy(slip=0.2)),
        (Noisy(slip=0.2), Misspecified(error=0.7), TimeLimited(steps=4)),
    ],
)
def test_the_task_is_judged_by_the_goals_before_any_safeguard(safeguards):
    """Worked out anew: the policy's value under the intended reward, state for state."""
    problem = _problem(OffSwitch(rooms=3))
    guarded = guard(problem, safeguards)
    policy = Optimal().behave(guarded, np.random.default_rng(0)).policy
    world, origin = guarded.world, guarded.origin
    for g in (0, 7, 31):
        law = np.zeros((world.size, world.size))
        for pair in range(world.n_pairs):
            for s, p in world.successors(pair).items():
                law[world.pair_state[pair], s] += policy[g, pair] * p
        meant = problem.goals.reward[g][origin.state]
        value = np.linalg.solve(np.eye(world.size) - guarded.discount * law, meant)
        assert task_value(guarded, policy)[g] == pytest.approx(world.start @ value, abs=1e-12)


def test_the_optimum_keeps_the_whole_task_and_a_proxy_never_more():
    problem = _problem(PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.1)))
    best = Optimal().behave(problem, np.random.default_rng(0)).policy
    np.testing.assert_allclose(task_retained(problem, best), 1.0, atol=1e-8)
    for error in (0.3, 0.9):
        misled = Misspecified(error=error).apply(problem)
        policy = Optimal().behave(misled, np.random.default_rng(0)).policy
        assert (task_retained(misled, policy) <= 1.0).all()
        assert task_retained(misled, policy).mean() < 0.99


def test_forgetting_the_commons_makes_considerate_goals_those_of_the_family_inside():
    factory = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2,), commons=2)
    problem = _problem(factory, family=Considerate(Uniform(), weight=0.4))
    inner = _problem(factory, family=Uniform())
    forgotten = Misspecified(omits="commons").apply(problem).goals.reward
    # Up to the constant that everything was worth at the start.
    apart = forgotten - 0.6 * inner.goals.reward
    np.testing.assert_allclose(apart, np.broadcast_to(apart[:, :1], apart.shape), atol=1e-12)
    values = [solve(replace(inner, goals=Goals(r))).tied for r in (forgotten, inner.goals.reward)]
    np.testing.assert_array_equal(*values)


def test_the_way_back_survives_any_number_of_safeguards():
    problem = _problem(PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2,)))
    stages = (Noisy(slip=0.1), TimeLimited(steps=3), Forbid(actions=("tamper",)))
    guarded = guard(problem, stages)
    origin, world = guarded.origin, guarded.world
    assert guarded.before is problem
    first = problem.world
    carried = origin.pair >= 0
    np.testing.assert_array_equal(
        first.pair_state[origin.pair[carried]], origin.state[world.pair_state[carried]]
    )
    for name, values in first.features.items():
        np.testing.assert_array_equal(world.features[name], values[origin.state])
    outcomes = [first.outcomes[k] for k in first.outcome[origin.state]]
    assert [world.outcomes[k] for k in world.outcome] == outcomes
