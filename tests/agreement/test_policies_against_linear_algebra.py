"""occupancy, reach and visit against dense linear algebra, and against walks that are counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import cycles, matrix, random_world, slow_chain
from telos import Goals, Problem, evaluate, explore, occupancy, reach
from telos.solve import policies as policies_module
from telos.solve.policies import visit
from telos.testing.strategies import discounts, pairs, policies, seeds, worlds

SOLVERS = {"dense, component by component": 300, "sparse LU of the whole chain": 1}


@pytest.fixture(params=SOLVERS, ids=str)
def largest(request, monkeypatch):
    """Both ways of solving a chain: components up to this size are solved densely."""
    monkeypatch.setattr(policies_module, "DENSE", SOLVERS[request.param])
    return SOLVERS[request.param]


def _step(world, policy):
    """F[S, S]: where a policy leads in one step."""
    return np.add.reduceat(policy[:, None] * matrix(world), world.pair_ptr[:-1], axis=0)


def _reach_densely(world, policy, pairs):
    """P(ever takes one of the pairs): the least solution, by counting up over ever more steps."""
    taken = np.add.reduceat(policy * pairs, world.pair_ptr[:-1])
    going = np.add.reduceat(
        ((policy * ~pairs)[:, None]) * matrix(world), world.pair_ptr[:-1], axis=0
    )
    # After k squarings: the sum over 2^k steps. The least solution is the limit from below.
    total, power = taken, going
    for _ in range(60):
        total, power = total + power @ total, power @ power
    return float(world.start @ total)


@given(st.data())
def test_occupancy_is_the_discounted_time_spent_in_each_pair(data):
    """d = (I - discount P')^-1 start, shared out by the policy (Puterman 1994, section 6.9)."""
    world, discount = data.draw(worlds()), data.draw(discounts())
    policy = data.draw(policies(world))
    problem = Problem(world, Goals(np.zeros(world.size)), discount)
    time = np.linalg.solve(np.eye(world.size) - discount * _step(world, policy).T, world.start)
    expected = time[world.pair_state] * policy
    found = occupancy(problem, policy)[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 / (1 - discount))


@given(st.data())
def test_reach_is_the_least_solution_of_its_equations(data):
    """P(ever takes a pair) is the least fixed point (Baier & Katoen 2008, theorem 10.15)."""
    world = data.draw(worlds())
    policy = data.draw(policies(world))
    wanted = data.draw(pairs(world))
    found = reach(world, policy, wanted)[0]
    assert found == pytest.approx(_reach_densely(world, policy, wanted), abs=1e-10)


@given(st.data())
def test_visiting_a_state_is_taking_one_of_its_pairs_in_due_course(data):
    """visit counts the first state too, where no pair has been taken yet."""
    world = data.draw(worlds())
    policy = data.draw(policies(world))
    states = np.random.default_rng(data.draw(seeds())).random(world.size) < 0.4
    absorbing = _step(world, policy)
    absorbing[states] = np.eye(world.size)[states]
    steps = world.start.copy()
    for _ in range(40):
        absorbing = absorbing @ absorbing
    expected = float((steps @ absorbing)[states].sum())
    assert visit(world, policy, states)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.99, 0.999])
def test_large_components_are_solved_as_exactly_as_small_ones(largest, discount):
    """Both solvers of a chain, on chains that mix slowly, turn in cycles, or end."""
    rng = np.random.default_rng(3)
    for world in (
        random_world(40, 3, 3, 1),
        slow_chain(30),
        cycles(2, 3),
        random_world(30, 3, 2, 2, 4),
    ):
        policy = rng.dirichlet(np.ones(1), world.n_pairs)[:, 0] * rng.random(world.n_pairs)
        policy /= np.add.reduceat(policy, world.pair_ptr[:-1])[world.pair_state]
        problem = Problem(world, Goals(rng.normal(size=(2, world.size))), discount)
        step = np.eye(world.size) - discount * _step(world, policy)
        atol = 1e-10 / (1 - discount)
        for goal in range(2):
            expected = np.linalg.solve(step, problem.goals.reward[goal])
            np.testing.assert_allclose(evaluate(problem, policy)[goal], expected, rtol=0, atol=atol)
        time = np.linalg.solve(step.T, world.start)[world.pair_state] * policy
        np.testing.assert_allclose(occupancy(problem, policy)[0], time, rtol=0, atol=atol)
        wanted = rng.random(world.n_pairs) < 0.1
        expected = _reach_densely(world, policy, wanted)
        assert reach(world, policy, wanted)[0] == pytest.approx(expected, abs=1e-9)


def test_reach_needs_no_patience_where_chances_are_slim(largest):
    """Gambler's ruin without discounting: from i of n, by fair steps, n is reached with chance i/n.

    An iteration would need about n^2 steps a digit; the linear system needs none (Feller 1968, XIV.2).
    """
    n = 200
    world = explore(
        50, lambda i: {"play": {i - 1: 0.5, i + 1: 0.5}} if 0 < i < n else {"cash in": i}
    )
    last = np.zeros(world.n_pairs, np.bool_)
    last[world.pair(n, "cash in")] = True
    everywhere = np.ones(world.n_pairs)
    assert reach(world, everywhere, last)[0] == pytest.approx(50 / n, abs=1e-10)


def test_walks_that_are_counted_agree_with_reach_occupancy_and_value():
    """Monte Carlo: 20,000 walks of a random policy, within five standard errors."""
    rng = np.random.default_rng(11)
    world = random_world(6, 3, 3, 7, absorbing=1)
    policy = rng.random(world.n_pairs)
    policy /= np.add.reduceat(policy, world.pair_ptr[:-1])[world.pair_state]
    wanted = np.zeros(world.n_pairs, np.bool_)
    wanted[[3, 8]] = True
    problem = Problem(world, Goals(rng.normal(size=world.size)), 0.8)
    n, steps = 20_000, 80
    state = rng.choice(world.size, size=n, p=world.start)
    ever, gain = np.zeros(n, np.bool_), np.zeros(n)
    time = np.zeros((n, world.n_pairs))
    dense = matrix(world)
    for t in range(steps):
        pair = np.empty(n, np.int64)
        for s in np.unique(state):
            here = np.array(world.pairs_of(s))
            pair[state == s] = rng.choice(here, size=(state == s).sum(), p=policy[here])
        ever |= wanted[pair]
        gain += 0.8**t * problem.goals.reward[0, state]
        time[np.arange(n), pair] += 0.8**t
        ends = dense[pair].cumsum(axis=1)
        state = np.minimum((rng.random((n, 1)) > ends).sum(axis=1), world.size - 1)

    def close(sample, value):
        assert abs(sample.mean() - value) <= 5 * sample.std() / n**0.5 + 1e-6

    close(ever, reach(world, policy, wanted)[0])
    close(gain, evaluate(problem, policy)[0] @ world.start)
    for pair, expected in enumerate(occupancy(problem, policy)[0]):
        close(time[:, pair], expected)
