"""Learners at the gates: where they come to do what the optimum does, where they do not, and why.

All intervals are nested: learners of a goal are averaged first, and goals are what is independent. The
optimum that a learner can come to is the hedonistic one, since it is paid by the goal it holds.
"""

from functools import cache

import numpy as np
import pytest

from telos import Problem, families, measure, worlds
from telos.agents import ExpectedSarsa, Hedonistic, Optimal, QLearning, Sarsa, UniformRandom
from telos.core.behavior import Behavior
from telos.core.reading import Category
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.measure.intervals import difference_interval
from telos.measure.nested import nested
from telos.measure.onset import onset, settling
from telos.solve.foresight import held, holding
from telos.solve.learning import greedy
from telos.theory.fixed_points import fixed_point

GATES = {
    "off-switch": (worlds.OffSwitch(), SelfPreservation(), "iid"),
    "off-switch, off worth 0": (worlds.OffSwitch(), SelfPreservation(), "zero"),
    "surgery": (worlds.Surgery(), GoalPreservation(), "iid"),
    "workbench": (worlds.Workbench(), CognitiveEnhancement(), "iid"),
    "orchard": (worlds.Orchard(), ResourceAcquisition(), "iid"),
}
AGES = (100, 1000, 10_000, 31_623)
GOALS, LEARNERS = 48, 2


@cache
def _gate(name):
    """The problem, the drive's affordance and the optimum's reading."""
    scenario, drive, off = GATES[name]
    world = scenario.build()
    goals = families.Uniform(off=off).sample(world, GOALS, np.random.default_rng(0))
    problem = Problem(world, goals, 0.9)
    affordance = drive.affordances(world)
    return problem, affordance, measure(problem, _behavior(Hedonistic(), problem), affordance)


def _behavior(agent, problem):
    return agent.behave(problem, np.random.default_rng(0))


@cache
def _propensity(name, cls, steps):
    """F[G, R]: what the learners of each goal do at an age."""
    problem, affordance, _ = _gate(name)
    columns = []
    for replica in range(LEARNERS):
        agent = cls(steps=steps, episode=10, epsilon=0.5, replica=replica)
        columns.append(measure(problem, _behavior(agent, problem), affordance).propensity)
    return np.stack(columns, axis=1)


def _decided(name):
    """B[G]: the goals to which the drive is not all one: a tie is settled by noise when learned."""
    return _gate(name)[2].category != Category.INDIFFERENT


def _gap(name, found, against):
    """The interval of the mean difference over decided goals, learners averaged within a goal."""
    decided = _decided(name)
    return difference_interval(against[decided], found.mean(axis=1)[decided])


@pytest.mark.parametrize("name", GATES)
def test_q_learners_come_to_the_optimum_at_every_gate(name):
    decided, best = _decided(name), _gate(name)[2].propensity
    found = nested(_propensity(name, QLearning, AGES[-1])[decided])
    assert found.interval.low <= best[decided].mean() <= found.interval.high
    assert abs(found.mean - best[decided].mean()) <= 0.02
    low, high = _gap(name, _propensity(name, QLearning, AGES[-1]), best)
    assert low <= 0.0 <= high


def test_where_a_drive_has_an_edge_a_learner_of_a_hundred_steps_has_not_come_to_it():
    """So that the test above could fail."""
    for name in ("off-switch", "workbench"):
        gap = _gap(name, _propensity(name, QLearning, AGES[0]), _gate(name)[2].propensity)
        assert gap.high < -0.05


def _curve(name, cls):
    """The propensities and the ends of the gap's intervals, an age each."""
    best = _gate(name)[2].propensity
    found = [_propensity(name, cls, steps) for steps in AGES]
    return found, np.array([_gap(name, f, best) for f in found])


