"""first_forks: when tied-optimal play first stands at a fork of a drive, and how far values differ there."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats, frozen, sealed
from telos.core.world import World
from telos.solve.centered import held
from telos.solve.layout import kernels, world_arrays
from telos.solve.policies import DENSE, hit_probability, settled
from telos.solve.solve import Solution, uniform_over


class FirstForks(NamedTuple):
    """What optimal play of G goals meets at its first fork.

    With tau the first time at a fork under play uniform over the pairs that may be optimal:

    Args:
        chance: F[G] in [0, 1], `P(tau < inf)`, the start law included.
        later: F[G], `E[discount^tau (max_X Q* - max_notX Q*)]`, in units of reward.
        never: F[G], the same with the optimum without X after a pair that is not of X.
    """

    chance: Floats
    later: Floats
    never: Floats


def forks_of(world: World, pursues: Bools) -> Bools:
    """B[S]: the states with pairs of X and with others in which the agent still holds its own goal."""
    starts = world.pair_ptr[:-1]
    some = np.logical_or.reduceat(pursues, starts)
    return bools(some & ~np.logical_and.reduceat(pursues, starts) & held(world))


def first_forks(free: Solution, pursues: Bools, without: Floats) -> FirstForks:
    """The first forks that optimal play meets.

    Args:
        free: the solution with nothing forbidden.
        pursues: B[L], the pairs X of the drive.
        without: F[G, S], the optimal values with X forbidden, right where such play can come to; or
            F[G, 1], that at the start, where every first state is a fork.

    Returns:
        Chance and expectations for each goal; 0 where no fork is ever met.

    References:
        Own definition, docs/definitions.md.
    """
    problem, world = free.problem, free.problem.world
    bonus = problem.pair_bonus()
    paid = np.empty((0, world.n_pairs)) if bonus is None else np.atleast_2d(bonus)
    choice = kernels().block.Choice(
        problem.discount,
        frozen(problem.goals.reward),
        frozen(free.value),
        frozen(without),
        frozen(paid),
        frozen(pursues),
    )
    fork = forks_of(world, pursues)
    count = len(free.value)
    found, solved = np.empty((count, 3)), np.empty(count, np.bool_)
    kernels().forks.first_forks(
        world_arrays(world), frozen(free.tied), fork, choice, DENSE, found, solved
    )
    for g in np.flatnonzero(~solved):
        found[g] = _sparse(free, int(g), fork, choice)
    return FirstForks(*(floats(column) for column in found.T))


def _sparse(free: Solution, goal: int, fork: Bools, choice: object) -> Floats:
    """One row of `found`, for chains with a component too large to be solved densely."""
    world = free.problem.world
    row = uniform_over(sealed(free.tied[goal : goal + 1]), world.pair_ptr)
    ends = bools(fork[world.pair_state])
    stops = floats(np.where(ends, 0.0, row[0]))
    onto = settled(world, stops, free.problem.discount) * fork
    worth = np.empty((world.size, 2))
    kernels().forks.gaps(world_arrays(world), fork, choice, goal, worth)
    return floats([float(hit_probability(world, row, ends)[0]), *(onto @ worth)])
