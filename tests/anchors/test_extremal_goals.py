"""Worst-case goals: closed forms, proofs that there are none, and what must not matter."""

import numpy as np
import pytest

from telos import Problem, drives, explore, solve, worlds
from telos.errors import GoalsError, ProblemError
from telos.families import Normal, Polytope, Revised, Simplex, Uniform
from telos.theory import ExtremalStatus, extremal_goal
from telos.theory.worst.imitation import shortfall
from telos.theory.worst.lumps import imitated, lumps_of
from telos.theory.worst.programs import Programs

STAY_ON = drives.SelfPreservation()
DISCOUNTS = (0.0, 0.5, 0.9, 0.99)


def _everything(world):
    return np.ones(world.n_pairs, np.bool_)


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("rooms", [1, 3])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, -1.0)])
def test_to_the_goal_that_wants_anything_but_off_staying_on_is_worth_all_there_is(
    discount, rooms, low, high
):
    world = worlds.OffSwitch(rooms=rooms).build()
    found = extremal_goal(world, Uniform(low, high), STAY_ON, discount, samples=50)
    assert found.iv == pytest.approx((high - low) * discount / (1 - discount), rel=1e-9)
    assert found.bound == pytest.approx(found.iv, abs=1e-7)
    assert found.proved


@pytest.mark.parametrize("discount", DISCOUNTS)
def test_with_one_unit_of_worth_to_give_away_it_all_goes_to_a_room_or_to_the_hall(discount):
    world = worlds.OffSwitch(rooms=3).build()
    found = extremal_goal(world, Simplex(), STAY_ON, discount, samples=50)
    assert found.iv == pytest.approx(max(discount, discount**2 / (1 - discount)), abs=1e-9)
    assert found.bound == pytest.approx(found.iv, abs=1e-7)
    assert found.weights.sum() == pytest.approx(1.0)


def test_linear_goals_want_what_rooms_have_and_hate_what_off_has():
    world = worlds.OffSwitch(rooms=2).build()
    phi = [(float("room" in s), float(s == "off")) for s in world.outcomes]
    found = extremal_goal(world, Polytope(basis=phi, low=-1.0, high=2.0), STAY_ON, 0.9, samples=50)
    assert found.iv == pytest.approx((2 * 0.9**2 + 0.9) / 0.1, rel=1e-9)
    assert found.proved


def test_of_goals_that_may_not_hate_being_off_more_than_they_like_a_room_the_same_is_told():
    world = worlds.OffSwitch(rooms=1).build()
    off, room = world.outcomes.index("off"), world.outcomes.index("room 1")
    tie = np.zeros(4)
    tie[room], tie[off] = 1.0, -1.0
    found = extremal_goal(world, Polytope([tie], [0.5], low=-1.0), STAY_ON, 0.9, samples=50)
    # The room at 1/2 above off, the hall as much as can be: 1, with off at -1.
    assert found.iv == pytest.approx(0.9 * (0.1 * 2.0 + 0.9 * 0.5) / 0.1, rel=1e-9)
    assert found.proved
    assert found.sampled_max <= found.iv


def test_the_token_is_worth_most_to_whoever_wants_one_thing_in_the_garden():
    world = worlds.Orchard(free=2, locked=3).build()
    found = extremal_goal(world, Uniform(), drives.ResourceAcquisition(), 0.9, samples=50)
    assert found.iv == pytest.approx(0.9**2 / 0.1, rel=1e-9)
    assert found.proved


def test_less_slip_is_worth_most_to_whoever_wants_one_thing():
    world = worlds.Workbench(outcomes=4, slip=0.5, improved=0.1).build()
    found = extremal_goal(world, Uniform(), drives.CognitiveEnhancement(), 0.9, samples=50)
    assert found.iv == pytest.approx(0.9**2 / 0.1 * (0.5 - 0.1) * (1 - 1 / 4), rel=1e-8)
    assert found.proved


def test_refusing_a_rewrite_is_worth_most_where_the_other_goal_wants_what_this_one_does_not():
    world = worlds.Surgery(outcomes=3).build()
    drive, lives = drives.GoalPreservation(), world.n_outcomes - 3
    other = np.zeros(world.n_outcomes)
    other[-1] = 1.0
    found = extremal_goal(world, Revised(kernel="correction", to=other), drive, 0.9, samples=50)
    assert found.iv == pytest.approx(0.9**2 / 0.1, rel=1e-9)
    assert found.weights[-1] == 0.0
    assert found.weights[lives:].max() == pytest.approx(1.0)
    # A self rewritten to want nothing leaves the present goal the choice: it would not mind.
    nothing = extremal_goal(
        world, Revised(kernel="correction", to=np.zeros(len(other))), drive, 0.9, samples=50
    )
    assert nothing.iv == 0.0
    assert nothing.bound < 1e-8


