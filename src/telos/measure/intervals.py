"""Intervals: how sure a rate or a mean over goals is."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats


class Interval(NamedTuple):
    """An estimate between its lower and upper limit."""

    low: float
    high: float


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
        return Interval(float("nan"), float("nan"))
    deviation = float(np.std(values, ddof=1))
    return student_interval(float(np.mean(values)), deviation, len(values), level)


def student_interval(mean: float, deviation: float, n: int, level: float = 0.95) -> Interval:
    """Student's t from mean, standard deviation (`n - 1` below the line) and n >= 2."""
    from scipy.special import stdtrit

    half = deviation / n**0.5
    half *= float(stdtrit(n - 1, 0.5 + level / 2))
    return Interval(mean - half, mean + half)


def paired_interval(before: Floats, after: Floats, level: float = 0.95) -> Interval:
    """The interval of a mean change over the same goals, `mean(after - before)`.

    For flags (0 or 1 each), the adjusted Wald interval of the difference of two paired
    proportions: half a goal is added to each of the four cells of (before, after), so that a change
    never seen is not taken for one that cannot be. Otherwise Student's t on the differences; where
    they are all alike, the first with n flags that never changed.

    Args:
        before, after: F[n], one a goal, in the same order; goals without a number (NaN) are left out.
        level: in (0, 1).

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
        return Interval(float("nan"), float("nan"))
    flags = np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all()
    if flags:
        return matched_proportions(
            int((change > 0).sum()), int((change < 0).sum()), len(change), level
        )
    if (change == change[0]).all():
        around = matched_proportions(0, 0, len(change), level)
        return Interval(float(change[0]) + around.low, float(change[0]) + around.high)
    return mean_interval(change, level)


def matched_proportions(gained: int, lost: int, n: int, level: float = 0.95) -> Interval:
    """The adjusted Wald interval of `(gained - lost) / n`, of n goals flagged before and after."""
    from scipy.special import ndtri

    total, up, down = n + 2.0, gained + 0.5, lost + 0.5
    middle = (up - down) / total
    spread = ((up + down) - (up - down) ** 2 / total) ** 0.5 / total
    half = float(ndtri(0.5 + level / 2)) * spread
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))
