"""Intervals: how sure a rate, a mean, a quantile or a change over goals is.

Means of bounded numbers have one rule, *two goals added*: Student's t after one imagined goal at each
edge of the range. Its price is that of every interval that assumes no shape: at an empty edge nothing
is known better than about `3 / n`, since 3 of n goals at the far edge are missed by a sample with
probability .05. Populations that are listed in full are counted and have no interval.
"""

import contextlib
import math
from numbers import Real
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.core.nouns import check_count
from telos.core.numbers import reals
from telos.core.shown import shown
from telos.measure.two_goals import Center, apart, around, center

#: A value may lie beyond its edge by this part of the range: the error of a share that was computed.
ROUNDING = 1e-6
#: Edges whose squares still fit, and counts that a float tells apart.
LARGEST, MOST = 1e150, 10**15


class Interval(NamedTuple):
    """The lower and the upper limit of an estimate."""

    low: float
    high: float


def proportion_interval(
    count: int, n: int, level: float = 0.95, *, unresolved: int = 0
) -> Interval:
    """The interval of a proportion: that of a mean of flags; Clopper-Pearson's where count is 0 or n.

    Its exact coverage is at least .932 for every proportion and n from 20 on; that of Wilson's interval
    falls to .837 where one goal in n is expected to differ. At n the lower limit is `0.025^(1/n)`.

    Args:
        count: successes, 0 <= count <= n. n: goals, >= 0. level: in (0, 1).
        unresolved: goals of which it is not known; none of them counts for the lower limit, all of
            them count for the upper one.

    Returns:
        (low, high) in [0, 1]; (0, 1) for n = 0.

    Example:
        >>> tuple(round(end, 3) for end in proportion_interval(8, 20, unresolved=2))
        (0.186, 0.727)

    References:
        `sums_interval`; Clopper and Pearson (1934); compare Brown, Cai, DasGupta (2001).
    """
    _between(level, "interval: level")
    _check_counts(n, count=count, unresolved=unresolved)
    _check_counts(n, both=count + unresolved)
    if n == 0:
        return Interval(0.0, 1.0)
    edge = ((1.0 - level) / 2.0) ** (1.0 / n)
    low = edge if count == n else sums_interval(n, count, count, level=level).low
    most = count + unresolved
    high = 1.0 - edge if most == 0 else sums_interval(n, most, most, level=level).high
    return Interval(low, high)


def sums_interval(
    n: int,
    total: float,
    squares: float,
    low: float = 0.0,
    high: float = 1.0,
    *,
    level: float = 0.95,
    tests: int = 1,
) -> Interval:
    """The interval of a mean of numbers in [low, high], from their count, sum and sum of squares.

    One goal is imagined at each edge: with `N = n + 2`, `s = total + low + high`,
    `q = squares + low^2 + high^2`, `m = s / N` and `v = (q - N m^2) / (N - 1)`,

        m ± t[N - 1; 1 - (1 - level) / (2 tests)] sqrt(v / N),

    widened to hold `total / n` and cut to [low, high]. The three sums of parts of a population add up,
    so a population of any size is read part by part. The added goals keep `q - N m^2` at or above
    `(high - low)^2 / 2`: no digits are lost to cancellation.

    Args:
        n: numbers, >= 0. total: their sum. squares: the sum of their squares.
        low, high: the edges of what a number can be, low < high.
        level: in (0, 1). tests: how many intervals are to hold together (Bonferroni), >= 1.

    Returns:
        The interval; (low, high) for n = 0.

    Raises:
        ProblemError: if the edges, the level or the number of tests is out of range.

    Example:
        >>> tuple(round(end, 2) for end in sums_interval(5, 5.0, 5.0))
        (0.51, 1.0)

    References:
        Own rule, after Agresti and Caffo (2000), who add successes and failures to proportions;
        simulated in `verification/interval_coverage.py`.
    """
    _check(low, high, level, tests)
    _check_sums(n, total, squares, low, high)
    if n == 0:
        return Interval(low, high)
    found = center(n, total, squares, low, high)
    return _floats(around(found, total / n, low, high, level, tests))


