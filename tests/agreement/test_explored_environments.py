"""Environments explored by stepping them, against their own tables read by `World.from_gymnasium`."""

import copy
from functools import cache

import gymnasium
import numpy as np
import pytest

from telos import Goals, Problem, World, explore_env, solve
from telos.errors import WorldError
from telos.interop import observed_reward


def bare(name, **options):
    """The environment without wrappers: a step then replaces attributes, and a shallow copy will do."""
    return gymnasium.make(name, **options).unwrapped


def explored(env, **said):
    return explore_env(env, key=lambda e: e.s, copy=copy.copy, **said)


ENVIRONMENTS = {
    "frozen lake": (("FrozenLake-v1",), {"is_slippery": False}),
    "slippery lake": (("FrozenLake-v1",), {"is_slippery": True}),
    "slippery lake of one's own": (
        ("FrozenLake-v1",),
        {"desc": ["SFFH", "FHFF", "FFFG"]},
    ),
    "cliff": (("CliffWalking-v1",), {}),
    "slippery cliff": (("CliffWalking-v1",), {"is_slippery": True}),
}


@cache
def both(name):
    """The table of an environment and the world explored from it, once for all tests of them."""
    (made, options) = ENVIRONMENTS[name]
    env = bare(*made, **options)
    return World.from_gymnasium(env), explored(env)


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("discount", [pytest.param(0.5, marks=pytest.mark.long), 0.95])
def test_every_goal_is_worth_the_same_in_the_explored_world_as_in_the_table(name, discount):
    table, world = both(name)
    there = np.array([table.find(state) for state in world.states])
    reward = np.random.default_rng(5).uniform(-1.0, 1.0, (200, table.size))
    known = solve(Problem(table, Goals(reward), discount)).value[:, there]
    found = solve(Problem(world, Goals(reward[:, there]), discount)).value
    np.testing.assert_allclose(found, known, atol=1e-7)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_pair_leads_where_the_table_says_as_often_as_it_says(name):
    table, world = both(name)
    there = [table.find(state) for state in world.states]
    for s in range(world.size):
        for pair, twin in zip(world.pairs_of(s), table.pairs_of(there[s]), strict=True):
            row = {there[t]: p for t, p in world.successors(pair).items()}
            assert row == pytest.approx(table.successors(twin))
    start = np.zeros(table.size)
    start[there] = world.start
    np.testing.assert_allclose(start, table.start)


def test_the_taxi_is_explored_whole_and_every_goal_is_worth_the_same():
    """From a start 404 of the table's 504 states can be come to: 4 destinations, 100 and an end each.

    The table also lists a passenger who waits at the destination, which nobody comes to; so there an
    end is a state apart, and here it is not.
    """
    env = bare("Taxi-v4")
    seed_of = {}
    for seed in range(40):
        env.reset(seed=seed)
        seed_of.setdefault(env.s % 4, seed)
    table = World.from_gymnasium(env)
    world = explored(env, seeds=seed_of.values())
    ended = world.features["ended"] == 1
    assert (len(seed_of), world.size, ended.sum()) == (4, 404, 4)
    there = np.array(
        [table.find((s, "end") if end else s) for s, end in zip(world.states, ended, strict=True)]
    )
    reward = np.random.default_rng(2).uniform(-1.0, 1.0, (20, table.size))
    known = solve(Problem(table, Goals(reward), 0.9)).value[:, there]
    found = solve(Problem(world, Goals(reward[:, there]), 0.9)).value
    np.testing.assert_allclose(found, known, atol=1e-7)


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1"])
@pytest.mark.parametrize("slippery", [False, True])
def test_the_environments_own_reward_is_worth_what_value_iteration_says(name, slippery):
    """V(start) in Telos is the discount times the optimal return, by Bellman's equation on the table."""
    env, discount = bare(name, is_slippery=slippery), 0.9
    world = explored(env, remember_reward=True)
    value = np.zeros(len(env.P))
    for _ in range(400):
        value = np.array(
            [
                max(
                    sum(p * (r + discount * value[t] * (not end)) for p, t, r, end in row)
                    for row in env.P[s].values()
                )
                for s in range(len(env.P))
            ]
        )
    solution = solve(Problem(world, observed_reward(world), discount))
    start = int(np.argmax(env.initial_state_distrib))
    error = solution.bound[0] + 1e-9
    assert solution.at_start[0] == pytest.approx(discount * value[start], abs=error)


class TestBlackjack:
    """Cards: a hit draws once and is exact; what the dealer does draws often and is an estimate."""

    @staticmethod
    def copied(env):
        """Sixty times as fast as a deep copy: a step changes nothing but the two hands."""
        new = copy.copy(env)
        new.player, new.dealer = list(env.player), list(env.dealer)
        return new

    @staticmethod
    def seen(env):
        return sum(env.player), 1 in env.player, len(env.player), env.dealer[0]

    @staticmethod
    def whole(env):
        return tuple(sorted(env.player)), tuple(env.dealer[:2])

    def test_a_hit_draws_each_rank_as_often_as_the_deck_holds_it(self):
        world = explore_env(
            bare("Blackjack-v1"),
            key=self.whole,
            tolerance=0.4,
            copy=self.copied,
            actions=("stick", "hit"),
            off="unrewarded",
            verify="none",
        )
        start = int(np.argmax(world.start))
        hand, dealer = world.states[start]
        row = world.successors(world.pair((hand, dealer), "hit"))
        drawn = {}
        for t, p in row.items():
            state = world.states[t]
            state = state[0] if state[1] in ("end", "off") else state
            more = list(state[0])
            for card in hand:
                more.remove(card)
            drawn[more[0]] = p
        assert drawn == pytest.approx({c: (4 if c == 10 else 1) / 13 for c in range(1, 11)})

    def test_what_the_player_sees_is_a_state_until_winning_counts_because_of_the_hidden_card(self):
        said = {
            "actions": ("stick", "hit"),
            "copy": self.copied,
            "key": self.seen,
            "seeds": range(3),
            "tolerance": 0.4,
        }
        explore_env(bare("Blackjack-v1"), verify="none", **said)
        with pytest.raises(WorldError, match="key is not a state") as caught:
            explore_env(bare("Blackjack-v1"), off="unrewarded", **said)
        assert "'stick' leads to" in str(caught.value)
