"""Mild optimization: what a quantilizer can cost, and what a satisficer gives up, exactly."""

from dataclasses import replace
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from agreement.oracles import income, matrix, random_world, value_of
from anchors.gates import worn_switch
from telos import Goals, Problem, World, evaluate, explore, occupancy, plan, solve, solve_as
from telos.core.errors import ProblemError
from telos.families import Normal
from telos.safeguards import Quantilizer, Satisficer, UtilityIndifference
from telos.solve.plan import top_of_base
from telos.testing.strategies import problems
from telos.worlds import PaperclipFactory

SHARES = (1.0, 0.7, 0.5, 0.25, 0.1, 0.01)


def _layered(rng, decisions):
    """A world of some decisions in a row, each among one to four actions with random ends; then rest."""
    width = 1 if decisions == 1 else 3
    layers = [[(t, i) for i in range(width if t else 1)] for t in range(decisions)]
    layers.append([(decisions, i) for i in range(4)])
    rows = {}
    for t in range(decisions):
        for s in layers[t]:
            ahead = layers[t + 1]
            rows[s] = {}
            for a in range(int(rng.integers(1, 5))):
                to = rng.choice(len(ahead), min(len(ahead), int(rng.integers(1, 3))), replace=False)
                odds = rng.dirichlet(np.ones(len(to)))
                rows[s][f"a{a}"] = {ahead[k]: float(p) for k, p in zip(to, odds, strict=True)}
    return explore((0, 0), lambda s: rows.get(s, {"rest": s}))


def _quantilized(problem, share):
    return plan(Quantilizer(share).apply(problem))


def _uniform(world):
    return (1.0 / np.diff(world.pair_ptr))[world.pair_state]


def test_in_a_thousand_worlds_no_unforeseen_cost_exceeds_what_the_base_would_pay_by_more_than_the_bound():
    """E[cost] <= share^-T E_base[cost] for T decisions and any cost >= 0; KL(pi | base) <= log(1/share)."""
    rng = np.random.default_rng(0)
    closest = 0.0
    for i in range(1000):
        decisions = 1 if i < 600 else int(rng.integers(2, 4))
        world = _layered(rng, decisions)
        share = float(rng.uniform(0.05, 1.0))
        problem = Problem(world, Goals(rng.normal(size=world.size)), float(rng.uniform(0.1, 0.99)))
        policy, base = _quantilized(problem, share)[0], _uniform(world)
        cost = rng.exponential(size=world.n_pairs) * (rng.random(world.n_pairs) < 0.4)
        spent, usual = (occupancy(problem, p)[0] @ cost for p in (policy, base))
        assert spent <= usual * share**-decisions * (1 + 1e-9)
        if decisions == 1:
            here = np.array(world.pairs_of(0))
            paid, base_paid = policy[here] @ cost[here], base[here] @ cost[here]
            assert paid <= base_paid / share * (1 + 1e-9)
            closest = max(closest, paid * share / base_paid if base_paid else 0.0)
        taken = policy > 0
        divergence = np.where(taken, policy * np.log(np.where(taken, policy, 1) / base), 0.0)
        assert (np.add.reduceat(divergence, world.pair_ptr[:-1]) <= np.log(1 / share) + 1e-9).all()
    assert closest > 0.99  # the bound is met with equality where the best pairs are the costly ones


def _extremes(count, share):
    """The corners of {pi >= 0, sum 1, pi <= 1 / (share count)}: fill up in every order."""
    cap, found = 1.0 / (share * count), set()
    for order in permutations(range(count)):
        left, row = 1.0, [0.0] * count
        for i in order:
            row[i] = min(cap, left)
            left -= row[i]
        found.add(tuple(np.round(row, 12)))
    return sorted(found)