def mean_interval(
    values: Floats, low: float = 0.0, high: float = 1.0, *, level: float = 0.95, tests: int = 1
) -> Interval:
    """The interval of a mean over independent goals (or other clusters) by `sums_interval`.

    The sums are exact (`math.fsum`), so the interval does not depend on the order of the numbers.

    Args:
        values: F[n] in [low, high], one a goal; goals without a number (NaN) are left out.
        low, high: the edges of what a number can be.
        level: in (0, 1). tests: how many intervals are to hold together, >= 1.

    Returns:
        The interval; (low, high) without values.

    Raises:
        ProblemError: if a value lies outside its edges, or an argument is out of range.

    Example:
        >>> tuple(round(end, 3) for end in mean_interval(np.ones(100)))
        (0.971, 1.0)

    References:
        See `sums_interval`.
    """
    _check(low, high, level, tests)
    return sums_interval(*_sums(values, low, high), low, high, level=level, tests=tests)


def difference_interval(
    before: Floats,
    after: Floats,
    low: float = -1.0,
    high: float = 1.0,
    *,
    level: float = 0.95,
    tests: int = 1,
) -> Interval:
    """The interval of a mean change over the same goals, `mean(after - before)`, by `sums_interval`.

    Flags or not, the rule is one. A change never seen is not taken for one that cannot be.

    Args:
        before, after: F[n], one a goal, in the same order; goals without a number (NaN) in one of
            the two are left out.
        low, high: the edges of what a change can be: -1 and 1 for rates, shares and flags.
        level: in (0, 1). tests: how many intervals are to hold together, >= 1.

    Returns:
        The interval; (low, high) without goals.

    Raises:
        ProblemError: if the lengths differ or a change lies outside its edges.

    Example:
        >>> tuple(round(end, 3) for end in difference_interval(np.zeros(60), np.zeros(60)))
        (-0.046, 0.046)

    References:
        See `sums_interval`.
    """
    return mean_interval(_changes(before, after), low, high, level=level, tests=tests)


def difference_p_value(
    before: Floats, after: Floats, low: float = -1.0, high: float = 1.0
) -> float:
    """The two-sided p value of no mean change over the same goals: the level of `difference_interval`.

    `P(|T| >= |m| / sqrt(v / N))` with T of Student's t and N - 1 degrees of freedom. For edges that
    lie alike around 0 the interval at `level` leaves 0 out exactly where p < 1 - level.

    Args:
        before, after, low, high: as in `difference_interval`.

    Returns:
        p in (0, 1]; NaN without goals.

    Raises:
        ProblemError: if the lengths differ, a change lies outside its edges, or the edges do not
            lie alike around 0.

    Example:
        >>> round(difference_p_value(np.zeros(200), np.r_[np.ones(12), np.zeros(188)]), 4)
        0.0012

    References:
        See `sums_interval`.
    """
    if low != -high:
        raise ProblemError(f"difference_p_value: edges are {low} and {high}; give -x and x.")
    n, total, squares = _sums(_changes(before, after), low, high)
    if n == 0:
        return float("nan")
    from scipy.special import stdtr

    found = center(n, total, squares, low, high)
    return min(1.0, 2.0 * float(stdtr(found.freedom, -abs(found.mean) / np.sqrt(found.variance))))


def unpaired_interval(
    first: Floats,
    second: Floats,
    low: float = 0.0,
    high: float = 1.0,
    *,
    level: float = 0.95,
    tests: int = 1,
) -> Interval:
    """The interval of `mean(second) - mean(first)` over two independent samples of goals.

    Welch's t after one imagined goal at each edge of *each* sample, widened to hold the difference of
    the sample means and cut to [low - high, high - low].

    Args:
        first, second: F[m] and F[n] in [low, high], one a goal; NaN are left out.
        low, high: the edges of what a number can be.
        level: in (0, 1). tests: how many intervals are to hold together, >= 1.

    Returns:
        The interval; (low - high, high - low) where a sample is empty.

    Raises:
        ProblemError: if a value lies outside its edges, or an argument is out of range.

    Example:
        >>> tuple(round(end, 2) for end in unpaired_interval(np.zeros(98), np.ones(98)))
        (0.95, 1.0)

    References:
        Agresti and Caffo (2000), for proportions; Welch (1947); simulated in
        `verification/interval_coverage.py`.
    """
    _check(low, high, level, tests)
    sums = [_sums(values, low, high) for values in (first, second)]
    if not all(n for n, _, _ in sums):
        return Interval(low - high, high - low)
    one, two = (center(*mine, low, high) for mine in sums)
    raw = sums[1][1] / sums[1][0] - sums[0][1] / sums[0][0]
    return _floats(around(apart(one, two), raw, low - high, high - low, level, tests))


