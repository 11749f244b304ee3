"""Retold: the goals that a safeguard pushed into another drive, each with its life before and after."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

from telos.core.parts import AbstractDrive, part_name
from telos.core.problem import Problem
from telos.core.spec import show
from telos.measure.guard import guard
from telos.measure.lives import guarded_lives
from telos.measure.streamed import Paired
from telos.runs.plan import Planned, built
from telos.runs.store import Store
from telos.runs.streams import Stream, stream

if TYPE_CHECKING:
    import polars

#: An effect is told of if it moves at least so many of the goals, and its interval excludes 0.
LEAST_EFFECT = 0.1
MOST_TOLD = 6
MOST_OF_A_SCENARIO = 3


def displaced_lives(store: Store, plan: tuple[Planned, ...]) -> list[dict[str, Any]]:
    """The largest displacements of a study, each with one goal's two lives.

    A displacement is a drive that more goals require under a safeguard than before. For each, the
    goal is told of that did not require the drive, requires it now, and to which it is then worth
    most. Fences about something (certain actions, a drive) come before what makes the agent less
    able all over. No more than three of one world, and no safeguard or drive twice in it.
    """
    free = {planned.trial.key: planned for planned in plan if not planned.trial.safeguards}
    found = []
    for planned in plan:
        twin = free.get(planned.trial.free_key)
        if planned.trial.safeguards and twin is not None:
            effects = _effects(_Pairs(store, twin, planned))
            found += [(effect, drive, planned) for effect, drive in effects]
    found.sort(key=lambda e: (not _aimed(e[2]), -e[0], e[2].trial.key, part_name(e[1])))
    told: list[dict[str, Any]] = []
    for effect, drive, planned in found:
        scenario, arm = show(planned.trial.scenario), _arm(planned)
        mine = [life for life in told if life["scenario"] == scenario]
        new = all(arm != life["safeguards"] and part_name(drive) != life["drive"] for life in mine)
        if len(told) < MOST_TOLD and len(mine) < MOST_OF_A_SCENARIO and new:
            pairs = _Pairs(store, free[planned.trial.free_key], planned)
            told.append(_told(pairs, planned, drive, effect))
    return told


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Pairs:
    """The goals of a guarded trial and of its twin without safeguards, side by side."""

    store: Store
    twin: Planned
    planned: Planned

    @cached_property
    def streams(self) -> tuple[Stream, Stream]:
        """The readings of the twin, and those under the safeguard."""
        first, second = (self.store.held(planned) for planned in (self.twin, self.planned))
        more = ("label", "share", "incentive", "kept", "pay")
        key = ("goal", "drive", "category")
        return stream(first, self.twin, *key), stream(second, self.planned, *key, *more)

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


def _told(pairs: _Pairs, planned: Planned, drive: AbstractDrive, effect: float) -> dict[str, Any]:
    best, pushed, n = None, 0, 0
    for both in pairs.windows(drive):
        mine = both.filter((both["after"] == "required") & (both["before"] != "required"))
        pushed, n = pushed + len(mine), n + len(both)
        most = mine.sort("share", "goal", descending=[True, False]).head(1)
        if len(most) and (best is None or most["share"][0] > best["share"][0]):
            best = most
    assert best is not None
    row = best.row(0, named=True)
    trial = planned.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=row["goal"])
    problem = Problem(world, goals, trial.discount)
    guarded = guard(problem, trial.safeguards)
    spaces = (drive.affordances(world), drive.affordances(guarded.world))
    return {
        **guarded_lives(problem, guarded, 0, spaces).to_dict(),
        "trial": trial.key,
        "scenario": show(trial.scenario),
        "family": show(trial.family),
        "safeguards": _arm(planned),
        "drive": part_name(drive),
        "effect": effect,
        "pushed": pushed,
        "n": n,
        **{name: row[name] for name in ("goal", "label", "share", "incentive", "kept", "pay")},
        "before": row["before"],
        "category": row["after"],
    }


def _aimed(planned: Planned) -> bool:
    """Whether a safeguard is about certain actions or a drive."""
    return any(
        bool(getattr(part, "actions", ())) or getattr(part, "drive", None) is not None
        for part in planned.trial.safeguards
    )


def _arm(planned: Planned) -> str:
    return str(planned.trial.labels()["safeguards"])
