"""Dose-response curves: against closed forms and another optimizer, and the planner's step at their end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from telos.core.arrays import bools, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.response import Bins, bin_means, boltzmann_rates, dose_response


def _logit(p):
    return np.log(p / (1 - p))


def test_of_two_doses_the_curve_goes_through_both_rates():
    """At dose 0: 2 of 10; at dose 0.5: 7 of 10."""
    did = np.concatenate([[1] * 2, [0] * 8, [1] * 7, [0] * 3]).astype(bool)
    curve = dose_response(did, [0.0] * 10 + [0.5] * 10, range(20))
    assert curve.rate == pytest.approx(0.2)
    assert curve.slope[0] == pytest.approx((_logit(0.7) - _logit(0.2)) / 0.5)
    assert 0 < curve.low < 0.2 < curve.high < 0.6


def test_the_curve_is_where_an_independent_optimizer_finds_it():
    rng = np.random.default_rng(0)
    dose = rng.uniform(-1, 1, size=300)
    did = rng.random(300) < expit(-0.5 + 2 * dose)
    curve = dose_response(did, dose, np.arange(300) // 6)

    def minus(b):
        u = b[0] + b[1] * dose
        return np.logaddexp(0, np.where(did, -u, u)).sum()

    found = minimize(minus, np.zeros(2), tol=1e-10)
    np.testing.assert_allclose(curve.fitted.estimate, found.x, atol=1e-4)
    assert curve.fitted.loglik == pytest.approx(-found.fun)
    assert curve.fitted.names == ("intercept", "dose")
    assert curve.rate == pytest.approx(expit(found.x[0]), abs=1e-4)


def test_a_planner_is_a_step_whose_height_at_nothing_is_how_it_breaks_ties():
    dose = np.repeat([-0.5, 0.0, 0.5], 20)
    did = np.concatenate([[0] * 20, [1] * 11, [0] * 9, [1] * 20]).astype(bool)
    curve = dose_response(did, dose, range(60))
    assert curve.fitted.status == "separated: dose"
    assert curve.rate == pytest.approx(0.55)
    assert curve.slope[0] == np.inf
    assert curve.slope[2] == np.inf
    assert curve.slope[1] > 1


def test_a_model_that_harms_itself_has_a_slope_of_minus_infinity():
    dose = np.repeat([-0.5, 0.0, 0.5], 4)
    did = bools([1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    curve = dose_response(did, dose, range(12))
    assert curve.slope[0] == -np.inf
    assert curve.slope[1] == -np.inf
    assert curve.slope[2] < 0


def test_what_is_taken_always_has_a_zero_dose_rate_of_one_with_a_lower_limit():
    """All of 30 take it at any dose: no slope to be seen, and the rate at nothing is near 1."""
    curve = dose_response([True] * 30, np.tile([-0.5, 0.0, 0.5], 10), range(30))
    assert curve.fitted.each == ("separated", "not identified")
    assert (curve.rate, curve.high) == (1.0, 1.0)
    assert 0.5 < curve.low < 1.0


def test_without_a_dose_near_nothing_a_step_has_no_zero_dose_rate():
    curve = dose_response([False, True] * 10, [-0.5, 0.5] * 10, range(20))
    assert np.isnan(curve.rate)
    assert (curve.low, curve.high) == (0.0, 1.0)
    assert curve.slope[0] == np.inf


def test_one_dose_alone_tells_the_rate_at_it_only_if_it_is_nothing():
    at_nothing = dose_response([True, False, False, False], [0.0] * 4, range(4))
    assert at_nothing.rate == pytest.approx(0.25)
    assert at_nothing.fitted.each == ("estimated", "not identified")
    elsewhere = dose_response([True, False, False, False], [0.3] * 4, range(4))
    assert np.isnan(elsewhere.rate)
    assert elsewhere.fitted.status == "not identified: intercept, dose"


def test_nothing_and_one_cluster_have_the_interval_of_ignorance():
    nothing = dose_response([], [], [])
    assert nothing.fitted.status == "no decisions"
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    one = dose_response([True, False, False, True], [0.0, 0.0, 0.1, 0.1], [0] * 4)
    assert (one.low, one.high) == (0.0, 1.0)
    assert one.rate == pytest.approx(0.5)


def test_decisions_of_a_goal_that_are_alike_widen_the_interval():
    rng = np.random.default_rng(1)
    dose = np.repeat(rng.uniform(-1, 1, size=40), 5)
    did = np.repeat(rng.random(40) < 0.5, 5)
    clustered = dose_response(did, dose, np.repeat(np.arange(40), 5))
    alone = dose_response(did, dose, range(200))
    assert clustered.rate == pytest.approx(alone.rate)
    ratio = clustered.fitted.error / alone.fitted.error
    expected = np.sqrt(5 * (40 / 39) / (200 / 199))  # five copies are one
    np.testing.assert_allclose(ratio, expected)


def test_a_dose_that_is_no_number_is_refused():
    with pytest.raises(ProblemError, match="column 1 is nan"):
        dose_response([True, False], [0.0, np.nan], [0, 1])
    with pytest.raises(ProblemError, match=r"2,\) flags"):
        dose_response([True, False], [0.0], [0, 1])


def test_a_boltzmann_model_of_two_actions_is_a_logistic_curve_in_the_gap():
    gaps = np.array([-2.0, -0.3, 0.0, 1.0])
    q = np.ravel([[0.0, gap] for gap in gaps])
    rates = boltzmann_rates(floats(q), ints(range(0, 9, 2)), bools([0, 1] * 4), 1.7)
    np.testing.assert_allclose(rates, expit(1.7 * gaps))


@given(st.integers(0, 2**32 - 1))
def test_boltzmann_of_many_actions_is_the_softmax_and_tends_to_the_planner(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, size=5)
    ptr = ints(np.concatenate([[0], np.cumsum(sizes)]))
    q = floats(rng.integers(0, 4, size=ptr[-1]).astype(float))  # with ties
    pursues = bools(rng.random(ptr[-1]) < 0.5)
    warm, cold = boltzmann_rates(q, ptr, pursues, 0.8), boltzmann_rates(q, ptr, pursues, np.inf)
    backwards = boltzmann_rates(q, ptr, pursues, -0.8)
    for i in range(5):
        s = slice(ptr[i], ptr[i + 1])
        odds = np.exp(0.8 * q[s])
        assert warm[i] == pytest.approx(odds @ pursues[s] / odds.sum())
        assert backwards[i] == pytest.approx((1 / odds) @ pursues[s] / (1 / odds).sum())
        assert cold[i] == pytest.approx(pursues[s][q[s] == q[s].max()].mean())
    np.testing.assert_allclose(boltzmann_rates(q, ptr, pursues, 80.0), cold, atol=1e-9)


def test_the_curve_of_a_model_is_its_mean_in_each_bin():
    bins = Bins((0.5,))
    means = bin_means([0.1, 0.3, 0.5, 0.9, 0.7], [-1.0, -2.0, 0.0, 0.6, np.nan], bins)
    np.testing.assert_allclose(means, [0.2, 0.5, np.nan, 0.9])


def test_every_dose_has_one_bin_and_nothing_has_its_own():
    bins = Bins((-0.2, 0.1, 0.3))
    assert bins.names == ("below -0.2", "-0.2 to 0", "0", "0 to 0.1", "0.1 to 0.3", "above 0.3")
    doses = [-0.3, -0.2, -1e-3, -1e-12, 0.0, 1e-12, 1e-3, 0.1, 0.2, 0.3, 0.4]
    assert bins.of(floats(doses)).tolist() == [0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5]
    assert Bins(()).of(floats([-1.0, 0.0, 1.0])).tolist() == [0, 1, 2]


@given(st.floats(-2, 2))
def test_bins_are_the_same_seen_from_below(dose):
    bins = Bins((-0.3, -0.1, 0.1, 0.3))
    assert bins.of(floats([dose]))[0] + bins.of(floats([-dose]))[0] == len(bins.names) - 1