def excess_interval(own: Floats, draws: Floats, *, level: float = 0.95, tests: int = 1) -> Interval:
    """The interval of how far a set of pairs exceeds *one* draw of its placebo, over the same goals.

    With `D_g = own_g - mean_k draws_gk`, two goals added at -1 and 1 (`N = n + 2`, `a = v / N`), and
    `b = (1 + 1/K) var_k(mean_g draws_gk)`,

        V = a + b,    df = V^2 / (a^2 / (N - 1) + b^2 / (K - 1)),    m ± t[df] sqrt(V),

    widened to hold `mean D` and cut to [-1, 1]. The term `var_k` itself, not over K, is what one more
    draw would vary by: the question is whether the set is more than a set of its size *can* be. The
    interaction of goals and draws is in a and in b, which errs on the wide side.

    Args:
        own: F[n] in [0, 1], of the set, one a goal. draws: F[n, K] in [0, 1], of its K placebo
            draws, K >= 2; 20 at least for the level to hold, 40 are advised. Goals without a number
            (NaN) somewhere are left out.
        level: in (0, 1). tests: how many intervals are to hold together, >= 1.

    Returns:
        The interval in [-1, 1]; (-1, 1) without goals.

    Raises:
        ProblemError: if the shapes do not fit, K < 2, or a value is not in [0, 1].

    Example:
        >>> low, high = excess_interval(np.ones(100), np.zeros((100, 40)))
        >>> round(low, 3), high
        (0.941, 1.0)

    References:
        Own rule; two-way layouts: Satterthwaite (1946); simulated in `verification/interval_coverage.py`.
    """
    _check(-1.0, 1.0, level, tests)
    x, y = (reals(each, "excess_interval", ProblemError) for each in (own, draws))
    if x.ndim != 1 or y.ndim != 2 or len(x) != len(y) or y.shape[1] < 2:
        raise ProblemError(
            f"excess_interval: own has shape {x.shape} and draws {y.shape}; give one row a goal and "
            "at least two columns, one a draw."
        )
    known = ~(np.isnan(x) | np.isnan(y).any(axis=1))
    x, y = floats(x[known]), floats(y[known])
    n, draw_count = y.shape
    if n == 0:
        return Interval(-1.0, 1.0)
    for each in (x, floats(y.ravel())):
        _sums(each, 0.0, 1.0)
    n, total, squares = _sums(_changes(floats(y.mean(axis=1)), x), -1.0, 1.0)
    goals = center(n, total, squares, -1.0, 1.0)
    spread = float(y.mean(axis=0).var(ddof=1)) * (1.0 + 1.0 / draw_count)
    variance = goals.variance + spread
    below = goals.variance**2 / goals.freedom + spread**2 / (draw_count - 1)
    found = Center(goals.mean, variance, variance**2 / below)
    return _floats(around(found, total / n, -1.0, 1.0, level, tests))


def quantile_interval(
    values: Floats, q: float = 0.5, low: float = 0.0, high: float = 1.0, *, level: float = 0.95
) -> Interval:
    """The interval of a quantile over independent goals: two order statistics.

    With `F(b) = P(Bin(n, q) <= b)` the limits are the values of rank (from 1)
    `#{b : F(b) <= (1 - level) / 2}` and `1 + min {b : F(b) >= (1 + level) / 2}`; rank 0 is the lower
    edge, rank n + 1 the upper one. No shape is assumed, ties are allowed, and where the quantile is
    not unique the interval covers one of them.

    Args:
        values: F[n] in [low, high], one a goal; NaN are left out.
        q: in (0, 1); 0.5 is the median.
        low, high: the edges of what a number can be.
        level: in (0, 1).

    Returns:
        The interval; (low, high) without values.

    Raises:
        ProblemError: if a value lies outside its edges, or an argument is out of range.

    Example:
        >>> quantile_interval(np.arange(1.0, 21.0), high=20.0)
        Interval(low=6.0, high=15.0)

    References:
        Conover (1999), Practical Nonparametric Statistics, section 3.2 (recalled, not read again).
    """
    _check(low, high, level, 1)
    _between(q, "quantile_interval: q")
    _sums(values, low, high)
    known = np.asarray(values, dtype=np.float64)
    known = np.sort(known[~np.isnan(known)])
    first, last = quantile_ranks(len(known), q, level)
    bottom = float(known[first - 1]) if first >= 1 else low
    top = float(known[last - 1]) if last <= len(known) else high
    return Interval(bottom, top)


