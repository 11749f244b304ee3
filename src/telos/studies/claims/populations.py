"""Goal populations of the claims: small enough to be exact, or sampled with their intervals."""

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.families import Orbit
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.intervals import mean_interval, proportion_interval
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


def all_orders(world: World) -> Goals:
    """The goals of `orders`."""
    family = orders(world)
    return family.sample(world, family.size(world), np.random.default_rng(0))


def draw(family: AbstractGoalFamily, world: World, n: int = N, seed: int = 0) -> Goals:
    """The first n goals of a family."""
    return family.sample(world, n, np.random.default_rng(seed))


def paying(world: World, rewards: dict[str, float]) -> Goals:
    """One goal: a reward for each state that is named, else 0."""
    row = np.array([rewards.get(str(s), 0.0) for s in world.states])
    return Goals(row)


def pair_of(world: World, state: str, action: str) -> Bools:
    """One pair, as flags."""
    return bools(np.arange(world.n_pairs) == world.pair(state, action))


def iv_of(drive: AbstractDrive, problem: Problem) -> InstrumentalValue:
    """The instrumental value of one drive, for every goal of a problem."""
    return instrumental_values(problem, (drive.affordances(problem.world),))[0]


def share(category: Ints, kind: Category) -> float:
    """The share of goals in a category, where they are a whole population."""
    return float((category == kind).mean())


def rate(flags: Bools) -> Measured:
    """The share of a sample for which something is so, with its interval."""
    count, n = int(flags.sum()), len(flags)
    low, high = proportion_interval(count, n, LEVEL)
    return Measured(count / n, low, high, n)


def sampled_rate(category: Ints, kind: Category = Category.REQUIRED) -> Measured:
    """The rate of a category among sampled goals, with its interval."""
    return rate(bools(category == kind))


def bounded_mean(values: Floats) -> Measured:
    """The mean of numbers from 0 to 1 with its 95 % interval."""
    return Measured(float(values.mean()), *mean_interval(values), len(values))


def taking(world: World, action: str) -> Affordance:
    """The affordance of one action."""
    found = bools(world.pair_action == world.actions.index(action))
    return Affordance(action, found, bools(np.logical_or.reduceat(found, world.pair_ptr[:-1])))


def iv_of_action(action: str, problem: Problem) -> InstrumentalValue:
    """The instrumental value of one action, for every goal of a problem."""
    return instrumental_values(problem, (taking(problem.world, action),))[0]
