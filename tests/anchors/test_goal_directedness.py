"""Maximum-entropy goal-directedness: closed forms, signs, and what must not matter."""

import numpy as np
import pytest

from telos import Behavior, Goals, Problem, agents, explore
from telos.errors import ProblemError
from telos.families import Revised, Uniform
from telos.theory import goal_directedness
from telos.worlds import PaperclipFactory, RandomWorld


def _fork(rewards, discount=0.5):
    ends = [str(i) for i in range(len(rewards))]
    world = explore("fork", lambda s: {f"to {e}": e for e in ends} if s == "fork" else {"stay": s})
    return Problem(world, Goals([0.0, *rewards]), discount)


def _at(problem, *policy):
    return Behavior([*policy, *[1.0] * (problem.world.n_pairs - len(policy))])


@pytest.mark.parametrize("p", [0.5, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("discount", [0.1, 0.5, 0.95])
def test_one_decision_between_two_ends_is_log_2_less_the_entropy(p, discount):
    """Every law of two actions is soft-optimal for some beta: log(p / (1 - p)) = beta loss."""
    problem = _fork([0.0, 1.0], discount)
    found = goal_directedness(problem, _at(problem, 1 - p, p))
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert found.value[0] == pytest.approx(np.log(2) - entropy, abs=2e-7)
    assert found.value[0] <= np.log(2) - entropy + 1e-12 <= found.value[0] + found.bound[0] + 1e-12
    assert found.decisions[0] == pytest.approx(1.0)
    assert found.beta[0] == pytest.approx((1 - discount) * np.log(p / (1 - p)), rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("p", [0.6, 0.9])
def test_who_avoids_what_the_utility_likes_is_directed_away_from_it(p):
    problem = _fork([0.0, 1.0])
    for_it, against = (
        goal_directedness(problem, _at(problem, *x)) for x in ((1 - p, p), (p, 1 - p))
    )
    assert for_it.beta[0] > 0 > against.beta[0]
    assert against.value[0] == pytest.approx(for_it.value[0], abs=1e-6)


def test_three_ends_leave_something_that_the_utility_cannot_predict():
    """Half to the best and half to the worst: no soft-optimal policy is like that, whatever beta."""
    problem = _fork([0.0, 0.5, 1.0])
    found = goal_directedness(problem, _at(problem, 0.5, 0.0, 0.5))
    assert found.value[0] == 0.0
    assert found.ceiling[0] == pytest.approx(np.log(1.5))


@pytest.mark.parametrize("seed", range(3))
def test_the_optimal_agent_of_a_unique_optimum_reaches_the_ceiling_and_no_other_agent_more(seed):
    world = RandomWorld(states=8, actions=3, successors=2, seed=seed).build()
    rng = np.random.default_rng(seed)
    problem = Problem(world, Uniform().sample(world, 4, rng), 0.8)
    best = goal_directedness(problem, agents.Optimal().behave(problem, rng), largest=1e5)
    assert (best.share > 0.999).all()
    assert (best.beta > 0).all()
    np.testing.assert_allclose(best.ceiling, np.log(3) / (1 - 0.8))  # three actions at every step
    for agent in (agents.Boltzmann(beta=1.0), agents.UniformRandom(), agents.BestOfK(k=2)):
        less = goal_directedness(problem, agent.behave(problem, rng), largest=1e5)
        assert (less.value <= best.value + best.bound).all()
        assert (less.value <= less.ceiling + 1e-9).all()


def test_the_uniform_agent_is_directed_at_nothing_however_many_actions_a_state_has():
    world = PaperclipFactory(products=("clips",), machines=1).build()
    problem = Problem(world, Uniform().sample(world, 5, np.random.default_rng(0)), 0.9)
    found = goal_directedness(
        problem, agents.UniformRandom().behave(problem, np.random.default_rng(0))
    )
    assert (found.value == 0).all()
    assert (found.bound < 1e-9).all()


def test_a_constant_and_a_unit_change_nothing():
    world = RandomWorld(states=6, actions=2, successors=2).build()
    rng = np.random.default_rng(0)
    goals = Uniform().sample(world, 3, rng)
    behavior = agents.Boltzmann(beta=2.0).behave(Problem(world, goals, 0.9), rng)
    one, two = (
        goal_directedness(Problem(world, Goals(a * goals.reward + b), 0.9), behavior)
        for a, b in ((1.0, 0.0), (1e3, -7.0))
    )
    np.testing.assert_allclose(one.value, two.value, atol=1e-6)


def test_the_best_of_a_class_finds_the_goal_that_nobody_told():
    world = RandomWorld(states=8, actions=3, successors=2).build()
    rng = np.random.default_rng(1)
    goals = Uniform().sample(world, 5, rng)
    problem = Problem(world, goals, 0.9)
    behavior = agents.Boltzmann(beta=3.0).behave(problem, rng)
    known = goal_directedness(problem, behavior)
    other = Problem(world, Goals(np.zeros((5, world.size))), 0.9)
    found = goal_directedness(other, behavior, utilities=goals)
    assert found.candidate.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(found.value, known.value, atol=1e-6)
    assert (
        goal_directedness(other, behavior).value.tolist() == [0.0] * 5
    )  # indifferent to everything


def test_what_a_rewritten_self_does_says_nothing_of_the_goal():
    world = PaperclipFactory(products=("clips", "pins"), machines=1).build()
    rng = np.random.default_rng(0)
    problem = Problem(world, Revised(Uniform()).sample(world, 4, rng), 0.9)
    behavior = agents.Optimal().behave(problem, rng)
    gone = (world.feature("goal_register") != 0)[world.pair_state]
    blind = np.repeat(1.0 / np.diff(world.pair_ptr), np.diff(world.pair_ptr))
    changed = Behavior(np.where(gone, blind, behavior.policy))
    one, two = (goal_directedness(problem, each) for each in (behavior, changed))
    np.testing.assert_allclose(one.value, two.value, atol=1e-9)
    assert (one.share > 0.9).all()


@pytest.mark.parametrize("stay", [0.5, 0.9])
def test_play_ends_with_the_first_rewrite_even_if_it_is_undone(stay):
    """1/(1 - g p) decisions are taken before it, and all that follows is somebody else's."""
    moves = {"mine": {"stay": "mine", "leave": "other"}, "other": {"back": "mine"}}
    world = explore("mine", moves.get, features={"goal_register": lambda s: s == "other"})
    problem = Problem(world, Goals([1.0, 0.0]), 0.8)
    found = goal_directedness(problem, Behavior([stay, 1 - stay, 1.0]))
    decisions = 1 / (1 - 0.8 * stay)
    entropy = -stay * np.log(stay) - (1 - stay) * np.log(1 - stay)
    assert found.decisions[0] == pytest.approx(decisions)
    assert found.ceiling[0] == pytest.approx(decisions * (np.log(2) - entropy))
    assert found.value[0] == pytest.approx(
        found.ceiling[0], abs=1e-6
    )  # one state: all is soft-optimal


def test_what_cannot_be_asked_is_refused():
    problem = _fork([0.0, 1.0])
    with pytest.raises(ProblemError, match="largest"):
        goal_directedness(problem, _at(problem, 0.5, 0.5), largest=0.0)
    with pytest.raises(ProblemError, match="shape"):
        goal_directedness(problem, Behavior([0.5, 0.5]))
