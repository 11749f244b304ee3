"""Goal populations small enough to be exact."""

from dataclasses import dataclass

import numpy as np

from telos import AbstractGoalFamily, Goals
from telos.families import Orbit


@dataclass(frozen=True)
class Listed(AbstractGoalFamily):
    """A finite list of goals: rows of rewards by outcome."""

    rows: tuple[tuple[float, ...], ...]

    def size(self, world):
        return len(self.rows)

    def sample(self, world, n, rng, *, first=0):
        return Goals(np.array(self.rows[first : first + n])[:, world.outcome])


def orders(world, low=0.0, high=1.0):
    """The K! goals whose mean is the exact mean over goals that are iid U[low, high].

    Where the optimal policy depends on the order of the K rewards alone, the value is linear on
    each ordering, and its mean there is its value at the centroid, whose sorted rewards are the
    rungs `i/(K + 1)` of a ladder.
    """
    k = world.n_outcomes
    return Orbit(tuple((low + (high - low) * np.arange(1, k + 1) / (k + 1)).tolist()))


def everyone(family, world):
    """All goals of a finite family."""
    return family.sample(world, family.size(world), np.random.default_rng(0))


def draw(family, world, n, seed=0):
    """The first n goals of a family."""
    return family.sample(world, n, np.random.default_rng(seed))
