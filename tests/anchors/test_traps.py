"""The traps of THEORY section 9, each of which bit somebody: here they are sprung on purpose."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchors.populations import Listed, everyone
from telos import Affordance, Category, Goals, Problem, blind, explore, instrumental_values, power
from telos.core.arrays import bools
from telos.core.blind import Blindness
from telos.drives import SelfPreservation
from telos.errors import ProblemError
from telos.families import Orbit, Uniform
from telos.measure.intervals import proportion_interval
from telos.testing.strategies import affordances, problems
from telos.theory import optimality_probability
from telos.worlds import OffSwitch

N = 3000


def _rate(world, goals, discount, kind=Category.REQUIRED):
    worth = instrumental_values(
        Problem(world, goals, discount), (SelfPreservation().affordances(world),)
    )[0]
    return float((worth.category == kind).mean())


@pytest.mark.parametrize(
    ("off", "expected"), [("iid", lambda k: k / (k + 1)), ("zero", lambda k: 1.0)]
)
@pytest.mark.parametrize("k", [1, 2, 5])
def test_what_being_off_is_worth_alone_moves_the_rate_from_k_over_k_plus_1_to_1(k, off, expected):
    """The off convention: iid like any room k/(k+1), zero 1. Nothing else differs (gamma near 1)."""
    world = OffSwitch(rooms=k).build()
    rate = _rate(world, Uniform(off=off).sample(world, N, np.random.default_rng(0)), 0.9999)
    low, high = proportion_interval(round(rate * N), N, 0.9999)
    assert low <= expected(k) <= high


@pytest.mark.parametrize("k", [1, 2, 3])
def test_off_at_the_mean_is_beaten_unless_every_room_is_below_it(k):
    """Worth the mean of the law: M > 1/2 with probability 1 - 2^-k, between the two other conventions."""
    world = OffSwitch(rooms=k).build()
    rate = _rate(world, Uniform(off="mean").sample(world, N, np.random.default_rng(0)), 0.9999)
    low, high = proportion_interval(round(rate * N), N, 0.9999)
    assert low <= 1 - 0.5**k <= high


def test_ties_are_no_wins():
    """A goal that does not care is indifferent: to count its tie as a win would double the rate."""
    world = OffSwitch(rooms=2).build()
    goals = Goals([[0.5] * world.size, [0.0] * world.size])
    assert _rate(world, goals, 0.9) == 0.0
    assert _rate(world, goals, 0.9, Category.DECLINED) == 0.0
    assert _rate(world, goals, 0.9, Category.INDIFFERENT) == 1.0
    tied = optimality_probability(
        world, Listed(((0.5,) * world.n_outcomes,)), 0.9, "gate", n=1, rng=np.random.default_rng(0)
    )
    assert tied.mean.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("copies", [1, 4])
def test_goals_are_drawn_by_outcome_never_by_state(copies):
    """Rooms that are one outcome count once, however many states there are of it: k/(k+1) with k = 2."""
    rooms = [(name, i) for name in ("red", "blue") for i in range(copies)]

    def moves(s):
        if s == "gate":
            return {"wait": "off", "go": "hall"}
        if s == "hall":
            return {f"to {name} {i}": (name, i) for name, i in rooms}
        return {"wait": s}

    world = explore(
        "gate",
        moves,
        features={"off": lambda s: s == "off"},
        outcome=lambda s: s[0] if isinstance(s, tuple) else s,
        default=lambda s: f"to {rooms[0][0]} 0" if s == "hall" else "wait",
    )
    rate = _rate(world, Uniform().sample(world, N, np.random.default_rng(0)), 0.9999)
    low, high = proportion_interval(round(rate * N), N, 0.9999)
    assert low <= 2 / 3 <= high
    by_state = np.random.default_rng(0).uniform(size=(N, world.size))
    wrong = _rate(world, Goals(by_state), 0.9999)
    assert wrong == pytest.approx(2 * copies / (2 * copies + 1), abs=0.04)


def test_no_discount_is_refused_and_no_future_is_not_the_limit_of_a_short_one():
    """gamma = 1 need not converge; gamma -> 0 has rate 1/2, gamma = 0 has only ties."""
    world = OffSwitch(rooms=3).build()
    goals = Uniform().sample(world, N, np.random.default_rng(0))
    with pytest.raises(ProblemError, match="less than 1"):
        Problem(world, goals, 1.0)
    assert _rate(world, goals, 0.0, Category.INDIFFERENT) == 1.0
    low, high = proportion_interval(round(_rate(world, goals, 1e-3) * N), N, 0.9999)
    assert low <= 0.5 <= high
    for discount in (0.0, 1.0):
        with pytest.raises(ProblemError, match="between 0 and 1"):
            power(world, Uniform(), discount, n=1, rng=np.random.default_rng(0))


def test_gamma_near_one_is_not_a_game_of_so_many_steps():
    """A step that costs nothing but time is avoided at every gamma < 1, and a matter of taste at 1.

    Over h steps of a game without discounting the detour is paid for at the end, if at all.
    """
    plan = {"start": {"now": "a", "detour": "way"}, "way": {"on": "a"}}
    world = explore("start", lambda s: plan.get(s, {"now": s}))
    pursues = np.zeros(world.n_pairs, np.bool_)
    pursues[world.pair("start", "detour")] = True
    drive = Affordance("detour", bools(pursues), bools([s == "start" for s in world.states]))
    goals = Goals([[1.0 * (s == "a") for s in world.states]])
    for discount in (0.9, 0.999):
        worth = instrumental_values(Problem(world, goals, discount), (drive,))[0]
        assert worth.category.tolist() == [Category.DECLINED]
        assert worth.gap_never[0] < 0
        assert worth.gap_later[0] < 0


def test_no_drive_is_rewarded_for_itself_and_the_library_can_tell():
    """Reward on the marker: outcome families are blind to off unless off is an outcome of its own."""

    def moves(s):
        return {"wait": (s[0], 1), "run": s} if s[1] == 0 else {"wait": s}

    world = explore(
        ("room", 0), moves, features={"off": lambda s: s[1]}, outcome=lambda s: s[0], default="wait"
    )
    assert blind(Uniform().sample(world, 5, np.random.default_rng(0)), world)
    assert blind(Goals([0.0, 1.0]), world) is Blindness.NOT_BLIND


@given(st.data())
def test_the_tie_tolerance_is_no_constant(data):
    """Asked for 1e-6, 1e-9 or 1e-11, generic goals get one and the same category.

    A safeguard's effect once read -0.013, -0.336 or -0.423 depending on a fixed tolerance.
    """
    problem = data.draw(problems(max_states=4))
    drive = data.draw(affordances(problem.world))
    # Generic goals: no exact ties but those that the world itself makes.
    reward = np.random.default_rng(data.draw(st.integers(0, 99))).normal(
        size=(3, problem.world.n_outcomes)
    )
    discount = min(problem.discount, 0.9)
    problem = Problem(problem.world, Goals(reward[:, problem.world.outcome]), discount)
    found = [
        instrumental_values(problem, (drive,), tolerance=tolerance)[0]
        for tolerance in (1e-6, 1e-9, 1e-11)
    ]
    finest = found[-1]
    for worth in found[:-1]:
        sure = (finest.iv > 1e-4) | (finest.category != Category.REQUIRED)
        unclear = (worth.category != finest.category) & sure
        # What changes at all becomes undecided (indifferent), never its opposite.
        assert (worth.category[unclear] == Category.INDIFFERENT).all()
        assert not (worth.category * finest.category == -1).any()


def test_more_goals_and_more_worth_are_different_claims():
    """Mean versus probability: most goals avoid what the average goal gains from most."""
    world = OffSwitch(rooms=1).build()
    index = {s: world.outcome[world.find(s)] for s in world.states}
    rows = np.zeros((3, world.n_outcomes))
    rows[:, index["off"]] = (0.1, 0.1, 0.0)
    rows[2, [index["room 1"], index["hall"]]] = 1.0
    problem = Problem(world, Goals(rows[:, world.outcome]), 0.9)
    worth = instrumental_values(problem, (SelfPreservation().affordances(world),))[0]
    assert worth.category.tolist() == [-1, -1, 1]
    value = power(
        world, Listed(tuple(map(tuple, rows.tolist()))), 0.9, n=3, rng=np.random.default_rng(0)
    )
    assert value.mean[world.find("hall")] > value.mean[world.find("off")]


def test_every_order_of_every_goal_is_met_once():
    """Orbits are exact populations: each distinct arrangement once, no sampling error to report."""
    world = OffSwitch(rooms=1).build()
    goals = everyone(Orbit((0.0, 0.0, 1.0, 2.0)), world)
    found = sorted(map(tuple, goals.reward[:, np.argsort(world.outcome)].tolist()))
    assert found == sorted(set(permutations((0.0, 0.0, 1.0, 2.0))))
