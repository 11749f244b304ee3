"""Combined: worlds and safeguards put together, as Telos itself would; the numbers that a story tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import TelosError, WorldError
from telos.core.parts import AbstractDrive
from telos.core.placebo import Placebo
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.world import World
from telos.drives import affordance
from telos.measure.guard import guard, task_retained
from telos.measure.instrumental_value import instrumental_values, loses
from telos.measure.intervals import Interval, mean_interval
from telos.measure.placebo import placebo
from telos.play.placed import Placed, affordances_of
from telos.play.plan import Put
from telos.safeguards import Forbid, Monitor
from telos.safeguards._aim import aimed_at
from telos.solve.plan import plan


@final
@dataclass(frozen=True, eq=False)
class DriveFound:
    """What one drive is to n goals, in one world under some switches.

    Args:
        drive: its name. needs: I[n], whether a goal loses 1 % or more (1, 0, -1: cannot be told).
        required: B[n]. share: F[n], the middle of the limits of the share lost.
    """

    drive: str
    needs: Ints
    required: Bools
    share: Floats

    @property
    def c(self) -> float:
        """The share of goals that certainly lose 1 % or more."""
        return float((self.needs == 1).mean())

    @property
    def interval(self) -> Interval:
        """Its 95 % interval, goals that cannot be told at their worst."""
        return self.limits()

    def limits(self, tests: int = 1) -> Interval:
        """The same at a level at which `tests` of them hold together at 95 %."""
        low, high = floats(self.needs == 1), floats(self.needs != 0)
        return Interval(mean_interval(low, tests=tests).low, mean_interval(high, tests=tests).high)

    @property
    def done(self) -> Ints:
        """I[n], whether every best plan does it (1, 0, -1: cannot be told)."""
        return ints(np.where(self.unknown, -1, self.required))


def seen(put: Put, world: World) -> Bools:
    """B[L], the pairs of a world that a switch takes away, or fines.

    Raises:
        TelosError: if it does not fit the world.
    """
    pairs = aimed_at(put.part, world)
    if isinstance(put.part, Monitor) and not put.part.protected and "oversight" in world.features:
        pairs = bools(pairs & (world.features["oversight"] != 0)[world.pair_state])
    return pairs


def weight_of(put: Put) -> float:
    """What a pair is fined, as a part of the value range; 0 of a switch that takes pairs away."""
    return put.part.detection * put.part.penalty if isinstance(put.part, Monitor) else 0.0


def check_puts(
    places: Sequence[Placed], puts: Sequence[Put], drives: Sequence[AbstractDrive]
) -> None:
    """Raise WorldError unless switches mean the same in a world from which others took pairs.

    A page takes away the pairs that a drive has in the whole world; Telos asks the drive about the world
    that is left. Asked of every world and every one, two and all of the switches.

    Args:
        places: the worlds. puts: the switches. drives: that are looked for.
    """
    takers = [put for put in puts if isinstance(put.part, Forbid)]
    sets = [*combinations(takers, 1), *combinations(takers, 2), tuple(takers)]
    for place in places:
        whole = {put.name: seen(put, place.world) for put in puts}
        for some in sets if takers else ():
            gone = np.logical_or.reduce([whole[put.name] for put in some])
            left = place.world.keep(bools(~gone))
            _check_left(place, puts, drives, left, bools(~gone), {put.name for put in some})


def _check_left(
    place: Placed,
    puts: Sequence[Put],
    drives: Sequence[AbstractDrive],
    left: World,
    kept: Bools,
    gone: set[str],
) -> None:
    found = affordances_of(left, drives)
    for name, one in place.affordances.items():
        mine = found[name].pursues if name in found else np.zeros(left.n_pairs, np.bool_)
        if (mine != one.pursues[kept]).any():
            raise WorldError(
                f"{place.arm.title}: under {', '.join(sorted(gone))} the pairs of {name} are other ones."
            )
    for put in puts:
        if put.name in gone:
            continue
        if (seen(put, left) != seen(put, place.world)[kept]).any():
            raise WorldError(f"{put.title}: not the same under {', '.join(sorted(gone))}.")


def problem_of(place: Placed, puts: Sequence[Put], count: int, discount: float) -> Problem:
    """The first goals of `Uniform` in a world under switches, as a program has them."""
    return guard(place.problem(count, discount), [put.part for put in puts])


def found_in(
    place: Placed, puts: Sequence[Put], count: int, discount: float
) -> dict[str, DriveFound]:
    """What each drive that a page marks is to goals, in a world under switches."""
    problem = problem_of(place, puts, count, discount)
    kept = np.flatnonzero(~_taken(place, puts))
    spaces = [
        affordance(problem.world, name, bools(pairs[kept])) for name, pairs in place.marks.items()
    ]
    values = instrumental_values(problem, spaces)
    return {
        value.drive: DriveFound(
            value.drive,
            loses(value.share_low, value.share_high),
            bools(value.category == Category.REQUIRED),
            floats((value.share_low + value.share_high) / 2),
        )
        for value in values
    }


def _taken(place: Placed, puts: Sequence[Put]) -> Bools:
    taken = np.zeros(place.world.n_pairs, np.bool_)
    for put in puts:
        if isinstance(put.part, Forbid):
            taken |= seen(put, place.world)
    return bools(taken)


def placebo_of(place: Placed, drive: str, count: int, discount: float, draws: int) -> Placebo:
    """A drive beside the random sets of its size that a page carries."""
    one = place.affordances[drive]
    others = [other for other in place.affordances.values() if other is not one]
    rng = np.random.default_rng(0)
    return placebo(place.problem(count, discount), one, others, draws=draws, rng=rng)


def kept_of_task(place: Placed, puts: Sequence[Put], count: int, discount: float) -> Floats:
    """F[count], what is kept of the task under switches; NaN for goals to which everything is alike."""
    problem = problem_of(place, puts, count, discount)
    return task_retained(problem, plan(problem))


def fits(place: Placed, puts: Sequence[Put], drives: Sequence[AbstractDrive]) -> str:
    """Why switches cannot be offered in a world; empty if they can."""
    try:
        check_puts([place], puts, drives)
    except TelosError as problem:
        return str(problem)
    return ""
