"""Sums of the tables: exact, and the same in whatever order the numbers come."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos.measure.exact import exact_mean

NUMBERS = st.lists(
    st.floats(-1e9, 1e9, allow_nan=False) | st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_a_mean_is_rounded_once_whatever_the_order(numbers):
    exact = sum(Fraction(x) for x in numbers) / len(numbers)
    for column in (np.array(numbers), np.array(numbers[::-1])):
        assert exact_mean(column) == float(exact)


def test_numbers_too_small_for_their_own_squares_still_add_up_exactly():
    small = np.array([5e-324, 1e-310, -3e-320, 2e-308])
    exact = sum(Fraction(float(x)) for x in small) / 4
    assert exact_mean(small) == float(exact)


@pytest.mark.parametrize("numbers", [[], [1.0, np.inf], [np.nan, 0.0]])
def test_what_is_not_finite_has_no_mean(numbers):
    assert np.isnan(exact_mean(np.array(numbers)))
