"""Inequalities, limits and sums that no world, goal or discount may break (Hypothesis, random worlds)."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import (
    Category,
    Goals,
    Problem,
    Reading,
    evaluate,
    instrumental_values,
    measure,
    occupancy,
    reach,
    solve,
    solve_as,
)
from telos.agents import Boltzmann, Hedonistic, Ignorant, Optimal, ShortSighted, UniformRandom
from telos.drives import DRIVES
from telos.measure.baseline import random_baseline
from telos.measure.intervals import proportion_interval
from telos.measure.rollouts import paired_rollouts
from telos.measure.tally import Tally
from telos.testing.strategies import (
    affordances,
    discounts,
    goals,
    pairs,
    policies,
    problems,
    seeds,
    worlds,
)

AGENTS = (
    Optimal(),
    Optimal("worst"),
    Ignorant(),
    Hedonistic(),
    Boltzmann(3.0),
    ShortSighted(planning_discount=0.3),
    ShortSighted(horizon=2),
    UniformRandom(),
)


@given(st.data())
def test_forbidding_a_drive_never_raises_the_value_of_a_goal(data):
    """V without the drive's pairs <= V, in every state; so IV >= 0 and its share is in [0, 1]."""
    problem = data.draw(problems(bonus=True))
    drive = data.draw(affordances(problem.world))
    free, bound = solve(problem), solve(problem, without=drive.pursues)
    assert (bound.value <= free.value + (free.bound + bound.bound)[:, None]).all()
    worth = instrumental_values(problem, (drive,))[0]
    assert (worth.iv >= 0).all()
    assert ((worth.share >= 0) & (worth.share <= 1)).all()
    for gap in (worth.gap_later, worth.gap_never):
        known = ~np.isnan(gap)
        assert (known == (worth.fork_chance > 0)).all()
        assert (np.abs(gap[known]) <= 1).all()


@given(st.data())
def test_no_policy_beats_the_greatest_value_or_falls_below_the_least(data):
    """min V <= V^pi <= max V in every state, for any policy whatever."""
    problem = data.draw(problems(bonus=True))
    value = evaluate(problem, data.draw(policies(problem.world)))
    most, least = solve(problem), solve(problem, minimize=True)
    rounding = (
        1e-13 * (np.abs(most.value).max() + np.abs(least.value).max()) / (1 - problem.discount)
    )
    assert (value <= most.value + most.bound[:, None] + rounding).all()
    assert (value >= least.value - least.bound[:, None] - rounding).all()


@given(problems(bonus=True))
def test_values_obey_the_bellman_equation_to_within_their_bound(problem):
    """|max Q - V| <= (1 + discount) bound, and values stay within what rewards allow."""
    solution = solve(problem)
    best = np.maximum.reduceat(solution.q, problem.world.pair_ptr[:-1], axis=1)
    slack = (1 + problem.discount) * solution.bound[:, None] * (1 + 1e-12)
    assert (np.abs(best - solution.value) <= slack).all()
    earned = problem.goals.reward[:, problem.world.pair_state]
    bonus = problem.pair_bonus()
    earned = earned if bonus is None else earned + bonus
    limit = np.abs(earned).max(axis=1) / (1 - problem.discount) + solution.bound
    assert (np.abs(solution.value).max(axis=1) <= limit * (1 + 1e-12)).all()


@given(st.data())
def test_without_a_future_only_the_present_counts(data):
    """discount 0: V = R, every action ties, and no drive is worth anything to anybody."""
    world = data.draw(worlds())
    problem = Problem(world, data.draw(goals(world)), 0.0)
    solution = solve(problem)
    np.testing.assert_array_equal(solution.value, problem.goals.reward)
    assert solution.tied.all()
    worth = instrumental_values(problem, (data.draw(affordances(world)),))[0]
    assert (worth.iv == 0).all()
    assert not (worth.category == Category.REQUIRED).any()


@given(st.data())
def test_the_value_is_continuous_in_the_discount(data):
    """|V_g - V_h| <= |g - h| max |R| / ((1-g)(1-h)): no jump anywhere, least of all at 0."""
    world = data.draw(worlds())
    wanted = data.draw(goals(world))
    g, h = data.draw(discounts()), data.draw(discounts())
    a, b = solve(Problem(world, wanted, g)), solve(Problem(world, wanted, h))
    largest = np.abs(wanted.reward).max(axis=1)
    limit = abs(g - h) * largest / ((1 - g) * (1 - h)) + a.bound + b.bound
    rounding = 1e-12 * largest / (1 - max(g, h))
    assert (np.abs(a.value - b.value).max(axis=1) <= limit + rounding).all()


