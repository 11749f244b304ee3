"""Worlds that safeguards make: with pairs taken away, mixed with another policy, or with a memory."""

from collections.abc import Callable, Hashable

import numpy as np

from telos.core.arrays import Bools, Floats, ints
from telos.core.extend import Extension, Move, changed_rows
from telos.core.once import once
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import default_pairs
from telos.solve.policies import doing_nothing


def moved(problem: Problem, part: Hashable, change: Callable[[World], Extension]) -> Problem:
    """The problem in the world that a part makes of the present one, made once for each world."""
    made = once(problem.world, part, change)
    return problem.onto(made.world, made.state, made.pair)


def only(world: World, kept: Bools) -> Extension:
    """The world with the kept pairs alone, at least one in each state."""
    left = world.keep(kept)
    return Extension(left, ints(np.arange(world.size)), ints(np.flatnonzero(kept)))


def carried(world: World, pair: int, memory: Hashable) -> Move:
    """A pair carried out as it was, with what is remembered afterwards."""
    row = {(t, memory): p for t, p in world.successors(pair).items()}
    return Move(world.actions[world.pair_action[pair]], pair, row)


def mixed(world: World, weight: Floats, policy: Floats, name: str) -> Extension:
    """The world in which another policy is carried out with the given probability.

    `P'(.|s,a) = (1 - weight(s,a)) P(.|s,a) + weight(s,a) sum_b policy(b|s) P(.|s,b)`.

    Args:
        world: the world. weight: F[L], in [0, 1]. policy: F[L], what is carried out instead.
        name: how messages call the new world.

    Returns:
        The new world; its states and pairs stand for those of equal number.
    """
    instead: dict[int, dict[int, float]] = {}

    def other(s: int) -> dict[int, float]:
        if s not in instead:
            row: dict[int, float] = {}
            for pair in world.pairs_of(s):
                if policy[pair] > 0:
                    for t, p in world.successors(pair).items():
                        row[t] = row.get(t, 0.0) + float(policy[pair]) * p
            instead[s] = row
        return instead[s]

    def rows(pair: int) -> dict[int, float]:
        share = float(weight[pair])
        row = {t: (1.0 - share) * p for t, p in world.successors(pair).items()}
        for t, p in other(int(world.pair_state[pair])).items():
            row[t] = row.get(t, 0.0) + share * p
        return row

    touched = [int(pair) for pair in np.flatnonzero(weight > 0)]
    return changed_rows(world, rows, touched, name=name)


def idled(part: object, world: World, weight: Floats, how: str) -> Extension:
    """The world in which nothing is done instead with probability F[L]. ProblemError without a default."""
    default_pairs(type(part).__name__, world)
    return mixed(world, weight, doing_nothing(world), f"{world.name}, {how}")
