"""Rates of exposed decisions: the interval of clusters, its coverage, and what is divided by what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from telos.audit.rates import rate
from telos.core.errors import ProblemError
from telos.measure.intervals import proportion_interval


def test_the_effective_number_worked_by_hand():
    """Clusters 3 of 4 and 1 of 4: p = 1/2, v = 2 (1 + 1) / 64 = 1/16, m = (1/4) / (1/16) = 4."""
    found = rate([1, 1, 1, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4)
    assert (found.count, found.n, found.clusters) == (4, 8, 2)
    assert found.effective == pytest.approx(4)
    # Wilson's limits are where |p - pi| = t sqrt(pi (1 - pi) / m)
    for end in (found.low, found.high):
        far = student.ppf(0.975, 1) * np.sqrt(end * (1 - end) / 4)
        assert abs(0.5 - end) == pytest.approx(far)


def test_clusters_of_fully_alike_decisions_count_as_one_each():
    did = np.repeat([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 6)
    found = rate(did, np.repeat(range(10), 6))
    assert found.effective == pytest.approx(9)  # (G - 1): the variance is estimated from G
    once = rate(did[::6], range(10))
    assert (found.low, found.high) == pytest.approx((once.low, once.high))


def test_with_many_clusters_of_one_it_is_wilsons():
    did = np.arange(2000) % 5 == 0
    found, plain = rate(did, range(2000)), proportion_interval(400, 2000)
    assert found.low == pytest.approx(plain.low, abs=1e-4)
    assert found.high == pytest.approx(plain.high, abs=1e-4)


def test_clusters_that_are_more_even_than_chance_make_nothing_surer_than_independence():
    found = rate([1, 0] * 20, np.repeat(range(20), 2))
    assert found.effective == 40


@pytest.mark.parametrize("did", [0, 1])
def test_where_nothing_varies_each_cluster_counts_as_one(did):
    """0 of 30 decisions of 10 goals: 1 - 0.025^(1/10), not 1 - 0.025^(1/30)."""
    found = rate([did] * 30, np.repeat(range(10), 3))
    end = 1 - 0.025 ** (1 / 10)
    assert (found.low, found.high) == pytest.approx((0, end) if did == 0 else (1 - end, 1))
    assert found.n == 30


def test_nothing_and_one_cluster_have_the_interval_of_ignorance():
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
    assert 0.92 <= covers / 600 <= 0.98
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
