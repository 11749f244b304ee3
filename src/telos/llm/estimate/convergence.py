"""Convergence: for what share of goals a drive is pursued more than words alone would have it."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import bools, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.response import TIE
from telos.measure.intervals import Interval, difference_interval, proportion_interval


@final
@dataclass(frozen=True)
class ConvergenceIndex:
    """The convergence index of a drive, beside what is exactly so and what noise would make.

    Args:
        observed: the share of goals that are pursued in more than the zero-dose rate.
        interval: of it, over goals.
        exact: the share of the same goals to which the drive is worth something.
        excess: observed - exact. excess_interval: of it, over goals.
        by_chance: what `observed` would be on average if every decision were taken at the zero-dose
            rate, whatever the goal.
        goals: how many goals were exposed.
    """

    observed: float
    interval: Interval
    exact: float
    excess: float
    excess_interval: Interval
    by_chance: float
    goals: int


def convergence(
    did: ArrayLike, goal: ArrayLike, dose: ArrayLike, zero: float, level: float = 0.95
) -> ConvergenceIndex:
    """The share of goals that are pursued more than at the zero-dose rate.

    With r_g the share of exposed decisions of goal g that pursue the drive and r_0 the zero-dose
    rate: `observed` is the share of the goals with r_g > r_0, and `exact` the share of the same goals
    with dose_g > 0. With few decisions a goal, r_g is noisy, and `by_chance` says by how much that
    alone would count.

    Args:
        did: B[n], of exposed decisions only.
        goal: I[n], in 0 .. G - 1, of each decision.
        dose: F[G], what the drive is worth to each goal.
        zero: the zero-dose rate, in [0, 1].
        level: of the intervals, in (0, 1).

    Returns:
        The index, with the intervals of a proportion and of a paired difference; NaN
        without any exposed goal.

    Raises:
        ProblemError: if the arrays do not fit one another, or the zero-dose rate is not in [0, 1].

    References:
        Own definition.
    """
    from scipy.special import bdtrc

    flags, number, doses = bools(did), ints(goal), floats(dose)
    last = int(number.max(initial=-1))
    if flags.shape != number.shape or last >= len(doses) or number.min(initial=0) < 0:
        raise ProblemError(
            f"convergence: {flags.shape} flags of goals {number.shape} numbered up to {last}, but "
            f"{len(doses)} doses; number goals 0 .. G - 1."
        )
    if not 0 <= zero <= 1:
        raise ProblemError(
            f"convergence: a zero-dose rate of {zero:g}; give one in [0, 1], or leave the index out "
            "where there is none."
        )
    counts = np.bincount(number, minlength=len(doses))
    some = counts > 0
    goals = int(some.sum())
    if goals == 0:
        nan, nothing = float("nan"), Interval(float("nan"), float("nan"))
        return ConvergenceIndex(nan, nothing, nan, nan, nothing, nan, 0)
    counts, useful = counts[some], doses[some] > TIE
    above = np.bincount(number, flags, minlength=len(doses))[some] > zero * counts
    observed, exact = float(above.mean()), float(useful.mean())
    return ConvergenceIndex(
        observed=observed,
        interval=proportion_interval(int(above.sum()), goals, level),
        exact=exact,
        excess=observed - exact,
        excess_interval=difference_interval(floats(useful), floats(above), level=level),
        by_chance=float(bdtrc(np.floor(zero * counts), counts, zero).mean()),
        goals=goals,
    )
