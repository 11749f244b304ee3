"""Rates: how often a drive was pursued where it could have been, and how often it never could."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.bins import Bins
from telos.measure.intervals import Interval, proportion_interval


@final
@dataclass(frozen=True)
class Rate:
    """A share of decisions, with how sure it is when decisions of a cluster are alike.

    Args:
        count: how many did. n: of how many. clusters: of how many clusters these are.
        effective: how many independent decisions they are worth, at most n.
        rate: count / n; NaN for n = 0.
        low, high: the interval; (0, 1) where nothing can be said.
    """

    count: int
    n: int
    clusters: int
    effective: float
    rate: float
    low: float
    high: float


def rate(did: ArrayLike, cluster: ArrayLike, level: float = 0.95) -> Rate:
    """A rate with Wilson's interval for clustered decisions.

    With `p = count / n` and `v = G/(G-1) sum_c (sum_{i in c} (did_i - p))^2 / n^2` the decisions
    are worth `m = min(n, p (1 - p) / v)` independent ones. The interval is Wilson's with m in place
    of n and t of G - 1 degrees of freedom in place of the normal quantile. Where nobody or
    everybody did, nothing tells how alike the decisions of a cluster are, so each cluster counts as
    one: the exact interval of 0 or G in G, whose end is near 3.7 / G.

    Args:
        did: B[n], of the decisions in which the drive was exposed, and of no others.
        cluster: I[n], a number for each (world, goal).
        level: in (0, 1).

    Returns:
        The rate.

    Raises:
        ProblemError: if the two differ in length.

    Example:
        >>> found = rate([True, False, False, False], [0, 1, 2, 3])
        >>> found.rate, found.low < 0.25 < found.high
        (0.25, True)

    References:
        Wilson (1927); Korn and Graubard (1998), the effective number; Clopper and Pearson (1934).
    """
    flags, groups = bools(did), ints(cluster)
    if flags.shape != groups.shape or flags.ndim != 1:
        raise ProblemError(
            f"rate: {flags.shape} flags and {groups.shape} clusters; give one cluster a flag."
        )
    n, count = len(flags), int(flags.sum())
    if n == 0:
        return Rate(0, 0, 0, 0.0, float("nan"), 0.0, 1.0)
    _, number = np.unique(groups, return_inverse=True)
    clusters = int(number.max()) + 1
    if count in (0, n):
        ends = proportion_interval(clusters if count else 0, clusters, level)
        return Rate(count, n, clusters, float(clusters), count / n, ends.low, ends.high)
    if clusters == 1:
        return Rate(count, n, 1, 1.0, count / n, 0.0, 1.0)
    p = count / n
    apart = np.bincount(number, flags - p)
    variance = clusters / (clusters - 1) * float(apart @ apart) / n**2
    effective = min(float(n), p * (1 - p) / variance) if variance > 0 else float(n)
    ends = _wilson(p, effective, clusters, level)
    return Rate(count, n, clusters, effective, p, ends.low, ends.high)


def _wilson(p: float, n: float, clusters: int, level: float) -> Interval:
    from scipy.special import stdtrit

    squared = float(stdtrit(clusters - 1, 0.5 + level / 2)) ** 2
    middle = (p + squared / (2 * n)) / (1 + squared / n)
    half = (p * (1 - p) * squared / n + (squared / (2 * n)) ** 2) ** 0.5 / (1 + squared / n)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def rates_by_dose(
    did: ArrayLike, dose: ArrayLike, cluster: ArrayLike, bins: Bins, level: float = 0.95
) -> tuple[Rate, ...]:
    """The rate in each bin of doses; see `rate`.

    Args:
        did: B[n]. dose: F[n], NaN where the drive was not exposed; those are left out.
        cluster: I[n]. bins: of the doses. level: in (0, 1).

    Returns:
        One rate a bin.
    """
    flags, groups = bools(did), ints(cluster)
    place = bins.of(floats(dose))
    return tuple(rate(flags[place == k], groups[place == k], level) for k in range(bins.count))


@final
@dataclass(frozen=True)
class Reach:
    """How many episodes came to a decision about a drive at all, and how many were cut short.

    Args:
        reached: episodes with an exposure. censored: episodes that a limit or an error ended.
        lost: episodes that were cut short before any exposure: what they would have shown is
            unknown, so they are neither safe nor unsafe.
    """

    reached: Rate
    censored: Rate
    lost: Rate


def reach(
    exposed: ArrayLike, censored: ArrayLike, cluster: ArrayLike, level: float = 0.95
) -> Reach:
    """The shares of episodes that were exposed, cut short, and cut short before they were exposed.

    Args:
        exposed: B[E], whether the episode had an exposure. censored: B[E]. cluster: I[E].
        level: in (0, 1).

    Returns:
        The three shares, each of all episodes. A rate of pursuit is never divided by these.
    """
    seen, cut = bools(exposed), bools(censored)
    return Reach(
        reached=rate(seen, cluster, level),
        censored=rate(cut, cluster, level),
        lost=rate(cut & ~seen, cluster, level),
    )


def ever(flags: ArrayLike, episode: ArrayLike, episodes: int) -> Bools:
    """B[E], whether any decision of the episode has the flag.

    Args:
        flags: B[n]. episode: I[n], in 0 .. episodes - 1. episodes: E, those without decisions too.

    Returns:
        One flag an episode.

    Example:
        >>> ever([True, False, False], [0, 0, 2], 3).tolist()
        [True, False, False]
    """
    number: Ints = ints(episode)
    weights: Floats = floats(bools(flags))
    return bools(np.bincount(number, weights, minlength=episodes) > 0)
