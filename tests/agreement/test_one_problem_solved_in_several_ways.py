"""One problem put in several ways: another kernel, another world, another start, one answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import cycles, income, random_world, value_iteration, with_a_stranger
from telos import Goals, Problem, Status, World, solve
from telos.errors import ProblemError
from telos.solve import optimize as optimize_module
from telos.solve.layout import kernels
from telos.testing.strategies import affordances, problems
from telos.worlds import RandomWorld


def _same(problem, a, b, goal=slice(None)):
    """Two solutions agree within the sum of their bounds."""
    allowed = (a.bound[goal] + b.bound[goal])[..., None]
    assert (np.abs(a.value[goal] - b.value[goal][..., : problem.world.size]) <= allowed).all()


@given(problems(max_states=6, deterministic=True))
def test_both_kernels_find_the_same_values(problem):
    """An unreachable random state makes a world stochastic: Gauss-Seidel instead of policy iteration.

    With it come the loops of a state to itself, solved exactly in one kernel and walked in the other.
    """
    world = with_a_stranger(problem.world)
    assert problem.world.deterministic
    assert not world.deterministic
    reward = np.column_stack((problem.goals.reward, np.zeros(problem.goals.count)))
    _same(problem, solve(problem), solve(Problem(world, Goals(reward), problem.discount)))


@given(problems(max_states=6, deterministic=True, bonus=True))
def test_both_kernels_pay_the_same_bonus(problem):
    """A bonus for taking a pair: the same to all goals, or to each its own."""
    world = with_a_stranger(problem.world)
    reward = np.column_stack((problem.goals.reward, np.zeros(problem.goals.count)))
    bonus = problem.pair_bonus()
    padded = 0.0 if bonus is None else np.concatenate((bonus, np.zeros((*bonus.shape[:-1], 1))), -1)
    other = Problem(world, Goals(reward), problem.discount, bonus=padded)
    _same(problem, solve(problem), solve(other))


@given(problems(max_goals=3, bonus=True))
def test_a_bonus_per_goal_is_the_shared_bonus_of_one_goal(problem):
    """Goals share a batch, never a bonus."""
    together = solve(problem)
    bonus = problem.pair_bonus()
    for goal in range(problem.goals.count):
        mine = 0.0 if bonus is None else bonus if bonus.ndim == 1 else bonus[goal]
        alone = Problem(
            problem.world, Goals(problem.goals.reward[goal]), problem.discount, bonus=mine
        )
        _same(problem, together, solve(alone), slice(goal, goal + 1))


@given(problems(bonus=True))
def test_the_same_bonus_in_every_pair_is_a_higher_reward(problem):
    """`R(s) + c` and a bonus of c are one thing: V rises by c / (1 - discount)."""
    plain = Problem(problem.world, problem.goals, problem.discount)
    amount = float(np.abs(problem.goals.reward).max())
    paid = solve(Problem(problem.world, problem.goals, problem.discount, bonus=amount))
    gain = paid.value - solve(plain).value - amount / (1 - problem.discount)
    rounding = 1e-14 * np.abs(paid.value).max(axis=1) / (1 - problem.discount)
    assert (np.abs(gain).max(axis=1) <= paid.bound + solve(plain).bound + rounding).all()


@given(st.data())
def test_leaving_pairs_out_is_rebuilding_the_world_without_them(data):
    """`without` against `World.keep`, for the greatest and for the least value."""
    problem = data.draw(problems())
    drive = data.draw(affordances(problem.world))
    kept = problem.world.keep(~drive.pursues)
    rebuilt = Problem(kept, problem.goals, problem.discount)
    for minimize in (False, True):
        masked = solve(problem, without=drive.pursues, minimize=minimize)
        small = solve(rebuilt, minimize=minimize)
        _same(problem, masked, small)
        assert np.isinf(masked.q[:, drive.pursues]).all()
        assert not masked.tied[:, drive.pursues].any()


@given(st.data())
def test_where_a_solve_begins_does_not_matter(data):
    """`start` changes how long it takes and nothing else, even when it is absurd."""
    problem = data.draw(problems())
    shape = (problem.goals.count, problem.world.size)
    seed = data.draw(st.integers(0, 99))
    begin = np.random.default_rng(seed).normal(size=shape) * np.abs(problem.goals.reward).max() * 50
    _same(problem, solve(problem), solve(problem, start=begin))


@given(problems(deterministic=False), st.sampled_from((0.0, 0.3, 0.9)))
def test_a_planner_with_another_discount_solves_at_that(problem, planned):
    """`planning_discount` is what a bounded planner plans with; `discount` is left alone."""
    bounded = Problem(problem.world, problem.goals, problem.discount, planning_discount=planned)
    plain = Problem(problem.world, problem.goals, planned)
    np.testing.assert_array_equal(solve(bounded).value, solve(plain).value)
    assert bounded.discount == problem.discount


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("lengths", [(2, 3), (2, 2), (3, 3, 3), (4, 6)])
def test_cycles_without_a_stay_are_solved_exactly(lengths, discount):
    """Periodic worlds, where value iteration swings and only evaluation closes a cycle."""
    world = cycles(*lengths)
    rng = np.random.default_rng(1)
    reward = np.vstack((rng.uniform(-1, 1, (3, world.size)), np.ones(world.size)))
    problem = Problem(world, Goals(reward), discount)
    solution = solve(problem)
    for goal in range(len(reward)):
        expected = value_iteration(world, income(problem, goal), discount)
        np.testing.assert_allclose(
            solution.value[goal], expected, rtol=0, atol=2e-10 / (1 - discount)
        )


@pytest.mark.parametrize("discount", [0.9, 0.99, 0.999, 0.9999])
@pytest.mark.parametrize("length", [64, 500])
def test_rounding_never_passes_for_progress_on_a_long_cycle(length, discount, monkeypatch):
    """msdm's defect (peers, section 5): policy iteration that goes on for ever between equals.

    On a cycle of n states the value at its head is a sum of n terms; its rounding, of the order of
    `n u |V|`, must not be taken for a better policy where there is only one policy.
    """
    monkeypatch.setattr(optimize_module, "MAX_SWEEPS", 3000)
    world = cycles(length)
    reward = np.random.default_rng(0).uniform(size=(16, length))
    solution = solve(Problem(world, Goals(reward), discount))
    assert solution.steps.max() < 100
    assert Status.UNFINISHED not in solution.status


@pytest.mark.parametrize("discount", [0.9, 0.999])
def test_equal_long_ways_round_do_not_take_turns_for_ever(discount, monkeypatch):
    """Two cycles of the same length and reward: a tie that rounding must not keep on breaking."""
    monkeypatch.setattr(optimize_module, "MAX_SWEEPS", 3000)
    world = cycles(101, 101)
    solution = solve(Problem(world, Goals(np.full((4, world.size), 0.3)), discount))
    assert solution.steps.max() < 100
    assert solution.tied.all()


@pytest.mark.parametrize("discount", [0.9, 0.999])
def test_being_paid_to_walk_beats_being_free_to_stay(discount, monkeypatch):
    """Where every state may stay, optimal play ends by staying, unless a bonus pays for walking."""
    monkeypatch.setattr(optimize_module, "MAX_SWEEPS", 3000)
    n = 30
    ring = [t for s in range(n) for t in (s, (s + 1) % n)]
    world = World.from_arrays(
        np.arange(0, 2 * n + 1, 2), [0, 1] * n, np.arange(2 * n + 1), ring, np.ones(2 * n)
    )
    reward = np.random.default_rng(0).uniform(0, 0.1, (1, n))
    solution = solve(Problem(world, Goals(reward), discount, bonus=np.tile([0.0, 1.0], n)))
    walk = np.array(
        [[reward[0, (s + np.arange(n)) % n] @ discount ** np.arange(n)] for s in range(n)]
    )
    expected = walk[:, 0] / (1 - discount**n) + 1 / (1 - discount)
    np.testing.assert_allclose(solution.value[0], expected, rtol=1e-12)
    assert solution.tied[0].tolist() == [False, True] * n
    assert Status.UNFINISHED not in solution.status


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1.0, 1e9, 1e200])
@pytest.mark.parametrize("discount", [0.0, 0.9, 0.999])
def test_the_unit_of_reward_never_matters(scale, discount, monkeypatch):
    """AI-Toolbox's defect (peers, section 5): a tolerance that silently means nothing at some scale."""
    monkeypatch.setattr(optimize_module, "MAX_SWEEPS", 20_000)
    world = random_world(40, 3, 3, 5)
    reward = np.random.default_rng(2).uniform(-1, 1, (3, world.size))
    plain = solve(Problem(world, Goals(reward), discount))
    scaled = solve(Problem(world, Goals(scale * reward), discount))
    assert (np.abs(scaled.value / scale - plain.value).max(axis=1) <= 3 * plain.bound).all()
    np.testing.assert_array_equal(scaled.tied, plain.tied)
    assert Status.UNFINISHED not in scaled.status


