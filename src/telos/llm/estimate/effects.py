"""Random effects: coefficients that vary from goal to goal and world to world, by Laplace's approximation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.llm.estimate.likelihood import FLATTEST, LONGEST, Contrasts

#: A variance below this share of 1 / (the column's mean square) is as good as none.
NO_SPREAD = 1e-6
#: The search ends where no standard deviation changes by this, and no step gains this much.
SETTLED, GAIN = 3e-3, 1e-9
#: Variances that tend to 0 or hardly matter take longest.
MOST_ROUNDS, MOST_HALVINGS = 100, 30
#: With a lift there need be no maximum, where some err and others never do: the search would have no end.
MOST_STEPS = 100
#: A standard deviation, in utility, at which each goal's choices are as good as certain: so few choices of a
#: goal say nothing of how much goals differ, and the search runs off.
NO_LIMIT = 10.0


@final
@dataclass(frozen=True, eq=False)
class Mode:
    """The likeliest coefficients and effects, given spreads that suit them.

    Args:
        theta: F[K], the coefficients of an average cell.
        covariance: F[K, K], of theta, the effects being uncertain too.
        scores: F[C, K], what each cell adds to the gradient of theta.
        spread: F[L + 1, R], standard deviations of the effects: of each level, then of the cells.
        effects: for each level, then the cells, F[groups, R].
        loglik: of the choices at the mode.
        converged: whether there is a maximum, and the variances have settled.
    """

    theta: Floats
    covariance: Floats
    scores: Floats
    spread: Floats
    effects: tuple[Floats, ...]
    loglik: float
    converged: bool


def mode(told: Contrasts, levels: Sequence[Ints], random: Ints) -> Mode:
    """Fit `u = rows . (theta + b_cell + sum_l b_l)` with normal effects b of variances to be found.

    The cells are the clusters of `told`. Given the variances `s_lk^2`, theta and b maximize
    `l(theta, b) - sum b^2 / (2 s^2)`; with V the diagonal of the inverse of minus its second
    derivative (theta included), the variances are those at which
    `s_lk^2 = sum_j b_ljk^2 / (n_l - sum_j V_ljk / s_lk^2)`, found by going round.

    Args:
        told: the contrasts, with columns of like size and a maximum.
        levels: I[C] each, the group of every cell, counted from 0.
        random: I[R], the columns whose coefficients vary.

    Returns:
        The mode; unsettled where the search runs off.

    References:
        Breslow and Clayton (1993), penalized quasi-likelihood, and Schall (1991), the going round
        (neither read; derived here).
    """
    arrow = _Arrow(told, levels, random, floats(np.zeros((told.clusters, told.rows.shape[1]))))
    at = arrow.begin()
    variance = floats(np.full((len(levels) + 1, len(random)), 0.1))
    settled = ended = False
    for _ in range(MOST_ROUNDS):
        at, ended = arrow.climb(at, variance)
        if not ended:
            break
        arrow = arrow.curved(at, variance)
        found = arrow.suited(at, variance)
        settled = bool((np.abs(np.sqrt(found) - np.sqrt(variance)) < SETTLED).all())
        variance = floats(np.minimum(found, NO_LIMIT**2))
        if settled or (found > NO_LIMIT**2).any():
            at, ended = arrow.climb(at, variance)
            break
    solved = arrow.solved(at, variance)
    width = told.rows.shape[1]
    return Mode(
        theta=at.theta, covariance=floats(solved.top[:width, :width]), scores=floats(at.scores + arrow.lift),
        spread=floats(np.sqrt(np.where(variance > NO_SPREAD, variance, 0.0))),
        effects=at.effects, loglik=at.loglik,
        converged=settled and ended and bool((variance < NO_LIMIT**2).all()),
    )  # fmt: skip


@final
@dataclass(frozen=True, eq=False)
class _Point:
    """Coefficients and effects, and the likelihood there: by cell, but chance F[N] and mean F[n, K]."""

    theta: Floats
    effects: tuple[Floats, ...]
    loglik: float
    scores: Floats
    information: Floats
    chance: Floats
    mean: Floats


@final
@dataclass(frozen=True, eq=False)
class _Solved:
    """A Newton step, and the inverse of the information: of the top, and the diagonal of the cells."""

    theta: Floats
    effects: tuple[Floats, ...]
    gain: float
    top: Floats
    cells: Floats


@final
@dataclass(frozen=True, eq=False)
class _Arrow:
    """The search: cells know of one another through the top alone (theta and the effects of levels).

    Args:
        told, levels, random: as in `mode`.
        lift: F[C, K], what the spread of a cell's effects adds to its gradient on average.
    """

    told: Contrasts
    levels: Sequence[Ints]
    random: Ints
    lift: Floats

    @cached_property
    def sizes(self) -> Ints:
        """I[n], the rows of each decision."""
        return ints(np.diff(self.told.ptr))

    @cached_property
    def cell(self) -> Ints:
        """I[N], the cell of each row."""
        return ints(np.repeat(self.told.cluster, self.sizes))

    @cached_property
    def order(self) -> Ints:
        """I[n], decisions cell by cell."""
        return ints(np.argsort(self.told.cluster, kind="stable"))

    @cached_property
    def first(self) -> Ints:
        """I[C], where each cell begins in that order."""
        cells = np.arange(self.told.clusters)
        return ints(np.searchsorted(self.told.cluster[self.order], cells))

    @cached_property
    def groups(self) -> list[int]:
        """How many groups each level has."""
        return [int(of.max()) + 1 for of in self.levels]

    @cached_property
    def starts(self) -> Ints:
        """I[L + 1], where the effects of each level begin in the top, and where it ends."""
        width, r = self.told.rows.shape[1], len(self.random)
        return ints(width + r * np.cumsum([0, *self.groups]))

    @property
    def top(self) -> int:
        """How many numbers the top has."""
        return int(self.starts[-1])

    @cached_property
    def place(self) -> Ints:
        """I[C, .], the place of a cell's numbers in the top: theta, then its group's of each level."""
        width, r = self.told.rows.shape[1], len(self.random)
        levels = zip(self.starts, self.levels, strict=False)
        own = [s + of[:, None] * r + np.arange(r) for s, of in levels]
        return ints(np.concatenate([np.tile(np.arange(width), (self.told.clusters, 1)), *own], 1))

    @cached_property
    def expand(self) -> Floats:
        """F[K, .], what those numbers add to a cell's coefficients."""
        one = np.eye(self.told.rows.shape[1])
        return floats(np.concatenate([one, *[one[:, self.random]] * len(self.levels)], axis=1))

    def begin(self) -> _Point:
        """No coefficients and no effects."""
        r = len(self.random)
        none = tuple(floats(np.zeros((n, r))) for n in (*self.groups, self.told.clusters))
        return self._at(floats(np.zeros(self.told.rows.shape[1])), none)

    def climb(self, at: _Point, variance: Floats) -> tuple[_Point, bool]:
        """The maximum for given variances, by Newton's method with halved steps; False if it came to none."""
        for _ in range(MOST_STEPS):
            step = self.solved(at, variance)
            if step.gain <= GAIN:
                return at, True
            here, length = self._penalized(at, variance), 1.0
            for _ in range(MOST_HALVINGS):
                theta = floats(at.theta + length * step.theta)
                moved = zip(at.effects, step.effects, strict=True)
                there = self._at(theta, tuple(floats(b + length * d) for b, d in moved))
                if self._penalized(there, variance) >= here + 1e-4 * length * step.gain:
                    break
                length /= 2
            else:
                return at, True
            at = there
        return at, False

    def curved(self, at: _Point, variance: Floats) -> "_Arrow":
        """The same, lifted by half the third derivative of the likelihood times the effects' covariance."""
        random, sizes, first = self.random, self.sizes, self.told.ptr[:-1]
        own = self._own(at, variance)
        around = self.told.rows - np.repeat(at.mean, sizes, axis=0)
        mine = around[:, random]
        square = np.einsum("nr,nrs,ns->n", mine, own[self.cell], mine)
        skew = np.add.reduceat((at.chance * square)[:, None] * around, first, axis=0)
        return replace(self, lift=self._by_cell(floats(-0.5 * skew)))

    def _own(self, at: _Point, variance: Floats) -> Floats:
        """F[C, R, R], the covariance of the effects of each cell, all else being known."""
        random = self.random
        return floats(
            np.linalg.inv(at.information[:, random][:, :, random] + np.diag(1 / variance[-1]))
        )

    def suited(self, at: _Point, variance: Floats) -> Floats:
        """F[L + 1, R], the variances that suit the effects at a maximum."""
        solved, r = self.solved(at, variance), len(self.random)
        start, found = self.told.rows.shape[1], []
        inverse = np.diag(solved.top)
        for n in self.groups:
            found.append(inverse[start : start + n * r].reshape(n, r).sum(axis=0))
            start += n * r
        unsure = np.array([*found, solved.cells.sum(axis=0)])
        counts = np.array([*self.groups, self.told.clusters])[:, None]
        known = np.maximum(counts - unsure / variance, 1e-9)
        squares = np.array([(b**2).sum(axis=0) for b in at.effects])
        return floats(np.maximum(squares / known, NO_SPREAD))

    def solved(self, at: _Point, variance: Floats) -> _Solved:
        """Newton's step of the penalized likelihood, cells first."""
        random, width = self.random, len(at.theta)
        scores = at.scores + self.lift
        gradients = scores[:, random] - at.effects[-1] / variance[-1]
        across = at.information[:, :, random]
        own = self._own(at, variance)
        through = across @ own
        rest = at.information - through @ across.transpose(0, 2, 1)
        score = scores - np.einsum("ckr,cr->ck", through, gradients)
        matrix, slope = np.zeros((self.top, self.top)), np.zeros(self.top)
        wide = self.expand.T @ rest @ self.expand
        np.add.at(matrix, (self.place[:, :, None], self.place[:, None, :]), wide)
        np.add.at(slope, self.place, score @ self.expand)
        priors = [np.tile(1 / v, n) for v, n in zip(variance, self.groups, strict=False)]
        penalty = np.concatenate([np.zeros(width), *priors])
        pull = [b.ravel() for b in at.effects[:-1]]
        slope -= penalty * np.concatenate([np.zeros(width), *pull])
        matrix += np.diag(penalty)
        # A column that hardly matters any more is not to end the search; the step is halved if too long.
        inverse = np.linalg.inv(matrix + FLATTEST * np.diag(matrix).max() * np.eye(self.top))
        step = inverse @ slope
        seen = step[self.place] @ self.expand.T
        mine = np.einsum("crs,cs->cr", own, gradients) - np.einsum("ckr,ck->cr", through, seen)
        cover = inverse[self.place[:, :, None], self.place[:, None, :]]
        cover = self.expand @ cover @ self.expand.T
        cells = np.einsum("crr->cr", own) + np.einsum("ckr,ckl,clr->cr", through, cover, through)
        gain = float(slope @ step + np.einsum("cr,crs,cs->", gradients, own, gradients))
        moved = seen.copy()
        moved[:, random] += mine
        furthest = np.abs(np.einsum("nk,nk->n", self.told.rows, moved[self.cell])).max(initial=0.0)
        short = 1.0 / max(1.0, float(furthest) / LONGEST)
        parts, start = [], width
        for n in self.groups:
            parts.append(floats(short * step[start : start + n * len(random)].reshape(n, -1)))
            start += n * len(random)
        return _Solved(
            floats(short * step[:width]), (*parts, floats(short * mine)), short * gain,
            floats(inverse), floats(cells),
        )  # fmt: skip

    def _by_cell(self, each: Floats) -> Floats:
        """F[C, ...], the sums over the decisions of each cell."""
        return floats(np.add.reduceat(each[self.order], self.first, axis=0))

    def _penalized(self, at: _Point, variance: Floats) -> float:
        squares = [(b**2 / v).sum() for b, v in zip(at.effects, variance, strict=True)]
        lifted = float((self.lift * self._coefficients(at.theta, at.effects)).sum())
        return at.loglik + lifted - 0.5 * float(sum(squares))

    def _coefficients(self, theta: Floats, effects: tuple[Floats, ...]) -> Floats:
        """F[C, K], those of each cell."""
        point = np.tile(theta, (self.told.clusters, 1))
        point[:, self.random] += effects[-1]
        for of, b in zip(self.levels, effects, strict=False):
            point[:, self.random] += b[of]
        return floats(point)

    def _at(self, theta: Floats, effects: tuple[Floats, ...]) -> _Point:
        told, sizes, first = self.told, self.sizes, self.told.ptr[:-1]
        point = self._coefficients(theta, effects)
        utility = np.einsum("nk,nk->n", told.rows, point[self.cell])
        top = np.maximum.reduceat(utility, first)
        odds = np.exp(utility - np.repeat(top, sizes))
        total = np.add.reduceat(odds, first)
        chance = odds / np.repeat(total, sizes)
        likely = chance[:, None] * told.rows
        mean = np.add.reduceat(likely, first, axis=0)
        squares = np.add.reduceat(likely[:, :, None] * told.rows[:, None, :], first, axis=0)
        information = self._by_cell(floats(squares - mean[:, :, None] * mean[:, None, :]))
        scores = self._by_cell(floats(-mean))
        loglik = -float((top + np.log(total)).sum())
        return _Point(
            theta,
            effects,
            loglik,
            scores,
            information,
            floats(chance),
            floats(mean),
        )
