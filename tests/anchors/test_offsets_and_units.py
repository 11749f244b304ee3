"""An offset and a unit of reward decide nothing: `R -> a R + c` (THEORY sections 3 and 10.6)."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import (
    Affordance,
    Category,
    Goals,
    Problem,
    evaluate,
    explore,
    instrumental_values,
    solve,
)
from telos.agents import Optimal
from telos.core.arrays import bools
from telos.drives import GoalPreservation, SelfPreservation
from telos.families import Uniform
from telos.measure.instrumental_value import loses
from telos.solve.centered import centered
from telos.solve.foresight import Planner, solve_as
from telos.solve.value_range import bounded_range, value_range
from telos.testing.strategies import affordances, seeds, worlds
from telos.worlds import OffSwitch, Surgery

#: Rewards are multiples of this, so that an offset that is an integer is added without rounding.
GRAIN = 2.0**-10
TOLD = (Category.REQUIRED, Category.INDIFFERENT, Category.DECLINED, Category.NEVER_MET)


def _rows(world, seed, rewriting):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2**10, (6, world.n_outcomes))[:, world.outcome] * GRAIN
    rows[0] = 0.25  # all the same to this one
    return Goals(rows[:3], pool=rows[3:]) if rewriting else Goals(rows[:3])


@given(st.data())
def test_categories_and_losses_do_not_depend_on_the_unit_or_on_where_rewards_begin(data):
    """a > 0 and |c| up to 1e9 times the range, for the goal and, by itself, for what would replace it."""
    world = data.draw(worlds(rewriting=True))
    drive = data.draw(affordances(world))
    goals = _rows(world, data.draw(seeds()), rewriting=True)
    a = data.draw(st.sampled_from((2.0**-20, 1.0, 2.0**12)))
    c, other = (data.draw(st.integers(-(10**9), 10**9)) for _ in range(2))
    moved = Goals(a * (goals.reward + c), revised=goals.revised, pool=a * (goals.pool + other))
    discount = data.draw(st.sampled_from((0.0, 0.5, 0.9, 0.99)))
    (plain,) = instrumental_values(Problem(world, goals, discount), (drive,))
    (there,) = instrumental_values(Problem(world, moved, discount), (drive,))
    assert there.category.tolist() == plain.category.tolist()
    assert not (plain.category == Category.UNRESOLVED).any()
    assert (np.abs(there.iv / a - plain.iv) <= there.bound / a + plain.bound).all()
    clear = np.abs(plain.share - 0.01) > 1e-4
    both = (loses(w.share_low, w.share_high)[clear].tolist() for w in (plain, there))
    assert next(both) == next(both)
    assert plain.category[0] in (0, 2, 4), (
        "a goal to which all is alike requires and declines nothing"
    )


@given(seeds(), st.sampled_from((0.5, 0.95, 0.999)), st.integers(10, 13))
def test_an_offset_of_any_size_is_never_answered_wrongly(seed, discount, power):
    """What a category says with an offset of 1e10 to 1e13 holds without it, or it says: unresolved."""
    world = OffSwitch(rooms=3).build()
    goals = Uniform().sample(world, 16, np.random.default_rng(seed))
    drive = SelfPreservation().affordances(world)
    (plain,) = instrumental_values(Problem(world, goals, discount), (drive,))
    far = Goals(goals.reward + 10.0**power)
    (there,) = instrumental_values(Problem(world, far, discount), (drive,))
    told = np.isin(there.category, TOLD)
    assert (there.category[told] == plain.category[told]).all()
    assert (there.share_low <= plain.share + 1e-12).all()
    assert (plain.share <= there.share_high + 1e-12).all()


@pytest.mark.parametrize("offset", [1e9, 1e12])
def test_the_required_rate_at_the_off_switch_outlives_an_offset(offset):
    """Case of the review: 200 uniform goals, three rooms, .999."""
    world = OffSwitch(rooms=3).build()
    goals = Uniform().sample(world, 200, np.random.default_rng(0))
    drive = SelfPreservation().affordances(world)
    rates = [
        (
            instrumental_values(Problem(world, Goals(goals.reward + c), 0.999), (drive,))[
                0
            ].category
            == Category.REQUIRED
        ).mean()
        for c in (0.0, offset)
    ]
    assert abs(rates[0] - rates[1]) <= 0.01


def test_the_bound_gains_what_rounding_took_from_the_rewards():
    """2^-53 max |R| / (1 - discount) a solve, two solves for IV and two for the range."""
    world = OffSwitch(rooms=3).build()
    drive = SelfPreservation().affordances(world)
    goals = Uniform().sample(world, 5, np.random.default_rng(0))
    problem = Problem(world, Goals(goals.reward + 1e9), 0.9)
    (found,) = instrumental_values(problem, (drive,))
    lost = 2 * 2.0**-53 * 1e9 / (1 - 0.9)
    assert (found.bound >= lost).all()
    assert (found.bound <= 1.01 * lost).all()
    assert (bounded_range(problem).bound >= lost).all()


@given(st.floats(-1e6, 1e6), st.sampled_from((0.0, 0.5, 0.95)))
def test_values_are_absolute_again_outside_the_instrument(c, discount):
    """V(R + c) = V(R) + c / (1 - discount), for `solve` and `solve_as`."""
    world = OffSwitch(rooms=2).build()
    goals = Uniform().sample(world, 3, np.random.default_rng(1))
    plain, moved = (Problem(world, Goals(goals.reward + x), discount) for x in (0.0, c))
    shift = c / (1 - discount)
    near = 1e-9 * (1 + abs(shift))
    for how in (solve, solve_as):
        one, two = how(plain), how(moved)
        assert np.abs(two.value - one.value - shift).max() <= near
        policy = Optimal().behave(moved, np.random.default_rng(0)).policy
        assert (np.abs(two.value - evaluate(moved, policy)) <= two.bound[:, None] + near).all()


def test_each_goal_is_moved_to_its_own_middle():
    """(max + min) / 2, and middle / (1 - discount) is what values are less by."""
    moves = {"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}}
    world = explore("a", lambda s: moves[s])
    seen = centered(Problem(world, Goals([[1.0, 3.0], [7.0, 7.0]]), 0.5))
    assert seen.problem.goals.reward.tolist() == [[-1.0, 1.0], [0.0, 0.0]]
    assert seen.offset.tolist() == [4.0, 14.0]


def test_a_goal_that_is_constant_where_play_can_come_to_has_no_range():
    """What a state that cannot be reached pays makes no difference to anybody."""
    moves = {"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}, "c": {"stay": "c", "go": "a"}}
    world = replace(explore("c", lambda s: moves[s]), start=[0.0, 1.0, 0.0])
    assert world.states == ("c", "a", "b")
    problem = Problem(world, Goals([9e9, 5.0, 5.0]), 0.9)
    assert value_range(problem).tolist() == [0.0]
    pursues = world.pair_state == world.find("a")
    pursues &= world.pair_action == world.pair_action[world.pair("a", "go")]
    drive = Affordance("going", bools(pursues), bools([False, True, False]))
    (found,) = instrumental_values(problem, (drive,))
    assert found.category.tolist() == [Category.INDIFFERENT]
    assert (found.share.tolist(), found.share_high.tolist()) == ([0.0], [0.0])


def test_hedonistic_agents_are_paid_by_both_goals_and_both_are_moved_together():
    """Everitt et al. (2016): what counts is which goal pays more, which an offset of both leaves alone."""
    world = Surgery(outcomes=2).build()
    drive = GoalPreservation().affordances(world)
    rows = np.random.default_rng(0).uniform(size=(8, world.n_outcomes))[:, world.outcome]
    for c in (0.0, 1e6):
        problem = Problem(world, Goals(rows[:4] + c, pool=rows[4:] + c), 0.9)
        (found,) = instrumental_values(problem, (drive,), foresight="hedonistic")
        if c == 0.0:
            first = found.category.tolist()
        assert found.category.tolist() == first
    richer = Problem(world, Goals(rows[:4], pool=rows[4:] + 1.0), 0.9)
    (found,) = instrumental_values(richer, (drive,), foresight="hedonistic")
    assert not (found.category == Category.REQUIRED).any(), "it wants to be made richer"


def test_what_is_known_of_a_problem_goes_with_it():
    """A chunk's solutions do not outlive the chunk: a million goals fit in memory."""
    world = OffSwitch(rooms=2).build()
    problem = Problem(world, Uniform().sample(world, 3, np.random.default_rng(0)), 0.9)
    instrumental_values(problem, (SelfPreservation().affordances(world),))
    Planner("hedonistic").solve(problem)
    alive = weakref.ref(problem)
    del problem
    gc.collect()
    assert alive() is None
