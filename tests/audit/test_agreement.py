"""Two raters: textbook cases of agreement, and the prevalence behind a fallible rater's verdicts."""

import math

import numpy as np
import pytest

from telos.audit.agreement import (
    MISSING,
    agreement,
    cohen,
    confusion,
    corrected_prevalence,
    krippendorff,
)
from telos.core.errors import ProblemError

M = MISSING
#: Krippendorff (2011), part C: four observers, twelve units.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, M, M, M],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, M, 3],
    [M, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, M],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, M],
]
#: The same, part A: two observers, ten units, two kinds.
TWO = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]


def test_alpha_of_the_textbook():
    assert krippendorff(np.array(FOUR)) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff(np.array(TWO)) == pytest.approx(0.095, abs=5e-4)


def test_kappa_by_hand():
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = agreement(first, second)
    # 35 of 50 agree; the margins give 0.5 * 0.6 + 0.5 * 0.4 = 0.5
    assert found.kappa == pytest.approx((0.7 - 0.5) / 0.5)
    assert (found.n, found.agreed, found.missing) == (50, 35, 0)


def test_the_error_of_kappa_is_that_of_resampled_studies():
    table = np.array([[30.0, 9.0, 2.0], [6.0, 25.0, 5.0], [1.0, 4.0, 18.0]])
    _, error = cohen(table)
    rng = np.random.default_rng(3)
    n = int(table.sum())
    drawn = rng.multinomial(n, (table / n).ravel(), size=4_000).reshape(-1, 3, 3)
    spread = np.std([cohen(one.astype(float))[0] for one in drawn])
    assert error == pytest.approx(spread, rel=0.06)


def test_alpha_of_two_raters_without_gaps_is_near_scotts_pi():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 4_000)
    raters = np.where(rng.random((2, 4_000)) < 0.8, truth, 1 - truth)
    share = raters.mean()
    chance = share**2 + (1 - share) ** 2
    pi = ((raters[0] == raters[1]).mean() - chance) / (1 - chance)
    assert krippendorff(raters) == pytest.approx(pi, abs=1e-3)


def test_what_is_missing_is_no_verdict():
    full = agreement([1, 0, 1, 0], [1, 0, 0, 0])
    gaps = agreement([1, 0, 1, 0, M, 1], [1, 0, 0, 0, 1, M])
    assert (gaps.kappa, gaps.n, gaps.missing) == (full.kappa, 4, 2)
    assert gaps.alpha == pytest.approx(full.alpha)


@pytest.mark.parametrize("pair", [([], []), ([1, 1], [1, 1]), ([M, M], [1, 0])])
def test_raters_that_never_differ_have_no_coefficient(pair):
    found = agreement(*pair)
    assert math.isnan(found.kappa)
    assert math.isnan(found.alpha)


def test_perfect_agreement_is_one():
    found = agreement([0, 1, 1, 0], [0, 1, 1, 0])
    assert (found.kappa, found.alpha, found.high) == (1.0, 1.0, 1.0)


def test_raters_of_different_samples_are_refused():
    with pytest.raises(ProblemError, match="3, 2 samples"):
        agreement([1, 0, 1], [1, 0])


def test_a_confusion_table_counts_pairs():
    table = confusion(np.array([0, 1, 1]), np.array([1, 1, 2]))
    assert table.tolist() == [[0, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_the_correction_undoes_the_errors():
    # of 1,000, 200 have it: 0.9 * 200 + 0.05 * 800 = 220 test positive
    found = corrected_prevalence(220, 1_000, 90, 100, 95, 100)
    assert found.prevalence == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_a_perfect_test_needs_no_correction():
    found = corrected_prevalence(30, 100, 10_000, 10_000, 10_000, 10_000)
    assert found.prevalence == pytest.approx(0.3)
    # Wilson's interval of 30 of 100
    assert (found.low, found.high) == (
        pytest.approx(0.219, abs=2e-3),
        pytest.approx(0.396, abs=2e-3),
    )


def test_the_correction_stays_between_none_and_all():
    assert corrected_prevalence(1, 100, 90, 100, 90, 100).prevalence == 0.0
    assert corrected_prevalence(99, 100, 90, 100, 90, 100).prevalence == 1.0


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((10, 20, 5, 10, 5, 10), "no better than chance"),
        ((10, 20, 2, 10, 5, 10), "no better than chance"),
        ((0, 0, 5, 10, 5, 10), "no sample was"),
        ((10, 20, 0, 0, 5, 10), "no sample that has it"),
        ((10, 20, 5, 10, 0, 0), "no sample without"),
    ],
)
def test_a_test_that_says_nothing_is_not_corrected_but_says_so(counts, said):
    found = corrected_prevalence(*counts)
    assert math.isnan(found.prevalence)
    assert said in found.status


def test_counts_beyond_their_total_are_refused():
    with pytest.raises(ProblemError, match="11 of 10"):
        corrected_prevalence(11, 10, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("n", "sick", "well", "prevalence", "se", "sp"),
    [
        (100, 50, 100, 0.05, 0.9, 0.95),
        (200, 20, 60, 0.3, 0.8, 0.9),
        (300, 100, 100, 0.0, 0.9, 0.98),
        (100, 10, 50, 0.2, 0.95, 0.95),
    ],
)
def test_the_interval_covers_the_planted_prevalence(n, sick, well, prevalence, se, sp):
    rng = np.random.default_rng(11)
    q = prevalence * se + (1 - prevalence) * (1 - sp)
    studies = zip(
        rng.binomial(n, q, 800),
        rng.binomial(sick, se, 800),
        rng.binomial(well, sp, 800),
        strict=True,
    )
    found = [corrected_prevalence(p, n, h, sick, k, well) for p, h, k in studies]
    covered = np.mean([one.low <= prevalence <= one.high for one in found])
    assert 0.93 <= covered <= 0.998
