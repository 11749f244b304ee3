"""Holm: p-values of several drives at once, so that looking at four does not make finding one easier."""

import numpy as np

from telos.core.arrays import Floats, floats


def holm(p: Floats) -> Floats:
    """The p-values adjusted for being several, so that the chance of any false finding is kept.

    With `p_(1) <= ... <= p_(m)`: `p'_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))`.

    Args:
        p: F[m]; NaN are tests that were not made, and do not count.

    Returns:
        F[m], in the order of p.

    Example:
        >>> holm(floats([0.01, 0.04, 0.03])).round(12).tolist()
        [0.03, 0.06, 0.06]

    References:
        Holm (1979).
    """
    p = floats(p)
    adjusted = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    raised = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return floats(adjusted)
