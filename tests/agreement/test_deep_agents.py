"""Deep agents: networks that somebody else's code trained, read by counting what they do.

What needs Stable-Baselines3 is left out where it is not installed (the extra `telos-lab[sb3]`).
"""

import sys

import numpy as np
import pytest

from telos import Goals, Problem, agents, explore, families, measure, worlds
from telos.agents import Hedonistic, StableBaselines
from telos.drives import SelfPreservation
from telos.errors import ProblemError
from telos.testing.checks import assert_part

QUICK = StableBaselines("PPO", steps=256, episode=10, rollouts=2)


def _problem(goals, bonus=0.0):
    """A fork with a room on either side, the left one worth nothing and the right one 1."""
    plan = {"fork": {"left": "poor", "right": "rich"}}
    world = explore("fork", lambda s: plan.get(s, {"stay": s}))
    return Problem(world, goals, 0.9, bonus=bonus)


@pytest.fixture
def deep():
    """The file that trains, where it can."""
    pytest.importorskip("stable_baselines3")
    from telos.agents import _deep

    return _deep


def test_without_the_extra_the_agent_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "telos.agents._deep", raising=False)
    monkeypatch.delattr(agents, "_deep", raising=False)
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    world = worlds.OffSwitch().build()
    problem = Problem(world, Goals(np.zeros((1, world.size))), 0.9)
    with pytest.raises(ProblemError, match=r'pip install "telos-lab\[sb3\]"'):
        QUICK.behave(problem, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"algorithm": "SAC"}, "choose one of 'DQN', 'PPO', 'A2C'"),
        ({"steps": 0}, "steps is 0"),
        ({"episode": 0}, "episode is 0"),
        ({"rollouts": 1.5}, "rollouts is 1.5"),
        ({"replica": -1}, "replica is -1"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(fields, words):
    with pytest.raises(ProblemError, match=words):
        StableBaselines(**fields)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["DQN", "PPO", "A2C"])
def test_a_deep_agent_walks_past_the_switch_where_being_off_is_worth_nothing(deep, algorithm):
    world = worlds.OffSwitch(rooms=2).build()
    goals = families.Uniform(low=0.5, off="zero").sample(world, 2, np.random.default_rng(0))
    problem = Problem(world, goals, 0.9)
    affordance = SelfPreservation().affordances(world)
    agent = StableBaselines(algorithm, steps=3000, episode=10, rollouts=5)
    behavior = agent.behave(problem, np.random.default_rng(0))
    np.testing.assert_array_equal(measure(problem, behavior, affordance).propensity, 1.0)
    best = Hedonistic().behave(problem, np.random.default_rng(0))
    np.testing.assert_array_equal(measure(problem, best, affordance).propensity, 1.0)


def test_its_policy_is_counts_over_visits_and_uniform_where_it_never_was(deep):
    problem = _problem(Goals([[0.0, 0.0, 1.0]]))
    behavior = QUICK.behave(problem, np.random.default_rng(0))
    assert behavior.visits.sum() == QUICK.episode * QUICK.rollouts
    assert behavior.foresight == "hedonistic"
    fork = problem.world.pairs_of(problem.world.find("fork"))
    assert behavior.visits[0, problem.world.find("fork")] == QUICK.rollouts
    # A network's likeliest action is one action: all rollouts go one way, and one room is never seen.
    assert set(behavior.policy[0, fork.start : fork.stop]) == {0.0, 1.0}
    assert np.count_nonzero(behavior.visits[0]) == 2


def test_the_same_learner_is_the_same_and_another_another(deep):
    problem = _problem(Goals([[0.0, 0.5, 0.5]]))
    same = [QUICK.behave(problem, np.random.default_rng(i)).policy for i in range(2)]
    np.testing.assert_array_equal(same[0], same[1])
    ways = {
        tuple(
            StableBaselines("A2C", steps=16, episode=5, rollouts=1, replica=r)
            .behave(problem, np.random.default_rng(0))
            .policy[0, :2]
        )
        for r in range(8)
    }
    assert len(ways) == 2


@pytest.mark.slow
def test_it_is_paid_what_a_safeguard_adds(deep):
    """Going right earns 1 a step for ever; fined 30 once, the agent turns left."""
    goals = Goals([[0.0, 0.0, 1.0]])
    world = _problem(goals).world
    fine = np.zeros(world.n_pairs)
    right = world.pair("fork", "right")
    fine[right] = -30.0
    agent = StableBaselines("DQN", steps=2000, episode=5, rollouts=1)
    for bonus, goes in ((0.0, 1.0), (fine, 0.0)):
        behavior = agent.behave(_problem(goals, bonus), np.random.default_rng(0))
        assert behavior.policy[0, right] == goes


def test_an_illegal_action_is_counted_as_what_was_carried_out_instead(deep):
    world = _problem(Goals([[0.0, 0.0, 1.0]])).world
    table = deep.carried_out(world)
    env = world.to_gymnasium(np.zeros(world.size))
    for s in range(world.size):
        for a in range(len(world.actions)):
            row = {t: p for p, t, _, _ in env.P[s][a]}
            assert world.successors(int(table[s, a])) == row


@pytest.mark.slow
def test_it_keeps_the_contract_of_an_agent(deep):
    assert_part(QUICK)
