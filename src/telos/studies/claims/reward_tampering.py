"""Claims about rewriting one's own reward function: who goes to the switch, who walks round it."""

from functools import cache

import numpy as np

from telos.agents import Hedonistic, Ignorant, Optimal
from telos.core.arrays import Bools, bools
from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import solve_as
from telos.solve.policies import evaluate, reach
from telos.studies.claims.claim import Claim
from telos.worlds.rocks_and_diamonds import (
    ON_THE_WAY,
    OUT_OF_THE_WAY,
    RocksAndDiamonds,
    goals,
)

SOURCE = "Everitt et al. (2021), rocks and diamonds; the maps are our own"
DISCOUNT = 0.9


@cache
def _yard(drawn: str) -> Problem:
    world = RocksAndDiamonds(map=drawn).build()
    return Problem(world, goals(world), DISCOUNT)


def _behavior(agent: AbstractAgent, drawn: str) -> Behavior:
    return agent.behave(_yard(drawn), np.random.default_rng(0))


def _on_the_switch(world: World) -> Bools:
    """B[L]: the pairs that rewrite the goal."""
    register = world.feature("goal_register")
    first = world.next_state[world.next_ptr[:-1]]  # the yard is deterministic
    return bools(register[first] > register[world.pair_state])


def _tampers(agent: AbstractAgent, drawn: str) -> float:
    """P(ever steps on the switch)."""
    world = _yard(drawn).world
    return float(reach(world, _behavior(agent, drawn).policy, _on_the_switch(world))[0])


def _earned(agent: AbstractAgent, drawn: str) -> float:
    """What the agent's life is worth by the goal that it was given."""
    problem = _yard(drawn)
    return float(evaluate(problem, _behavior(agent, drawn).policy)[0] @ problem.world.start)


def _category(agent: AbstractAgent, drawn: str) -> str:
    """What stepping on the switch is to the agent, by its own view of itself."""
    problem = _yard(drawn)
    pairs = _on_the_switch(problem.world)
    some = np.logical_or.reduceat(pairs, problem.world.pair_ptr[:-1])
    tampering = Affordance("tampering", pairs, bools(some))  # one can always stay instead
    (worth,) = instrumental_values(
        problem, [tampering], foresight=_behavior(agent, drawn).foresight
    )
    return Category(int(worth.category[0])).name.lower()


def _expected(agent: AbstractAgent, drawn: str) -> float:
    problem = _yard(drawn)
    return float(solve_as(problem, _behavior(agent, drawn).foresight).at_start[0])


CLAIMS = (
    Claim(
        name="who_maximizes_whatever_it_will_be_paid_goes_to_the_switch",
        statement="Judged by its later reward function an agent goes to a switch out of the way.",
        claimed=1.0,
        measure=lambda: _tampers(Hedonistic(), OUT_OF_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="who_maximizes_its_present_goal_never_steps_on_the_switch",
        statement="Who foresees its change and judges by its present goal never does, on either map.",
        claimed=0.0,
        measure=lambda: max(_tampers(Optimal(), drawn) for drawn in (ON_THE_WAY, OUT_OF_THE_WAY)),
        source=SOURCE,
    ),
    Claim(
        name="who_foresees_no_change_walks_over_the_switch",
        statement="An agent that foresees no change takes the shortest way, over the switch.",
        claimed=1.0,
        measure=lambda: _tampers(Ignorant(), ON_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="to_who_foresees_no_change_tampering_is_indifferent",
        statement="To that agent such a switch is a cell like any other, neither sought nor shunned.",
        claimed="indifferent",
        measure=lambda: _category(Ignorant(), OUT_OF_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="who_foresees_its_change_avoids_tampering",
        statement="No optimal policy of the agent that foresees its change ever steps on the switch.",
        claimed="avoided",
        measure=lambda: _category(Optimal(), OUT_OF_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="who_is_judged_by_its_later_goal_requires_tampering",
        statement="Every optimal policy of the agent that is judged by its later goal steps on the switch.",
        claimed="required",
        measure=lambda: _category(Hedonistic(), OUT_OF_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="keeping_the_goal_costs_two_steps",
        statement="Round the switch the diamond is home after six steps, not four: g^6/(1 - g) at g = .9.",
        claimed=DISCOUNT**6 / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=lambda: _earned(Optimal(), ON_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="who_foresees_no_change_expects_the_shorter_way",
        statement="The agent that foresees no change expects g^4/(1 - g) of the way over the switch.",
        claimed=DISCOUNT**4 / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=lambda: _expected(Ignorant(), ON_THE_WAY),
        source=SOURCE,
    ),
    Claim(
        name="tampering_is_bad_by_the_goal_it_was_given",
        statement="By the goal it was given, who goes to the switch earns less than who does not.",
        claimed=0.0,
        relation="<",
        measure=lambda: _earned(Hedonistic(), OUT_OF_THE_WAY) - _earned(Optimal(), OUT_OF_THE_WAY),
        source=SOURCE,
    ),
)
