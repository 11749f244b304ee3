"""Compensation: a bonus that makes an agent plan in one world as if it lived in another."""

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, floats
from telos.core.extend import Extension
from telos.core.problem import Problem
from telos.solve.ahead import ahead, earned
from telos.solve.foresight import held, solve_as
from telos.solve.solve import solve


def as_if(actual: Problem, target: Extension) -> Problem:
    """The problem with the bonus that makes planning in its world equal planning in the target.

    With V the optimal value in the target world, `bonus(s, a) = discount * (P_target - P_actual) V`:
    then `R + bonus + discount P_actual V` equals `R + discount P_target V`, so V solves both worlds.
    A pair that the target lacks is made exactly as good as what is best in its state there; so it
    may be optimal too, and need never be.

    A rewritten self is compensated in the same way, by what the target world is worth to the goal
    that it holds; and the present self for what befalls its successor, by its own goal. Otherwise
    it would have a reason to protect the one that comes after it.

    Args:
        actual: the problem, in the world as it is.
        target: the world in whose terms the agent shall plan; the same states, and for each of its
            pairs the one of the actual world that it stands for.

    Returns:
        The problem with the bonus; its slack bounds the error that the solver left in it.
    """
    now = actual.as_planned()
    then = now.onto(target.world, target.state, target.pair)
    mine = solve_as(then, "realistic")
    extra, error = _bonus(now, target, mine.value), _error(now, mine.value, mine.bound)
    if held(actual.world).all():
        return actual.with_bonus(extra, error)
    theirs = solve(then.rewritten())
    revised = _bonus(now.rewritten(), target, theirs.value)
    error = floats(np.maximum(error, _error(now.rewritten(), theirs.value, theirs.bound)))
    return actual.with_bonus(extra, error, revised=revised)


def _bonus(actual: Problem, target: Extension, value: Floats) -> Floats:
    """F[G, L], what taking each pair must be paid so that `value` solves the actual world."""
    world = actual.world
    later = actual.discount * ahead(world, value)
    income = earned(actual)
    wanted = np.array(value[:, world.pair_state])
    carried = target.pair
    wanted[:, carried] = income[:, carried] + actual.discount * ahead(target.world, value)
    return floats(wanted - income - later)


def _error(problem: Problem, value: Floats, bound: Floats) -> Floats:
    """F[G], how far a bonus may be from the ideal one: the solver's bound, twice, and rounding."""
    fan = int(np.diff(problem.world.next_ptr).max())
    size = np.abs(value).max(axis=1) + np.abs(problem.goals.reward).max(axis=1)
    return floats(2 * bound + 4 * (fan + 4) * UNIT_ROUNDOFF * size)