@given(st.data())
def test_the_category_agrees_with_the_closure_and_the_behavior(data):
    """Required: the optimal agent pursues for sure somewhere; avoided: it never does; else it may.

    The optimal agent mixes all tied actions, so it pursues with positive probability iff tied play can.
    """
    world = data.draw(worlds())
    problem = Problem(world, data.draw(goals(world)), data.draw(st.sampled_from((0.0, 0.5, 0.9))))
    drive = data.draw(affordances(world))
    behavior = Optimal().behave(problem, np.random.default_rng(0))
    reading = measure(problem, behavior, drive)
    assert (reading.propensity[reading.category == Category.REQUIRED] > 0).all()
    assert (reading.propensity[reading.category == Category.INDIFFERENT] > 0).all()
    assert (reading.propensity[reading.category == Category.DECLINED] == 0).all()
    rates = [(reading.category == kind).mean() for kind in Category]
    assert sum(rates) == pytest.approx(1.0)


@given(st.data())
def test_probabilities_are_probabilities(data):
    """reach, fork share, propensity and baseline lie in [0, 1], for every agent."""
    world = data.draw(worlds(rewriting=data.draw(st.booleans())))
    wanted = data.draw(goals(world, revised=True))
    problem = Problem(world, wanted, data.draw(st.sampled_from((0.0, 0.9, 0.99))))
    drive = data.draw(affordances(world))
    agent = data.draw(st.sampled_from(AGENTS))
    reading = measure(problem, agent.behave(problem, np.random.default_rng(0)), drive)
    for name in ("propensity", "reached", "baseline", "share"):
        values = getattr(reading, name)
        assert ((values >= 0) & (values <= 1)).all(), name
    known = reading.fork_share[~np.isnan(reading.fork_share)]
    assert ((known >= 0) & (known <= 1)).all()


@given(st.data())
def test_occupancy_sums_to_all_the_time_there_is(data):
    """sum d = 1/(1 - discount), no entry negative, and its flow is conserved (Puterman 1994, 6.9)."""
    world, discount = data.draw(worlds()), data.draw(discounts())
    policy = data.draw(policies(world))
    spent = occupancy(Problem(world, Goals(np.zeros(world.size)), discount), policy)[0]
    assert spent.sum() == pytest.approx(1 / (1 - discount), rel=1e-11)
    assert (spent >= 0).all()
    inflow = world.start.copy()
    for pair in range(world.n_pairs):
        for t, p in world.successors(pair).items():
            inflow[t] += discount * p * spent[pair]
    by_state = np.add.reduceat(spent, world.pair_ptr[:-1])
    np.testing.assert_allclose(by_state, inflow, rtol=0, atol=1e-10 / (1 - discount))


@given(st.data())
def test_value_is_reward_weighed_by_occupancy(data):
    """V^pi at the start = sum d (R + bonus): two ways of adding up the same life."""
    problem = data.draw(problems(bonus=True))
    policy = data.draw(policies(problem.world))
    spent = occupancy(problem, policy)
    bonus = problem.pair_bonus()
    earned = problem.goals.reward[:, problem.world.pair_state] + (0.0 if bonus is None else bonus)
    value = evaluate(problem, policy) @ problem.world.start
    scale = np.abs(earned).max() / (1 - problem.discount)
    np.testing.assert_allclose((spent * earned).sum(axis=1), value, rtol=0, atol=1e-11 * scale)


@given(st.data())
def test_reaching_more_is_likelier(data):
    """reach is monotone in the set, 1 for all pairs, 0 for none, and no more than a sum over parts."""
    world = data.draw(worlds())
    policy = data.draw(policies(world))
    a, b = data.draw(pairs(world)), data.draw(pairs(world))
    both, one, other = (reach(world, policy, marked)[0] for marked in (a | b, a, b))
    assert max(one, other) - 1e-12 <= both <= one + other + 1e-12
    assert reach(world, policy, np.ones(world.n_pairs, np.bool_))[0] == pytest.approx(1.0)
    assert reach(world, policy, np.zeros(world.n_pairs, np.bool_))[0] == 0.0


@given(st.data())
def test_doing_nothing_never_pursues_a_drive_and_so_forbidding_leaves_a_way(data):
    """DESIGN section 4: the default pair never pursues; without a default some pair never does."""
    world = data.draw(worlds(rewriting=data.draw(st.booleans())))
    bare = replace(world, default=None)
    for drive in (kind() for kind in DRIVES if set(kind().needs) <= set(world.features)):
        assert not drive.affordances(world).pursues[world.default].any()
        for place in (world, bare):
            found = drive.affordances(place)
            left = np.logical_or.reduceat(~found.pursues, world.pair_ptr[:-1])
            assert left.all()
            some = np.logical_or.reduceat(found.pursues, world.pair_ptr[:-1])
            np.testing.assert_array_equal(found.forks, some & left)


