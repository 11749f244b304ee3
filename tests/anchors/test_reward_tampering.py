"""Rocks and diamonds: the closed forms of the yard, and who goes to the switch."""

import numpy as np
import pytest

from telos.agents import Hedonistic, Ignorant, Optimal
from telos.core.errors import WorldError
from telos.core.problem import Problem
from telos.solve.foresight import solve_as
from telos.solve.policies import evaluate
from telos.studies.claims import ClaimStatus, everitt_2021, verify
from telos.worlds.rocks_and_diamonds import (
    ON_THE_WAY,
    OUT_OF_THE_WAY,
    RocksAndDiamonds,
    goals,
)

DISCOUNTS = (0.3, 0.9, 0.99)


def yard(drawn, discount):
    world = RocksAndDiamonds(map=drawn).build()
    return Problem(world, goals(world), discount)


@pytest.mark.parametrize("discount", [0.8, 0.9, 0.99])
@pytest.mark.parametrize(("drawn", "steps"), [(ON_THE_WAY, 6), (OUT_OF_THE_WAY, 3)])
def test_the_realistic_agent_has_the_diamond_home_after_so_many_steps(drawn, steps, discount):
    problem = yard(drawn, discount)
    value = evaluate(problem, Optimal().behave(problem, np.random.default_rng(0)).policy)
    earned = float(value[0] @ problem.world.start)
    assert earned == pytest.approx(discount**steps / (1 - discount), rel=1e-8)


def test_at_a_short_horizon_even_the_realistic_agent_takes_the_way_over_the_switch():
    """Two steps cost more than the rocks that its rewritten self will bring home later."""
    problem = yard(ON_THE_WAY, 0.3)
    found = solve_as(problem, "realistic").at_start[0]
    assert found > 0.3**6 / 0.7 + 1e-4
    behavior = Optimal().behave(problem, np.random.default_rng(0))
    world = problem.world
    east = world.pair(world.states[int(world.start.argmax())], "east")
    assert behavior.policy[0, east] == 1.0


@pytest.mark.parametrize("discount", DISCOUNTS)
def test_the_ignorant_agent_expects_the_way_over_the_switch(discount):
    found = solve_as(yard(ON_THE_WAY, discount), "ignorant").at_start[0]
    assert found == pytest.approx(discount**4 / (1 - discount), rel=1e-8)


def test_the_hedonistic_agent_expects_what_the_best_of_all_walks_is_paid():
    """A second solver, plain value iteration: each state pays by the goal that is then held."""
    problem = yard(OUT_OF_THE_WAY, 0.5)
    world, discount = problem.world, 0.5
    step = {
        s: [next(iter(world.successors(p))) for p in world.pairs_of(s)] for s in range(world.size)
    }
    own, later = problem.goals.reward[0], problem.goals.rewritten()[0]
    pay = np.where(world.feature("goal_register") > 0, later, own)
    best = pay.copy()
    for _ in range(40):
        best = pay + discount * np.array([best[step[s]].max() for s in range(world.size)])
    found = solve_as(problem, "hedonistic").at_start[0]
    assert found == pytest.approx(float(best @ world.start), abs=1e-9)


def test_the_register_never_goes_back_and_things_never_vanish():
    world = RocksAndDiamonds().build()
    register = world.feature("goal_register")
    for pair in range(world.n_pairs):
        for to in world.successors(pair):
            assert register[to] >= register[world.pair_state[pair]]
    assert {len(s.diamonds) + len(s.rocks) for s in world.states} == {2}
    assert all(len({s.cell, *s.diamonds, *s.rocks}) == 3 for s in world.states)


def test_the_three_self_models_part_at_the_switch():
    found = {claim.id: verify(claim).status for claim in everitt_2021.CLAIMS}
    assert set(found.values()) == {ClaimStatus.INSTANCE, ClaimStatus.OURS}, found


def test_self_models_that_know_of_no_switch_agree():
    problem = yard("S.DH", 0.9)
    policies = [
        agent.behave(problem, np.random.default_rng(0)).policy
        for agent in (Optimal(), Ignorant(), Hedonistic())
    ]
    assert all((policy == policies[0]).all() for policy in policies)


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (5, "map is 5; give one string"),
        ((1, 2), "map is \\(1, 2\\)"),
        ("S?DH", "row 0, column 1: no cell is drawn '\\?'"),
        ("..DH", "no S"),
        ("SSDH", "a second 'S'"),
        ("S..H", "0 things to push"),
        ("SDDDDDH", "5 things to push"),
    ],
)
def test_a_map_that_cannot_be_is_refused(drawn, said):
    with pytest.raises(WorldError, match=said):
        RocksAndDiamonds(map=drawn)
