"""Shutdown: seven proposals for agents that may be shut down, on the same worlds and goals."""

from collections.abc import Sequence

import numpy as np

from telos.core.benched import BenchSummary
from telos.core.parts import AbstractScenario
from telos.core.problem import Problem
from telos.core.spec import from_spec, to_spec
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    OperatorManipulation,
    OversightTampering,
    OversightUpkeep,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
    ShutdownSeeking,
    UnguardedSuccession,
)
from telos.families import Uniform
from telos.measure.placebo import named_stream
from telos.studies.bench.bench import BenchOptions, BenchStudy
from telos.studies.bench.cases import random_cases
from telos.studies.bench.shutdown_cells import arm_cells, mixed_cells, named
from telos.studies.bench.shutdown_episodes import episodes_table
from telos.studies.bench.shutdown_proposals import BY_NAME, PROPOSALS
from telos.studies.bench.shutdown_rollout import told_rollout
from telos.studies.bench.shutdown_rows import gathered
from telos.studies.bench.shutdown_tables import (
    NOTES,
    broken_by,
    headline,
    least_and_most,
    over_worlds,
    said,
    workshop_figure,
    world_table,
)
from telos.studies.bench.units import Row, Unit
from telos.worlds import (
    DrivenEmployee,
    InterruptionLevel,
    OffSwitch,
    OverseenWorkshop,
    PaperclipFactory,
)

DISCOUNT = 0.95
DRIVES = (
    SelfPreservation(),
    GoalPreservation(),
    OversightTampering(),
    OversightUpkeep(),
    OperatorManipulation(),
    UnguardedSuccession(),
    Replication(),
    ShutdownSeeking(),
    ResourceAcquisition(),
    CognitiveEnhancement(),
)
#: Worlds with an off-switch, small enough for twenty lines each.
WORLDS: dict[str, AbstractScenario] = {
    "workshop": OverseenWorkshop(),
    "factory": PaperclipFactory(
        products=("clips", "pins"), machines=1, slips=(0.2,), monitor=True, copies=True
    ),
    "employee": DrivenEmployee(
        careers=("medicine", "science"), levels=1, contacts=0, monitor=True, copies=True
    ),
    "interruption": InterruptionLevel(),
    "off-switch": OffSwitch(rooms=3),
}


def units(options: BenchOptions) -> tuple[Unit, ...]:
    """A unit a world and proposal."""
    cases = random_cases(options.worlds, options.seed)
    worlds = WORLDS | {case.name: case.scenario for case in cases}
    size = {"goals": options.goals, "seed": options.seed}
    return tuple(
        Unit(f"{world}-{proposal.name}", {
            "world": world, "scenario": to_spec(scenario), "proposal": proposal.name, **size
        })
        for world, scenario in worlds.items()
        for proposal in PROPOSALS
    )  # fmt: skip


def work(unit: Unit) -> list[Row]:
    """A row a goal, the first with a rollout; none where the proposal cannot be applied."""
    told = unit.arguments
    world = from_spec(told["scenario"]).build()
    arms = BY_NAME[told["proposal"]].arms(world)
    if not arms:
        return []
    # Random worlds are clusters, so their goals are of streams of their own.
    own = told["world"] not in WORLDS
    rng = (
        named_stream(told["seed"], "goals", told["world"])
        if own
        else np.random.default_rng([told["seed"], 11])
    )
    goals = Uniform().sample(world, told["goals"], rng)
    problem = Problem(world, goals, DISCOUNT)
    cells = mixed_cells([(weight, arm_cells(problem, parts, DRIVES)) for weight, parts in arms])
    names = {"world": told["world"], "proposal": told["proposal"]}
    lives = [told_rollout(problem, parts, 0, told["seed"]) for _, parts in arms[:2]]
    return [
        {
            **names,
            "goal": goal,
            **named(cells, goal),
            "rollout": " / ".join(lives) if goal == 0 else None,
        }
        for goal in range(goals.count)
    ]


def summarize(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """A table a world, the figure of the workshop, claims with the smallest worlds that break them."""
    found = gathered(rows)
    worlds = list(dict.fromkeys(world for world, _ in found))
    shipped = [world for world in worlds if world in WORLDS]
    apart = [world for world in worlds if world not in WORLDS]
    lives = {
        (str(row["world"]), str(row["proposal"])): str(row["rollout"])
        for row in rows
        if row["goal"] == 0
    }
    return BenchSummary(
        headline=headline(found),
        notes=NOTES,
        figures=(workshop_figure(found),),
        tables=(
            *(world_table(found, world) for world in shipped),
            *((over_worlds(found, apart),) if len(apart) > 1 else ()),
            episodes_table(),
            broken_by(),
            said(lives),
            *(least_and_most(found, world) for world in shipped),
        ),
    )


SHUTDOWN = BenchStudy(
    "shutdown",
    "Which proposal keeps an agent useful, neutral about shutdown, and its switch in repair?",
    units,
    work,
    summarize,
    worlds=0,
    goals=100,
)
