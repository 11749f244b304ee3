"""explore_env finds the world that is there, and says what is wrong with one that is not."""

import threading
from enum import Enum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import World, explore, explore_env
from telos.core.spec import from_spec, to_spec
from telos.errors import GoalsError, WorldError
from telos.interop import ClonedWorld, MinigridWorld, observed_reward


class Space:
    """A stand-in for Gymnasium's space of the same name."""

    def __init__(self, n):
        self.n = n


Discrete = type("Discrete", (Space,), {})


class Line:
    """Cells 0 to `length`; 'right' moves on, 'wait' does not. Nothing of it is Gymnasium's own.

    Hidden beneath: `clock` counts every step, and what happens when is up to the hooks.
    """

    def __init__(self, length=4, ends=(), limit=None, explodes=None):
        self.length, self.ends, self.limit, self.explodes = length, ends, limit, explodes
        self.action_space = Discrete(2)

    def reset(self, *, seed=None):
        self.rng = np.random.default_rng(seed)
        self.cell = self.clock = 0
        return None, {}

    def step(self, action):
        self.clock += 1
        before = self.cell
        self.cell = min(self.cell + int(action), self.length)
        exploded = self.explodes is not None and self.clock >= self.explodes
        terminated = exploded or (self.cell in self.ends and before != self.cell)
        return None, float(self.cell), terminated, self.clock == self.limit, {}


class Drifting(Line):
    """The wind takes the agent a cell further one time in `odds`."""

    def __init__(self, odds):
        super().__init__(6)
        self.odds = odds

    def step(self, action):
        self.cell = min(self.cell + (int(action) and 1 + (self.rng.random() < 1 / self.odds)), 6)
        return None, 0.0, False, False, {}


class Table:
    """A random deterministic world as an environment: `table[s][a]` is (next state, terminated)."""

    def __init__(self, table):
        self.table, self.action_space = table, Discrete(len(table[0]))

    def reset(self, *, seed=None):
        self.s = 0
        return 0, {}

    def step(self, action):
        self.s, end = self.table[self.s][action]
        return self.s, 0.0, end, False, {}


def cell(env):
    return env.cell


def tried(env, **said):
    return explore_env(env, **{"key": cell, "actions": ("wait", "right"), **said})


def complaint(env, **said):
    with pytest.raises(WorldError) as caught:
        tried(env, **said)
    return str(caught.value)


class TestWhatIsFound:
    """Worlds of a known shape."""

    def test_a_line_is_the_line_that_its_author_would_write_down(self):
        found = tried(Line(4), features={"far": cell}, default="wait")
        written = explore(
            0,
            lambda s: {"wait": s, "right": min(s + 1, 4)},
            features={"far": float},
            default="wait",
        )
        for field in ("states", "actions"):
            assert getattr(found, field) == getattr(written, field)
        for field in ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "default"):
            np.testing.assert_array_equal(getattr(found, field), getattr(written, field))
        np.testing.assert_array_equal(found.feature("far"), written.feature("far"))
        assert not found.feature("ended").any()

    @settings(max_examples=25, deadline=None)
    @given(st.data())
    def test_any_table_comes_back_as_it_was_with_every_end_looping(self, data):
        size, actions = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 3))
        entry = st.tuples(st.integers(0, size - 1), st.booleans())
        table = data.draw(
            st.lists(
                st.lists(entry, min_size=actions, max_size=actions), min_size=size, max_size=size
            )
        )
        world = explore_env(Table(table), key=lambda env: env.s)

        def original(s):
            if isinstance(s, tuple):
                return {str(a): s for a in range(actions)}
            return {str(a): (t, "end") if end else t for a, (t, end) in enumerate(table[s])}

        known = explore(0, original)
        assert world.size == known.size
        passed = {s for s in known.states if not isinstance(s, tuple)}
        name = {s: s[0] if isinstance(s, tuple) and s[0] not in passed else s for s in known.states}
        assert world.states == tuple(name[s] for s in known.states)
        np.testing.assert_array_equal(world.next_state, known.next_state)
        ended = [isinstance(s, tuple) for s in known.states]
        np.testing.assert_array_equal(world.feature("ended"), ended)

    def test_an_end_loops_and_is_a_state_of_its_own_where_its_key_is_also_passed(self):
        env = Table([[(1, False), (1, True)], [(0, False), (1, False)]])
        world = explore_env(env, key=lambda e: e.s, off="ended")
        assert world.states == (0, 1, (1, "off"))
        assert world.feature("off").tolist() == [0, 0, 1]
        assert all(world.successors(pair) == {2: 1.0} for pair in world.pairs_of(2))

    def test_what_is_truncated_goes_on(self):
        world = tried(Line(8, limit=3))
        assert world.states == tuple(range(9))
        assert not world.feature("ended").any()

    def test_gymnasiums_time_limit_changes_nothing(self):
        import gymnasium

        def built(steps):
            return explore_env(
                gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=steps),
                key=lambda env: env.s,
                off="unrewarded",
            )

        one, two = built(2), built(1000)
        assert one.states == two.states
        np.testing.assert_array_equal(one.next_state, two.next_state)
        assert one.feature("off").sum() == 4

    def test_a_counter_in_the_environment_is_set_back_by_prepare(self):
        def rewind(env):
            env.clock = 0

        world = tried(Line(4, explodes=3), prepare=rewind, verify="full")
        assert (world.size, world.feature("ended").sum()) == (5, 0)

    def test_a_reward_that_is_remembered_is_paid_once(self):
        world = tried(Line(2, ends=(2,)), remember_reward=True)
        assert world.states == ((0, 0.0), (1, 1.0), (2, 2.0, "end"), (2, 0.0, "end"))
        assert world.feature("reward").tolist() == [0.0, 1.0, 2.0, 0.0]
        assert observed_reward(world).reward.tolist() == [[0.0, 1.0, 2.0, 0.0]]

    def test_starts_are_weighted_and_legal_actions_are_kept_to(self):
        class Somewhere(Line):
            def reset(self, *, seed=None):
                super().reset(seed=seed)
                self.cell = seed % 3
                return None, {}

        world = tried(
            Somewhere(3),
            seeds={0: 1.0, 1: 2.0, 3: 1.0},
            legal=lambda env: (env.cell != 1, True),
        )
        assert dict(zip(world.states, world.start, strict=True)) == {0: 0.5, 1: 0.5, 2: 0, 3: 0}
        assert [len(world.pairs_of(world.find(s))) for s in range(4)] == [2, 1, 2, 2]

    @pytest.mark.parametrize("odds", [2, 4])
    def test_a_chance_that_is_a_multiple_of_one_nth_is_exact(self, odds):
        world = tried(Drifting(odds))
        row = world.successors(world.pair(0, "right"))
        assert {world.states[t]: p for t, p in row.items()} == {1: 1 - 1 / odds, 2: 1 / odds}
        assert world.successors(world.pair(0, "wait")) == {0: 1.0}

    def test_other_spaces_take_their_actions_by_name(self):
        env = Line(2)
        env.action_space = "boxes"
        assert "actions=" in complaint(env)
        world = tried(env, actions={"stay": 0, "leap": 2})
        assert world.states == (0, 2)


