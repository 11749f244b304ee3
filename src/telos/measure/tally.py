"""Tally: how many goals are in each category, and how strongly they agree."""

from dataclasses import dataclass
from typing import Self, final

from telos.core.reading import Category, Reading
from telos.measure.intervals import Interval, sums_interval


@final
@dataclass(frozen=True)
class Tally:
    """Counts of goals by category; tallies of several readings add up.

    Args:
        n: number of goals.
        required, indifferent, declined: how many are in each category; they sum to n.

    Example:
        >>> Tally(3, 2, 0, 1) + Tally(1, 1, 0, 0)
        Tally(n=4, required=3, indifferent=0, declined=1)
    """

    n: int = 0
    required: int = 0
    indifferent: int = 0
    declined: int = 0

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """The tally of one reading."""
        kinds = (Category.REQUIRED, Category.INDIFFERENT, Category.DECLINED)
        counts = (int((reading.category == kind).sum()) for kind in kinds)
        return cls(len(reading.category), *counts)

    def __add__(self, other: "Tally") -> "Tally":
        """The tally of both populations together."""
        return Tally(
            self.n + other.n,
            self.required + other.required,
            self.indifferent + other.indifferent,
            self.declined + other.declined,
        )

    def difference_interval(self, level: float = 0.95) -> Interval:
        """The interval of `(required - declined) / n` over sampled goals, two goals added at -1 and 1.

        A goal counts 1 if it requires the drive, -1 if it declines it and 0 otherwise; of which it is
        not known, as declined for the lower limit and as required for the upper one.
        """
        unknown = getattr(self, "unresolved", 0)
        least = self._interval(self.required, self.declined + unknown, level)
        most = self._interval(self.required + unknown, self.declined, level)
        return Interval(least.low, most.high)

    def _interval(self, up: int, down: int, level: float) -> Interval:
        return sums_interval(self.n, up - down, up + down, -1.0, 1.0, level=level)

    def label(self, *, whole: bool = False) -> str:
        """Tarsney's label of how strongly the goals agree, or that it is undecided.

        A list in full is counted: ``absolute`` if all require, ``strict`` if more require than decline,
        ``weak`` if as many, else ``none``. Of a sample neither equality nor "all" can be read: it is
        ``strict`` if the interval of the difference lies above 0, ``none`` if it lies below, else
        ``undecided``.

        Args:
            whole: whether the goals are all goals of their family.

        Example:
            >>> Tally(200, 120, 20, 60).label(), Tally(20, 11, 0, 9).label()
            ('strict', 'undecided')
            >>> Tally(6, 3, 0, 3).label(whole=True)
            'weak'

        References:
            Own words after a summary of Tarsney (2025), which was not read.
        """
        if self.n == 0:
            return "none"
        if not whole:
            low, high = self.difference_interval()
            return "strict" if low > 0 else "none" if high < 0 else "undecided"
        unknown = getattr(self, "unresolved", 0)
        if self.required == self.n:
            return "absolute"
        if self.required > self.declined + unknown:
            return "strict"
        if self.required + unknown < self.declined:
            return "none"
        return "undecided" if unknown else "weak"
