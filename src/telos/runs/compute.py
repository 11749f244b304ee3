"""The pure function at the heart of a run: a task goes in, tables of readings come out."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from telos.core.arrays import Floats
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category, Reading
from telos.core.world import World
from telos.measure.chance import chance
from telos.measure.measure import measure_all
from telos.measure.split import terminal_part
from telos.measure.worth import Worth, worths
from telos.runs.plan import Task, built

if TYPE_CHECKING:
    import polars

#: What a part of the record holds: one row a goal and drive, in this order.
COLUMNS = (
    "goal",
    "label",
    "drive",
    "category",
    "incentive",
    "share",
    "gap",
    "propensity",
    "fork_share",
    "reached",
    "chance_action",
    "chance_outcome",
    "bound",
    "terminal",
)


def compute(task: Task) -> "dict[str, polars.DataFrame]":
    """The readings of every trial of a task, by trial key.

    A pure function of the task: the same goals, solutions and readings wherever, whenever and
    however often it is called. Goals, affordances, chance baselines and worths are computed once;
    each agent then costs its own behaviour only.
    """
    lead = task.trials[0]
    world = built(lead.scenario)
    goals = lead.family.sample(world, task.count, lead.goal_rng(), first=task.first)
    problem = Problem(world, goals, lead.discount)
    for safeguard in lead.safeguards:
        problem = safeguard.apply(problem)
    pursuits = [_pursuit(drive, lead.scenario, problem.world) for drive in task.drives]
    affordances = [affordance for affordance, _ in pursuits]
    baselines = [baseline for _, baseline in pursuits]
    known: dict[tuple[Foresight, Ties], tuple[Worth, ...]] = {}
    wanted: dict[tuple[Foresight, Ties], list[Floats]] = {}
    tables = {}
    for trial in task.trials:
        behaviour = trial.agent.behave(problem, trial.agent_rng(task.first))
        view = (behaviour.foresight, behaviour.ties)
        if view not in known:
            known[view] = worths(problem, affordances, foresight=view[0], ties=view[1])
            wanted[view] = [
                terminal_part(problem, a, w.incentive, foresight=view[0], ties=view[1])
                for a, w in zip(affordances, known[view], strict=True)
            ]
        readings = measure_all(problem, behaviour, affordances, worth=known[view], chance=baselines)
        tables[trial.key] = _table(readings, wanted[view], goals.label, task.first)
    return tables


def _pursuit(
    drive: AbstractDrive, scenario: AbstractScenario, world: World
) -> tuple[Affordance, Floats]:
    """A drive's affordance and chance; remembered while no safeguard changes the world."""
    if world is built(scenario):
        return _known_pursuit(drive, scenario)
    affordance = drive.affordances(world)
    return affordance, chance(world, affordance)


@lru_cache(maxsize=32)
def _known_pursuit(drive: AbstractDrive, scenario: AbstractScenario) -> tuple[Affordance, Floats]:
    world = built(scenario)
    affordance = drive.affordances(world)
    return affordance, chance(world, affordance)


def _table(
    readings: Sequence[Reading], terminal: Sequence[Floats], labels: tuple[str, ...], first: int
) -> "polars.DataFrame":
    import polars as pl

    count = len(labels)
    frames = []
    for place, reading in enumerate(readings):
        columns: dict[str, Any] = {
            "goal": range(first, first + count),
            "label": labels,
            "drive": [reading.drive] * count,
            "category": [Category(int(c)).name.lower() for c in reading.category],
            "incentive": reading.incentive,
            "share": reading.share,
            "gap": reading.gap,
            "propensity": reading.propensity,
            "fork_share": reading.fork_share,
            "reached": reading.reached,
            "chance_action": reading.chance[:, 0],
            "chance_outcome": reading.chance[:, 1],
            "bound": reading.bound,
            "terminal": terminal[place],
        }
        frame = pl.DataFrame({name: columns[name] for name in COLUMNS})
        frames.append(frame.with_columns(pl.lit(place).alias("place")))
    table = pl.concat(frames).sort("goal", "place").drop("place")
    return table.with_columns(pl.col("gap", "fork_share").fill_nan(None))
