"""Units, zero points, names, doubles: what says the same must measure the same (random worlds)."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laws.rebuild import (
    extended,
    moved,
    relabeled,
    scaled,
    with_double_action,
    with_double_state,
)
from telos import Affordance, Category, Goals, Problem, instrumental_values, power, reach, solve
from telos.core.arrays import bools
from telos.core.streams import goal_streams
from telos.drives import DRIVES
from telos.families import FAMILIES, Uniform
from telos.measure.baseline import random_baseline
from telos.testing.strategies import affordances, goals, pairs, policies, problems, seeds, worlds
from telos.worlds import RandomWorld

#: Where a change that ought not to matter costs rounding, and only there, categories may become
#: undecided. Goals drawn at random leave gaps that rounding does not reach.
ROOM = 1e-6


@st.composite
def measured(draw, rewriting=False):
    """A problem with generic goals (no tie that the world does not make), and a drive in its world."""
    world = draw(worlds(rewriting=rewriting))
    rng = np.random.default_rng(draw(seeds()))
    reward = rng.uniform(-1, 1, (4, world.n_outcomes)).round(3)[:, world.outcome]
    discount = draw(st.sampled_from((0.0, 0.1, 0.5, 0.9, 0.99)))
    problem = Problem(world, Goals(reward[:2], pool=reward[2:]), discount)
    return problem, draw(affordances(world))


def _decided(problem, worth):
    """The goals whose incentive is not within rounding of zero but not zero."""
    scale = np.abs(problem.goals.reward).max(axis=1) / (1 - problem.discount)
    return (worth.iv > ROOM * scale) | (worth.iv <= worth.bound)


@given(measured(), st.sampled_from((1e-9, 0.3, 7.0, 1e9)), st.sampled_from((0.0, -5.0, 2.0, 100.0)))
def test_an_affine_change_of_reward_leaves_the_categories_and_shares_alone(case, a, b):
    """R -> aR + b, a > 0, is the same goal: worlds absorb, so a constant is earned come what may."""
    problem, drive = case
    # b in the unit of the rewards, so that it does not drown them in rounding by itself.
    other = Problem(problem.world, scaled(problem.goals, a, a * b), problem.discount)
    mine, theirs = (
        instrumental_values(problem, (drive,))[0],
        instrumental_values(other, (drive,))[0],
    )
    clear = _decided(problem, mine)
    np.testing.assert_array_equal(mine.category[clear], theirs.category[clear])
    spread = solve(problem).at_start - solve(problem, minimize=True).at_start
    wide = clear & (spread > 1e-3)
    np.testing.assert_allclose(mine.share[wide], theirs.share[wide], rtol=0, atol=1e-3)
    np.testing.assert_allclose(theirs.iv[clear], a * mine.iv[clear], atol=1e-4 * a, rtol=1e-6)


@given(measured(), st.floats(-1e3, 1e3))
def test_a_constant_added_to_the_reward_adds_its_worth_for_ever_and_no_more(case, b):
    """V -> V + b/(1 - discount) in every state: nothing terminates (THEORY section 1)."""
    problem, _ = case
    plain = solve(problem)
    lifted = solve(Problem(problem.world, scaled(problem.goals, 1.0, b), problem.discount))
    change = lifted.value - plain.value - b / (1 - problem.discount)
    rounding = 1e-14 * np.abs(lifted.value).max(axis=1) / (1 - problem.discount)
    assert (np.abs(change).max(axis=1) <= lifted.bound + plain.bound + rounding).all()


@given(st.data())
def test_renaming_states_and_actions_changes_nothing(data):
    """A permutation of names permutes the values and leaves every reading as it was."""
    problem, drive = data.draw(measured(rewriting=data.draw(st.booleans())))
    world = problem.world
    rng = np.random.default_rng(data.draw(seeds()))
    states, actions = rng.permutation(world.size), rng.permutation(len(world.actions))
    other, place = relabeled(world, states, actions)
    back = np.argsort(states)
    drawn = problem.goals
    renamed = Goals(drawn.reward[:, back], pool=drawn.rewritten()[:, back])
    twin = Problem(other, renamed, problem.discount)
    a, b = solve(problem), solve(twin)
    assert (np.abs(a.value - b.value[:, states]) <= (a.bound + b.bound)[:, None]).all()
    there = moved(drive, place, drive.forks[back])
    mine, theirs = instrumental_values(problem, (drive,))[0], instrumental_values(twin, (there,))[0]
    clear = _decided(problem, mine)
    np.testing.assert_array_equal(mine.category[clear], theirs.category[clear])
    assert (np.abs(mine.iv - theirs.iv) <= mine.bound + theirs.bound).all()
    np.testing.assert_allclose(
        random_baseline(world, drive), random_baseline(other, there), atol=1e-9
    )
    for shipped in (kind() for kind in DRIVES if set(kind.needs) <= set(world.features)):
        found, again = shipped.affordances(world), shipped.affordances(other)
        np.testing.assert_array_equal(found.pursues, again.pursues[place])
        np.testing.assert_array_equal(found.forks, again.forks[states])


@given(st.data())
def test_an_action_done_under_two_names_changes_no_value_category_or_incentive(data):
    """A double of a pair is a name: the drive has both, and nothing is gained or lost."""
    problem, drive = data.draw(measured())
    world = problem.world
    rng = np.random.default_rng(data.draw(seeds()))
    state, which = int(rng.integers(world.size)), int(rng.integers(6))
    copied = int(world.pair_ptr[state]) + which % len(world.pairs_of(state))
    other = with_double_action(world, state, which)
    end = int(world.pair_ptr[state + 1])
    pursues = np.insert(drive.pursues, end, drive.pursues[copied])
    there = Affordance(drive.drive, bools(pursues), drive.forks)
    twin = Problem(other, problem.goals, problem.discount)
    a, b = solve(problem), solve(twin)
    assert (np.abs(a.value - b.value) <= (a.bound + b.bound)[:, None]).all()
    mine, theirs = instrumental_values(problem, (drive,))[0], instrumental_values(twin, (there,))[0]
    clear = _decided(problem, mine)
    np.testing.assert_array_equal(mine.category[clear], theirs.category[clear])
    assert (np.abs(mine.iv - theirs.iv) <= mine.bound + theirs.bound).all()
    assert (b.tied[:, end] == b.tied[:, copied + (copied >= end)]).all()
    for kind in DRIVES:
        if set(kind.needs) <= set(world.features):
            once, twice = kind().affordances(world), kind().affordances(other)
            np.testing.assert_array_equal(np.delete(twice.pursues, end), once.pursues)
            by_outcome = random_baseline(world, once)[1], random_baseline(other, twice)[1]
            assert by_outcome[0] == pytest.approx(by_outcome[1], abs=1e-9)


@given(st.data())
def test_a_state_there_is_twice_changes_nothing(data):
    """The sampling unit is the outcome: a twin with the same outcome is the same thing (section 1)."""
    problem, drive = data.draw(measured())
    world = problem.world
    state = data.draw(seeds()) % world.size
    share = data.draw(st.sampled_from((0.0, 0.25, 1.0)))
    other = with_double_state(world, state, share)
    here = slice(int(world.pair_ptr[state]), int(world.pair_ptr[state + 1]))
    there = Affordance(
        drive.drive,
        bools(np.append(drive.pursues, drive.pursues[here])),
        bools(np.append(drive.forks, drive.forks[state])),
    )
    twin = Problem(other, extended(problem.goals, state), problem.discount)
    a, b = solve(problem), solve(twin)
    slack = (a.bound + b.bound)[:, None] + 1e-12
    assert (np.abs(a.value - b.value[:, :-1]) <= slack).all()
    assert (np.abs(b.value[:, -1] - b.value[:, state]) <= 2 * b.bound + 1e-12).all()
    mine, theirs = instrumental_values(problem, (drive,))[0], instrumental_values(twin, (there,))[0]
    clear = _decided(problem, mine)
    np.testing.assert_array_equal(mine.category[clear], theirs.category[clear])
    np.testing.assert_allclose(mine.iv, theirs.iv, atol=1e-7)
    for shipped in (kind() for kind in DRIVES if set(kind.needs) <= set(world.features)):
        found, again = shipped.affordances(world), shipped.affordances(other)
        np.testing.assert_array_equal(found.pursues, again.pursues[: world.n_pairs])
    assert other.n_outcomes == world.n_outcomes
    drawn = Uniform().sample(world, 3, np.random.default_rng(0))
    again = Uniform().sample(other, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn.reward, again.reward[:, :-1])


@given(problems(max_goals=3, bonus=True), st.integers(1, 40), st.integers(0, 40))
def test_a_goal_solved_in_a_crowd_is_the_goal_solved_alone(problem, crowd, before):
    """Chunking never changes a number, to the last bit: a lane at rest is left alone by its block."""
    rng = np.random.default_rng(crowd)
    scale = np.abs(problem.goals.reward).max()
    shape = (crowd, problem.world.size)
    others = scale * rng.uniform(-1, 1, shape) * 10.0 ** rng.integers(-3, 3, (crowd, 1))
    place = min(before, crowd)
    bonus = problem.pair_bonus()
    if bonus is not None and bonus.ndim == 2:
        none = np.zeros((crowd, problem.world.n_pairs))
        bonus = np.vstack((none[:place], bonus, none[place:]))
    all_rewards = np.vstack((others[:place], problem.goals.reward, others[place:]))
    paid = 0.0 if bonus is None else bonus
    together = solve(Problem(problem.world, Goals(all_rewards), problem.discount, bonus=paid))
    alone = solve(problem)
    mine = slice(place, place + problem.goals.count)
    np.testing.assert_array_equal(together.value[mine], alone.value)
    np.testing.assert_array_equal(together.bound[mine], alone.bound)
    np.testing.assert_array_equal(together.tied[mine], alone.tied)


@pytest.mark.parametrize("discount", [0.5, 0.99, 0.999])
@pytest.mark.parametrize("successors", [1, 2, 4])
@pytest.mark.parametrize("seed", [0, 1])
def test_chunks_of_any_size_solve_to_the_same_bits_in_larger_worlds(seed, successors, discount):
    """The same with sixty states, where blocks take many sweeps and their lanes part ways."""
    world = RandomWorld(states=60, actions=3, successors=successors, seed=seed).build()
    reward = np.random.default_rng(seed).uniform(-1, 1, (40, 60))
    reward[::3] = np.round(reward[::3])  # ties
    whole = solve(Problem(world, Goals(reward), discount))
    for size in (1, 7, 16):
        parts = [
            solve(Problem(world, Goals(reward[i : i + size]), discount)).value
            for i in range(0, 40, size)
        ]
        np.testing.assert_array_equal(np.vstack(parts), whole.value)


@given(problems(max_states=4), st.integers(1, 3))
def test_the_number_of_threads_never_changes_a_number(problem, threads):
    """Threads take whole blocks of sixteen goals: bit for bit the same, in every world."""
    from telos.solve.threads import get_threads, set_threads

    many = np.repeat(problem.goals.reward, 16, axis=0)
    many = many * (1 + np.arange(len(many)) % 5)[:, None]
    before = get_threads()
    try:
        set_threads(1)
        one = solve(Problem(problem.world, Goals(many), problem.discount))
        set_threads(threads)
        more = solve(Problem(problem.world, Goals(many), problem.discount))
    finally:
        set_threads(before)
    np.testing.assert_array_equal(one.value, more.value)
    np.testing.assert_array_equal(one.bound, more.bound)


@given(st.integers(0, 2**31), st.integers(0, 50), st.integers(1, 20))
def test_goal_number_i_has_a_stream_of_its_own(seed, first, n):
    """Drawn together or apart, goal i is the same goal, and no other goal is."""
    whole = [s.random() for s in goal_streams(np.random.default_rng(seed), first + n)]
    part = [s.random() for s in goal_streams(np.random.default_rng(seed), n, first=first)]
    assert whole[first:] == part
    assert len(set(whole)) == len(whole)


#: Lists of their own, and goals that are meant to look beyond the outcome (test_considerate.py).
NOT_BY_OUTCOME = {"Named", "WorkOrders", "Considerate", "Feature"}


@pytest.mark.parametrize("kind", [kind for kind in FAMILIES if kind.__name__ not in NOT_BY_OUTCOME])
@given(data=st.data())
def test_families_draw_by_outcome_in_any_chunking(kind, data):
    """Equal outcomes earn equal reward; goals 2 and 3 are the same drawn alone or among all."""
    world = data.draw(worlds(max_states=4))
    family = kind()
    assume(not hasattr(family, "size") or family.size(world) >= 4)
    whole = family.sample(world, 4, np.random.default_rng(3))
    part = family.sample(world, 2, np.random.default_rng(3), first=2)
    np.testing.assert_array_equal(whole.reward[2:], part.reward)
    np.testing.assert_array_equal(whole.rewritten()[2:], part.rewritten())
    first = np.array([int(np.flatnonzero(world.outcome == o)[0]) for o in world.outcome])
    np.testing.assert_array_equal(whole.reward, whole.reward[:, first])


@given(st.data())
def test_power_does_not_depend_on_names_or_twins(data):
    """POWER of a state is the same in a world with a twin of it (drawn by outcome, not by state)."""
    world = data.draw(worlds(max_states=4))
    state = data.draw(seeds()) % world.size
    other = with_double_state(world, state, 0.25)
    mine, theirs = (
        power(place, Uniform(), 0.8, n=6, rng=np.random.default_rng(1)) for place in (world, other)
    )
    np.testing.assert_allclose(mine.mean, theirs.mean[:-1], atol=1e-8)


@given(st.data())
def test_one_policy_given_once_or_for_every_goal_is_the_same_policy(data):
    """reach of F[L] and of F[G, L]: a policy is a policy."""
    world = data.draw(worlds())
    policy = data.draw(policies(world))
    wanted = data.draw(pairs(world))
    once = reach(world, policy, wanted)
    np.testing.assert_array_equal(reach(world, np.tile(policy, (3, 1)), wanted), np.repeat(once, 3))


@given(st.data())
def test_a_category_is_never_more_than_one_thing(data):
    """Every goal is required, indifferent or avoided: the three rates sum to one."""
    world = data.draw(worlds())
    problem = Problem(world, data.draw(goals(world)), data.draw(st.sampled_from((0.0, 0.5, 0.99))))
    worth = instrumental_values(problem, (data.draw(affordances(world)),))[0]
    assert set(worth.category.tolist()) <= set(map(int, Category))
