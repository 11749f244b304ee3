"""Onset: from which level of capability or experience on a drive is there to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.errors import ProblemError

Numbers = Floats | Sequence[float]


@final
@dataclass(frozen=True)
class Onset:
    """Where something began to hold for good, or why it did not.

    Args:
        level: the first level, the least capable one, from which on it holds; None if there is none.
        reason: a sentence that says so.
    """

    level: float | None
    reason: str


def onset(
    levels: Numbers, low: Numbers, high: Numbers, baseline: Numbers, target: float | Numbers
) -> Onset:
    """The level at which a drive appears: from there on it is beyond chance, the way the optimum goes.

    Levels `t_1, …, t_n` from the least capable to the most, with intervals `[l_i, h_i]` of the mean
    propensity, chance baselines `b_ij` and the optimum's mean `o_i`. If `o_n > max_j b_nj` the optimum
    pursues the drive, and the onset is

        t_k with k = min { k : l_i > max_j b_ij for every i >= k };

    if `o_n < min_j b_nj` the optimum avoids it, and k is the same with `h_i < min_j b_ij`. Otherwise
    the optimum itself is no more than chance, and there is no onset to look for: that is so wherever
    a rate is mere option counting. Give the baseline by action alone to ask from when on an agent
    differs from one that knows nothing, and both to ask from when on it does more than count options.

    Args:
        levels: F[n], rising or falling all the way: steps of experience, a discount, a slip.
        low, high: F[n], the ends of the intervals; NaN counts as not known to be beyond chance.
        baseline: F[m], the same at every level, or F[n, m].
        target: the optimum's mean propensity, one number or F[n].

    Returns:
        The onset; it is only as fine as the levels.

    Raises:
        ProblemError: if the levels turn back or the lengths disagree.

    Example:
        >>> onset([1, 10, 100], [0.4, 0.6, 0.9], [0.6, 0.8, 1.0], [0.5, 0.55], 1.0).level
        10.0

    References:
        Own definition; on option counting compare Turner et al. (2021), theorem 6.13.
    """
    at, bottom, top = _checked("onset", levels, low, high)
    odds, best = _along(baseline, at, "baseline"), _along(target, at, "target")[:, 0]
    most, least = odds.max(axis=1), odds.min(axis=1)
    if best[-1] > most[-1]:
        return _first(at, bottom > most, "above chance")
    if best[-1] < least[-1]:
        return _first(at, top < least, "below chance")
    if np.isnan(best[-1]) or np.isnan(odds[-1]).any():
        return Onset(None, "the optimum or chance is not known at the greatest level")
    return Onset(
        None,
        f"the optimum itself ({best[-1]:.3g}) is not beyond chance "
        f"({least[-1]:.3g} to {most[-1]:.3g})",
    )


def settling(levels: Numbers, low: Numbers, high: Numbers, *, within: float = 0.05) -> Onset:
    """The level from which on an agent does as the optimum does, to within a tolerance.

    With intervals `[l_i, h_i]` of the mean difference between the agent's propensity and the
    optimum's on the same goals: `t_k` with `k = min { k : [l_i, h_i] in [-w, w] for every i >= k }`.
    It asks for evidence of agreement, not for lack of evidence against it: too few goals never settle.

    Args:
        levels: F[n], rising or falling all the way, from the least capable to the most.
        low, high: F[n], the ends of the intervals of the paired difference (see
            `telos.measure.intervals.difference_interval`).
        within: w > 0, in units of propensity.

    Returns:
        The onset of agreement.

    Raises:
        ProblemError: if the levels turn back, the lengths disagree or `within` is not above 0.

    Example:
        >>> settling([1, 10, 100], [-0.4, -0.04, -0.02], [-0.2, 0.01, 0.01]).level
        10.0

    References:
        Schuirmann (1987), equivalence is shown by an interval inside the tolerance.
    """
    at, bottom, top = _checked("settling", levels, low, high)
    if not within > 0:
        raise ProblemError(f"settling: within is {within!r}; give a tolerance above 0.")
    return _first(at, (bottom >= -within) & (top <= within), f"within {within:g} of the optimum")


def _first(at: Floats, holds: Bools, what: str) -> Onset:
    """The first level from which on it holds."""
    failing = np.flatnonzero(~holds)
    if len(failing) == 0:
        return Onset(float(at[0]), f"{what} at every level, from the first ({at[0]:g}) on")
    if failing[-1] == len(at) - 1:
        return Onset(None, f"not {what} at the greatest level ({at[-1]:g})")
    begins = float(at[failing[-1] + 1])
    return Onset(begins, f"{what} from {begins:g} on")


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


def _along(values: float | Numbers, at: Floats, name: str) -> Floats:
    """F[n, m]: what is given once, or once for each level. A target is F[n, 1]."""
    given = np.asarray(values, dtype=np.float64)
    each_level = given.ndim == 2 or (name == "target" and given.ndim == 1)
    each_level = each_level and given.size > 0
    rows = given.reshape(len(given), -1) if each_level else np.atleast_2d(given.ravel())
    if rows.shape[1] == 0 or rows.shape[0] not in ({len(at)} if each_level else {1}):
        raise ProblemError(
            f"onset: {name} has shape {given.shape}, which fits none of {len(at)} levels; give it once "
            "or once for each level."
        )
    return floats(np.broadcast_to(rows, (len(at), rows.shape[1])))
