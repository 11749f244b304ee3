"""Exact: means of numbers that do not depend on the order of the numbers."""

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from telos.core.arrays import Floats


def exact_mean(values: Floats) -> float:
    """The mean of F[n], rounded once; NaN without numbers, or where one of them is not finite.

    Example:
        >>> exact_mean(np.array([0.1] * 10))
        0.1
    """
    if len(values) == 0 or not np.isfinite(values).all():
        return float("nan")
    return float(_sum(values.tolist()) / len(values))


def _sum(numbers: Iterable[float]) -> Fraction:
    """The exact sum: what rounding the sum left out is summed until nothing is left."""
    rest, total = list(numbers), Fraction(0)
    while piece := math.fsum(rest):
        total += Fraction(piece)
        rest.append(-piece)
    return total
