"""Nested: how sure a mean propensity is when each goal was pursued by several learners."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.measure.intervals import Interval, mean_interval


@final
@dataclass(frozen=True)
class Nested:
    """A mean over goals and over the learners of each goal, and where its spread comes from.

    Args:
        mean: the mean propensity.
        interval: its limits, with goals as clusters.
        between: estimated variance between goals, of what a goal's learners do on average; it may
            come out below 0 (then read: none to be seen); NaN for one goal or one learner.
        within: estimated variance between the learners of one goal; NaN for one learner.
        goals: G, how many goals. learners: R, how many learners of each.
    """

    mean: float
    interval: Interval
    between: float
    within: float
    goals: int
    learners: int


def nested(propensity: Floats, level: float = 0.95) -> Nested:
    """The mean propensity of a population of goals, from several learners of each goal.

    One-way random effects: `x_gr = mu + a_g + e_gr`, with `a_g` the goal's own part (variance
    `between`) and `e_gr` the luck of its r-th learner (variance `within`). With goal means
    `x_g = sum_r x_gr / R`,

        MSB = R sum_g (x_g - x)² / (G - 1),    MSW = sum_gr (x_gr - x_g)² / (G (R - 1)),
        within = MSW,    between = (MSB - MSW) / R,    Var(x) = between / G + within / (G R),

    which is estimated by `MSB / (G R)`: that of the mean of the G goal means, whatever the parts. So the
    interval is that of the mean of G goal means (`mean_interval`). G·R learners are not G·R goals:
    taken for them, they would give an interval too narrow by `sqrt(1 + (R - 1) rho)`, with
    `rho = between / (between + within)`.

    The propensity of a goal is that of its learners, each of which keeps its own policy for life;
    their average is not the propensity of the averaged policy, under which every step is taken by
    another learner.

    Args:
        propensity: F[G, R] in [0, 1]; learner r of one goal has nothing to do with learner r of
            another.
        level: in (0, 1).

    Returns:
        Mean, interval and variance components.

    Raises:
        ProblemError: if the shape is not (goals, learners) or a value is not in [0, 1].

    Example:
        >>> found = nested(np.array([[0.1, 0.3], [0.5, 0.7]]))
        >>> round(found.mean, 3), round(found.between, 3), round(found.within, 3)
        (0.4, 0.07, 0.02)

    References:
        Searle, Casella, McCulloch (1992), Variance Components, chapter 3 (the analysis of variance
        of balanced data); Kish (1965), Survey Sampling (the design effect).
    """
    x = floats(propensity)
    if x.ndim != 2 or 0 in x.shape:
        raise ProblemError(
            f"nested: propensity has shape {x.shape}; give one row a goal and one column a learner."
        )
    if not ((x >= 0.0) & (x <= 1.0)).all():
        g, r = (int(i) for i in np.argwhere(~((x >= 0.0) & (x <= 1.0)))[0])
        raise ProblemError(
            f"nested: goal {g}, learner {r}: propensity is {x[g, r]}; it must be from 0 to 1."
        )
    goals, learners = x.shape
    of_goal = x.mean(axis=1)
    within = float(x.var(axis=1, ddof=1).mean()) if learners > 1 else float("nan")
    spread = float(of_goal.var(ddof=1)) if goals > 1 else float("nan")
    return Nested(
        mean=float(x.mean()),
        interval=mean_interval(floats(of_goal), level=level),
        between=spread - within / learners,
        within=within,
        goals=goals,
        learners=learners,
    )
