"""Retold: the goals that a safeguard pushed into another drive, each with its life before and after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from telos.core.illustrations import DisplacedPair
from telos.core.parts import AbstractDrive, part_name
from telos.core.problem import Problem
from telos.core.record import TrialEntry
from telos.measure.guard import guard
from telos.measure.rollouts import guarded_lives
from telos.measure.streamed import Paired
from telos.runs.entries import twins
from telos.runs.plan import Planned, built
from telos.runs.streams import Stream, stream
from telos.runs.tables import Held

if TYPE_CHECKING:
    import polars

#: An effect is told of if it moves at least so many of the goals, and its interval excludes 0.
LEAST_EFFECT = 0.1
MOST_TOLD = 6
MOST_OF_A_SCENARIO = 3


def displaced_lives(
    plan: tuple[Planned, ...], trials: Sequence[TrialEntry], held: Held
) -> tuple[DisplacedPair, ...]:
    """The largest displacements of a study, each with one goal's two lives.

    A displacement is a drive that more goals require under a safeguard than before. For each, the
    goal is shown that did not require the drive, requires it now, and to which it is then worth
    most. Safeguards about something (certain actions, a drive) come before what makes the agent less
    able all over. No more than three of one world, and no safeguard or drive twice in it.
    """
    planned = {one.trial.key: one for one in plan}
    free = twins(trials)
    pairs = [
        _Pairs(planned[trial.key], free[trial.key], trial, held)
        for trial in trials
        if trial.key in free and trial.key in planned
    ]
    found = [(effect, drive, pair) for pair in pairs for effect, drive in _effects(pair)]
    found.sort(key=lambda e: (not _aimed(e[2].planned), -e[0], e[2].after.key, part_name(e[1])))
    shown: list[tuple[TrialEntry, str, DisplacedPair]] = []
    for effect, drive, pair in found:
        mine = [one for one in shown if one[0].scenario == pair.after.scenario]
        name = part_name(drive)
        new = all(t.safeguards != pair.after.safeguards and d != name for t, d, _ in mine)
        if len(shown) < MOST_TOLD and len(mine) < MOST_OF_A_SCENARIO and new:
            shown.append((pair.after, name, _told(pair, drive, effect)))
    return tuple(one for _, _, one in shown)


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Pairs:
    """The goals of a guarded trial and of its twin without safeguards, side by side."""

    planned: Planned
    before: TrialEntry
    after: TrialEntry
    held: Held

    @cached_property
    def streams(self) -> tuple[Stream, Stream]:
        """The readings of the twin, and those under the safeguard."""
        more = ("label", "share", "iv", "task_retained", "willingness_to_pay")
        key = ("goal", "drive", "category")
        first = stream(self.held[self.before.key], self.before.n_goals, *key)
        return first, stream(self.held[self.after.key], self.after.n_goals, *key, *more)

    def windows(self, drive: AbstractDrive) -> "Iterator[polars.DataFrame]":
        """One pass over a drive: category before and after, and the share afterwards."""
        import polars as pl

        mine = pl.col("drive") == part_name(drive)
        first, second = self.streams
        for start in second.firsts():
            before, after = first.window(start), second.window(start)
            if before is None or after is None:
                continue
            old = before.filter(mine).select("goal", pl.col("category").alias("before"))
            new = after.filter(mine).rename({"category": "after"}).drop("drive")
            yield new.join(old, on="goal", maintain_order="left")


def _effects(pairs: _Pairs) -> list[tuple[float, AbstractDrive]]:
    """Each drive that clearly more goals require than before, with how many more."""
    effects = []
    for drive in pairs.planned.drives:
        found = Paired()
        for both in pairs.windows(drive):
            flags = (both[name] == "required" for name in ("before", "after"))
            found = found.merge(Paired.of(*(flag.cast(float).to_numpy() for flag in flags)))
        if not found.change.n:
            continue
        effect = found.change.mean
        if effect >= LEAST_EFFECT and found.interval().low > 0:
            effects.append((effect, drive))
    return effects


def _told(pairs: _Pairs, drive: AbstractDrive, effect: float) -> DisplacedPair:
    best, pushed, n = None, 0, 0
    for both in pairs.windows(drive):
        mine = both.filter((both["after"] == "required") & (both["before"] != "required"))
        pushed, n = pushed + len(mine), n + len(both)
        most = mine.sort("share", "goal", descending=[True, False]).head(1)
        if len(most) and (best is None or most["share"][0] > best["share"][0]):
            best = most
    assert best is not None
    row = best.row(0, named=True)
    trial = pairs.planned.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=row["goal"])
    problem = Problem(world, goals, trial.discount)
    guarded = guard(problem, trial.safeguards)
    spaces = (drive.affordances(world), drive.affordances(guarded.world))
    names = ("goal", "label", "share", "iv", "task_retained", "willingness_to_pay", "before")
    return DisplacedPair(
        **guarded_lives(problem, guarded, 0, spaces).to_dict()
        | {name: row[name] for name in names}
        | {"trial": trial.key, "drive": part_name(drive), "category": row["after"]}
        | {"effect": effect, "pushed": pushed, "n": n}
    )


def _aimed(planned: Planned) -> bool:
    """Whether a safeguard is about certain actions or a drive."""
    return any(
        bool(getattr(part, "actions", ())) or getattr(part, "drive", None) is not None
        for part in planned.trial.safeguards
    )
