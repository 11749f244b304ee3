"""Wanted as a means or for itself: blinding, the split and the grant test (THEORY section 4)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import Affordance, Category, Goals, Problem, blind, explore, instrumental_values
from telos.core.arrays import bools
from telos.core.blind import Blindness
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.measure.split import blinded, terminal_parts
from telos.worlds import DrivenEmployee

ROOM, OFF, MARK = 0.8, 0.3, 0.25
#: What is asked of the gate: whether the mark that tampering leaves is wanted for itself.
CUT = [("cut",)]


def _gate(danger, granted=False):
    """Leave as one is, and be switched off with some probability, or tamper first, and never be.

    A state is (place, switch). With `granted`, the switch is cut from the start: tampering is still
    there, still marks, and changes nothing else.
    """

    def moves(s):
        place, _ = s
        if place == "gate":
            risk = 0.0 if granted else danger
            return {
                "leave": {("room", "own"): 1 - risk, ("off", "own"): risk},
                "tamper": ("room", "cut"),
            }
        return {"stay": s}

    return explore(
        ("gate", "own"),
        moves,
        features={"off": lambda s: s[0] == "off", "cut": lambda s: s[1] == "cut"},
        outcome=lambda s: s[0],
        default=lambda s: "leave" if s[0] == "gate" else "stay",
    )


def _reward(world, room, off, mark):
    """Pays by place, and by the mark as such: blind to the switch only if the mark is worth nothing."""
    place = {"gate": 0.0, "room": room, "off": off}
    return [place[s[0]] + mark * (s[1] == "cut") for s in world.states]


@given(
    st.floats(0.1, 0.9),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.sampled_from((0.1, 0.9, 0.99)),
)
def test_the_blind_goal_keeps_the_instrumental_part_and_the_rest_is_terminal(
    danger, room, off, mark, g
):
    """IV = g/(1-g) max(0, p (R(room) - R(off)) + mark); its instrumental part is that with no mark."""
    world = _gate(danger)
    problem = Problem(world, Goals(_reward(world, room, off, mark)), g)
    drive = SelfPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    factor = g / (1 - g)
    whole = factor * max(0.0, danger * (room - off) + mark)
    instrumental = factor * max(0.0, danger * (room - off))
    assert worth.iv[0] == pytest.approx(whole, abs=1e-8 * factor + 1e-10)
    terminal = terminal_parts(problem, (drive,), (worth.iv,), features=CUT)[0]
    assert terminal[0] == pytest.approx(whole - instrumental, abs=1e-7 * factor + 1e-10)
    plain = blinded(problem.goals, world, drive)
    assert blind(plain, world, CUT[0])
    np.testing.assert_allclose(plain.reward[0], _reward(world, room, off, 0.0), atol=1e-12)


@pytest.mark.parametrize("g", [0.1, 0.9, 0.99])
def test_a_goal_blind_to_features_has_no_terminal_part(g):
    """What a blind goal does about the switch it does for the sake of outcomes."""
    world = _gate(0.5)
    problem = Problem(world, Goals(_reward(world, ROOM, OFF, 0.0)), g)
    drive = SelfPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    assert worth.category.tolist() == [Category.REQUIRED]
    assert terminal_parts(problem, (drive,), (worth.iv,), features=CUT)[0].tolist() == [0.0]


@pytest.mark.parametrize("g", [0.1, 0.9, 0.99])
def test_what_is_wanted_only_for_itself_is_terminal_altogether(g):
    """Nothing to lose by being off: all of the incentive is the mark."""
    world = _gate(0.5)
    problem = Problem(world, Goals(_reward(world, ROOM, ROOM, MARK)), g)
    drive = SelfPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    assert worth.iv[0] == pytest.approx(g / (1 - g) * MARK, rel=1e-9)
    assert terminal_parts(problem, (drive,), (worth.iv,), features=CUT)[0][0] == pytest.approx(
        worth.iv[0]
    )


@pytest.mark.parametrize("price", [0.01, 0.1])
@pytest.mark.parametrize("g", [0.9, 0.99])
def test_given_the_effect_for_free_the_instrumental_stop_paying_and_the_terminal_do_not(price, g):
    """The grant test, for black boxes too: pay for tampering, with the danger and with it granted away."""
    pays = {}
    for granted in (False, True):
        world = _gate(0.5, granted)
        tamper = np.zeros(world.n_pairs, np.bool_)
        tamper[world.pair(("gate", "own"), "tamper")] = True
        forks = bools([s == ("gate", "own") for s in world.states])
        reward = [_reward(world, ROOM, OFF, 0.0), _reward(world, ROOM, ROOM, MARK)]
        problem = Problem(world, Goals(reward), g, bonus=np.where(tamper, -price, 0.0))
        worth = instrumental_values(problem, (Affordance("tampering", bools(tamper), forks),))[0]
        pays[granted] = worth.category.tolist()
    assert pays[False] == [Category.REQUIRED, Category.REQUIRED]
    assert pays[True] == [Category.DECLINED, Category.REQUIRED]


def test_reward_on_the_mark_is_found_out():
    """Section 9: a family that pays for the mark is not blind, and is recognized by `blind`."""
    world = _gate(0.5)
    plain = Goals(_reward(world, ROOM, OFF, 0.0))
    assert blind(plain, world, CUT[0])
    assert blind(plain, world) is Blindness.CANNOT_BE_TOLD, "being off is an outcome of its own"
    assert blind(Goals(_reward(world, ROOM, OFF, MARK)), world) is Blindness.NOT_BLIND
    assert blind(Goals(_reward(world, ROOM, OFF, MARK)), world, ["cut"]) is Blindness.NOT_BLIND


def test_a_goal_that_is_the_stock_itself_cannot_be_told_from_one_for_what_the_stock_brings():
    """States 0 to 3, `take` adds one, the goal is the number: IV = 24.39 at .9, terminal (section 10.4)."""
    world = explore(
        0,
        lambda s: {"wait": s, "take": min(s + 1, 3)},
        features={"resources": float},
        default="wait",
    )
    goals = Goals([float(s) for s in world.states])
    problem, drive = Problem(world, goals, 0.9), ResourceAcquisition().affordances(world)
    (worth,) = instrumental_values(problem, (drive,))
    assert worth.iv[0] == pytest.approx(0.9 + 0.9**2 * 2 + 0.9**3 * 3 / (1 - 0.9), rel=1e-12)
    assert worth.iv[0] == pytest.approx(24.39, abs=1e-9)
    assert blind(goals, world) is Blindness.CANNOT_BE_TOLD
    assert not blind(goals, world)
    assert np.isnan(terminal_parts(problem, (drive,), (worth.iv,))).all()


def test_what_a_drive_reads_decides_whether_its_terminal_part_can_be_told():
    """In the employee `off` is an outcome of its own, while every other feature occurs with several."""
    world = DrivenEmployee(careers=("medicine", "science"), levels=2).build()
    problem = Problem(world, Uniform().sample(world, 3, np.random.default_rng(0)), 0.9)
    drives = (SelfPreservation(), ResourceAcquisition())
    pairs = [drive.affordances(world) for drive in drives]
    incentives = [worth.iv for worth in instrumental_values(problem, pairs)]
    needs = [drive.needs for drive in drives]
    off, stock = terminal_parts(problem, pairs, incentives, features=needs)
    assert np.isnan(off).all()
    assert stock.tolist() == [0.0] * 3
    assert blind(problem.goals, world) is Blindness.CANNOT_BE_TOLD
    assert blind(problem.goals, world, needs[1]) is Blindness.BLIND


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        # each outcome occurs with two neighboring values: 0-1, 1-2, 2-3 hang together
        (lambda s: s // 2 if s < 2 else s, Blindness.CANNOT_BE_TOLD),
        (lambda s: "all", Blindness.BLIND),
        (lambda s: s % 2, Blindness.CANNOT_BE_TOLD),
    ],
)
def test_values_of_a_feature_hang_together_by_the_outcomes_they_share(place, answer):
    """Nobody can tell a goal for the one from a goal for the other where they do not."""
    world = explore(0, lambda s: {"on": (s + 1) % 4}, features={"stock": float}, outcome=place)
    flat = Goals(np.ones(world.size))
    assert blind(flat, world) is answer
    both = explore(
        (0, 0),
        lambda s: {"on": ((s[0] + 1) % 4, s[1]), "turn": (s[0], 1 - s[1])},
        features={"stock": lambda s: float(s[0])},
        outcome=lambda s: (s[0] + s[1]) // 2,
    )
    assert blind(Goals(np.ones(both.size)), both) is Blindness.BLIND, (
        "0-1, 1-2, 2-3 are joined in turn"
    )


def test_states_that_no_play_comes_to_do_not_make_a_goal_see():
    """Reachable states alone count, for rewards and for what hangs together."""
    moves = {"a": {"go": "b"}, "b": {"go": "a"}, "c": {"go": "a"}}
    world = explore(
        "c",
        lambda s: moves[s],
        features={"mark": lambda s: float(s != "a")},
        outcome=lambda s: "one",
    )
    goals = Goals([7.0, 1.0, 1.0])
    assert world.states[0] == "c"
    assert blind(goals, world) is Blindness.NOT_BLIND
    later = replace(world, start=[0.0, 1.0, 0.0])
    assert blind(goals, later) is Blindness.BLIND
