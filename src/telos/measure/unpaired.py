"""Unpaired: how sure a difference of means is when the two were measured on different goals."""

import numpy as np

from telos.core.arrays import Floats
from telos.measure.intervals import Interval


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
        return Interval(float("nan"), float("nan"))
    if np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all():
        return _flags(float(a.sum()), len(a), float(b.sum()), len(b), level)
    change = float(b.mean() - a.mean())
    if (a == a[0]).all() and (b == b[0]).all():
        around = _flags(0.0, len(a), 0.0, len(b), level)
        return Interval(change + around.low, change + around.high)
    if min(len(a), len(b)) < 2:
        return Interval(float("nan"), float("nan"))
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