class TestAKeyThatIsNoState:
    """Detected, and reported with both ways, the action, and what differs."""

    def test_a_counter_that_acts_soon_is_found_by_comparing_what_is_come_to_again(self):
        said = complaint(Line(4, explodes=3))
        assert "key is not a state. Two action sequences lead to 1:\n" in said
        assert "  1. reset(seed=0), right\n  2. reset(seed=0), right, wait\n" in said
        assert "and to" in said
        assert "the end of the episode" in said
        assert "prepare=" in said

    def test_a_counter_that_acts_late_is_found_by_walking(self):
        said = complaint(Line(4, explodes=300))
        assert "key is not a state" in said
        assert " more) …, " in said  # three hundred actions are not read by anybody

    def test_without_verification_nobody_looks(self):
        assert tried(Line(4, explodes=300), verify="none").size == 5

    def test_the_two_ways_really_part_where_the_message_says(self):
        """The message is followed to the letter in a new environment."""
        import re

        said = complaint(Line(4, explodes=3))
        ways = re.findall(r"^  \d\. reset\(seed=0\)(.*)$", said, flags=re.MULTILINE)
        (action,) = re.findall(r"then '(\w+)' leads to", said)
        ends = []
        for way in ways:
            env = Line(4, explodes=3)
            env.reset(seed=0)
            for name in [*filter(None, way.split(", ")), action]:
                seen = env.step(("wait", "right").index(name))
            ends.append((env.cell, seen[2]))
        assert ends[0] != ends[1]

    @pytest.mark.parametrize(
        ("said", "what"),
        [
            (
                {"features": {"clock": lambda env: env.clock}},
                "feature 'clock' is 0 in one case and 1",
            ),
            ({"outcome": lambda env: env.clock % 2}, "the outcome is 0 in one case and 1"),
            (
                {"legal": lambda env: (env.clock < 1, True)},
                "the legal actions are wait, right in one",
            ),
        ],
    )
    def test_what_is_read_must_be_the_same_by_every_way(self, said, what):
        assert what in complaint(Line(4), **said, verify="none")

    def test_copies_that_share_what_a_step_changes_are_told_from_a_bad_key(self):
        class Boxed(Line):
            """The cell lies in a list, which a shallow copy shares."""

            def reset(self, *, seed=None):
                self.box = [0]
                return None, {}

            def step(self, action):
                self.box[0] = min(self.box[0] + int(action), 3)
                return None, 0.0, False, False, {}

        from copy import copy

        asked = {"key": lambda env: env.box[0], "actions": {"right": 1, "wait": 0}}
        assert "copies of the environment are not independent" in complaint(
            Boxed(3), **asked, copy=copy
        )
        assert tried(Boxed(3), **asked).size == 4


