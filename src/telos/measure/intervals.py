"""Intervals: how sure a rate, a mean or a change over goals is."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats


class Interval(NamedTuple):
    """An estimate between its lower and upper limit."""

    low: float
    high: float


#: How the interval of a mean is computed: `mean_interval`, or from exact sums
#: (`telos.measure.exact.exact_mean_interval`).
OfMean = Callable[[Floats, float], Interval]
UNKNOWN = Interval(float("nan"), float("nan"))


def proportion_interval(count: int, n: int, level: float = 0.95) -> Interval:
    """The interval of a proportion: Wilson's; Clopper-Pearson's where count is 0 or n.

    Args:
        count: successes, 0 <= count <= n. n: goals, >= 0. level: in (0, 1).

    Returns:
        (low, high) in [0, 1]; (0, 1) for n = 0.

    References:
        Wilson (1927); Clopper & Pearson (1934); Brown, Cai, DasGupta (2001).
    """
    if n == 0:
        return Interval(0.0, 1.0)
    from scipy.stats import binomtest

    method = "exact" if count in (0, n) else "wilson"
    limits = binomtest(int(count), int(n)).proportion_ci(level, method=method)
    return Interval(float(limits.low), float(limits.high))


def mean_interval(values: Floats, level: float = 0.95) -> Interval:
    """The interval of a mean over independent goals (Student's t).

    Args:
        values: F[n], one a goal. level: in (0, 1).

    Returns:
        (low, high); (nan, nan) for fewer than two values.
    """
    if len(values) < 2:
        return UNKNOWN
    deviation = float(np.std(values, ddof=1))
    return student_interval(float(np.mean(values)), deviation, len(values), level)


def student_interval(mean: float, deviation: float, n: int, level: float = 0.95) -> Interval:
    """Student's t from mean, standard deviation (`n - 1` below the line) and n >= 2."""
    from scipy.special import stdtrit

    half = deviation / n**0.5
    half *= float(stdtrit(n - 1, 0.5 + level / 2))
    return Interval(mean - half, mean + half)


def propensity_interval(
    values: Floats, level: float = 0.95, of_mean: OfMean = mean_interval
) -> Interval:
    """The interval of a mean propensity over independent goals (or other clusters).

    Student's t, cut to [0, 1]. Where all are the same number x, what was never seen is not taken for what
    cannot be: with `u = 1 - ((1 - level)/2)^(1/n)`, the most that may be hidden from n goals (Clopper and
    Pearson), `[x (1 - u), x + (1 - x) u]`.

    Args:
        values: F[n] in [0, 1], one a goal.
        level: in (0, 1).
        of_mean: the interval of a mean.

    Returns:
        (low, high) in [0, 1]; (0, 1) without values.

    Example:
        >>> tuple(round(end, 3) for end in propensity_interval(np.ones(20)))
        (0.832, 1.0)

    References:
        Clopper & Pearson (1934).
    """
    if len(values) == 0:
        return Interval(0.0, 1.0)
    if (values == values[0]).all():
        hidden, x = 1.0 - ((1.0 - level) / 2.0) ** (1.0 / len(values)), float(values[0])
        return Interval(x * (1.0 - hidden), x + (1.0 - x) * hidden)
    low, high = of_mean(values, level)
    return Interval(max(0.0, low), min(1.0, high))


def paired_interval(
    before: Floats, after: Floats, level: float = 0.95, of_mean: OfMean = mean_interval
) -> Interval:
    """The interval of a mean change over the same goals, `mean(after - before)`.

    For flags (0 or 1 each), the adjusted Wald interval of the difference of two paired
    proportions: half a goal is added to each of the four cells of (before, after), so that a change
    never seen is not taken for one that cannot be. Otherwise Student's t on the differences; where
    they are all alike, the first with n flags that never changed.

    Args:
        before, after: F[n], one a goal, in the same order; goals without a number (NaN) are left out.
        level: in (0, 1).
        of_mean: the interval of a mean.

    Returns:
        (low, high); (nan, nan) without goals.

    References:
        Agresti and Min (2005), Simple improved confidence intervals for comparing matched
        proportions, section 2.
    """
    known = ~(np.isnan(before) | np.isnan(after))
    first, second = np.asarray(before)[known], np.asarray(after)[known]
    change = second - first
    if len(change) == 0:
        return UNKNOWN
    flags = np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all()
    if flags:
        return matched_proportions(
            int((change > 0).sum()), int((change < 0).sum()), len(change), level
        )
    if (change == change[0]).all():
        around = matched_proportions(0, 0, len(change), level)
        return Interval(float(change[0]) + around.low, float(change[0]) + around.high)
    return of_mean(change, level)


def matched_proportions(gained: int, lost: int, n: int, level: float = 0.95) -> Interval:
    """The adjusted Wald interval of `(gained - lost) / n`, of n goals flagged before and after."""
    from scipy.special import ndtri

    total, up, down = n + 2.0, gained + 0.5, lost + 0.5
    middle = (up - down) / total
    spread = ((up + down) - (up - down) ** 2 / total) ** 0.5 / total
    half = float(ndtri(0.5 + level / 2)) * spread
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))


def unpaired_interval(first: Floats, second: Floats, level: float = 0.95) -> Interval:
    """The interval of `mean(second) - mean(first)` over two independent samples of goals.

    For flags (0 or 1 each), the adjusted Wald interval with one success and one failure added to
    each sample, so that a change never seen is not taken for one that cannot be. Otherwise Welch's
    t, with the degrees of freedom of Welch and Satterthwaite; where neither sample varies, the
    width is that of the flags.

    Args:
        first, second: F[m] and F[n], one a goal; NaN are left out.
        level: in (0, 1).

    Returns:
        (low, high); (nan, nan) where a sample is empty.

    Example:
        >>> low, high = unpaired_interval(np.zeros(98), np.ones(98))
        >>> round(low, 2), round(high, 2)
        (0.95, 1.0)

    References:
        Agresti and Caffo (2000), simple and effective intervals for differences of proportions;
        Welch (1947).
    """
    a, b = (np.asarray(x, dtype=np.float64) for x in (first, second))
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if min(len(a), len(b)) == 0:
        return UNKNOWN
    if np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all():
        return _flags(float(a.sum()), len(a), float(b.sum()), len(b), level)
    change = float(b.mean() - a.mean())
    if (a == a[0]).all() and (b == b[0]).all():
        around = _flags(0.0, len(a), 0.0, len(b), level)
        return Interval(change + around.low, change + around.high)
    if min(len(a), len(b)) < 2:
        return UNKNOWN
    from scipy.special import stdtrit

    parts = [float(x.var(ddof=1)) / len(x) for x in (a, b)]
    if sum(parts) == 0.0:  # they differ by less than a square can tell
        around = _flags(0.0, len(a), 0.0, len(b), level)
        return Interval(change + around.low, change + around.high)
    shares = [part / sum(parts) for part in parts]
    freedom = 1.0 / sum(p**2 / (len(x) - 1) for p, x in zip(shares, (a, b), strict=True))
    half = float(stdtrit(freedom, 0.5 + level / 2)) * sum(parts) ** 0.5
    return Interval(change - half, change + half)


def _flags(some: float, m: int, others: float, n: int, level: float) -> Interval:
    from scipy.special import ndtri

    p, q = (some + 1) / (m + 2), (others + 1) / (n + 2)
    half = float(ndtri(0.5 + level / 2)) * (p * (1 - p) / (m + 2) + q * (1 - q) / (n + 2)) ** 0.5
    return Interval(max(-1.0, q - p - half), min(1.0, q - p + half))
