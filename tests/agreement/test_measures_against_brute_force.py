"""Published measures, computed again in ways that share nothing with them but the definition."""

import itertools

import numpy as np
import pytest

from agreement.oracles import choices, matrix, values_of
from anchors.populations import Listed
from telos import Behavior, Problem, explore
from telos.families import Uniform
from telos.theory import capacity, empowerment, goal_directedness, power_limit, power_of_acts
from telos.worlds import RandomWorld

SEEDS = range(6)


def _rng(seed=0):
    return np.random.default_rng(seed)


def _capacity_by_convex_programming(channel):
    """In bits, by SciPy's general solver over the simplex of input laws."""
    from scipy.optimize import minimize

    logs = np.log2(channel, out=np.zeros_like(channel), where=channel > 0)
    own = (channel * logs).sum(axis=1)

    def less(p):
        q = np.maximum(p @ channel, 1e-300)
        return float((q * np.log2(q)).sum() - p @ own)

    count = len(channel)
    best = minimize(
        less, np.full(count, 1 / count), method="SLSQP", bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1}, options={"ftol": 1e-13, "maxiter": 500},
    )  # fmt: skip
    return -best.fun


@pytest.mark.parametrize("seed", SEEDS)
def test_capacity_agrees_with_a_general_solver(seed):
    rng = _rng(seed)
    channel = rng.dirichlet(np.full(4, 0.4), size=int(rng.integers(2, 6)))
    found = capacity(channel, 1e-7)
    assert found.high - found.low <= 1e-6
    assert found.low == pytest.approx(_capacity_by_convex_programming(channel), abs=1e-6)


def _world_of_unlike_names(seed):
    """Some actions are legal in some states only; there is a default."""
    rng = _rng(seed)
    legal = [["wait", *[a for a in "xyz" if rng.random() < 0.6]] for _ in range(5)]
    rows = {
        (s, a): dict(
            zip(rng.choice(5, 2, replace=False).tolist(), rng.dirichlet((1, 1)), strict=True)
        )
        for s in range(5)
        for a in legal[s]
    }
    return explore(0, lambda s: {a: rows[s, a] for a in legal[s]}, default="wait")


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_empowerment_agrees_with_all_sequences_listed_in_full(seed, n):
    world = _world_of_unlike_names(seed)
    dense = matrix(world)
    step = np.zeros((len(world.actions), world.size, world.size))
    for a, s in itertools.product(range(len(world.actions)), range(world.size)):
        pairs = [p for p in world.pairs_of(s) if world.pair_action[p] == a]
        step[a, s] = dense[pairs[0] if pairs else world.default[s]]
    whole = empowerment(world, n, most=200, tolerance=1e-6)
    few = empowerment(world, n, most=3, tolerance=1e-4)
    assert whole.every.all()
    for s in range(world.size):
        sequences = itertools.product(step, repeat=n)
        laws = []
        for sequence in sequences:
            law = np.eye(world.size)[s]
            for one in sequence:
                law = law @ one
            laws.append(law)
        exact = capacity(np.unique(np.round(laws, 12), axis=0), 1e-6)
        assert whole.low[s] == pytest.approx(exact.low, abs=3e-6)
        assert few.low[s] <= exact.high + 1e-9
        assert few.high[s] >= exact.low - 1e-9


def _soft_policy(world, reward, beta, discount):
    """The policy best for beta R and entropy relative to uniform choice, by plain iteration of Q."""
    dense, width = matrix(world), np.diff(world.pair_ptr)
    value = np.zeros(world.size)
    for _ in range(4000):
        q = beta * reward[world.pair_state] + discount * dense @ value
        top = np.maximum.reduceat(q, world.pair_ptr[:-1])
        weight = np.exp(q - top[world.pair_state])
        total = np.add.reduceat(weight, world.pair_ptr[:-1])
        then = top + np.log(total / width)
        if np.abs(then - value).max() < 1e-13:
            break
        value = then
    return weight / total[world.pair_state]


@pytest.mark.parametrize("seed", SEEDS)
def test_goal_directedness_agrees_with_a_scan_of_beta(seed):
    """The sum over visits of log pi_beta - log 1/|A|, with no use of duality, on a fine grid."""
    world, rng, discount = _world_of_unlike_names(seed), _rng(seed), 0.7
    goals = Uniform().sample(world, 1, rng)
    weight = rng.random(world.n_pairs)
    policy = weight / np.add.reduceat(weight, world.pair_ptr[:-1])[world.pair_state]
    found = goal_directedness(Problem(world, goals, discount), Behavior(policy))
    chain = np.add.reduceat(policy[:, None] * matrix(world), world.pair_ptr[:-1], axis=0)
    time = np.linalg.solve(np.eye(world.size) - discount * chain.T, world.start)
    taken = time[world.pair_state] * policy
    width = np.diff(world.pair_ptr)[world.pair_state]

    def sum_at(beta):
        soft = _soft_policy(world, goals.reward[0], beta, discount)
        return float(taken @ np.log(soft * width))

    scan = max(sum_at(beta) for beta in np.linspace(-6, 6, 97))
    assert found.value[0] >= scan - 1e-9
    assert found.value[0] + found.bound[0] <= scan + 1e-2
    assert found.value[0] <= found.ceiling[0] + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_power_of_acts_agrees_with_every_policy(seed):
    world, rng, discount = _world_of_unlike_names(seed), _rng(seed), 0.8
    rows = rng.random((3, world.size))
    found = power_of_acts(world, Listed(tuple(map(tuple, rows))), discount, n=3, rng=rng)
    every = choices(world)
    best = [
        values_of(world, row[world.pair_state], discount, every).max(axis=0) - row for row in rows
    ]
    expected = (1 - discount) / discount * matrix(world) @ np.mean(best, axis=0)
    np.testing.assert_allclose(found.mean, expected, atol=1e-9)
    assert found.whole
    assert (found.standard_error == 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_limit_of_power_agrees_with_the_cycle_of_every_policy(seed):
    world = RandomWorld(states=6, actions=2, successors=1, seed=seed).build()
    rows = _rng(seed).random((2, world.size))
    found = power_limit(world, Listed(tuple(map(tuple, rows))), n=2, rng=_rng())
    best = np.full((2, world.size), -np.inf)
    for policy in choices(world):
        to = world.next_state[policy]
        for s in range(world.size):
            walk = [s]
            while to[walk[-1]] not in walk:
                walk.append(int(to[walk[-1]]))
            cycle = walk[walk.index(int(to[walk[-1]])) :]
            best[:, s] = np.maximum(best[:, s], rows[:, cycle].mean(axis=1))
    np.testing.assert_allclose(found.mean, best.mean(axis=0), atol=1e-12)
