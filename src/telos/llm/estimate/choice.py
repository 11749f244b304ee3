"""Discrete choice: how closely a model follows the value of its goal, and what else draws it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, floats, ints
from telos.core.errors import ProblemError, did_you_mean
from telos.llm.estimate.coefficients import Coefficients, coefficients
from telos.llm.estimate.likelihood import check_decisions, contrasts

BETA = "beta"


@final
@dataclass(frozen=True, eq=False)
class Decisions:
    """What each action was worth, what it was, and which one was chosen, decision by decision.

    Args:
        q: F[N], the optimal value of every legal action, one decision after the other.
        x: F[N, D], further columns: whether the action pursues a drive (0 or 1), or a product of
            such a column, or of q, with what varies between decisions (a framing, an instruction).
        ptr: I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`.
        chosen: I[n], counted from 0 within the decision.
        cluster: I[n], a number for each (world, goal).
        names: D words, one a column of x.
        interactions: those of the names that are no drives, and are not corrected for being many.
    """

    q: Floats
    x: Floats
    ptr: Ints
    chosen: Ints
    cluster: Ints
    names: tuple[str, ...]
    interactions: tuple[str, ...] = ()

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
    """`Decisions` from anything that makes arrays; see there for the arguments.

    Raises:
        ProblemError: if the arrays do not fit one another, or hold NaN or infinity, or a name recurs.
    """
    values = floats(q)
    columns = floats(np.asarray(x, dtype=np.float64).reshape(len(values), len(names)))
    made = Decisions(
        values, columns, ints(ptr), ints(chosen), ints(cluster), tuple(names), tuple(interactions)
    )
    check_decisions(floats(np.column_stack([values, columns])), made.ptr, made.chosen, made.cluster)
    if len({BETA, *names}) <= len(names):
        raise ProblemError(
            f"decisions: the names {', '.join(names)} are not all different, or one is {BETA!r}, "
            "which is what q's own coefficient is called. Rename a column."
        )
    for name in interactions:
        if name not in names:
            raise ProblemError(
                f"decisions: no column {name!r} to be an interaction. {did_you_mean(name, names)}"
            )
    return made


def part(made: Decisions, which: Bools) -> Decisions:
    """Some of the decisions, B[n]."""
    sizes = np.diff(made.ptr)
    rows = np.repeat(which, sizes)
    ptr = ints(np.concatenate([[0], np.cumsum(sizes[which])]))
    return replace(
        made, q=floats(made.q[rows]), x=floats(made.x[rows]), ptr=ptr,
        chosen=ints(made.chosen[which]), cluster=ints(made.cluster[which]),
    )  # fmt: skip


def gained(made: Decisions, coefficient: Floats) -> Floats:
    """F[n], `log P(a_i) + log A_i` under given coefficients, of beta and of the columns."""
    if not made.n:
        return floats([])
    first, sizes = made.ptr[:-1], np.diff(made.ptr)
    utility = made.q * coefficient[0] + made.x @ coefficient[1:]
    top = np.maximum.reduceat(utility, first)
    total = np.add.reduceat(np.exp(utility - np.repeat(top, sizes)), first)
    return floats(utility[first + made.chosen] - top - np.log(total) + np.log(sizes))


def choice(made: Decisions, level: float = 0.95) -> Coefficients:
    """Fit the rule of choice by maximum likelihood.

    `P(a | decision) = exp(beta q[a] + delta . x[a]) / sum over the legal actions`. beta is in units
    of 1 / q; delta_d is how many natural logarithms the odds of an action rise by if it pursues
    drive d, at equal value: what a model would do *for nothing*. Nothing is regularized.

    Args:
        made: the decisions.
        level: of the intervals, in (0, 1).

    Returns:
        The coefficients "beta" and of the columns of x, the p-values of the drives corrected by Holm's
        method. Decisions with a single action tell nothing and are not counted. A model that always takes
        the best has beta +inf, with an interval open to it.

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
    drives = [name for name in made.names if name not in made.interactions]
    return coefficients(told, (BETA, *made.names), level, drives)
