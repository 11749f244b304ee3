"""Clusters: how sure a mean is whose terms come in groups that are alike, and of unequal size."""

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.measure.intervals import Interval
from telos.measure.two_goals import Center, around


def ratio_interval(
    above: Floats, below: Floats, low: float = 0.0, high: float = 1.0, *, level: float = 0.95
) -> Interval:
    """The interval of `sum(above) / sum(below)` over independent clusters, two clusters added.

    For a mean over clustered terms `above` holds the sum and `below` the number of terms of each
    cluster. A cluster of average size is imagined at each edge: with C clusters, `b` the mean of
    `below`, the pairs `(low b, b)` and `(high b, b)` added, N = C + 2 and the ratio r of the new sums,

        r ± t[N - 1] sqrt(N / (N - 1) sum_c (above_c - r below_c)^2) / sum(below),

    widened to hold the ratio without them and cut to [low, high]. For clusters of equal size it is
    `telos.measure.intervals.mean_interval` of their means.

    Args:
        above: F[C], within `low * below` and `high * below`. below: F[C] >= 0.
        low, high: the edges of what the ratio of a cluster can be.
        level: in (0, 1).

    Returns:
        The interval; (low, high) without clusters, or where all of `below` is 0.

    Raises:
        ProblemError: if the lengths differ or a cluster lies outside its edges.

    Example:
        >>> low, high = ratio_interval(np.repeat([4.0, 0.0], 20), np.full(40, 4.0))
        >>> round(low, 2), round(high, 2)
        (0.34, 0.66)

    References:
        Cochran (1977), chapter 6, the variance of a ratio; the added clusters are our own.
    """
    a, b = floats(above), floats(below)
    if a.shape != b.shape:
        raise ProblemError(f"clusters: {a.shape} sums of {b.shape} sizes; give one of each.")
    rest = 1e-6 * (high - low) * b
    beyond = (a < low * b - rest) | (a > high * b + rest) | (b < 0)
    if beyond.any():
        i = int(np.argmax(beyond))
        raise ProblemError(
            f"clusters: cluster {i} has {a[i]:.6g} of {b[i]:.6g}, outside its edges [{low:g}, {high:g}]."
        )
    whole = float(b.sum())
    if whole == 0.0:
        return Interval(low, high)
    raw, size, n = float(a.sum()) / whole, whole / len(b), len(b) + 2
    a, b = np.append(a, [low * size, high * size]), np.append(b, [size, size])
    ratio = a.sum() / b.sum()
    variance = n / (n - 1) * np.square(a - ratio * b).sum() / b.sum() ** 2
    found = Center(np.asarray(ratio), np.asarray(variance), np.asarray(n - 1.0))
    bottom, top = around(found, raw, low, high, level)
    return Interval(float(bottom), float(top))