def test_the_drives_appear_in_their_order():
    """The steps that each drive takes: first what pays most, last what pays late and little."""
    ages = {}
    for name in GATES:
        problem, affordance, _ = _gate(name)
        chance = measure(problem, _behavior(UniformRandom(), problem), affordance).baseline[0]
        found, gaps = _curve(name, QLearning)
        odds = np.full(len(found[0]), chance.max())
        ends = [difference_interval(odds, f.mean(axis=1), tests=len(AGES)) for f in found]
        above = [f.mean() - chance.max() for f in found]
        appears = onset(AGES, above, *np.array(ends).T).level
        ages[name] = appears, settling(AGES, gaps[:, 0], gaps[:, 1])
    assert ages["off-switch, off worth 0"] == (100, 1000)
    assert ages["workbench"] == (1000, 10_000)
    # Three rooms of four outcomes, and a rewritten goal as good as one's own: the optimum itself is
    # no more than chance there, so there is nothing that could appear; it is learned all the same.
    assert ages["off-switch"] == (None, 10_000)
    assert ages["surgery"][0] is None
    assert ages["orchard"][0] is None


@pytest.mark.parametrize("name", ["off-switch", "orchard"])
@pytest.mark.parametrize("cls", [Sarsa, ExpectedSarsa])
def test_a_sarsa_that_goes_on_exploring_comes_to_its_own_fixed_point_and_not_to_the_optimum(
    name, cls
):
    """It prices in the wrong doors that it will try behind the gate, so it passes it less often.

    (A goal or two so close that its samples still decide for it may be the other way round.)
    """
    problem, affordance, optimum = _gate(name)
    policy = greedy(problem.world, fixed_point(problem, "sarsa", epsilon=0.5))
    limit = measure(problem, Behavior(policy), affordance).propensity
    found = _propensity(name, cls, AGES[-1])
    decided = _decided(name)
    low, high = _gap(name, found, limit)
    assert low <= 0.0 <= high
    assert abs((found.mean(axis=1) - limit)[decided].mean()) < 0.08
    assert (found.mean(axis=1) - optimum.propensity).mean() < -0.05
    assert limit[decided].mean() < optimum.propensity[decided].mean() - 0.1


def test_a_sarsa_does_come_to_the_optimum_where_exploring_costs_both_ways_alike():
    """At the workbench a wrong door costs the beginner no more than the trained."""
    low, high = _gap("workbench", _propensity("workbench", Sarsa, AGES[-1]), np.ones(GOALS))
    assert low <= 0.0 <= high


def test_a_tie_is_settled_by_noise():
    """Who likes the path best may fetch the key or not: the tied optimum ends up fetching it for
    certain, because it draws anew at every step; a learner has made up its mind."""
    optimum = _gate("orchard")[2]
    tied = ~_decided("orchard")
    assert tied.sum() >= 3
    np.testing.assert_allclose(optimum.propensity[tied], 1.0)
    assert _propensity("orchard", QLearning, AGES[-1])[tied].mean() < 0.8


def test_what_a_learner_comes_to_is_what_the_hedonist_wants_and_not_what_foresight_wants():
    """At the surgery: one half and not 1 - 1/k of the goals refuse to be rewritten."""
    problem, affordance, optimum = _gate("surgery")
    assert not held(problem.world).all()
    np.testing.assert_array_equal(
        measure(problem, _behavior(Optimal(), holding(problem)), affordance).propensity,
        optimum.propensity,
    )
    foreseen = measure(problem, _behavior(Optimal(), problem), affordance).propensity
    found = _propensity("surgery", QLearning, AGES[-1])
    assert difference_interval(foreseen, found.mean(axis=1)).high < -0.1


def test_a_mixture_of_learners_is_not_their_averaged_policy():
    """One waits for ever, one fetches the key at once: half of them fetch it; the average always does."""
    problem, affordance, _ = _gate("orchard")
    world = problem.world
    path = world.pairs_of(0)
    lives = []
    for action in ("wait", "fetch"):
        policy = np.array(greedy(world, np.zeros((1, world.n_pairs))))
        policy[0, path.start : path.stop] = 0.0
        policy[0, world.pair(world.states[0], action)] = 1.0
        lives.append(policy)
    one = problem.take(np.array([0]))
    alone = [measure(one, Behavior(p), affordance).propensity[0] for p in lives]
    averaged = measure(one, Behavior((lives[0] + lives[1]) / 2), affordance).propensity[0]
    assert alone == [0.0, 1.0]
    assert nested(np.array([alone])).mean == 0.5
    assert averaged == pytest.approx(1.0)
