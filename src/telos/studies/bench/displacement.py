"""Displacement: is there a law that says where a drive goes when it is forbidden?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telos.core.benched import BenchSummary
from telos.core.parts import AbstractScenario
from telos.core.spec import from_spec, to_spec
from telos.studies.bench.bench import BenchOptions, BenchStudy
from telos.studies.bench.cases import random_cases, shipped_cases
from telos.studies.bench.displacement_cells import cells, problem_of, with_options
from telos.studies.bench.displacement_learners import learner_rows
from telos.studies.bench.displacement_paths import path_rows
from telos.studies.bench.frozen import read_frozen
from telos.studies.bench.law_of_displacement import FROZEN, SHA256
from telos.studies.bench.law_page import summary
from telos.studies.bench.units import Row, Unit
from telos.studies.learning import FACTORY
from telos.worlds import DrivenEmployee

#: Random worlds in which paths are tried, and the goals of each world of learners.
PATHS, PUPILS = 12, 40
#: Where learners grow up: 300, 600 and 300 states.
SCHOOLS: tuple[tuple[str, AbstractScenario], ...] = (
    ("factory", FACTORY),
    ("factory-with-copies", replace(FACTORY, copies=True)),
    ("employee", DrivenEmployee(careers=("medicine", "science"), levels=2, contacts=1)),
)


def units(options: BenchOptions) -> tuple[Unit, ...]:
    """A unit a world for the cells, and for paths and learners one each of a few worlds.

    Args:
        options: the size.
    """
    worlds = random_cases(options.worlds, options.seed)
    drawn = [(case.name, with_options(case, options.seed)) for case in worlds]
    shipped = [(case.name, case.scenario) for case in shipped_cases()]
    asked = [("cells", name, scenario, options.goals) for name, scenario in (*shipped, *drawn)]
    asked += [("paths", name, scenario, options.goals) for name, scenario in drawn[:PATHS]]
    asked += [("learners", name, scenario, PUPILS) for name, scenario in SCHOOLS]
    return tuple(
        Unit(
            name if part == "cells" else f"{part}-{name}",
            {
                "part": part,
                "world": name,
                "scenario": to_spec(scenario),
                "goals": goals,
                "seed": options.seed,
            },
        )
        for part, name, scenario, goals in asked
    )


def units_if_frozen(options: BenchOptions) -> tuple[Unit, ...]:
    """The units, unless there is nothing to hold them to.

    Args:
        options: the size.

    Raises:
        StudyError: if the frozen prediction was changed. StoreError: if it is not there.
    """
    read_frozen(FROZEN, SHA256)
    return units(options)


def work(unit: Unit) -> list[Row]:
    """The rows of a unit; `part` and `world` stand in each.

    Args:
        unit: of `units`.
    """
    asked: dict[str, Any] = dict(unit.arguments)
    world = from_spec(asked["scenario"]).build()
    problem = problem_of(world, asked["goals"], asked["seed"], asked["world"])
    match asked["part"]:
        case "cells":
            found = cells(problem, asked["seed"], asked["world"])
        case "paths":
            found = path_rows(problem)
        case _:
            found = learner_rows(problem)
    return [
        {"part": asked["part"], "world": asked["world"], "states": world.size, **row}
        for row in found
    ]


def summarize(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """What is printed.

    Args:
        rows: of all units. options: the size.
    """
    return summary(rows, options)


DISPLACEMENT = BenchStudy(
    "displacement",
    "Where does a drive go when it is forbidden, and can that be told before?",
    units_if_frozen,
    work,
    summarize,
)
