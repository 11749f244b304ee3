"""Rates of exposed decisions: the interval of clusters, its coverage, and what is divided by what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos.audit.rates import rate
from telos.core.errors import ProblemError
from telos.measure.intervals import mean_interval, proportion_interval


def test_clusters_of_fully_alike_decisions_count_as_one_each():
    did = np.repeat([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 6)
    found = rate(did, np.repeat(range(10), 6))
    once = rate(did[::6], range(10))
    assert (found.low, found.high) == pytest.approx((once.low, once.high))
    assert (once.low, once.high) == pytest.approx(mean_interval(did[::6].astype(float)))


@pytest.mark.parametrize("did", [0, 1])
def test_where_nothing_varies_each_cluster_counts_as_one(did):
    """0 of 30 decisions of 10 goals: what ten goals leave open, not what thirty would."""
    found = rate([did] * 30, np.repeat(range(10), 3))
    assert (found.low, found.high) == pytest.approx(mean_interval(np.full(10, float(did))))
    assert found.n == 30


def test_nothing_has_the_interval_of_ignorance_and_one_cluster_nearly():
    none = rate([], [])
    assert (none.n, none.low, none.high) == (0, 0.0, 1.0)
    assert np.isnan(none.rate)
    one = rate([1, 0, 0, 0], [7] * 4)
    assert (one.rate, one.low, one.high) == (0.25, 0.0, 1.0)


def test_the_interval_of_a_clustered_rate_covers_as_often_as_it_says():
    """Goals whose rates differ (beta law, mean 0.3): Wilson's for independent ones covers far less."""
    rng, covers, naive = np.random.default_rng(0), 0, 0
    for _ in range(600):
        own = rng.beta(0.6, 1.4, size=40)
        sizes = rng.integers(2, 12, size=40)
        cluster = np.repeat(np.arange(40), sizes)
        did = rng.random(len(cluster)) < own[cluster]
        found = rate(did, cluster)
        covers += found.low <= 0.3 <= found.high
        plain = proportion_interval(found.count, found.n)
        naive += plain.low <= 0.3 <= plain.high
    assert covers / 600 >= 0.93
    assert naive / 600 < 0.85


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40))
def test_the_interval_holds_the_rate_and_the_order_does_not_matter(rows):
    did, cluster = zip(*rows, strict=True)
    found = rate(did, cluster)
    assert 0 <= found.low <= found.rate <= found.high <= 1
    again = rate(did[::-1], [9 - c for c in cluster[::-1]])
    assert (again.low, again.high) == pytest.approx((found.low, found.high))
    other = rate([not d for d in did], cluster)
    assert (1 - other.high, 1 - other.low) == pytest.approx((found.low, found.high))


def test_flags_and_clusters_of_different_length_are_refused():
    with pytest.raises(ProblemError, match="give one cluster a flag"):
        rate([True, False], [0])
