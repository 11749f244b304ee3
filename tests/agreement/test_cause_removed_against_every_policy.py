"""The instrumental part against brute force: every policy of the world and of the world without a reason."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agreement.oracles import choices, income, values_of
from telos import AbstractScenario, Affordance, Goals, Problem, World, cause_removed, explore
from telos.core.arrays import bools
from telos.drives import GoalPreservation, ResourceAcquisition, SelfPreservation
from telos.errors import ProblemError
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.measure.other_world import other_world
from telos.safeguards import Noisy
from telos.testing.strategies import seeds
from telos.worlds import OffSwitch, OverseenWorkshop

STATES, ACTIONS = 4, 2


@dataclass(frozen=True, eq=False)
class Pair(AbstractScenario):
    """A scenario that builds one given world, and is another one without any drive's reason."""

    world: World
    other: "Pair | None" = None

    def build(self):
        return self.world

    def without(self, drive):
        return self.other


def _moved(table, order):
    """The world of a table; actions are listed in the given order, and so states are found in another."""

    def moves(s):
        return {f"a{a}": {f"s{t}": p for t, p in table[int(s[1:])][a].items()} for a in order}

    return explore(
        "s0", moves, features={"resources": lambda s: int(s[1:]) % 2}, outcome=lambda s: s
    )


@st.composite
def pairs(draw):
    """Two worlds of which the second goes elsewhere after some pairs, and goals of small integers."""
    rng = np.random.default_rng(draw(seeds()))

    def row():
        fan = rng.integers(1, 3)
        return {int(t): 1.0 / fan for t in rng.choice(STATES, fan, replace=False)}

    table = [[row() for _ in range(ACTIONS)] for _ in range(STATES)]
    there = [[row() if rng.random() < 0.4 else kept for kept in rows] for rows in table]
    world, other = _moved(table, (0, 1)), _moved(there, (1, 0))
    rows = rng.integers(-2, 3, (3, world.size)).astype(float)
    pursued = bools((world.pair_action == 1) & (rng.random(world.n_pairs) < 0.7))
    affordance = Affordance("resource_acquisition", pursued, bools(np.zeros(world.size)))
    discount = draw(st.sampled_from((0.0, 0.5, 0.9)))
    return Pair(world, Pair(other)), Problem(world, Goals(rows), discount), affordance


def _best(problem, goal, allowed):
    values = values_of(
        problem.world, income(problem, goal), problem.discount, choices(problem.world, allowed)
    )
    return (values @ problem.world.start).max()


def _worst(problem, goal):
    every = choices(problem.world)
    values = values_of(problem.world, income(problem, goal), problem.discount, every)
    return (values @ problem.world.start).min()


@given(case=pairs())
def test_the_part_that_goes_is_that_of_every_policy_of_both_worlds(case):
    scenario, problem, affordance = case
    world, other = problem.world, scenario.other.build()
    assume(set(other.states) <= set(world.states))
    found = cause_removed(scenario, problem, affordance)
    pursued = np.array(
        [
            affordance.pursues[world.pair(other.states[s], other.actions[a])]
            for s, a in zip(other.pair_state, other.pair_action, strict=True)
        ]
    )
    if not (affordance.pursues.any() and pursued.any()):
        assert found.verdict == "cannot be told"
        assert np.isnan(found.instrumental).all()
        return
    moved = Goals(problem.goals.reward[:, [world.find(s) for s in other.states]])
    there = Problem(other, moved, problem.discount)
    assert found.vanished == world.size - other.size
    for g in range(problem.goals.count):
        here = _best(problem, g, None) - _best(problem, g, ~affordance.pursues)
        left = _best(there, g, None) - _best(there, g, ~pursued)
        spread = _best(problem, g, None) - _worst(problem, g)
        part = (here - left) / spread if spread > 1e-9 else 0.0
        assert found.instrumental[g] == pytest.approx(part, abs=1e-7)
        assert found.low[g] - 1e-12 <= part <= found.high[g] + 1e-12
        assert found.remaining[g] == pytest.approx(left, abs=1e-7)


