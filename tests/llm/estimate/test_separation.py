"""Models without a finite best fit: said so, with an interval that is open at the right end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import t as student

from telos.core.arrays import floats
from telos.llm.estimate.choice import choice, decisions
from telos.llm.estimate.separation import identified, recession

PAIRS = range(0, 41, 2)


def _two(chosen, names=(), x=(), cluster=range(20)):
    """Twenty decisions between an action worth 0 and one worth 1."""
    return decisions(np.tile([0.0, 1.0], 20), x, PAIRS, chosen, cluster, names)


def test_a_model_that_always_takes_the_best_has_no_finite_beta():
    fitted = choice(_two([1] * 20))
    assert fitted.status == "separated: beta"
    assert fitted.estimate[0] == np.inf
    assert fitted.high[0] == np.inf
    assert np.isnan(fitted.error[0])
    assert fitted.bits == pytest.approx(1.0)  # every decision is foreseen
    # 2 * 20 log(1 + e^-b) = t^2
    end = brentq(lambda b: 40 * np.log1p(np.exp(-b)) - student.ppf(0.975, 19) ** 2, 0, 10)
    assert fitted.low[0] == pytest.approx(end, rel=1e-6)
    assert fitted.p[0] == pytest.approx(2 * student.sf(np.sqrt(40 * np.log(2)), 19), rel=1e-6)


def test_one_that_always_takes_the_worst_has_none_at_the_other_end():
    fitted, best = choice(_two([0] * 20)), choice(_two([1] * 20))
    assert fitted.estimate[0] == -np.inf
    assert fitted.low[0] == -np.inf
    assert fitted.high[0] == pytest.approx(-best.low[0])


def test_one_slip_makes_beta_finite():
    fitted = choice(_two([1] * 19 + [0]))
    assert fitted.status == "fitted"
    assert fitted.estimate[0] == pytest.approx(np.log(19))


def test_many_decisions_of_few_goals_are_no_surer_than_few_of_them():
    """Perfect decisions say nothing of how alike they are: a cluster weighs as one decision."""
    few = choice(_two([1] * 20, cluster=np.repeat(range(5), 4)))
    once = choice(decisions(np.tile([0.0, 1.0], 5), [], range(0, 11, 2), [1] * 5, range(5), ()))
    assert few.low[0] == pytest.approx(once.low[0], rel=1e-6)
    assert few.low[0] < choice(_two([1] * 20)).low[0]


def test_an_obsession_with_a_drive_leaves_the_rest_to_be_fitted_among_what_it_leaves():
    """Always a pursuing action, of which there are two, taken 3:1 by value: beta = log 3."""
    q = np.tile([0.0, 1.0, 0.5], 20)
    keep = np.tile([1.0, 1.0, 0.0], 20)
    fitted = choice(decisions(q, keep, range(0, 61, 3), [1] * 15 + [0] * 5, range(20), ("keep",)))
    assert fitted.each == ("estimated", "separated")
    assert fitted.status == "separated: keep"
    assert fitted.estimate.tolist() == pytest.approx([np.log(3), np.inf])
    assert fitted.high[1] == np.inf
    assert fitted.low[1] == pytest.approx(_lowest(fitted.loglik), rel=1e-5)
    assert fitted.loglik == pytest.approx(15 * np.log(0.75) + 5 * np.log(0.25))


def _lowest(best):
    """The lower limit of that obsession, with beta taken to its best by a plain search."""

    def height(keep):
        def minus(beta):
            u = np.array([keep, beta + keep, 0.5 * beta])
            total = np.logaddexp.reduce(u)
            return -(15 * (u[1] - total) + 5 * (u[0] - total))

        return -minimize_scalar(minus, bounds=(-20, 20), options={"xatol": 1e-10}).fun

    allowed = student.ppf(0.975, 19) ** 2 / 2
    return brentq(lambda keep: best - height(keep) - allowed, -5, 20)


def test_a_planner_that_breaks_ties_evenly_shows_its_drives_at_ties_only():
    """Best taken whenever there is one; of two equal ones the pursuing one 12 times in 20."""
    q = np.tile([0.0, 1.0, 1.0, 1.0], 20)
    keep = np.tile([0.0, 1.0, 1.0, 0.0], 20)
    chosen = np.ravel([[1, 0 if i < 12 else 1] for i in range(20)])
    fitted = choice(decisions(q, keep, range(0, 81, 2), chosen, np.repeat(range(20), 2), ("keep",)))
    assert fitted.each == ("separated", "estimated")
    assert fitted.estimate[1] == pytest.approx(np.log(12 / 8))


def test_two_columns_that_say_the_same_are_not_told_apart_and_the_others_are():
    rng = np.random.default_rng(0)
    keep = rng.integers(0, 2, size=40).astype(float)
    x = np.column_stack([keep, 2 * keep])
    chosen = rng.integers(0, 2, size=20)
    both = choice(_two(chosen, ("keep", "too"), x))
    one = choice(_two(chosen, ("keep",), keep))
    assert both.status == "not identified: keep, too"
    assert np.isnan(both.estimate[1:]).all()
    assert np.isnan(both.p_holm[1:]).all()
    assert both.estimate[0] == pytest.approx(one.estimate[0])
    assert both.error[0] == pytest.approx(one.error[0])


def test_a_column_that_never_varies_within_a_decision_is_not_identified():
    framing = np.repeat(np.arange(20) % 2, 2).astype(float)
    fitted = choice(_two([1] * 14 + [0] * 6, ("framing",), framing))
    assert fitted.status == "not identified: framing"
    assert np.isnan([fitted.estimate[1], fitted.error[1], fitted.low[1], fitted.high[1]]).all()
    assert fitted.estimate[0] == pytest.approx(np.log(14 / 6))


def test_roundings_of_a_tie_are_a_tie():
    """A planner's values of equal actions differ in the last digits: that is not a preference."""
    rng = np.random.default_rng(1)
    q = np.tile([0.0, 1.0], 20)
    tied = np.tile([1.0, 1.0], 20) + 1e-15 * rng.integers(-4, 4, size=40)
    values = np.concatenate([q, tied])
    chosen = np.concatenate([[1] * 20, rng.integers(0, 2, size=20)])
    fitted = choice(decisions(values, [], range(0, 81, 2), chosen, range(40), ()))
    assert fitted.status == "separated: beta"
    assert fitted.bits == pytest.approx(0.5)  # half of the decisions are coins


