"""Chances of explored environments: exact, or estimated within a stated interval, or refused."""

import copy
import pickle
import random

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import World, explore_env, load_world, save_world
from telos.errors import WorldError
from telos.interop._odds import interval


class Ring(gymnasium.Env):
    """Five rooms in a ring; going on (1) may fall into a trap (9), as `falls` decides."""

    action_space = Discrete(2)

    def __init__(self, falls, begin=lambda env, seed: None):
        self.falls, self.begin = falls, begin

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = 0
        self.begin(self, seed)
        return 0, {}

    def step(self, action):
        fallen = self.falls(self)
        if action == 1:
            self.s = 9 if fallen else (self.s + 1) % 5
        return self.s, 0.0, self.s == 9, False, {}


class Drawn(gymnasium.Env):
    """A Markov decision process that its author wrote down as a table, drawn from by `np_random.choice`."""

    def __init__(self, table):
        self.table, self.action_space = table, Discrete(len(table[0]))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = 0
        return 0, {}

    def step(self, action):
        row = self.table[self.s][action]
        self.s = int(self.np_random.choice(list(row), p=list(row.values())))
        return self.s, 0.0, False, False, {}


def room(env):
    return env.s


def explored(env, **said):
    # These environments keep plain attributes only, and generators are set before each step: a shallow
    # copy will do, a hundred times as fast as the default.
    return explore_env(env, **{"key": room, "progress": False, "copy": copy.copy, **said})


def trap(world, s=0):
    """The probability of the trap after going on from a room."""
    row = world.successors(world.pair(s, "1"))
    return sum(p for t, p in row.items() if world.states[t] == 9)


def complaint(env, **said):
    with pytest.raises(WorldError) as caught:
        explored(env, **said)
    return str(caught.value)


class TestOneNumberDrawn:
    """A step that draws one number from Gymnasium's generator has exact chances."""

    @pytest.mark.parametrize(
        ("falls", "chance"),
        [
            (lambda env: env.np_random.random() < 0.01, 0.01),
            (lambda env: env.np_random.random() < 1e-3, 1e-3),
            (lambda env: env.np_random.random() > 1 - 1e-4, 1e-4),
            (lambda env: env.np_random.uniform(-1, 1) > 1 / 3, 1 / 3),
            (lambda env: env.np_random.random() < 0.1234567, 0.1234567),
            (lambda env: env.np_random.integers(100) == 0, 0.01),
            (lambda env: env.np_random.integers(7) > 4, 2 / 7),
        ],
    )
    def test_its_chances_are_exact_however_small(self, falls, chance):
        world = explored(Ring(falls))
        assert [trap(world, s) for s in range(5)] == pytest.approx([chance] * 5, rel=1e-9)
        assert world.estimated is None

    @settings(max_examples=8, deadline=None)
    @given(st.data())
    def test_any_process_comes_back_within_its_intervals(self, data):
        size = data.draw(st.integers(2, 4))
        parts = st.dictionaries(st.integers(0, size - 1), st.integers(1, 20), min_size=1)
        pairs = st.lists(parts, min_size=2, max_size=2)
        weights = data.draw(st.lists(pairs, min_size=size, max_size=size))
        table = [
            [{t: w / sum(row.values()) for t, w in sorted(row.items())} for row in choices]
            for choices in weights
        ]
        world = explored(Drawn(table))
        # A twentieth of the intervals of estimates may be wrong; none by a factor of three.
        within = 1e-9 if world.estimated is None else 3 * world.estimated.widest
        for s in world.states:
            for action in range(2):
                row = world.successors(world.pair(s, str(action)))
                named = {world.states[t]: p for t, p in row.items()}
                assert named == pytest.approx(table[s][action], abs=within)