def _copies(choices, nothing):
    """A door to one of two halls that are alike, of which only the left one has more `resources`."""
    ways = {"go left": ("left", 1), "go right": ("right", 0), "wait": ("door", 0)}
    halls = {"left": {"see": ("end", 1)}, "right": {"see": ("end", 0)}}
    plan = {"door": {choice: ways[choice] for choice in choices}, **halls}
    return explore(
        ("door", 0),
        lambda s: plan.get(s[0], {"stay": s}),
        features={"resources": lambda s: s[1]},
        outcome=lambda s: "hall" if s[0] in halls else s[0],
        default=lambda s: {"door": nothing, "end": "stay"}.get(s[0], "see"),
    )


def test_a_drive_that_others_can_do_without_is_proved_to_be_required_by_no_goal():
    world = _copies(("go left", "go right"), "go right")
    found = extremal_goal(world, Uniform(-5.0, 5.0), drives.ResourceAcquisition(), 0.99, samples=50)
    assert found.status is ExtremalStatus.IMITATED
    assert (found.iv, found.bound, found.rarity) == (0.0, 0.0, 0.0)
    assert found.proved
    costly = extremal_goal(
        _copies(("go left", "wait"), "wait"),
        Uniform(),
        drives.ResourceAcquisition(),
        0.9,
        samples=50,
    )
    assert costly.status is ExtremalStatus.PROVED
    assert costly.iv == pytest.approx(0.9 / 0.1)


def test_a_detour_that_no_goal_requires_is_proved_so_without_an_imitator():
    # The pursuing pair is a lottery between what can be had for certain.
    doors = {"lottery": {("a", 1): 0.5, ("b", 1): 0.5}, "a": ("a", 0), "b": ("b", 0)}
    world = explore(
        ("door", 0),
        lambda s: doors if s[0] == "door" else {"stay": s},
        features={"resources": lambda s: s[1]},
        outcome=lambda s: s[0],
        default=lambda s: "a" if s[0] == "door" else "stay",
    )
    found = extremal_goal(world, Uniform(), drives.ResourceAcquisition(), 0.9, samples=50)
    assert found.status is ExtremalStatus.NONE
    assert found.iv <= found.error
    assert 0.0 <= found.bound < 1e-7
    pursues = drives.ResourceAcquisition().affordances(world).pursues
    assert not imitated(lumps_of(world, _everything(world)), ~pursues)


def test_how_rare_they_are_is_what_an_integral_says():
    # Worth >= half of the most iff (hall + room)/2 - off >= 1/2, of iid U[0,1]: 1/12.
    world = worlds.OffSwitch(rooms=1).build()
    found = extremal_goal(world, Uniform(), STAY_ON, 0.5, samples=4000)
    assert found.n == 4000
    assert found.interval.low < 1 / 12 < found.interval.high
    assert found.required == pytest.approx(1 / 2, abs=0.04)
    assert found.sampled_max < found.iv