@pytest.mark.parametrize("discount", [0.5, 0.9, 0.99, 0.999])
def test_to_begin_in_single_precision_changes_nothing_beyond_the_bound(discount):
    """A large recurrent world is begun in single precision; given values to begin with, it is not."""
    world = RandomWorld(states=400, actions=3, successors=4, seed=3).build()
    reward = np.random.default_rng(0).normal(size=(19, world.size))
    # What single precision could not hold, what it would round away, and what is all alike.
    reward[2] *= 1e200
    reward[3] *= 1e-200
    reward[5] += 1e6
    reward[7] = 0.0
    problem = Problem(world, Goals(reward), discount)
    begun = solve(problem)
    plain = solve(problem, start=np.zeros(reward.shape))
    assert (begun.bound <= 1e-6 * np.abs(reward).max(axis=1)).all()
    _same(problem, begun, plain)
    for goal in (0, 2, 5):  # whatever else is in the block
        np.testing.assert_array_equal(solve(problem.take([goal])).value[0], begun.value[goal])


@pytest.mark.parametrize("largest", [1e306, 1e308])
@pytest.mark.parametrize("deterministic", [False, True])
def test_values_beyond_what_a_float_can_hold_are_refused_not_certified(largest, deterministic):
    """A comparison passes over what is not a number: such a value must not look like a perfect one."""
    world = cycles(3, 4) if deterministic else RandomWorld(states=40, seed=1).build()
    reward = np.random.default_rng(0).random((18, world.size))
    reward[5] *= largest
    with pytest.raises(ProblemError, match="goal 5: its values leave the range of float64"):
        solve(Problem(world, Goals(reward), 0.999))


