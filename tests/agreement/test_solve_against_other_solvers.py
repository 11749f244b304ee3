"""solve against solvers that others wrote: QuantEcon's policy iteration, and a linear program."""

import numpy as np
import pytest
from quantecon.markov import DiscreteDP
from scipy.optimize import linprog
from scipy.sparse import csr_array, csr_matrix

from agreement.oracles import cycles, income, matrix, random_world, slow_chain
from telos import Goals, Problem, Status, solve

WORLDS = {
    "one state": random_world(1, 2, 1, 0),
    "thirty states at random": random_world(30, 4, 4, 1),
    "some states absorb": random_world(20, 3, 3, 2, absorbing=5),
    "dense": random_world(12, 3, 12, 3),
    "deterministic": random_world(40, 3, 1, 4),
    "deterministic, some states absorb": random_world(25, 3, 1, 5, absorbing=4),
    "slow to mix": slow_chain(15),
    "cycles of length 2 and 3": cycles(2, 3),
    "cycles of length 5, 7 and 11": cycles(5, 7, 11),
}
DISCOUNTS = (0.0, 0.5, 0.9, 0.99, 0.999)


def _problem(world, discount):
    """Goals of both signs, one of them negative everywhere, one full of ties."""
    rng = np.random.default_rng(9)
    reward = np.vstack(
        (
            rng.uniform(-1, 1, (2, world.size)),
            -rng.uniform(size=(1, world.size)),
            rng.integers(0, 2, (1, world.size)),
        )
    )
    return Problem(world, Goals(reward), discount)


@pytest.fixture(params=DISCOUNTS, ids=lambda discount: f"discount {discount}")
def discount(request):
    return request.param


@pytest.fixture(params=WORLDS, ids=str)
def problem(request, discount):
    return _problem(WORLDS[request.param], discount)


def test_every_goal_is_certified(problem):
    """Puterman (1994), theorem 6.3.1: the bound follows from one backup, and is met up to rounding.

    Rounding alone costs `u |V| / (1 - discount)`, with |V| up to `|R| / (1 - discount)`: a few parts
    in a billion of the reward at a discount of 0.999, and less than one below.
    """
    solution = solve(problem)
    asked = 1e-9 * np.abs(problem.goals.reward).max(axis=1)
    assert Status.UNFINISHED not in solution.status
    assert (solution.bound <= (asked if problem.discount < 0.999 else 5 * asked)).all()


def test_values_are_those_of_quantecons_policy_iteration(problem):
    """QuantEcon's DiscreteDP, an independent implementation of Puterman (1994), section 6.4."""
    world = problem.world
    transitions = csr_matrix(matrix(world))
    value = solve(problem).value
    for goal in range(problem.goals.count):
        peer = DiscreteDP(
            income(problem, goal),
            transitions,
            problem.discount,
            world.pair_state,
            world.pair_action,
        )
        found = peer.policy_iteration()
        np.testing.assert_allclose(value[goal], found.v, rtol=0, atol=1e-9 / (1 - problem.discount))


def test_values_solve_the_linear_program(problem):
    """d'Epenoux (1963): V* is the least v with v(s) >= R(s) + discount E v(s') for every pair."""
    world = problem.world
    own = csr_array((np.ones(world.n_pairs), (np.arange(world.n_pairs), world.pair_state)))
    constraints = csr_array(problem.discount * matrix(world)) - own
    value = solve(problem).value
    for goal in range(problem.goals.count):
        found = linprog(
            np.ones(world.size), constraints, -income(problem, goal), bounds=(None, None)
        )
        assert found.success
        np.testing.assert_allclose(value[goal], found.x, rtol=0, atol=1e-6 / (1 - problem.discount))


def test_the_least_value_is_the_greatest_of_the_opposite_goal(problem):
    """min over policies of V_R = -max over policies of V_(-R): the range needs no solver of its own."""
    opposite = Problem(problem.world, Goals(-problem.goals.reward), problem.discount)
    np.testing.assert_array_equal(solve(problem, minimize=True).value, -solve(opposite).value)
