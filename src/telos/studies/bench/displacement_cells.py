"""Cells of displacement: what forbidding a drive, or its placebo, does to another, and what foretells it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from telos.core.arrays import Floats, bools, floats
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.families import Uniform
from telos.measure.instrumental_value import InstrumentalValue, loses
from telos.measure.placebo import named_stream, placebo_sets
from telos.solve.forks import forks_of
from telos.studies.bench.cases import BenchCase
from telos.studies.bench.units import Row
from telos.theory.cross_effects import CrossEffect, cross_effects, shared
from telos.worlds import DrivenEmployee, PaperclipFactory

DISCOUNT = 0.95
#: States of a world with options at most; a world that would be larger stays without them.
MOST_STATES = 2_000
#: Goals lose something without a drive if they lose this part of the value range (`measure.loses`).
LEAST = 0.01

#: What is foretold, and what is known of a cell before anything is forbidden; all from `CrossEffect`
#: readings of the free problem. The list was written down before any cell was measured.
TARGETS = ("required", "loses", "least")
FEATURES = (
    "c_i",
    "share_i",
    "later_i",
    "never_i",
    "c_j",
    "later_j",
    "never_j",
    "both",
    "affordable",
    "shared",
)


def with_options(case: BenchCase, seed: int) -> AbstractScenario:
    """A random world of the bench, in two of three cases with a copy to make, a monitor to blind, or both.

    Factories and employees of the bench have four drives that share no pair and none of which does the
    work of another; replication can stand in for self-preservation, and needs the option.

    Args:
        case: the case. seed: of the sequence of cases.

    Returns:
        Its scenario, with the options unless that would make it larger than `MOST_STATES`.
    """
    plain = case.scenario
    if not isinstance(plain, PaperclipFactory | DrivenEmployee):
        return plain
    copies, monitor = named_stream(seed, "options", case.name).random(2) < 0.5
    many = plain.build().size * (1 + int(copies)) * (1 + int(monitor))
    if many > MOST_STATES:
        return plain
    return replace(plain, copies=bool(copies), monitor=bool(monitor))


def drive_parts(world: World) -> tuple[tuple[AbstractDrive, Affordance], ...]:
    """All shipped drives that a world has, with their affordances: pairs that pursue it, and not every.

    A drive that leaves a state without a pair cannot be forbidden, and is passed over.

    Args:
        world: the world.
    """
    found = []
    for kind in (*DRIVES, *DETECTORS):
        if {*kind.needs} <= {*world.features}:
            one = kind().affordances(world)
            left = np.logical_or.reduceat(~one.pursues, world.pair_ptr[:-1])
            if one.forks.any() and left.all():
                found.append((kind(), one))
    return tuple(found)


def drives_of(world: World) -> tuple[Affordance, ...]:
    """The affordances of `drive_parts`.

    Args:
        world: the world.
    """
    return tuple(one for _, one in drive_parts(world))


def problem_of(world: World, goals: int, seed: int, name: str) -> Problem:
    """The problem of a case: its uniform goals come from a stream of its own.

    Args:
        world: the world. goals: how many. seed, name: of the case.
    """
    rng = named_stream(seed, "goals", name)
    return Problem(world, Uniform().sample(world, goals, rng), DISCOUNT)


def placebos_of(
    world: World, drives: Sequence[Affordance], seed: int, name: str
) -> list[tuple[Affordance, float]]:
    """One placebo set of each drive under the drive's name, and its overlap with the drive.

    Each is drawn state by state as `measure.placebo_sets` says, outside the other drives' pairs. A
    drive beside whose pairs nothing else can be drawn has none.

    Args:
        world: the world. drives: all of its drives. seed, name: of the case.
    """
    found = []
    for one in drives:
        others = [other for other in drives if other is not one]
        rng = named_stream(seed, "placebo", f"{name} {one.drive}")
        pairs = placebo_sets(world, one, others, 1, rng)[0]
        if pairs.any():
            drawn = Affordance(one.drive, bools(pairs), forks_of(world, bools(pairs)))
            found.append((drawn, shared(world, one.pursues, drawn.pursues)))
    return found


def cells(problem: Problem, seed: int, name: str) -> list[Row]:
    """The cells of a world: every ordered pair of its drives, with the drive forbidden and its placebo.

    Args:
        problem: the world, its goals and the discount. seed, name: of the case.

    Returns:
        A row a cell: `i` (forbidden), `j` (read), `placebo` (0 or 1), `overlap` (of a placebo with its
        drive; 0), the features, the need and deed before, and the changes; each a mean over the goals.
    """
    drives = drives_of(problem.world)
    if len(drives) < 2:
        return []
    rows = [row_of(effect, 0, 0.0) for effect in cross_effects(problem, drives, drives)]
    drawn = placebos_of(problem.world, drives, seed, name)
    overlaps = {one.drive: overlap for one, overlap in drawn}
    effects = cross_effects(problem, [one for one, _ in drawn], drives) if drawn else ()
    return rows + [row_of(effect, 1, overlaps[effect.forbidden.drive]) for effect in effects]


def row_of(effect: CrossEffect, placebo: int, overlap: float) -> Row:
    """The row of one cell.

    Args:
        effect: what was found. placebo: whether a placebo was forbidden. overlap: with the drive.
    """
    changes = effect.changes
    told = {f"d_{name}": _mean(changes[name]) for name in TARGETS}
    return {
        "i": effect.forbidden.drive,
        "j": effect.before.drive,
        "placebo": placebo,
        "overlap": overlap,
        "goals": len(effect.before.iv),
        "untold": float(np.isnan(changes["loses"]).mean()),
        **features(effect.forbidden, effect.before),
        "shared": effect.shared,
        "required": float((effect.before.category == Category.REQUIRED).mean()),
        "least": float(effect.done.least.mean()),
        **told,
    }


def features(gone: InstrumentalValue, other: InstrumentalValue) -> dict[str, Any]:
    """What is known of a cell before anything is forbidden, but for the pairs that the two share.

    Of a goal with share `s_i` of the range lost without X_i, and a gap of 0 where it never stands at a fork:
    - c_i, c_j: the rate of goals that certainly lose 1 % of the range; both: that lose it by each.
    - share_i: the mean share. later_, never_: the means of both gaps.
    - affordable: the rate of goals that lose 1 % without X_i, do not without X_j, and would give less for
      taking X_j, by its gap now or never, than they lose: `s_i >= .01, s_j < .01, -never_j < s_i`.

    Args:
        gone, other: instrumental values of X_i and of J, nothing forbidden.
    """
    mine = loses(gone.share_low, gone.share_high, LEAST) == 1
    theirs = loses(other.share_low, other.share_high, LEAST) == 1
    met = ~np.isnan(other.gap_never)
    afford = mine & ~theirs & met & (-np.nan_to_num(other.gap_never) < gone.share)
    return {
        "c_i": float(mine.mean()),
        "share_i": float(gone.share.mean()),
        "later_i": _gap(gone.gap_later),
        "never_i": _gap(gone.gap_never),
        "c_j": float(theirs.mean()),
        "later_j": _gap(other.gap_later),
        "never_j": _gap(other.gap_never),
        "both": float((mine & theirs).mean()),
        "affordable": float(afford.mean()),
    }


def _gap(gap: Floats) -> float:
    return float(np.nan_to_num(gap).mean())


def _mean(change: Floats) -> float | None:
    told = floats(change[~np.isnan(change)])
    return float(told.mean()) if len(told) else None