def quantile_ranks(n: int, q: float = 0.5, level: float = 0.95) -> tuple[int, int]:
    """The ranks of the limits of `quantile_interval`: 0 is the lower edge, n + 1 the upper one."""
    from scipy.stats import binom

    below = binom.cdf(np.arange(n + 1), n, q)
    first = int(np.searchsorted(below, (1.0 - level) / 2.0, side="right"))
    return first, 1 + int(np.searchsorted(below, (1.0 + level) / 2.0, side="left"))


def _floats(limits: tuple[Floats, Floats]) -> Interval:
    return Interval(float(limits[0]), float(limits[1]))


def _sums(values: Floats, low: float, high: float) -> tuple[int, float, float]:
    """Count, sum and sum of squares of what is known, each value cut to its edges; exact sums."""
    x = reals(values, "interval: value", ProblemError)
    if x.ndim != 1:
        raise ProblemError(f"interval: values have shape {x.shape}; give one number a goal, F[n].")
    rest = ROUNDING * (high - low)
    beyond = (x < low - rest) | (x > high + rest)
    if beyond.any():
        i = int(np.argmax(beyond))
        raise ProblemError(
            f"interval: value {i} is {x[i]:.6g}, outside its edges [{low:g}, {high:g}]; give the edges "
            "of what the number can be."
        )
    x = np.clip(x[~np.isnan(x)], low, high)
    return len(x), math.fsum(x), math.fsum(x * x)


def _changes(before: Floats, after: Floats) -> Floats:
    first, second = (reals(each, "interval: value", ProblemError) for each in (before, after))
    if np.isinf(first).any() or np.isinf(second).any():
        raise ProblemError("interval: a value is infinite; give finite numbers, NaN where unknown.")
    if first.shape != second.shape:
        raise ProblemError(
            f"interval: before has shape {first.shape} and after {second.shape}; give the same goals."
        )
    return floats(second - first)


def _check(low: float, high: float, level: float, tests: int) -> None:
    ends = tuple(_number(end, "interval: an edge") for end in (low, high))
    if not ends[0] < ends[1] or max(map(abs, ends)) > LARGEST:
        raise ProblemError(
            f"interval: edges are {shown(low)} and {shown(high)}; give low < high, both within "
            f"{LARGEST:g} of 0."
        )
    _between(level, "interval: level")
    check_count(tests, "interval: tests", ProblemError)
    if not 1 <= tests <= MOST:
        raise ProblemError(f"interval: tests is {shown(tests)}; give 1 to {MOST:g}.")


def _number(value: object, what: str) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return float(value)
    raise ProblemError(f"{what} is {shown(value)}; give a real number.")


def _between(value: object, what: str) -> None:
    """Raise ProblemError unless a level or a quantile is a number in (0, 1)."""
    if not 0.0 < _number(value, what) < 1.0:
        raise ProblemError(f"{what} is {shown(value)}; give a number between 0 and 1.")


def _check_counts(n: int, **counts: int) -> None:
    """Raise ProblemError unless n >= 0 is an integer, and each other count one of at most n."""
    for name, value in {"n": n, **counts}.items():
        check_count(value, f"interval: {name}", ProblemError)
        most = MOST if name == "n" else n
        if not 0 <= value <= most:
            raise ProblemError(f"interval: {name} is {shown(value)}; give 0 to {most:g}.")


def _check_sums(n: int, total: float, squares: float, low: float, high: float) -> None:
    """Raise ProblemError unless n numbers in [low, high] can have this sum and sum of squares."""
    _check_counts(n)
    one, two = _number(total, "interval: total"), _number(squares, "interval: squares")
    rest = n * ROUNDING * (high - low)
    large = max(low * low, high * high)
    if not n * low - rest <= one <= n * high + rest:
        raise ProblemError(
            f"interval: total is {one:.6g} of {n} numbers; give one from {n * low:g} to {n * high:g}."
        )
    least, most = one * one / n if n else 0.0, n * large
    rest = n * ROUNDING * large
    if not least - rest <= two <= most + rest:
        raise ProblemError(
            f"interval: squares is {two:.6g} of {n} numbers with the sum {one:.6g}; give one from "
            f"{least:.6g} to {most:.6g}."
        )
