"""value_range: how much a goal could gain or lose in a world by what the agent does."""

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.problem import Foresight, Problem, Ties
from telos.solve.foresight import Planner
from telos.solve.solve import Tolerance


def value_range(
    problem: Problem,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> Floats:
    """F[G], `D = max_pi V - min_pi V` at the start, at `problem.discount`; 0 within its error.

    Args:
        problem: the problem; a planning discount is ignored.
        foresight: how the agent thinks of its own rewriting; see `solve_as`.
        ties: how a rewritten self chooses among what is equally good to it.
        tolerance: the bound asked of each solve; see `telos.solve`.

    Returns:
        F[G] >= 0, in units of reward.

    Raises:
        ProblemError: if a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> value_range(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)).tolist()
        [1.0]

    References:
        Own definition, docs/safeguards.md.
    """
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    best, least = planner.solve(judged), planner.first(judged, minimize=True)
    spread = best.at_start - least.at_start
    return floats(np.where(spread > best.bound + least.bound, spread, 0.0))
