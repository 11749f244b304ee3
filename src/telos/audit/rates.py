"""Rates: how often something was done, with an interval that allows for clusters."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, bools, floats, ints
from telos.core.errors import ProblemError


@final
@dataclass(frozen=True)
class ClusteredRate:
    """A share of decisions, with how sure it is when decisions of a cluster are alike.

    Args:
        count: how many did. n: of how many. clusters: of how many clusters these are.
        effective: how many independent decisions they are worth, at most n.
        rate: count / n; NaN for n = 0.
        low, high: the interval; (0, 1) where nothing can be said.
    """

    count: int
    n: int
    clusters: int
    effective: float
    rate: float
    low: float
    high: float


def rate(did: ArrayLike, cluster: ArrayLike, level: float = 0.95) -> ClusteredRate:
    """A rate with Wilson's interval for clustered decisions.

    With `p = count / n` and `v = G/(G-1) sum_c (sum_{i in c} (did_i - p))^2 / n^2` the decisions
    are worth `m = min(n, p (1 - p) / v)` independent ones. The interval is Wilson's with m in place
    of n and t of G - 1 degrees of freedom in place of the normal quantile. Where nobody or
    everybody did, nothing tells how alike the decisions of a cluster are, so each cluster counts as
    one: the exact interval of 0 or G in G, whose end is near 3.7 / G.

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

    References:
        Wilson (1927); Korn and Graubard (1998), the effective number; Clopper and Pearson (1934).
    """
    flags, groups = bools(did), ints(cluster)
    if flags.shape != groups.shape or flags.ndim != 1:
        raise ProblemError(
            f"rate: {flags.shape} flags and {groups.shape} clusters; give one cluster a flag."
        )
    n, count = len(flags), int(flags.sum())
    if n == 0:
        return ClusteredRate(0, 0, 0, 0.0, float("nan"), 0.0, 1.0)
    clusters = len(np.unique(groups))
    if count in (0, n):
        low, high = _exact(clusters if count else 0, clusters, level)
        return ClusteredRate(count, n, clusters, float(clusters), count / n, low, high)
    if clusters == 1:
        return ClusteredRate(count, n, 1, 1.0, count / n, 0.0, 1.0)
    p = count / n
    variance = clustered_variance(floats(flags - p), groups) / n**2
    effective = min(float(n), p * (1 - p) / variance) if variance > 0 else float(n)
    low, high = _wilson(p, effective, clusters, level)
    return ClusteredRate(count, n, clusters, effective, p, low, high)


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


def _wilson(p: float, n: float, clusters: int, level: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    squared = float(stdtrit(clusters - 1, 0.5 + level / 2)) ** 2
    middle = (p + squared / (2 * n)) / (1 + squared / n)
    half = (p * (1 - p) * squared / n + (squared / (2 * n)) ** 2) ** 0.5 / (1 + squared / n)
    return (max(0.0, middle - half), min(1.0, middle + half))


def _exact(count: int, n: int, level: float) -> tuple[float, float]:
    from scipy.stats import binomtest

    limits = binomtest(count, n).proportion_ci(level, method="exact")
    return float(limits.low), float(limits.high)
