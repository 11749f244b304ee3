"""What goes with a drive's reason, and what does not: anchors of THEORY 10.3 and closed forms."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from telos import AbstractScenario, Problem, cause_removed, drives, explore, worlds
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values

G = 0.95
FACTORY = worlds.PaperclipFactory(
    products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1)
)
SMALL = worlds.PaperclipFactory(products=("clips",), machines=1, slips=(0.22, 0.1))
WORKSHOP = worlds.OverseenWorkshop(products=2)


def _problem(scenario, n=100, discount=G, seed=0):
    world = scenario.build()
    return Problem(world, Uniform().sample(world, n, np.random.default_rng(seed)), discount)


def _by_outcome(problem):
    """{outcome: F[G]}, what each goal pays for it."""
    world = problem.world
    first = {world.outcomes[k]: s for s, k in reversed(list(enumerate(world.outcome.tolist())))}
    return {name: problem.goals.reward[:, s] for name, s in first.items()}


@dataclass(frozen=True)
class Stall(AbstractScenario):
    """`resources` are had where something is sold, and open nothing."""

    def build(self):
        moves = {"s": {"wait": "a", "sell": "b"}}
        return explore(
            "s",
            lambda s: moves.get(s, {"wait": s}),
            features={"resources": lambda s: s == "b"},
            default="wait",
        )

    def without(self, drive):
        return self


def test_resources_that_open_nothing_are_needed_by_half_the_goals_and_instrumental_to_none():
    problem = _problem(Stall(), n=2000)
    affordance = drives.ResourceAcquisition().affordances(problem.world)
    (value,) = instrumental_values(problem, (affordance,))
    found = cause_removed(Stall(), problem, affordance, value=value)
    # P(b is better than a) is 1/2; four standard errors of 2000 goals are .045.
    assert 0.455 < (value.iv > value.bound).mean() < 0.545
    assert (np.abs(found.instrumental) <= found.bound).all()
    assert found.bound.max() < 1e-6
    assert found.verdict == "confounded"
    assert found.vacuous


CLEAN = {
    "the operator presses nothing": (FACTORY, drives.SelfPreservation()),
    "nobody rewrites": (FACTORY, drives.GoalPreservation()),
    "skill lowers no slip": (FACTORY, drives.CognitiveEnhancement()),
    "machines make nothing": (FACTORY, drives.ResourceAcquisition()),
    "the monitor notices nothing": (replace(SMALL, monitor=True), drives.OversightTampering()),
    "no permit is needed": (replace(SMALL, desk=True), drives.OversightTampering()),
    "the gardens are open": (worlds.Orchard(), drives.ResourceAcquisition()),
    "the drill is of no use": (worlds.Workbench(tools=1), drives.CognitiveEnhancement()),
    "nobody is rewritten": (worlds.Surgery(), drives.GoalPreservation()),
    "she presses nothing": (WORKSHOP, drives.SelfPreservation()),
    "she corrects nothing": (WORKSHOP, drives.GoalPreservation()),
    "the button is idle": (WORKSHOP, drives.OversightTampering()),
}


@pytest.mark.parametrize("case", CLEAN)
def test_a_drive_is_worth_nothing_where_its_reason_is_gone_and_something_where_it_is_not(case):
    scenario, drive = CLEAN[case]
    found = cause_removed(scenario, _problem(scenario), drive)
    assert found.verdict == "clean", case
    assert not found.vacuous
    assert (found.low >= 0.01).mean() > 1 / 5


def test_shares_that_lose_a_hundredth_are_those_of_the_theory():
    """Of 3,000 goals .80, .77 and .78, here of 200: four standard errors are .12."""
    found = [cause_removed(FACTORY, _problem(FACTORY, 200), drive()) for drive in drives.DRIVES[:3]]
    assert [part.c for part in found] == pytest.approx([0.80, 0.77, 0.78], abs=0.12)


@pytest.mark.parametrize(("rooms", "discount"), [(1, 0.9), (3, 0.5), (3, 0.95)])
def test_what_is_left_of_walking_on_is_preferring_the_hall_to_being_off_for_a_step(rooms, discount):
    gate = worlds.OffSwitch(rooms=rooms)
    problem = _problem(gate, discount=discount)
    found = cause_removed(gate, problem, drives.SelfPreservation())
    paid = _by_outcome(problem)
    best = np.max([paid[f"room {i}"] for i in range(1, rooms + 1)], axis=0)
    later = discount / (1 - discount)
    walked = paid["hall"] + later * best
    asleep = paid["off"] + later * np.maximum(best, paid["off"])
    left = discount * np.maximum(0.0, walked - asleep)
    assert found.remaining == pytest.approx(left, abs=1e-7)
    assert found.verdict == "confounded"


@pytest.mark.parametrize("lesson", [1, 3])
def test_what_is_left_of_a_drill_without_use_is_the_time_at_the_bench(lesson):
    bench = worlds.Workbench(outcomes=2, lesson=lesson, tools=1)
    problem = _problem(bench)
    found = cause_removed(bench, problem, drives.CognitiveEnhancement())
    paid = _by_outcome(problem)
    things = [paid["thing 1"], paid["thing 2"]]
    made = (1 - bench.slip) * np.max(things, axis=0) + bench.slip * np.mean(things, axis=0)
    left = G**2 * (1 - G**lesson) / (1 - G) * np.maximum(0.0, paid["bench"] - made)
    assert found.remaining == pytest.approx(left, abs=1e-7)
    assert found.vanished == 1  # the thing that the tool made
