"""POWER: the closed forms of THEORY section 2, exact over orbits and inside a sample's interval."""

import numpy as np
import pytest

from anchors.populations import Listed, everyone, orders
from telos import Problem, explore, power, solve
from telos.families import Orbit, Uniform
from telos.theory import optimality_probability

DISCOUNTS = (0.1, 0.5, 0.9, 0.99, 0.999)
RANGES = ((0.0, 1.0), (-1.0, 0.0), (-2.0, 1.0))


@pytest.fixture(params=DISCOUNTS, ids=lambda discount: f"discount {discount}")
def discount(request):
    return request.param


@pytest.fixture(params=RANGES, ids=lambda ends: f"rewards {ends}")
def ends(request):
    return request.param


def _exact(world, discount, ends):
    """POWER of every state, {state: mean}, exact over iid U[ends] where only the order counts."""
    family = orders(world, *ends)
    found = power(world, family, discount, n=family.size(world), rng=np.random.default_rng(0))
    assert found.n == family.size(world)
    return dict(zip(world.states, found.mean.tolist(), strict=True))


def _choices(n):
    return explore(
        "start", lambda s: {f"to {i}": i for i in range(n)} if s == "start" else {"stay": s}
    )


def _rescaled(value, ends):
    """A mean over U[0, 1] as a mean over U[ends]: POWER is linear in the rewards."""
    return ends[0] + (ends[1] - ends[0]) * value


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_power_of_n_absorbing_choices_is_n_over_n_plus_1(n, discount, ends):
    """Turner et al. (2021), section 5: the expected maximum of n draws, at every discount."""
    found = _exact(_choices(n), discount, ends)
    assert found["start"] == pytest.approx(_rescaled(n / (n + 1), ends), abs=1e-9)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_each_goal_alone_earns_the_best_of_its_n_choices(n, discount):
    """The identity behind n/(n+1), goal by goal: (1-g)/g (V - R) = max over the choices."""
    world = _choices(n)
    goals = Uniform(-1.0, 1.0).sample(world, 200, np.random.default_rng(1))
    value = solve(Problem(world, goals, discount)).value
    earned = (1 - discount) / discount * (value - goals.reward)[:, 0]
    np.testing.assert_allclose(earned, goals.reward[:, 1:].max(axis=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_sampled_power_covers_n_over_n_plus_1(n):
    """POWER n/(n+1) inside the interval of 4,000 goals (level 0.9999)."""
    found = power(_choices(n), Uniform(), 0.9, n=4000, rng=np.random.default_rng(n))
    low, high = found.interval(0.9999)
    assert low[0] <= n / (n + 1) <= high[0]
    assert high[0] - low[0] < 0.04


def test_power_of_a_state_that_can_only_sink_is_one_half(discount, ends):
    """Turner et al. (2021): no choice at all, POWER is the mean reward of the sink."""
    world = explore("shore", lambda s: {"sink": "deep"})
    found = _exact(world, discount, ends)
    assert found["shore"] == pytest.approx(_rescaled(0.5, ends), abs=1e-9)
    assert found["deep"] == pytest.approx(_rescaled(0.5, ends), abs=1e-9)


def test_power_of_the_pair_that_may_stay_on_one_side(discount, ends):
    """l may stay or go to u, u only back: POWER(l) = (2/3 + g/2)/(1 + g), POWER(u) = 1/2 + g/(6(1 + g)).

    POWERplay's figure-1 world has both as the POWER of its two left states.
    """
    world = explore("l", lambda s: {"stay": "l", "go": "u"} if s == "l" else {"back": "l"})
    found, g = _exact(world, discount, ends), discount
    assert found["l"] == pytest.approx(_rescaled((2 / 3 + g / 2) / (1 + g), ends), abs=1e-9)
    assert found["l"] == pytest.approx(_rescaled(1 / 2 + 1 / (6 * (1 + g)), ends), abs=1e-9)
    assert found["u"] == pytest.approx(_rescaled(1 / 2 + g / (6 * (1 + g)), ends), abs=1e-9)


def test_power_of_a_free_pair_is_two_thirds(discount, ends):
    """Two states, each may stay or go: the expected maximum of two draws."""
    world = explore(0, lambda s: {"stay": s, "go": 1 - s})
    found = _exact(world, discount, ends)
    assert found == pytest.approx({s: _rescaled(2 / 3, ends) for s in (0, 1)}, abs=1e-9)


@pytest.mark.parametrize("n", [2, 4])
def test_power_on_the_complete_graph_is_the_expected_maximum(n, discount, ends):
    """Turner et al. (2021), lemma 5.3: E[R] <= POWER <= E[max R], the right-hand side attained."""
    world = explore(0, lambda s: {f"to {t}": t for t in range(n)})
    found = _exact(world, discount, ends)
    assert found == pytest.approx({s: _rescaled(n / (n + 1), ends) for s in range(n)}, abs=1e-9)


def test_power_of_an_absorbing_state_is_the_mean_reward_even_when_negative(discount, ends):
    """POWERplay's defect: with illegal actions as zero rows it reports +0.25 where the truth is 0."""
    world = _choices(3)
    found = _exact(world, discount, ends)
    for state in range(3):
        assert found[state] == pytest.approx(_rescaled(0.5, ends), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_power_lies_between_the_mean_and_the_expected_maximum(seed, discount):
    """E[R] <= POWER(s) <= E[max R] on random worlds (Turner et al. 2021), over one and the same orbit."""
    rng = np.random.default_rng(seed)
    to = rng.integers(1, 5, 5)
    world = explore(
        0, lambda s: {"a": (s + int(to[s])) % 5, "b": {(s * 2) % 5: 0.5, (s * 2 + 1) % 5: 0.5}}
    )
    values = tuple(rng.normal(size=world.n_outcomes).tolist())
    family = Orbit(values)
    found = power(world, family, discount, n=10**6, rng=np.random.default_rng(0))
    assert (found.mean >= np.mean(values) - 1e-9).all()
    assert (found.mean <= np.max(values) + 1e-9).all()


@pytest.mark.parametrize("k", [1, 2, 5])
def test_with_average_reward_off_is_optimal_with_probability_1_over_k_plus_1(k, discount):
    """Turner et al. (2021), section 6.3: k + 1 one-cycles, one of which is off, each the best as often."""
    world = _choices(k + 1)
    family = Orbit(tuple(np.arange(k + 2.0).tolist()))
    found = optimality_probability(
        world, family, discount, "start", n=10**6, rng=np.random.default_rng(0)
    )
    np.testing.assert_allclose(found.mean, 1 / (k + 1), rtol=0, atol=1e-12)


def test_probability_and_power_can_disagree():
    """One is a count, the other a mean: mostly a little better is not better on average (section 2)."""
    world = explore("start", lambda s: {"often": 1, "much": 2} if s == "start" else {"stay": s})
    family = Listed(((0.0, 0.6, 0.5), (0.0, 0.6, 0.5), (0.0, 0.0, 1.0)))
    means = power(world, family, 0.9, n=3, rng=np.random.default_rng(0)).mean
    often, much = optimality_probability(
        world, family, 0.9, "start", n=3, rng=np.random.default_rng(0)
    ).mean
    assert often == pytest.approx(2 / 3)
    assert much == pytest.approx(1 / 3)
    assert means[1] == pytest.approx(0.4)
    assert means[2] == pytest.approx(2 / 3)


def test_a_tie_counts_for_every_tied_action():
    """Turner et al. (2021), definition 4.3: some optimal policy takes it; so the sum may exceed 1."""
    world = _choices(2)
    family = Listed(((0.0, 1.0, 1.0), (0.0, 1.0, 0.0)))
    found = optimality_probability(world, family, 0.5, "start", n=9, rng=np.random.default_rng(0))
    assert found.n == 2
    assert found.mean.tolist() == [1.0, 0.5]
    assert len(everyone(family, world).reward) == 2