@given(st.data())
def test_growth_is_expecting_more_of_a_stock_than_doing_nothing_gives(data):
    """(s, a) pursues iff E[x(s') | s, a] > E[x(s') | s, default], in states where the goal is held."""
    world = data.draw(worlds(rewriting=data.draw(st.booleans())))
    held = world.features.get("goal_register", np.zeros(world.size)) == 0
    for drive in (kind() for kind in DRIVES if kind.needs in (("resources",), ("capability",))):
        stock = world.feature(drive.needs[0])
        expected = np.array(
            [
                sum(p * stock[t] for t, p in world.successors(i).items())
                for i in range(world.n_pairs)
            ]
        )
        usual = expected[world.default][world.pair_state]
        # The stocks are small integers and so are the ratios: a true difference is wide.
        wanted = (expected > usual + 1e-9) & held[world.pair_state]
        np.testing.assert_array_equal(drive.affordances(world).pursues, wanted)


@given(st.data())
def test_caution_is_expecting_less_time_in_a_marked_state_than_doing_nothing_gives(data):
    """h = [marked] + patience E[h(s') | default] by value iteration; (s, a) pursues iff E h is lower."""
    world = data.draw(worlds(rewriting=True))
    patience = data.draw(st.sampled_from((0.0, 0.5, 0.9, 0.99)))
    held = world.features["goal_register"] == 0
    dense = np.zeros((world.n_pairs, world.size))
    for pair in range(world.n_pairs):
        for t, p in world.successors(pair).items():
            dense[pair, t] = p
    for kind in DRIVES:
        if "patience" not in {f.name for f in fields(kind)}:
            continue
        marked = (world.feature(kind.needs[0]) != 0).astype(float)
        step = dense[world.default]
        hazard = np.linalg.solve(np.eye(world.size) - patience * step, marked)
        expected = dense @ hazard
        usual = expected[world.default][world.pair_state]
        wanted = (expected < usual - 1e-8) & held[world.pair_state]
        np.testing.assert_array_equal(kind(patience).affordances(world).pursues, wanted)


@given(st.data())
def test_drives_never_concern_a_self_that_is_no_longer_ones_own(data):
    """Pairs of rewritten states belong to nobody's drive: the present self cannot take them."""
    world = data.draw(worlds(rewriting=True))
    gone = world.features["goal_register"][world.pair_state] != 0
    for kind in DRIVES:
        assert not kind().affordances(world).pursues[gone].any()


@given(st.data())
def test_forbidding_binds_the_present_self_alone(data):
    """What a rewritten self does is its own affair: forbidding its pairs changes nothing."""
    world = data.draw(worlds(rewriting=True))
    problem = Problem(world, data.draw(goals(world, revised=True)), 0.9)
    gone = world.features["goal_register"][world.pair_state] != 0
    for foresight in ("realistic", "ignorant", "hedonistic"):
        free = solve_as(problem, foresight)
        bound = solve_as(problem, foresight, without=gone)
        slack = (free.bound + bound.bound)[:, None]
        assert (np.abs(free.value - bound.value) <= slack).all()


@given(st.data())
def test_chance_knows_no_goal(data):
    """Both baselines are properties of world and drive, and 0 where there is nothing to pursue."""
    world = data.draw(worlds())
    drive = data.draw(affordances(world))
    odds = random_baseline(world, drive)
    assert odds.shape == (2,)
    assert ((odds >= 0) & (odds <= 1)).all()
    if not drive.pursues.any():
        assert odds.tolist() == [0.0, 0.0]
    uniform = 1.0 / np.diff(world.pair_ptr)[world.pair_state]
    assert odds[0] == pytest.approx(reach(world, uniform, drive.pursues)[0], abs=1e-12)


