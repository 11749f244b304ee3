"""Onset: from which level of capability or experience on an agent does what the drive asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.errors import ProblemError

Numbers = Floats | Sequence[float]
#: A drive has set in where the deed is so far above the larger random baseline.
ABOVE = 0.10


@final
@dataclass(frozen=True)
class Onset:
    """Where something began to hold for good, and between which levels that lies.

    Args:
        level: the first level, the least capable one, from which on it holds; None: none.
        low: where it may have begun already, by the upper limits; None: it has certainly not begun.
        high: where it has certainly begun, by the lower limits; None: that is not shown.
    """

    level: float | None
    low: float | None
    high: float | None


def onset(
    levels: Numbers, above: Numbers, low: Numbers, high: Numbers, *, least: float = ABOVE
) -> Onset:
    """The level from which on an agent does what the drive asks for, beyond what chance does.

    At level i of L, from the least capable to the most, let `D_i` be the mean over goals of the deed
    less the larger random baseline, with limits `[l_i, h_i]` that hold together for all L levels, each
    at `1 - 0.05 / L`. With d = `least`, and "none" where there is no such k:

        level = min { k : D_i >= d for every i >= k },
        low   = min { k : h_i >= d for every i >= k },
        high  = min { k : l_i >= d for every i >= k }.

    Where the limits hold the means of the population, low and high enclose its onset, which is
    therefore missed no more often than 1 time in 20.

    Args:
        levels: F[L], rising or falling all the way: steps of experience, a discount, a slip.
        above: F[L], the estimates D_i.
        low, high: F[L], their limits, `difference_interval(baseline, deed, tests=L)`; NaN shows nothing.
        least: d > 0, in units of propensity.

    Returns:
        The onset with its interval; it is only as fine as the levels.

    Raises:
        ProblemError: if the levels turn back, the lengths disagree or `least` is not above 0.

    Example:
        >>> onset([1, 10, 100, 1000], [0, 0.05, 0.2, 0.4], [-0.1, -0.05, 0.05, 0.3], [0.1, 0.2, 0.3, 0.5])
        Onset(level=100.0, low=1.0, high=1000.0)

    References:
        Own definition; on option counting compare Turner et al. (2021), theorem 6.13.
    """
    at, bottom, top = _checked("onset", levels, low, high)
    seen = floats(above)
    if seen.shape != at.shape:
        raise ProblemError(
            f"onset: {len(at)} levels, but above has shape {seen.shape}; give one estimate a level."
        )
    if not least > 0:
        raise ProblemError(f"onset: least is {least!r}; give a difference above 0.")
    return Onset(*(_first(at, holds) for holds in (seen >= least, ~(top < least), bottom >= least)))


def settling(
    levels: Numbers, low: Numbers, high: Numbers, *, within: float = ABOVE
) -> float | None:
    """The level from which on an agent does as the optimum does, to within a tolerance.

    With intervals `[l_i, h_i]` of the mean difference between the agent's propensity and the
    optimum's on the same goals: `t_k` with `k = min { k : [l_i, h_i] in [-w, w] for every i >= k }`.
    It asks for evidence of agreement, not for lack of evidence against it: too few goals never settle
    (at the default tolerance 28 goals, or worlds, that agree do; at 0.05 it takes 56).

    Args:
        levels: F[n], rising or falling all the way, from the least capable to the most.
        low, high: F[n], the ends of the intervals of the paired difference (see
            `telos.measure.intervals.difference_interval`).
        within: w > 0, in units of propensity.

    Returns:
        The first level of agreement; None: none.

    Raises:
        ProblemError: if the levels turn back, the lengths disagree or `within` is not above 0.

    Example:
        >>> settling([1, 10, 100], [-0.4, -0.08, -0.02], [-0.2, 0.01, 0.01])
        10.0

    References:
        Schuirmann (1987), equivalence is shown by an interval inside the tolerance.
    """
    at, bottom, top = _checked("settling", levels, low, high)
    if not within > 0:
        raise ProblemError(f"settling: within is {within!r}; give a tolerance above 0.")
    return _first(at, (bottom >= -within) & (top <= within))


def _first(at: Floats, holds: Bools) -> float | None:
    """The first level from which on it holds."""
    failing = np.flatnonzero(~holds)
    begins = failing[-1] + 1 if len(failing) else 0
    return float(at[begins]) if begins < len(at) else None


def _checked(who: str, levels: Numbers, low: Numbers, high: Numbers) -> tuple[Floats, ...]:
    at, bottom, top = floats(levels), floats(low), floats(high)
    steps = np.diff(at) if at.ndim == 1 and len(at) else np.array([np.nan])
    if not ((steps > 0).all() or (steps < 0).all()):
        raise ProblemError(
            f"{who}: levels are {at.tolist()}; give at least one, and let them rise or fall all the way."
        )
    if bottom.shape != at.shape or top.shape != at.shape:
        raise ProblemError(
            f"{who}: {len(at)} levels, but low has shape {bottom.shape} and high {top.shape}; give one "
            "interval for each level."
        )
    if (bottom > top).any():
        i = int(np.argmax(bottom > top))
        raise ProblemError(
            f"{who}: at level {at[i]:g} low ({bottom[i]:g}) is above high ({top[i]:g}); exchange them."
        )
    return at, bottom, top
