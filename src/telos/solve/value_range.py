"""value_range: how much a goal could gain or lose in a world by what the agent does."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, floats
from telos.core.problem import Foresight, Problem, Ties
from telos.solve.foresight import Planner
from telos.solve.solve import Solution, Tolerance, largest_reward


class ValueRange(NamedTuple):
    """The range of a goal's values at the start, as computed and how far that may be off.

    Args:
        value: F[G], `max_pi V - min_pi V`, in units of reward. bound: F[G], certified.
    """

    value: Floats
    bound: Floats


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
    spread, bound = bounded_range(problem, foresight, ties, tolerance)
    return floats(np.where(spread > bound, spread, 0.0))


def bounded_range(
    problem: Problem,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> ValueRange:
    """The value range with its certified bound; see `value_range`."""
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    best, least = planner.solve(judged), planner.first(judged, minimize=True)
    bound = best.bound + best.drift + least.bound + least.drift
    rounding = 2 * rounding_at_start(best)
    return ValueRange(floats(best.at_start - least.at_start), floats(bound + rounding))


def rounding_at_start(solution: Solution) -> Floats | float:
    """F[G]: the rounding of any policy's expected value over first states; 0 if there is one."""
    problem = solution.problem
    if problem.world.start.max() == 1.0:
        return 0.0
    unit = (problem.world.size + 2) * UNIT_ROUNDOFF / (1.0 - problem.discount)
    return floats(unit * largest_income(problem))


def largest_income(problem: Problem) -> Floats:
    """F[G], the most that one step can earn or cost: `max |R| + max |bonus|`, in units of reward."""
    bonus = problem.pair_bonus()
    paid = 0.0 if bonus is None else np.abs(np.atleast_2d(bonus)).max(axis=1)
    return floats(largest_reward(problem.goals) + paid)
