"""The extremal goal of 200 tiny worlds, found again by going through every policy there is."""

import itertools
from functools import cache

import numpy as np
import pytest
from scipy.optimize import linprog

from agreement import oracles
from telos import (
    Goals,
    Problem,
    drives,
    instrumental_values,
    reach,
    worlds,
)
from telos.families import Polytope, Revised, Simplex, Uniform
from telos.theory import ExtremalStatus, extremal_goal

#: How far a search and brute force may be apart, in units of reward.
CLOSE = 1e-7
WORLDS, PARTS = 200, 10
STRICT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def _cases():
    """The first 200 that have a pair of the drive in reach (one in three has none)."""
    for number in itertools.count():
        world, limits, drive, discount = _case(number)
        anything = np.repeat(1.0 / np.diff(world.pair_ptr), np.diff(world.pair_ptr))
        if reach(world, anything, drive.affordances(world).pursues)[0] > 0.0:
            yield number, world, limits, drive, discount


def _case(number):
    """A world of 3 to 5 states, limits on goals, a drive and a discount, all by number."""
    rng = np.random.default_rng(number)
    states = int(rng.integers(3, 6))
    world = worlds.RandomWorld(
        states=states,
        actions=int(rng.integers(2, 4)) if states < 5 else 2,
        successors=int(rng.integers(1, 4)),
        outcomes=states if rng.random() < 0.5 else states - 1,
        absorbing=int(rng.integers(0, 2)),
        idle=bool(rng.random() < 0.7),
        seed=number,
    ).build()
    names = [drives.SelfPreservation, drives.ResourceAcquisition, drives.CognitiveEnhancement]
    drive = names[number % 3]()
    discount = float(rng.choice([0.0, 0.5, 0.9, 0.95]))
    return world, _limits(world, number, rng), drive, discount


def _limits(world, number, rng):
    count = world.n_outcomes
    kinds = (
        lambda: Uniform(),
        lambda: Uniform(-2.0, -0.5),
        lambda: Simplex(),
        lambda: Polytope(basis=rng.normal(size=(count, 2)).round(2), low=-1.0),
        lambda: Polytope(rows=rng.normal(size=(1, count)), limits=[0.3], low=-0.5),
    )
    return kinds[number % 5]()


def _written_out(limits, count):
    """The same limits as `basis w`, `rows w <= limits`, `fixed w = totals`, by hand."""
    none = np.zeros((0, count))
    match limits:
        case Uniform(low=low, high=high):
            rows = np.vstack([np.eye(count), -np.eye(count)])
            return np.eye(count), rows, np.repeat([high, -low], count), none, []
        case Simplex():
            return np.eye(count), -np.eye(count), np.zeros(count), np.ones((1, count)), [1.0]
        case Polytope(rows, most, basis, low, high):
            basis = np.array(basis) if basis else np.eye(count)
            width = basis.shape[1]
            rows = np.vstack([np.eye(width), -np.eye(width), *rows])
            most = [*np.repeat([high, -low], width), *most]
            return basis, rows, most, none[:, :width], []


def _visits(world, discount, allowed=None):
    """F[n, K]: the discounted time in each outcome, once for each thing some policy can bring about."""
    every = oracles.choices(world, allowed)
    count = world.n_outcomes
    earned = np.eye(count)[world.outcome][world.pair_state]
    time = np.stack(
        [
            oracles.values_of(world, earned[:, k], discount, every) @ world.start
            for k in range(count)
        ],
        axis=1,
    )
    # Two that differ by rounding alone would each make the other look like a mixture.
    return time[np.unique(time.round(9), axis=0, return_index=True)[1]]


def _undominated(visits):
    """Those that are the only best for some reward: the corners of their convex hull."""
    corners = []
    for i, row in enumerate(visits):
        others = np.delete(visits, i, axis=0)
        if len(others):
            mix = linprog(
                np.zeros(len(others)),
                A_eq=np.vstack([others.T, np.ones(len(others))]),
                b_eq=np.append(row, 1.0),
                options=STRICT,
            )
            if mix.status == 0:
                continue
        corners.append(row)
    return np.array(corners)


def _worst(world, limits, discount, kept, allowed=None):
    """max over policies, of the linear program for the goal that sets it furthest above all kept ones."""
    basis, rows, most, fixed, totals = _written_out(limits, world.n_outcomes)
    can, left = _visits(world, discount, allowed), _visits(world, discount, kept)
    best, width = 0.0, basis.shape[1]
    for visits in _undominated(can):
        gains = (visits - left) @ basis
        found = linprog(
            np.append(np.zeros(width), -1.0),
            A_ub=np.vstack(
                [
                    np.hstack([-gains, np.ones((len(gains), 1))]),
                    np.hstack([rows, np.zeros((len(rows), 1))]),
                ]
            ),
            b_ub=np.concatenate([np.zeros(len(gains)), most]),
            A_eq=np.hstack([fixed, np.zeros((len(fixed), 1))]) if len(fixed) else None,
            b_eq=totals if len(fixed) else None,
            bounds=(None, None),
            options=STRICT,
        )
        assert found.status == 0, found.message
        best = max(best, -found.fun)
    return best


