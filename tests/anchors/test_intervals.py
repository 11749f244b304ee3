"""Intervals against numbers worked out by hand, and against themselves."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from telos.errors import ProblemError
from telos.measure.intervals import (
    difference_interval,
    difference_p_value,
    excess_interval,
    mean_interval,
    proportion_interval,
    quantile_interval,
    quantile_ranks,
    sums_interval,
    unpaired_interval,
)
from telos.measure.selection import holm, split_choice

SHARES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


def test_a_goal_at_each_edge_is_added_as_the_formula_says():
    """n = 4, numbers 0.2, 0.4, 0.6, 0.6: with 0 and 1, N = 6, mean 2.8 / 6, by exact fractions."""
    numbers = [Fraction(2, 10), Fraction(4, 10), Fraction(6, 10), Fraction(6, 10)]
    six = [*numbers, Fraction(0), Fraction(1)]
    mean = sum(six) / 6
    variance = sum((x - mean) ** 2 for x in six) / 5
    half = student.ppf(0.975, 5) * float(variance / 6) ** 0.5
    found = mean_interval(np.array([float(x) for x in numbers]))
    assert found == pytest.approx((float(mean) - half, float(mean) + half), abs=1e-12)


@pytest.mark.parametrize(
    ("found", "low", "high"),
    [
        (mean_interval(np.ones(5)), 0.51, 1.0),
        (mean_interval(np.ones(100)), 0.971, 1.0),
        (difference_interval(np.ones(60), np.ones(60)), -0.046, 0.046),
        (mean_interval(np.zeros(0)), 0.0, 1.0),
    ],
)
def test_what_was_never_seen_may_still_be(found, low, high):
    """Five goals that keep all, a hundred that do, sixty flags that never change, and no goal."""
    assert found == pytest.approx((low, high), abs=5e-3 if high == 1.0 and low < 0.6 else 5e-4)


@given(SHARES, SHARES)
def test_sums_of_parts_give_the_interval_of_the_whole(first, second):
    one, two = np.array(first), np.array(second)
    whole = mean_interval(np.r_[one, two])
    merged = sums_interval(
        len(one) + len(two), one.sum() + two.sum(), (one**2).sum() + (two**2).sum()
    )
    assert merged == pytest.approx(whole, abs=1e-12)


@given(SHARES, st.randoms(use_true_random=False))
def test_an_interval_holds_its_mean_inside_its_edges_whatever_the_order(numbers, random):
    shuffled = list(numbers)
    random.shuffle(shuffled)
    found = mean_interval(np.array(numbers))
    assert 0.0 <= found.low <= np.mean(numbers) + 1e-12
    assert np.mean(numbers) - 1e-12 <= found.high <= 1.0
    assert found == mean_interval(np.array(shuffled))


@given(SHARES, st.floats(0.1, 9), st.floats(-5, 5))
def test_another_unit_changes_the_interval_as_it_changes_the_numbers(numbers, scale, shift):
    plain = np.array(mean_interval(np.array(numbers)))
    found = mean_interval(scale * np.array(numbers) + shift, shift, scale + shift)
    assert found == pytest.approx(tuple(scale * plain + shift), abs=1e-9)


@given(SHARES)
def test_more_tests_make_every_interval_wider(numbers):
    one, ten = (mean_interval(np.array(numbers), tests=m) for m in (1, 10))
    assert ten.low <= one.low <= one.high <= ten.high
    assert ten == mean_interval(np.array(numbers), level=1 - 0.05 / 10)


@given(SHARES)
def test_a_change_turned_round_has_the_interval_turned_round(numbers):
    after = np.array(numbers)
    before = after[::-1].copy()
    there, back = difference_interval(before, after), difference_interval(after, before)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 1.0]), min_size=1, max_size=80))
def test_the_p_value_is_the_level_at_which_the_interval_reaches_no_change(changes):
    change = np.array(changes)
    p = difference_p_value(np.zeros(len(change)), change)
    for level in (0.5, 0.9, 0.99):
        low, high = difference_interval(np.zeros(len(change)), change, level=level)
        if abs(p - (1 - level)) > 1e-9:
            assert (low > 0 or high < 0) == (p < 1 - level)


def test_goals_without_a_number_are_left_out():
    values, other = np.array([0.0, np.nan, 1.0, 0.5]), np.array([1.0, 1.0, np.nan, 0.5])
    assert mean_interval(values) == mean_interval(np.array([0.0, 1.0, 0.5]))
    assert difference_interval(values, other) == mean_interval(np.array([1.0, 0.0]), -1.0, 1.0)
    assert unpaired_interval(values, other) == unpaired_interval(
        values[[0, 2, 3]], other[[0, 1, 3]]
    )
    assert quantile_interval(np.r_[np.arange(20) / 20, np.nan]) == (0.25, 0.7)


def test_goals_of_which_it_is_not_known_are_taken_at_their_worst():
    found = proportion_interval(8, 20, unresolved=2)
    assert found == (proportion_interval(8, 20).low, proportion_interval(10, 20).high)


@pytest.mark.parametrize(("n", "ranks"), [(20, (6, 15)), (60, (22, 39)), (200, (86, 115))])
def test_the_ranks_around_a_median_are_those_of_the_binomial_law(n, ranks):
    assert quantile_ranks(n) == ranks
    assert quantile_interval(np.arange(1.0, n + 1), high=n + 1.0) == ranks


@given(st.integers(1, 300), st.sampled_from([0.05, 0.25, 0.5, 0.9, 0.95]))
def test_two_order_statistics_hold_a_quantile_with_the_probability_of_the_binomial_law(n, q):
    """P(X_(l) <= quantile < X_(u)) = P(l <= Bin(n, q) < u) for a continuous law, exactly."""
    first, last = quantile_ranks(n, q)
    assert 0 <= first < last <= n + 1
    assert binom.cdf(last - 1, n, q) - binom.cdf(first - 1, n, q) >= 0.95 - 1e-12
    assert binom.cdf(first, n, q) > 0.025  # one rank nearer would miss more often


def test_twenty_goals_do_not_bound_the_95_percent_quantile():
    assert quantile_interval(np.linspace(0, 0.5, 20), 0.95).high == 1.0


def test_two_samples_that_never_differ_may_still():
    never = unpaired_interval(np.zeros(60), np.zeros(60))
    assert never.low == -never.high
    assert 0.04 < never.high < 0.08
    assert unpaired_interval(np.zeros(0), np.ones(3)) == (-1.0, 1.0)


def test_the_excess_over_draws_that_agree_is_the_matched_difference():
    own = np.r_[np.ones(30), np.zeros(70)]
    draws = np.repeat(np.r_[np.ones(10), np.zeros(90)][:, None], 40, axis=1)
    assert excess_interval(own, draws) == difference_interval(draws[:, 0], own)


def test_the_excess_allows_for_one_more_draw():
    """No goal of X, and draws that are all ones or all zeros: var_k (1 + 1/K) leaves nothing sure."""
    draws = np.tile(np.arange(20) % 2, (200, 1)).astype(float)
    low, high = excess_interval(np.zeros(200), draws)
    assert low == -1.0
    assert high > 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_rejects_what_stepping_down_does(p_values):
    """In rising order, i of m is kept while p <= .05 / (m - i + 1); the first failure ends it."""
    p = np.array(p_values)
    kept, going = set(), True
    for place, i in enumerate(np.argsort(p, kind="stable")):
        going = going and p[i] <= 0.05 / (len(p) - place)
        if going:
            kept.add(i)
    found = holm(p)
    clear = np.abs(found - 0.05) > 1e-12
    assert {i for i in np.flatnonzero(found < 0.05) if clear[i]} == {i for i in kept if clear[i]}
    assert (found >= p).all()


def test_a_choice_is_read_on_goals_that_did_not_make_it():
    rng = np.random.default_rng(0)
    worst, fair = [], []
    for _ in range(300):
        candidates = [rng.random(40) for _ in range(20)]
        found = split_choice(candidates)
        worst.append(max(values.mean() for values in candidates))
        fair.append(found.mean)
        assert found.among == 20
        assert found.n == 20
    assert np.mean(worst) > 0.57  # the largest of twenty flatters itself
    assert np.mean(fair) == pytest.approx(0.5, abs=0.015)


def test_a_choice_among_nothing_is_none():
    assert split_choice([np.zeros(0), np.array([np.nan])]) is None
    assert split_choice([np.array([0.3]), np.array([0.2])]).n == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: mean_interval(np.array([0.5, 1.5])), "value 1 is 1.5"),
        (lambda: mean_interval(np.ones(3), 1.0, 0.0), "low < high"),
        (lambda: mean_interval(np.ones(3), level=1.0), "level"),
        (lambda: mean_interval(np.ones(3), tests=0), "tests"),
        (lambda: difference_interval(np.ones(3), np.ones(2)), "same goals"),
        (lambda: difference_p_value(np.ones(3), np.ones(3), 0.0, 1.0), "give -x and x"),
        (lambda: quantile_interval(np.ones(3), 1.0), "q is"),
        (lambda: excess_interval(np.ones(3), np.ones((3, 1))), "two columns"),
    ],
)
def test_what_has_no_interval_is_refused_with_the_remedy(wrong, words):
    with pytest.raises(ProblemError, match=words):
        wrong()


LAWS = {
    "one goal in a hundred loses something": (
        lambda rng, n: 1 - (rng.random(n) < 0.01) * rng.beta(1, 3, n),
        0.9975,
    ),
    "flags, one in a hundred": (lambda rng, n: (rng.random(n) < 0.01).astype(float), 0.01),
    "mostly near 0": (lambda rng, n: rng.beta(0.005, 1, n), 0.005 / 1.005),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [20, 200])
def test_intervals_cover_where_students_t_does_not(law, n):
    draw, mean = LAWS[law]
    rng = np.random.default_rng(0)
    samples = [draw(rng, n) for _ in range(600)]
    ours = np.mean([low <= mean <= high for low, high in map(mean_interval, samples)])
    far = student.ppf(0.975, n - 1) / n**0.5
    theirs = np.mean([abs(x.mean() - mean) <= far * x.std(ddof=1) for x in samples])
    assert ours >= 0.93
    assert theirs < 0.9
