"""Claims about somebody else on the same ground: what is left to do beside an agent at work."""

from functools import cache

import numpy as np

from telos.agents import Optimal
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.measure.others import Obstruction, attainable, commons_neighbors, obstruction, two_way
from telos.safeguards import Forbid
from telos.studies.claims.claim import Claim, Measured
from telos.worlds import DrivenEmployee, PaperclipFactory

DISCOUNT = 0.9
#: Agents of a factory, and goals of its neighbor.
AGENTS, OTHERS = 100, 100
FACTORY = PaperclipFactory(
    products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1), commons=3, wear=0.1
)
NON_OBSTRUCTION = "Turner (2020), Non-obstruction; the world is our own"


def _power_with_three_units() -> Measured:
    """POWER on the complete graph of four outcomes, as the neighbor of an idle factory has it."""
    world = explore(0, lambda s: {"wait": s}, features={"commons": lambda _: 3.0})
    problem, rng = Problem(world, Goals(np.zeros(1)), DISCOUNT), np.random.default_rng(0)
    found = obstruction(problem, Optimal(), Uniform(), n=20_000, rng=rng)
    best = (found.off - found.first) * (1 - DISCOUNT) / DISCOUNT
    half = 1.96 * float(best.std(ddof=1)) / len(best) ** 0.5
    mean = float(best.mean())
    return Measured(mean, mean - half, mean + half, len(best))


def _a_plot_for_two_steps() -> float:
    """The goal that wants the one plot, where an agent uses it up in its second step."""
    world = explore(0, lambda t: {"use": min(t + 1, 2)}, features={"commons": lambda t: t < 2})
    wants_it = Goals(np.array([[0.0, 1.0]]))
    problem = Problem(world, Goals(np.zeros(world.size)), DISCOUNT)
    return float(attainable(problem, np.ones(world.n_pairs), commons_neighbors(1), wants_it)[0, 0])


@cache
def _beside(fences: tuple[AbstractSafeguard, ...] = ()) -> Obstruction:
    world, rng = FACTORY.build(), np.random.default_rng(0)
    problem = Problem(world, Uniform().sample(world, AGENTS, rng), 0.95)
    return obstruction(problem, Optimal(), Uniform(), safeguards=fences, n=OTHERS, rng=rng)


def _lost(found: Obstruction) -> Measured:
    mean, (low, high) = found.power_lost()
    return Measured(mean, low, high, AGENTS)


def _spared(fences: tuple[AbstractSafeguard, ...]) -> Measured:
    """How much less of the neighbor's POWER is lost under a fence, over the same goals of both."""
    scale = (1 - _beside().discount) / _beside().discount
    mean, (low, high) = two_way(scale * (_beside(fences).on - _beside().on))
    return Measured(mean, low, high, AGENTS)


def _goals_helped() -> float:
    world, rng = DrivenEmployee(commons=2).build(), np.random.default_rng(0)
    problem = Problem(world, Uniform().sample(world, 20, rng), 0.95)
    employee = obstruction(problem, Optimal(), Uniform(), n=40, rng=rng)
    return float(_beside().helped.max() + employee.helped.max())


CLAIMS = (
    Claim(
        name="power_of_a_neighbor_with_three_units_of_commons",
        statement="Somebody with three plots and a home to choose from has POWER 4/5.",
        claimed=4 / 5,
        measure=_power_with_three_units,
        source="Turner et al. (2021), lemma 5.3; the world is our own",
    ),
    Claim(
        name="a_plot_used_up_in_two_steps_is_worth_g_plus_g_squared",
        statement="To whom wants only it, a plot that an agent uses up in two steps is worth g + g^2.",
        claimed=DISCOUNT + DISCOUNT**2,
        tolerance=1e-9,
        measure=_a_plot_for_two_steps,
        source="Turner et al. (2021), definition 5.2; closed form our own",
    ),
    Claim(
        name="an_optimal_manager_costs_its_neighbor_power",
        statement="Beside an optimal manager, whatever it wants, a neighbor has less POWER on average.",
        claimed=0.0,
        relation=">",
        measure=lambda: _lost(_beside()),
        source=NON_OBSTRUCTION,
    ),
    Claim(
        name="managers_obstruct_some_goal_of_others",
        statement="Some goals of others can attain less with the manager on than with it off.",
        claimed=0.0,
        relation=">",
        measure=lambda: float(_beside().obstructed.mean()),
        source=NON_OBSTRUCTION,
    ),
    Claim(
        name="forbidding_resources_gives_power_back_to_others",
        statement="Forbidden to acquire resources, the same managers leave others more POWER.",
        claimed=0.0,
        relation=">",
        measure=lambda: _spared((Forbid(drive=ResourceAcquisition()),)),
        source=NON_OBSTRUCTION,
    ),
    Claim(
        name="forbidding_resources_is_worth_more_to_others_than_forbidding_self_preservation",
        statement="A ban on acquiring resources saves others more POWER than a ban on staying on.",
        claimed=0.0,
        relation=">",
        measure=lambda: float(
            _spared((Forbid(drive=ResourceAcquisition()),)).value
            - _spared((Forbid(drive=SelfPreservation()),)).value
        ),
        source=NON_OBSTRUCTION,
    ),
    Claim(
        name="who_can_only_use_up_helps_nobody",
        statement="In worlds whose commons never grows back, no goal of others gains by an agent.",
        claimed=0.0,
        measure=_goals_helped,
        source=NON_OBSTRUCTION,
    ),
)
