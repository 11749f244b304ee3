"""Empowerment: the closed forms of THEORY section 11."""

import numpy as np
import pytest

from telos import Goals, Problem, explore, solve
from telos.errors import ProblemError
from telos.theory import capacity, empowerment
from telos.worlds import OffSwitch


def _bits(p):
    """H2(p)."""
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def _slippery(p):
    """Two places and two actions that name one, each of which slips to the other with probability p."""
    return explore("a", lambda _: {"a": {"a": 1 - p, "b": p}, "b": {"a": p, "b": 1 - p}})


@pytest.mark.parametrize("p", [0.01, 0.1, 0.3, 0.45])
def test_two_actions_that_slip_have_1_minus_H2(p):
    found = empowerment(_slippery(p), 1, tolerance=1e-7)
    np.testing.assert_allclose(found.low, 1 - _bits(p), atol=1e-7)
    assert (found.high - found.low <= 2e-7).all()
    assert found.every.all()


@pytest.mark.parametrize("n", [2, 3, 10])
def test_of_several_slippery_steps_only_the_last_counts(n):
    """The place before does not matter, so there are two laws at every n."""
    found = empowerment(_slippery(0.1), n, tolerance=1e-7)
    np.testing.assert_allclose(found.low, 1 - _bits(0.1), atol=1e-7)


@pytest.mark.parametrize("erased", [0.1, 0.5])
def test_an_erasure_channel_has_capacity_1_minus_what_is_erased(erased):
    found = capacity(np.array([[1 - erased, 0, erased], [0, 1 - erased, erased]]))
    assert found.low == pytest.approx(1 - erased, abs=1e-6) == pytest.approx(found.high, abs=2e-6)


def test_the_z_channel():
    """log2(1 + (1 - p) p^(p / (1 - p))): its best input law is not uniform."""
    found = capacity(np.array([[1.0, 0.0], [0.5, 0.5]]), 1e-9)
    assert found.low == pytest.approx(np.log2(1.25), abs=1e-8)
    np.testing.assert_allclose(found.law, [0.6, 0.4], atol=1e-4)


def test_a_deterministic_world_has_the_logarithm_of_what_is_in_reach():
    world = OffSwitch(rooms=4).build()
    one, two = empowerment(world, 1), empowerment(world, 2)
    gate, hall, off = (world.find(s) for s in ("gate", "hall", "off"))
    assert one.low[[gate, hall, off]].tolist() == [1.0, 2.0, 0.0]
    assert two.low[gate] == np.log2(5)
    assert (two.low == two.high).all()


def test_what_must_stay_off_has_no_empowerment_at_any_length():
    moves = {"on": {"up": {"on": 0.7, "off": 0.3}, "down": {"on": 0.2, "off": 0.8}}}
    world = explore("on", lambda s: moves.get(s, {"up": s}))
    for n in (1, 3, 10):
        found = empowerment(world, n)
        assert found.high[world.find("off")] == 0.0 < found.low[world.find("on")]


@pytest.mark.parametrize("discount", [0.1, 0.5, 0.9])
def test_a_forced_cycle_and_two_loops_differ_in_POWER_alone(discount):
    """Both have empowerment log2 2 at the start. POWER there, over uniform goals: (2 + g)/(3 (1 + g))."""
    step = {"start": {"a": "left", "b": "right"}, "left": {"a": "right"}, "right": {"a": "left"}}
    cycle, loops = (
        explore("start", moves)
        for moves in (step.get, lambda s: step[s] if s == "start" else {"a": s})
    )
    expected = {cycle: (2 + discount) / (3 * (1 + discount)), loops: 2 / 3}
    for world, value in expected.items():
        for n in (1, 2, 7):
            assert empowerment(world, n).low.tolist() == [1.0, 0.0, 0.0]
        # only the two ends matter, of which the lesser and the greater have means 1/3 and 2/3
        goals = np.zeros((2, world.size))
        goals[:, [world.find("left"), world.find("right")]] = [[1 / 3, 2 / 3], [2 / 3, 1 / 3]]
        worth = solve(Problem(world, Goals(goals), discount)).value[:, world.find("start")].mean()
        assert (1 - discount) / discount * worth == pytest.approx(value, abs=1e-12)


def test_of_some_states_only_those_are_computed():
    whole, some = empowerment(_slippery(0.1), 2), empowerment(_slippery(0.1), 2, states=[1])
    assert some.low[1] == whole.low[1]
    assert np.isnan([some.low[0], some.high[0]]).all()
    assert some.every.tolist() == [False, True]


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 1.5}, {"most": 1}, {"tolerance": 0.0}, {"states": [9]}]
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ProblemError, match="empowerment"):
        empowerment(_slippery(0.1), **wrong)


def test_a_channel_must_be_one():
    for wrong in ([[0.5, 0.6]], [0.5, 0.5], [[1.5, -0.5]]):
        with pytest.raises(ProblemError, match="capacity"):
            capacity(np.array(wrong))
