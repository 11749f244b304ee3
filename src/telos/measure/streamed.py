"""Streamed: the intervals of means and changes from what adds up, for more goals than are held at once."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.moments import Moments
from telos.measure.intervals import Interval, matched_proportions, student_interval
from telos.measure.nested import unvaried_interval

NOTHING = Moments()
UNKNOWN = Interval(float("nan"), float("nan"))


def streamed_mean_interval(moments: Moments, level: float = 0.95) -> Interval:
    """`mean_interval` of the numbers whose moments these are; (nan, nan) for fewer than two."""
    if moments.n < 2:
        return UNKNOWN
    return student_interval(moments.mean, moments.deviation, moments.n, level)


def streamed_propensity_interval(moments: Moments, level: float = 0.95) -> Interval:
    """`propensity_interval` of the numbers whose moments these are; (0, 1) without numbers."""
    if moments.n == 0:
        return Interval(0.0, 1.0)
    if moments.alike:
        return unvaried_interval(moments.least, moments.n, level)
    low, high = streamed_mean_interval(moments, level)
    return Interval(max(0.0, low), min(1.0, high))


@final
@dataclass(frozen=True)
class Paired:
    """What is kept of a number before and after, goal by goal; a commutative monoid under `merge`.

    Args:
        before, after: their moments, goals without one of the numbers (NaN) left out.
        change: of `after - before`.
        gained, lost: how many goals have more of it after, and less.
        flags: whether every number is 0 or 1.

    Example:
        >>> some = Paired.of(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
        >>> both = some.merge(Paired.of(np.array([0.0]), np.array([0.0])))
        >>> both.change.n, both.gained, both.lost
        (3, 1, 0)
    """

    before: Moments = NOTHING
    after: Moments = NOTHING
    change: Moments = NOTHING
    gained: int = 0
    lost: int = 0
    flags: bool = True

    @classmethod
    def of(cls, before: Floats, after: Floats) -> Self:
        """Of F[n] and F[n], one number a goal, in the same order."""
        known = ~(np.isnan(before) | np.isnan(after))
        first, second = np.asarray(before)[known], np.asarray(after)[known]
        change = second - first
        return cls(
            before=Moments.of(first),
            after=Moments.of(second),
            change=Moments.of(change),
            gained=int((change > 0).sum()),
            lost=int((change < 0).sum()),
            flags=bool(np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all()),
        )

    def merge(self, other: "Paired") -> "Paired":
        """Of both populations together."""
        return Paired(
            before=self.before.merge(other.before),
            after=self.after.merge(other.after),
            change=self.change.merge(other.change),
            gained=self.gained + other.gained,
            lost=self.lost + other.lost,
            flags=self.flags and other.flags,
        )

    def interval(self, level: float = 0.95) -> Interval:
        """`paired_interval` of the numbers before and after; (nan, nan) without goals."""
        n = self.change.n
        if n == 0:
            return UNKNOWN
        if self.flags:
            return matched_proportions(self.gained, self.lost, n, level)
        if self.change.alike:
            around = matched_proportions(0, 0, n, level)
            return Interval(self.change.least + around.low, self.change.least + around.high)
        return streamed_mean_interval(self.change, level)
