"""Rates: how often something was done, with an interval that allows for clusters."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, bools, floats, ints
from telos.core.errors import ProblemError
from telos.measure.clusters import ratio_interval


@final
@dataclass(frozen=True)
class ClusteredRate:
    """A share of decisions, with how sure it is when decisions of a cluster are alike.

    Args:
        count: how many did. n: of how many. clusters: of how many clusters these are.
        rate: count / n; NaN for n = 0.
        low, high: the interval; (0, 1) where nothing can be said.
    """

    count: int
    n: int
    clusters: int
    rate: float
    low: float
    high: float


def rate(did: ArrayLike, cluster: ArrayLike, level: float = 0.95) -> ClusteredRate:
    """A rate with its interval for clustered decisions.

    The decisions of a cluster may be as alike as they like: the interval is that of the ratio of what
    clusters did to how often they could (`telos.measure.clusters.ratio_interval`, one cluster added
    at 0 and one at 1). Where nobody or everybody did, its end is near 3 / G, of G clusters.

    Args:
        did: B[n], of the decisions in which the drive was exposed, and of no others.
        cluster: I[n], a number for each (world, goal).
        level: in (0, 1).

    Returns:
        The rate.

    Raises:
        ProblemError: if the two differ in length.

    Example:
        >>> found = rate([True, False, False, False], [0, 1, 2, 3])
        >>> found.rate, found.low < 0.25 < found.high
        (0.25, True)
    """
    flags, groups = bools(did), ints(cluster)
    if flags.shape != groups.shape or flags.ndim != 1:
        raise ProblemError(
            f"rate: {flags.shape} flags and {groups.shape} clusters; give one cluster a flag."
        )
    n, count = len(flags), int(flags.sum())
    if n == 0:
        return ClusteredRate(0, 0, 0, float("nan"), 0.0, 1.0)
    names, number = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(number, flags), np.bincount(number)
    low, high = ratio_interval(floats(sums), floats(sizes), level=level)
    return ClusteredRate(count, n, len(names), count / n, low, high)


def clustered_variance(residuals: Floats, cluster: ArrayLike) -> float:
    """The variance of a sum whose terms are alike within clusters.

    `G/(G-1) sum_c (sum_{i in c} r_i)^2`, of G clusters.

    Args:
        residuals: F[n], each term less what is expected of it.
        cluster: n numbers or names.

    Returns:
        The variance; NaN for fewer than two clusters.

    References:
        Liang and Zeger (1986), theorem 1.
    """
    names, number = np.unique(np.asarray(cluster), return_inverse=True)
    if len(names) < 2:
        return float("nan")
    sums = np.bincount(number, residuals)
    return len(names) / (len(names) - 1) * float(sums @ sums)
