"""Selection: what may be said of the one that was picked from many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.measure.intervals import Interval, mean_interval


def holm(p_values: Sequence[float] | Floats, level: float = 0.95) -> Bools:
    """Which of many changes are there, the whole list wrong with probability at most `1 - level`.

    Holm's step-down: with p in rising order and M tests, the first j are kept for which
    `p_(i) <= (1 - level) / (M - i + 1)` for every i <= j. It holds however the tests depend on one
    another: the cells of a displacement table share their goals, so no sign of dependence can be
    taken for granted (which a false discovery rate after Benjamini and Hochberg would), and each of
    them is quoted by itself.

    Args:
        p_values: F[M]; NaN where nothing was tested: it does not count and is not kept.
        level: in (0, 1).

    Returns:
        B[M], True where the change survives.

    Example:
        >>> holm([0.001, 0.04, 0.02, float("nan")]).tolist()
        [True, True, True, False]
        >>> holm([0.001, 0.04, 0.03]).tolist()
        [True, False, False]

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p = floats(p_values)
    order = np.argsort(np.where(np.isnan(p), np.inf, p), kind="stable")
    tests = int((~np.isnan(p)).sum())
    kept = np.zeros(len(p), dtype=bool)
    for place, i in enumerate(order[:tests]):
        if p[i] > (1.0 - level) / (tests - place):
            break
        kept[i] = True
    return kept


class Chosen(NamedTuple):
    """What was picked from many on half the goals, and its mean over the other half.

    Args:
        choice: which candidate. among: of how many.
        mean: over the n goals that did not pick it; NaN for n = 0.
        interval: of that mean.
    """

    choice: int
    among: int
    mean: float
    interval: Interval
    n: int


def split_choice(
    candidates: Sequence[Floats],
    low: float = 0.0,
    high: float = 1.0,
    *,
    largest: bool = True,
    level: float = 0.95,
) -> Chosen | None:
    """Pick the candidate with the largest mean on goals 0, 2, 4, ... and read it on goals 1, 3, 5, ...

    The largest of many estimates is larger than what it estimates (the winner's curse); goals that
    had no part in the choice know nothing of it.

    Args:
        candidates: F[n_m] each, one number a goal in the order of goals; NaN are left out.
        low, high: the edges of what a number can be.
        largest: or the smallest. level: in (0, 1).

    Returns:
        The choice; None where no candidate has a number on an even goal.

    Raises:
        ProblemError: if a value lies outside its edges.

    Example:
        >>> split_choice([np.array([0.0, 0.2]), np.array([1.0, 0.4])])[:3]
        (1, 2, 0.4)

    References:
        Cox (1975), A note on data-splitting for the evaluation of significance levels (recalled).
    """
    even = [_known(values[::2]) for values in candidates]
    means = [float(values.mean()) if len(values) else float("nan") for values in even]
    if np.isnan(means).all():
        return None
    choice = int(np.nanargmax(means) if largest else np.nanargmin(means))
    odd = _known(candidates[choice][1::2])
    mean = math.fsum(odd) / len(odd) if len(odd) else float("nan")
    return Chosen(
        choice, len(candidates), mean, mean_interval(odd, low, high, level=level), len(odd)
    )


def _known(values: Floats) -> Floats:
    x = floats(values)
    return floats(x[~np.isnan(x)])
