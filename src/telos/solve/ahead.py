"""What is earned by each pair, what is to be expected of the next state, and how exactly that is known."""

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, floats, frozen, sealed
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.layout import kernels, world_arrays


def ahead(world: World, value: Floats) -> Floats:
    """F[G, L], `E[V_g(s') | s, a]` for every pair.

    Args:
        world: the world. value: F[G, S] or F[S].

    Returns:
        F[G, L]; one row where one value was given.
    """
    rows = frozen(np.atleast_2d(np.asarray(value, dtype=np.float64)))
    expected = np.empty((len(rows), world.n_pairs))
    kernels().goals.action_values(
        world_arrays(world), sealed(np.zeros(rows.shape)), 1.0, rows, expected
    )
    return floats(expected)


def earned(problem: Problem) -> Floats:
    """F[G, L], `R(s) + bonus(s, a)`."""
    reward = problem.goals.reward[:, problem.world.pair_state]
    bonus = problem.pair_bonus()
    return reward if bonus is None else floats(reward + bonus)


def rounding(world: World, q: Floats, discount: float) -> Floats:
    """F[G], how far apart two equal action values may come out of an exact evaluation."""
    fan = int(np.diff(world.next_ptr).max()) + int(np.diff(world.pair_ptr).max())
    return floats(8 * (fan + 4) * UNIT_ROUNDOFF * np.abs(q).max(axis=1) / (1.0 - discount))
