"""World.from_gymnasium believes a table `P` only where the environment's own steps agree with it."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete

from telos import World, explore_env, families, power
from telos.errors import WorldError


class Tabular(gymnasium.Env):
    """Steps as its table says, unless told otherwise."""

    def __init__(self, table, start=(1.0,), true=None):
        size = len(table)
        self.P, self.true = table, true or table
        self.initial_state_distrib = np.array([*start, *[0.0] * (size - len(start))])
        self.observation_space, self.action_space = Discrete(size), Discrete(len(table[0]))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = int(self.np_random.choice(len(self.P), p=self.initial_state_distrib))
        return self.s, {}

    def step(self, action):
        row = self.true[self.s][action]
        chosen = row[int(self.np_random.choice(len(row), p=[p for p, *_ in row]))]
        _, self.s, reward, end = chosen
        return self.s, reward, end, False, {}


def sure(to, end=False):
    return [(1.0, to, 0.0, end)]


#: Home and back: what is done away from home (1 or 2) brings the day to its end at home.
DAY = {
    0: {0: sure(1), 1: sure(2)},
    1: {0: sure(0, True), 1: sure(1)},
    2: {0: sure(0, True), 1: sure(2)},
}
#: Two rooms; action 1 moves with probability 0.4.
DOOR = {s: {0: sure(s), 1: [(0.4, 1 - s, 0.0, False), (0.6, s, 0.0, False)]} for s in (0, 1)}


def lake(**options):
    return gymnasium.make("FrozenLake-v1", **options)


def complaint(env, **said):
    with pytest.raises(WorldError) as caught:
        World.from_gymnasium(env, **said)
    return str(caught.value)


class TestStartsThatAreEnds:
    """An end that is reached is a state of its own where one can also be without an end."""

    def test_a_day_that_ends_where_it_began_can_begin(self):
        world = World.from_gymnasium(Tabular(DAY))
        assert world.states == (0, 1, 2, (0, "end"))
        assert {tuple(world.successors(p)) for p in world.pairs_of(0)} == {(1,), (2,)}
        assert [world.successors(p) for p in world.pairs_of(3)] == [{3: 1.0}] * 2

    def test_the_same_holds_for_the_environment_explored(self):
        world = explore_env(Tabular(DAY), key=lambda env: env.s, progress=False)
        assert set(world.states) == {0, 1, 2, (0, "end")}
        assert len({tuple(world.successors(p)) for p in world.pairs_of(world.find(0))}) == 2

    def test_a_start_among_several_that_is_also_an_end_can_be_left(self):
        world = World.from_gymnasium(Tabular(DAY, start=(0.5, 0.5)))
        assert world.start.tolist() == [0.5, 0.5, 0.0, 0.0]
        assert (0, "end") in world.states
        assert (1, "end") not in world.states

    def test_an_end_where_nothing_else_happens_stays_where_it_is(self):
        assert World.from_gymnasium(lake()).states == tuple(range(16))

    def test_power_of_the_start_is_that_of_a_day_and_not_of_a_dead_end(self):
        """About 3/4, the best of three places to stay; a dead end would have 1/2."""
        world = World.from_gymnasium(Tabular(DAY))
        found = power(world, families.Uniform(), 0.9, n=4000, rng=np.random.default_rng(0))
        assert found.mean[0] == pytest.approx(0.742, abs=0.015)


class TestWrappers:
    """What acts outside the table is named; what does not stays."""

    @pytest.mark.parametrize(
        "wrapped",
        [
            lambda env: gymnasium.wrappers.TransformAction(env, lambda a: 3 - a, Discrete(4)),
            lambda env: gymnasium.wrappers.StickyAction(env, 0.5),
            lambda env: gymnasium.wrappers.RepeatAction(env, 2),
            lambda env: gymnasium.wrappers.Autoreset(env),
            lambda env: gymnasium.Wrapper(env),
        ],
    )
    def test_one_that_may_act_outside_the_table_is_refused_by_name(self, wrapped):
        env = wrapped(lake())
        said = complaint(env)
        assert f"the wrapper {type(env).__name__} may change what a step does" in said
        assert "explore_env" in said

    def test_a_wrapper_of_ones_own_is_not_believed_for_its_name(self):
        class TimeLimit(gymnasium.ActionWrapper):
            def action(self, action):
                return 3 - action

        assert "the wrapper TimeLimit" in complaint(TimeLimit(lake()))

    @pytest.mark.parametrize(
        "wrapped",
        [
            lambda env: gymnasium.wrappers.TimeLimit(env, 3),
            lambda env: gymnasium.wrappers.RecordEpisodeStatistics(env),
            lambda env: gymnasium.wrappers.TransformReward(env, lambda r: 2 * r),
        ],
    )
    def test_one_that_changes_no_transition_stays(self, wrapped):
        bare, world = World.from_gymnasium(lake()), World.from_gymnasium(wrapped(lake()))
        np.testing.assert_array_equal(world.next_prob, bare.next_prob)


class TestStepsAgainstTheTable:
    """A table that lies about steps is found out, with the place, what was seen and what it says."""

    @pytest.mark.parametrize(
        ("pair", "row", "said"),
        [
            ((0, 0), sure(2), "state 0, action 0: steps of the environment lead to 2, but"),
            ((1, 0), sure(0), "state 1, action 0: steps of the environment lead to 0, but"),
            ((1, 1), sure(1, True), "lead to 1 and the end"),
        ],
    )
    def test_another_place_or_end_is_named(self, pair, row, said):
        true = {s: dict(choices) for s, choices in DAY.items()}
        true[pair[0]][pair[1]] = row
        message = complaint(Tabular(DAY, true=true))
        assert said in message
        assert "its table P says" in message

    def test_another_frequency_is_named(self):
        true = {s: {0: sure(s), 1: [(0.5, 1 - s, 0, False), (0.5, s, 0, False)]} for s in (0, 1)}
        said = complaint(Tabular(DOOR, true=true))
        assert "0.4" in said
        assert "times" in said

    def test_a_true_table_is_believed(self):
        assert World.from_gymnasium(Tabular(DOOR)).successors(1) == {1: 0.4, 0: 0.6}

    def test_a_subclass_whose_step_does_something_else_is_found_out(self):
        class Muddled(Tabular):
            def step(self, action):
                return super().step(1 - action)

        assert "Something acts outside the table" in complaint(Muddled(DAY))

    def test_a_start_that_the_table_does_not_know_is_named(self):
        class Elsewhere(Tabular):
            def reset(self, *, seed=None, options=None):
                super().reset(seed=seed)
                self.s = 2
                return 2, {}

        assert "reset(seed=0) leads to state 2" in complaint(Elsewhere(DAY))

    def test_the_environment_itself_is_not_stepped(self):
        env = Tabular(DAY)
        env.reset(seed=3)
        before = env.np_random.bit_generator.state
        World.from_gymnasium(env)
        assert env.np_random.bit_generator.state == before

    def test_a_table_alone_is_what_it_says(self):
        class Table:
            P = DAY

        assert World.from_gymnasium(Table()).size == 4

    def test_other_peoples_exceptions_are_reported_with_their_place(self):
        class Broken(Tabular):
            def step(self, action):
                raise KeyError("door")

        said = complaint(Broken(DAY))
        assert "state 0, action" in said
        assert "step raised KeyError" in said


class TestWhatATableHolds:
    """Entries are taken as they are, or refused with their place."""

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ((1.0, 1.5, 0.0, False), "state 0, action 0: the next state is 1.5"),
            ((1.0, True, 0.0, False), "the next state holds truth values"),
            ((1.0, "1", 0.0, False), "the next state is '1'"),
            (("1.0", 1, 0.0, False), "probability '1.0' is not a number"),
            ((float("nan"), 1, 0.0, False), "probability nan is not a number"),
            ((1.0, 1, 0.0, "False"), "terminated is 'False'"),
            ((1.0, 7, 0.0, False), "leads to 7, not in P"),
            ((1.0, 1), "is not (probability, next state, reward, terminated)"),
            ((0.9, 1, 0.0, False), "probabilities sum to 0.9"),
        ],
    )
    def test_what_is_wrong_is_named(self, entry, said):
        class Table:
            P = {0: {0: [entry]}, 1: {0: sure(1)}}  # noqa: RUF012 - Gymnasium's own convention

        assert said in complaint(Table())


class TestOtherInterfaces:
    """Named, with the five lines that adapt them."""

    def test_dm_env_old_gym_and_several_agents_are_recognized(self):
        class Dm:
            def action_spec(self): ...
            def reset(self): ...

        class Parallel:
            possible_agents = ("one", "two")

        class Several:
            num_envs = 4

        old = type("Old", (), {"__module__": "gym.envs.toy_text"})()
        for door in (World.from_gymnasium, lambda env: explore_env(env, key=id)):
            for env, said in (
                (Dm(), "dm_env"),
                (Parallel(), "multi-agent"),
                (Several(), "a vector of 4 environments"),
                (old, "Gym before version 0.26"),
                (Tabular, "the class Tabular itself"),
                ("FrozenLake-v1", "gymnasium.make('FrozenLake-v1')"),
            ):
                with pytest.raises(WorldError, match=said.replace("(", r"\(").replace(")", r"\)")):
                    door(env)

    def test_the_adapters_in_the_messages_run(self):
        from telos.core.foreign import DM_ENV, OLD_GYM

        class Old:
            action_space = Discrete(2)

            def seed(self, seed): ...
            def reset(self):
                self.s = 0
                return 0

            def step(self, action):
                self.s = min(self.s + action, 2)
                return self.s, 0.0, self.s == 2, {}

        class Spec:
            num_values = 2

        class TimeStep:
            def __init__(self, s):
                self.observation, self.reward, self.discount = s, 0.0, float(s < 2)
                self.step_type = int(s == 2)

            def last(self):
                return self.observation == 2

        class Dm:
            def action_spec(self):
                return Spec()

            def reset(self):
                self.s = 0
                return TimeStep(0)

            def step(self, action):
                self.s = min(self.s + action, 2)
                return TimeStep(self.s)

        for text, env, inner in ((OLD_GYM, Old(), "old"), (DM_ENV, Dm(), "dm")):
            names = {"gymnasium": gymnasium}
            exec(text, names)
            world = explore_env(
                names["Adapter"](env), key=lambda e, i=inner: getattr(e, i).s, progress=False
            )
            assert (world.size, world.feature("ended").sum()) == (3, 1)