class TestChance:
    """What is random is said to be."""

    def test_draws_that_do_not_matter_are_no_chance(self):
        class Idle(Line):
            def step(self, action):
                self.rng.random()
                return super().step(action)

        assert tried(Idle(3)).size == 4

    def test_chance_from_a_generator_outside_is_named(self):
        class Elsewhere(Line):
            source = np.random.default_rng(1)

            def step(self, action):
                self.cell = min(self.cell + int(action and Elsewhere.source.random() < 0.5), 4)
                return None, 0.0, False, False, {}

        said = complaint(Elsewhere(4))
        assert (
            "state 0, action 'right': the step draws from a generator to which no attribute" in said
        )
        assert "self.np_random" in said

    def test_a_generator_that_cannot_be_seen_is_seeded_by_its_owner(self):
        def coin(seed):
            rng = np.random.default_rng(seed)
            return lambda: rng.random() < 0.5

        class Odd(Line):
            def reset(self, *, seed=None):
                super().reset(seed=seed)
                del self.rng
                self.coin = coin(seed)
                return None, {}

            def step(self, action):
                self.cell = min(self.cell + int(action and self.coin()), 2)
                return None, 0.0, False, False, {}

        assert "with reseed= how" in complaint(Odd(2))

        def reseed(env, seed):
            env.coin = coin(seed)

        world = tried(Odd(2), reseed=reseed, tolerance=0.1)
        row = world.successors(world.pair(0, "right"))
        assert row == pytest.approx({0: 0.5, 1: 0.5}, abs=world.estimated.widest)


class Color(Enum):
    RED = 1


class TestWhatCannotBeRead:
    """Each mistake has its message and its remedy."""

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"key": lambda env: np.arange(3)}, "not hashable; for an array use value.tobytes()"),
            (
                {"key": lambda env: (0, np.arange(3))},
                "not hashable; for an array use value.tobytes()",
            ),
            ({"key": lambda env: [env.cell]}, "not hashable; use tuples"),
            ({"key": lambda env: (env.cell, env.rng)}, "equals nothing but itself"),
            ({"outcome": lambda env: {}}, "state 0: outcome is {}, which is not hashable"),
            ({"features": {"speed": lambda env: "fast"}}, "state 0: speed is 'fast'"),
            ({"features": {"speed": lambda env: np.nan}}, "give a finite number"),
            (
                {"features": {"ended": cell}},
                "feature 'ended' is given by features= but made always",
            ),
            ({"legal": lambda env: (True,)}, "1 flags for 2 actions"),
            ({"legal": lambda env: (False, False)}, "legal allows no action"),
            ({"legal": lambda env: (env.cell < 2, True), "default": 0}, "'wait' is not legal here"),
            ({"limit": 3}, "more than 3 states; the last is 3"),
            ({"key": lambda env: env.clock}, "more than 50 states"),
            ({"copy": lambda env: env}, "returned its own argument"),
            ({"copy": lambda env: None}, "returned nothing"),
            ({"actions": ("wait",)}, "1 action names for 2 actions"),
            ({"default": "rest"}, "no action 'rest'. "),
            ({"default": 5}, "default is 5, but there are 2 actions"),
            ({"off": "dead"}, "off is 'dead'"),
            ({"verify": "some"}, "verify is 'some'"),
            ({"tolerance": 0.5}, "tolerance is 0.5"),
            ({"seeds": ()}, "give at least one"),
            ({"seeds": {0: -1.0}}, "positive weights"),
        ],
    )
    def test_what_is_said_amiss_is_named(self, said, message):
        assert message in complaint(Line(4), **{"limit": 50, **said})

    def test_names_may_be_enumerations_and_numpy_numbers(self):
        world = tried(Line(1), key=lambda env: (Color.RED, np.int64(env.cell), None))
        assert world.states == ((Color.RED, 0, None), (Color.RED, 1, None))
        assert type(world.states[1][1]) is int

    def test_an_environment_that_cannot_be_copied_is_said_to_need_a_copy(self):
        env = Line(3)
        env.lock = threading.Lock()
        assert "cannot be copied (TypeError" in complaint(env)
        assert "Pass copy=" in complaint(env)

        def without_lock(old):
            new = Line(old.length)
            new.cell, new.clock, new.rng = old.cell, old.clock, old.rng
            return new

        assert tried(env, copy=without_lock).size == 4

    def test_an_old_interface_is_named(self):
        class Old(Line):
            def step(self, action):
                return super().step(action)[:4]

        class Older(Line):
            def reset(self, *, seed=None):
                return super().reset(seed=seed)[0]

        for env, said in (
            (Old(2), "step() must return"),
            (Older(2), "reset(seed=...) must return"),
        ):
            assert said in complaint(env)
            assert "class Adapter(gymnasium.Env)" in complaint(env)

    def test_a_world_without_rewards_has_no_observed_reward(self):
        with pytest.raises(GoalsError, match="remember_reward=True"):
            observed_reward(tried(Line(2)))

    def test_an_interrupt_comes_through(self):
        class Interrupted(Line):
            def step(self, action):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tried(Interrupted(2))


