"""What an incentive is: value differences, signed gaps, categories and chance (THEORY section 3)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import random_world
from telos import (
    Affordance,
    Category,
    Goals,
    Problem,
    World,
    explore,
    instrumental_values,
    measure,
    solve,
)
from telos.agents import Optimal
from telos.core.arrays import bools
from telos.drives import GoalPreservation, ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.measure.baseline import keepable_outcomes, random_baseline
from telos.measure.tally import Tally
from telos.testing.strategies import discounts, seeds
from telos.worlds import OffSwitch, Orchard, Surgery


def _gated(size, successors, seed, lead=0):
    """A gate with three actions into a random stochastic world that never comes back to it.

    Args:
        lead: steps on the way to the gate, one action each.
    """
    rng = np.random.default_rng(seed)
    inner = random_world(size, 3, successors, seed)
    rows = [{i + 1: 1.0} for i in range(lead)]
    gate = [
        dict(zip(rng.choice(size, 2, replace=False) + lead + 1, rng.dirichlet([1, 1]), strict=True))
        for _ in range(3)
    ]
    body = [{t + lead + 1: p for t, p in inner.successors(i).items()} for i in range(inner.n_pairs)]
    flat = [*rows, *gate, *body]
    pairs = [1] * lead + [3] + np.diff(inner.pair_ptr).tolist()
    return World.from_arrays(
        np.concatenate(([0], np.cumsum(pairs))),
        [a for n in pairs for a in range(n)],
        np.concatenate(([0], np.cumsum([len(row) for row in flat]))),
        [t for row in flat for t in row],
        [p for row in flat for p in row.values()],
    )


def _drive(world, lead, pursuing):
    pursues = np.zeros(world.n_pairs, np.bool_)
    pursues[[lead + i for i in pursuing]] = True
    forks = np.zeros(world.size, np.bool_)
    forks[lead] = True
    return Affordance("made_up", bools(pursues), bools(forks))


@given(seeds(), discounts(), st.sampled_from(((0,), (2,), (0, 1))), st.integers(0, 3))
def test_forbidding_a_gate_costs_the_positive_part_of_its_signed_gap(
    seed, discount, pursuing, lead
):
    """Section 3: at a single gate IV = max(0, max over pursuing Q* - max over the others), discounted."""
    world = _gated(5, 3, seed, lead)
    drive = _drive(world, lead, pursuing)
    reward = np.random.default_rng(seed).uniform(-1, 1, (4, world.size))
    problem = Problem(world, Goals(reward), discount)
    free = solve(problem)
    q = free.q[:, lead : lead + 3]
    others = [i for i in range(3) if i not in pursuing]
    gap = discount**lead * (q[:, list(pursuing)].max(axis=1) - q[:, others].max(axis=1))
    worth = instrumental_values(problem, (drive,))[0]
    slack = 4 * (worth.bound + free.bound) + 1e-12
    assert (np.abs(worth.iv - np.maximum(gap, 0)) <= slack).all()
    assert (worth.category[gap > slack] == Category.REQUIRED).all()
    if discount > 0:
        assert (worth.category[gap < -slack] == Category.DECLINED).all()


@given(seeds(), st.sampled_from((0.1, 0.5, 0.9, 0.99)))
def test_the_gap_says_what_the_incentive_cannot(seed, discount):
    """IV >= 0 by construction, so it is never called pursued; the gap at the start has a sign.

    gap = share where the drive pays, and negative where it costs.
    """
    world = _gated(5, 3, seed)
    problem = Problem(
        world, Goals(np.random.default_rng(seed).uniform(-1, 1, (4, world.size))), discount
    )
    worth = instrumental_values(problem, (_drive(world, 0, (0,)),))[0]
    assert (worth.iv >= 0).all()
    pays = worth.category == Category.REQUIRED
    for gap in (worth.gap_later, worth.gap_never):
        np.testing.assert_allclose(gap[pays], worth.share[pays], atol=1e-6)
        assert (gap[worth.category == Category.DECLINED] < 0).all()
    costs = worth.category == Category.DECLINED
    assert (worth.iv[costs] <= worth.bound[costs]).all(), "zero, as far as anybody can tell"


def test_the_share_is_the_incentive_over_the_range_of_what_policies_earn():
    """s = IV / (max V - min V): a gate that decides everything has share 1, or less if it does not."""
    world = OffSwitch(rooms=2).build()
    rows = {"gate": 0, "off": 0, "hall": 0, "room 1": 1, "room 2": 1}
    decisive = [float(rows[s]) for s in world.states]
    rows["room 1"] = -1
    partial = [float(rows[s]) for s in world.states]
    problem = Problem(world, Goals([decisive, partial, [0.7] * 5]), 0.9)
    worth = instrumental_values(problem, (SelfPreservation().affordances(world),))[0]
    assert worth.share.tolist() == pytest.approx([1.0, 0.5, 0.0], abs=1e-6)
    assert worth.category.tolist() == [1, 1, 0]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_two_rules_that_know_no_goal_pass_the_gate_as_they_should(k):
    """By action 1/2; by outcome k/(k+1), which is option counting and no optimization (section 3)."""
    world = OffSwitch(rooms=k).build()
    odds = random_baseline(world, SelfPreservation().affordances(world))
    assert odds.tolist() == pytest.approx([1 / 2, k / (k + 1)], abs=1e-12)
    assert len(keepable_outcomes(world)) == k + 1


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3)])
def test_the_outcome_rule_fetches_for_what_is_behind_and_by_the_way(n, m):
    """Orchard: aims at one of 1 + n + m outcomes; behind the token it must fetch, else it may.

    To keep the path: wait or fetch at each step, so sooner or later it fetches. To reach a tree it
    waits, fetches or settles, each with the same chance, so it fetches before settling half the time.
    """
    world = Orchard(free=n, locked=m).build()
    odds = random_baseline(world, ResourceAcquisition().affordances(world))
    by_outcome = (m + 1 + n / 2) / (n + m + 1)
    by_action = 1 / (1 + n)  # wait is a step on the spot: fetch against n ways to settle
    assert odds.tolist() == pytest.approx([by_action, by_outcome], abs=1e-12)


@pytest.mark.parametrize("k", [1, 3])
def test_at_gamma_near_one_the_rate_is_no_more_than_option_counting(k):
    """Section 9: k/(k+1) is what *any* exchangeable rule gives; optimization shows in the incentive."""
    world = OffSwitch(rooms=k).build()
    problem = Problem(world, Uniform().sample(world, 3000, np.random.default_rng(0)), 0.999)
    drive = SelfPreservation().affordances(world)
    reading = measure(problem, Optimal().behave(problem, np.random.default_rng(0)), drive)
    rate = (reading.category == Category.REQUIRED).mean()
    assert rate == pytest.approx(k / (k + 1), abs=0.03)
    assert reading.baseline[0, 1] == pytest.approx(k / (k + 1), abs=1e-12)
    # A rule blind to labels gains nothing on average by being at the gate; the optimum does.
    assert reading.iv.mean() * (1 - 0.999) > 0.1


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        ((5, 0, 0), "absolute"),
        ((3, 1, 1), "strict"),
        ((2, 1, 2), "weak"),
        ((1, 1, 3), "none"),
        ((0, 4, 0), "weak"),
    ],
)
def test_the_labels_of_convergence(counts, label):
    """Absolutely if all require, strictly if more require than decline, weakly if as many."""
    required, indifferent, avoided = counts
    tally = Tally(n=sum(counts), required=required, indifferent=indifferent, declined=avoided)
    assert tally.label(whole=True) == label


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        ((200, 0, 0), "strict"),  # "all" cannot be read off a sample
        ((100, 0, 100), "undecided"),  # nor can equality
        ((0, 200, 0), "undecided"),
        ((55, 0, 45), "undecided"),
        ((120, 20, 60), "strict"),
        ((60, 20, 120), "none"),
    ],
)
def test_the_label_of_a_sample_is_decided_by_its_interval(counts, label):
    assert Tally(sum(counts), *counts).label() == label


def test_propensity_is_what_is_done_and_the_category_what_is_best():
    """An agent that foresees nothing refuses half the time what foresight requires (sections 3 and 6)."""
    world = Surgery(outcomes=3).build()
    goals = Uniform().sample(world, 200, np.random.default_rng(0))
    drive = GoalPreservation().affordances(world)
    problem = Problem(world, goals, 0.9)
    reading = measure(problem, Optimal().behave(problem, np.random.default_rng(0)), drive)
    required = reading.category == Category.REQUIRED
    np.testing.assert_allclose(reading.propensity[required], 1.0, atol=1e-12)
    np.testing.assert_allclose(reading.propensity[~required], 0.5, atol=1e-12)
    np.testing.assert_allclose(reading.fork_share, reading.propensity, atol=1e-12)
    np.testing.assert_allclose(reading.reached, 1.0, atol=1e-12)


def test_a_fork_that_is_never_reached_has_no_share():
    """fork_share is NaN, not 0, where no fork is visited: no decision gives no evidence."""

    def moves(s):
        if s == "start":
            return {"stay": "start", "go": "gate"}
        return {"wait": "off", "run": "work"} if s == "gate" else {"wait": s}

    world = explore(
        "start",
        moves,
        features={"off": lambda s: s == "off"},
        default=lambda s: "stay" if s == "start" else "wait",
    )
    problem = Problem(world, Goals([1.0, 0.0, 0.0, 0.0]), 0.9)
    drive = SelfPreservation().affordances(world)
    reading = measure(problem, Optimal().behave(problem, np.random.default_rng(0)), drive)
    assert np.isnan(reading.fork_share).all()
    assert reading.reached.tolist() == [0.0]
    assert np.isnan(reading.gap_later).all(), "no fork is ever met"
    assert np.isnan(reading.gap_never).all()
    assert reading.fork_chance.tolist() == [0.0]
    assert reading.category.tolist() == [Category.NEVER_MET]
