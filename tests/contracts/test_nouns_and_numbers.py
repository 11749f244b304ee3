"""What is passed is taken as it is, or refused with its place, its value and the remedy."""

import numpy as np
import pytest

from telos import (
    Goals,
    Problem,
    TelosError,
    World,
    agents,
    drives,
    explore,
    families,
    safeguards,
    solve,
    worlds,
)
from telos.core.shown import shown
from telos.core.spec import from_spec, to_spec
from telos.errors import GoalsError, ProblemError, StudyError, WorldError
from telos.interop import ClonedWorld, GymnasiumWorld, MinigridWorld

RING = explore(0, lambda s: {"on": (s + 1) % 3})
RNG = np.random.default_rng(0)
GOALS = Goals([0.0, 0.0, 1.0])


def two(**said):
    """Two rooms, in each of which one may stay."""
    arrays = {
        "pair_ptr": [0, 1, 2],
        "pair_action": [0, 0],
        "next_ptr": [0, 1, 2],
        "next_state": [0, 1],
        "next_prob": [1.0, 1.0],
        "actions": ("stay",),
    }
    return World.from_arrays(**(arrays | said))


INTEGERS = ("outcome", "default", "pair_ptr", "pair_action", "next_ptr", "next_state")


class TestNumbers:
    """Nothing is rounded, parsed or cut off unseen."""

    @pytest.mark.parametrize("field", INTEGERS)
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (0.5, "is 0.5"),
            (float("nan"), "is nan"),
            (float("inf"), "is inf"),
            ("1", "is '"),
            (True, "holds truth values"),
            (None, "is "),
            (1 + 0j, "is "),
            (2**64, "is 18446744073709551616"),
            (2**63, "is 9223372036854775808"),
        ],
    )
    def test_an_integer_field_refuses_everything_else_with_its_place(self, field, value, said):
        given = {"outcome": [0, 1], "default": [0, 1], "pair_ptr": [0, 1, 2]}
        given |= {"pair_action": [0, 0], "next_ptr": [0, 1, 2], "next_state": [0, 1]}
        with pytest.raises(WorldError, match=field) as caught:
            two(**{field: [*given[field][:-1], value]})
        assert said in str(caught.value)

    @pytest.mark.parametrize("start", [1.5, "1", True, None, float("nan"), 2, -1])
    def test_a_start_is_a_states_number(self, start):
        with pytest.raises(WorldError, match="start"):
            two(start=start)

    def test_floats_that_are_integers_are_taken_for_them(self):
        world = two(outcome=np.array([0.0, 1.0]), start=1.0, next_state=np.array([0.0, 1.0]))
        assert world.outcome.dtype == np.int64
        assert world.start.tolist() == [0.0, 1.0]

    @pytest.mark.parametrize("value", ["0.5", 1j, None, [1.0], object()])
    def test_a_number_is_not_read_from_a_text_and_keeps_no_half_of_a_complex_one(self, value):
        for wrong in (
            lambda: two(next_prob=[1.0, value]),
            lambda: two(features={"off": [0.0, value]}),
            lambda: two(start=[0.0, value]),
            lambda: Goals([[0.0, value]]),
            lambda: Problem(RING, GOALS, 0.9, bonus=[0.0, 0.0, value]),
            lambda: Problem(RING, GOALS, 0.9, slack=[value]),
        ):
            with pytest.raises(TelosError):
                wrong()

    @pytest.mark.parametrize("discount", ["0.9", None, True, [0.9], 1j, float("nan"), 1.0])
    def test_a_discount_is_a_number_below_one(self, discount):
        with pytest.raises(ProblemError, match="discount"):
            Problem(RING, GOALS, discount)

    def test_revisions_and_rows_are_integers_and_flags_are_flags(self):
        with pytest.raises(GoalsError, match=r"revised\[0\] is 0.5"):
            Goals([[0.0, 1.0]], revised=[0.5])
        with pytest.raises(GoalsError, match="truth values"):
            GOALS.take(np.array([True]))
        with pytest.raises(GoalsError, match="goals' numbers, 0 to 0"):
            GOALS.take(np.array([3]))
        with pytest.raises(WorldError, match="True or False for each"):
            RING.keep(np.array([0, 1, 2]))

    def test_goals_of_another_world_are_named_and_so_are_rewards_of_outcomes(self):
        world = explore(0, lambda s: {"on": (s + 1) % 4}, outcome=lambda s: s % 2)
        with pytest.raises(ProblemError, match="Draw the goals from this world"):
            Problem(world, GOALS, 0.9)
        with pytest.raises(ProblemError, match=r"Goals\(reward\[:, world.outcome\]\)"):
            Problem(world, Goals([0.0, 1.0]), 0.9)


