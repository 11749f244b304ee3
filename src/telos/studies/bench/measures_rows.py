"""Rows: every measure against every kind of agent in one world, goals held out, temperatures frozen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.problem import Problem
from telos.core.spec import from_spec, to_spec
from telos.core.world import World
from telos.families import Uniform
from telos.measure.placebo import named_stream
from telos.solve.forks import forks_of
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.cases import BenchCase, random_cases, shipped_cases
from telos.studies.bench.frozen import read_frozen
from telos.studies.bench.measures_predictors import Predictor, drives_in, own_goal, predictors
from telos.studies.bench.measures_scores import (
    Choices,
    acts_menu,
    bits_gained,
    choices,
    forks_menu,
    hit_rate,
    rank_correlation,
)
from telos.studies.bench.measures_targets import TARGETS, watched
from telos.studies.bench.units import Row, Unit

DISCOUNT = 0.95
#: Random worlds whose number is below this are of the first half; nothing of the others was frozen from.
HELD_OUT = 100
#: What is predicted: the act among all acts, or whether a drive is pursued at its forks.
QUESTIONS = {"acts": "which act", "drives": "whether a drive is pursued"}


def units(options: BenchOptions) -> tuple[Unit, ...]:
    """A unit a world: the shipped ones, half the random ones from the first half, half held out.

    Args:
        options: the size.
    """
    most = options.worlds - options.worlds // 2
    first = random_cases(min(most, HELD_OUT), options.seed)
    rest = random_cases(options.worlds - len(first), options.seed, first=HELD_OUT)
    return tuple(unit_of(case, options) for case in (*shipped_cases(), *first, *rest))


def unit_of(case: BenchCase, options: BenchOptions) -> Unit:
    """The unit of a world.

    Args:
        case: the world. options: goals and seed.
    """
    arguments = {
        "scenario": to_spec(case.scenario),
        "kind": case.kind,
        "goals": options.goals,
        "seed": options.seed,
    }
    return Unit(case.name, arguments)


@final
@dataclass(frozen=True, eq=False)
class Contest:
    """One question about one kind of agent in one world, and what every predictor gives to the options.

    Args:
        question: of `QUESTIONS`. target: key of the kind of agent. choices: what is chosen.
        scores: (key, F[O] or F[K, O], slack) of each predictor.
    """

    question: str
    target: str
    choices: Choices
    scores: tuple[tuple[str, Floats, float], ...]


def contests(unit: Unit) -> Iterator[Contest]:
    """Every question about every kind of agent in the world of a unit.

    Args:
        unit: scenario, goals and seed. Goals 0 to n - 1 make the predictors, goals n to 2n - 1 are predicted.
    """
    told = unit.arguments
    world: World = from_spec(told["scenario"]).build()
    count = int(told["goals"])
    # A stream of its own for each world: goals that worlds share would make them no independent clusters.
    drawn = Uniform().sample(world, 2 * count, named_stream(int(told["seed"]), "goals", unit.name))
    other, held_out = (
        Problem(world, drawn.take(ints(np.arange(first, first + count))), DISCOUNT)
        for first in (0, count)
    )
    drives = [(each.pursues, forks_of(world, each.pursues)) for each in drives_in(world)]
    menus = {"acts": acts_menu(world), "drives": forks_menu(world, drives)}
    known = [*predictors(other, int(told["seed"]), unit.name)]
    own = own_goal(held_out)
    for target in TARGETS:
        seen = watched(target, other, held_out)
        every = [*known, Predictor("habit", seen.habit, 1e-12, chances=True)]
        for question, menu in menus.items():
            if not len(menu.state):
                continue
            found = choices(menu, seen.policy, seen.time)
            blind = ((each.key, each.over(menu), each.slack) for each in every)
            aware = floats(menu.best(own.score[found.goals]))
            yield Contest(question, target.key, found, (*blind, (own.key, aware, own.slack)))


def work(unit: Unit) -> list[Row]:
    """The rows of a world: a line a question, kind of agent and predictor.

    Args:
        unit: see `contests`.
    """
    betas = frozen()["temperatures"]
    rows: list[Row] = []
    for each in contests(unit):
        found = each.choices
        for key, score, slack in each.scores:
            beta = betas[each.question][each.target].get(key)
            rows.append(
                {
                    "kind": unit.arguments["kind"],
                    "question": each.question,
                    "target": each.target,
                    "predictor": key,
                    "goals": found.count,
                    "uniform_bits": found.bits,
                    "tau": rank_correlation(found, score, slack),
                    "hit": hit_rate(found, score, slack),
                    "bits": None if beta is None else bits_gained(found, score, beta),
                }
            )
    return rows


FROZEN = Path(__file__).with_name("measures_frozen.json")
#: SHA-256 of the prediction, written down at the commit that froze it.
FROZEN_SHA256 = "0616ea24f1ee0dbda8d7f2f35e8194ddd7ea766ea16a0869a508663a18f10322"


def frozen() -> dict[str, Any]:
    """What was frozen before the held-out half was measured: temperatures, and which measure wins.

    Raises:
        StudyError: if the file is not the one that was committed.
    """
    return read_frozen(FROZEN, FROZEN_SHA256)
