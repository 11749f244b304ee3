"""Programs: linear programs over goals and visits at once, with bounds that hold whatever the solver does."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints, floats
from telos.core.region import Region
from telos.theory.worst.lumps import Lumps

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: What HiGHS is asked for, the least it takes; what is printed does not rest on it.
PRECISION = 1e-10


class Relaxed(NamedTuple):
    """What a relaxation found: a bound that no goal beats, and where it was attained.

    Args:
        bound: no goal of the region is worth more to policies of the pairs allowed (inf: not known).
        point: F[d], the goal. visits: F[M], the discounted time of each lumped pair, summing to 1.
        strain: F[M], how far the visits of single rewards are from being those of one policy.
    """

    bound: float
    point: Floats
    visits: Floats
    strain: Floats


@final
@dataclass(frozen=True, eq=False)
class Programs:
    """The programs of one question: which goal loses most when pairs are removed.

    With x the discounted time of each pair (times 1 - g, so that it sums to 1), u the goal, v what is
    left without the removed pairs:
    `maximize sum x R(u) - v(start)`, `v(s) >= (1-g) R(u)(s) + g E v(s')` for each pair kept.
    The product `y_j = u_j x` is what is not linear. It is relaxed to what follows from it: y_j is the
    visits of a policy times u_j, and every limit of u times x is a limit of y. Where x is one policy's,
    `y_j = u_j x` follows, and the bound is exact.

    Args:
        region: the goals. free: the lumps of the world. left: those of what is left of it.
        discount: g, in [0, 1).

    References:
        Sherali and Alameddine (1992) for products of linear limits; Neumaier and Shcherbina (2004), Safe
        bounds in linear and mixed-integer linear programming, for bounds that hold in spite of
        rounding.
    """

    region: Region
    free: Lumps
    left: Lumps
    discount: float

    @property
    def width(self) -> int:
        """d, the coordinates of a goal."""
        return int(self.region.slope.shape[1])

    @property
    def size(self) -> int:
        """How many numbers the relaxation is about."""
        return self.width + len(self.free.owner) * (1 + self.width) + self.left.count

    @cached_property
    def _range(self) -> tuple[float, float]:
        """The least and the greatest reward that a goal of the region can give."""
        low = self.region.base + np.minimum(self.region.slope, 0.0).sum(axis=1)
        high = self.region.base + np.maximum(self.region.slope, 0.0).sum(axis=1)
        return float(low.min()), float(high.max())

    @cached_property
    def _below(self) -> tuple["csr_array", "csr_array", Floats]:
        """`goal u + value v <= right`: v is at least what each kept pair makes of it."""
        from scipy.sparse import csr_array

        left, slope, base = self.left, self.region.slope, self.region.base
        here = left.outcome[left.owner]
        pick = csr_array(
            (np.ones(len(here)), (np.arange(len(here)), left.owner)),
            shape=(len(here), left.count),
        )
        value = csr_array(self.discount * left.ahead - pick)
        goal = csr_array((1.0 - self.discount) * slope[here])
        return goal, value, floats(-(1.0 - self.discount) * base[here])

    @cached_property
    def _flow(self) -> "csr_array":
        """The sparse matrix C x M: time in each lump less what comes into it."""
        from scipy.sparse import csr_array

        free = self.free
        pairs = np.arange(len(free.owner))
        out = csr_array((np.ones(len(pairs)), (free.owner, pairs)), shape=(free.count, len(pairs)))
        return csr_array(out - self.discount * free.ahead.T)

    @cached_property
    def _limits(self) -> tuple["csr_array", Floats]:
        """The inequalities of the relaxation, over (u, x, y_1 … y_d, v)."""
        from scipy.sparse import block_array, csr_array, eye_array, kron

        region, width, pairs = self.region, self.width, len(self.free.owner)
        goal, value, right = self._below
        one = eye_array(pairs)
        blocks = [[goal, None, csr_array((goal.shape[0], pairs * width)), value]]
        blocks[0][1] = csr_array((goal.shape[0], pairs))
        rights = [right]
        if not self._sums_to_one:
            ones = csr_array(np.ones((width, 1)))
            blocks.append([None, -kron(ones, one), eye_array(pairs * width), None])
            rights.append(np.zeros(pairs * width))
        if len(region.rows):
            rows, limits = csr_array(region.rows), csr_array(region.limits[:, None])
            blocks.append([rows, None, None, None])
            rights.append(region.limits)
            blocks.append([None, -kron(limits, one), kron(rows, one), None])
            rights.append(np.zeros(pairs * len(region.rows)))
        return block_array(blocks, format="csr"), floats(np.concatenate(rights))

    @cached_property
    def _equations(self) -> tuple["csr_array", Floats]:
        """The equations of the relaxation, over the same."""
        from scipy.sparse import block_array, csr_array, eye_array, kron

        region, width, free = self.region, self.width, self.free
        first = (1.0 - self.discount) * free.start
        each, none = eye_array(width), csr_array((free.count, self.left.count))
        blocks = [
            [csr_array((free.count, width)), self._flow, None, none],
            [-kron(each, csr_array(first[:, None])), None, kron(each, self._flow), None],
        ]
        rights = [first, np.zeros(width * free.count)]
        if len(region.fixed):
            one = eye_array(len(free.owner))
            rows, totals = csr_array(region.fixed), csr_array(region.totals[:, None])
            blocks.append([rows, None, None, None])
            rights.append(region.totals)
            blocks.append([None, -kron(totals, one), kron(rows, one), None])
            rights.append(np.zeros(len(free.owner) * len(region.fixed)))
        return block_array(blocks, format="csr"), floats(np.concatenate(rights))

    @property
    def _sums_to_one(self) -> bool:
        """Whether u <= 1 follows from an equation, so that y <= x need not be written down."""
        rows, totals = self.region.fixed, self.region.totals
        return bool(((rows >= totals[:, None]) & (totals[:, None] > 0)).all(axis=1).any())

    @cached_property
    def _gain(self) -> Floats:
        """F[n], what is maximized."""
        here = self.free.outcome[self.free.owner]
        return floats(
            np.concatenate(
                [
                    np.zeros(self.width),
                    self.region.base[here],
                    self.region.slope[here].T.ravel(),
                    -self.left.start,
                ]
            )
        )

    def relaxed(self, allowed: Bools, seconds: float) -> Relaxed | None:
        """The bound for policies of the allowed lumped pairs; None where there was no time for it.

        Args:
            allowed: B[M], at least one of each lump. seconds: the most that it may take.
        """
        from scipy.optimize import linprog

        width, pairs = self.width, len(self.free.owner)
        low, high = self._range
        top = np.concatenate(
            [
                np.ones(width),
                np.tile(allowed.astype(float), 1 + width),
                np.full(self.left.count, high),
            ]
        )
        foot = np.concatenate(
            [np.zeros(width + pairs * (1 + width)), np.full(self.left.count, low)]
        )
        (limits, right), (equations, totals) = self._limits, self._equations
        found = linprog(
            -self._gain, A_ub=limits, b_ub=right, A_eq=equations, b_eq=totals,
            bounds=np.array([foot, top]).T, method="highs", options=_options(seconds),
        )  # fmt: skip
        if found.x is None or found.status not in (0, 4):
            return None
        bound = self._safe(found.ineqlin.marginals, found.eqlin.marginals, allowed)
        visits = found.x[width : width + pairs]
        products = found.x[width + pairs : width + pairs * (1 + width)].reshape(width, pairs)
        point = floats(np.clip(found.x[:width], 0.0, 1.0))
        return Relaxed(bound, point, floats(visits), self._strain(visits, products))

    def best_goal(self, visits: Floats, seconds: float) -> Floats | None:
        """F[d], the goal to which a policy is worth most compared with what is left; None: no time.

        Args:
            visits: F[K], the discounted time the policy spends in each outcome, summing to 1.
        """
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, hstack

        region, width = self.region, self.width
        goal, value, right = self._below
        rows = csr_array((len(region.rows), self.left.count))
        fixed = csr_array((len(region.fixed), self.left.count))
        low, high = self._range
        found = linprog(
            np.concatenate([-(visits @ region.slope), self.left.start]),
            A_ub=_stacked(hstack([goal, value]), hstack([csr_array(region.rows), rows])),
            b_ub=np.concatenate([right, region.limits]),
            A_eq=hstack([csr_array(region.fixed), fixed]) if len(region.fixed) else None,
            b_eq=region.totals if len(region.fixed) else None,
            bounds=[(0.0, 1.0)] * width + [(low, high)] * self.left.count,
            method="highs",
            options=_options(seconds),
        )
        return None if found.x is None else floats(np.clip(found.x[:width], 0.0, 1.0))

    def _strain(self, visits: Floats, products: Floats) -> Floats:
        """F[M]: sum_j |y_j(l) - x(l) y_j(s) / x(s)|, 0 where every reward's visits choose as x does."""
        first = np.searchsorted(self.free.owner, np.arange(self.free.count))
        there = np.add.reduceat(visits, first)
        each = np.add.reduceat(products, first, axis=1)
        share = np.divide(each, there, out=np.zeros_like(each), where=there > 0)
        return floats(np.abs(products - visits * share[:, self.free.owner]).sum(axis=0))

    def _safe(self, below: Floats, equal: Floats, allowed: Bools) -> float:
        """An upper bound from any multipliers, by weak duality; the solver need not have been right.

        Visits sum to 1 and those of reward j to u_j <= 1, so that of each group only the greatest
        reduced gain counts.
        """
        (limits, right), (equations, totals) = self._limits, self._equations
        mu, lam = np.maximum(-below, 0.0), -equal
        worth = self._gain - limits.T @ mu - equations.T @ lam
        terms = 4.0 + np.diff(limits.tocsc().indptr) + np.diff(equations.tocsc().indptr)
        size = np.abs(self._gain) + abs(limits).T @ mu + abs(equations).T @ np.abs(lam)
        error = UNIT_ROUNDOFF * terms * size
        width, pairs = self.width, len(self.free.owner)
        grouped = (worth + error)[width : width + pairs * (1 + width)].reshape(1 + width, pairs)
        most = np.where(allowed, grouped, -np.inf).max(axis=1)
        low, high = self._range
        tail = slice(width + pairs * (1 + width), None)
        values = np.maximum((worth[tail] + error[tail]) * high, (worth[tail] - error[tail]) * high)
        values = np.maximum(
            values, np.maximum((worth[tail] + error[tail]) * low, (worth[tail] - error[tail]) * low)
        )
        dual = float(mu @ right + lam @ totals)
        dual += (
            len(worth) * UNIT_ROUNDOFF * float(mu @ np.abs(right) + np.abs(lam) @ np.abs(totals))
        )
        # u_j times (its own reduced gain + the greatest of its visits'), u_j in [0, 1].
        goal = np.maximum((worth + error)[:width] + most[1:], 0.0).sum()
        return dual + float(most[0]) + float(goal) + float(values.sum())


def _stacked(*blocks: "csr_array") -> "csr_array":
    from scipy.sparse import csr_array, vstack

    return csr_array(vstack(blocks))


def _options(seconds: float) -> dict[str, float]:
    return {
        "primal_feasibility_tolerance": PRECISION,
        "dual_feasibility_tolerance": PRECISION,
        "time_limit": max(seconds, 0.01),
    }


def rows_of(lumps: Lumps) -> Ints:
    """I[C + 1]: the lumped pairs of lump c are `rows_of(lumps)[c] : rows_of(lumps)[c + 1]`."""
    found: Ints = np.searchsorted(lumps.owner, np.arange(lumps.count + 1))
    return found
