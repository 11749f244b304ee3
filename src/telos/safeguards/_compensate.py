"""Compensation: a bonus that makes an agent plan in one world as if it lived in another."""

from dataclasses import replace

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, floats
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.foresight import held, solve_as
from telos.solve.solve import Solution


def as_if(actual: Problem, target: World, unlikely: Bools | None = None) -> Problem:
    """The problem with the bonus that makes planning in its world equal planning in `target`.

    With V the optimal value in the target world, `bonus(s, a) = discount * (P_target - P_actual) V`
    for states in which the agent holds its goal: then `R + bonus + discount P_actual V` equals
    `R + discount P_target V`, so V solves both worlds. Pairs marked `unlikely` have no counterpart in
    the target; their bonus makes them exactly as good as the best of their state, which they may
    then be, but never need to be.

    Args:
        actual: the problem, in the world as it is.
        target: the world in whose terms the agent shall plan; the same states and pairs.
        unlikely: B[L], pairs without a counterpart, in states that keep another pair; or None.

    Returns:
        The problem with the bonus; its slack bounds the error that the solver left in it.
    """
    world, discount = actual.world, actual.horizon_discount
    planned = replace(actual, world=target, planning_discount=None, discount=discount)
    solved = solve_as(planned, "realistic", without=unlikely)
    expected = ahead(world, solved.value)
    extra = discount * (ahead(target, solved.value) - expected)
    if unlikely is not None:
        level = _best_without(solved, unlikely)[:, world.pair_state]
        own = actual.goals.reward[:, world.pair_state] + discount * expected
        bonus = actual.pair_bonus()
        own = own if bonus is None else own + bonus
        extra = np.where(unlikely, level - own, extra)
    extra = np.where(held(world)[world.pair_state], extra, 0.0)
    return actual.with_bonus(floats(extra), _error(solved, extra, unlikely is not None))


def _best_without(solved: Solution, unlikely: Bools) -> Floats:
    """F[G, S], the value of the best pair that has a counterpart."""
    q = np.where(unlikely, -np.inf, solved.q)
    best: Floats = np.maximum.reduceat(q, solved.problem.world.pair_ptr[:-1], axis=1)
    return best


def _error(solved: Solution, extra: Floats, rewritten: bool) -> Floats:
    """F[G], how far a bonus may be from the ideal one: the solver's bound, twice, and rounding."""
    fan = int(np.diff(solved.problem.world.next_ptr).max())
    size = np.abs(solved.value).max(axis=1) + np.abs(solved.problem.goals.reward).max(axis=1)
    rounding = 4 * (fan + 4) * UNIT_ROUNDOFF * size
    touched = (extra != 0).any(axis=1) | rewritten
    return floats(np.where(touched, 2 * solved.bound + rounding, 0.0))
