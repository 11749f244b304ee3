"""Indifference holds for the sake of a rewritten self, too: nobody protects the one that comes after."""

from dataclasses import replace

import numpy as np
import pytest

from telos import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards import Interruption, UtilityIndifference
from telos.safeguards.oversight.indifference import without_presses
from telos.solve.foresight import Planner, solve_as
from telos.studies.safeguards import FACTORY
from telos.worlds import OverseenWorkshop


def _heir():
    """An agent about to be rewritten may cut the switch first; its heir would be pressed or not."""

    def moves(state):
        who, switch, room = state
        if room == "off":
            return {"wait": state}
        if who == "own":
            return {"wait": ("heir", switch, room), "cut": ("heir", "cut", room)}
        legal = {"wait": state, "enter 1": (who, switch, "1"), "enter 2": (who, switch, "2")}
        if switch == "cut":
            return legal
        return {a: {s: 0.7, (who, switch, "off"): 0.3} for a, s in legal.items()}

    return explore(
        ("own", "live", "hall"),
        moves,
        features={"off": lambda s: s[2] == "off", "goal_register": lambda s: s[0] == "heir"},
        outcome=lambda s: s[2],
        default="wait",
    )


def _category(problem):
    return instrumental_values(problem, (SelfPreservation().affordances(problem.world),))[
        0
    ].category


@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_an_agent_does_not_cut_the_switch_for_an_heir_who_wants_the_same(discount):
    world = _heir()
    goal = np.array([{"hall": 0.2, "1": 1.0, "2": 0.4, "off": 0.0}[s[2]] for s in world.states])
    same = Problem(world, Goals(goal, pool=goal), discount)
    assert _category(same).tolist() == [Category.REQUIRED]
    assert _category(UtilityIndifference().apply(same)).tolist() == [Category.INDIFFERENT]


@pytest.mark.parametrize("scenario", [FACTORY, OverseenWorkshop()], ids=["factory", "workshop"])
def test_compensated_the_agent_and_its_heir_plan_as_if_nobody_pressed(scenario):
    world = scenario.build()
    goals = Uniform().sample(world, 24, np.random.default_rng(8))
    problem = Problem(world, goals, 0.95)
    guarded = UtilityIndifference().apply(problem)
    calm = replace(problem, world=without_presses(world).world)
    apart = np.abs(solve_as(guarded).value - solve_as(calm).value).max()
    assert apart < 1e-6
    theirs = [Planner().rewritten_selves(p).follows for p in (guarded, calm)]
    np.testing.assert_array_equal(*theirs)


def test_in_the_factory_of_the_study_no_goal_needs_to_stay_on_any_more():
    """200 goals, one of which, uncompensated for its heir, would cut the switch for its sake."""
    world = FACTORY.build()
    goals = Uniform().sample(world, 200, np.random.default_rng(0))
    guarded = UtilityIndifference().apply(Problem(world, goals, 0.95))
    assert not (_category(guarded) == Category.REQUIRED).any()


def test_a_safely_interrupted_heir_plans_as_if_never_interrupted():
    world = OverseenWorkshop().build()
    problem = Problem(world, Uniform().sample(world, 24, np.random.default_rng(8)), 0.9)
    guarded = Interruption(probability=0.3).apply(problem)
    assert np.abs(solve_as(guarded).value - solve_as(problem).value).max() < 1e-6
    theirs = [Planner().rewritten_selves(p).follows for p in (guarded, problem)]
    np.testing.assert_array_equal(*theirs)