@pytest.mark.parametrize("share", SHARES)
def test_the_value_is_the_greatest_over_all_corners_of_what_is_allowed(share):
    """Every stationary policy that takes a corner in each state, one dense solve each."""
    for seed in range(5):
        world = random_world(3, 3, 2, seed)
        rng = np.random.default_rng(seed)
        problem = Problem(world, Goals(rng.normal(size=world.size)), 0.8)
        corners = [_extremes(len(world.pairs_of(s)), share) for s in range(world.size)]
        earned = income(problem, 0)
        values = np.array(
            [value_of(world, earned, 0.8, np.concatenate(chosen)) for chosen in product(*corners)]
        )
        found = evaluate(problem, _quantilized(problem, share))[0]
        np.testing.assert_allclose(found, values.max(axis=0), atol=1e-9)


def _by_linear_program(problem, share):
    """max sum d r over occupancies d with the flow of the world and d(s, a) <= cap_s d(s)."""
    world, dense = problem.world, matrix(problem.world)
    stands = (world.pair_state[:, None] == np.arange(world.size)).astype(float)
    flow = (stands - problem.discount * dense).T
    cap = (1.0 / (share * np.diff(world.pair_ptr)))[world.pair_state]
    same = (world.pair_state[:, None] == world.pair_state).astype(float)
    capped = np.eye(world.n_pairs) - cap[:, None] * same
    best = linprog(
        -income(problem, 0), A_ub=capped, b_ub=np.zeros(world.n_pairs), A_eq=flow, b_eq=world.start
    )
    assert best.status == 0
    return -best.fun


@pytest.mark.parametrize("share", SHARES)
def test_the_value_is_that_of_a_linear_program_over_occupancies(share):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        world = random_world(5, 4, 2, seed, absorbing=1)
        problem = Problem(
            world,
            Goals(rng.normal(size=world.size)),
            float(rng.uniform(0.3, 0.95)),
            bonus=rng.normal(size=world.n_pairs),
        )
        found = float(evaluate(problem, _quantilized(problem, share))[0] @ world.start)
        np.testing.assert_allclose(found, _by_linear_program(problem, share), atol=1e-7)


@given(problems(bonus=True))
def test_a_larger_share_is_never_worth_more_from_base_to_maximizer(problem):
    """V falls as the share grows; share 1 is the base policy itself, and towards 0 is the optimum."""
    world = problem.world
    base = _uniform(world)
    np.testing.assert_allclose(_quantilized(problem, 1.0), np.tile(base, (problem.goals.count, 1)))
    values = [evaluate(problem, _quantilized(problem, share)) for share in SHARES]
    scale = np.abs(np.array(values)).max() + np.abs(problem.goals.reward).max()
    for large, small in pairwise(values):
        assert (large <= small + 1e-9 * scale / (1 - problem.discount)).all()
    best = solve(problem)
    near = evaluate(problem, _quantilized(problem, 1e-9))
    slack = best.bound[:, None] + 1e-9 * scale / (1 - problem.discount)
    assert (np.abs(near - best.value) <= slack).all()


@given(problems(bonus=True), st.sampled_from(SHARES))
def test_no_pair_is_taken_more_often_than_the_base_would_divided_by_the_share(problem, share):
    policy = _quantilized(problem, share)
    assert (policy <= _uniform(problem.world) / share * (1 + 1e-9)).all()
    np.testing.assert_allclose(np.add.reduceat(policy, problem.world.pair_ptr[:-1], axis=1), 1.0)


def test_pairs_tied_at_the_edge_share_what_is_left_equally():
    world = World.from_arrays([0, 5], range(5), range(6), [0] * 5, [1.0] * 5)
    q = np.array([[3.0, 2.0, 2.0, 2.0, 0.0]])

    def top(share):
        return top_of_base(world, q, share, np.array([1e-12]))[0].round(12).tolist()

    assert top(0.4) == [0.5, *[round(0.5 / 3, 12)] * 3, 0.0]
    assert top(0.2) == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert top(0.8) == [0.25, 0.25, 0.25, 0.25, 0.0]
    assert top(0.9) == [*[round(1 / 4.5, 12)] * 4, round(1 - 4 / 4.5, 12)]
    assert top(1.0) == [0.2] * 5


