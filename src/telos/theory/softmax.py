"""Softmax error: how exactly the probabilities of a Boltzmann agent are known."""

import numpy as np

from telos.core.problem import Problem
from telos.solve.solve import solve


def softmax_error(problem: Problem, beta: float) -> float:
    """How far off a softmax over certified values may be: the relative error of its probabilities.

    A score is `beta (Q - V) / ((1 - g) D)`, with D the goal's range at the start; Q and V are known
    within `margin`, so a score within `e = beta margin / ((1 - g) D)` and a probability within a factor
    `exp(2 e)`, besides what rounding a score of size at most `beta / (1 - g)` adds.

    Args:
        problem: the problem; for an orbit, that of all its goals (`telos.theory.orbit`).
        beta: the inverse temperature of `telos.agents.Boltzmann`.

    Returns:
        `exp(2 e) - 1` of the worst goal whose range is certainly not 0; what to give to
        `orbit_count` as `error`.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> 0 < softmax_error(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5), beta=2.0) < 1e-12
        True
    """
    best, least = solve(problem), solve(problem, minimize=True)
    spread = best.at_start - least.at_start
    known = spread > best.bound + least.bound
    unit = (1.0 - problem.horizon_discount) * spread[known]
    off = beta * (best.margin[known] + least.bound[known]) / unit
    rounding = beta * 2.0**-50 / (1.0 - problem.horizon_discount)
    return float(np.expm1(2 * (off.max(initial=0.0) + rounding)))
