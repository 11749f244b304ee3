"""Two goals added: the interval of a mean of bounded numbers, from their count, sum and sum of squares."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats


class Center(NamedTuple):
    """A mean after the added goals, the variance of that mean, and its degrees of freedom."""

    mean: Floats
    variance: Floats
    freedom: Floats


def center(
    n: int, total: float | Floats, squares: float | Floats, low: float, high: float
) -> Center:
    """The mean of n numbers and of one more at each edge, with the variance of that mean.

    With `N = n + 2`, `m = (total + low + high) / N` and `q = squares + low^2 + high^2`: m,
    `(q - N m^2) / (N - 1) / N` and N - 1. The added goals keep `q - N m^2` at or above
    `(high - low)^2 / 2`, so no digits are lost to cancellation.

    Args:
        n: numbers, >= 0. total, squares: F[...], their sums and sums of squares.
        low, high: the edges of what a number can be.
    """
    count = n + 2
    mean = np.asarray((total + low + high) / count)
    spread = squares + low**2 + high**2 - count * mean**2
    variance = np.maximum(spread, 0.0) / (count - 1) / count
    return Center(mean, np.asarray(variance), np.asarray(count - 1.0))


def apart(one: Center, two: Center) -> Center:
    """The difference of two independent means, `two - one` (Welch 1947; Satterthwaite 1946)."""
    variance = one.variance + two.variance
    below = one.variance**2 / one.freedom + two.variance**2 / two.freedom
    return Center(two.mean - one.mean, variance, variance**2 / below)


def around(
    found: Center, raw: float | Floats, low: float, high: float, level: float, tests: int = 1
) -> tuple[Floats, Floats]:
    """Student's t around a center, widened to hold the raw estimate and cut to the edges.

    Args:
        found: the center. raw: F[...], the estimate without the added goals.
        low, high: the edges of what is estimated.
        level: in (0, 1). tests: how many intervals are to hold together (Bonferroni).

    Returns:
        (F[...], F[...]), both limits.
    """
    from scipy.special import stdtrit

    far = stdtrit(found.freedom, 1.0 - (1.0 - level) / (2.0 * tests))
    half = far * np.sqrt(found.variance)
    bottom = np.maximum(low, np.minimum(found.mean - half, raw))
    return bottom, np.minimum(high, np.maximum(found.mean + half, raw))
