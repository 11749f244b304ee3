"""POWER and optimality probability against plain Monte Carlo with a value iteration of its own."""

import numpy as np
import pytest

from agreement.oracles import cycles, matrix, random_world, value_iteration
from anchors.populations import draw
from telos import Goals, Problem, power, solve
from telos.families import Uniform
from telos.theory import optimality_probability

WORLDS = {
    "random": random_world(6, 3, 3, 1),
    "some states absorb": random_world(6, 2, 2, 2, absorbing=2),
    "cycles": cycles(2, 3),
}


@pytest.mark.parametrize("low", [0.0, -1.0])
@pytest.mark.parametrize("discount", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", WORLDS)
def test_power_is_what_a_plain_average_gives(name, discount, low):
    """POWER = (1 - discount)/discount E[V* - R] (Turner et al. 2021, definition 5.2), two samples apart."""
    world, family, n = WORLDS[name], Uniform(low, low + 1), 300
    found = power(world, family, discount, n=2000, rng=np.random.default_rng(1))
    reward = np.random.default_rng(77).uniform(low, low + 1, (n, world.size))
    values = np.array([value_iteration(world, r[world.pair_state], discount, 1e-8) for r in reward])
    sample = (1 - discount) / discount * (values - reward)
    error = np.hypot(found.standard_error, sample.std(axis=0, ddof=1) / n**0.5)
    assert (np.abs(found.mean - sample.mean(axis=0)) <= 4.5 * error + 1e-7).all()


@pytest.mark.parametrize("discount", [0.1, 0.9, 0.99])
def test_power_is_the_exact_mean_over_the_goals_it_drew(discount):
    """POWERplay's defect (peers, section 5): a bias of the solver larger than the spread of POWER."""
    world, n = WORLDS["random"], 40
    family = Uniform()
    found = power(world, family, discount, n=n, rng=np.random.default_rng(5))
    seed = int(np.random.default_rng(5).integers(2**63))
    reward = draw(family, world, n, seed).reward
    values = np.array([value_iteration(world, r[world.pair_state], discount) for r in reward])
    sample = (1 - discount) / discount * (values - reward)
    np.testing.assert_allclose(found.mean, sample.mean(axis=0), rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        found.standard_error, sample.std(axis=0, ddof=1) / n**0.5, rtol=1e-6, atol=1e-12
    )
    assert found.bound <= 1e-9


def test_power_does_not_depend_on_the_size_of_the_batches(monkeypatch):
    """A million goals are never held at once, and that must not show."""
    from telos.measure import power as power_module

    world = WORLDS["random"]
    whole = power(world, Uniform(), 0.9, n=100, rng=np.random.default_rng(3))
    monkeypatch.setattr(power_module, "BLOCK", 7)
    parts = power(world, Uniform(), 0.9, n=100, rng=np.random.default_rng(3))
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=0, atol=2e-9)
    np.testing.assert_allclose(parts.standard_error, whole.standard_error, rtol=1e-6)


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.9])
def test_optimality_probability_counts_the_goals_for_which_an_action_is_best(discount):
    """P_D(s, a) = Pr(some optimal policy takes a) (Turner et al. 2021, definition 4.3)."""
    world, n = WORLDS["random"], 60
    state = max(range(world.size), key=lambda s: len(world.pairs_of(s)))
    found = optimality_probability(
        world, Uniform(), discount, state, n=n, rng=np.random.default_rng(2)
    )
    reward = draw(Uniform(), world, n, int(np.random.default_rng(2).integers(2**63))).reward
    pairs = np.array(world.pairs_of(state))
    hits = np.zeros(len(pairs))
    for r in reward:
        value = value_iteration(world, r[world.pair_state], discount)
        q = discount * matrix(world)[pairs] @ value
        hits += q >= q.max() - 1e-9
    np.testing.assert_array_equal(found.mean, hits / n)
    assert found.names == tuple(world.actions[world.pair_action[p]] for p in pairs)
    if discount == 0:
        assert (found.mean == 1).all(), "without a future every action is optimal"


def test_an_unavailable_action_is_not_a_free_zero():
    """POWERplay's defect (peers, section 5): an illegal action must not be worth 0.

    With every reward negative, an absent action stored as a row of zeros would be the best of all.
    """
    world = random_world(8, 4, 2, 9, absorbing=2)
    assert world.n_pairs < 4 * world.size
    reward = -np.random.default_rng(0).uniform(0.5, 1.0, (5, world.size))
    assert (solve(Problem(world, Goals(reward), 0.9)).value <= -5.0 + 1e-9).all()
    found = power(world, Uniform(-1.0, -0.5), 0.9, n=50, rng=np.random.default_rng(0))
    assert (found.mean < -0.5).all()
