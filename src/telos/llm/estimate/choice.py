"""Discrete choice: how closely a model follows the value of its goal, and what else draws it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError, did_you_mean
from telos.llm.estimate.coefficients import coefficients
from telos.llm.estimate.holm import holm
from telos.llm.estimate.likelihood import check_decisions, check_finite, contrasts

BETA = "beta"


@final
@dataclass(frozen=True, eq=False)
class Decisions:
    """Decisions: what each action was worth, what it was, and which one was chosen.

    Args:
        q: F[N], the optimal value of every legal action, one decision after the other.
        x: F[N, D], further columns: whether the action pursues a drive (0 or 1), or a product of
            such a column, or of q, with what varies between decisions (a framing, an instruction).
        ptr: I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`.
        chosen: I[n], counted from 0 within the decision.
        cluster: I[n], a number for each (world, goal).
        names: D words, one a column of x.
        interactions: those of the names that are no drives, and are not corrected for being many.

    Raises:
        ProblemError: if the arrays do not fit one another, or hold NaN or infinity.
    """

    q: Floats
    x: Floats
    ptr: Ints
    chosen: Ints
    cluster: Ints
    names: tuple[str, ...]
    interactions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_decisions(self.ptr, self.chosen, self.cluster, len(self.q))
        if self.q.ndim != 1 or self.x.shape != (len(self.q), len(self.names)):
            raise ProblemError(
                f"decisions: q has shape {self.q.shape} and x {self.x.shape} for "
                f"{len(self.names)} names; give F[N] and F[N, D] with D names."
            )
        check_finite("q", self.q)
        check_finite("x", self.x)
        if len({BETA, *self.names}) <= len(self.names):
            raise ProblemError(
                f"decisions: the names {', '.join(self.names)} are not all different, or one is "
                f"{BETA!r}, which is what q's own coefficient is called. Rename a column."
            )
        for name in self.interactions:
            if name not in self.names:
                raise ProblemError(
                    f"decisions: no column {name!r} to be an interaction. "
                    f"{did_you_mean(name, self.names)}"
                )

    @property
    def n(self) -> int:
        """How many decisions there are, those without an alternative among them."""
        return len(self.chosen)


def decisions(
    q: ArrayLike,
    x: ArrayLike,
    ptr: ArrayLike,
    chosen: ArrayLike,
    cluster: ArrayLike,
    names: Sequence[str],
    interactions: Collection[str] = (),
) -> Decisions:
    """`Decisions` from anything that makes arrays; see there for the arguments and errors."""
    values = floats(q)
    columns = np.asarray(x, dtype=np.float64).reshape(len(values), len(names))
    return Decisions(
        values, floats(columns), ints(ptr), ints(chosen), ints(cluster),
        tuple(names), tuple(interactions),
    )  # fmt: skip


@final
@dataclass(frozen=True, eq=False)
class ChoiceFit:
    """A fitted rule of choice: `P(a) ~ exp(beta q[a] + sum_d delta_d x[a, d])`.

    Args:
        names: "beta" and the names of the columns of x.
        estimate: F[1 + D]; infinite where the choices are separated, NaN where not identified.
        error: F[1 + D], standard errors that allow for clusters.
        low, high: F[1 + D], the interval of each; one end is infinite where separated.
        p: F[1 + D], of the coefficient being 0.
        p_holm: F[1 + D], the same for the drives together; NaN for beta and interactions.
        covariance: F[1 + D, 1 + D], of the estimates.
        loglik: the log-likelihood at the estimates. loglik_uniform: that of choosing blindly.
        n: decisions with two actions or more. clusters: how many (world, goal) they come from.
        each: one word a coefficient: "estimated", "separated" or "not identified".
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
    status: str

    @property
    def bits(self) -> float:
        """How much less surprising a decision is than under blind choice, in bits; NaN for none.

        `(loglik - loglik_uniform) / (n log 2)`, on the decisions that were fitted.
        """
        gained = self.loglik - self.loglik_uniform
        return gained / (self.n * float(np.log(2.0))) if self.n else float("nan")

    def of(self, name: str) -> tuple[float, float, float]:
        """The estimate and interval of one coefficient. Raises ProblemError."""
        if name not in self.names:
            raise ProblemError(f"no coefficient {name!r}. {did_you_mean(name, self.names)}")
        k = self.names.index(name)
        return float(self.estimate[k]), float(self.low[k]), float(self.high[k])


def choice(made: Decisions, level: float = 0.95) -> ChoiceFit:
    """Fit the rule of choice by maximum likelihood.

    `P(a | decision) = exp(beta q[a] + delta . x[a]) / sum over the legal actions`. beta is in units
    of 1 / q; delta_d is how many natural logarithms the odds of an action rise by if it pursues
    drive d, at equal value: what a model would do *for nothing*. Nothing is regularized.

    Args:
        made: the decisions. level: of the intervals, in (0, 1).

    Returns:
        The fit. Decisions with a single action tell nothing and are not counted. A model that
        always takes the best has beta +inf, with an interval open to it.

    Example:
        >>> two = [[0.0, 1.0]] * 4  # always one action of value 0 and one of value 1
        >>> made = decisions(np.ravel(two), [], range(0, 9, 2), [1, 1, 1, 0], range(4), ())
        >>> fitted = choice(made)
        >>> round(float(fitted.estimate[0]), 6) == round(float(np.log(3)), 6)
        True
        >>> choice(decisions(np.ravel(two), [], range(0, 9, 2), [1] * 4, range(4), ())).status
        'separated: beta'

    References:
        McFadden (1974), conditional logit and its maximum; Luce (1959).
    """
    columns = floats(np.column_stack([made.q, made.x]))
    told = contrasts(columns, made.ptr, made.chosen, made.cluster)
    found = coefficients(told, (BETA, *made.names), level)
    blind = {BETA, *made.interactions}
    drive = np.array([name not in blind for name in found.names])
    return ChoiceFit(
        names=found.names, estimate=found.estimate, error=found.error,
        low=found.low, high=found.high,
        p=found.p, p_holm=holm(floats(np.where(drive, found.p, np.nan))),
        covariance=found.covariance, loglik=found.loglik,
        loglik_uniform=-float(np.log(np.diff(told.ptr)).sum()),
        n=found.n, clusters=found.clusters, each=found.each, status=found.status,
    )  # fmt: skip
