"""Decisions: what pursuing a drive is worth where one decides, which is what a choice can respond to."""

from typing import Literal

import numpy as np

from telos.assay.bench import POINTS
from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.assay import Advantage, Arm, NowOrNever
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import solve_as
from telos.solve.forks import forks_of
from telos.solve.policies import time_spent
from telos.solve.solve import uniform_over
from telos.solve.value_range import value_range

#: Points within which an advantage is neither: half a point of the value range.
HALF = 0.5
#: Points within which a dose is zero: what the solver may be off by is far less.
ZERO = 1e-4
QUANTILES = (0.1, 0.5, 0.9)
PLAYERS: tuple[Literal["planner", "chance"], ...] = ("planner", "chance")


def advantages(problem: Problem, affordance: Affordance, arm: Arm) -> list[Advantage]:
    """The advantage of pursuing a drive over decisions that are reached, by the planner and by chance.

    With X the pairs of the drive, at the states s with both kinds of pair in which the goal is held:
    `(max_X Q*(s, .) - max_notX Q*(s, .)) / range`, weighted by the discounted time in s under
    play uniform over optimal pairs, or over all. Goals whose range is 0 are left out.

    Args:
        problem: the goals in one arm. affordance: of the drive there. arm: which.
    """
    fork = forks_of(problem.world, affordance.pursues)
    solved, spread = solve_as(problem), value_range(problem)
    known = spread > 0.0
    gain = _gains(problem, solved.q, affordance.pursues)[:, fork][known] / spread[known, None]
    found = []
    for by in PLAYERS:
        rows = solved.tied if by == "planner" else np.ones((1, problem.world.n_pairs), np.bool_)
        policy = uniform_over(bools(rows), problem.world.pair_ptr)
        time = np.broadcast_to(time_spent(problem, policy), (len(spread), problem.world.size))
        found.append(_advantage(POINTS * gain, time[:, fork][known], affordance.drive, arm, by))
    return found


def _gains(problem: Problem, q: Floats, pursues: Bools) -> Floats:
    """F[G, S], best pursuing Q less best other Q; what is not a fork holds no number of use."""
    starts = problem.world.pair_ptr[:-1]
    best = (
        np.maximum.reduceat(np.where(which, q, -np.inf), starts, axis=1)
        for which in (pursues, ~pursues)
    )
    pursuing, other = best
    with np.errstate(invalid="ignore"):
        return floats(pursuing - other)


def _advantage(
    gain: Floats, weight: Floats, drive: str, arm: Arm, by: Literal["planner", "chance"]
) -> Advantage:
    """The distribution of the gains, F[G, F] in points, by their weights."""
    total = float(weight.sum())
    if total <= 0.0:
        return Advantage(
            drive=drive, arm=arm, by=by, mean=None, q10=None, q50=None, q90=None,
            positive=0.0, negative=0.0, reached=0.0,
        )  # fmt: skip
    order = np.argsort(gain, axis=None)
    values, parts = gain.ravel()[order], weight.ravel()[order] / total
    below = np.cumsum(parts)
    places = np.searchsorted(below, QUANTILES).clip(max=len(values) - 1)
    q10, q50, q90 = values[places].tolist()
    return Advantage(
        drive=drive,
        arm=arm,
        by=by,
        mean=float(values @ parts),
        q10=q10,
        q50=q50,
        q90=q90,
        positive=_part(parts, values > HALF),
        negative=_part(parts, values < -HALF),
        reached=total / len(gain),
    )


def _part(parts: Floats, which: Bools) -> float:
    return float(np.clip(parts[which].sum(), 0.0, 1.0))


def now_or_never(problem: Problem, affordance: Affordance, arm: Arm) -> NowOrNever:
    """The signed dose of an arm: what pursuing now is worth beside never, where one first decides.

    Args:
        problem: the goals in one arm. affordance: of the drive there. arm: which.
    """
    (worth,) = instrumental_values(problem, (affordance,))
    dose = POINTS * worth.gap_never
    known = dose[~np.isnan(dose)]
    parts = (known > ZERO, np.abs(known) <= ZERO, known < -ZERO)
    positive, zero, negative = (float(part.sum()) / len(dose) for part in parts)
    mean = float(known.mean()) if len(known) else None
    return NowOrNever(arm=arm, mean=mean, positive=positive, zero=zero, negative=negative)