def make_line(length):
    """For ClonedWorld: an environment by dotted path."""
    return Line(length)


def is_far(env):
    """For ClonedWorld: a feature by dotted path."""
    return env.cell > 1


class TestClonedWorld:
    """Environments as data."""

    LINE = ClonedWorld(
        make=f"{__name__}:make_line",
        options=(("length", 3),),
        key="cell",
        features=(("far", f"{__name__}:is_far"), ("clock", "length")),
        outcome=("cell",),
        off=None,
        actions=("wait", "right"),
        default="wait",
    )

    def test_it_is_read_back_from_its_own_data_and_builds_what_explore_env_does(self):
        again = from_spec(to_spec(self.LINE), trust=["telos.interop", __name__])
        assert again == self.LINE
        world = again.build()
        assert world.states == (0, 1, 2, 3)
        assert world.feature("far").tolist() == [0, 0, 1, 1]
        assert world.feature("clock").tolist() == [3, 3, 3, 3]

    def test_a_slippery_lake_is_exactly_gymnasiums(self):
        import gymnasium

        world, table = ClonedWorld().build(), World.from_gymnasium(gymnasium.make("FrozenLake-v1"))
        for s in range(16):
            for pair, twin in zip(world.pairs_of(s), range(4), strict=True):
                known = table.successors(table.pair(world.states[s], str(twin)))
                row = {world.states[t]: p for t, p in world.successors(pair).items()}
                assert row == pytest.approx(known)

    def test_a_reading_that_is_not_there_is_named(self):
        with pytest.raises(WorldError, match="has no attribute 'cel'"):
            ClonedWorld(make=f"{__name__}:make_line", options=(("length", 1),), key="cel").build()
        with pytest.raises(WorldError, match="key is empty"):
            ClonedWorld(key=())


class TestMinigrid:
    """Levels as their authors made them."""

    def test_lava_is_off_and_the_green_goal_is_not(self):
        world = MinigridWorld(id="MiniGrid-LavaGapS5-v0").build()
        assert world.feature("ended").sum() == 4
        lava = [world.outcomes[world.outcome[s]] for s in np.flatnonzero(world.feature("off"))]
        assert len(set(lava)) == 2  # the two cells of lava beside the gap, entered from three sides
        everything = MinigridWorld(id="MiniGrid-LavaGapS5-v0", off="ended").build()
        np.testing.assert_array_equal(everything.feature("off"), world.feature("ended"))

    def test_the_key_is_all_there_is_to_carry_and_goals_are_blind_to_it(self):
        from telos import blind
        from telos.families import Uniform

        world = MinigridWorld().build()
        assert set(np.unique(world.feature("resources"))) == {0.0, 1.0}
        goals = Uniform().sample(world, 5, np.random.default_rng(0))
        assert blind(goals, world, ["resources", "doors_open", "off"])
        assert all(world.next_state[world.next_ptr[world.default]] == np.arange(world.size))

    def test_states_are_counted_by_hand_in_an_empty_room(self):
        """3 x 3 cells in 4 directions, but the green corner is entered only from two sides."""
        world = MinigridWorld(id="MiniGrid-Empty-5x5-v0").build()
        assert (world.size, world.n_outcomes) == (8 * 4 + 2, 9)

    def test_a_level_in_which_done_does_something_has_no_default(self):
        with pytest.raises(WorldError, match="is not doing nothing here"):
            MinigridWorld(id="MiniGrid-GoToDoor-5x5-v0").build()
        world = MinigridWorld(id="MiniGrid-GoToDoor-5x5-v0", default=None).build()
        assert world.default is None
        assert 0 < world.feature("off").sum() < world.feature("ended").sum()

    def test_what_cannot_be_made_is_named(self, monkeypatch):
        with pytest.raises(WorldError, match="cannot make it"):
            MinigridWorld(id="MiniGrid-Nowhere-v0").build()
        with pytest.raises(WorldError, match="off is 'lava'"):
            MinigridWorld(off="lava")
        monkeypatch.setitem(__import__("sys").modules, "minigrid", None)
        with pytest.raises(WorldError, match=r'pip install "telos-lab\[minigrid\]"'):
            MinigridWorld().build()
