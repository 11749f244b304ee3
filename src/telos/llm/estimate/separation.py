"""Separation: choices so regular that a coefficient has no finite best value, and its one-sided limit."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.llm.estimate.likelihood import Contrasts, maximize

#: What a linear programme says is 0 to within this (HiGHS keeps constraints to 1e-7).
NOTHING = 1e-6
#: Singular values below this share of the largest are roundings of 0.
SMALLEST = 1e-8
#: A limit is looked for no further out than this many times the size of its column.
FURTHEST = 2.0**40


def identified(rows: Floats) -> tuple[Ints, Bools]:
    """Which coefficients the rows can tell at all.

    A coefficient k is identified if every direction d with `rows @ d = 0` has `d[k] = 0`.

    Args:
        rows: F[N, K], with columns of like size.

    Returns:
        I[r], columns that are independent of one another, the earlier ones first; B[K], whether
        the coefficient is identified.

    Example:
        >>> columns, known = identified(floats([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]))
        >>> columns.tolist(), known.tolist()
        ([0, 2], [False, False, True])
    """
    width = rows.shape[1]
    if len(rows) == 0 or width == 0:
        return ints([]), bools(np.zeros(width, np.bool_))
    triangle = np.asarray(np.linalg.qr(rows, mode="r"))
    _, size, directions = np.linalg.svd(triangle, full_matrices=True)
    rank = int((size > SMALLEST * size[0]).sum()) if size[0] > 0 else 0
    known = np.linalg.norm(directions[rank:], axis=0) < NOTHING
    chosen: list[int] = []
    basis = np.zeros((triangle.shape[0], 0))
    for k in range(width):
        rest = triangle[:, k] - basis @ (basis.T @ triangle[:, k])
        if np.linalg.norm(rest) > SMALLEST * size[0] and len(chosen) < rank:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            chosen.append(k)
    return ints(chosen), bools(known)


@final
@dataclass(frozen=True, eq=False)
class Recession:
    """The directions in which the likelihood never falls: `d` with `rows @ d <= 0`.

    Args:
        cone: F[M, K], the rows that bound the directions, each of length 1.
        kept: B[N], the rows that no direction makes less: the others' actions lose all their
        probability in the limit.
    """

    cone: Floats
    kept: Bools

    @property
    def separated(self) -> bool:
        """Whether the likelihood rises for ever in some direction."""
        return not bool(self.kept.all())

    def ways(self, coefficient: int) -> tuple[bool, bool]:
        """Whether a coefficient falls, and whether it rises, in some direction."""
        from scipy.optimize import linprog

        found = []
        for sign in (1.0, -1.0):
            aim = np.zeros(self.cone.shape[1])
            aim[coefficient] = sign
            best = linprog(aim, self.cone, np.zeros(len(self.cone)), bounds=(-1.0, 1.0))
            found.append(bool(best.fun < -NOTHING))
        return found[0], found[1]


def recession(rows: Floats) -> Recession:
    """The directions in which the likelihood of contrasts never falls, and what they leave.

    A maximum exists if and only if there is no direction with `rows @ d <= 0`, somewhere strictly.
    One linear programme finds a direction; the rows that it makes less are set aside and the rest
    asked again, until nothing is found: the sum of the directions, the first weighted most, makes
    every row less that can be.

    Args:
        rows: F[N, K], contrasts with columns of like size.

    Returns:
        The directions and the rows of the limiting model.

    References:
        Albert and Anderson (1984), existence of the maximum; Geyer (2009), the limiting model.
    """
    from scipy.optimize import linprog

    length = np.linalg.norm(rows, axis=1)
    some = length > 0
    unit = np.zeros_like(rows)
    unit[some] = rows[some] / length[some, None]
    cone, place = np.unique(np.round(unit[some], 12), axis=0, return_inverse=True)
    left = np.ones(len(cone), np.bool_)
    while left.any():
        rest = cone[left]
        best = linprog(rest.sum(axis=0), rest, np.zeros(len(rest)), bounds=(-1.0, 1.0))
        less = rest @ best.x < -NOTHING
        if not less.any():
            break
        left[np.flatnonzero(left)[less]] = False
    kept = np.ones(len(rows), np.bool_)
    kept[some] = left[place.reshape(-1)]
    return Recession(floats(cone), bools(kept))


def profile_limits(
    decisions: Contrasts, kept: Bools, coefficient: int, sign: float, level: float
) -> tuple[float, float, float]:
    """The interval of a coefficient whose best value is infinite, and the p of its being 0.

    With `h(b)` the greatest log-likelihood that the others allow at b, and `h*` what it tends to as
    b goes to `sign * inf`, the limit is the b at which `2 (h* - h(b)) = t^2`, with t of G - 1
    degrees of freedom. Every cluster weighs as much as one decision: where nothing varies, nothing
    tells how alike the decisions of a cluster are, so they are taken to be fully alike. Clusters
    and decisions are counted in which the coefficient makes a difference.

    Args:
        decisions: the contrasts. kept: B[N], the rows of the limiting model.
        coefficient: which. sign: 1 or -1. level: in (0, 1).

    Returns:
        (low, high, p); NaN for one cluster, but for the infinite end.

    References:
        Heinze and Schemper (2002), likelihood intervals under separation.
    """
    from scipy.optimize import brentq
    from scipy.special import stdtr, stdtrit

    freedom = int(decisions.told_by()[coefficient]) - 1
    if freedom < 1:
        return (np.nan, np.inf, np.nan) if sign > 0 else (-np.inf, np.nan, np.nan)
    differs = decisions.varies()[:, coefficient]
    times = np.bincount(decisions.cluster, differs, minlength=decisions.clusters)
    weight = floats(1.0 / np.maximum(times, 1.0)[decisions.cluster])
    best = maximize(decisions.only(kept), weight).value
    others = decisions.columns(np.arange(decisions.rows.shape[1]) != coefficient)
    mine = decisions.rows[:, coefficient]

    def lost(b: float) -> float:
        return 2 * max(best - maximize(others, weight, floats(sign * b * mine)).value, 0.0)

    p = 2 * float(stdtr(freedom, -(lost(0.0) ** 0.5)))
    allowed = float(stdtrit(freedom, 0.5 + level / 2)) ** 2
    near, far = -1.0, 1.0
    while lost(near) < allowed and near > -FURTHEST:
        near *= 2
    while lost(far) > allowed and far < FURTHEST:
        far *= 2
    if lost(near) < allowed:  # nothing is excluded
        end = -sign * np.inf
    elif lost(far) > allowed:  # the likelihood falls in the end, by less than a programme can see
        end = np.nan
    else:
        end = sign * float(brentq(lambda b: lost(b) - allowed, near, far, rtol=1e-9))
    return (end, np.inf, p) if sign > 0 else (-np.inf, end, p)
