"""Estimates: how a rate, a mean, a median or a change stands in a table, with both ends of its interval."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.tables import Cell
from telos.measure.exact import exact_mean
from telos.measure.intervals import (
    Interval,
    difference_interval,
    mean_interval,
    proportion_interval,
    quantile_interval,
)

Row = dict[str, Cell]

#: The edges of what a goal counts for in a mean. A goal keeps at least nothing and at most all of its
#: task, and pays at most the whole value range: what lies beyond is counted as the edge. Columns that
#: are not listed are from 0 to 1.
EDGES = dict.fromkeys(("willingness_to_pay", "removal_incentive", "cause_share"), (-1.0, 1.0))
UNIT = (0.0, 1.0)
#: What goals are worth is counted where all goals are there; what is done may have luck in it.
OF_GOALS = frozenset(
    {"mean_share", "cause_share", "willingness_to_pay", "removal_incentive", "change"}
)


@final
@dataclass(frozen=True)
class Estimates:
    """The columns of estimates over goals that are a sample, or over all goals of a family.

    A family that was asked in full is counted: nothing of it is estimated, so both ends of every
    interval are the number itself, and tables say so in the column `whole`.

    Args:
        whole: whether the goals are all goals of the family.
        lucky: whether what agents do depends on luck, as that of learners does: of that, one learner
            for each goal is a sample even where all goals are there.

    Example:
        >>> Estimates(whole=True).rate("required", 3, 6)
        {'required': 0.5, 'required_low': 0.5, 'required_high': 0.5}
        >>> row = Estimates(whole=False).mean("task_retained", np.ones(100))
        >>> round(row["task_retained_low"], 3), row["task_retained_high"]
        (0.971, 1.0)
    """

    whole: bool
    lucky: bool = False

    def rate(self, name: str, count: int, n: int, *, unresolved: int = 0) -> Row:
        """The share of goals in a category; those of which it is not known are taken at their worst."""
        if n == 0:
            return ends_of(name, None, Interval(0.0, 1.0))
        counted = Interval(count / n, (count + unresolved) / n)
        sampled = proportion_interval(count, n, unresolved=unresolved)
        return ends_of(name, count / n, counted if self.whole else sampled)

    def mean(self, name: str, values: Floats) -> Row:
        """The mean of a number, each value cut to the edges of what the mean counts; NaN are left out."""
        cut = known_within(name, values)
        return self._of(name, cut, mean_interval(cut, *edges(name)))

    def median(self, name: str, values: Floats) -> Row:
        """The median of numbers in [0, 1]; NaN are left out."""
        cut = known_within(name, values)
        middle = float(np.median(cut)) if len(cut) else None
        ends = quantile_interval(cut)
        return ends_of(name, middle, _point(middle) if self.whole and middle is not None else ends)

    def change(self, name: str, before: Floats, after: Floats) -> Row:
        """The mean change of a number in [0, 1] over the same goals; NaN in either are left out."""
        old, new = (np.clip(values, 0.0, 1.0) for values in (before, after))
        apart = floats((new - old)[~np.isnan(new - old)])
        return self._of(name, apart, difference_interval(old, new))

    def _of(self, name: str, values: Floats, ends: Interval) -> Row:
        mean = mean_of(values)
        counted = self.whole and (name in OF_GOALS or not self.lucky)
        return ends_of(name, mean, _point(mean) if counted and mean is not None else ends)


def edges(name: str) -> tuple[float, float]:
    """The least and the most that a goal counts for in the mean of a column."""
    return EDGES.get(name, UNIT)


def known_within(name: str, values: Floats) -> Floats:
    """The numbers of a column that are known, each cut to the edges of what the mean counts."""
    return floats(np.clip(values[~np.isnan(values)], *edges(name)))


def mean_of(values: Floats) -> float | None:
    """The mean, rounded once; None without values."""
    return exact_mean(values) if len(values) else None


def ends_of(name: str, mean: float | None, ends: Interval) -> Row:
    """A mean or rate with the ends of its interval, as columns; no ends where there is no mean."""
    known = mean is not None
    low, high = (end if known and np.isfinite(end) else None for end in ends)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _point(value: float) -> Interval:
    return Interval(value, value)
