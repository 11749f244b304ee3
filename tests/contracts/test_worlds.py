"""Every shipped world keeps its contract, and does what its docstring says."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from telos.core.blind import Blindness, blind
from telos.core.errors import WorldError
from telos.core.goals import Goals
from telos.core.kinds import kinds
from telos.core.problem import Problem
from telos.core.world import World
from telos.families import Uniform
from telos.interop import INTEROP, FrozenLake, GymnasiumWorld
from telos.measure.instrumental_value import instrumental_values
from telos.solve.solve import solve
from telos.testing.checks import check_part
from telos.worlds import (
    WORLDS,
    DrivenEmployee,
    Gridworld,
    OffSwitch,
    Orchard,
    PaperclipFactory,
    RandomWorld,
    Surgery,
    Workbench,
)

EVERY = pytest.mark.parametrize("scenario", [*WORLDS, *INTEROP], ids=lambda s: s.__name__)
STATE_LISTS = ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "start")
DRIVE_FEATURES = {"off", "resources", "capability", "goal_register"}
WITHOUT_DEFAULT = {"FrozenLake", "GymnasiumWorld", "ClonedWorld"}


def built(scenario):
    """A world and random goals for it."""
    world = scenario.build()
    return world, Uniform().sample(world, 4000, np.random.default_rng(1))


@cache
def once(scenario):
    """The world of a scenario with its defaults: exploring an environment takes seconds."""
    return scenario().build()


@EVERY
def test_a_world_keeps_the_public_contract(scenario):
    failed = [check for check in check_part(scenario()) if check.failed]
    assert not failed


@EVERY
def test_a_world_is_built_the_same_twice_and_its_recipe_is_hashable(scenario):
    one, two = once(scenario), scenario().build()
    assert hash(scenario()) == hash(scenario())
    assert one.states == two.states
    assert all(np.array_equal(getattr(one, f), getattr(two, f)) for f in STATE_LISTS)


@EVERY
def test_a_world_has_a_default_where_it_promises_one(scenario):
    has_default = once(scenario).default is not None
    assert has_default == (scenario.__name__ not in WITHOUT_DEFAULT)


@EVERY
def test_features_are_finite_and_drives_find_what_they_read(scenario):
    world = once(scenario)
    assert all(np.isfinite(values).all() for values in world.features.values())
    assert any(kinds(world, feature) for feature in DRIVE_FEATURES)


@EVERY
def test_names_of_states_and_outcomes_can_be_read(scenario):
    world = once(scenario)
    assert len(set(world.outcomes)) == world.n_outcomes
    assert all(0 < len(str(name)) < 120 for name in (*world.states, *world.outcomes))


@EVERY
def test_every_parameter_is_explained(scenario):
    assert all(f.name in scenario.__doc__ for f in dataclasses.fields(scenario))


@pytest.mark.parametrize("scenario", [PaperclipFactory, DrivenEmployee], ids=lambda s: s.__name__)
def test_goals_over_the_outcomes_of_an_economy_are_blind_to_every_feature(scenario):
    world = scenario().build()
    goals = Uniform().sample(world, 3, np.random.default_rng(0))
    assert set(world.features) >= DRIVE_FEATURES
    told = [name for name in world.features if name != "off"]
    assert blind(goals, world, told) is Blindness.BLIND
    # To a driven employee being dismissed is an outcome of its own: a goal for it is one for `off`.
    off = Blindness.BLIND if scenario is PaperclipFactory else Blindness.CANNOT_BE_TOLD
    assert blind(goals, world, ["off"]) is off
    marked = Goals(goals.reward + world.features["resources"])
    assert blind(marked, world, ["resources"]) is Blindness.NOT_BLIND


class TestPaperclipFactory:
    """The flagship's promises."""

    def test_it_has_the_promised_size(self):
        world = PaperclipFactory().build()
        assert 3000 <= world.size <= 5000
        assert world.n_pairs <= 50_000
        assert not world.deterministic

    def test_a_drive_costs_what_idling_costs(self):
        world = PaperclipFactory().build()
        for pair in range(world.n_pairs):
            action = world.actions[world.pair_action[pair]]
            if action in ("buy", "learn", "tamper", "lock", "idle"):
                ends = world.outcome[list(world.successors(pair))]
                assert {world.outcomes[k] for k in ends} == {("nothing", 0)}

    def test_a_rewritten_register_stays_rewritten_and_off_stays_off(self):
        world = PaperclipFactory().build()
        owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
        for name in ("off", "goal_register"):
            marked = world.features[name][owner] == 1
            assert (world.features[name][world.next_state][marked] == 1).all()

    @pytest.mark.parametrize("waste", [0.0, 0.1])
    def test_without_a_machine_only_waste_wears_the_commons(self, waste):
        small = PaperclipFactory(
            products=("clips",), capacity=2, machines=0, slips=(0.2,), commons=1, waste=waste
        )
        world = small.build()
        worn = world.features["commons"]
        for pair in range(world.n_pairs):
            s = int(world.pair_state[pair])
            after = sum(p * worn[t] for t, p in world.successors(pair).items())
            lost = waste * world.states[s].inner.quantity * worn[s]
            assert worn[s] - after == pytest.approx(lost)

    def test_machines_that_yield_nothing_are_bought_and_make_nothing_more(self):
        idle = PaperclipFactory(products=("clips",), machines=2, machine_yield=0).build()
        assert {s.machines for s in idle.states} == {0, 1, 2}
        assert max(s.quantity for s in idle.states) == 1
        twice = PaperclipFactory(products=("clips",), machines=2, machine_yield=2).build()
        assert max(s.quantity for s in twice.states) == 5

    def test_a_desk_whose_permits_nobody_needs_still_gives_them(self):
        desk = PaperclipFactory(products=("clips",), machines=1, desk=True, permits=False).build()
        honest = [s for s in desk.states if s.desk == "honest" and s.inner.quantity]
        assert desk.pair(honest[0], "buy") >= 0
        assert {s.desk for s in desk.states} == {"honest", "permit given", "forged"}

    def test_being_switched_off_leaves_the_stocks_alone(self):
        world = PaperclipFactory().build()
        off = world.features["off"] == 1
        assert {s.machines for s, o in zip(world.states, off, strict=True) if o} == {0, 1, 2, 3}
        idle = world.default[~off]
        for pair in idle:
            s = world.states[world.pair_state[pair]]
            for t in world.successors(int(pair)):
                assert world.states[t][3:5] == s[3:5]

    def test_a_lock_works_at_once(self):
        factory = PaperclipFactory(rewriting=1.0, switching_off=1.0)
        world = factory.build()
        afternoon = ("afternoon", "nothing", 0, 0, 0, "live", "open", "on")
        kept = world.successors(world.pair(afternoon, "lock"))
        lost = world.successors(world.pair(afternoon, "idle"))
        assert [world.states[t].register for t in kept] == ["locked"]
        assert [world.states[t].register for t in lost] == ["rewritten"]

    def test_its_parameters_are_checked(self):
        for bad in (
            {"products": ()},
            {"products": ("clips", "clips")},
            {"products": ("nothing",)},
            {"price": 2},
            {"slips": (0.5, 1.5)},
            {"switching_off": -0.1},
            {"machines": 1.5},
        ):
            with pytest.raises(WorldError, match=next(iter(bad))):
                PaperclipFactory(**bad)


