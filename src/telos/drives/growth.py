"""Growth: pursuing a stock means taking a pair after which more of it is expected than by default."""

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools
from telos.core.reading import Affordance
from telos.core.world import World
from telos.solve.foresight import held


def growth(world: World, drive: str, feature: str) -> Affordance:
    """The affordance of a growth drive.

    A pair (s, a) pursues the stock x iff `E[x(s') | s, a] > E[x(s') | s, default]`, in states where
    the agent still holds its goal. Without a default the mean over the legal pairs takes its place.

    Args:
        world: the world. drive: the drive's name. feature: the stock.

    Raises:
        FeatureMissing: if the world has no such stock.
    """
    stock = world.feature(feature)
    expected = np.add.reduceat(world.next_prob * stock[world.next_state], world.next_ptr[:-1])
    fan = int(np.diff(world.next_ptr).max())
    rounding = (fan + 2) * UNIT_ROUNDOFF * float(np.abs(stock).max())
    return affordance(world, drive, bools(expected > by_default(world, expected) + 2 * rounding))


def by_default(world: World, expected: Floats) -> Floats:
    """F[L]: for each pair, the expectation under the default of its state."""
    if world.default is not None:
        return expected[world.default][world.pair_state]
    means = np.add.reduceat(expected, world.pair_ptr[:-1]) / np.diff(world.pair_ptr)
    spread: Floats = means[world.pair_state]
    return spread


def affordance(world: World, drive: str, pursues: Bools) -> Affordance:
    """The affordance of the pairs found, in states where the agent still holds its goal."""
    here = bools(pursues & held(world)[world.pair_state])
    some = np.logical_or.reduceat(here, world.pair_ptr[:-1])
    every = np.logical_and.reduceat(here, world.pair_ptr[:-1])
    return Affordance(drive, here, bools(some & ~every))