def test_states_that_are_alike_change_nothing():
    world = worlds.OffSwitch(rooms=2).build()
    twice = explore(
        ("gate", 0),
        lambda s: (
            {
                a: {(t[0], i): 0.5 for i in (0, 1)}
                for a, t in {
                    "be switched off": ("off", 0),
                    "walk on": ("hall", 0),
                }.items()
            }
            if s[0] == "gate"
            else {f"enter room {i}": (f"room {i}", s[1]) for i in (1, 2)}
            if s[0] == "hall"
            else {"stay": s}
        ),
        features={"off": lambda s: s[0] == "off"},
        outcome=lambda s: s[0],
        default=lambda s: {"gate": "be switched off", "hall": "enter room 1"}.get(s[0], "stay"),
    )
    assert lumps_of(twice, _everything(twice)).count == world.size == 5
    one, two = (extremal_goal(w, Simplex(), STAY_ON, 0.9, samples=20) for w in (world, twice))
    assert one.iv == pytest.approx(two.iv, abs=1e-9)
    assert two.bound == pytest.approx(one.bound, abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_both_bounds_hold_for_any_goal_and_any_multipliers(seed):
    rng = np.random.default_rng(seed)
    world = worlds.RandomWorld(
        states=8, actions=3, successors=1 + seed % 3, outcomes=5, seed=seed
    ).build()
    pursues = np.array(drives.ResourceAcquisition().affordances(world).pursues)
    limits = (Uniform(-1.0, 1.0), Simplex())[seed % 2]
    region, every = limits.region(world), _everything(world)
    free, left = lumps_of(world, every), lumps_of(world, ~pursues)
    problem = Problem(world, limits.sample(world, 300, rng), 0.9)
    loss = solve(problem).at_start - solve(problem, without=pursues).at_start
    assert loss.max() * 0.1 <= shortfall(region, free, left, 0.9, 10.0) + 1e-9
    programs = Programs(region, free, left, 0.9)
    relaxed = programs.relaxed(np.ones(len(free.owner), np.bool_), 60.0)
    assert loss.max() * 0.1 <= relaxed.bound + 1e-9
    right, totals = programs._limits[1], programs._equations[1]
    for size in (0.0, 0.1, 1.0):
        below, equal = -size * rng.random(len(right)), size * rng.standard_normal(len(totals))
        anything = programs._safe(below, equal, np.ones(len(free.owner), np.bool_))
        assert anything >= relaxed.bound - 1e-8


def test_out_of_time_a_gap_is_owned_up_to():
    world = worlds.Workbench().build()
    found = extremal_goal(
        world, Uniform(), drives.CognitiveEnhancement(), 0.9, samples=50, time_limit=0.0
    )
    assert found.status is ExtremalStatus.OPEN
    assert not found.proved
    assert found.iv <= 2.43 + 1e-9 <= found.bound
    assert "Not proved" in str(found.status)


def test_the_same_question_has_the_same_answer():
    world = worlds.Orchard().build()
    one, two = (
        extremal_goal(world, Uniform(), drives.ResourceAcquisition(), 0.9, samples=300, seed=5)
        for _ in "ab"
    )
    assert (one.weights == two.weights).all()
    assert (one.sampled_max, one.rarity) == (two.sampled_max, two.rarity)
    assert "garden" in one.words(world)


@pytest.mark.parametrize("limits", [Uniform(-1.0, 2.0), Simplex(), Polytope([[1, 1]], [1])])
def test_goal_number_i_is_the_same_goal_however_many_are_drawn(limits):
    world = explore("a", lambda s: {"go": "b"})
    all_at_once = limits.sample(world, 6, np.random.default_rng(3)).reward
    later = limits.sample(world, 2, np.random.default_rng(3), first=4).reward
    assert (all_at_once[4:] == later).all()
    if isinstance(limits, Polytope):
        assert (all_at_once.sum(axis=1) <= 1.0).all()
        assert (all_at_once >= 0.0).all()
        drawn = limits.sample(world, 400, np.random.default_rng(0)).reward
        assert drawn.mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.06)


def test_what_cannot_be_asked_is_said():
    surgery, switch = worlds.Surgery().build(), worlds.OffSwitch(rooms=1).build()
    with pytest.raises(ProblemError, match="Revised"):
        extremal_goal(surgery, Uniform(), drives.GoalPreservation(), 0.9)
    with pytest.raises(GoalsError, match="fill no polytope"):
        extremal_goal(switch, Normal(), STAY_ON, 0.9)
    with pytest.raises(GoalsError, match="2 rows, but OffSwitch"):
        extremal_goal(switch, Polytope(basis=[[1.0], [2.0]]), STAY_ON, 0.9)
    with pytest.raises(GoalsError, match="no inside"):
        extremal_goal(switch, Polytope([[1.0]], [-1.0], [[1.0]] * 4), STAY_ON, 0.9)
    with pytest.raises(GoalsError, match="limit 2 weights, but there are 1"):
        extremal_goal(switch, Polytope([[1.0, 1.0]], [1.0], [[1.0]] * 4), STAY_ON, 0.9)
    with pytest.raises(GoalsError, match="not below high"):
        Polytope(low=1.0, high=1.0)
    with pytest.raises(ProblemError, match="samples is 0"):
        extremal_goal(switch, Uniform(), STAY_ON, 0.9, samples=0)


def test_goals_found_obey_limits_that_are_no_box_and_features_that_say_the_same_twice():
    world = worlds.OffSwitch(rooms=1).build()
    # Two weights that are both worth a room, together at most 1/2; off is worth 0.
    basis = [[float(s == "room 1")] * 2 for s in world.outcomes]
    limits = Polytope([[1, 1]], [0.5], basis)
    found = extremal_goal(world, limits, STAY_ON, 0.9, samples=50)
    assert found.iv == pytest.approx(0.5 * 0.9**2 / 0.1, abs=1e-7)
    assert found.weights.max() <= 0.5 + 1e-9
    assert found.proved