def test_the_employee_comes_back_from_being_off():
    world = DrivenEmployee().build()
    off = world.features["off"] == 1
    assert 500 <= world.size <= 3000
    for s in np.flatnonzero(off):
        assert any(not off[t] for t in world.successors(int(world.default[s])))


class TestGridworld:
    """Maps, pickups, doors and slips."""

    def test_a_large_map_builds(self):
        lines = ("S" + "." * 99, *["." * 100] * 99)
        assert Gridworld(map=lines).build().size == 10_000

    def test_the_outcome_is_the_cell_and_the_bag_is_carried(self):
        world = Gridworld(map="SRC").build()
        assert world.outcomes == ((0, 0), (0, 1), (0, 2))
        last = world.find((0, 2, ((0, 1), (0, 2))))
        assert world.features["resources"][last] == world.features["capability"][last] == 1

    def test_a_door_opens_for_a_resource_only(self):
        world = Gridworld(map=("SRD.",)).build()
        assert all(state[1] < 2 or state[2] for state in world.states)
        closed = Gridworld(map=("SD.",)).build()
        assert closed.states == ((0, 0),)

    def test_a_slip_goes_to_the_side_and_a_lesson_halves_it(self):
        world = Gridworld(map=("...", "CS.", "..."), slip=0.4).build()
        novice = world.successors(world.pair((1, 1, ()), "east"))
        assert {world.states[t][:2]: p for t, p in novice.items()} == pytest.approx(
            {(1, 2): 0.6, (0, 1): 0.2, (2, 1): 0.2}
        )
        taught = world.successors(world.pair((1, 1, ((1, 0),)), "east"))
        assert {world.states[t][:2]: p for t, p in taught.items()} == pytest.approx(
            {(1, 2): 0.8, (0, 1): 0.1, (2, 1): 0.1}
        )

    def test_without_staying_there_is_no_default(self):
        world = Gridworld(map="S.O", stay=False).build()
        assert world.default is None
        assert "stay" not in {world.actions[world.pair_action[p]] for p in world.pairs_of(0)}

    def test_a_bad_character_is_named_with_its_place(self):
        with pytest.raises(WorldError, match=r"row 1, column 2: no cell is drawn 'x'"):
            Gridworld(map=("S..", "..x"))
        with pytest.raises(WorldError, match="no S"):
            Gridworld(map="...")


