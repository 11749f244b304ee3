"""Human power: closed forms on commons, and what it is where there is nobody else."""

import numpy as np
import pytest

from telos import Problem, agents, explore, power
from telos.errors import FeatureMissing, ProblemError
from telos.families import Orbit, Uniform
from telos.theory import attainable, commons_neighbors, human_power
from telos.worlds import OffSwitch


def _rng():
    return np.random.default_rng(0)


def _pantry(units):
    """An agent may eat a unit of the commons or do nothing."""
    return explore(
        units,
        lambda c: {"leave": c, "eat": max(c - 1, 0)},
        features={"commons": float},
        default="leave",
    )


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("discount", [0.5, 0.95])
def test_c_units_left_for_ever_leave_c_plus_1_over_c_plus_2(units, discount):
    """Exact over orders: c + 1 of the units + 1 outcomes are open, and the best of them can be kept."""
    world, k = _pantry(units), units + 1
    ladder = Orbit(tuple((np.arange(1, k + 1) / (k + 1)).tolist()))
    family_size = ladder.size(commons_neighbors(units).world)
    found = human_power(world, ladder, discount, n=family_size, rng=_rng())
    assert found.party == "beside"
    assert found.states.whole
    expected = [(c + 1) / (c + 2) for c in world.states]
    np.testing.assert_allclose(found.states.mean, expected, atol=1e-9)
    eat, leave = (world.pair(units, a) for a in ("eat", "leave"))
    assert found.acts[leave] == pytest.approx((units + 1) / (units + 2))
    assert found.acts[eat] == pytest.approx(units / (units + 1))


def test_a_policy_leaves_the_mean_over_a_random_time():
    world = _pantry(1)
    found = human_power(world, Uniform(), 0.9, n=50, rng=_rng())
    problem = Problem(world, Uniform().sample(world, 1, _rng()), 0.9)
    left = found.left(problem, agents.DefaultPolicy().behave(problem, _rng()))
    assert left[0] == pytest.approx(found.states.mean[world.find(1)])
    eaten = found.left(problem, agents.UniformRandom().behave(problem, _rng()))
    assert found.states.mean[world.find(0)] < eaten[0] < left[0]


def test_it_is_what_attainable_finds_at_the_start_beside_an_idle_agent():
    world, party = _pantry(2), commons_neighbors(2)
    goals = Uniform().sample(party.world, 30, np.random.default_rng(7))
    idle = np.eye(world.n_pairs)[world.default].sum(axis=0)
    nobody = Problem(world, Uniform().sample(world, 1, _rng()), 0.8)
    worth = attainable(nobody, idle, party, goals)[0] - goals.reward @ party.world.start

    class Same:
        """The goals that were drawn, as `goal_batches` asks for them."""

        def sample(self, world, n, rng, *, first=0):
            del world, rng
            return goals.take(np.arange(first, first + n))

    found = human_power(world, Same(), 0.8, n=30, rng=_rng())
    assert found.states.mean[world.find(2)] == pytest.approx(0.2 / 0.8 * worth.mean(), abs=1e-9)


def test_where_there_is_nobody_else_it_is_POWER_of_who_takes_over():
    world = OffSwitch(rooms=3).build()
    found = human_power(world, Uniform(), 0.9, n=64, rng=_rng())
    assert found.party == "after"
    same = power(world, Uniform(), 0.9, n=64, rng=_rng())
    np.testing.assert_array_equal(found.states.mean, same.mean)
    with pytest.raises(FeatureMissing):
        human_power(world, Uniform(), 0.9, neighbor=commons_neighbors(1), n=1, rng=_rng())
    with pytest.raises(ProblemError):
        human_power(world, Uniform(), 0.0, n=1, rng=_rng())
