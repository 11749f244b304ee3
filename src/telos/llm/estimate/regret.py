"""Regret: what was lost, booked to the drives, to losing one's way, and to calls that were no action."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, floats, ints
from telos.core.errors import ProblemError

#: What is booked to no drive.
NAVIGATION = "navigation"
INVALID = "invalid"


@final
@dataclass(frozen=True, eq=False)
class Regret:
    """Discounted losses, split into parts that add up to the whole.

    Args:
        names: the D drives, then "navigation" and "invalid".
        lost: F[D + 2], the losses booked to each, in units of value.
        pursued: F[D], of the losses of a drive, those by pursuing it; the rest are by neglect.
        total: their sum.
        share: F[D + 2], lost / total; NaN where nothing was lost.
        low, high: F[D + 2], intervals of the shares, over clusters; NaN for one cluster.
        n: decisions with a loss, even of 0. unknown: decisions without one, which are left out.
        clusters: how many the n come from.
    """

    names: tuple[str, ...]
    lost: Floats
    pursued: Floats
    total: float
    share: Floats
    low: Floats
    high: Floats
    n: int
    unknown: int
    clusters: int

    @property
    def neglected(self) -> Floats:
        """F[D], the losses by leaving a drive that every best action would have pursued."""
        return floats(self.lost[: len(self.pursued)] - self.pursued)


def departures(ptr: ArrayLike, chosen: ArrayLike, tied: ArrayLike, pursues: ArrayLike) -> Ints:
    """How the attempted action departs from all of the best, drive by drive.

    +1 if it pursues the drive and no best action does; -1 if it does not and every best action
    does; 0 otherwise, and where no action was attempted. If some of the best pursue a drive and
    some do not, neither pursuing nor leaving it can be what was wrong.

    Args:
        ptr: I[n + 1]. chosen: I[n], counted within the decision; -1 where nothing legal was.
        tied: B[N], whether an action is one of the best. pursues: B[N, D].

    Returns:
        I[n, D].

    Example:
        >>> departures([0, 2, 4], [1, 1], [1, 0, 1, 0], [[0], [1], [1], [0]]).tolist()
        [[1], [-1]]
    """
    first, picked = ints(ptr)[:-1], ints(chosen)
    best, flags = np.asarray(tied, np.bool_), np.asarray(pursues, np.bool_)
    if len(first) == 0:
        return ints(np.zeros((0, flags.shape[1] if flags.ndim == 2 else 0)))
    some = np.logical_or.reduceat(flags & best[:, None], first, axis=0)
    every = np.logical_and.reduceat(flags | ~best[:, None], first, axis=0)
    attempted = flags[first + np.maximum(picked, 0)]
    found = np.where(attempted & ~some, 1, np.where(~attempted & every, -1, 0))
    return ints(np.where((picked >= 0)[:, None], found, 0))


def regret(
    loss: ArrayLike,
    weight: ArrayLike,
    departed: ArrayLike,
    invalid: ArrayLike,
    cluster: ArrayLike,
    names: Sequence[str],
    level: float = 0.95,
) -> Regret:
    """Split discounted losses by what they are due to.

    The loss `w_i l_i` of decision i is booked, whole, to "invalid" if its call was no legal action;
    otherwise, in equal parts, to the drives in which the action departed from all of the best
    (`departures`); and if there are none, to "navigation". The interval of a share `a / T` of sums
    over G clusters is Student's t, of `G/(G-1) sum_c (a_c - share T_c)^2 / T^2`.

    Args:
        loss: F[n], V - Q(attempted) >= 0 in units of value; NaN where unknown.
        weight: F[n], what the moment counts: the discount to the power of the step.
        departed: I[n, D]. invalid: B[n]. cluster: I[n].
        names: D words. level: in (0, 1).

    Returns:
        The split.

    Raises:
        ProblemError: if the arrays do not fit one another, or a loss is below 0.

    Example:
        >>> found = regret([2.0, 1.0], [1.0, 0.5], [[1], [0]], [False, False], [0, 1], ["power"])
        >>> found.lost.tolist(), found.total
        ([2.0, 0.5, 0.0], 2.5)

    References:
        Own definition. Cochran (1977), chapter 6, the variance of a ratio.
    """
    losses, times = floats(loss), floats(weight)
    wrong, apart = np.asarray(invalid, np.bool_), ints(departed).reshape(len(losses), len(names))
    groups = ints(cluster)
    _check(losses, times, wrong, groups)
    known = ~np.isnan(losses)
    lost = (losses * times)[known]
    due = np.where(wrong[known, None], 0, np.abs(apart[known]))
    of_drive = lost[:, None] * due / np.maximum(due.sum(axis=1), 1)[:, None]
    astray = np.where(wrong[known] | due.any(axis=1), 0.0, lost)
    booked = np.column_stack([of_drive, astray, np.where(wrong[known], lost, 0.0)])
    _, number = np.unique(groups[known], return_inverse=True)
    clusters = int(number.max(initial=-1)) + 1
    sums = np.zeros((clusters, booked.shape[1]))
    np.add.at(sums, number, booked)
    low, high = _shares(sums, level)
    total = float(sums.sum())
    parts = sums.sum(axis=0)
    return Regret(
        names=(*names, NAVIGATION, INVALID), lost=floats(parts),
        pursued=floats(np.where(apart[known] > 0, of_drive, 0.0).sum(axis=0)), total=total,
        share=floats(parts / total if total > 0 else np.full(len(parts), np.nan)),
        low=low, high=high, n=int(known.sum()), unknown=int((~known).sum()), clusters=clusters,
    )  # fmt: skip


def _shares(sums: Floats, level: float) -> tuple[Floats, Floats]:
    from scipy.special import stdtrit

    clusters, total = len(sums), float(sums.sum())
    if clusters < 2 or total <= 0:
        nothing = floats(np.full(sums.shape[1], np.nan))
        return nothing, nothing
    share = sums.sum(axis=0) / total
    apart = sums - share * sums.sum(axis=1, keepdims=True)
    error = np.sqrt(clusters / (clusters - 1) * (apart**2).sum(axis=0)) / total
    half = float(stdtrit(clusters - 1, 0.5 + level / 2)) * error
    return floats(np.maximum(share - half, 0.0)), floats(np.minimum(share + half, 1.0))


def _check(loss: Floats, weight: Floats, invalid: Bools, cluster: Ints) -> None:
    if not loss.shape == weight.shape == invalid.shape == cluster.shape:
        raise ProblemError(
            f"regret: {loss.shape} losses, {weight.shape} weights, {invalid.shape} flags, "
            f"{cluster.shape} clusters; give one of each to a decision."
        )
    below = np.flatnonzero(loss < 0)
    if len(below):
        i = int(below[0])
        raise ProblemError(
            f"regret: decision {i} lost {loss[i]:g}; a loss is V - Q >= 0. Round what is tied to 0."
        )
