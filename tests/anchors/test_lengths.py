"""Trajectory lengths, neutrality, usefulness and DReST: the closed forms of THEORY section 11."""

from math import comb

import numpy as np
import pytest

from telos import Behavior, Goals, Problem, agents, explore
from telos.errors import FeatureMissing, ProblemError
from telos.families import Uniform
from telos.theory import (
    drest_return,
    drest_reward,
    lengths,
    neutrality,
    plug_in_entropy,
    usefulness,
)
from telos.worlds import OffSwitch, RandomWorld


def _corridor(n):
    """n places in a row; in each one may go on or be off. The last goes on for ever."""
    return explore(
        0,
        lambda s: {"stop": "off", "go": min(s + 1, n)} if s != "off" else {"stop": s},
        features={"off": lambda s: s == "off"},
    )


def test_at_decay_09_and_two_lengths_mixing_evenly_is_optimal():
    chances = np.linspace(0, 1, 101)
    laws = np.stack([chances, 1 - chances], axis=1)
    for episodes in (2, 8, 32, 58):
        returns = drest_return(laws, [1.0, 1.0], episodes=episodes, decay=0.9)
        assert chances[returns.argmax()] == 0.5
    assert np.ptp(drest_return(laws, [1.0, 1.0], episodes=1)) < 1e-12  # one choice has no history


def test_in_a_long_meta_episode_a_lopsided_mix_earns_more():
    """From 59 mini-episodes on: the rare length is paid `decay^(n - (i - 1)/2)`, which has no bound."""
    chances = np.linspace(0, 1, 2001)
    laws = np.stack([chances, 1 - chances], axis=1)
    returns = drest_return(laws, [1.0, 1.0], episodes=59, decay=0.9)
    assert 0.4 < min(chances[returns.argmax()], 1 - chances[returns.argmax()]) < 0.49
    fair, lopsided = drest_return([[0.5, 0.5], [0.32, 0.68]], [1.0, 1.0], episodes=64)
    assert lopsided > 1.01 * fair


def test_the_expected_return_agrees_with_all_sequences():
    law, score, n = np.array([0.3, 0.7]), np.array([1.0, 0.5]), 6
    total = 0.0
    for code in range(2**n):
        chosen = [(code >> i) & 1 for i in range(n)]
        total += law[chosen].prod() * drest_reward(chosen, score[chosen], kinds=2, decay=0.8).sum()
    assert drest_return(law, score, episodes=n, decay=0.8) == pytest.approx(total, abs=1e-12)


def test_the_plug_in_entropy_of_eight_fair_samples_averages_0_9024():
    mean = sum(comb(8, j) / 2**8 * plug_in_entropy([j, 8 - j]).item() for j in range(9))
    assert round(mean, 4) == 0.9024


def test_usefulness_of_the_worked_example():
    assert usefulness([0.5, 0.5], [3.0, 4.0], [4.0, 4.0]).item() == 0.875
    assert usefulness([1.0, 0.0], [2.0, np.nan], [2.0, np.nan]).item() == 1.0
    assert neutrality([0.25] * 4).item() == 2.0


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5])
def test_a_corridor_has_geometric_lengths(p):
    world = _corridor(3)
    policy = [p if world.actions[a] == "stop" else 1 - p for a in world.pair_action]
    policy = np.where(np.repeat(np.diff(world.pair_ptr) == 1, np.diff(world.pair_ptr)), 1.0, policy)
    found = lengths(Problem(world, Goals(np.ones(world.size)), 0.5), Behavior(policy), horizon=5)
    law = [0.0, *[p * (1 - p) ** (k - 1) for k in range(1, 6)], (1 - p) ** 5]
    np.testing.assert_allclose(found.probability[0], law, atol=1e-15)
    assert found.usefulness[0] == pytest.approx(1.0)  # a reward of 1 a step cannot be missed
    np.testing.assert_allclose(found.available[0, 1:6], 2 * (1 - 0.5 ** np.arange(1.0, 6.0)))


