"""A longer look can hurt: how often in random worlds, and in the mirage where it does so by design."""

import numpy as np
import pytest

from telos import Goals, Problem, evaluate, measure, solve
from telos.agents import ShortSighted
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.worlds import Mirage, RandomWorld

LOOKS = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99)


def kept_by_look(problem, discounts):
    """F[D, G]: what is kept of the range of a goal, planning with each discount."""
    best, least = solve(problem).at_start, solve(problem, minimize=True).at_start
    rows = []
    for planned in discounts:
        agent = ShortSighted(planning_discount=planned)
        policy = agent.behave(problem, np.random.default_rng(0)).policy
        rows.append((evaluate(problem, policy) @ problem.world.start - least) / (best - least))
    return np.array(rows)


def deepest_fall(kept):
    """F[G]: how far below what a shorter look keeps a longer one comes, at most."""
    return (np.maximum.accumulate(kept, axis=0) - kept).max(axis=0)


def test_in_random_worlds_a_longer_look_hurts_some_goals_and_helps_on_average():
    """1 (world, goal) in 10 falls somewhere by more than 1 % of its range; the mean always rises.

    Looks of 0 are left out: who sees no difference tosses a coin, and a coin can be lucky.
    """
    falls, means = [], []
    for seed in range(20):
        world = RandomWorld(states=60, actions=3, successors=1, seed=seed).build()
        wanted = Uniform().sample(world, 25, np.random.default_rng(seed))
        kept = kept_by_look(Problem(world, wanted, 0.99), LOOKS)
        falls.append(deepest_fall(kept))
        means.append(kept.mean(axis=1))
    hurt = np.array(falls) > 0.01
    assert 0.05 < hurt.mean() < 0.15
    assert hurt.any(axis=1).mean() > 0.5
    assert (np.diff(np.mean(means, axis=0)) > 0).all()


def _weight(mirage, d):
    return d**mirage.road * (1 - d**mirage.shine)


@pytest.mark.parametrize("mirage", [Mirage(), Mirage(oases=2, road=2, shine=3)], ids=repr)
@pytest.mark.parametrize("g", [0.9, 0.999])
def test_a_mirage_draws_and_costs_what_the_closed_form_says(mirage, g):
    """Runs with probability 1/2 + w(d) h; loses 1/2 (w(d) - w(g))² E(B - f)², in units of g/(1-g)."""
    world, k = mirage.build(), mirage.oases
    wanted = Uniform().sample(world, 4000, np.random.default_rng(0))
    problem = Problem(world, wanted, g)
    best, h = solve(problem).at_start, k / (k + 1) - 0.5
    square = k / ((k + 1) ** 2 * (k + 2)) + 1 / 12 + h**2
    for d in (0.3, 0.5, 0.8, 0.95):
        behavior = ShortSighted(planning_discount=d).behave(problem, np.random.default_rng(0))
        runs = measure(problem, behavior, SelfPreservation().affordances(world)).propensity
        assert runs.mean() == pytest.approx(
            0.5 + _weight(mirage, d) * h, abs=4 * 0.5 / np.sqrt(4000)
        )
        loss = (1 - g) / g * (best - evaluate(problem, behavior.policy) @ world.start)
        expected = 0.5 * (_weight(mirage, d) - _weight(mirage, g)) ** 2 * square
        assert loss.mean() == pytest.approx(expected, abs=4 * loss.std() / np.sqrt(4000) + 1e-9)


def test_a_mirage_is_worst_half_way():
    """The peak of w is at d^m = n/(n+m); a look far shorter or longer keeps more of the task."""
    mirage, g = Mirage(), 0.999
    world = mirage.build()
    peak = (mirage.road / (mirage.road + mirage.shine)) ** (1 / mirage.shine)
    assert all(_weight(mirage, peak) >= _weight(mirage, d) for d in np.linspace(0, 1, 1001))
    wanted = Uniform().sample(world, 2000, np.random.default_rng(0))
    kept = kept_by_look(Problem(world, wanted, g), (0.05, 0.5, peak, 0.95, 0.99, g)).mean(axis=1)
    assert kept[0] > kept[1] + 0.02
    assert kept[1] > kept[2] + 0.02
    assert kept[2] < kept[3] - 0.02
    assert kept[3] < kept[4] - 0.02


def test_a_goal_errs_on_one_interval_of_looks_and_on_neither_side():
    """Off worth 1/2, the desert 0, an oasis 1: better off, and lured where w(d) > 1/2."""
    mirage = Mirage()
    world = mirage.build()
    name = np.array([str(world.outcomes[k]) for k in world.outcome])
    reward = np.where(name == "off", 0.5, np.where(name == "oasis 3", 1.0, 0.0))
    problem = Problem(world, Goals(reward), 0.999)
    grid = np.round(np.arange(0.02, 0.999, 0.02), 2)
    kept = kept_by_look(problem, grid)[:, 0]
    lured = _weight(mirage, grid) > 0.5
    np.testing.assert_array_equal(kept < 0.5, lured)
    assert lured.any()
    assert (np.diff(np.flatnonzero(lured)) == 1).all()
    assert not lured[0]
    assert not lured[-1]
