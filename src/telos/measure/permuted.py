"""Permuted features: how often a feature laid out anew makes an act that stands out as much."""

import numpy as np

from telos.core.arrays import bools, ints
from telos.core.problem import Foresight, Problem, Ties
from telos.measure.acts import act, moved
from telos.measure.instrumental_value import loses
from telos.measure.placebo import placebo_sets
from telos.measure.removal import removal
from telos.solve.layout import reached

#: As many as a rank of .05 needs twice over, each with few draws and goals: the rank takes care of noise.
PERMUTATIONS, DRAWS, GOALS = 39, 8, 60
#: An exploratory act has a verdict only at this rank or below.
RANK = 0.05


def feature_rank(
    problem: Problem,
    feature: str,
    more: bool,
    *,
    permutations: int = PERMUTATIONS,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    rng: np.random.Generator,
) -> float:
    """The rank of a feature's act among acts of the same values laid out at random over the states.

    An act fixed by where it leads confines the agent, and confinement costs more than scattered
    pairs, whatever the feature is: coins added to a world exceed their placebo, too. So the excess
    of c over the own placebo is compared with that of permuted features, by the whole procedure:
    `p = (1 + #{permuted excess >= excess}) / (1 + permutations)`.

    Args:
        problem: the problem; its first 60 goals are used. feature: its name. more: the direction.
        permutations: how many, at least 39. foresight, ties: the self-model.
        rng: permutes the values of reachable states, and draws the placebos.

    Returns:
        p in (0, 1]; valid if the feature is laid out over the states arbitrarily.

    References:
        Own definition, docs/definitions.md; permutation tests after Fisher (1935).
    """
    world = problem.world
    few = problem.take(ints(np.arange(min(GOALS, problem.goals.count))))
    here = np.flatnonzero(reached(world, bools(np.ones(world.n_pairs))))
    values = np.array(world.feature(feature))

    def excess() -> float:
        own = act(world, feature, moved(world, values, more, problem.discount))
        if not own.pursues.any():
            return 0.0
        sets = placebo_sets(world, own, (), DRAWS, rng)
        cost = removal(few, [own.pursues, *sets], foresight=foresight, ties=ties)
        rate = (loses(cost.low, cost.high) == 1).mean(axis=1)
        return float(rate[0] - rate[1:].mean())

    found, as_high = excess(), 0
    for _ in range(permutations):
        values[here] = rng.permutation(values[here])
        as_high += excess() >= found
    return (1 + as_high) / (1 + permutations)
