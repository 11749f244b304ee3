"""Sums, medians and intervals of streamed readings: exact, and the same however the numbers are cut."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos.core.moments import Moments
from telos.measure import quantiles as module
from telos.measure.intervals import mean_interval, paired_interval
from telos.measure.nested import propensity_interval
from telos.measure.quantiles import order_statistics, quantiles
from telos.measure.streamed import Paired, streamed_mean_interval, streamed_propensity_interval

NUMBERS = st.lists(
    st.floats(-1e9, 1e9, allow_nan=False) | st.floats(0, 1) | st.sampled_from([0.0, 1.0]),
    min_size=1,
    max_size=60,
)
PROPENSITIES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


def merged(kind, *columns, pieces=4):
    """What is kept of columns cut into pieces that come in another order."""
    found = kind()
    cut = [np.array_split(np.array(column), pieces) for column in columns]
    for piece in reversed(list(zip(*cut, strict=True))):
        found = kind.of(*piece).merge(found)
    return found


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_sums_are_exact_whatever_the_chunks_and_their_order(numbers):
    found = merged(Moments, numbers)
    exact = [Fraction(x) for x in numbers]
    assert found == Moments.of(np.array(numbers))
    assert found.mean == float(sum(exact) / len(exact))
    assert (found.least, found.greatest) == (min(numbers), max(numbers))


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_a_deviation_comes_from_sums_without_cancellation(numbers):
    """The textbook formula loses everything in float64 where numbers are large and alike; here not."""
    exact = [Fraction(x) + 10**6 for x in numbers]
    shifted = [float(x) for x in exact]
    exact = [Fraction(x) for x in shifted]
    mean = sum(exact) / len(exact)
    if len(exact) > 1:
        variance = sum((x - mean) ** 2 for x in exact) / (len(exact) - 1)
        assert merged(Moments, shifted).deviation == pytest.approx(
            float(variance) ** 0.5, rel=1e-14
        )


def test_numbers_too_small_for_their_own_squares_still_add_up_exactly():
    small = np.array([5e-324, 1e-310, -3e-320, 2e-308])
    exact = sum(Fraction(float(x)) for x in small) / 4
    assert Moments.of(small).mean == float(exact)


def test_what_is_not_finite_has_no_mean():
    found = Moments.of(np.array([1.0, np.inf])).merge(Moments.of(np.array([1.0])))
    assert found.n == 3
    assert np.isnan(found.mean)
    assert np.isnan(found.deviation)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.sampled_from([1, 4, 2**16]), st.data())
def test_ranks_are_those_of_the_sorted_numbers_however_few_are_kept(numbers, kept, data):
    ranks = data.draw(st.lists(st.integers(0, len(numbers) - 1), min_size=1, max_size=4))
    pieces = np.array_split(np.array(numbers), 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT", kept)
        found = order_statistics(
            lambda: (("a", piece) for piece in pieces), {"a": (len(numbers), ranks)}
        )
    assert found["a"] == {rank: sorted(numbers)[rank] for rank in ranks}


def test_many_numbers_take_several_passes_and_few_take_one(monkeypatch):
    passes = []

    def read():
        passes.append(1)
        yield "a", np.arange(100.0)

    order_statistics(read, {"a": (100, (50,))})
    assert len(passes) == 1
    monkeypatch.setattr(module, "KEPT", 1)
    assert order_statistics(read, {"a": (100, (50,))}) == {"a": {50: 50.0}}
    assert 2 < len(passes) <= 5


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.floats(0, 1))
def test_quantiles_and_medians_are_those_of_polars(numbers, fraction):
    series = pl.Series(numbers)
    found = quantiles(lambda: [("a", np.array(numbers))], {"a": len(numbers)}, (0.5, fraction))
    assert found["a"][0] == series.median()
    assert found["a"][1] == pytest.approx(series.quantile(fraction, "linear"), rel=1e-12, abs=1e-12)


def test_groups_do_not_mix():
    data = [("a", np.array([1.0, 3.0])), ("b", np.array([10.0])), ("a", np.array([2.0]))]
    assert quantiles(lambda: data, {"a": 3, "b": 1, "c": 0}, (0.5,)) == {"a": (2.0,), "b": (10.0,)}


@settings(max_examples=40, deadline=None)
@given(PROPENSITIES)
def test_streamed_intervals_are_those_of_the_whole_column(numbers):
    whole, found = np.array(numbers), merged(Moments, numbers)
    assert streamed_propensity_interval(found) == pytest.approx(
        propensity_interval(whole), abs=1e-9
    )
    if len(whole) > 1:
        assert streamed_mean_interval(found) == pytest.approx(mean_interval(whole), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 0.3, np.nan]), st.sampled_from([0.0, 1.0, 0.5])),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_streamed_pairs_have_the_interval_of_the_whole_columns(pairs, rounded):
    before, after = (np.array(column) for column in zip(*pairs, strict=True))
    if rounded:
        before, after = np.round(before), np.round(after)
    found = merged(Paired, before, after)
    whole = paired_interval(before, after)
    assert found.change.n == int((~np.isnan(before)).sum())
    assert found.interval() == pytest.approx(whole, abs=1e-12, nan_ok=True)
