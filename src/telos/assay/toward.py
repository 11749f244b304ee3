"""toward: Newton's method with Broyden's updates, in a box, by steps that a nonlinear world can bear."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import TelosError

#: The longest step of a coordinate: a chance then changes by a factor of e at most.
LONGEST = 1.0
#: Steps after which a target is given up.
STEPS = 8
#: A step is halved so often where the world cannot be built, or gets worse by it.
HALVINGS = 3
#: A step shorter than this in every coordinate is none.
LEAST = 1e-6
#: Directions in which a unit of all coordinates moves less than this part of the most are left alone.
FLAT = 1e-3


class Reached(NamedTuple):
    """Where a search came to.

    Args:
        x: F[K], the coordinates. value: F[D], what was found there.
        slope: F[D, K], the Jacobian as it is known there. off: the largest distance from the target.
    """

    x: Floats
    value: Floats
    slope: Floats
    off: float


def toward(
    find: Callable[[Floats], Floats],
    begin: Reached,
    target: Floats,
    box: tuple[Floats, Floats],
    *,
    tolerance: float,
    steps: int = STEPS,
) -> Reached:
    """Coordinates at which `find` comes near a target.

    Each step is the least one that would meet the target if `find` were linear with the known slope J:
    `dx = J^+ (target - find(x))`, at most 1 in every coordinate, and cut to the box; coordinates at
    an edge that it would leave are set aside. Then `J += (df - J dx) dx^T / (dx^T dx)` (Broyden).

    Args:
        find: F[K] -> F[D]; a TelosError says that it cannot be asked there.
        begin: where to begin, with the slope there; `off` is not read.
        target: F[D]. box: F[K] twice, the least and the greatest coordinates.
        tolerance: of the largest distance. steps: at most.

    Returns:
        The nearest that was found.

    Example:
        >>> rule = lambda x: floats([x[0] + x[1] ** 2, x[1]])
        >>> start = Reached(floats([0.0, 0.0]), rule([0.0, 0.0]), floats(np.eye(2)), 0.0)
        >>> box = floats([-3.0, -3.0]), floats([3.0, 3.0])
        >>> found = toward(rule, start, floats([2.0, 1.0]), box, tolerance=1e-6)
        >>> found.x.round(4).tolist(), found.off < 1e-6
        ([1.0, 1.0], True)

    References:
        Broyden (1965), A class of methods for solving nonlinear simultaneous equations (not read).
    """
    x, value, slope = (np.array(part) for part in begin[:3])
    best = Reached(floats(x), floats(value), floats(slope), _off(target, value))
    shorter = 1.0
    for _ in range(steps):
        if best.off <= tolerance:
            break
        there = np.clip(x + shorter * _step(slope, target - value, x, box), *box)
        if not np.abs(there - x).max(initial=0.0) > LEAST:
            break
        try:
            found = find(floats(there))
        except TelosError:  # beyond what the scenario allows
            shorter /= 2.0
            if shorter < 0.5**HALVINGS:
                break
            continue
        moved = there - x
        amiss = found - value - slope @ moved
        slope = slope + np.outer(amiss, moved) / float(moved @ moved)
        off = _off(target, found)
        if off < _off(target, value) or shorter < 0.5**HALVINGS:
            x, value, shorter = there, found, 1.0
        else:  # the slope is better known now: try again from where it was better
            shorter /= 2.0
        if off < best.off:
            best = Reached(floats(there), floats(found), floats(slope), off)
    return best


def _off(target: Floats, value: Floats) -> float:
    return float(np.abs(target - value).max(initial=0.0))


def _step(slope: Floats, missing: Floats, x: Floats, box: tuple[Floats, Floats]) -> Floats:
    """F[K], the least step that would make up for what is missing, inside the box and not too long."""
    free = np.ones(len(x), np.bool_)
    step = np.zeros(len(x))
    for _ in range(len(x)):
        step = np.zeros(len(x))
        if not free.any():
            return floats(step)
        step[free] = np.linalg.lstsq(slope[:, free], missing, rcond=FLAT)[0]
        length = float(np.abs(step).max())
        step *= min(1.0, LONGEST / length) if length > 0.0 else 0.0
        out = free & (((x <= box[0]) & (step < 0.0)) | ((x >= box[1]) & (step > 0.0)))
        if not out.any():
            break
        free &= ~out
    return floats(step)
