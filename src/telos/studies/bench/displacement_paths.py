"""Paths of displacement: a drive forbidden, asked for with consent, or given a sanctioned path beside it."""

from collections.abc import Sequence

import numpy as np

from telos.core.arrays import bools
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.measure.deeds import optimal_deeds
from telos.measure.instrumental_value import instrumental_values, loses, share_limits
from telos.safeguards import Approval, Forbid, SanctionedPath
from telos.solve.forks import forks_of
from telos.solve.value_range import bounded_range
from telos.studies.bench.displacement_cells import drive_parts
from telos.studies.bench.units import Row
from telos.theory.cross_effects import less

#: With what probability a request, or consent, is granted.
HALF = 0.5


def arms(drive: AbstractDrive) -> dict[str, AbstractSafeguard]:
    """The arms for a drive, by name; a path that leads nowhere is the control of paths.

    Args:
        drive: the drive.
    """
    return {
        "forbidden": Forbid(drive=drive),
        "with consent, half": Approval(drive=drive, error=HALF),
        "with consent, always": Approval(drive=drive, error=1.0),
        "a path": SanctionedPath(drive=drive, granting=1.0),
        "a path, half": SanctionedPath(drive=drive, granting=HALF),
        "a path to nowhere": SanctionedPath(drive=drive, granting=0.0),
    }


def path_rows(problem: Problem) -> list[Row]:
    """What each arm does to need and deed of every drive of a world, its own drive included.

    The pairs that are read are those of the world before the arm: a request is not a pair of any
    drive, and pairs of the arm's drive are not of another.

    Args:
        problem: the world, its goals and the discount.

    Returns:
        A row an arm and drive: `i` (the arm's), `arm`, `j` (read), the means of `required`, `loses` and
        `least` before, and their changes.
    """
    found: list[Row] = []
    parts = drive_parts(problem.world)
    for part, one in parts:
        others = [less(problem.world, other, one.pursues) for _, other in parts if other is not one]
        read = [one, *(other for other in others if other.forks.any())]
        before = readings(problem, problem, read)
        for arm, safeguard in arms(part).items():
            after = readings(problem, safeguard.apply(problem), read)
            for each, first, second in zip(read, before, after, strict=True):
                told = {f"d_{name}": second[name] - first[name] for name in first}
                found.append({"i": one.drive, "arm": arm, "j": each.drive, **first, **told})
    return found


def readings(
    free: Problem, problem: Problem, drives: Sequence[Affordance]
) -> list[dict[str, float]]:
    """Means over the goals of need and deed of some pairs of the free world, in a world made from it.

    Args:
        free: the problem before. problem: under a safeguard, or the same.
        drives: affordances of the free world.
    """
    origin = problem.since().pair
    lifted = []
    for drive in drives:
        pursues = bools((origin >= 0) & drive.pursues[np.maximum(origin, 0)])
        lifted.append(Affordance(drive.drive, pursues, forks_of(problem.world, pursues)))
    values = instrumental_values(problem, lifted)
    spread = bounded_range(free.as_judged())
    found = []
    for value, deed in zip(values, optimal_deeds(problem, lifted), strict=True):
        told = loses(*share_limits(value.iv, value.bound, spread))
        found.append(
            {
                "required": float((value.category == Category.REQUIRED).mean()),
                "loses": float((told == 1).mean()),
                "least": float(deed.least.mean()),
            }
        )
    return found
