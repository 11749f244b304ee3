"""The pure function at the heart of a run: a task goes in, tables of readings come out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Floats, Ints
from telos.core.behavior import Behavior
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category, Reading
from telos.core.world import World
from telos.measure.chance import chance
from telos.measure.guard import (
    COMMONS,
    guard,
    left_for_others,
    task_retained,
    unaware_policy,
)
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.measure import measure_all
from telos.measure.removal_incentives import removal_incentives, willingness_to_pay
from telos.measure.split import terminal_parts
from telos.runs.plan import Task, built
from telos.runs.trial import Trial
from telos.solve.policies import reach

if TYPE_CHECKING:
    import polars

#: What a part of the record holds: one row a goal and drive, in this order.
COLUMNS = (
    "goal",
    "label",
    "drive",
    "category",
    "iv",
    "share",
    "gap",
    "propensity",
    "fork_share",
    "reached",
    "baseline_actions",
    "baseline_outcomes",
    "bound",
    "terminal",
    "propensity_unaware",
    "task_retained",
    "task_retained_unaware",
    "others",
    "willingness_to_pay",
    "willingness_bound",
    "removal_incentive",
)

#: Columns that are entries of a `Reading`.
READ = ("share", "gap", "propensity", "fork_share", "reached", "bound")

#: Columns that say how a goal fares under the safeguards; the same on its row of each drive.
LIVED = (
    "task_retained",
    "task_retained_unaware",
    "others",
    "willingness_to_pay",
    "willingness_bound",
)


def compute(task: Task) -> "dict[str, polars.DataFrame]":
    """The readings of every trial of a task, by trial key.

    A pure function of the task: the same goals, solutions and readings wherever, whenever and
    however often it is called. Goals, affordances, chance baselines and worths are computed once;
    each agent then costs its own behavior only.
    """
    lead = task.trials[0]
    world = built(lead.scenario)
    goals = lead.family.sample(world, task.count, lead.goal_rng(), first=task.first)
    problem = Problem(world, goals, lead.discount)
    guarded = guard(problem, lead.safeguards)
    seen = guarded.as_planned()
    pursuits = [_pursuit(drive, guarded.world) for drive in task.drives]
    affordances = [affordance for affordance, _ in pursuits]
    baselines = [baseline for _, baseline in pursuits]
    prices = _prices(problem, lead.safeguards)
    known: dict[tuple[Foresight, Ties], tuple[InstrumentalValue, ...]] = {}
    wanted: dict[tuple[Foresight, Ties], list[Floats]] = {}
    tables = {}
    for trial in task.trials:
        behavior = trial.agent.behave(guarded, trial.agent_rng())
        view = (behavior.foresight, behavior.ties)
        if view not in known:
            known[view] = instrumental_values(seen, affordances, foresight=view[0], ties=view[1])
            incentives = [worth.incentive for worth in known[view]]
            wanted[view] = terminal_parts(
                seen, affordances, incentives, foresight=view[0], ties=view[1]
            )
        readings = measure_all(guarded, behavior, affordances, worth=known[view], chance=baselines)
        lived = {**_lived(trial, problem, guarded, behavior), **prices}
        surprised = _surprised(readings, affordances, lived.pop("filtered"), guarded.world)
        tables[trial.key] = _table(
            readings, wanted[view], surprised, lived, goals.label, task.first
        )
    return tables


def _lived(trial: Trial, problem: Problem, guarded: Problem, behavior: Behavior) -> dict[str, Any]:
    """What is left of the task, and for others, and what an agent that knows of no safeguard does."""
    found: dict[str, Any] = {
        "task_retained": task_retained(guarded, behavior.policy),
        "others": None,
    }
    if COMMONS in problem.world.features:
        found["others"] = left_for_others(guarded, behavior.policy)
    found |= {"task_retained_unaware": found["task_retained"], "filtered": None}
    if trial.safeguards:
        free = trial.agent.behave(problem, trial.agent_rng())
        found["filtered"] = unaware_policy(guarded, free.policy)
        found["task_retained_unaware"] = task_retained(guarded, found["filtered"])
    return found


def _surprised(
    readings: Sequence[Reading],
    affordances: Sequence[Affordance],
    filtered: Floats | None,
    world: World,
) -> list[Floats]:
    """The propensities of the agent that knows of no safeguard; the agent's own if there is none."""
    if filtered is None:
        return [reading.propensity for reading in readings]
    return [reach(world, filtered, affordance.pursues) for affordance in affordances]


def _prices(problem: Problem, safeguards: tuple[AbstractSafeguard, ...]) -> dict[str, Any]:
    """What the goals would pay to be rid of the safeguards, as a whole and part by part."""
    if not safeguards:
        return {"willingness_to_pay": None, "willingness_bound": None, "removal_incentive": None}
    whole = willingness_to_pay(problem, safeguards)
    parts = (
        removal_incentives(problem, safeguards).paid if len(safeguards) > 1 else whole.paid[None]
    )
    return {
        "willingness_to_pay": whole.paid,
        "willingness_bound": whole.bound,
        "removal_incentive": parts.T.tolist(),
    }


_pursuits: "WeakKeyDictionary[World, dict[AbstractDrive, tuple[Affordance, Floats]]]"
_pursuits = WeakKeyDictionary()


def _pursuit(drive: AbstractDrive, world: World) -> tuple[Affordance, Floats]:
    """A drive's affordance and chance, remembered as long as the world lives: chunks share worlds."""
    known = _pursuits.setdefault(world, {})
    if drive not in known:
        affordance = drive.affordances(world)
        known[drive] = affordance, chance(world, affordance)
    return known[drive]


def _table(
    readings: Sequence[Reading],
    terminal: Sequence[Floats],
    surprised: Sequence[Floats],
    lived: dict[str, Any],
    labels: tuple[str, ...],
    first: int,
) -> "polars.DataFrame":
    import polars as pl

    drives, count = len(readings), len(labels)
    kinds = sorted(Category)
    names = pl.Series([category.name.lower() for category in kinds])
    chances = np.array([reading.chance for reading in readings])
    columns: dict[str, Any] = {
        "goal": np.repeat(np.arange(first, first + count), drives),
        "label": pl.Series(labels, dtype=pl.String).gather(np.repeat(np.arange(count), drives)),
        "drive": pl.Series([reading.drive for reading in readings] * count, dtype=pl.String),
        "category": names.gather(_woven([reading.category - kinds[0] for reading in readings])),
        "iv": _woven([reading.incentive for reading in readings]),
        "baseline_actions": _woven(chances[..., 0]),
        "baseline_outcomes": _woven(chances[..., 1]),
        "terminal": _woven(terminal),
        "propensity_unaware": _woven(surprised),
    }
    for name in READ:
        columns[name] = _woven([getattr(reading, name) for reading in readings])
    for name in (*LIVED, "removal_incentive"):
        kind: Any = pl.List(pl.Float64) if name == "removal_incentive" else pl.Float64
        values = [None] * count if lived[name] is None else lived[name]
        alike = pl.Series(values, dtype=kind)
        columns[name] = alike.gather(np.repeat(np.arange(count), drives))
    table = pl.DataFrame({name: columns[name] for name in COLUMNS})
    return table.with_columns(
        pl.col("gap", "fork_share", "task_retained", "task_retained_unaware").fill_nan(None)
    )


def _woven(rows: Sequence[Floats] | Floats | Sequence[Ints]) -> NDArray[Any]:
    """One row a drive, F[D, G], as one column that goes from goal to goal and then to the drives."""
    return np.array(rows).T.ravel()