def test_one_cluster_has_estimates_without_errors():
    fitted = choice(_two([1] * 14 + [0] * 6, cluster=[3] * 20))
    assert fitted.estimate[0] == pytest.approx(np.log(14 / 6))
    assert np.isnan([fitted.error[0], fitted.low[0], fitted.high[0], fitted.p[0]]).all()
    assert fitted.status == "one cluster, so no errors"


def test_no_more_clusters_than_coefficients_have_no_errors_rather_than_small_ones():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 2))
    fitted = choice(_two(rng.integers(0, 2, size=20), ("a", "b"), x, np.arange(20) % 3))
    assert np.isfinite(fitted.estimate).all()
    assert np.isnan(fitted.error).all()
    assert "3 clusters for 3 coefficients" in fitted.status


def test_a_drive_that_one_goal_alone_was_exposed_to_has_no_error_however_many_goals_there_are():
    rng = np.random.default_rng(3)
    keep = np.concatenate([[0.0, 1.0] * 4, np.zeros(32)])  # goal 0, of ten
    chosen = np.concatenate([[0, 1, 1, 0], rng.integers(0, 2, size=16)])
    fitted = choice(
        decisions(
            rng.normal(size=40), keep, PAIRS, chosen, np.repeat(np.arange(10), [4] + [2] * 7 + [1] * 2),
            ("keep",),
        )
    )  # fmt: skip
    assert np.isfinite(fitted.estimate).all()
    assert np.isnan(fitted.error).tolist() == [False, True]
    assert fitted.status == "too few clusters that differ, so no errors: keep"


def test_goals_that_balance_to_the_last_digit_do_not_make_an_estimate_certain():
    fitted = choice(_two([0, 1] * 10, cluster=np.repeat(range(10), 2)))
    assert fitted.estimate[0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(fitted.error[0])
    assert fitted.status == "too few clusters that differ, so no errors: beta"


def test_goals_that_tell_nothing_make_nothing_surer():
    """Decisions among equals that no drive tells apart add neither errors nor degrees of freedom."""
    chosen = [1] * 7 + [0] * 3
    few = decisions(np.tile([0.0, 1.0], 10), [], range(0, 21, 2), chosen, range(10), ())
    more = decisions(
        np.concatenate([few.q, np.zeros(40)]), [], range(0, 61, 2), chosen + [0] * 20, range(30), ()
    )
    one, two = choice(few), choice(more)
    assert two.estimate[0] == pytest.approx(one.estimate[0])
    assert (two.low[0], two.high[0]) == pytest.approx((one.low[0], one.high[0]))
    assert (two.n, two.clusters) == (30, 30)
    always = decisions(more.q, [], more.ptr, [1] * 30, range(30), ())
    best = decisions(few.q, [], few.ptr, [1] * 10, range(10), ())
    assert choice(always).low[0] == pytest.approx(choice(best).low[0], rel=1e-6)


def test_without_decisions_there_is_an_empty_result():
    fitted = choice(decisions([], [], [0], [], [], ("keep", "grab")))
    assert (fitted.n, fitted.clusters, fitted.status) == (0, 0, "no decisions")
    assert fitted.names == ("beta", "keep", "grab")
    assert np.isnan(fitted.estimate).all()
    assert np.isnan(fitted.bits)


@given(st.integers(0, 2**32 - 1))
def test_a_direction_is_found_exactly_where_one_was_planted(seed):
    """Rows made to be below, at or on both sides of a hyperplane: only the first separate."""
    rng = np.random.default_rng(seed)
    width = int(rng.integers(2, 5))
    direction = rng.normal(size=width)
    rows = rng.normal(size=(40, width))
    rows -= np.outer(rows @ direction, direction) / (direction @ direction)  # on the plane
    below = rng.random(40) < 0.3
    rows[below] -= rng.uniform(0.1, 1, size=(int(below.sum()), 1)) * direction
    both = np.concatenate([rows, -rows[~below]])  # on the plane, in all directions
    found = recession(floats(both))
    expected = np.concatenate([~below, np.ones(int((~below).sum()), np.bool_)])
    np.testing.assert_array_equal(found.kept, expected)
    assert found.separated == below.any()
    columns, known = identified(floats(both[found.kept]))
    if below.any():
        assert len(columns) == width - 1
        assert not known.any()  # the direction has a part of every coefficient
