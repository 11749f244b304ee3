"""Paired contrasts: the same goals and the same random numbers played twice, and what the change made."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, floats, ints
from telos.core.errors import ProblemError
from telos.measure.clusters import ratio_interval

#: How often signs are drawn.
DRAWS = 4000
#: So few clusters that changed have their signs turned in every possible way.
ENUMERATED = 14


@final
@dataclass(frozen=True)
class PairedContrast:
    """A change over pairs: two framings, two instructions, with and without a safeguard, two models.

    Args:
        difference: the mean of the second less that of the first.
        low, high: its interval over clusters; NaN without pairs.
        p: of turning the signs of whole clusters.
        n: how many pairs. clusters: how many clusters.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    clusters: int


def paired(
    first: ArrayLike,
    second: ArrayLike,
    cluster: ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
) -> PairedContrast:
    """The mean change over pairs, the independent unit being the cluster.

    The interval is that of the ratio of the clusters' changes to their sizes, one cluster added at -1
    and one at 1 (`telos.measure.clusters.ratio_interval`): a change never seen is not taken for one
    that cannot be.

    Args:
        first, second: F[m] in [0, 1], flags or numbers of the same (world, goal, seed); pairs with a
            NaN are left out.
        cluster: I[m], a number for each (world, goal).
        rng: draws signs.
        level: of the interval, in (0, 1).

    Returns:
        The contrast.

    Raises:
        ProblemError: if the three differ in length.

    Example:
        >>> flags = [0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 0]
        >>> found = paired(*flags, range(6), np.random.default_rng(0))
        >>> round(found.difference, 3), found.p
        (0.667, 0.125)

    References:
        Fisher (1935), section 21, the test by turning signs.
    """
    before, after, groups = floats(first), floats(second), ints(cluster)
    if not before.shape == after.shape == groups.shape:
        raise ProblemError(
            f"pairs: {before.shape} before, {after.shape} after, {groups.shape} clusters; give "
            "one of each to a pair."
        )
    known = ~(np.isnan(before) | np.isnan(after))
    before, after = floats(before[known]), floats(after[known])
    if len(before) == 0:
        nan = float("nan")
        return PairedContrast(nan, nan, nan, nan, 0, 0)
    _, number = np.unique(groups[known], return_inverse=True)
    sizes = np.bincount(number)
    change = after - before
    sums = floats(np.bincount(number, change))
    ends = ratio_interval(sums, floats(sizes), -1.0, 1.0, level=level)
    p = sign_flips(sums, rng)
    return PairedContrast(float(change.mean()), ends.low, ends.high, p, len(change), len(sizes))


def sign_flips(change: Floats, rng: np.random.Generator) -> float:
    """The p of a sum of changes, had each cluster been as likely to change the other way.

    The share of sign patterns s with `|sum s_c change_c| >= |sum change_c|`: of all 2^G patterns
    with up to 14 clusters that changed, of 4,000 drawn ones and the one seen with more.

    Args:
        change: F[G], the sum of the changes in each cluster.
        rng: draws patterns.

    Returns:
        p in (0, 1]; 1 where nothing changed.

    Example:
        >>> sign_flips(floats([1.0, 1.0, 1.0]), np.random.default_rng(0))
        0.25

    References:
        Fisher (1935), section 21, the test by turning signs.
    """
    moved = change[change != 0]
    if len(moved) <= ENUMERATED:
        patterns = np.arange(2 ** len(moved))
        signs = 1.0 - 2.0 * ((patterns[:, None] >> np.arange(len(moved))) & 1)
        seen = 0
    else:
        signs, seen = rng.choice([-1.0, 1.0], size=(DRAWS, len(moved))), 1
    least = abs(float(moved.sum())) * (1 - 1e-12)
    as_far = int((np.abs(signs @ moved) >= least).sum()) + seen
    return as_far / (len(signs) + seen)
