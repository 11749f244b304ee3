"""Hierarchical choice: competence and biases that vary over goals, worlds and models, and their averages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.choice import BETA, Decisions
from telos.llm.estimate.coefficients import (
    ESTIMATED,
    UNKNOWN,
    Coefficients,
    by_student,
    coefficients,
)
from telos.llm.estimate.effects import Mode, mode
from telos.llm.estimate.likelihood import Contrasts, contrasts
from telos.measure.selection import holm

#: Of fewer worlds (or models) nobody can tell how much such differ: the average is of these alone.
LEAST_GROUPS = 4
GOAL = "goal"
#: The status of an average of which nobody could tell how much coefficients vary: its errors are as if not.
UNSPREAD = "spreads not found"


@final
@dataclass(frozen=True, eq=False)
class Hierarchical:
    """Coefficients of an average goal, of an average world, and how much such differ.

    Args:
        average: the coefficients, over worlds (and models) like these where `levels` names them, else
            over goals like these in these worlds.
        levels: L words, what coefficients vary over: "world", "model" where there are enough, "goal".
        spread: F[L, K], the standard deviations of the coefficients over each; NaN for those of words
            and instructions, which do not vary, and where nothing was fitted.
        low, high: F[K], where the coefficient of a new world like these lies, at least as often as
            asked for; NaN where worlds are too few.
    """

    average: Coefficients
    levels: tuple[str, ...]
    spread: Floats
    low: Floats
    high: Floats


def hierarchical(
    made: Decisions, world: ArrayLike, model: ArrayLike | None = None, level: float = 0.95
) -> Hierarchical:
    """Fit choices whose coefficients vary.

    `P(a | i) ∝ exp(beta_i q[a] + sum_d delta_id [a pursues d] + gamma . rest[a])` with
    `beta_i = beta + b_world + b_model + b_goal`, the deltas likewise, and normal b, each coefficient
    and level with a variance of its own. gamma is of the interactions. The variances and the mode of
    the b are those of `effects.mode`. With A the information on (beta, delta, gamma) once the b are
    integrated out, the covariance is `A^-1 B A^-1 G / (G - 1)`, B the sum of outer squares of the
    gradients of the G worlds (of goals, where worlds are fewer than `LEAST_GROUPS`; of worlds plus
    models less their pairs, where both vary), and intervals take t with G_k - 1 degrees of freedom, of the
    worlds in which the coefficient makes a difference. The coefficient of a new world is within
    t sqrt(G_k + 1) errors of the average: the variance over worlds with what sampling adds in each.

    Args:
        made: the decisions; q in parts of each world's value range, so that worlds can be compared.
        world: n numbers or names. model: the same; one model unless given.
        level: of the intervals, in (0, 1).

    Returns:
        The fit. Where choices are separated, or a spread cannot be found, that of `choice` without any
        spread, and its status says so.

    Raises:
        ProblemError: if `world` or `model` does not give one to each decision.

    Example:
        >>> from telos.llm.estimate.choice import decisions
        >>> two = [[0.0, 1.0]] * 40
        >>> took = [0, 1, 1, 1] * 10
        >>> made = decisions(np.ravel(two), [], range(0, 81, 2), took, np.arange(40) // 4, ())
        >>> found = hierarchical(made, np.zeros(40))
        >>> found.levels, round(float(found.average.estimate[0]), 2), float(found.spread[0, 0])
        (('goal',), 1.1, 0.0)

    References:
        McFadden and Train (2000), choices whose coefficients vary (not read); Liang and Zeger
        (1986), the covariance; Cameron, Gelbach and Miller (2011), clusters of two kinds (not read).
    """
    names = (BETA, *made.names)
    some = np.diff(made.ptr) > 1
    groups = [numbered("world", world, made.n)[some], numbered("model", model, made.n)[some]]
    _, cell = np.unique([made.cluster[some], *groups], axis=1, return_inverse=True)
    cells = np.zeros(made.n, np.int64)
    cells[some] = cell.reshape(-1)
    columns = floats(np.column_stack([made.q, made.x]))
    told = contrasts(columns, made.ptr, made.chosen, ints(cells))
    drives = [name for name in made.names if name not in made.interactions]
    pooled = coefficients(told, names, level, drives)
    nothing = _unspread(pooled)
    if not told.n or set(pooled.each) - {ESTIMATED, UNKNOWN}:
        return nothing
    kept = np.flatnonzero([word == ESTIMATED for word in pooled.each])
    varying = [k for k, at in enumerate(kept) if names[at] == BETA or names[at] in drives]
    first = np.unique(told.cluster, return_index=True)[1]
    of = [ints(np.unique(group[first], return_inverse=True)[1]) for group in groups]
    size = np.sqrt(np.mean(told.rows[:, kept] ** 2, axis=0))
    scaled = replace(told, rows=floats(told.rows[:, kept] / size))
    levels = {
        name: group
        for name, group in zip(("world", "model"), of, strict=True)
        if int(group.max()) + 1 >= LEAST_GROUPS
    }
    found = mode(scaled, list(levels.values()), ints(varying))
    if not found.converged:
        status = "; ".join(filter(None, (nothing.average.status, UNSPREAD)))
        return replace(nothing, average=replace(nothing.average, status=status))
    return _filled(pooled, _Fit(scaled, found, levels, kept, size, varying, level), drives)


@final
@dataclass(frozen=True, eq=False)
class _Fit:
    """A mode on columns of like size, and which columns these are."""

    told: Contrasts
    mode: Mode
    levels: dict[str, Ints]
    kept: Ints
    size: Floats
    varying: list[int]
    level: float


def numbered(what: str, group: ArrayLike | None, n: int) -> Ints:
    """I[n], groups counted from 0; all 0 for None. Raises ProblemError unless there are n."""
    if group is None:
        return ints(np.zeros(n, np.int64))
    found = np.unique(np.asarray(group), return_inverse=True)[1].reshape(-1)
    if len(found) != n:
        raise ProblemError(
            f"hierarchical: {len(found)} entries of {what}, {n} decisions; give each one."
        )
    return ints(found)


def _unspread(pooled: Coefficients) -> Hierarchical:
    none = np.full(len(pooled.names), np.nan)
    return Hierarchical(pooled, (GOAL,), floats(none[None]), floats(none), floats(none))


def _filled(pooled: Coefficients, fit: _Fit, drives: Sequence[str]) -> Hierarchical:
    """The result in the units of the columns."""
    from scipy.special import stdtrit

    kept, size, found = fit.kept, fit.size, fit.mode
    covariance, telling = _covariance(fit)
    error = floats(np.sqrt(np.diag(covariance)))
    table = np.full((5, len(pooled.names)), np.nan)
    table[:, kept] = by_student(found.theta, error, telling, fit.level)
    table[:4, kept] /= size
    spread = np.full((len(fit.levels) + 1, len(pooled.names)), np.nan)
    varying = kept[fit.varying]
    spread[:, varying] = found.spread / size[fit.varying]
    whole = np.full((len(pooled.names),) * 2, np.nan)
    whole[np.ix_(kept, kept)] = covariance / np.outer(size, size)
    estimate, error, low, high, p = (floats(row) for row in table)
    tested = np.array([name in drives for name in pooled.names])
    freedom = pooled.freedom.copy()
    freedom[kept] = telling - 1
    average = replace(
        pooled, freedom=ints(freedom), estimate=estimate, error=error, low=low, high=high, p=p,
        p_holm=holm(floats(np.where(tested, p, np.nan))), covariance=floats(whole), loglik=found.loglik,
    )  # fmt: skip
    ahead = np.full(len(pooled.names), np.nan)
    if "world" in fit.levels:
        half = stdtrit(np.maximum(telling - 1, 1), 0.5 + fit.level / 2)
        ahead[kept] = half * error[kept] * np.sqrt(telling + 1)
    return Hierarchical(
        average, (*fit.levels, GOAL), floats(spread), floats(estimate - ahead), floats(estimate + ahead)
    )  # fmt: skip


def _covariance(fit: _Fit) -> tuple[Floats, Ints]:
    """F[K, K], and in how many independent groups each column makes a difference."""
    scores, cells = fit.mode.scores, np.arange(fit.told.clusters)
    differs = np.zeros((fit.told.clusters, scores.shape[1]), np.bool_)
    np.logical_or.at(differs, fit.told.cluster, fit.told.varies())
    ways = list(fit.levels.values()) or [ints(cells)]
    parts, telling = [], []
    for of in ways:
        parts.append(_squares(scores, of))
        telling.append([len(np.unique(of[column])) for column in differs.T])
    total = sum(parts)
    if len(ways) == 2:
        pairs = ints(np.unique(np.array(ways), axis=1, return_inverse=True)[1].reshape(-1))
        total = total - _squares(scores, pairs)
        # More certain than by either alone is a rounding of the difference.
        least = np.maximum(*(np.diag(part) for part in parts))
        total = total + np.diag(np.maximum(least - np.diag(total), 0.0))
    bread = fit.mode.covariance
    return floats(bread @ total @ bread), ints(np.min(telling, axis=0))


def _squares(scores: Floats, of: Ints) -> Floats:
    """F[K, K], the sum over groups of the outer squares of their gradients, times G / (G - 1)."""
    sums = np.zeros((int(of.max()) + 1, scores.shape[1]))
    np.add.at(sums, of, scores)
    return floats(sums.T @ sums * len(sums) / max(len(sums) - 1, 1))
