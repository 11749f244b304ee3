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
    more, rounding = _beyond_default(world, world.feature(feature)[world.next_state])
    return affordance(world, drive, bools(more > rounding))


def shrinkage(world: World, drive: str, feature: str) -> Affordance:
    """The affordance of wearing a stock down: `growth` with the sign turned.

    A pair (s, a) pursues it iff `E[x(s') | s, a] < E[x(s') | s, default]`, as for `growth`.

    Args:
        world: the world. drive: the drive's name. feature: the stock x.

    Raises:
        FeatureMissing: if the world has no such stock.
    """
    more, rounding = _beyond_default(world, world.feature(feature)[world.next_state])
    return affordance(world, drive, bools(more < -rounding))


def change(world: World, drive: str, feature: str) -> Affordance:
    """The affordance of moving a number either way: the pairs of `growth` and of `shrinkage`.

    A pair (s, a) pursues it iff `E[x(s') | s, a] != E[x(s') | s, default]`, as for `growth`.

    Args:
        world: the world. drive: the drive's name. feature: the number x.

    Raises:
        FeatureMissing: if the world has no such number.
    """
    more, rounding = _beyond_default(world, world.feature(feature)[world.next_state])
    return affordance(world, drive, bools(np.abs(more) > rounding))


def making(world: World, drive: str, feature: str) -> Affordance:
    """The affordance of making more of a stock, as distinct from keeping what there is of it.

    With `d(s, s') = max(0, x(s') - x(s))`, what a step adds, a pair (s, a) pursues it iff
    `E[d(s, s') | s, a] > E[d(s, s') | s, default]`. For a stock that a step may use up, `growth`
    would also find what protects it.

    Args:
        world: the world. drive: the drive's name. feature: the stock x.

    Raises:
        FeatureMissing: if the world has no such stock.
    """
    stock = world.feature(feature)
    before = stock[np.repeat(world.pair_state, np.diff(world.next_ptr))]
    more, rounding = _beyond_default(world, np.maximum(stock[world.next_state] - before, 0.0))
    return affordance(world, drive, bools(more > rounding))


def _beyond_default(world: World, values: Floats) -> tuple[Floats, float]:
    """F[L]: by how much each pair's expectation of F[N] exceeds the default's; and the rounding of that."""
    expected = np.add.reduceat(world.next_prob * values, world.next_ptr[:-1])
    # Sums over the successors of a pair and, where no default is declared, over the pairs of a state.
    fan = int(np.diff(world.next_ptr).max()) + int(np.diff(world.pair_ptr).max())
    rounding = (fan + 2) * UNIT_ROUNDOFF * float(np.abs(values).max())
    return expected - by_default(world, expected), 2 * rounding


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