@cache
def cases():
    """All of them, made by the workers that try some, not whenever tests are collected."""
    return tuple(itertools.islice(_cases(), WORLDS))


@pytest.mark.parametrize(
    "part",
    [part if part < 3 else pytest.param(part, marks=pytest.mark.long) for part in range(PARTS)],
)
def test_the_extremal_goal_is_what_every_policy_and_every_goal_say(part):
    for number, world, limits, drive, discount in cases()[part::PARTS]:
        kept = ~drive.affordances(world).pursues
        found = extremal_goal(world, limits, drive, discount, samples=20)
        wanted = _worst(world, limits, discount, kept)
        assert found.proved, number
        assert abs(found.iv - wanted) < CLOSE, (number, found.iv, wanted)
        assert found.iv - found.error <= wanted + CLOSE
        assert found.bound >= wanted - 1e-9, (number, found.bound, wanted)
        assert found.bound <= found.iv + CLOSE, (number, found.bound, found.iv)
        assert found.sampled_max <= found.bound


@pytest.mark.parametrize("place", range(0, WORLDS, 13))
def test_the_goal_that_is_shown_is_worth_what_is_said_and_within_the_limits(place):
    _, world, limits, drive, discount = cases()[place]
    found = extremal_goal(world, limits, drive, discount, samples=20)
    affordance = drive.affordances(world)
    (worth,) = instrumental_values(Problem(world, found.goal, discount), (affordance,))
    assert worth.iv[0] == pytest.approx(found.iv, abs=1e-9)
    basis, rows, most, fixed, totals = _written_out(limits, world.n_outcomes)
    point = np.linalg.lstsq(basis, found.weights, rcond=None)[0]
    assert basis @ point == pytest.approx(found.weights, abs=1e-9)
    assert (rows @ point <= np.asarray(most) + 1e-9).all()
    assert fixed @ point == pytest.approx(np.asarray(totals), abs=1e-9)
    assert (found.goal.reward[0] == found.weights[world.outcome]).all()


def test_the_random_worlds_hold_drives_that_some_goal_requires_and_drives_that_none_does():
    few = cases()[::8]
    worth = np.array([extremal_goal(*case[1:], samples=1).iv for case in few])
    assert (worth > 1e-3).sum() >= 10
    assert (worth < 1e-9).sum() >= 3


@pytest.mark.parametrize("number", range(20))
def test_a_goal_that_would_be_rewritten_is_judged_by_what_the_rewritten_self_does(number):
    rng = np.random.default_rng(number)
    world = worlds.RandomWorld(
        states=5, actions=2, successors=1 + number % 2, outcomes=4, rewriting=True, seed=number
    ).build()
    written = rng.random(world.n_outcomes).round(3)
    limits, drive = (
        Revised(Uniform(-1.0, 1.0), kernel="correction", to=written),
        drives.GoalPreservation(),
    )
    found = extremal_goal(world, limits, drive, 0.9, samples=20)
    gone = (world.features["goal_register"] != 0)[world.pair_state]
    # Every policy of the rewritten self, kept only where it is best for the goal that was written.
    every = oracles.choices(world)
    worth = oracles.values_of(world, written[world.outcome][world.pair_state], 0.9, every)
    best = np.unique(every[(worth >= worth.max(axis=0) - 1e-9).all(axis=1)])
    follows = np.isin(np.arange(world.n_pairs), best)
    allowed = ~gone | follows
    kept = allowed & ~drive.affordances(world).pursues
    wanted = _worst(world, Uniform(-1.0, 1.0), 0.9, kept, allowed)
    assert found.iv == pytest.approx(wanted, abs=CLOSE)
    assert wanted - 1e-9 <= found.bound <= wanted + CLOSE


def test_brute_force_by_policies_agrees_with_trying_every_corner_of_a_small_box():
    world = worlds.Orchard(free=1, locked=2).build()
    drive = drives.ResourceAcquisition()
    found = extremal_goal(world, Uniform(), drive, 0.8)
    corners = np.array(list(itertools.product([0.0, 1.0], repeat=world.n_outcomes)))
    problem = Problem(world, Goals(corners[:, world.outcome]), 0.8)
    (worth,) = instrumental_values(problem, (drive.affordances(world),))
    assert found.iv == pytest.approx(worth.iv.max(), abs=1e-9)
    assert found.status is ExtremalStatus.PROVED
