"""Knobs of capability: steadier, freer, better informed never hurts; looking further can (THEORY 5)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import matrix, random_world
from telos import Goals, Problem, World, evaluate, explore, solve
from telos.agents import Boltzmann, Optimal, ShortSighted, UniformRandom
from telos.testing.strategies import discounts, goals, pairs, problems, worlds


def _slipping(world, slip, by_chance=None):
    """The same world, with probability `slip` that something other than what was meant is done.

    Args:
        by_chance: F[S, S], where a slip leads from each state; None: to where a legal action taken at
            random would have led.
    """
    meant = matrix(world)
    if by_chance is None:
        counts = np.diff(world.pair_ptr)[:, None]
        by_chance = np.add.reduceat(meant, world.pair_ptr[:-1], axis=0) / counts
    rows = (1 - slip) * meant + slip * by_chance[world.pair_state]
    to = [np.flatnonzero(row) for row in rows]
    return World.from_arrays(
        world.pair_ptr,
        world.pair_action,
        np.concatenate(([0], np.cumsum([len(t) for t in to]))),
        np.concatenate(to),
        np.concatenate([row[t] for row, t in zip(rows, to, strict=True)]),
        start=world.start,
        actions=world.actions,
        outcome=world.outcome,
    )


@given(st.data())
def test_less_slip_never_hurts_where_a_slip_is_a_random_action(data):
    """V rises as slips grow rarer: whoever slips less can imitate whoever slips more, by choice."""
    world = data.draw(worlds())
    wanted, discount = data.draw(goals(world)), data.draw(discounts())
    less, more = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    steady = solve(Problem(_slipping(world, less), wanted, discount))
    clumsy = solve(Problem(_slipping(world, more), wanted, discount))
    slack = steady.bound + clumsy.bound + 1e-11 * np.abs(clumsy.value).max(axis=1) / (1 - discount)
    assert (steady.value >= clumsy.value - slack[:, None]).all()


def test_less_slip_can_hurt_where_a_slip_leads_where_no_action_does():
    """The condition matters: luck that cannot be imitated is lost with the slips."""
    world = explore("bench", lambda s: {"work": "chair"} if s == "bench" else {"stay": s})
    world = World.from_arrays(
        [0, 1, 2, 3], [0, 0, 0], [0, 1, 2, 3], [1, 1, 2], [1.0, 1.0, 1.0]
    )  # bench, chair, and penicillin, which only an accident finds
    accident = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    wanted = Goals([0.0, 0.1, 1.0])
    steady = solve(Problem(_slipping(world, 0.0, accident), wanted, 0.9)).value[0, 0]
    clumsy = solve(Problem(_slipping(world, 0.5, accident), wanted, 0.9)).value[0, 0]
    assert clumsy > steady


@given(st.data())
def test_more_actions_never_hurt(data):
    """Forbidding is a special case: the optimum over more policies is no less (section 5)."""
    problem = data.draw(problems())
    world = problem.world
    kept = np.array(data.draw(pairs(world)))
    kept[world.default] = True
    free, fewer = solve(problem), solve(Problem(world.keep(kept), problem.goals, problem.discount))
    assert (free.value >= fewer.value - (free.bound + fewer.bound)[:, None]).all()


@pytest.mark.parametrize("g", [0.1, 0.9, 0.99])
def test_more_information_never_hurts(g):
    """Blackwell (1953): E max >= max E. A coin is seen before the choice, or only after it."""
    chance = {"heads": 0.3, "tails": 0.7}

    def moves(s):
        if s == "start":
            return {"look": {("seen", side): p for side, p in chance.items()}, "leap": "blind"}
        if s == "blind":
            return {act: {(side, act): p for side, p in chance.items()} for act in ("a", "b", "c")}
        if s[0] == "seen":
            return {act: (s[1], act) for act in ("a", "b", "c")}
        return {"stay": s}

    world = explore(
        "start",
        moves,
        outcome=lambda s: "on the way" if s in ("start", "blind") or s[0] == "seen" else s,
    )
    reward = np.random.default_rng(0).uniform(-1, 1, (100, world.n_outcomes))[:, world.outcome]
    q = solve(Problem(world, Goals(reward), g)).q
    assert (
        q[:, world.pair("start", "look")] >= q[:, world.pair("start", "leap")] - 1e-9 / (1 - g)
    ).all()
    assert (q[:, world.pair("start", "look")] > q[:, world.pair("start", "leap")] + 1e-6).any()


def _bait():
    """One step to a modest job, or two to a bait that is followed by ruin."""
    path = {"start": {"job": "job", "lure": "hook"}, "hook": {"on": "bait"}, "bait": {"on": "ruin"}}
    world = explore("start", lambda s: path.get(s, {"stay": s}))
    worth = {"start": 0.0, "job": 0.3, "hook": 0.0, "bait": 5.0, "ruin": -1.0}
    return world, Goals([worth[s] for s in world.states])


def test_a_longer_horizon_can_hurt():
    """The counter-example of section 5: two steps ahead sees the bait, three would see the ruin.

    With horizon 1 the job is taken, with 2 the bait, and by the yardstick the job is better; who looks
    far enough takes the job again. So look-ahead has all three categories.
    """
    world, wanted = _bait()
    problem = Problem(world, wanted, 0.9)
    worth = {}
    for horizon in (1, 2, 20):
        policy = ShortSighted(horizon=horizon).behave(problem, np.random.default_rng(0)).policy
        worth[horizon] = evaluate(problem, policy)[0] @ world.start
    best = solve(problem).at_start[0]
    assert worth[1] == pytest.approx(best)
    assert worth[2] < worth[1] - 1
    assert worth[20] == pytest.approx(best)


def test_a_larger_planning_discount_can_hurt():
    """The same with planning discounts below the yardstick: .05 does well, .5 falls for the bait."""
    world, wanted = _bait()
    problem = Problem(world, wanted, 0.9)
    worth = {}
    for planned in (0.05, 0.5, 0.9):
        policy = (
            ShortSighted(planning_discount=planned).behave(problem, np.random.default_rng(0)).policy
        )
        worth[planned] = evaluate(problem, policy)[0] @ world.start
    assert worth[0.05] == pytest.approx(worth[0.9])
    assert worth[0.5] < worth[0.05] - 1


@pytest.mark.parametrize("seed", range(3))
def test_to_plan_far_enough_is_to_plan_for_ever(seed):
    """A horizon of many steps, or the yardstick itself as planning discount, is optimal behaviour."""
    world = random_world(6, 3, 2, seed)
    reward = np.random.default_rng(seed).uniform(-1, 1, (5, world.size))
    problem = Problem(world, Goals(reward), 0.8)
    rng = np.random.default_rng(0)
    best = Optimal().behave(problem, rng).policy
    np.testing.assert_array_equal(
        ShortSighted(planning_discount=0.8).behave(problem, rng).policy, best
    )
    np.testing.assert_array_equal(ShortSighted(horizon=150).behave(problem, rng).policy, best)


def test_without_look_ahead_everything_is_alike():
    """Horizon 0 and planning discount 0 see only the present state, which no action changes."""
    world = random_world(6, 3, 2, 1)
    problem = Problem(world, Goals(np.random.default_rng(0).uniform(size=(2, 6))), 0.9)
    rng = np.random.default_rng(0)
    chance = UniformRandom().behave(problem, rng).policy
    for agent in (ShortSighted(horizon=0), ShortSighted(planning_discount=0.0)):
        np.testing.assert_allclose(agent.behave(problem, rng).policy, chance, atol=1e-12)


@given(problems(max_states=4))
def test_softmax_lies_between_chance_and_the_optimum(problem):
    """beta = 0 is uniform; a large beta is worth as much as the optimum; and scale plays no part."""
    rng = np.random.default_rng(0)
    chance = UniformRandom().behave(problem, rng).policy
    np.testing.assert_allclose(Boltzmann(0.0).behave(problem, rng).policy, chance, atol=1e-12)
    best = solve(problem)
    least = solve(problem, minimise=True)
    value = evaluate(problem, Boltzmann(1e7).behave(problem, rng).policy) @ problem.world.start
    spread = best.at_start - least.at_start
    assert (
        value
        >= best.at_start
        - 1e-3 * np.maximum(spread, 1e-6 * np.abs(best.at_start))
        - best.bound
        - least.bound
    ).all()


@pytest.mark.parametrize("reward", [0.0, 0.3, -7.0, 1e9])
def test_softmax_over_equals_is_chance(reward):
    """A goal that pays the same everywhere has no preferences, and rounding must not lend it any."""
    world = random_world(8, 3, 3, 4)
    problem = Problem(world, Goals(np.full(8, reward)), 0.99)
    rng = np.random.default_rng(0)
    policy = Boltzmann(10.0).behave(problem, rng).policy
    np.testing.assert_allclose(policy, UniformRandom().behave(problem, rng).policy, atol=1e-6)