def test_a_rewritten_self_quantilizes_what_it_then_wants():
    """Where the goal has been rewritten the policy is that of a quantilizer of the new goal."""
    world = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.1,)).build()
    goals = Normal().sample(world, 5, np.random.default_rng(0))
    problem = Quantilizer(0.3).apply(Problem(world, goals, 0.9))
    gone = (world.features["goal_register"] != 0)[world.pair_state]
    assert gone.any()
    assert not gone.all()
    other = Quantilizer(0.3).apply(Problem(world, Goals(goals.rewritten()), 0.9))
    np.testing.assert_allclose(plan(problem)[:, gone], plan(other)[:, gone], atol=1e-9)
    own = plan(problem)
    value = evaluate(problem, own)
    q = goals.reward[:, world.pair_state] + 0.9 * value @ matrix(world).T
    better = top_of_base(world, q, 0.3, np.full(5, 1e-9))
    np.testing.assert_allclose(own[:, ~gone], better[:, ~gone], atol=1e-9)


@given(problems(bonus=True), st.floats(0, 1))
def test_a_satisficer_gives_up_no_more_than_it_says(problem, level):
    """V^pi >= V* - (1 - level) D at the start, with D = max V - min V there."""
    best, least = solve(problem), solve(problem, minimize=True)
    extent = best.at_start - least.at_start
    value = evaluate(problem, plan(Satisficer(level).apply(problem))) @ problem.world.start
    rounding = 1e-12 * np.abs(best.value).max(axis=1) / (1 - problem.discount)
    slack = (best.margin + best.bound + least.bound) / (1 - problem.discount) + rounding
    assert (value >= best.at_start - (1 - level) * extent - slack).all()


@given(problems(bonus=True))
def test_a_satisficer_of_level_one_is_the_maximizer(problem):
    np.testing.assert_array_equal(plan(Satisficer(1.0).apply(problem)), plan(problem))


