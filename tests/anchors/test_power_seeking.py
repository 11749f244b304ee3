"""Power-seeking acts: closed forms, and that they need not agree with what is optimal more often."""

import numpy as np
import pytest

from anchors.populations import Listed, orders
from telos import agents, explore, power
from telos.errors import ProblemError
from telos.families import Revised, Uniform
from telos.theory import optimality_probability, power_limit, power_of_acts, power_seeking
from telos.worlds import OffSwitch, PaperclipFactory

#: 1 -> {2, 3}, 2 -> {2, 3}, 3 -> {3, b}, b absorbs (THEORY, section 11).
DISAGREES = {"1": ("2", "3"), "2": ("2", "3"), "3": ("3", "b"), "b": ("b",)}


def _world(moves):
    return explore("1", lambda s: {f"to {to}": to for to in moves[s]})


def _rng():
    return np.random.default_rng(0)


def test_the_act_that_seeks_power_can_be_the_one_that_is_optimal_less_often():
    """In the limit 2 has POWER 3/4 and 3 has 2/3, but 3 is on the way to two of the three best ends."""
    world = _world(DISAGREES)
    family = orders(world)
    limit = power_limit(world, family, n=family.size(world), rng=_rng())
    found = dict(zip(world.states, limit.mean.round(12).tolist(), strict=True))
    assert found == {"1": 0.75, "2": 0.75, "3": round(2 / 3, 12), "b": 0.5}
    acts = world.pair("1", "to 2"), world.pair("1", "to 3")
    seeking = power_seeking(world, family, 0.99, acts, n=24, rng=_rng())
    assert seeking.seeks
    assert seeking.difference == pytest.approx(3 / 4 - 2 / 3, abs=0.01)
    chosen = optimality_probability(world, family, 0.99, "1", n=24, rng=_rng())
    assert dict(zip(chosen.names, chosen.mean.round(12), strict=True)) == {
        "to 2": pytest.approx(1 / 3),
        "to 3": pytest.approx(2 / 3),
    }


@pytest.mark.parametrize("rooms", [1, 3, 5])
@pytest.mark.parametrize("discount", [0.5, 0.95, 1.0])
def test_walking_on_leads_to_k_over_k_plus_1(rooms, discount):
    world = OffSwitch(rooms=rooms).build()
    acts = power_of_acts(world, Uniform(), discount, n=3000, rng=_rng())
    low, high = acts.interval(0.9999)
    go, off = (world.pair("gate", a) for a in ("walk on", "be switched off"))
    assert low[go] < rooms / (rooms + 1) < high[go]
    assert low[off] < 0.5 < high[off]


def test_the_limit_is_what_POWER_tends_to():
    world = _world({"1": "23", "2": "3", "3": "14", "4": "5", "5": "4"})
    goals = Listed(tuple(map(tuple, np.random.default_rng(3).random((6, 5)))))
    limit = power_limit(world, goals, n=6, rng=_rng()).mean
    gaps = [
        np.abs(power(world, goals, discount, n=6, rng=_rng()).mean - limit).max()
        for discount in (0.9, 0.99, 0.999)
    ]
    assert gaps[2] < gaps[1] < gaps[0]
    assert gaps[2] < 0.005


def test_a_bounded_agent_has_less_power_than_the_optimal_one_and_a_random_one_its_own():
    world = OffSwitch(rooms=3).build()
    gate = world.pair("gate", "walk on")
    best, blind = (
        power_of_acts(world, Uniform(), 0.9, n=400, rng=_rng(), agent=agent)
        for agent in (None, agents.UniformRandom())
    )
    low, high = blind.interval(0.9999)
    assert low[gate] < 0.5 < high[gate]  # the mean of three rooms, not their maximum
    assert (blind.mean <= best.mean + 1e-9).all()
    same = power_of_acts(world, Uniform(), 0.9, n=400, rng=_rng(), agent=agents.Optimal())
    np.testing.assert_allclose(same.mean, best.mean, atol=1e-7)


def test_who_foresees_being_rewritten_has_less_power_where_that_happens():
    world = PaperclipFactory(products=("clips", "pins"), machines=1).build()
    family = Revised(Uniform())
    known, blind = (
        power_of_acts(world, family, 0.9, n=8, rng=_rng(), foresight=foresight)
        for foresight in ("realistic", "ignorant")
    )
    assert (known.mean <= blind.mean + known.bound + blind.bound).all()
    assert (known.mean < blind.mean - 0.01).any()


def test_what_cannot_be_asked_is_refused():
    noisy = explore("1", lambda s: {"go": {"1": 0.5, "2": 0.5}} if s == "1" else {"go": s})
    with pytest.raises(ProblemError, match="stochastic"):
        power_limit(noisy, Uniform(), n=1, rng=_rng())
    with pytest.raises(ProblemError, match="no agent"):
        power_of_acts(noisy, Uniform(), 1.0, n=1, rng=_rng(), agent=agents.Optimal())
    with pytest.raises(ProblemError, match="discount"):
        power_of_acts(noisy, Uniform(), 0.0, n=1, rng=_rng())
    for acts, why in (
        ((0, 1), "not acts of one state"),
        ((0, 7), "two pairs"),
        ((0,), "two pairs"),
    ):
        with pytest.raises(ProblemError, match=why):
            power_seeking(noisy, Uniform(), 0.5, acts, n=1, rng=_rng())


def test_a_sample_of_goals_leaves_open_what_a_whole_family_does_not():
    world = _world(DISAGREES)
    acts = world.pair("1", "to 2"), world.pair("1", "to 3")
    few = power_seeking(world, Uniform(), 0.99, acts, n=10, rng=_rng())
    assert few.seeks is None
    many = power_seeking(world, Uniform(), 0.99, acts, n=3000, rng=_rng())
    low, high = many.interval(0.9999)
    assert 0 < low < 3 / 4 - 2 / 3 < high
