"""Nested intervals: the luck of learners is not the variety of goals."""

import numpy as np
import pytest
from scipy.stats import t as student

from telos.errors import ProblemError
from telos.measure.intervals import mean_interval
from telos.measure.nested import nested


def _population(rng, goals, learners, apart):
    """F[G, R]: flags of learners whose goals have chances of their own (beta, design effect `apart`)."""
    chance = rng.beta(0.6 * apart, 0.4 * apart, size=goals)
    return (rng.random((goals, learners)) < chance[:, None]).astype(float)


def test_two_goals_with_two_learners_come_out_as_by_hand():
    """Means 0.2 and 0.6: MSW = 4 * 0.1² / 2 = 0.02, MSB = 2 * 2 * 0.2² / 1 = 0.16."""
    found = nested(np.array([[0.1, 0.3], [0.5, 0.7]]))
    assert found.mean == pytest.approx(0.4)
    assert found.within == pytest.approx(0.02)
    assert found.between == pytest.approx((0.16 - 0.02) / 2)
    # With 0 and 1: mean 1.8 / 4, variance (0.45² + 0.25² + 0.15² + 0.55²) / 3.
    half = student.ppf(0.75, 3) * ((0.45**2 + 0.25**2 + 0.15**2 + 0.55**2) / 12) ** 0.5
    assert nested(np.array([[0.1, 0.3], [0.5, 0.7]]), level=0.5).interval == pytest.approx(
        (0.45 - half, 0.45 + half)
    )


def test_the_components_are_those_of_the_sums_of_squares():
    """Total = between + within, the identity of the analysis of variance, from scratch."""
    x = np.random.default_rng(0).random((7, 4))
    goals, learners = x.shape
    found = nested(x)
    inside = sum((x[g, r] - x[g].mean()) ** 2 for g in range(goals) for r in range(learners))
    total = ((x - x.mean()) ** 2).sum()
    across = total - inside
    assert found.within == pytest.approx(inside / (goals * (learners - 1)))
    expected = (across / (goals - 1) - inside / (goals * (learners - 1))) / learners
    assert found.between == pytest.approx(expected)


def test_the_components_are_unbiased():
    """Chances with variance ab/((a+b)²(a+b+1)) between goals, mean p(1-p) within."""
    rng = np.random.default_rng(1)
    found = [nested(_population(rng, 30, 4, 2.0)) for _ in range(600)]
    between = 1.2 * 0.8 / (2.0**2 * 3.0)
    assert np.mean([f.between for f in found]) == pytest.approx(between, abs=0.003)
    assert np.mean([f.within for f in found]) == pytest.approx(0.24 - between, abs=0.003)


def test_the_interval_covers_and_learners_taken_for_goals_do_not():
    """95 % nominal; ten learners of each goal, most of whose spread is between goals."""
    rng = np.random.default_rng(2)
    samples = [_population(rng, 30, 10, 1.0) for _ in range(500)]
    right = np.mean([low <= 0.6 <= high for low, high in (nested(x).interval for x in samples)])
    wrong = np.mean(
        [low <= 0.6 <= high for low, high in map(mean_interval, map(np.ravel, samples))]
    )
    assert 0.92 <= right <= 0.98
    assert wrong < 0.75


def test_taking_learners_for_goals_narrows_the_interval_by_the_design_effect():
    """By sqrt(1 + (R - 1) rho), rho the share of the variance that lies between goals."""
    x = _population(np.random.default_rng(3), 400, 10, 1.0)
    found = nested(x)
    naive = mean_interval(x.ravel())
    rho = found.between / (found.between + found.within)
    ratio = (found.interval.high - found.interval.low) / (naive.high - naive.low)
    assert ratio == pytest.approx(np.sqrt(1 + 9 * rho), rel=0.01)
    assert ratio > 2


def test_learners_that_all_do_alike_add_nothing_but_work():
    of_goal = np.random.default_rng(4).random(20)
    once, often = nested(of_goal[:, None]), nested(np.repeat(of_goal[:, None], 5, axis=1))
    assert often.interval == pytest.approx(once.interval)
    assert often.within == pytest.approx(0.0)
    assert often.between == pytest.approx(of_goal.var(ddof=1))
    assert np.isnan(once.within)
    assert np.isnan(once.between)


def test_learners_do_not_make_goals():
    """Twenty goals that all pursue are twenty, however many learners pursue each."""
    assert nested(np.ones((20, 5))).interval == mean_interval(np.ones(20))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(3), "one row a goal"),
        (np.zeros((0, 3)), "one row a goal"),
        (np.array([[0.5, 1.5]]), "goal 0, learner 1"),
        (np.array([[0.5], [np.nan]]), "goal 1, learner 0"),
    ],
)
def test_what_are_no_propensities_is_refused_by_name(values, words):
    with pytest.raises(ProblemError, match=words):
        nested(values)
