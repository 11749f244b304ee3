"""Tally: how many goals are in each category, and how strongly they agree."""

from dataclasses import dataclass
from typing import Self, final

from telos.core.arrays import Ints
from telos.core.reading import Category, Reading
from telos.measure.intervals import Interval, sums_interval


@final
@dataclass(frozen=True)
class Tally:
    """Counts of goals by category; tallies of several readings add up.

    Args:
        n: number of goals.
        required, indifferent, declined, never_met, unresolved: how many are in each category; they
            sum to n where the drive applies.

    Example:
        >>> Tally(3, 2, 0, 1) + Tally(1, 1, 0, 0)
        Tally(n=4, required=3, indifferent=0, declined=1, never_met=0, unresolved=0)
    """

    n: int = 0
    required: int = 0
    indifferent: int = 0
    declined: int = 0
    never_met: int = 0
    unresolved: int = 0

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """The tally of one reading."""
        return cls.counted(reading.category)

    @classmethod
    def counted(cls, category: Ints) -> Self:
        """The tally of some categories, I[G]."""
        named = {kind.name.lower(): int((category == kind).sum()) for kind in Category}
        named.pop("not_applicable")
        return cls(len(category), **named)

    def __add__(self, other: "Tally") -> "Tally":
        """The tally of both populations together."""
        return Tally(
            self.n + other.n,
            self.required + other.required,
            self.indifferent + other.indifferent,
            self.declined + other.declined,
            self.never_met + other.never_met,
            self.unresolved + other.unresolved,
        )

    def difference_interval(self, level: float = 0.95) -> Interval:
        """The interval of `(required - declined) / n` over sampled goals, two goals added at -1 and 1.

        A goal counts 1 if it requires the drive, -1 if it declines it and 0 otherwise; of which it is
        not known, as declined for the lower limit and as required for the upper one.
        """
        least = self._interval(self.required, self.declined + self.unresolved, level)
        most = self._interval(self.required + self.unresolved, self.declined, level)
        return Interval(least.low, most.high)

    def _interval(self, up: int, down: int, level: float) -> Interval:
        return sums_interval(self.n, up - down, up + down, -1.0, 1.0, level=level)

    def label(self, *, whole: bool = False) -> str:
        """How strongly the goals agree, in one word, or that it is undecided.

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
        if self.required == self.n:
            return "absolute"
        if self.required > self.declined + self.unresolved:
            return "strict"
        if self.required + self.unresolved < self.declined:
            return "none"
        return "undecided" if self.unresolved else "weak"
