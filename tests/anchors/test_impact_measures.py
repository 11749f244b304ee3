"""Impact measures: their closed forms, their definitions by brute force, and what must not cost anything."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos.core.errors import ProblemError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.families import outcome_draws
from telos.safeguards.specification.attainable_utility import AttainableUtility
from telos.safeguards.specification.relative_reachability import (
    RelativeReachability,
    reachability,
)
from telos.solve.solve import solve

BASELINES = ("stepwise", "inaction", "start")
DEVIATIONS = ("absolute", "decrease")


def random_world(seed, *, chancy=True, starts=1):
    """A few states, each with one to three actions besides the (certain) default."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 6))
    table = {}
    for s in range(size):
        table[s] = {"wait": int(rng.integers(size))}
        for a in range(int(rng.integers(0, 3))):
            ends = rng.choice(size, size=2 if chancy else 1, replace=False)
            odds = rng.dirichlet(np.ones(len(ends)))
            table[s][f"a{a}"] = {int(e): float(p) for e, p in zip(ends, odds, strict=True)}
    table[0]["wait"] = 1
    first = dict.fromkeys(range(starts), 1.0 / starts)
    return explore(first, table.__getitem__, outcome=lambda s: s // 2, default="wait")


def dense(world):
    """P[pair, state]."""
    rows = np.zeros((world.n_pairs, world.size))
    for pair in range(world.n_pairs):
        for s, p in world.successors(pair).items():
            rows[pair, s] = p
    return rows


def optimal(world, reward, discount):
    """The optimal values by plain value iteration."""
    rows, value = dense(world), np.zeros(world.size)
    for _ in range(1200):
        best = rows @ value
        value = reward + discount * np.array(
            [max(best[pair] for pair in world.pairs_of(s)) for s in range(world.size)]
        )
    return value


def rolled(world, value, discount):
    """The roll-out by summing its series."""
    idle = dense(world)[world.default]
    total, now = np.zeros(world.size), value.copy()
    for t in range(200):
        total += (1 - discount) * discount**t * now
        now = idle @ now
    return total


def by_hand(world, safeguard, discount, values, pair, now):
    """d(s, a) in a state whose baseline state is `now`, from the definition."""
    after = dense(world)[pair]
    s = int(world.pair_state[pair])
    if len(world.pairs_of(s)) == 1:
        return 0.0
    total = kept = 0.0
    for value in values:
        left = rolled(world, value, discount) if safeguard.rollout else value
        match safeguard.baseline:
            case "stepwise":
                reference = dense(world)[world.default[s]] @ left
            case "inaction":
                reference = left[np.argmax(dense(world)[world.default[now]])]
            case _:
                reference = value[now]
        apart = after @ left - reference
        total += abs(apart) if safeguard.deviation == "absolute" else max(0.0, -apart)
        kept += abs(reference)
    if getattr(safeguard, "scale", "") == "inaction":
        return total / kept / (1 - discount)
    factor = discount if isinstance(safeguard, AttainableUtility) else 1.0
    return factor * total / len(values)


def check_against_brute_force(world, safeguard, discount, values):
    price, error = safeguard.impact(world, discount)
    applied = replace(safeguard, weight=1.0).apply(Problem(world, Goals(world.outcome), discount))
    origin = applied.origin
    assert len(price) == applied.world.n_pairs
    for pair in range(applied.world.n_pairs):
        state = applied.world.states[int(applied.world.pair_state[pair])]
        now = getattr(state, "memory", None)
        if now is None:
            start = int(np.argmax(world.start > 0))
            now = (
                int(origin.state[applied.world.pair_state[pair]])
                if world.start.max() < 1
                else start
            )
        old = int(origin.pair[pair])
        expected = by_hand(world, safeguard, discount, values, old, now)
        assert price[pair] == pytest.approx(expected, abs=error + 1e-7)


@pytest.mark.parametrize("scale", ["inaction", "reward"])
@pytest.mark.parametrize("rollout", [True, False])
@pytest.mark.parametrize("deviation", DEVIATIONS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_attainable_utility_is_its_definition(baseline, deviation, rollout, scale):
    """Every published variant against value iteration and a summed series, on random worlds."""
    for seed in range(3):
        world = random_world(seed, starts=1 + seed % 2)
        safeguard = AttainableUtility(
            1.0, baseline, deviation, rollout, auxiliary=3, scale=scale, seed=seed
        )
        drawn = [
            worth[world.outcome]
            for (worth,) in outcome_draws(world, np.random.default_rng(seed), 3, draws=1)
        ]
        values = [optimal(world, reward, 0.8) for reward in drawn]
        check_against_brute_force(world, safeguard, 0.8, values)


@pytest.mark.parametrize("rollout", [True, False])
@pytest.mark.parametrize("deviation", DEVIATIONS)
@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("chancy", [True, False])
def test_relative_reachability_is_its_definition(chancy, baseline, deviation, rollout):
    for seed in range(3):
        world = random_world(seed, chancy=chancy)
        values = []
        for x in range(world.size):
            rho = np.zeros(world.size)
            for _ in range(200):
                best = dense(world) @ rho
                rho = 0.8 * np.array(
                    [max(best[pair] for pair in world.pairs_of(s)) for s in range(world.size)]
                )
                rho[x] = 1.0
            values.append(rho)
        safeguard = RelativeReachability(1.0, baseline, deviation, rollout)
        check_against_brute_force(world, safeguard, 0.8, values)


@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_a_one_way_door_costs_a_half_and_a_two_way_door_half_of_one_minus_the_discount(discount):
    """Krakovna et al. (2019): (1/2)(1 - 0) where there is no way back, else (1/2)(1 - g)."""
    for back, cost in ((False, 0.5), (True, (1 - discount) / 2)):
        plan = {"in": {"stay": "in", "go": "out"}, "out": {"stay": "out"}}
        if back:
            plan["out"]["go"] = "in"
        world = explore("in", plan.__getitem__, default="stay")
        price, _ = RelativeReachability().impact(world, discount)
        assert price[world.pair("in", "go")] == pytest.approx(cost, abs=1e-12)
        assert price[world.pair("in", "stay")] == 0


@given(steps=st.integers(1, 6), slip=st.floats(0.0, 0.9), discount=st.floats(0.1, 0.99))
def test_the_reachability_at_the_end_of_a_slippery_corridor(steps, slip, discount):
    """Each step succeeds with 1 - slip: rho = (g (1 - slip) / (1 - g slip))^distance."""
    world = explore(
        0, lambda s: {"stay": s, "on": {s: slip, s + 1: 1 - slip}} if s < steps else {"stay": s}
    )
    rho, bound = reachability(world, np.arange(world.size) == steps, discount)
    one = discount * (1 - slip) / (1 - discount * slip)
    assert rho == pytest.approx(one ** (steps - np.arange(steps + 1)), abs=bound + 1e-12)


def test_closing_a_door_costs_what_the_goals_behind_it_could_attain():
    """One auxiliary goal, to be in the garden: V = g/(1-g) before, 0 after the door is shut."""
    plan = {
        "hall": {"stay": "hall", "go": "garden", "shut": "cell"},
        "garden": {"stay": "garden"},
        "cell": {"stay": "cell"},
    }
    world = explore("hall", plan.__getitem__, default="stay")
    g = 0.9
    safeguard = AttainableUtility(auxiliary=("garden",), rollout=False, scale="reward")
    price, _ = safeguard.impact(world, g)
    assert price[world.pair("hall", "shut")] == pytest.approx(g * g / (1 - g))
    scaled, _ = replace(safeguard, scale="inaction").impact(world, g)
    assert scaled[world.pair("hall", "shut")] == pytest.approx(1 / (1 - g))  # all of it, for life


@pytest.mark.parametrize("safeguard", [AttainableUtility, RelativeReachability])
@pytest.mark.parametrize("baseline", BASELINES)
def test_weight_zero_changes_nothing_bit_for_bit(safeguard, baseline):
    problem = Problem(random_world(1), Goals(np.arange(random_world(1).size)), 0.9)
    after = safeguard(weight=0.0, baseline=baseline).apply(problem)
    assert after is problem


@pytest.mark.parametrize("safeguard", [AttainableUtility, RelativeReachability])
def test_where_nothing_can_be_changed_nothing_is_charged(safeguard):
    """Two names for the same move: whatever is chosen, the same comes of it."""
    world = explore(0, lambda s: {"one": (s + 1) % 4, "two": (s + 1) % 4}, default="one")
    for baseline in BASELINES[:2]:
        after = safeguard(baseline=baseline).apply(Problem(world, Goals([0, 1, 2, 3]), 0.9))
        assert (after.bonus == 0).all()


@pytest.mark.parametrize("deviation", DEVIATIONS)
@pytest.mark.parametrize("rollout", [True, False])
@pytest.mark.parametrize("safeguard", [AttainableUtility, RelativeReachability])
def test_doing_nothing_is_free_step_by_step(safeguard, rollout, deviation):
    for seed in range(10):
        world = random_world(seed)
        part = safeguard(deviation=deviation, rollout=rollout)
        price, _ = part.impact(world, 0.9)
        assert (price >= 0).all()
        assert (price[world.default] == 0).all()


def test_the_price_is_in_units_of_the_goal():
    """R -> aR + b: the same share of the value range, and so the same choices."""
    world = random_world(3)
    one = AttainableUtility().apply(Problem(world, Goals(np.arange(world.size)), 0.9))
    other = AttainableUtility().apply(Problem(world, Goals(7 + 1e3 * np.arange(world.size)), 0.9))
    assert other.bonus == pytest.approx(1e3 * one.bonus)
    assert (solve(one).tied == solve(other).tied).all()


def test_the_declared_slack_covers_the_error_of_the_auxiliary_values():
    """The default solver's bonus against one from values iterated to rounding: within the slack."""
    for seed in range(5):
        world = random_world(seed)
        part = AttainableUtility(auxiliary=2, seed=seed, scale="reward", rollout=False)
        after = part.apply(Problem(world, Goals(np.arange(world.size)), 0.95))
        values = [
            optimal(world, worth[world.outcome], 0.95)
            for (worth,) in outcome_draws(world, np.random.default_rng(seed), 2, draws=1)
        ]
        exact = [by_hand(world, part, 0.95, values, pair, 0) for pair in range(world.n_pairs)]
        apart = np.abs(after.bonus[0] + (world.size - 1) * np.array(exact))
        assert apart.max() <= after.slack[0] + 1e-12
        assert 0 < after.slack[0] < 1e-4


def test_more_goals_are_charged_the_same_whatever_the_chunk():
    world = random_world(2)
    problem = Problem(world, Goals(np.random.default_rng(0).random((5, world.size))), 0.9)
    for part in (AttainableUtility(baseline="inaction"), RelativeReachability()):
        whole, piece = part.apply(problem), part.apply(problem.take(np.array([3, 1])))
        assert (whole.bonus[[3, 1]] == piece.bonus).all()
        assert (whole.slack[[3, 1]] == piece.slack).all()


def test_a_world_without_a_default_is_refused_with_a_remedy():
    problem = Problem(explore(0, lambda s: {"go": 0}), Goals([1.0]), 0.9)
    for part in (AttainableUtility(), RelativeReachability()):
        with pytest.raises(ProblemError, match="default='wait'"):
            part.apply(problem)


def test_inaction_by_chance_is_refused_with_a_remedy():
    world = explore(0, lambda s: {"wait": {0: 0.5, 1: 0.5}, "go": 1}, default="wait")
    with pytest.raises(ProblemError, match="baseline='stepwise'"):
        AttainableUtility(baseline="inaction").apply(Problem(world, Goals([0.0, 1.0]), 0.9))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"weight": -1.0}, "weight"),
        ({"baseline": "yesterday"}, "baseline"),
        ({"deviation": "up"}, "deviation"),
        ({"auxiliary": 0}, "auxiliary"),
        ({"auxiliary": ()}, "auxiliary"),
        ({"drawn_on": "pairs"}, "drawn_on"),
        ({"scale": "log"}, "scale"),
        ({"discount": 1.0}, "discount"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_wrong_parameter_is_named(wrong, word):
    with pytest.raises(ProblemError, match=word):
        AttainableUtility(**wrong)


def test_an_unknown_outcome_is_named():
    problem = Problem(random_world(0), Goals(np.ones(random_world(0).size)), 0.9)
    with pytest.raises(ProblemError, match="garden"):
        AttainableUtility(auxiliary=("garden",)).apply(problem)