def test_stopping_early_may_be_useful_at_its_length():
    """Place 1 pays 4 and place 2 nothing. An agent that dawdles collects less."""
    moves = {"a": {"wait": "a2", "work": "b"}}
    world = explore(
        "a",
        lambda s: moves.get(s, {"stop": "off"}),
        features={"off": lambda s: s == "off"},
    )
    reward = [4.0 if s == "b" else 1.0 if s in ("a", "a2") else 0.0 for s in world.states]
    problem = Problem(world, Goals(reward), 0.999999)
    half = [0.5 if world.states[s] == "a" else 1.0 for s in world.pair_state]
    found = lengths(problem, Behavior(half), horizon=3)
    assert found.probability[0, 2] == 1.0
    assert found.neutrality[0] == 0.0
    assert found.usefulness[0] == pytest.approx((0.5 * 2 + 0.5 * 5) / 5, abs=1e-5)


def test_the_indifferent_may_be_off_at_any_time_and_others_not():
    world = OffSwitch(rooms=2).build()
    wants = [[0.0] * world.size, [float(s == "room 1") for s in world.states]]
    problem = Problem(world, Goals(wants), 0.9)
    found = lengths(problem, agents.Optimal().behave(problem, np.random.default_rng(0)), horizon=4)
    assert found.least[0].tolist() == [0.0] * 6
    assert found.most[0].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    low, high = found.neutrality_limits()
    assert low.tolist() == [0.0, 0.0]
    assert high[0] == pytest.approx(1.0)
    assert high[1] == 0.0 == found.neutrality[1]
    blind = lengths(problem, agents.UniformRandom().behave(problem, np.random.default_rng(0)))
    assert (blind.least[1] == blind.most[1]).all()  # what is not optimal breaks no ties


@pytest.mark.parametrize("seed", range(4))
def test_lengths_agree_with_all_trajectories_listed_in_full(seed):
    world = RandomWorld(states=4, actions=2, successors=2, absorbing=1, seed=seed).build()
    rng, discount, horizon = np.random.default_rng(seed), 0.8, 4
    goals = Uniform().sample(world, 1, rng)
    weight = rng.random(world.n_pairs)
    policy = weight / np.add.reduceat(weight, world.pair_ptr[:-1])[world.pair_state]
    off = world.feature("off") > 0
    law, score, most = np.zeros(horizon + 2), np.zeros(horizon + 2), np.full(horizon + 2, -np.inf)
    walks = [(s, p, 0.0) for s, p in enumerate(world.start) if p]
    for t in range(horizon + 2):
        going = []
        for s, p, c in walks:
            if off[s] or t > horizon:
                law[t] += p
                score[t] += p * c
                most[t] = max(most[t], c)
                continue
            c += discount**t * goals.reward[0, s]
            going += [
                (to, p * policy[pair] * q, c)
                for pair in world.pairs_of(s)
                for to, q in world.successors(pair).items()
            ]
        walks = going
    found = lengths(Problem(world, goals, discount), Behavior(policy), horizon=horizon)
    some = law > 0
    np.testing.assert_allclose(found.probability[0], law, atol=1e-12)
    np.testing.assert_allclose(found.collected[0, some], (score[some] / law[some]), atol=1e-9)
    np.testing.assert_allclose(found.available[0, some], most[some], atol=1e-9)
    use = sum(
        law[some] * np.where(most[some] > 0, (score / np.where(some, law, 1))[some] / most[some], 1)
    )
    assert found.usefulness[0] == pytest.approx(use, abs=1e-9)


def test_what_cannot_be_asked_is_refused():
    world = OffSwitch(rooms=2).build()
    coin = agents.UniformRandom()

    def ask(reward, **how):
        problem = Problem(world, Goals(reward), 0.9)
        return lengths(problem, coin.behave(problem, np.random.default_rng(0)), **how)

    with pytest.raises(ProblemError, match="negative"):
        ask([-1.0] * world.size)
    with pytest.raises(ProblemError, match="horizon"):
        ask([1.0] * world.size, horizon=0)
    bare = explore("a", lambda s: {"go": s})
    with pytest.raises(FeatureMissing):
        lengths(Problem(bare, Goals([1.0]), 0.9), Behavior([1.0]))
    for wrong in (
        lambda: drest_reward([1, 2, 3], [1.0] * 3, kinds=2),
        lambda: drest_reward([1], [1.0, 2.0], kinds=2),
        lambda: drest_reward([1], [1.0], kinds=2, decay=1.0),
        lambda: drest_return([0.5, 0.6], [1.0, 1.0], episodes=2),
        lambda: drest_return([0.5, 0.5], [1.0, 1.0], episodes=0),
        lambda: plug_in_entropy([0, 0]),
        lambda: usefulness([1.0], [-1.0], [1.0]),
    ):
        with pytest.raises(ProblemError):
            wrong()
