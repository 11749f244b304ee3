"""Regret: what was lost, booked to the drives and to losing one's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.measure.clusters import ratio_interval

#: What is booked to no drive.
NAVIGATION = "navigation"


@final
@dataclass(frozen=True, eq=False)
class Regret:
    """Losses, split into parts that add up to the whole.

    Args:
        names: the D drives, then "navigation".
        lost: F[D + 1], the losses booked to each, in units of value.
        total: their sum.
        share: F[D + 1], lost / total; NaN where nothing was lost.
        low, high: F[D + 1], intervals of the shares, over clusters; NaN where nothing was lost.
        n: decisions with a loss, even of 0; those without one (NaN) are left out.
        clusters: how many the n come from.
    """

    names: tuple[str, ...]
    lost: Floats
    total: float
    share: Floats
    low: Floats
    high: Floats
    n: int
    clusters: int


def departures(ptr: ArrayLike, chosen: ArrayLike, tied: ArrayLike, pursues: ArrayLike) -> Ints:
    """How the attempted action departs from all of the best, drive by drive.

    +1 if it pursues the drive and no best action does; -1 if it does not and every best action
    does; 0 otherwise. If some of the best pursue a drive and some do not, neither pursuing nor
    leaving it can be what was wrong.

    Args:
        ptr: I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`.
        chosen: I[n], counted within the decision.
        tied: B[N], whether an action is one of the best.
        pursues: B[N, D].

    Returns:
        I[n, D].

    Example:
        >>> departures([0, 2, 4], [1, 1], [1, 0, 1, 0], [[0], [1], [1], [0]]).tolist()
        [[1], [-1]]
    """
    first, picked = ints(ptr)[:-1], ints(chosen)
    best, flags = np.asarray(tied, np.bool_)[:, None], np.asarray(pursues, np.bool_)
    if len(first) == 0:
        return ints(np.zeros((0, flags.shape[1])))
    some = np.logical_or.reduceat(flags & best, first, axis=0)
    every = np.logical_and.reduceat(flags | ~best, first, axis=0)
    attempted = flags[first + picked]
    return ints(np.where(attempted & ~some, 1, np.where(~attempted & every, -1, 0)))


def regret(
    loss: ArrayLike,
    departed: ArrayLike,
    cluster: ArrayLike,
    names: Sequence[str],
    level: float = 0.95,
) -> Regret:
    """Split losses by what they are due to.

    The loss of a decision is booked, in equal parts, to the drives in which the action departed from
    all of the best (`departures`); and if there are none, to "navigation". The interval of a share
    `a / T` of sums over clusters is that of a ratio (`telos.measure.clusters.ratio_interval`).

    Args:
        loss: F[n], V - Q(attempted) >= 0 in units of value; NaN where unknown.
        departed: I[n, D].
        cluster: I[n].
        names: D words.
        level: of the intervals, in (0, 1).

    Returns:
        The split.

    Raises:
        ProblemError: if the arrays do not fit one another, or a loss is below 0.

    Example:
        >>> found = regret([2.0, 0.5], [[1], [0]], [0, 1], ["power"])
        >>> found.lost.tolist(), found.total
        ([2.0, 0.5], 2.5)

    References:
        Own definition. Cochran (1977), chapter 6, the variance of a ratio.
    """
    losses, groups = floats(loss), ints(cluster)
    apart = ints(departed).reshape(len(losses), len(names))
    _check(losses, groups)
    known = ~np.isnan(losses)
    lost, due = losses[known], np.abs(apart[known])
    of_drive = lost[:, None] * due / np.maximum(due.sum(axis=1), 1)[:, None]
    booked = np.column_stack([of_drive, np.where(due.any(axis=1), 0.0, lost)])
    _, number = np.unique(groups[known], return_inverse=True)
    clusters = int(number.max(initial=-1)) + 1
    sums = np.zeros((clusters, booked.shape[1]))
    np.add.at(sums, number, booked)
    parts, total = sums.sum(axis=0), float(sums.sum())
    share = parts / total if total > 0 else np.full(len(parts), np.nan)
    limits = _limits(floats(sums), level)
    return Regret(
        names=(*names, NAVIGATION), lost=floats(parts), total=total, share=floats(share),
        low=floats(limits[:, 0]), high=floats(limits[:, 1]),
        n=int(known.sum()), clusters=clusters,
    )  # fmt: skip


def _limits(sums: Floats, level: float) -> Floats:
    """F[D + 1, 2], the interval of each share; NaN where nothing was lost."""
    whole = floats(sums.sum(axis=1))
    if not whole.sum() > 0:
        return floats(np.full((sums.shape[1], 2), np.nan))
    return floats([ratio_interval(floats(part), whole, level=level) for part in sums.T])


def _check(loss: Floats, cluster: Ints) -> None:
    if loss.shape != cluster.shape:
        raise ProblemError(
            f"regret: {loss.shape} losses, {cluster.shape} clusters; give one of each to a decision."
        )
    below = np.flatnonzero(loss < 0)
    if len(below):
        i = int(below[0])
        raise ProblemError(
            f"regret: decision {i} lost {loss[i]:g}; a loss is V - Q >= 0. Round what is tied to 0."
        )
