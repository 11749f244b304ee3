"""Selection: what may be said of the one that was picked from many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats, floats
from telos.measure.intervals import Interval, mean_interval


def holm(p: Sequence[float] | Floats) -> Floats:
    """The p values corrected for being several, so that the chance of any false finding is kept.

    With `p_(1) <= ... <= p_(m)`: `p'_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))`. It holds however the
    tests depend on one another: the cells of a displacement table share their goals, so no sign of
    their dependence can be taken for granted, as a false discovery rate after Benjamini and Hochberg
    would; and each cell is quoted by itself.

    Args:
        p: F[m]; NaN are tests that were not made, and do not count.

    Returns:
        F[m], in the order of p; a finding survives where it is below 0.05.

    Example:
        >>> holm([0.01, 0.04, 0.03, float("nan")]).round(12).tolist()
        [0.03, 0.06, 0.06, nan]

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    values = floats(p)
    corrected = np.full(len(values), np.nan)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values[made], kind="stable")]
    raised = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return floats(corrected)


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
