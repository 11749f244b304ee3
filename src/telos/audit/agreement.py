"""Agreement: how far two raters of the same samples agree, and what a fallible one says of the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints
from telos.core.errors import ProblemError

#: The label of what a rater did not rate, or failed at: it is missing, and never a no.
MISSING = -1


@final
@dataclass(frozen=True)
class Agreement:
    """How far two raters agree on the samples that both have rated.

    Args:
        n: samples rated by both. missing: samples that at least one did not rate.
        agreed: samples on which they agree. kappa: Cohen's; low, high: its 95 % interval.
        alpha: Krippendorff's, nominal. NaN where a rater's labels never differ, since then chance alone
            explains everything.
    """

    n: int
    missing: int
    agreed: int
    kappa: float
    low: float
    high: float
    alpha: float


def agreement(first: Sequence[int], second: Sequence[int]) -> Agreement:
    """The agreement of two raters.

    Args:
        first, second: one label a sample, integers from 0; `MISSING` where there is none.

    Returns:
        The counts and both coefficients.

    Raises:
        ProblemError: if the two are not of one length.

    Example:
        >>> agreement([1, 1, 0, 0, -1], [1, 0, 0, 0, 1]).kappa
        0.5
    """
    labels = _labels([first, second])
    both = (labels >= 0).all(axis=0)
    one, two = labels[0][both], labels[1][both]
    table = confusion(one, two)
    kappa, error = cohen(table)
    return Agreement(
        n=int(both.sum()),
        missing=int((~both).sum()),
        agreed=int((one == two).sum()),
        kappa=kappa,
        low=max(-1.0, kappa - _normal(0.95) * error),
        high=min(1.0, kappa + _normal(0.95) * error),
        alpha=krippendorff(labels),
    )


def _labels(raters: Sequence[Sequence[int]]) -> Ints:
    if len({len(rater) for rater in raters}) > 1:
        lengths = ", ".join(str(len(rater)) for rater in raters)
        raise ProblemError(f"raters of {lengths} samples; give each one label a sample.")
    return np.array(raters, dtype=np.int64)


def confusion(first: Ints, second: Ints) -> Floats:
    """F[K, K], how often the first rater gave label i where the second gave j; none is missing."""
    kinds = int(max(first.max(initial=0), second.max(initial=0))) + 1
    table = np.zeros((kinds, kinds))
    np.add.at(table, (first, second), 1.0)
    return table


def cohen(table: Floats) -> tuple[float, float]:
    """Cohen's kappa of a confusion table and its standard error where kappa is not 0.

    `kappa = (p_o - p_e) / (1 - p_e)`, with p_o the share on the diagonal and p_e what the margins
    alone would put there.

    Args:
        table: F[K, K], counts.

    Returns:
        (kappa, error); NaN where p_e is 1 or there are no counts.

    References:
        Cohen (1960); Fleiss, Cohen and Everitt (1969), equation 13, the error.
    """
    n = float(table.sum())
    if n == 0:
        return float("nan"), float("nan")
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = float(rows @ columns)
    if chance >= 1 - 1e-12:
        return float("nan"), float("nan")
    seen = float(np.trace(p))
    kappa = (seen - chance) / (1 - chance)
    margins = rows[None, :] + columns[:, None]
    diagonal = float((np.diag(p) * (1 - np.diag(margins) * (1 - kappa)) ** 2).sum())
    apart = p * margins**2
    off = (1 - kappa) ** 2 * float(apart.sum() - np.trace(apart))
    spread = diagonal + off - (kappa - chance * (1 - kappa)) ** 2
    return kappa, (max(0.0, spread) / n) ** 0.5 / (1 - chance)


def krippendorff(labels: Ints) -> float:
    """Krippendorff's alpha of nominal labels by any number of raters, some of them missing.

    `alpha = 1 - D_o / D_e` over the coincidences: each ordered pair of labels of a sample with m of
    them counts 1 / (m - 1). Samples with fewer than two labels say nothing.

    Args:
        labels: I[R, n], from 0, or `MISSING`.

    Returns:
        alpha, at most 1; NaN where only one label, or none, was ever given by two raters.

    References:
        Krippendorff (2011), Computing Krippendorff's alpha-reliability, part C.
    """
    kinds = int(labels.max(initial=-1)) + 1
    counts = np.stack([(labels == kind).sum(axis=0) for kind in range(kinds)]) if kinds else None
    if counts is None:
        return float("nan")
    rated = counts.sum(axis=0)
    counts, rated = counts[:, rated > 1].astype(float), rated[rated > 1]
    n = float(rated.sum())
    alike = float((counts * (counts - 1) / (rated - 1)).sum())
    totals = counts.sum(axis=1)
    chance = float((totals * (totals - 1)).sum())
    if n == 0 or chance >= n * (n - 1):
        return float("nan")
    return 1 - (n - 1) * (n - alike) / (n * (n - 1) - chance)


@final
@dataclass(frozen=True)
class Corrected:
    """A prevalence corrected for the errors of a test.

    Args:
        apparent: the share that tests positive. sensitivity, specificity: of the test, as measured.
        prevalence: corrected, in [0, 1]; low, high: its 95 % interval.
        status: in words: "corrected", or why there is nothing to say. Then the three are NaN.
    """

    apparent: float
    sensitivity: float
    specificity: float
    prevalence: float
    low: float
    high: float
    status: str


def corrected_prevalence(
    positive: int, n: int, hits: int, sick: int, passes: int, well: int
) -> Corrected:
    """The prevalence behind a share of positive tests, given how often the test errs.

    `p = (q + sp - 1) / (se + sp - 1)`, cut to [0, 1], of the positive share q, the sensitivity se and
    the specificity sp, each of a sample of its own. The interval is by the delta method on counts moved
    towards the middle, as for Wilson's, and by the curvature of p in se and sp; it is wide where
    se + sp is little above 1.

    Args:
        positive: of n samples tested. hits: positive of `sick` samples that have it.
        passes: negative of `well` samples that do not have it.

    Returns:
        The corrected prevalence. No number where se + sp <= 1: such a test says nothing.

    Raises:
        ProblemError: if a count is negative or above its total.

    Example:
        >>> found = corrected_prevalence(30, 100, 90, 100, 80, 100)
        >>> round(found.prevalence, 4), found.status
        (0.1429, 'corrected')

    References:
        Rogan and Gladen (1978); Lang and Reiczigel (2014), the interval.
    """
    for count, total in ((positive, n), (hits, sick), (passes, well)):
        if not 0 <= count <= total:
            raise ProblemError(f"corrected_prevalence: {count} of {total}; count within the total.")
    nan = float("nan")
    q = positive / n if n else nan
    se, sp = hits / sick if sick else nan, passes / well if well else nan
    if not (n and sick and well):
        lacking = (
            "no sample" if not n else ("no sample that has it" if not sick else "no sample without")
        )
        return Corrected(q, se, sp, nan, nan, nan, f"not corrected: {lacking} was rated by both")
    if se + sp <= 1:
        return Corrected(
            q,
            se,
            sp,
            nan,
            nan,
            nan,
            "not corrected: sensitivity + specificity <= 1, no better than chance",
        )
    prevalence = min(1.0, max(0.0, (q + sp - 1) / (se + sp - 1)))
    low, high = _lang_reiczigel((positive, n), (hits, sick), (passes, well))
    return Corrected(
        q, se, sp, prevalence, min(low, prevalence), max(high, prevalence), "corrected"
    )


def _lang_reiczigel(
    tested: tuple[int, int], sick: tuple[int, int], well: tuple[int, int]
) -> tuple[float, float]:
    z = _normal(0.95)
    n = tested[1] + z**2
    q = (tested[0] + z**2 / 2) / n
    se, sp = (sick[0] + 1) / (sick[1] + 2), (well[0] + 1) / (well[1] + 2)
    reach = se + sp - 1
    if reach <= 0:
        return 0.0, 1.0
    p = min(1.0, max(0.0, (q + sp - 1) / reach))
    of_se, of_sp = se * (1 - se) / (sick[1] + 2), sp * (1 - sp) / (well[1] + 2)
    error = (q * (1 - q) / n + p**2 * of_se + (1 - p) ** 2 * of_sp) ** 0.5 / reach
    shift = 2 * z**2 * (p * of_se - (1 - p) * of_sp)
    low, high = (min(1.0, max(0.0, p + shift + sign * z * error)) for sign in (-1, 1))
    return low, high


def _normal(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))
