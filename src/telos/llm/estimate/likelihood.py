"""The log-likelihood of choices, a concave function, and its maximum by Newton's method."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError

#: Differences below this share of a column's largest are roundings of a tie.
ROUNDING = 1e-9
#: The search ends where a Newton step would gain less than this (in natural logarithms).
GAIN = 1e-14
#: A concave function takes about ten steps; one without a maximum as many as GAIN has e-foldings.
MOST_STEPS = 200
#: A direction of so little curvature is treated as if it had this share of the largest.
FLATTEST = 1e-12
#: No curvature at all, and the longest step taken there, in the utility of any action.
FLAT, LONGEST = 1e-200, 20.0
#: Multiplications of a matrix product that one thread does at a time.
PIECE = 200_000
#: A step is halved until it is so short; if it then gains nothing, though it promises less than
#: CLOSE, the sums of logarithms have no more digits.
SHORTEST, CLOSE = 1e-6, 1e-8


@final
@dataclass(frozen=True, eq=False)
class Contrasts:
    """What each action of a decision has more than the chosen one: all that a choice tells.

    Args:
        rows: F[N, K], the action's columns less those of the chosen action.
        ptr: I[n + 1], the rows of decision i are `ptr[i] .. ptr[i + 1] - 1`.
        cluster: I[n], numbers 0 .. clusters - 1.
    """

    rows: Floats
    ptr: Ints
    cluster: Ints

    @property
    def n(self) -> int:
        """How many decisions there are."""
        return len(self.cluster)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.cluster.max()) + 1 if self.n else 0

    def varies(self) -> Bools:
        """B[n, K], whether the actions of a decision differ in a column at all."""
        if not self.n:
            return bools(np.zeros((0, self.rows.shape[1]), np.bool_))
        return bools(np.logical_or.reduceat(self.rows != 0, self.ptr[:-1], axis=0))

    def told_by(self) -> Ints:
        """I[K], in how many clusters some decision tells of each column."""
        told = np.zeros((self.clusters, self.rows.shape[1]), np.bool_)
        np.logical_or.at(told, self.cluster, self.varies())
        return ints(told.sum(axis=0))

    def columns(self, some: Ints | Bools) -> "Contrasts":
        """The same decisions with some of the columns."""
        return replace(self, rows=floats(self.rows[:, some]))

    def only(self, kept: Bools) -> "Contrasts":
        """The same decisions with some of the rows, B[N]; the chosen one's must be among them."""
        counts = np.add.reduceat(kept.astype(np.int64), self.ptr[:-1])
        ptr = ints(np.concatenate([[0], np.cumsum(counts)]))
        return Contrasts(floats(self.rows[kept]), ptr, self.cluster)


def contrasts(columns: Floats, ptr: Ints, chosen: Ints, cluster: Ints) -> Contrasts:
    """The contrasts of decisions, of those that had two actions or more.

    Args:
        columns: F[N, K], one row an action.
        ptr: I[n + 1].
        chosen: I[n], counted from the first action of the decision.
        cluster: I[n], any numbers.

    Returns:
        The contrasts; differences that are roundings of a tie are 0.

    Raises:
        ProblemError: if the arrays do not describe decisions, or a column is not finite.
    """
    check_decisions(columns, ptr, chosen, cluster)
    sizes = np.diff(ptr)
    rows = columns - np.repeat(columns[ptr[:-1] + chosen], sizes, axis=0)
    if len(rows):
        rows[np.abs(rows) <= ROUNDING * np.abs(rows).max(axis=0)] = 0.0
    some = sizes > 1
    _, renumbered = np.unique(cluster[some], return_inverse=True)
    return Contrasts(
        floats(rows[np.repeat(some, sizes)]),
        ints(np.concatenate([[0], np.cumsum(sizes[some])])),
        ints(renumbered),
    )


def check_decisions(columns: Floats, ptr: Ints, chosen: Ints, cluster: Ints) -> None:
    """Refuse arrays that do not describe decisions. Raises ProblemError."""
    if ptr.ndim != 1 or len(ptr) == 0 or ptr[0] != 0 or ptr[-1] != len(columns):
        raise ProblemError(
            f"decisions: ptr runs from {ptr[:1].tolist()} to {ptr[-1:].tolist()} over {len(columns)} "
            "actions; give I[n + 1] with ptr[0] = 0 and ptr[n] = N."
        )
    sizes = np.diff(ptr)
    for what, found in (("chosen", chosen), ("cluster", cluster)):
        if found.shape != sizes.shape:
            raise ProblemError(
                f"decisions: {what} has shape {found.shape}, but ptr counts {len(sizes)} decisions."
            )
    wrong = np.flatnonzero((sizes < 1) | (chosen < 0) | (chosen >= sizes))
    if len(wrong):
        i = int(wrong[0])
        raise ProblemError(
            f"decision {i}: action {int(chosen[i])} of {int(sizes[i])} was chosen; count from 0, "
            "and leave out decisions at which nothing legal was chosen."
        )
    infinite = np.argwhere(~np.isfinite(columns))
    if len(infinite):
        row, k = map(int, infinite[0])
        raise ProblemError(
            f"action {row}: column {k} is {columns[row, k]}; give finite numbers, and leave out "
            "decisions without them."
        )


