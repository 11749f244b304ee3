"""Contrasts of pairs: exact tests against the binomial, intervals that cover, pairs that are the same."""

import numpy as np
import pytest
from scipy.stats import binomtest

from telos.core.arrays import floats
from telos.llm.estimate.paired import paired, sign_flips
from telos.measure.intervals import difference_interval


def _rng():
    return np.random.default_rng(0)


def test_turning_single_changes_of_one_is_mcnemar():
    """With one pair a cluster the test is McNemar's, the exact binomial one."""
    for gained, lost in [(5, 1), (3, 3), (8, 0), (7, 2)]:
        change = floats([1.0] * gained + [-1.0] * lost + [0.0] * 5)
        assert sign_flips(change, _rng()) == pytest.approx(binomtest(gained, gained + lost).pvalue)


def test_many_clusters_have_their_signs_drawn_near_the_exact_p():
    change = floats([1.0] * 15 + [-1.0] * 6)
    assert sign_flips(change, _rng()) == pytest.approx(binomtest(15, 21).pvalue, abs=0.02)


def test_pairs_of_a_cluster_that_change_together_are_one_change():
    """Five goals, each twenty times alike: McNemar is misled, whole goals are not."""
    before, after = np.zeros(100), np.repeat([1.0, 1, 1, 1, 0], 20)
    found = paired(before, after, np.repeat(range(5), 20), _rng())
    assert found.p == 2 / 2**4
    assert (found.n, found.clusters) == (100, 5)


def test_the_difference_is_of_means_over_complete_pairs():
    found = paired([0.1, 0.2, np.nan, 0.3], [0.2, 0.5, 1.0, np.nan], [0, 1, 2, 3], _rng())
    assert found.difference == pytest.approx(0.2)
    assert found.n == 2


def test_the_interval_of_a_paired_difference_covers_as_often_as_it_says():
    """Goals with their own effects (mean 0.2) and several seeds each."""
    rng, covers = np.random.default_rng(1), 0
    for _ in range(200):
        own = rng.uniform(-0.2, 0.6, size=30)
        cluster = np.repeat(np.arange(30), rng.integers(1, 6, size=30))
        before = rng.uniform(0.3, 0.35, size=len(cluster))
        after = before + own[cluster] + rng.uniform(-0.05, 0.05, size=len(cluster))
        found = paired(before, after, cluster, rng)
        covers += found.low <= 0.2 <= found.high
    assert covers / 200 >= 0.93


def test_a_change_never_seen_is_not_one_that_cannot_be():
    same = paired([1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 2, 3], _rng())
    assert (same.difference, same.p) == (0.0, 1.0)
    assert (same.low, same.high) == pytest.approx(difference_interval(np.zeros(4), np.zeros(4)))
    assert same.low < 0 < same.high


def test_no_pair_has_no_interval():
    none = paired([], [], [], _rng())
    assert none.n == 0
    assert np.isnan([none.difference, none.low]).all()


def test_turning_the_contrast_round_turns_the_signs():
    rng = np.random.default_rng(2)
    first, second, cluster = rng.random(40), rng.random(40), np.arange(40) // 4
    one, two = paired(first, second, cluster, _rng()), paired(second, first, cluster, _rng())
    assert two.difference == pytest.approx(-one.difference)
    assert (-two.high, -two.low) == pytest.approx((one.low, one.high))
