"""Retold: the goals that a safeguard pushed into another drive, each with its life before and after."""

from typing import TYPE_CHECKING, Any

from telos.core.parts import AbstractDrive, part_name
from telos.core.problem import Problem
from telos.core.spec import show
from telos.measure.guard import guard
from telos.measure.intervals import paired_interval
from telos.measure.lives import guarded_lives
from telos.runs.plan import Planned, built
from telos.runs.store import Store
from telos.runs.tables import scan

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
            found += [(effect, drive, planned) for effect, drive in _effects(store, twin, planned)]
    found.sort(key=lambda e: (not _aimed(e[2]), -e[0], e[2].trial.key, part_name(e[1])))
    told: list[dict[str, Any]] = []
    for effect, drive, planned in found:
        scenario, arm = show(planned.trial.scenario), _arm(planned)
        mine = [life for life in told if life["scenario"] == scenario]
        new = all(arm != life["safeguards"] and part_name(drive) != life["drive"] for life in mine)
        if len(told) < MOST_TOLD and len(mine) < MOST_OF_A_SCENARIO and new:
            told.append(_told(store, free[planned.trial.free_key], planned, drive, effect))
    return told


def _effects(store: Store, twin: Planned, planned: Planned) -> list[tuple[float, AbstractDrive]]:
    """Each drive that clearly more goals require than before, with how many more."""
    effects = []
    for drive in planned.drives:
        both = _pairs(store, twin, planned, drive)
        if both is None:
            continue
        old, new = (
            (both[column] == "required").cast(float).to_numpy() for column in ("before", "after")
        )
        effect = float(new.mean() - old.mean())
        if effect >= LEAST_EFFECT and paired_interval(old, new).low > 0:
            effects.append((effect, drive))
    return effects


def _pairs(
    store: Store, twin: Planned, planned: Planned, drive: AbstractDrive
) -> "polars.DataFrame | None":
    """The goals of both trials: category before and after, and the share afterwards."""
    import polars as pl

    first, second = scan(store, twin), scan(store, planned)
    if first is None or second is None:
        return None
    mine = pl.col("drive") == part_name(drive)
    before = first.filter(mine).select("goal", pl.col("category").alias("before"))
    after = second.filter(mine).select(
        "goal", "label", pl.col("category").alias("after"), "share", "incentive", "kept", "pay"
    )
    return after.join(before, on="goal").sort("goal").collect()


def _told(
    store: Store, twin: Planned, planned: Planned, drive: AbstractDrive, effect: float
) -> dict[str, Any]:
    both = _pairs(store, twin, planned, drive)
    assert both is not None
    pushed = both.filter((both["after"] == "required") & (both["before"] != "required"))
    row = pushed.sort("share", "goal", descending=[True, False]).row(0, named=True)
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
        "pushed": len(pushed),
        "n": len(both),
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