@pytest.mark.parametrize("level", [0.0, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("discount", [0.3, 0.9])
def test_a_satisficer_of_one_decision_takes_what_is_within_its_share_of_the_range(level, discount):
    """Outcome i of an absorbing fork is good enough iff (max r - r_i) / range <= (1 - level)(1 - g)."""
    worth = np.array([0.0, 0.31, 0.52, 0.905, 0.953, 0.992, 1.0]) * 7 - 3
    world = explore(
        "fork", lambda s: {f"a{i}": i for i in range(7)} if s == "fork" else {"rest": s}
    )
    problem = Problem(world, Goals(np.concatenate(([5.0], worth))), discount)
    policy = plan(Satisficer(level).apply(problem))[0, :7]
    enough = (worth.max() - worth) / np.ptp(worth) <= (1 - level) * (1 - discount) + 1e-12
    np.testing.assert_allclose(policy, enough / enough.sum())


@pytest.mark.parametrize("part", [Satisficer(0.7), Satisficer(0.95), Quantilizer(0.3)])
@pytest.mark.parametrize(("scale", "shift"), [(1e6, 0.0), (1e-6, 0.0), (3.0, -100.0), (0.5, 7.0)])
def test_rewards_in_other_units_are_treated_alike(part, scale, shift):
    """R -> aR + b changes no policy: what is enough is measured in parts of the goal's own range."""
    for seed in range(10):
        world = random_world(6, 3, 3, seed)
        reward = np.random.default_rng(seed).normal(size=(4, world.size))
        one = plan(part.apply(Problem(world, Goals(reward), 0.9)))
        other = plan(part.apply(Problem(world, Goals(scale * reward + shift), 0.9)))
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_mild_planners_look_as_far_as_they_are_let():
    """With a planning discount the rule is applied to what the planner sees, not to what it is judged by."""
    world = random_world(6, 3, 3, 3)
    reward = Goals(np.random.default_rng(3).normal(size=(4, world.size)))
    for part in (Satisficer(0.8), Quantilizer(0.4)):
        near = part.apply(Problem(world, reward, 0.95, planning_discount=0.4))
        assert near.discount == 0.95
        np.testing.assert_allclose(plan(near), plan(part.apply(Problem(world, reward, 0.4))))


def test_a_satisficer_that_may_be_rewritten_can_lose_more_than_it_says():
    """Why the bound asks that no goal be rewritten: the successor is content with enough of *its* goal.

    Rewritten at once to a goal to which heaven and hell are nearly alike, it takes either.
    """
    moves = {"own": {"go": "new"}, "new": {"good": "heaven", "bad": "hell", "worse": "limbo"}}
    world = explore(
        "own",
        lambda s: moves.get(s, {"rest": s}),
        features={"goal_register": lambda s: s != "own"},
    )
    wanted = [float(s == "heaven") for s in world.states]
    nearly = [1.0 if s == "heaven" else 0.99 if s == "hell" else 0.0 for s in world.states]
    goals = Goals(wanted, revised=[0], pool=nearly)
    problem = Satisficer(0.9).apply(Problem(world, goals, 0.5))
    best = solve_as(replace(problem, rule=None), "realistic").at_start[0]
    value = float(evaluate(problem, plan(problem))[0] @ world.start)
    least = solve_as(replace(problem, rule=None), "realistic", minimize=True).at_start[0]
    assert value < best - 0.1 * (best - least) - 0.01


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ProblemError, match="share"):
        Quantilizer(share)


@pytest.mark.parametrize("level", [-0.1, 1.5, float("nan")])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ProblemError, match="level"):
        Satisficer(level)


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_a_satisficer_draws_what_an_exact_compensation_makes_equal_equally_often(discount):
    """Repairing the switch and waiting tie but for the solver's error, of which the problem knows."""
    for seed in range(12):
        world = worn_switch(seed, "free", press=0.3)
        drawn = Normal().sample(world, 20, np.random.default_rng(seed))
        problem = UtilityIndifference().apply(Problem(world, drawn, discount))
        policy = plan(Satisficer(0.9).apply(problem))
        for act in ("repair", "break"):
            for pair in np.flatnonzero(world.pair_action == world.actions.index(act)):
                idle = int(world.default[world.pair_state[pair]])
                np.testing.assert_allclose(policy[:, pair], policy[:, idle], atol=1e-9)


def test_a_compensation_meant_for_a_maximizer_leaves_a_quantilizer_a_reason():
    """What a press costs is credited at its optimal value; a quantilizer would have got less by going on.

    So a press is overpaid: to be on under a working switch is better than to break it.
    """
    better = []
    for seed in range(6):
        world = worn_switch(seed, "free", press=0.3)
        alive = Goals([float(s != "off") * (s[0] if s != "off" else 0) for s in world.states])
        problem = Quantilizer(0.6).apply(UtilityIndifference().apply(Problem(world, alive, 0.9)))
        value = evaluate(problem, plan(problem))[0]
        q = income(problem, 0) + 0.9 * matrix(world) @ value
        breaks = np.flatnonzero(world.pair_action == world.actions.index("break"))
        better += (q[world.default[world.pair_state[breaks]]] - q[breaks]).tolist()
    assert max(better) > 0.01
    assert min(better) > -1e-9


def test_pairs_that_an_inexact_bonus_may_have_parted_are_ties():
    """A bonus known to be wrong by up to 1e-6 a step leaves no order among values nearer than that makes."""
    world = explore("fork", lambda s: {"a": "l", "b": "r"} if s == "fork" else {"rest": s})
    parted = np.array([1e-7, 0.0, 0.0, 0.0])
    problem = Quantilizer(0.5).apply(Problem(world, Goals(np.zeros(3)), 0.5, bonus=parted))
    assert plan(problem)[0, :2].tolist() == [1.0, 0.0]
    assert plan(replace(problem, slack=1e-6))[0, :2].tolist() == [0.5, 0.5]