class TestClosedForms:
    """The closed forms in the docstrings, each within five standard errors of 4,000 goals."""

    @pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
    @pytest.mark.parametrize(("free", "locked"), [(1, 1), (2, 4), (3, 2)])
    def test_orchard_when_the_path_is_worth_its_own_draw(self, free, locked, discount):
        from telos.drives import ResourceAcquisition

        world, goals = built(Orchard(free=free, locked=locked))
        found = instrumental_values(
            Problem(world, goals, discount), [ResourceAcquisition().affordances(world)]
        )
        geometric = sum(discount**i for i in range(free + 1)) / (free + 1)
        _close(found[0].category == 1, locked / (free + locked + 1) * geometric)
        _close(found[0].category == 0, 1 / (free + locked + 1))

    @pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
    def test_orchard_when_the_path_is_worth_nothing(self, discount):
        from telos.drives import ResourceAcquisition

        world, goals = built(Orchard(free=2, locked=4))
        reward = np.where(world.outcome == world.outcomes.index("path"), 0.0, goals.reward)
        problem = Problem(world, Goals(reward), discount)
        found = instrumental_values(problem, [ResourceAcquisition().affordances(world)])
        _close(found[0].category == 1, discount**2 * 4 / 6)

    @pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
    @pytest.mark.parametrize(
        "bench",
        [
            Workbench(outcomes=4, slip=0.5, improved=0.1),
            Workbench(outcomes=3, slip=0.4, improved=0.4, tools=2),
            Workbench(outcomes=3, slip=0.4, improved=0.1, tools=2, lesson=3),
        ],
    )
    def test_what_the_drill_is_worth(self, bench, discount):
        world, goals = built(bench)
        q = solve(Problem(world, goals, discount)).q
        door = ("door", 0)
        gap = q[:, world.pair(door, "drill")] - q[:, world.pair(door, "work")]

        def over_half(k):
            return k / (k + 1) - 1 / 2

        trained = (1 - bench.improved) * over_half(bench.outcomes + bench.tools)
        expected = discount * (
            discount**bench.lesson * trained - (1 - bench.slip) * over_half(bench.outcomes)
        )
        _close(gap * (1 - discount) / discount, expected)

    @pytest.mark.parametrize("discount", [0.3, 0.9])
    def test_off_switch_and_surgery(self, discount):
        from telos.drives import GoalPreservation, SelfPreservation

        world, goals = built(OffSwitch(rooms=4))
        found = instrumental_values(
            Problem(world, goals, discount), [SelfPreservation().affordances(world)]
        )
        _close(found[0].category == 1, (1 - discount) / 2 + discount * 4 / 5)
        world, goals = built(Surgery(outcomes=4))
        found = instrumental_values(
            Problem(world, goals, discount), [GoalPreservation().affordances(world)]
        )
        _close(found[0].category == 1, 3 / 4)
        assert (found[0].category >= 0).all()
        _close(found[0].iv * (1 - discount) / discount**2, 4 / 5 - 1 / 2)


