"""Coefficients: what choices say of each number in a utility, how surely, and where they say nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.llm.estimate.likelihood import Contrasts, Maximum, maximize
from telos.llm.estimate.separation import Recession, identified, profile_limits, recession
from telos.measure.selection import holm

ESTIMATED, SEPARATED, UNKNOWN = "estimated", "separated", "not identified"

#: Utilities so far apart make us ask whether the likelihood has a maximum at all.
FAR = 15.0
#: A variance below this share of that of independent decisions is a rounding of 0.
NOTHING = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Coefficients:
    """The coefficients of a utility, in the order of `names`.

    Args:
        names: K words.
        estimate: F[K]; infinite where the choices are separated, NaN where not identified.
        error: F[K], standard errors that allow for clusters; NaN unless estimated.
        low, high: F[K], the interval; one end is infinite where the choices are separated.
        p: F[K], of the test that the coefficient is 0.
        p_holm: F[K], the same corrected for being several; NaN for those that were not corrected.
        covariance: F[K, K], the squares of `error` on its diagonal.
        loglik: the log-likelihood; where separated, what it tends to.
        loglik_uniform: that of choosing uniformly.
        n: how many decisions there were with two actions or more. clusters: of how many clusters.
        each: K words: "estimated", "separated" or "not identified".
        telling: I[K], decisions in which a coefficient makes a difference; where others are infinite,
            of those that they leave open, such as ties. freedom: I[K], clusters of these, less one.
        status: the whole in words; "fitted" where all is well.
    """

    names: tuple[str, ...]
    estimate: Floats
    error: Floats
    low: Floats
    high: Floats
    p: Floats
    p_holm: Floats
    covariance: Floats
    loglik: float
    loglik_uniform: float
    n: int
    clusters: int
    each: tuple[str, ...]
    telling: Ints
    freedom: Ints
    status: str

    @property
    def bits(self) -> float:
        """How much less surprising a decision is than under uniform choice, in bits; NaN for none.

        `(loglik - loglik_uniform) / (n log 2)`, on the decisions that were fitted.
        """
        gained = self.loglik - self.loglik_uniform
        return gained / (self.n * float(np.log(2.0))) if self.n else float("nan")


def coefficients(
    decisions: Contrasts, names: Sequence[str], level: float = 0.95, corrected: Sequence[str] = ()
) -> Coefficients:
    """The coefficients that make the choices likeliest, with errors that allow for clusters.

    The maximum of `l(b)` of `likelihood.maximize`. The covariance is `G/(G-1) A^-1 B A^-1` with A the
    information and B the sum, over the G clusters that tell anything, of the outer square of the
    gradient of the cluster; intervals and p take t with G_k - 1 degrees of freedom, of the G_k
    clusters in which coefficient k makes a difference (a drive that one goal alone was exposed to
    has no error, however many goals there are). Where l rises for ever with a coefficient,
    its estimate is +inf, the others are those of the limit (in which some actions have lost all
    their probability), and its lower limit is from the profile of l. Falls likewise.

    Args:
        decisions: the contrasts.
        names: K words.
        level: of the intervals, in (0, 1).
        corrected: the names whose p-values are corrected for being several.

    Returns:
        The coefficients; NaN errors where there are no more clusters than coefficients.

    References:
        Liang and Zeger (1986), theorem 1, the covariance; Cameron and Miller (2015), section VI,
        the degrees of freedom; Albert and Anderson (1984) and Geyer (2009), separation.
    """
    width = len(names)
    size = np.sqrt(np.mean(decisions.rows**2, axis=0)) if decisions.n else np.zeros(width)
    scale = floats(np.where(size > 0, size, 1.0))
    scaled = replace(decisions, rows=floats(decisions.rows / scale))
    basis, known = identified(scaled.rows)
    told = scaled.columns(basis)
    top = _top(told)
    table = np.full((5, width), np.nan)  # estimate, error, low, high, p
    covariance = np.full((width, width), np.nan)
    each = [UNKNOWN] * width
    bounded = np.flatnonzero(known[basis] & top.bounded)
    within = [top.columns.tolist().index(k) for k in bounded]
    sandwich = _sandwich(top.model, top.best)
    at = basis[bounded]
    errors = np.sqrt(np.diag(sandwich))[within]
    table[:, at] = by_student(top.best.point[within], errors, top.model.told_by()[within], level)
    covariance[np.ix_(at, at)] = sandwich[np.ix_(within, within)] / np.outer(scale[at], scale[at])
    for k in np.flatnonzero(known[basis] & ~top.bounded):
        falls, rises = top.cone.ways(int(k))
        if falls != rises:
            sign = 1.0 if rises else -1.0
            low, high, p = profile_limits(told, top.cone.kept, int(k), sign, level)
            table[:, basis[k]] = (sign * np.inf, np.nan, low, high, p)
            each[basis[k]] = SEPARATED
    for k in at:
        each[k] = ESTIMATED
    table[:4] /= scale
    estimate, error, lows, highs, ps = (floats(row) for row in table)
    several = np.array([name in corrected for name in names], np.bool_)
    left = decisions if top.cone.kept.all() else decisions.only(top.cone.kept)
    telling = ints(left.varies().sum(axis=0)), ints(np.maximum(left.told_by() - 1, 0))
    return Coefficients(
        names=tuple(names), estimate=estimate, error=error, low=lows, high=highs, p=ps,
        p_holm=holm(floats(np.where(several, ps, np.nan))), covariance=floats(covariance),
        loglik=top.best.value, loglik_uniform=-float(np.log(np.diff(decisions.ptr)).sum()),
        n=decisions.n, clusters=decisions.clusters,
        each=tuple(each), telling=telling[0], freedom=telling[1], status=_status(names, each, error, top),
    )  # fmt: skip


@final
@dataclass(frozen=True, eq=False)
class _Top:
    """The best model: over all actions, or over those that are left in the limit.

    Args:
        model: the decisions it is fitted to, with `columns` of the columns asked about.
        best: its optimum.
        bounded: B[K], whether each column asked about has its best value in it.
        cone: the directions that lead there.
    """

    model: Contrasts
    columns: Ints
    best: Maximum
    bounded: Bools
    cone: Recession


def _top(told: Contrasts) -> _Top:
    """The best model of independent columns."""
    width = told.rows.shape[1]
    best = maximize(told, until=FAR)
    every = bools(np.ones(width, np.bool_))
    nothing = Recession(floats(np.zeros((0, width))), bools(np.ones(len(told.rows), np.bool_)))
    whole = _Top(told, ints(np.arange(width)), best, every, nothing)
    if best.converged and best.spread <= FAR:
        return whole
    cone = recession(told.rows)
    if not cone.separated:
        return replace(whole, best=maximize(told))
    limit = told.only(cone.kept)
    columns, bounded = identified(limit.rows)
    model = limit.columns(columns)
    return _Top(model, columns, maximize(model), bounded, cone)


def _sandwich(model: Contrasts, best: Maximum) -> Floats:
    """F[K, K], the covariance that allows for clusters; NaN with too few that tell anything."""
    width, clusters = len(best.point), _telling(model)
    if clusters <= max(width, 1):
        return floats(np.full((width, width), np.nan))
    gradients = np.zeros((model.clusters, width))
    np.add.at(gradients, model.cluster, best.scores)
    bread = np.linalg.pinv(best.information, hermitian=True)
    apart = gradients @ bread * (clusters / (clusters - 1)) ** 0.5
    covariance = apart.T @ apart
    # Clusters that balance to the last digit would make an estimate certain: they are too few.
    certain = np.diag(covariance) <= NOTHING * np.diag(bread)
    covariance[certain], covariance[:, certain] = np.nan, np.nan
    return floats(covariance)


def _telling(model: Contrasts) -> int:
    """How many clusters tell anything of any column: the others neither add nor vary."""
    return len(np.unique(model.cluster[model.varies().any(axis=1)]))


def by_student(point: Floats, error: Floats, clusters: Ints, level: float) -> Floats:
    """F[5, k]: estimate, error, low, high, p; no errors where one cluster alone tells of it."""
    from scipy.special import stdtr, stdtrit

    freedom = np.maximum(clusters - 1, 1)
    error = floats(np.where(clusters > 1, error, np.nan))
    half = stdtrit(freedom, 0.5 + level / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stdtr(freedom, -np.abs(point / error))
    return floats([point, error, point - half, point + half, p])


def _status(names: Sequence[str], each: Sequence[str], error: Floats, top: _Top) -> str:
    if top.model.n == 0:
        return "no decisions"
    said = []
    for kind in (SEPARATED, UNKNOWN):
        if kind in each:
            alike = [name for name, word in zip(names, each, strict=True) if word == kind]
            said.append(f"{kind}: {', '.join(alike)}")
    bare = [k for k, word in enumerate(each) if word == ESTIMATED and np.isnan(error[k])]
    telling, width = _telling(top.model), len(top.columns)
    if bare and 1 < telling <= width:
        said.append(f"{telling} clusters for {width} coefficients, so no errors")
    elif bare and telling == 1:
        said.append("one cluster, so no errors")
    elif bare:
        several = ", ".join(names[k] for k in bare)
        said.append(f"too few clusters that differ, so no errors: {several}")
    if not top.best.converged:
        said.append("the search did not end")
    return "; ".join(said) or "fitted"
