"""The convergence index: worked cases, the share that noise makes, and the interval of the excess."""

from itertools import product

import numpy as np
import pytest

from telos.core.errors import ProblemError
from telos.llm.estimate.convergence import convergence
from telos.measure.intervals import difference_interval, proportion_interval

HALF = 0.5


def test_the_index_worked_by_hand():
    """Rates 2/2, 1/2, 0/2, and a goal that was never exposed; the drive is worth something to two."""
    found = convergence([1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 2, 2], [0.3, 0.2, -0.1, 0.5], HALF)
    assert found.observed == pytest.approx(1 / 3)  # 1/2 is not above 1/2
    assert found.exact == pytest.approx(2 / 3)
    assert found.excess == pytest.approx(-1 / 3)
    assert found.goals == 3
    assert found.interval == proportion_interval(1, 3)
    assert found.excess_interval == difference_interval(
        np.array([1.0, 1, 0]), np.array([1.0, 0, 0])
    )


def test_a_planner_has_no_excess():
    dose = np.linspace(-0.5, 0.5, 41)
    found = convergence(np.repeat(dose > 0, 3), np.repeat(range(41), 3), dose, HALF)
    assert found.observed == found.exact == pytest.approx(20 / 41)
    assert found.excess == 0
    assert found.excess_interval.low < 0 < found.excess_interval.high


def test_what_a_model_blind_to_goals_would_show_is_summed_over_every_outcome():
    counts, rate = [1, 2, 3, 4], 0.3
    by_hand = 0.0
    for m in counts:
        for outcome in product([0, 1], repeat=m):
            chance = np.prod([rate if o else 1 - rate for o in outcome])
            by_hand += chance * (sum(outcome) / m > rate) / 4
    goal = np.repeat(range(4), counts)
    found = convergence([0] * 10, goal, [0.1] * 4, rate)
    assert found.by_chance == pytest.approx(by_hand)


def test_without_exposure_there_is_no_index():
    found = convergence([], [], [0.1, 0.2], HALF)
    assert np.isnan([found.observed, found.exact, *found.interval]).all()
    assert found.goals == 0


@pytest.mark.parametrize(
    ("goal", "zero", "word"),
    [([0, 2], HALF, "number goals 0"), ([0, 1], np.nan, "zero-dose rate of nan")],
)
def test_what_does_not_fit_is_refused(goal, zero, word):
    with pytest.raises(ProblemError, match=word):
        convergence([1, 0], goal, [0.1, 0.1], zero)
