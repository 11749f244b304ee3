"""What the measures of controls are handed may be anything: it is used, or named with a remedy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from telos import (
    Behavior,
    Problem,
    agents,
    cause_removed,
    convergence,
    drives,
    explore,
    families,
    measure,
    worlds,
)
from telos.core.errors import ProblemError
from telos.measure import intervals
from telos.measure.acts import acts_of, feature_future
from telos.measure.instrumental_value import instrumental_values

SOME = np.array([0.1, 0.2])
TWO = np.zeros((2, 20))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intervals.mean_interval(SOME, level="x"), "level is 'x'; give a"),
        (lambda: intervals.mean_interval(SOME, level=None), "level is None; give a"),
        (lambda: intervals.mean_interval(SOME, level=1), "level is 1; give a number between"),
        (lambda: intervals.mean_interval(SOME, tests=np.nan), "tests is nan; give an integer"),
        (lambda: intervals.mean_interval(SOME, tests=10**400), "give 1 to"),
        (lambda: intervals.mean_interval("x"), "value is 'x'; give real numbers"),
        (lambda: intervals.mean_interval(np.ones((2, 2))), r"shape \(2, 2\); give one number a"),
        (lambda: intervals.mean_interval(SOME, -np.inf, np.inf), "edges are -inf and inf"),
        (lambda: intervals.mean_interval(SOME, -1.7e308, 1.7e308), "edges are -1.7e"),
        (lambda: intervals.sums_interval(3, 9, 9), "total is 9 of 3 numbers; give one from 0 to 3"),
        (lambda: intervals.sums_interval(3, np.nan, 1), "total is nan"),
        (lambda: intervals.sums_interval(3, 3, 0), "squares is 0 of 3 numbers"),
        (lambda: intervals.sums_interval(-1, 0, 0), "n is -1; give 0"),
        (lambda: intervals.difference_interval([np.inf], [np.inf]), "a value is infinite"),
        (lambda: intervals.quantile_interval(SOME, "x"), "q is 'x'; give a real number"),
        (lambda: intervals.proportion_interval(5, 3), "count is 5; give 0 to 3"),
        (lambda: intervals.proportion_interval(-1, 3), "count is -1; give 0 to 3"),
        (lambda: intervals.proportion_interval(np.nan, 3), "count is nan; give an integer"),
        (lambda: intervals.proportion_interval("x", 3), "count is 'x'; give an integer"),
        (lambda: intervals.proportion_interval(2, 3, unresolved=2), "both is 4; give 0 to 3"),
        (lambda: intervals.excess_interval(np.array([3.0]), TWO[:1]), "value 0 is 3"),
    ],
)
def test_an_interval_is_of_what_can_be(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        call()


def test_goals_without_a_number_are_left_out_of_an_excess() -> None:
    own = np.array([1.0, 1.0, 0.0, np.nan])
    draws = np.zeros((4, 20))
    draws[1, 3] = np.nan
    left = intervals.excess_interval(own[[0, 2]], draws[[0, 2]])
    assert intervals.excess_interval(own, draws) == left
    nothing = intervals.excess_interval(np.full(2, np.nan), TWO)
    assert nothing == (-1.0, 1.0)


@pytest.fixture(scope="module")
def case() -> tuple[worlds.OverseenWorkshop, Problem, Behavior]:
    scenario = worlds.OverseenWorkshop(products=1)
    world = scenario.build()
    goals = families.Uniform().sample(world, 10, np.random.default_rng(0))
    problem = Problem(world, goals, 0.9)
    return scenario, problem, agents.Optimal().behave(problem, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"draws": "x"}, "measure, draws is 'x'; give an integer"),
        ({"draws": 20.0}, "measure, draws is 20.0; write the integer 20"),
        ({"draws": 10**13}, "give 1 to 100,000"),
        ({"others": None}, "measure, others: None is not a list"),
        ({"others": [3]}, r"measure, others\[0\]: an Affordance is wanted, got 3"),
        ({"others": [drives.GoalPreservation()]}, r"drive.affordances\(world\)"),
    ],
)
def test_measure_names_what_its_placebo_cannot_use(case, asked: Any, message: str) -> None:  # type: ignore[no-untyped-def]
    _, problem, behavior = case
    own = drives.SelfPreservation().affordances(problem.world)
    with pytest.raises(ProblemError, match=message):
        measure(problem, behavior, own, **asked)


def test_a_drive_of_another_world_or_a_value_of_other_goals_is_refused(case) -> None:  # type: ignore[no-untyped-def]
    scenario, problem, behavior = case
    own = drives.SelfPreservation().affordances(problem.world)
    other = drives.SelfPreservation().affordances(worlds.OffSwitch().build())
    with pytest.raises(ProblemError, match=r"is of a world of .* pairs"):
        cause_removed(scenario, problem, other)
    with pytest.raises(ProblemError, match=r"is of a world of .* pairs"):
        measure(problem, behavior, own, others=[other])
    (value,) = instrumental_values(problem.take(np.arange(3)), (own,))
    with pytest.raises(ProblemError, match=r"it is of 3 goals, and the problem has 10"):
        cause_removed(scenario, problem, own, value=value)
    with pytest.raises(ProblemError, match="an InstrumentalValue is wanted"):
        cause_removed(scenario, problem, own, value=3)  # type: ignore[arg-type]


def test_convergence_of_more_goals_than_fit_is_refused() -> None:
    rng, parts = np.random.default_rng(0), (families.Uniform(), agents.Optimal())
    with pytest.raises(ProblemError, match="give at most 1,000,000"):
        convergence(worlds.OffSwitch(), *parts, discount=0.9, n=10**30, rng=rng)


def test_cells_far_from_the_origin_keep_their_own_names() -> None:
    far = 10**7

    def moves(column: int) -> dict[str, int]:
        return {"stay": column, "right": min(column + 1, far + 3), "left": max(column - 1, far)}

    place = {"row": lambda s: 0, "column": lambda s: s}
    found = acts_of(explore(far, moves, features=place, default="stay"))
    assert len({act.name for act in found}) == 4
    assert found[0].name == "enter (0, 10000000)"


@pytest.mark.parametrize("size", [1e308, 1e-310])
def test_the_future_of_a_feature_is_that_of_its_units(size: float) -> None:
    def of(unit: float):  # type: ignore[no-untyped-def]
        both = {"x": lambda s: unit if s == "a" else -unit}
        moves = {"stay": "a", "go": {"a": 0.5, "b": 0.5}}
        world = explore("a", lambda s: moves if s == "a" else {"stay": s}, features=both)
        return feature_future(world, world.feature("x"), 0.95)

    assert of(2.0**1023 if size > 1 else 2.0**-1030).tolist() == of(1.0).tolist()
    assert np.isfinite(of(size)).all()
