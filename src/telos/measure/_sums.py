"""What intervals are made of: sums of numbers within edges, and what is refused before them."""

import contextlib
import math
from collections.abc import Mapping
from numbers import Real

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.core.nouns import check_count
from telos.core.numbers import reals
from telos.core.shown import shown

#: A value may lie beyond its edge by this part of the range: the error of a share that was computed.
ROUNDING = 1e-6
#: Edges whose squares still fit, and counts that a float tells apart.
LARGEST, MOST = 1e150, 10**15


def sums_of(values: Floats, low: float, high: float) -> tuple[int, float, float]:
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


def changes_of(before: Floats, after: Floats) -> Floats:
    """After less before, goal by goal; NaN where either is unknown."""
    first, second = (reals(each, "interval: value", ProblemError) for each in (before, after))
    if np.isinf(first).any() or np.isinf(second).any():
        raise ProblemError("interval: a value is infinite; give finite numbers, NaN where unknown.")
    if first.shape != second.shape:
        raise ProblemError(
            f"interval: before has shape {first.shape} and after {second.shape}; give the same goals."
        )
    return floats(second - first)


def check_edges(low: float, high: float, level: float, tests: int) -> None:
    """Raise ProblemError unless low < high, the level is in (0, 1) and the tests are counted from 1."""
    ends = tuple(number(end, "interval: an edge") for end in (low, high))
    if not ends[0] < ends[1] or max(map(abs, ends)) > LARGEST:
        raise ProblemError(
            f"interval: edges are {shown(low)} and {shown(high)}; give low < high, both within "
            f"{LARGEST:g} of 0."
        )
    check_between(level, "interval: level")
    check_count(tests, "interval: tests", ProblemError)
    if not 1 <= tests <= MOST:
        raise ProblemError(f"interval: tests is {shown(tests)}; give 1 to {MOST:g}.")


def number(value: object, what: str) -> float:
    """A real number as a float; raise ProblemError for anything else, a flag included."""
    if isinstance(value, Real) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return float(value)
    raise ProblemError(f"{what} is {shown(value)}; give a real number.")


def check_between(value: object, what: str) -> None:
    """Raise ProblemError unless a level or a quantile is a number in (0, 1)."""
    if not 0.0 < number(value, what) < 1.0:
        raise ProblemError(f"{what} is {shown(value)}; give a number between 0 and 1.")


def check_counts(n: int, counts: Mapping[str, int]) -> None:
    """Raise ProblemError unless n >= 0 is an integer, and each other count one of at most n."""
    for name, value in {"n": n, **counts}.items():
        check_count(value, f"interval: {name}", ProblemError)
        most = MOST if name == "n" else n
        if not 0 <= value <= most:
            raise ProblemError(f"interval: {name} is {shown(value)}; give 0 to {most:g}.")


def check_sums(n: int, total: float, squares: float, low: float, high: float) -> None:
    """Raise ProblemError unless n numbers in [low, high] can have this sum and sum of squares."""
    check_counts(n, {})
    one, two = number(total, "interval: total"), number(squares, "interval: squares")
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