def _close(samples, expected):
    """The mean of the samples is `expected` within five standard errors."""
    error = np.std(samples) / np.sqrt(len(samples))
    assert abs(np.mean(samples) - expected) <= 5 * error + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_random_worlds_follow_their_parameters(seed):
    world = RandomWorld(
        states=12, successors=3, outcomes=5, absorbing=2, rewriting=True, seed=seed
    ).build()
    assert (world.size, world.n_outcomes) == (12, 5)
    assert np.diff(world.pair_ptr).tolist() == [3, 1, 1, *[3] * 9]
    gone = world.features["goal_register"] == 1
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    assert gone[world.next_state[gone[owner]]].all()
    assert RandomWorld(successors=1, idle=False, seed=seed).build().deterministic


class TestGymnasium:
    """The toy-text environments as Gymnasium ships them, there and back."""

    def test_holes_are_off_and_places_are_rows_and_columns(self):
        world = FrozenLake().build()
        assert np.flatnonzero(world.features["off"]).tolist() == [5, 7, 11, 12]
        assert world.features["row"][13] == 3
        assert world.features["column"][13] == 1
        for hole in (5, 7, 11, 12, 15):
            assert all(world.successors(p) == {hole: 1.0} for p in world.pairs_of(hole))

    def test_outcomes_may_be_pairs_and_are_shared_by_the_states_that_carry_them(self):
        import gymnasium

        world = World.from_gymnasium(
            gymnasium.make("FrozenLake-v1"), outcome=lambda s: ("row", s // 4)
        )
        assert world.outcomes == (("row", 0), ("row", 1), ("row", 2), ("row", 3))
        assert world.outcome[:6].tolist() == [0, 0, 0, 0, 1, 1]

    def test_a_map_of_ones_own(self):
        world = FrozenLake(map=("SFH", "FFG"), slippery=False).build()
        assert world.deterministic
        assert world.features["off"].tolist() == [0, 0, 1, 0, 0, 0]

    def test_the_environments_as_shipped(self):
        sizes = {}
        for name in ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"):
            sizes[name] = GymnasiumWorld(id=name).build().size
        # Taxi's four drop-off states are also passed through, so their ends are states apart.
        assert sizes == {"FrozenLake-v1": 16, "CliffWalking-v1": 48, "Taxi-v4": 504}

    @pytest.mark.parametrize(
        "scenario",
        [
            FrozenLake(),
            GymnasiumWorld(id="Taxi-v4"),
            OffSwitch(),
            Gridworld(stay=False),
            RandomWorld(),
        ],
        ids=lambda s: type(s).__name__,
    )
    def test_a_world_passes_gymnasiums_checker_and_comes_back_worth_the_same(self, scenario):
        from gymnasium.utils.env_checker import check_env

        world = scenario.build()
        goal = Uniform().sample(world, 1, np.random.default_rng(0))
        env = world.to_gymnasium(goal.reward[0])
        check_env(env, skip_render_check=True)
        back = World.from_gymnasium(env)
        before = solve(Problem(world, goal, 0.9)).value
        after = solve(Problem(back, Goals(goal.reward), 0.9)).value
        np.testing.assert_allclose(after, before, atol=1e-7)

    def test_a_world_whose_actions_are_all_legal_comes_back_to_the_last_digit(self):
        world = FrozenLake(size="8x8").build()
        back = World.from_gymnasium(world.to_gymnasium(np.zeros(world.size)))
        assert all(np.array_equal(getattr(back, f), getattr(world, f)) for f in STATE_LISTS)

    @pytest.mark.parametrize(
        ("scenario", "message"),
        [
            (GymnasiumWorld(id="Nowhere-v1"), "cannot make it"),
            (GymnasiumWorld(id="CartPole-v1"), "no transition table"),
            (GymnasiumWorld(off=("X",)), "draws only F, G, H, S"),
            (GymnasiumWorld(off=(16,)), "numbered 0 to 15"),
            (GymnasiumWorld(options=(("mop_name", "4x4"),)), "cannot make it"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, scenario, message):
        with pytest.raises(WorldError, match=message):
            scenario.build()
