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
    from scipy.special import stdtrit

    mean = float(np.mean(values))
    half = float(np.std(values, ddof=1)) / len(values) ** 0.5
    half *= float(stdtrit(len(values) - 1, 0.5 + level / 2))
    return Interval(mean - half, mean + half)
