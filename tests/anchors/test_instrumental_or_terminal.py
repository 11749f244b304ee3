"""Wanted as a means or for itself: blinding, the split and the grant test (THEORY section 4)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import Affordance, Category, Goals, Problem, blind, explore, instrumental_values
from telos.core.arrays import bools
from telos.drives import SelfPreservation
from telos.measure.split import blinded, terminal_parts

ROOM, OFF, MARK = 0.8, 0.3, 0.25


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
    terminal = terminal_parts(problem, (drive,), (worth.iv,))[0]
    assert terminal[0] == pytest.approx(whole - instrumental, abs=1e-7 * factor + 1e-10)
    plain = blinded(problem.goals, world, drive)
    assert blind(plain, world)
    np.testing.assert_allclose(plain.reward[0], _reward(world, room, off, 0.0), atol=1e-12)


@pytest.mark.parametrize("g", [0.1, 0.9, 0.99])
def test_a_goal_blind_to_features_has_no_terminal_part(g):
    """What a blind goal does about the switch it does for the sake of outcomes."""
    world = _gate(0.5)
    problem = Problem(world, Goals(_reward(world, ROOM, OFF, 0.0)), g)
    drive = SelfPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    assert worth.category.tolist() == [Category.REQUIRED]
    assert terminal_parts(problem, (drive,), (worth.iv,))[0].tolist() == [0.0]


@pytest.mark.parametrize("g", [0.1, 0.9, 0.99])
def test_what_is_wanted_only_for_itself_is_terminal_altogether(g):
    """Nothing to lose by being off: all of the incentive is the mark."""
    world = _gate(0.5)
    problem = Problem(world, Goals(_reward(world, ROOM, ROOM, MARK)), g)
    drive = SelfPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    assert worth.iv[0] == pytest.approx(g / (1 - g) * MARK, rel=1e-9)
    assert terminal_parts(problem, (drive,), (worth.iv,))[0][0] == pytest.approx(worth.iv[0])


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
    assert blind(Goals(_reward(world, ROOM, OFF, 0.0)), world)
    assert not blind(Goals(_reward(world, ROOM, OFF, MARK)), world)
    assert not blind(Goals(_reward(world, ROOM, OFF, MARK)), world, ["cut"])
