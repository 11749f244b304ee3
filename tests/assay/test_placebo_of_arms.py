"""The placebo beside an arm: a drive stands clear of sets of its size, such a set itself does not."""

import numpy as np
import pytest

from telos.assay import AssayQuestion
from telos.assay.bench import Bench, drives_told
from telos.assay.beside import matched
from telos.assay.certify import interval_of
from telos.drives import affordance
from telos.measure.placebo import placebo_sets
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