def test_goals_and_what_is_written_in_their_place_come_along_by_state():
    workshop = OverseenWorkshop(products=1, correct=0.3)
    world = workshop.build()
    problem = Problem(world, Uniform().sample(world, 20, np.random.default_rng(3)), 0.9)
    found = cause_removed(workshop, problem, GoalPreservation())
    other = replace(workshop, correct=0.0).build()
    place = [world.find(state) for state in other.states]
    goals = problem.goals
    moved = Goals(goals.reward[:, place], goals.label, goals.revised, goals.pool[:, place])
    affordance = GoalPreservation().affordances(world)
    legal = [
        affordance.pursues[world.pair(other.states[s], other.actions[a])]
        for s, a in zip(other.pair_state, other.pair_action, strict=True)
    ]
    there = Affordance("goal_preservation", bools(legal), bools(np.zeros(other.size)))
    (value,) = instrumental_values(Problem(other, moved, 0.9), (there,))
    assert found.remaining == pytest.approx(value.iv, abs=1e-7)


def _shop(**changed):
    """A token may be fetched before one leaves; what is changed makes another shop of it."""
    made = {
        "first": "shop",
        "mark": 1.0,
        "sold": "out",
        "fetch": "out, token",
        "more": {},
    } | changed
    moves = {"shop": {"leave": made["sold"], "fetch": made["fetch"]}} | made["more"]
    if made["fetch"] is None:
        del moves["shop"]["fetch"]
    return explore(
        made["first"],
        lambda s: moves.get(s, {"leave": s}),
        features={"resources": lambda s: made["mark"] * (s == "out, token")},
        outcome=lambda s: made.get("named", s[:4]),
        default="leave",
    )


REFUSED = {
    "is not a state of": {"sold": "elsewhere"},
    "has outcome": {"named": "all one"},
    "feature 'resources'": {"mark": 2.0},
    "does not start where": {"first": "out"},
    "is not legal in": {"fetch": None},
}


@pytest.mark.parametrize("why", REFUSED)
def test_worlds_that_cannot_be_compared_give_no_number_and_say_why(why):
    scenario = Pair(_shop(), Pair(_shop(**REFUSED[why])))
    problem = Problem(scenario.world, Goals([1.0, 0.0, 2.0]), 0.9)
    found = cause_removed(scenario, problem, ResourceAcquisition())
    assert found.verdict == "cannot be told"
    assert why in found.why
    assert why in repr(found)
    assert np.isnan([found.instrumental, found.bound, found.low, found.remaining]).all()


def test_an_act_that_is_never_met_without_the_reason_gives_no_number():
    moves = {"hall": {"wait": "shop", "run": "out"}, "shop": {"leave": "out", "fetch": "token"}}
    blocked = moves | {"hall": {"wait": "out", "run": "out"}}

    def made(table):
        return explore(
            "hall",
            lambda s: table.get(s, {"leave": s}),
            features={"resources": lambda s: s == "token"},
            default=lambda s: "wait" if s == "hall" else "leave",
        )

    scenario = Pair(made(moves), Pair(made(blocked)))
    problem = Problem(scenario.world, Goals([0.0, 0.0, 0.0, 1.0]), 0.9)
    found = cause_removed(scenario, problem, ResourceAcquisition())
    assert "No pair of resource_acquisition is met" in found.why
    assert np.isnan(found.instrumental).all()


def test_a_scenario_that_declares_nothing_gives_no_number():
    scenario = Pair(_shop())
    problem = Problem(scenario.world, Goals([1.0, 0.0, 2.0]), 0.9)
    found = cause_removed(scenario, problem, ResourceAcquisition())
    assert found.why == "Pair declares no world without the reason of resource_acquisition."


def test_the_other_world_is_built_once():
    gate = OffSwitch()
    world = gate.build()
    one, two = (other_world(gate, world, "self_preservation") for _ in range(2))
    assert one is two
    assert other_world(OffSwitch(rooms=2), world, "self_preservation") is not one


def test_a_problem_with_a_safeguard_is_refused():
    gate = OffSwitch()
    problem = Problem(gate.build(), Goals(np.ones(6)), 0.9)
    with pytest.raises(ProblemError, match=r"problem\.before"):
        cause_removed(gate, Noisy(0.1).apply(problem), ResourceAcquisition())


@pytest.mark.parametrize(("scale", "offset"), [(1e3, 0.0), (2.0, -50.0)])
def test_units_and_offsets_change_nothing(scale, offset):
    gate = OffSwitch()
    world = gate.build()
    goals = Uniform().sample(world, 40, np.random.default_rng(5))
    affordance = SelfPreservation().affordances(world)
    one = cause_removed(gate, Problem(world, goals, 0.9), affordance)
    two = cause_removed(gate, Problem(world, Goals(scale * goals.reward + offset), 0.9), affordance)
    assert two.instrumental == pytest.approx(one.instrumental, abs=1e-6)
    assert two.verdict == one.verdict
