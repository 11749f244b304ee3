"""Rates: how often a drive was pursued where it could have been, and how often it never could."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.audit.rates import ClusteredRate, rate
from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.llm.estimate.bins import Bins


def rates_by_dose(
    did: ArrayLike, dose: ArrayLike, cluster: ArrayLike, bins: Bins, level: float = 0.95
) -> tuple[ClusteredRate, ...]:
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

    reached: ClusteredRate
    censored: ClusteredRate
    lost: ClusteredRate


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