@pytest.mark.parametrize("shape", [(3, 41), (1, 40), (3,)])
def test_a_start_of_another_shape_is_refused(shape):
    world = RandomWorld(states=40, seed=1).build()
    problem = Problem(world, Goals(np.ones((3, 40))), 0.9)
    with pytest.raises(ProblemError, match=r"start has shape .*, not \(3, 40\)"):
        solve(problem, start=np.zeros(shape))
    with pytest.raises(ProblemError, match="let `start` be finite"):
        solve(problem, start=np.full((3, 40), np.inf))


def test_shifts_that_go_round_in_a_circle_are_given_up():
    # The changes of one goal of the factory at 0.99: every third is smaller than the one before.
    stochastic, lanes = kernels().stochastic, kernels().lanes.LANES
    course = kernels().block.new_course(1)
    every = np.uint64(2**lanes - 1)  # a bit a lane
    course.shifts[:], course.poor[:], course.least[:] = every, 0, np.inf
    take_stock = stochastic._take_stock.py_func  # only kernels can call what is compiled of it
    for sweep, change in enumerate((3.5, 2.3, 3.5, 4.2, 1.9, 1.2, 2.1, 1.4, 2.2, 4.2)):
        course.work[stochastic.WORST] = 0.5**sweep
        course.work[stochastic.WORST, 0] = change
        take_stock(course, course.work)
    assert course.shifts.tolist() == [2**lanes - 2]
