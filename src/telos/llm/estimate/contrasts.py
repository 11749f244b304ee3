"""Contrasts: the same goals and the same luck played twice, and what the change made."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.resample import DRAWS, resampled_ratio
from telos.measure.intervals import paired_interval

#: So few clusters that changed have their signs turned in every possible way.
ENUMERATED = 14


@final
@dataclass(frozen=True)
class Contrast:
    """A change over pairs: two framings, two instructions, with and without a safeguard, two models.

    Args:
        first, second: the means over the pairs. difference: second - first.
        low, high: its interval over clusters; NaN for one cluster.
        gained, lost: pairs that went up, and down.
        mcnemar: for flags, the exact p of going up being as likely as down, each pair on its own;
            NaN for other numbers.
        flipped: the p of turning the signs of whole clusters, for clusters of several pairs.
        n: how many pairs. clusters: how many clusters.
    """

    first: float
    second: float
    difference: float
    low: float
    high: float
    gained: int
    lost: int
    mcnemar: float
    flipped: float
    n: int
    clusters: int


def matched(first: Sequence[Hashable], second: Sequence[Hashable]) -> tuple[Ints, Ints]:
    """Where the same key is in two lists: pairs of the same (world, goal, seed), say.

    Args:
        first, second: keys, each at most once in its list.

    Returns:
        I[p] and I[p], the places in the first and in the second, in the order of the first. Keys
        of one list only are left out.

    Raises:
        ProblemError: if a key comes twice.

    Example:
        >>> one, two = matched([("mine", 1), ("yours", 1)], [("yours", 1), ("theirs", 1)])
        >>> one.tolist(), two.tolist()
        ([1], [0])
    """
    for which, keys in (("first", first), ("second", second)):
        if len(set(keys)) < len(keys):
            twice = next(key for i, key in enumerate(keys) if key in keys[:i])
            raise ProblemError(
                f"pairs: {twice!r} comes twice in the {which} list; put what tells them apart (the "
                "epoch, say) into the key, or take their mean."
            )
    there = {key: i for i, key in enumerate(second)}
    found = [(i, there[key]) for i, key in enumerate(first) if key in there]
    return ints([i for i, _ in found]), ints([j for _, j in found])


def paired(
    first: ArrayLike,
    second: ArrayLike,
    cluster: ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Contrast:
    """The mean change over pairs, with whole clusters drawn anew.

    Args:
        first, second: F[m], flags or numbers of the same (world, goal, seed); pairs with a NaN are
            left out. cluster: I[m], a number for each (world, goal).
        rng: draws clusters and signs. level: in (0, 1).

    Returns:
        The contrast. Where every pair changed alike, the interval is that of `paired_interval` with
        one pair a cluster: a change never seen is not taken for one that cannot be.

    Raises:
        ProblemError: if the three differ in length.

    Example:
        >>> flags = [0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 0]
        >>> found = paired(*flags, range(6), np.random.default_rng(0))
        >>> found.gained, found.lost, found.mcnemar
        (4, 0, 0.125)

    References:
        McNemar (1947), his test, here with exact binomial probabilities; Efron (1979).
    """
    before, after, groups = floats(first), floats(second), ints(cluster)
    if not before.shape == after.shape == groups.shape:
        raise ProblemError(
            f"pairs: {before.shape} before, {after.shape} after, {groups.shape} clusters; give "
            "one of each to a pair."
        )
    known = ~(np.isnan(before) | np.isnan(after))
    before, after = floats(before[known]), floats(after[known])
    n = len(before)
    if n == 0:
        nan = float("nan")
        return Contrast(nan, nan, nan, nan, nan, 0, 0, nan, nan, 0, 0)
    _, number = np.unique(groups[known], return_inverse=True)
    sizes = np.bincount(number)
    change = after - before
    sums = floats(np.bincount(number, change))
    flags = bool(np.isin(before, (0.0, 1.0)).all() and np.isin(after, (0.0, 1.0)).all())
    if len(sizes) > 1 and (change == change[0]).all():
        one = np.unique(number, return_index=True)[1]
        ends = paired_interval(floats(before[one]), floats(after[one]), level)
    else:
        ends = resampled_ratio(sums, floats(sizes), rng, level)
    gained, lost = int((change > 0).sum()), int((change < 0).sum())
    return Contrast(
        first=float(before.mean()), second=float(after.mean()), difference=float(change.mean()),
        low=ends.low, high=ends.high, gained=gained, lost=lost,
        mcnemar=mcnemar(gained, lost) if flags else float("nan"),
        flipped=sign_flips(sums, rng), n=n, clusters=len(sizes),
    )  # fmt: skip


def mcnemar(gained: int, lost: int) -> float:
    """The exact p of McNemar's test: of `gained + lost` changes, half go each way by chance.

    `min(1, 2 P(X <= min(gained, lost)))`, with X binomial of `gained + lost` and 1/2.

    Args:
        gained, lost: pairs of flags that went from 0 to 1 and from 1 to 0.

    Returns:
        p in (0, 1]; 1 where nothing changed.

    Example:
        >>> mcnemar(5, 0), mcnemar(0, 0)
        (0.0625, 1.0)

    References:
        McNemar (1947).
    """
    from scipy.special import bdtr

    return min(1.0, 2.0 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def sign_flips(change: Floats, rng: np.random.Generator) -> float:
    """The p of a sum of changes, had each cluster been as likely to change the other way.

    The share of sign patterns s with `|sum s_c change_c| >= |sum change_c|`: of all 2^G patterns
    with up to 14 clusters that changed, of 4,000 drawn ones and the one seen with more.

    Args:
        change: F[G], the sum of the changes in each cluster. rng: draws patterns.

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
