"""Moments: how many numbers, their exact sum and sum of squares, adding up whatever the chunking."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from telos.core.arrays import Floats, floats

#: Every float64 is a whole multiple of 2**-1074.
UNIT = 1074
#: So many numbers at a time: they stay in the cache, and sums of 27-bit halves exact in a float64.
BLOCK = 2**16
#: Veltkamp's constant, which splits the 53 bits of a float64 into two halves.
SPLITTER = 134217729.0


@final
@dataclass(frozen=True)
class Moments:
    """Count, sum and sum of squares; a commutative monoid under `merge` with `Moments()` as its zero.

    Sums are whole numbers, in units of 2**-1074, so they are exact: however the numbers are cut
    into chunks and in whatever order the chunks come, mean and deviation are the same to the bit.

    Args:
        n: how many numbers.
        total, squares: their sum, and the sum of their squares, in units of 2**-1074.
        least, greatest: the smallest and the largest of them.
        finite: whether all of them are; if not, there is neither mean nor deviation.

    Example:
        >>> tenths = np.full(10, 0.1)
        >>> one = Moments.of(tenths[:3]).merge(Moments.of(tenths[3:]))
        >>> one.mean, one.deviation, one == Moments.of(tenths)
        (0.1, 0.0, True)
    """

    n: int = 0
    total: int = 0
    squares: int = 0
    least: float = float("inf")
    greatest: float = float("-inf")
    finite: bool = True

    @classmethod
    def of(cls, values: Floats) -> Self:
        """The moments of F[n]."""
        x = floats(values)
        if len(x) == 0:
            return cls()
        if not np.isfinite(x).all():
            return cls(n=len(x), finite=False)
        least, greatest = float(x.min()), float(x.max())
        if least == greatest:
            return cls(len(x), len(x) * _sum(x[:1]), len(x) * _squares(x[:1]), least, greatest)
        return cls(len(x), _sum(x), _squares(x), least, greatest)

    def merge(self, other: "Moments") -> "Moments":
        """The moments of both populations together."""
        return Moments(
            n=self.n + other.n,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            least=min(self.least, other.least),
            greatest=max(self.greatest, other.greatest),
            finite=self.finite and other.finite,
        )

    @property
    def mean(self) -> float:
        """The mean, rounded once; NaN without numbers."""
        if self.n == 0 or not self.finite:
            return float("nan")
        return self.total / (self.n << UNIT)

    @property
    def deviation(self) -> float:
        """The standard deviation, `sqrt(sum (x - mean)² / (n - 1))`; NaN for fewer than two."""
        if self.n < 2 or not self.finite:
            return float("nan")
        if self.alike:
            return 0.0
        spread = ((self.n * self.squares) << UNIT) - self.total**2
        return float((max(spread, 0) / (self.n * (self.n - 1) << 2 * UNIT)) ** 0.5)

    @property
    def alike(self) -> bool:
        """Whether all the numbers, if any, are one and the same."""
        return self.n == 0 or (self.finite and self.least == self.greatest)


def _sum(values: Floats) -> int:
    """The exact sum in units of 2**-1074, by exponents."""
    total = 0
    for first in range(0, len(values), BLOCK):
        bits = values[first : first + BLOCK].view(np.int64)
        exponent = (bits >> 52) & 2047
        whole = (bits & (2**52 - 1)) | (np.minimum(exponent, 1) << 52)
        whole = np.where(bits < 0, -whole, whole)  # a value is whole * 2**(max(exponent, 1) - 1075)
        halves = [np.bincount(exponent, half) for half in (whole >> 27, whole & (2**27 - 1))]
        for place in np.flatnonzero((halves[0] != 0) | (halves[1] != 0)).tolist():
            high, low = (int(half[place]) for half in halves)
            total += ((high << 27) + low) << (max(place, 1) - 1075 + UNIT)
    return total


def _squares(x: Floats) -> int:
    """The exact sum of squares: what each loses to rounding (Dekker 1971) is added too."""
    square = x * x
    return _sum(square) + _sum(_lost(x, square))


def _lost(x: Floats, square: Floats) -> Floats:
    """What each square lost to rounding: `x² - square`, exactly, unless it is below 2**-1074."""
    with np.errstate(over="ignore", invalid="ignore"):
        big = SPLITTER * x
        high = big - (big - x)
        low = x - high
        lost = ((high * high - square) + 2.0 * high * low) + low * low
    return floats(np.where(np.isfinite(lost), lost, 0.0))