class TestSeveralNumbersDrawn:
    """Otherwise chances are estimates, with the number of draws and an interval."""

    def test_an_estimate_says_from_how_many_draws_and_how_close(self):
        both = Ring(lambda env: env.np_random.random() < 0.4 and env.np_random.random() < 0.5)
        world = explored(both)
        pair = world.pair(0, "1")
        at = list(world.estimated.pairs).index(pair)
        assert abs(trap(world) - 0.2) < world.estimated.half_width[at] <= 0.05
        assert "estimates, from" in world.estimated.describe()
        assert "95 % intervals" in world.estimated.describe()

    def test_a_narrower_interval_takes_more_draws(self):
        both = Ring(lambda env: env.np_random.random() < 0.4 and env.np_random.random() < 0.5)
        wide, narrow = (explored(both, tolerance=tolerance).estimated for tolerance in (0.2, 0.05))
        assert narrow.draws.min() > wide.draws.min()
        assert narrow.widest < wide.widest

    def test_a_trap_between_other_numbers_is_found_by_walking(self):
        world = explored(Ring(lambda env: env.np_random.integers(200) == 137))
        pairs = [world.pair(s, "1") for s in range(5)]
        of = dict(zip(world.estimated.pairs, world.estimated.half_width, strict=True))
        assert all(abs(trap(world, s) - 1 / 200) <= of[pairs[s]] for s in range(5))

    def test_what_cannot_be_had_to_the_tolerance_is_refused(self):
        both = Ring(lambda env: env.np_random.random() < 0.4 and env.np_random.random() < 0.5)
        said = complaint(both, tolerance=0.001)
        assert "state 0, action" in said
        assert "wider than tolerance=0.001 allows" in said
        assert "Pass a larger tolerance" in said


class TestHiddenChance:
    """What no key and no generator of the environment shows is named, not averaged."""

    @pytest.mark.parametrize("chance", [0.3, 2e-4])
    @pytest.mark.parametrize(
        ("draw", "name"), [(np.random.random, "numpy's"), (random.random, "the random module's")]
    )
    def test_a_global_generator_is_named_with_state_and_action(self, draw, name, chance):
        said = complaint(Ring(lambda env: draw() < chance))
        assert said.startswith("Ring, state 0, action '")
        assert f"draws from {name} global generator" in said
        assert "self.np_random" in said

    def test_a_global_generator_may_be_drawn_from_where_reseed_sets_it(self):
        world = explored(
            Ring(lambda env: random.random() < 0.3),
            reseed=lambda env, seed: random.seed(seed),
            tolerance=0.1,
        )
        assert abs(trap(world) - 0.3) <= world.estimated.widest

    def test_a_reset_or_a_copy_that_draws_globally_is_named(self):
        said = complaint(Ring(lambda env: False, lambda env, seed: random.random()))
        assert "reset(seed=0) draws from the random module's global generator" in said

        def copied(env):
            random.random()
            new = Ring(env.falls)
            new.s, new.np_random = env.s, env.np_random
            return new

        said = complaint(Ring(lambda env: False), copy=copied)
        assert "copying the environment draws from the random module's global generator" in said

    def test_what_the_reset_drew_and_the_key_does_not_hold_is_found(self):
        def begin(env, seed):
            env.cursed = env.np_random.random() < 0.3

        said = complaint(Ring(lambda env: env.cursed and env.np_random.random() < 0.5, begin))
        assert "key is not a state" in said
        assert "reset(seed=0)" in said

    def test_a_chance_that_changes_with_a_hidden_count_is_found(self):
        def begin(env, seed):
            env.steps = 0

        def falls(env):
            env.steps += 1
            return env.np_random.random() < (0.2 if env.steps % 2 else 0.4)

        assert "key is not a state" in complaint(Ring(falls, begin))

    def test_a_start_that_is_one_of_several_says_so(self):
        def begin(env, seed):
            env.s = int(env.np_random.integers(5))

        env = Ring(lambda env: False, begin)
        assert "one reset; other seeds may start elsewhere" in explored(env).estimated.describe()
        many = explored(env, seeds=range(100))
        assert many.estimated.starts == 100
        assert many.start == pytest.approx([0.2] * 5, abs=0.15)


