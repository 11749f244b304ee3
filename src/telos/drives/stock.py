"""Stocks: pursuing one means taking a pair after which more (or less) of it is expected than by default."""

from typing import Literal

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools
from telos.core.checks import refusal
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.solve.foresight import held

#: Which way a drive moves its stock.
Wanted = Literal["more", "less", "other", "added"]


def stock(world: World, drive: str, feature: str, wanted: Wanted) -> Affordance:
    """The affordance of a drive that moves a stock x (or any other feature) away from its default course.

    A pair (s, a) pursues it, in states where the agent still holds its goal, iff

    - "more": `E[x(s') | s, a] > E[x(s') | s, default]`;
    - "less": the same with `<`; "other": with `!=`;
    - "added": `E[d | s, a] > E[d | s, default]` with `d = max(0, x(s') - x(s))`, what a step adds. For a
      stock that a step may use up, "more" would also find what protects it.

    Without a default the mean over the legal pairs takes its place.

    Args:
        world: the world. drive: the drive's name. feature: the stock. wanted: see above.

    Raises:
        FeatureMissing: if the world has no such feature.
    """
    amount = world.feature(feature)
    after = amount[world.next_state]
    if wanted == "added":
        before = amount[np.repeat(world.pair_state, np.diff(world.next_ptr))]
        after = np.maximum(after - before, 0.0)
    expected = np.add.reduceat(world.next_prob * after, world.next_ptr[:-1])
    beyond = expected - by_default(world, expected)
    # Sums over the successors of a pair and, where no default is declared, over the pairs of a state.
    fan = int(np.diff(world.next_ptr).max()) + int(np.diff(world.pair_ptr).max())
    rounding = 2 * (fan + 2) * UNIT_ROUNDOFF * float(np.abs(after).max())
    towards = {"less": -beyond, "other": np.abs(beyond)}.get(wanted, beyond)
    return affordance(world, drive, bools(towards > rounding))


def feature_of(part: AbstractDrive, feature: str, kind: str | None) -> str:
    """The feature of a kind, ``feature.kind``; the feature itself for None.

    Args:
        part: the drive that asks, by whose field `kind`. feature: the name of the whole. kind: one word.

    Raises:
        ProblemError: if `kind` is neither one word nor None.
    """
    if kind is None:
        return feature
    if not (isinstance(kind, str) and kind.isidentifier()):
        raise refusal(part, "kind", "give one word, or None for every kind")
    return f"{feature}.{kind}"


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
