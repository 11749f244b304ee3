"""Goal populations of the claims: small enough to be exact, or sampled with their intervals."""

import numpy as np

from telos.core.arrays import Ints
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.world import World
from telos.families import Orbit
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.intervals import proportion_interval
from telos.studies.claims.claim import Measured

#: The level of the intervals that samples must fall into: one false alarm in ten thousand.
LEVEL = 0.9999
#: Goals of a sampled claim: an interval of about ± 0.03 for a rate.
N = 4000


def orders(world: World, low: float = 0.0, high: float = 1.0) -> Orbit:
    """The K! goals whose mean is the exact mean over goals that are iid uniform on [low, high].

    Where the best policy depends on the order of the K rewards alone, the value is linear on each
    ordering, so its mean there is its value at the centroid, whose rewards are the rungs `i/(K + 1)`.
    """
    k = world.n_outcomes
    return Orbit(tuple((low + (high - low) * np.arange(1, k + 1) / (k + 1)).tolist()))


def everyone(family: Orbit, world: World) -> Goals:
    """All goals of an orbit."""
    return family.sample(world, family.size(world), np.random.default_rng(0))


def draw(family: AbstractGoalFamily, world: World, n: int = N, seed: int = 0) -> Goals:
    """The first n goals of a family."""
    return family.sample(world, n, np.random.default_rng(seed))


def worth_of(drive: AbstractDrive, problem: Problem) -> InstrumentalValue:
    """What one drive is worth to every goal of a problem."""
    return instrumental_values(problem, (drive.affordances(problem.world),))[0]


def share(category: Ints, kind: Category) -> float:
    """The share of goals in a category, where they are a whole population."""
    return float((category == kind).mean())


def sampled_rate(category: Ints, kind: Category = Category.REQUIRED) -> Measured:
    """The rate of a category among sampled goals, with its interval."""
    count, n = int((category == kind).sum()), len(category)
    low, high = proportion_interval(count, n, LEVEL)
    return Measured(count / n, low, high, n)
