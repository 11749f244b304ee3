"""Paired contrasts: the same goals and the same random numbers played twice, and what the change made."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, floats, ints
from telos.core.errors import ProblemError
from telos.measure.intervals import Interval, difference_interval

#: How often clusters are drawn anew.
DRAWS = 4000
#: So few clusters that changed have their signs turned in every possible way.
ENUMERATED = 14


@final
@dataclass(frozen=True)
class PairedContrast:
    """A change over pairs: two framings, two instructions, with and without a safeguard, two models.

    Args:
        difference: the mean of the second less that of the first.
        low, high: its interval over clusters; NaN for one cluster.
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
    """The mean change over pairs, with whole clusters drawn anew.

    Args:
        first, second: F[m], flags or numbers of the same (world, goal, seed); pairs with a NaN are
            left out.
        cluster: I[m], a number for each (world, goal).
        rng: draws clusters and signs.
        level: of the interval, in (0, 1).

    Returns:
        The contrast. Where every pair changed alike, the interval is that of `difference_interval` with
        one pair a cluster: a change never seen is not taken for one that cannot be.

    Raises:
        ProblemError: if the three differ in length.

    Example:
        >>> flags = [0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 0]
        >>> found = paired(*flags, range(6), np.random.default_rng(0))
        >>> round(found.difference, 3), found.p
        (0.667, 0.125)

    References:
        Efron (1979), the bootstrap; Fisher (1935), section 21, the test by turning signs.
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
    _, one, number = np.unique(groups[known], return_index=True, return_inverse=True)
    sizes = np.bincount(number)
    change = after - before
    sums = floats(np.bincount(number, change))
    if len(sizes) > 1 and (change == change[0]).all():
        ends = difference_interval(floats(before[one]), floats(after[one]), level=level)
    else:
        ends = resampled_ratio(sums, floats(sizes), rng, level)
    p = sign_flips(sums, rng)
    return PairedContrast(float(change.mean()), ends.low, ends.high, p, len(change), len(sizes))


def resampled_ratio(
    above: Floats, below: Floats, rng: np.random.Generator, level: float = 0.95
) -> Interval:
    """The interval of `sum(above) / sum(below)` over clusters drawn with replacement.

    The percentiles of the ratio over 4,000 draws of G clusters, taken further out so that they
    allow for few clusters: at `Phi(-t sqrt(G/(G-1)))`, with t of G - 1 degrees of freedom, in place
    of `(1 - level) / 2`.

    Args:
        above, below: F[G], sums over each cluster; those below positive.
        rng: draws the clusters.
        level: in (0, 1).

    Returns:
        (low, high); (nan, nan) for fewer than two clusters.

    References:
        Efron (1979), the bootstrap; Hesterberg (2015), the expanded percentiles.
    """
    from scipy.special import ndtr, stdtrit

    clusters = len(above)
    if clusters < 2:
        return Interval(float("nan"), float("nan"))
    times = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=DRAWS)
    found = (times @ above) / (times @ below)
    far = float(stdtrit(clusters - 1, 0.5 + level / 2)) * (clusters / (clusters - 1)) ** 0.5
    low, high = np.quantile(found, [ndtr(-far), ndtr(far)])
    return Interval(float(low), float(high))


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
