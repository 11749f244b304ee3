"""Exact: means of numbers and their intervals that do not depend on the order of the numbers."""

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from telos.core.arrays import Floats, floats
from telos.measure.intervals import UNKNOWN, Interval, student_interval

#: Veltkamp's constant, which splits the 53 bits of a float64 into two halves.
SPLITTER = 134217729.0


def exact_mean(values: Floats) -> float:
    """The mean of F[n], rounded once; NaN without numbers, or where one of them is not finite.

    Example:
        >>> exact_mean(np.array([0.1] * 10))
        0.1
    """
    if len(values) == 0 or not np.isfinite(values).all():
        return float("nan")
    return float(_sum(values.tolist()) / len(values))


def exact_deviation(values: Floats) -> float:
    """The standard deviation, `sqrt(sum (x - mean)^2 / (n - 1))`; NaN for fewer than two numbers."""
    x = floats(values)
    n = len(x)
    if n < 2 or not np.isfinite(x).all():
        return float("nan")
    if (x == x[0]).all():
        return 0.0
    with np.errstate(over="ignore"):
        squares = x * x
    if not np.isfinite(squares).all():
        return float("nan")
    total = _sum(x.tolist())
    spread = n * _sum([*squares.tolist(), *_lost(x, squares).tolist()]) - total**2
    return float(float(max(spread, Fraction(0)) / (n * (n - 1))) ** 0.5)


def _sum(numbers: Iterable[float]) -> Fraction:
    """The exact sum: what rounding the sum left out is summed until nothing is left."""
    rest, total = list(numbers), Fraction(0)
    while piece := math.fsum(rest):
        total += Fraction(piece)
        rest.append(-piece)
    return total


def _lost(x: Floats, squares: Floats) -> Floats:
    """What each square lost to rounding, `x^2 - square` (Dekker 1971)."""
    with np.errstate(over="ignore", invalid="ignore"):
        big = SPLITTER * x
        high = big - (big - x)
        low = x - high
        lost = ((high * high - squares) + 2.0 * high * low) + low * low
    return floats(np.where(np.isfinite(lost), lost, 0.0))


def exact_mean_interval(values: Floats, level: float = 0.95) -> Interval:
    """`mean_interval` from exact sums; (nan, nan) for fewer than two numbers."""
    if len(values) < 2:
        return UNKNOWN
    return student_interval(exact_mean(values), exact_deviation(values), len(values), level)
