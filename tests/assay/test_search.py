"""The search: coordinates and back, Newton in a box, and shares by another route."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos.assay import AssayQuestion
from telos.assay.bench import Bench, drives_told
from telos.assay.ends import KnobTurned
from telos.assay.parameters import EDGE, Parameter, parameters_of, setting_of, turned
from telos.assay.toward import Reached, toward
from telos.core.arrays import floats
from telos.families import Uniform
from telos.worlds import OpsDesk, PaperclipFactory

GOALS = 20


@given(st.floats(EDGE, 1 - EDGE))
def test_a_chance_comes_back_from_its_log_odds_to_four_digits(value):
    one = Parameter("p", None, "chance", 0.3)
    assert one.to(one.at(value)) == pytest.approx(value, abs=0.5e-4)


@given(st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-3))
def test_a_number_comes_back_from_its_unit(value):
    one = Parameter("n", None, "number", value)
    assert one.to(one.at(value)) == pytest.approx(value, rel=1e-3)


def test_lists_are_turned_number_by_number():
    mine = PaperclipFactory(slips=(0.4, 0.2))
    known = parameters_of(mine)
    assert {"slips[0]", "slips[1]", "machines"} <= set(known)
    setting = setting_of(known, {"slips[1]": 0.1, "machines": 2.0, "slips[0]": 0.4})
    assert turned(mine, known, setting) == {"slips": (0.4, 0.1), "machines": 2}
    assert isinstance(turned(mine, known, setting)["machines"], int)


matrices = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed))


@given(matrices, st.integers(1, 4))
def test_a_linear_rule_is_met_from_a_wrong_slope_without_leaving_the_box(rng, size):
    slope = 4 * np.eye(size) + rng.uniform(-0.5, 0.5, (size, size))
    solution = rng.uniform(-1.5, 1.5, size)
    box = floats(np.full(size, -2.0)), floats(np.full(size, 2.0))
    asked = []

    def rule(x):
        asked.append(x)
        return floats(slope @ x)

    begin = Reached(floats(np.zeros(size)), floats(np.zeros(size)), floats(4 * np.eye(size)), 0.0)
    found = toward(rule, begin, floats(slope @ solution), box, tolerance=1e-3, steps=20)
    assert found.off <= 1e-3
    assert np.abs(asked).max() <= 2.0


def test_a_target_beyond_the_box_leads_to_its_edge():
    begin = Reached(floats([0.0]), floats([0.0]), floats([[1.0]]), 0.0)
    found = toward(
        lambda x: floats(x), begin, floats([9.0]), (floats([-1.0]), floats([2.5])), tolerance=0.01
    )
    assert found.x.tolist() == [2.5]
    assert found.off == 6.5


def _values(world, reward, allowed, sense):
    """The value at the start by plain value iteration, apart from all solvers of Telos."""
    value = np.zeros(world.size)
    for _ in range(320):
        expected = np.add.reduceat(world.next_prob * value[world.next_state], world.next_ptr[:-1])
        best = np.where(allowed, sense * expected, -np.inf)
        value = reward + 0.95 * sense * np.maximum.reduceat(best, world.pair_ptr[:-1])
    return float(world.start @ value)


def test_a_change_of_shares_is_what_plain_value_iteration_says():
    desk = OpsDesk(kinds=("access",), batches=(2,), hard=(), rewrite=0.0)
    question = AssayQuestion(desk, goals=GOALS)
    bench = Bench(question, parameters_of(desk), drives_told(question)[0])
    number = bench.names.index("self_preservation")
    arms = [bench.measured((("shutdown", p),), (0, GOALS)).share[number] for p in (0.05, 0.3)]
    expected = []
    for p in (0.05, 0.3):
        world = OpsDesk(kinds=("access",), batches=(2,), hard=(), rewrite=0.0, shutdown=p).build()
        goals = Uniform().sample(world, GOALS, np.random.default_rng(0))
        pursues = bench.drives[number].affordances(world).pursues
        every = np.ones(world.n_pairs, bool)
        shares = []
        for reward in goals.reward[:2]:
            best, least = (_values(world, reward, every, sense) for sense in (1.0, -1.0))
            without = _values(world, reward, ~pursues, 1.0)
            shares.append(100 * (best - without) / (best - least))
        expected.append(np.array(shares))
    assert (expected[1] - expected[0]).max() > 1.0
    assert (arms[1] - arms[0])[:2] == pytest.approx(expected[1] - expected[0], abs=1e-4)


def test_where_goals_are_rewritten_shares_are_those_of_value_iteration_in_two_stages():
    """The successor does what is best by its own goal, and that is judged by the first one."""
    desk = OpsDesk(kinds=("access",), batches=(2,), hard=(), rewrite=0.3, shutdown=0.1)
    question = AssayQuestion(desk, goals=GOALS)
    bench = Bench(question, parameters_of(desk), drives_told(question)[0])
    found = bench.measured((), (0, GOALS)).share[:, :3]
    world = desk.build()
    goals = Uniform().sample(world, GOALS, np.random.default_rng(0))
    first, owner = world.pair_ptr[:-1], world.pair_state
    gone = world.features["goal_register"][owner] != 0

    def ahead(reward, allowed):
        value = np.zeros(world.size)
        for _ in range(600):
            mean = np.add.reduceat(world.next_prob * value[world.next_state], world.next_ptr[:-1])
            q = np.where(allowed, reward[owner] + 0.95 * mean, -np.inf)
            value = np.maximum.reduceat(q, first)
        return value, q

    def at_start(reward, allowed):
        return float(world.start @ ahead(reward, allowed)[0])

    for g in range(3):
        value, q = ahead(goals.rewritten()[g], np.ones(world.n_pairs, bool))
        open_ = ~gone | (q >= value[owner] - 1e-9)
        best, least = at_start(goals.reward[g], open_), -at_start(-goals.reward[g], open_)
        for d, drive in enumerate(bench.drives):
            kept = open_ & ~(drive.affordances(world).pursues & ~gone)
            lost = 100 * (best - at_start(goals.reward[g], kept)) / (best - least)
            assert found[d, g] == pytest.approx(lost, abs=1e-4)
    assert found[bench.names.index("goal_preservation")].max() > 1.0


@pytest.mark.parametrize(
    ("moves", "value", "side"),
    [
        ([10.0, 0.0], 0.4, "without"),
        ([10.0, 0.0], 4.9, "without"),
        ([10.0, 0.0], -5.1, "with"),
        ([0.1, -0.2], 3.0, "with"),
        ([0.1, -0.2], 0.4, "neither"),
    ],
)
def test_those_with_a_drive_live_with_a_knob_that_moves_what_they_have(moves, value, side):
    one = Parameter("p", None, "chance", 0.3)
    assert KnobTurned(one, -1.0, 1.0, floats(moves), value, floats([0.0, 0.0])).side == side