@given(st.data(), st.sampled_from((0.01, 0.1, 0.5)), seeds())
def test_what_is_certified_survives_any_error_that_the_bonus_may_have(data, error, seed):
    """`slack` is an error in the bonus: it moves V by slack/(1 - discount), and no certainty with it.

    Every pair optimal under a bonus that is off by no more than the slack is tied; a goal required or
    avoided with the slack is so under every such bonus.
    """
    world = data.draw(worlds(max_states=4))
    drive = data.draw(affordances(world))
    rng = np.random.default_rng(seed)
    reward = rng.uniform(-1, 1, (3, world.n_outcomes))[:, world.outcome]
    discount = data.draw(st.sampled_from((0.0, 0.5, 0.9)))
    told = Problem(world, Goals(reward), discount, slack=error)
    solution, worth = solve(told), instrumental_values(told, (drive,))[0]
    against = np.where(drive.pursues, -1.0, 1.0)
    for off in (error * against, -error * against, error * rng.choice((-1.0, 1.0), world.n_pairs)):
        true = Problem(world, Goals(reward), discount, bonus=off)
        exactly, real = solve(true), instrumental_values(true, (drive,))[0]
        best = (
            exactly.q
            >= np.maximum.reduceat(exactly.q, world.pair_ptr[:-1], axis=1)[:, world.pair_state]
        )
        assert solution.tied[best].all()
        assert (real.category[worth.category == Category.REQUIRED] == Category.REQUIRED).all()
        assert (real.category[worth.category == Category.DECLINED] == Category.DECLINED).all()


@given(problems(max_goals=3, bonus=True))
def test_one_goal_taken_out_of_many_poses_the_same_problem(problem):
    """Problem.take of one goal of a batch, with its own bonus: as the rollouts of a goal are made."""
    whole = solve(problem)
    for goal in range(problem.goals.count):
        np.testing.assert_array_equal(
            solve(problem.take(np.array([goal]))).value[0], whole.value[goal]
        )


@given(st.data())
def test_paired_rollouts_differ_by_the_instrumental_value(data):
    """Free and forbidden, with the same luck: what the drive costs to give up is its IV."""
    world = data.draw(worlds())
    problem = Problem(world, data.draw(goals(world)), 0.9)
    drive = data.draw(affordances(world))
    worth = instrumental_values(problem, (drive,))[0]
    for goal in range(problem.goals.count):
        told = paired_rollouts(problem, goal, drive, steps=3)
        lost = told.free.value - told.forbidden.value
        asked = 1e-9 * np.abs(problem.goals.reward[goal]).max()  # of each of the two solves
        assert abs(lost - worth.iv[goal]) <= worth.bound[goal] + 2 * asked
        assert not any(step.pursues for step in told.forbidden.steps)
        # What is expected of three steps leaves the rest of the value to the steps after.
        reward, rest = problem.goals.reward[goal], problem.discount**3 / (1 - problem.discount)
        for side in (told.free, told.forbidden):
            seen = sum(problem.discount**t * each for t, each in enumerate(side.expected))
            least, most = (seen + rest * end for end in (reward.min(), reward.max()))
            room = 1e-6 + 1e-9 * np.abs(reward).max()
            assert least - room <= side.value <= most + room


# -- tallies and intervals -------------------------------------------------------------------------


@st.composite
def readings(draw):
    """Readings of nothing in particular."""
    n = draw(st.integers(0, 6))
    share = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    category = np.array(
        draw(st.lists(st.sampled_from((-1, 0, 1, 2, 3)), min_size=n, max_size=n)), np.int64
    )
    nothing = np.zeros(n)
    return Reading(
        "made_up",
        category,
        *(share,) * 11,
        np.zeros((n, 2)),
        nothing,
    )


@given(readings(), readings(), readings())
def test_tallies_of_parts_add_up_to_the_tally_of_the_whole(a, b, c):
    x, y, z = Tally.of(a), Tally.of(b), Tally.of(c)
    assert (x + y) + z == x + (y + z)
    assert x + y == y + x
    assert x + Tally() == x
    whole = replace(a, category=np.concatenate((a.category, b.category)))
    assert Tally.of(whole) == x + y
    assert x.required + x.indifferent + x.declined + x.never_met + x.unresolved == x.n


@given(st.integers(1, 400), st.data(), st.sampled_from((0.9, 0.95, 0.99)))
def test_an_interval_holds_its_estimate_and_shrinks_with_n(n, data, level):
    """Two goals added inside, Clopper-Pearson at the ends; never outside [0, 1]."""
    count = data.draw(st.integers(0, n))
    low, high = proportion_interval(count, n, level)
    assert 0 <= low <= count / n <= high <= 1
    assert low < high
    wider = proportion_interval(count, n, 0.999)
    assert wider.low <= low
    assert wider.high >= high
    if count in (0, n):
        # One-sided exact limit: (1 - level)/2 is the chance of n in a row.
        edge = 1 - ((1 - level) / 2) ** (1 / n)
        assert (high if count == 0 else 1 - low) == pytest.approx(edge, abs=1e-9)
