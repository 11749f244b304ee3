"""Turner (2020), non-obstruction: what others can still attain beside an agent at work."""

from functools import cache

import numpy as np

from telos.agents import Optimal
from telos.core.parts import AbstractDrive
from telos.core.problem import Problem
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.safeguards import Forbid
from telos.studies.claims.claim import Measured, Paper
from telos.theory.others import Obstruction, obstruction, two_way
from telos.worlds import DrivenEmployee, PaperclipFactory

#: Agents of a factory, and goals of its neighbor.
AGENTS, OTHERS = 100, 100
FACTORY = PaperclipFactory(
    products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1), commons=3, wear=0.1
)


@cache
def _beside(forbidden: AbstractDrive | None = None) -> Obstruction:
    """What optimal managers leave to a neighbor, with a drive forbidden or none."""
    world, rng = FACTORY.build(), np.random.default_rng(0)
    problem = Problem(world, Uniform().sample(world, AGENTS, rng), 0.95)
    safeguards = () if forbidden is None else (Forbid(drive=forbidden),)
    return obstruction(problem, Optimal(), Uniform(), safeguards=safeguards, n=OTHERS, rng=rng)


def _lost() -> Measured:
    mean, (low, high) = _beside().power_lost()
    return Measured(mean, low, high, AGENTS)


def _spared(forbidden: AbstractDrive) -> Measured:
    """How much less of the neighbor's POWER is lost, over the same goals of both."""
    scale = (1 - _beside().discount) / _beside().discount
    mean, (low, high) = two_way(scale * (_beside(forbidden).on - _beside().on))
    return Measured(mean, low, high, AGENTS)


def _goals_helped() -> float:
    world, rng = DrivenEmployee(commons=2).build(), np.random.default_rng(0)
    problem = Problem(world, Uniform().sample(world, 20, rng), 0.95)
    employee = obstruction(problem, Optimal(), Uniform(), n=40, rng=rng)
    return float(_beside().helped.max() + employee.helped.max())


OWN = "the world is our own"

claim = Paper("turner2020nonobstruction").claim
CLAIMS = (
    claim("an_optimal_manager_costs_its_neighbor_power", "ours", OWN, ">", 0.0)(
        "Beside an optimal manager, whatever its goal, a neighbor has less POWER on average.",
        _lost,
    ),
    claim("managers_obstruct_some_goal_of_others", "ours", OWN, ">", 0.0)(
        "Some goals of others can attain less with the manager on than with it off.",
        lambda: float(_beside().obstructed.mean()),
    ),
    claim("forbidding_resources_gives_power_back_to_others", "ours", OWN, ">", 0.0)(
        "Forbidden to acquire resources, the same managers leave others more POWER.",
        lambda: _spared(ResourceAcquisition()),
    ),
    claim(
        "forbidding_resources_is_worth_more_to_others_than_forbidding_self_preservation",
        "ours",
        OWN,
        ">",
        0.0,
    )(
        "A ban on acquiring resources saves others more POWER than a ban on staying on.",
        lambda: _spared(ResourceAcquisition()).value - _spared(SelfPreservation()).value,
    ),
    claim("who_can_only_use_up_helps_nobody", "ours", OWN, "=", 0.0)(
        "In worlds whose commons never grows back, no goal of others gains by an agent.",
        _goals_helped,
    ),
)
