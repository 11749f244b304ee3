"""Sums and intervals of the tables: exact, and the same in whatever order the numbers come."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos.measure.exact import (
    exact_deviation,
    exact_mean,
    exact_mean_interval,
)
from telos.measure.intervals import mean_interval, paired_interval, propensity_interval

NUMBERS = st.lists(
    st.floats(-1e9, 1e9, allow_nan=False) | st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    min_size=1,
    max_size=60,
)
PROPENSITIES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_a_mean_is_rounded_once_whatever_the_order(numbers):
    exact = sum(Fraction(x) for x in numbers) / len(numbers)
    for column in (np.array(numbers), np.array(numbers[::-1])):
        assert exact_mean(column) == float(exact)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_a_deviation_comes_from_sums_without_cancellation(numbers):
    """The textbook formula loses everything in float64 where numbers are large and alike; here not."""
    shifted = [float(Fraction(x) + 10**6) for x in numbers]
    exact = [Fraction(x) for x in shifted]
    mean = sum(exact) / len(exact)
    if len(exact) > 1:
        variance = sum((x - mean) ** 2 for x in exact) / (len(exact) - 1)
        assert exact_deviation(np.array(shifted)) == pytest.approx(
            float(variance) ** 0.5, rel=1e-14
        )


def test_numbers_too_small_for_their_own_squares_still_add_up_exactly():
    small = np.array([5e-324, 1e-310, -3e-320, 2e-308])
    exact = sum(Fraction(float(x)) for x in small) / 4
    assert exact_mean(small) == float(exact)


@pytest.mark.parametrize("numbers", [[], [1.0, np.inf], [np.nan, 0.0]])
def test_what_is_not_finite_has_no_mean(numbers):
    assert np.isnan(exact_mean(np.array(numbers)))
    assert np.isnan(exact_deviation(np.array(numbers)))


@settings(max_examples=40, deadline=None)
@given(PROPENSITIES)
def test_exact_intervals_are_those_of_the_column(numbers):
    whole = np.array(numbers)
    assert propensity_interval(whole, of_mean=exact_mean_interval) == pytest.approx(
        propensity_interval(whole), abs=1e-9
    )
    if len(whole) > 1:
        assert exact_mean_interval(whole) == pytest.approx(mean_interval(whole), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 0.3]), st.sampled_from([0.0, 1.0, 0.5])),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_exact_pairs_have_the_interval_of_the_columns(pairs, rounded):
    before, after = (np.array(column) for column in zip(*pairs, strict=True))
    if rounded:
        before, after = np.round(before), np.round(after)
    whole = paired_interval(before, after)
    assert paired_interval(before, after, of_mean=exact_mean_interval) == pytest.approx(
        whole, abs=1e-12, nan_ok=True
    )