@final
@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a search ended.

    Args:
        point: F[K], the coefficients.
        value: the log-likelihood there.
        scores: F[n, K], what each decision adds to the gradient.
        information: F[K, K], minus the second derivative.
        spread: the largest difference of two utilities at one decision.
        converged: whether the gradient is as good as 0.
    """

    point: Floats
    value: float
    scores: Floats
    information: Floats
    spread: float
    converged: bool


def maximize(
    decisions: Contrasts,
    weight: Floats | None = None,
    offset: Floats | None = None,
    until: float = np.inf,
) -> Maximum:
    """Maximize the log-likelihood by Newton's method with halved steps.

    `l(b) = -sum_i w_i log sum_a exp(o_a + b . rows_a)`, a concave function. Where it has no maximum,
    the search goes on until nothing is gained any more, and the value is right nonetheless.

    Args:
        decisions: the contrasts, with columns of like size.
        weight: F[n], >= 0; 1 unless given.
        offset: F[N], a part of the utility that is not asked about; 0 unless given.
        until: the search is given up where two utilities of a decision are so far apart.

    Returns:
        The optimum, or, not `converged`, the point at which the search was given up.
    """
    weight = floats(np.ones(decisions.n)) if weight is None else weight
    offset = floats(np.zeros(len(decisions.rows))) if offset is None else offset
    here = _at(decisions, weight, offset, floats(np.zeros(decisions.rows.shape[1])))
    for _ in range(MOST_STEPS):
        gradient = here.scores.sum(axis=0)
        step = _newton_step(decisions, here.information, gradient)
        gain = float(gradient @ step)
        last = _at(decisions, weight, offset, floats(here.point + step))
        if gain <= GAIN:  # the value is right to so much, the point only to its square root
            return replace(last, converged=True)
        there, length = last, 1.0
        while there.value < here.value + 1e-4 * length * gain:
            length /= 2
            if length < SHORTEST:  # nothing but roundings is left to gain
                near = gain < CLOSE
                return replace(last if near else here, converged=near)
            there = _at(decisions, weight, offset, floats(here.point + length * step))
        here = there
        if here.spread > until:
            return here
    return here


def _at(decisions: Contrasts, weight: Floats, offset: Floats, point: Floats) -> Maximum:
    """The likelihood and its derivatives at a point."""
    if decisions.n == 0:
        size = len(point)
        none = floats(np.zeros((size, size)))
        return Maximum(point, 0.0, floats(np.zeros((0, size))), none, 0.0, False)
    first, sizes = decisions.ptr[:-1], np.diff(decisions.ptr)
    utility = offset + np.einsum("nk,k->n", decisions.rows, point)
    top = np.maximum.reduceat(utility, first)
    odds = np.exp(utility - np.repeat(top, sizes))
    total = np.add.reduceat(odds, first)
    likely = (odds / np.repeat(total, sizes))[:, None] * decisions.rows
    mean = np.add.reduceat(likely, first, axis=0)
    weighted = floats(likely * np.repeat(weight, sizes)[:, None])
    information = _product(weighted, decisions.rows) - _product(
        floats(mean * weight[:, None]), mean
    )
    bottom = np.minimum.reduceat(utility, first)
    return Maximum(
        point=point,
        value=-float(weight @ (top + np.log(total))),
        scores=floats(-mean * weight[:, None]),
        information=floats(information),
        spread=float((top - bottom).max()),
        converged=False,
    )


def _product(left: Floats, right: Floats) -> Floats:
    """`left.T @ right`, in pieces that one thread does: on a busy machine several wait for one another."""
    width = right.shape[1]
    size = max(1, PIECE // max(width, 1) ** 2)
    whole = len(right) // size
    some = whole * size
    first, second = (part[:some].reshape(whole, size, width) for part in (left, right))
    pieces = first.transpose(0, 2, 1) @ second
    return floats(pieces.sum(axis=0) + left[some:].T @ right[some:])


def _newton_step(decisions: Contrasts, information: Floats, gradient: Floats) -> Floats:
    if len(gradient) == 0:
        return gradient
    curvature, axes = np.linalg.eigh(information)
    least = max(FLATTEST * float(curvature[-1]), FLAT)
    step = axes @ ((axes.T @ gradient) / np.maximum(curvature, least))
    # Far from the maximum there is no curvature, and a step would have no end.
    furthest = float(np.abs(np.einsum("nk,k->n", decisions.rows, step)).max())
    return floats(step / max(1.0, furthest / LONGEST))