class TestNames:
    """Names can be distinguished, and long ones are shortened."""

    def test_two_actions_of_one_name_are_refused(self):
        with pytest.raises(WorldError, match="actions 0 and 1 are both called 'stay'"):
            two(actions=("stay", "stay"))
        with pytest.raises(WorldError, match="name actions by texts"):
            two(actions=(7,))
        with pytest.raises(WorldError, match="give a tuple of names"):
            two(actions="stay")

    def test_a_state_that_is_not_itself_is_said_to_be_one(self):
        for build in (
            lambda: explore(0.0, lambda s: {"on": float("nan")}),
            lambda: explore((0, 0.0), lambda s: {"on": (s[0] + 1, float("nan"))}),
            lambda: two(states=(float("nan"), 1)),
            lambda: explore(0, lambda s: {"on": s}, outcome=lambda s: float("nan")),
        ):
            with pytest.raises(WorldError, match=r"NaN != NaN"):
                build()

    def test_a_state_that_cannot_be_looked_up_is_named(self):
        with pytest.raises(WorldError, match=r"number 1 is .* not hashable"):
            two(states=(0, [1]))

    def test_a_huge_name_is_shortened(self):
        world = explore(b"", lambda s: {"on": s})
        with pytest.raises(WorldError) as caught:
            world.find(b"x" * 100_000)
        assert len(str(caught.value)) < 400
        assert "(100,000 bytes)" in str(caught.value)
        assert shown("\x1b[31m" * 3) == repr("\x1b[31m" * 3)


class TestNouns:
    """What stands where something else is wanted is named, with what to do."""

    GRID, UNIFORM = worlds.Gridworld(), families.Uniform()
    PROBLEM = Problem(RING, GOALS, 0.9)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (lambda c: c.UNIFORM.sample(c.GRID, 3, RNG), ".build()"),
            (lambda c: c.UNIFORM.sample(worlds.Gridworld, 3, RNG), "Gridworld(...)"),
            (lambda c: c.UNIFORM.sample(c.PROBLEM, 3, RNG), "Pass its .world"),
            (lambda c: c.UNIFORM.sample([RING, RING], 3, RNG), "one at a time"),
            (lambda c: c.UNIFORM.sample(RING, 3, 7), "numpy.random.default_rng(7)"),
            (lambda c: c.UNIFORM.sample(RING, 3, None), "numpy.random.default_rng(0)"),
            (lambda c: c.UNIFORM.sample(RING, 1e4, RNG), "10_000"),
            (lambda c: c.UNIFORM.sample(RING, "3", RNG), "give an integer"),
            (lambda c: c.UNIFORM.sample(RING, True, RNG), "give an integer"),
            (lambda c: Problem(c.GRID, GOALS, 0.9), ".build()"),
            (lambda c: Problem(RING, c.UNIFORM, 0.9), ".sample(world, n, rng)"),
            (lambda c: Problem(RING, families.Uniform, 0.9), "Uniform(...)"),
            (lambda c: Problem(RING, np.zeros((2, 3)), 0.9), "telos.Goals(rewards)"),
            (lambda c: Problem(RING, c.PROBLEM, 0.9), "Pass its .goals"),
            (lambda c: agents.Optimal().behave(RING, RNG), "telos.Problem(world, goals, discount)"),
            (lambda c: agents.Optimal().behave(c.PROBLEM, 0), "numpy.random.default_rng(0)"),
            (lambda c: drives.SelfPreservation().affordances(c.GRID), ".build()"),
            (lambda c: safeguards.Quantilizer().apply(RING), "telos.Problem(world, goals"),
            (lambda c: solve(RING), "telos.Problem(world, goals, discount)"),
            (lambda c: explore(0, {"on": 1}), "give a function of a state"),
        ],
    )
    def test_the_remedy_is_in_the_message(self, wrong, said):
        with pytest.raises(TelosError) as caught:
            wrong(type(self))
        assert said in str(caught.value)[:200]

    @pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.__name__)
    def test_every_family_names_a_scenario_in_place_of_a_world(self, family):
        with pytest.raises(WorldError, match=r"\.build\(\)"):
            family().sample(self.GRID, 3, RNG)


class TestTrust:
    """Data open no module that this call's user did not name."""

    TRUST = ("telos.interop",)

    @pytest.mark.parametrize(
        "part",
        [
            ClonedWorld(make="subprocess:Popen", options=(("args", "true"),)),
            ClonedWorld(copy="os:system"),
            ClonedWorld(prepare="os:abort"),
            ClonedWorld(key=("shutil:rmtree",)),
            ClonedWorld(features=(("x", "os:getcwd"),)),
            ClonedWorld(legal="os:listdir"),
            ClonedWorld(off="os:abort"),
            ClonedWorld(options=(("id", "antigravity:Maze-v0"),)),
            ClonedWorld(make="telos.interop.environments:np.load"),
            GymnasiumWorld(id="antigravity:Maze-v0"),
            MinigridWorld(id="antigravity:Maze-v0"),
        ],
    )
    def test_trusting_telos_opens_nothing_else(self, part):
        with pytest.raises(StudyError, match="trust"):
            from_spec(to_spec(part), trust=self.TRUST)

    def test_what_is_named_is_built(self):
        part = ClonedWorld(make=f"{__name__}:two")
        assert from_spec(to_spec(part), trust=(*self.TRUST, __name__)) == part
        assert from_spec(to_spec(ClonedWorld()), trust=self.TRUST) == ClonedWorld()
        assert from_spec(to_spec(GymnasiumWorld()), trust=self.TRUST) == GymnasiumWorld()

    def test_a_name_that_another_module_lent_is_not_trusted_with_it(self):
        part = ClonedWorld(make=f"{__name__}:np.load")
        with pytest.raises(StudyError, match="numpy"):
            from_spec(to_spec(part), trust=(*self.TRUST, __name__))

    def test_a_reading_does_not_follow_pythons_own_attributes(self):
        with pytest.raises(WorldError, match="__class__"):
            ClonedWorld(key=("__class__.mro",)).build()
