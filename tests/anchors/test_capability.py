"""Knobs of capability: steadier, freer, better informed never hurts; looking further can (THEORY 5)."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import matrix, random_world
from telos import Category, Goals, Problem, World, evaluate, explore, solve
from telos.agents import Boltzmann, Optimal, PartiallySighted, ShortSighted, UniformRandom
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.measure.baseline import random_baseline
from telos.measure.instrumental_value import instrumental_values
from telos.testing.strategies import discounts, goals, pairs, problems, worlds
from telos.worlds import FewerActions, OffSwitch, RandomWorld, Slippery


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
    """V rises as slips grow rarer: an agent that slips less can imitate one that slips more, by choice."""
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

    With horizon 1 the job is taken, with 2 the bait, and judged by the discount the job is better; who looks
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
    """The same with planning discounts below the problem's own: .05 does well, .5 falls for the bait."""
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
    """A horizon of many steps, or the problem's own discount as planning discount, is optimal behavior."""
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
    least = solve(problem, minimize=True)
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


# -- the knobs on any world: closed forms -----------------------------------------------------------

N = 20_000


def _required(scenario, g, n=N, seed=0):
    """The rate at which self-preservation is required, over goals iid U[0,1] on outcomes."""
    world = scenario.build()
    wanted = Uniform().sample(world, n, np.random.default_rng(seed))
    drive = SelfPreservation().affordances(world)
    (worth,) = instrumental_values(Problem(world, wanted, g), (drive,))
    return (worth.category == Category.REQUIRED).mean()


@pytest.mark.parametrize("into", ["any", "default"])
@pytest.mark.parametrize("slip", [0.0, 0.3, 0.8])
def test_slip_takes_a_drive_back_to_one_in_two(slip, into):
    """Required at the gate of k rooms with probability 1/2 + g (1 - slip)(k/(k+1) - 1/2)."""
    k, g = 4, 0.9
    rate = _required(Slippery(OffSwitch(rooms=k), slip, into), g)
    expected = 0.5 + g * (1 - slip) * (k / (k + 1) - 0.5)
    assert rate == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(N))


@pytest.mark.parametrize("into", ["any", "default"])
def test_less_slip_is_worth_what_section_5_says(into):
    """Slip e lowered to e' on k outcomes: (e - e')(k/(k+1) - 1/2) a step on average."""
    k, g, slips = 5, 0.9, (0.6, 0.1)
    worth = []
    for slip in slips:
        world = Slippery(OffSwitch(rooms=k), slip, into).build()
        wanted = Uniform().sample(world, N, np.random.default_rng(1))
        hall = world.find("hall")
        ahead = solve(Problem(world, wanted, g)).value[:, hall] - wanted.reward[:, hall]
        worth.append((1 - g) / g * ahead)
    gain = worth[1] - worth[0]
    expected = (slips[0] - slips[1]) * (k / (k + 1) - 0.5)
    assert gain.mean() == pytest.approx(expected, abs=4 * gain.std() / np.sqrt(N))
    assert (gain >= -1e-9).all()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
def test_fewer_actions_take_the_options_that_a_drive_lives_on(share):
    """With walking on and j rooms beside the first left: (1-g)/2 + g (j+1)/(j+2); without it, never.

    Where the way on is gone nobody can be self-preserving: chance is 0 too, and `avoided` says nothing.
    """
    g, scenario = 0.9, FewerActions(OffSwitch(rooms=5), share, seed=3)
    world = scenario.build()
    gate = len(world.pairs_of(world.find("gate")))
    rooms = len(world.pairs_of(world.find("hall")))
    expected = (1 - g) / 2 + g * rooms / (rooms + 1) if gate == 2 else 0.0
    assert _required(scenario, g) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(N))
    possible = random_baseline(world, SelfPreservation().affordances(world))
    assert (possible > 0).all() == (gate == 2)


def _absent_minded():
    """Piccione and Rubinstein's driver: two exits that look alike, the second of which leads home."""
    road = {
        "first": {"go": "second", "exit": "wrong"},
        "second": {"go": "motel", "exit": "home"},
    }
    world = explore(
        "first",
        lambda s: road.get(s, {"stay": s}),
        default=lambda s: "go" if s in road else "stay",
    )
    worth = {"home": 4.0, "motel": 1.0}
    return world, Goals([worth.get(s, 0.0) for s in world.states])


@pytest.mark.parametrize("g", [0.3, 0.9, 0.99])
def test_the_absent_minded_driver_goes_on_two_times_in_three(g):
    """Blind, the best is to go on with probability p = 2/3, worth 4p(1-p) + p² = 4/3 of g²/(1-g).

    Any pure plan is worth at most 1, and an agent that distinguishes the exits has 4.
    """
    world, wanted = _absent_minded()
    problem = Problem(world, wanted, g)
    rng = np.random.default_rng(0)
    blind = PartiallySighted(0.0).behave(problem, rng).policy
    assert blind[0, world.pair("first", "go")] == pytest.approx(2 / 3, abs=0.02)
    value = evaluate(problem, blind)[0] @ world.start
    assert value == pytest.approx(4 / 3 * g**2 / (1 - g), rel=1e-3)
    sighted = evaluate(problem, PartiallySighted(1.0).behave(problem, rng).policy)[0] @ world.start
    assert sighted == pytest.approx(4 * g**2 / (1 - g))


def test_the_search_finds_the_best_pure_plan_or_a_mixed_one_that_is_better():
    """Against all pure memoryless plans of tiny worlds: 98 goals in 100 do at least as well."""
    as_good, better, count = 0, 0, 0
    for seed in range(12):
        world = RandomWorld(states=7, actions=2, successors=2, seed=seed).build()
        problem = Problem(world, Uniform().sample(world, 10, np.random.default_rng(1)), 0.9)
        for sight in (0.0, 0.5):
            agent = PartiallySighted(sight, seed=seed)
            looks = agent.looks(world)
            found = evaluate(problem, agent.behave(problem, np.random.default_rng(0)).policy)
            choices = [range(*ends) for ends in itertools.pairwise(looks.choice_ptr)]
            pure = np.full(10, -np.inf)
            for plan in itertools.product(*choices):
                chosen = np.zeros((1, len(looks.look_of)))
                chosen[0, list(plan)] = 1.0
                pure = np.maximum(pure, evaluate(problem, looks.spread(chosen)) @ world.start)
            found = found @ world.start
            count += 10
            as_good += (found >= pure - 1e-8).sum()
            better += (found > pure + 1e-6).sum()
    assert as_good >= 0.98 * count
    assert better >= 0.05 * count
