"""What the means are worth where one can do without: `throttled` of the factory, `alone` of the employee."""

import numpy as np
import pytest

from telos.core.errors import WorldError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.spec import to_spec
from telos.drives import DRIVES, ResourceAcquisition
from telos.families import Uniform
from telos.measure.cause import cause_removed
from telos.measure.instrumental_value import instrumental_values
from telos.worlds import DrivenEmployee, PaperclipFactory

FACTORY = {
    "products": ("clips",),
    "machines": 1,
    "slips": (0.0,),
    "switching_off": 0.0,
    "rewriting": 0.0,
}
LIFE = {
    "careers": ("music",),
    "levels": 2,
    "contacts": 1,
    "budget": 0,
    "rise": (1.0,),
    "dismissal": 0.0,
    "programme": 0.0,
}


def worth_of_means(scenario, wanted, discount):
    """What resources are worth to a goal that earns 1 for one outcome, and the certified bound of that."""
    world = scenario.build()
    reward = np.array([float(name == wanted) for name in world.outcomes])[world.outcome]
    problem = Problem(world, Goals(reward), discount)
    affordances = (ResourceAcquisition().affordances(world),)
    (found,) = instrumental_values(problem, affordances, tolerance=1e-10)
    return float(found.iv[0]), float(found.bound[0])


@pytest.mark.parametrize(
    ("t", "d"), [(0.0, 0.9), (0.3, 0.95), (0.7, 0.95), (0.95, 0.9), (1.0, 0.95)]
)
def test_a_machine_is_worth_the_closed_form(t, d):
    """One product, two wanted. Without the machine: none -> one -> two, which is kept with probability t."""
    bought = d**4 / (1 - d)  # start, buy, start, more
    one = d * t / ((1 - d**2 * (1 - t)) * (1 - d * t) - d**2 * t * (1 - t))
    found, bound = worth_of_means(PaperclipFactory(**FACTORY, throttled=t), ("clips", 2), d)
    assert found == pytest.approx(max(0.0, bought - d * one), abs=1e-9 + bound)


@pytest.mark.parametrize(
    ("a", "d"), [(0.0, 0.9), (0.1, 0.95), (0.5, 0.95), (0.96, 0.95), (1.0, 0.9)]
)
def test_a_contact_is_worth_the_closed_form(a, d):
    """The second level, wanted alone, is got with probability a a year without a contact."""
    known, tried = d**2 / (1 - d), d * a / ((1 - d) * (1 - d * (1 - a)))
    found, bound = worth_of_means(DrivenEmployee(**LIFE, alone=a), ("music", 2), d)
    assert found == pytest.approx(max(0.0, known - tried), abs=1e-9 + bound)


def same(one, other):
    """Whether two worlds have the same states, pairs and successors, and nearly the same chances."""
    return (
        one.states == other.states
        and (one.pair_action == other.pair_action).all()
        and (one.next_state == other.next_state).all()
        and np.allclose(one.next_prob, other.next_prob, rtol=0, atol=1e-15)
    )


def test_help_alone_is_by_default_what_all_contacts_leave_of_one():
    life = {"careers": ("music", "trade"), "levels": 2, "contact_worth": 0.7}
    assert same(DrivenEmployee(**life).build(), DrivenEmployee(**life, alone=1 / 3).build())


def test_a_knob_left_alone_leaves_the_identity_of_what_was_run_before():
    assert to_spec(PaperclipFactory()) == {
        "part": "telos.worlds.paperclip:PaperclipFactory",
        "version": 1,
    }
    assert set(to_spec(DrivenEmployee())) == {"part", "version"}


def moved(low, high):
    """By how many points each drive's mean share is higher in one world than in another, same goals."""
    found = []
    for scenario in (low, high):
        world = scenario.build()
        goals = Uniform().sample(world, 100, np.random.default_rng(17))
        drives = [drive().affordances(world) for drive in DRIVES]
        found.append([v.share for v in instrumental_values(Problem(world, goals, 0.95), drives)])
    return 100 * (np.array(found[1]) - found[0]).mean(axis=1)


FACTORIES = [
    PaperclipFactory(
        products=("clips", "pins"), machines=1, machine_yield=3, slips=(0.3, 0.1), throttled=t
    )
    for t in (0.93, 0.05)
]
LIVES = [
    DrivenEmployee(
        careers=("music", "trade"), levels=3, contacts=1, budget=0, rise=(0.35, 0.8), alone=a
    )
    for a in (0.3, 0.01)
]


@pytest.mark.parametrize(("low", "high"), [FACTORIES, LIVES], ids=["factory", "employee"])
def test_the_knob_moves_resources_by_ten_points_and_hardly_another_drive(low, high):
    *others, resource = moved(low, high)
    assert resource > 9.0
    assert np.abs(others).max() < 0.6


@pytest.mark.parametrize("scenario", [FACTORIES[1], LIVES[1]], ids=["factory", "employee"])
def test_without_the_reason_means_are_worth_nothing(scenario):
    world = scenario.build()
    goals = Uniform().sample(world, 20, np.random.default_rng(3))
    assert (
        cause_removed(scenario, Problem(world, goals, 0.95), ResourceAcquisition()).verdict
        == "clean"
    )


@pytest.mark.parametrize(
    ("part", "bad"), [(PaperclipFactory, {"throttled": 1.5}), (DrivenEmployee, {"alone": -0.1})]
)
def test_a_knob_out_of_range_is_named(part, bad):
    with pytest.raises(WorldError, match=next(iter(bad))):
        part(**bad)
