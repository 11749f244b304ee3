"""compile_for: have the solver's machine code made and kept before anybody waits for it."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats, bools, ints, sealed
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.foresight import REGISTER, Planner
from telos.solve.forks import first_forks
from telos.solve.layout import kernels, led_back, world_arrays
from telos.solve.policies import evaluate, occupancy, reach, weight_of_sets
from telos.solve.within import reach_within, stays_within


class Kind(NamedTuple):
    """What decides which machine code a problem needs.

    Args:
        deterministic: whether the world is. rewritten: whether its goal register can change.
        paid: whether taking pairs earns nothing, the same for all goals, or something for each.
    """

    deterministic: bool
    rewritten: bool
    paid: int


def kind_of(world: World, bonus: Floats | None) -> Kind:
    """The kind of problems in a world; bonus: F[L], F[G, L] or None."""
    rewritten = REGISTER in world.features and bool((world.features[REGISTER] != 0).any())
    return Kind(world.deterministic, rewritten, 0 if bonus is None else bonus.ndim)


def compile_for(kind: Kind) -> None:
    """Compile what problems of a kind need, by solving one of five states; what is there is loaded.

    Numba keeps machine code on the disk, but does not keep two processes from compiling the same. Done
    once before workers start, it is compiled once.

    Args:
        kind: see `kind_of`.
    """
    world = _world(kind)
    goals = Goals(np.arange(float(world.size)), revised=ints([0]), pool=np.ones((1, world.size)))
    bonus = (0.0, np.ones(world.n_pairs), np.ones((1, world.n_pairs)))[kind.paid]
    problem = Problem(world, goals, 0.9, bonus=bonus)
    left = bools(world.pair_action != world.pair_action[0])
    planner = Planner()
    free = planner.solve(problem)
    planner.first(problem, without=left, free=free)
    planner.first(problem, minimize=True)
    policy = free.tied_policy()
    ahead(world, free.value)
    evaluate(problem, policy)
    occupancy(problem, policy)
    reach(world, policy, left)
    two, weight = (sealed(np.ones((2, n))) for n in (world.n_pairs, world.size))
    weight_of_sets(world, two, weight, (left,))
    reach_within(world, free.tied, (left,))
    stays_within(world, policy, free.tied)
    marks, met, found = np.ones(world.n_pairs, np.int64), *np.empty((2, 1), np.int64)
    kernels().walks.closure_goals(world_arrays(world), free.tied[:1], sealed(marks), met, found)
    first_forks(free, left, free.value)
    led_back(world.next_ptr[world.pair_ptr], world.next_state, bools(world.start > 0))


def _world(kind: Kind) -> World:
    """A corridor of five states to walk or to wait in; at its end the goal may be rewritten."""

    def moves(place: int) -> dict[str, object]:
        if place == 4:
            return {"wait": place}
        ahead = place + 1
        return {"wait": place, "go": ahead if kind.deterministic else {ahead: 0.5, place: 0.5}}

    features = {REGISTER: lambda place: float(place == 4)} if kind.rewritten else None
    return explore(0, moves, features=features, name="Corridor")