class TestEnvironmentsNobodyHereWrote:
    """Each is right within a stated interval, or refused with the reason."""

    LAKE = ("FrozenLake-v1",)

    def test_a_lake_with_sticky_actions_is_refused_by_its_table_and_by_its_key(self):
        def lake():
            return gymnasium.wrappers.StickyAction(
                gymnasium.make("FrozenLake-v1", is_slippery=False), 0.5
            )

        with pytest.raises(
            WorldError, match="the wrapper StickyAction may change what a step does"
        ):
            World.from_gymnasium(lake())
        with pytest.raises(WorldError, match="key is not a state"):
            explored(lake(), copy=copy.deepcopy)

    def test_a_lake_with_sticky_actions_is_right_once_the_last_action_is_in_the_key(self):
        class Sticky(gymnasium.Env):
            """The wrapper as an environment, whose last action can be read."""

            def __init__(self):
                lake = gymnasium.make("FrozenLake-v1", desc=["SF", "HG"], is_slippery=False)
                self.env = gymnasium.wrappers.StickyAction(lake.unwrapped, 0.5)
                self.action_space = lake.action_space

            def reset(self, *, seed=None, options=None):
                return self.env.reset(seed=seed)

            def step(self, action):
                return self.env.step(action)

        world = explored(
            Sticky(),
            key=lambda e: (e.env.unwrapped.s, e.env.last_action),
            copy=copy.deepcopy,
            tolerance=0.1,
        )
        row = world.successors(world.pair((0, 0), "2"))  # left before, right now
        named = {world.states[t]: p for t, p in row.items()}
        assert named == pytest.approx({(0, 0): 0.5, (1, 2): 0.5}, abs=world.estimated.widest)

    @pytest.mark.parametrize("rainy", [False, True])
    def test_a_taxi_with_a_fickle_passenger_is_refused_with_state_action_seen_and_table(
        self, rainy
    ):
        taxi = gymnasium.make("Taxi-v4", fickle_passenger=True, is_rainy=rainy)
        with pytest.raises(WorldError) as caught:
            World.from_gymnasium(taxi)
        said = str(caught.value)
        assert "steps of the environment lead to" in said
        assert "its table P says" in said
        assert "fickle_passenger=True" in said

    def test_a_taxi_in_the_rain_is_right(self):
        world = World.from_gymnasium(gymnasium.make("Taxi-v4", is_rainy=True))
        row = world.successors(world.pair(0, "0"))
        assert sorted(row.values()) == pytest.approx([0.1, 0.1, 0.8])

    def test_a_trap_of_one_in_a_thousand_is_exact(self):
        world = explored(Ring(lambda env: env.np_random.random() < 1e-3))
        assert trap(world) == pytest.approx(1e-3)


def test_what_is_estimated_comes_along_with_every_world_made_from_it(tmp_path):
    both = Ring(lambda env: env.np_random.random() < 0.4 and env.np_random.random() < 0.5)
    world = explored(both, tolerance=0.2)
    assert pickle.loads(pickle.dumps(world)).estimated == world.estimated
    save_world(world, tmp_path)
    assert load_world(tmp_path).estimated == world.estimated
    kept = np.ones(world.n_pairs, dtype=bool)
    kept[world.pair(0, "0")] = False
    left = world.keep(kept)
    named = {world.describe(int(pair)) for pair in world.estimated.pairs}
    assert {left.describe(int(pair)) for pair in left.estimated.pairs} <= named
    assert len(left.estimated.pairs) in (len(world.estimated.pairs), len(world.estimated.pairs) - 1)


def test_clopper_and_pearsons_interval_is_the_textbooks():
    low, high = interval(3, 20, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.0321, 0.3789)


@pytest.mark.parametrize("draws", [1, 10, 50])
def test_a_number_of_draws_is_a_least_number_and_hides_nothing(draws):
    one = Ring(lambda env: env.np_random.random() < 0.01)
    assert trap(explored(one, chances=draws)) == pytest.approx(0.01, abs=1e-9)
    two = Ring(lambda env: (env.np_random.random() < 0.3) == (env.np_random.random() < 0.3))
    assert trap(explored(two, chances=draws)) == pytest.approx(0.58, abs=0.1)


@pytest.mark.parametrize("odd", [0, 10_001, 2.5, "some", True])
def test_a_number_of_draws_out_of_range_is_refused(odd):
    with pytest.raises(WorldError, match=r'chances is .*give "auto"'):
        explored(Ring(lambda env: False), chances=odd)
