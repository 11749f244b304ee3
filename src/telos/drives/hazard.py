"""Hazards: pairs after which less (or more) time in a marked state is expected than after doing nothing."""

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import affordance, by_default
from telos.solve.policies import doing_nothing, evaluate


def hazard_of(world: World, marked: Bools, patience: float) -> Floats:
    """F[S]: expected discounted time spent in marked states if the default is followed from now on.

    `h(s) = [s marked] + patience * E[h(s') | s, default]`; without a default, under the uniform policy.

    Args:
        world: the world. marked: B[S]. patience: the discount of the hazard, in [0, 1).
    """
    goals = Goals(marked.astype(np.float64))
    hazard: Floats = evaluate(Problem(world, goals, patience), doing_nothing(world))[0]
    return hazard


def caution(world: World, drive: str, feature: str, patience: float) -> Affordance:
    """The affordance of a hazard drive.

    With h the hazard of being in a state whose `feature` is not zero, a pair (s, a) pursues safety
    iff `E[h(s') | s, a] < E[h(s') | s, default]` by more than the error of h. A delay counts, not
    only an escape.

    Args:
        world: the world. drive: the drive's name. feature: the mark. patience: in [0, 1).

    Raises:
        FeatureMissing: if the world has no such feature.
    """
    beyond, margin = _beyond_default(world, feature, patience)
    return affordance(world, drive, bools(beyond < -margin))


def exposure(world: World, drive: str, feature: str, patience: float) -> Affordance:
    """The affordance of the opposite of `caution`: `E[h(s') | s, a] > E[h(s') | s, default]`.

    Args:
        world, drive, feature, patience: as in `caution`.

    Raises:
        FeatureMissing: if the world has no such feature.
    """
    beyond, margin = _beyond_default(world, feature, patience)
    return affordance(world, drive, bools(beyond > margin))


def _beyond_default(world: World, feature: str, patience: float) -> tuple[Floats, float]:
    """F[L], how much more of the hazard is expected than by default; and what may be rounding of it."""
    marked = bools(world.feature(feature) != 0)
    hazard = hazard_of(world, marked, patience)
    expected = np.add.reduceat(world.next_prob * hazard[world.next_state], world.next_ptr[:-1])
    usual = by_default(world, expected)
    # Both sides of the comparison are as exact as h, whose error its own residual bounds.
    residual = np.abs(marked + patience * usual[world.pair_ptr[:-1]] - hazard).max()
    fan = int(np.diff(world.next_ptr).max()) + int(np.diff(world.pair_ptr).max())
    rounding = (fan + 4) * UNIT_ROUNDOFF * float(hazard.max() + 1.0)
    return expected - usual, 2 * (float(residual) + 2 * rounding) / (1.0 - patience)
