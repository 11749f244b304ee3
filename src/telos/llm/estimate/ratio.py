"""Ratio: of sums over clusters, where neither has an edge, with Student's interval."""

import numpy as np

from telos.core.arrays import Floats


def ratio(above: Floats, below: Floats, level: float = 0.95) -> tuple[float, float, float]:
    """`r = sum(above) / sum(below)` over independent clusters, and its interval by Student's t.

    The variance is `C / (C - 1) sum_c (above_c - r below_c)^2 / sum(below)^2`. For what has no edges.

    Args:
        above, below: F[C]. level: in (0, 1).

    Returns:
        (r, low, high); NaN ends for fewer than two clusters.

    References:
        Cochran (1977), chapter 6, the variance of a ratio.
    """
    from scipy.special import stdtrit

    whole, n = float(below.sum()), len(below)
    found = float(above.sum()) / whole if whole else float("nan")
    if n < 2:
        return found, float("nan"), float("nan")
    spread = n / (n - 1) * float(np.square(above - found * below).sum())
    half = (
        float(stdtrit(n - 1, 0.5 + level / 2)) * spread**0.5 / abs(whole) if whole else float("nan")
    )
    return found, found - half, found + half
