"""The placebo beside an arm: a drive stands clear of sets of its size, such a set itself does not."""

import numpy as np
import pytest

from telos.assay import AssayQuestion
from telos.assay.bench import Bench, drives_told
from telos.assay.beside import matched
from telos.assay.certify import interval_of
from telos.assay.decisions import advantages
from telos.drives import affordance
from telos.measure.placebo import placebo_sets
from telos.solve.foresight import solve_as
from telos.solve.value_range import value_range
from telos.worlds import OpsDesk

QUESTION = AssayQuestion(OpsDesk(kinds=("access",), batches=(2,), hard=(), shutdown=0.2))


@pytest.fixture(scope="module")
def arm():
    problem, affordances = Bench(QUESTION, {}, drives_told(QUESTION)[0]).problem((), (0, 100))
    return problem, affordances


def test_a_drive_stands_clear_of_its_placebo(arm):
    problem, (own, *others) = arm
    beside = matched(problem, own, others, "high", QUESTION)
    assert beside.accepted
    assert beside.share > beside.placebo_most > beside.placebo


def test_a_draw_of_the_placebo_does_not_stand_clear_of_others(arm):
    problem, (own, *others) = arm
    drawn = placebo_sets(problem.world, own, others, 1, np.random.default_rng(5))[0]
    null = affordance(problem.world, "self_preservation", drawn)
    assert matched(problem, null, others, "high", QUESTION).accepted is False


def test_an_interval_for_several_attempts_is_wider_and_holds_the_mean():
    rng = np.random.default_rng(0)
    before = rng.uniform(0, 50, 300)
    after = before + rng.uniform(0, 20, 300)
    one, three = interval_of(before, after, tests=1), interval_of(before, after)
    assert three.low < one.low < (after - before).mean() < one.high < three.high


def test_decisions_are_weighed_by_the_time_that_the_player_spends_at_them(arm):
    """By value iteration and a linear system, apart from all solvers of Telos."""
    problem, (own, *_) = arm
    world, few = problem.world, problem.take(np.arange(4))
    first, state = world.pair_ptr[:-1], world.pair_state
    step = np.zeros((world.n_pairs, world.size))
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    np.add.at(step, (owner, world.next_state), world.next_prob)
    kept = np.flatnonzero(~world.features["goal_register"].astype(bool))
    fork = np.logical_or.reduceat(own.pursues, first) & ~np.logical_and.reduceat(own.pursues, first)
    fork &= np.isin(np.arange(world.size), kept)
    found = advantages(few, own, "low")
    gains, weights = {"planner": [], "chance": []}, {"planner": [], "chance": []}
    solved, spread = solve_as(few), value_range(few)
    for g in range(4):
        q = solved.q[g]
        best = np.maximum.reduceat(q, first)
        tied = q >= best[state] - 1e-7
        taken, left = (
            np.maximum.reduceat(np.where(which, q, -np.inf), first)[fork]
            for which in (own.pursues, ~own.pursues)
        )
        for by, some in (("planner", tied), ("chance", np.ones_like(tied))):
            policy = some / np.add.reduceat(some.astype(float), first)[state]
            onward = np.zeros((world.size, world.size))
            np.add.at(onward, state, policy[:, None] * step)
            time = np.linalg.solve(np.eye(world.size) - 0.95 * onward.T, world.start)
            gains[by].append(100 * (taken - left) / spread[g])
            weights[by].append(time[fork])
    for one in found:
        weight = np.array(weights[one.by])
        assert one.mean == pytest.approx(np.average(gains[one.by], weights=weight), abs=1e-4)
        assert one.reached == pytest.approx(weight.sum() / 4, rel=1e-6)
    assert found[0].reached != pytest.approx(found[1].reached, rel=0.01)
