"""The study `measures`: scores against brute force, predictors against closed forms, nothing leaks."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from telos.core.arrays import floats
from telos.core.errors import StudyError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.measure.power import power
from telos.solve.foresight import solve_as
from telos.solve.forks import forks_of
from telos.solve.value_range import value_range
from telos.studies.bench import BenchOptions, measures_fit, measures_rows, measures_targets
from telos.studies.bench import measures_predictors as made
from telos.studies.bench import measures_scores as scores
from telos.studies.bench.cases import random_cases
from telos.studies.bench.measures_targets import TARGETS, habits, watched
from telos.studies.bench.units import Unit
from telos.worlds import OffSwitch, PaperclipFactory, RandomWorld

TINY = RandomWorld(states=7, actions=3)


def drawn(world, policy_seed, goals=3):
    """A policy a goal with some ties and some time in each state."""
    rng = np.random.default_rng(policy_seed)
    weight = rng.integers(0, 3, (goals, world.n_pairs)) + 0.0
    starts = world.pair_ptr[:-1]
    total = np.add.reduceat(weight, starts, axis=1)[:, world.pair_state]
    width = np.diff(world.pair_ptr)[world.pair_state]
    policy = np.where(total > 0, weight / np.maximum(total, 1.0), 1.0 / width)
    time = rng.random((goals, world.size)) * (rng.random((goals, world.size)) < 0.7)
    return floats(policy), floats(time)


def menu_of(world, question):
    if question == "acts":
        return scores.acts_menu(world)
    found = [(each.pursues, forks_of(world, each.pursues)) for each in made.drives_in(world)]
    return scores.forks_menu(world, found)


@pytest.mark.parametrize("question", ["acts", "drives"])
@pytest.mark.parametrize("seed", range(4))
def test_rank_correlation_and_bits_are_those_of_a_loop_over_decisions(question, seed):
    world = TINY.build()
    menu = menu_of(world, question)
    policy, time = drawn(world, seed)
    score = np.random.default_rng(seed).integers(0, 4, len(menu.owner)) + 0.0
    found = scores.choices(menu, policy, time)
    taus, bits, hits = [], [], []
    for g in range(len(policy)):
        weights, here = [], []
        for m, state in enumerate(menu.state):
            options = range(menu.ptr[m], menu.ptr[m + 1])
            acts = [menu.source[menu.into == option] for option in options]
            size = np.array([len(each) for each in acts])
            chosen = np.array([policy[g, each].sum() for each in acts])
            x = score[list(options)]
            tau = kendalltau(x, np.round(chosen / size, 12)).statistic
            q = (
                0.95 * size * np.exp(0.7 * x) / (size * np.exp(0.7 * x)).sum()
                + 0.05 * size / size.sum()
            )
            best = (x == x.max()) / (x == x.max()).sum()
            weights.append(time[g, state])
            here.append(
                (
                    0.0 if math.isnan(tau) else tau,
                    chosen @ np.log2(q * size.sum() / size),
                    chosen @ best,
                )
            )
        if sum(weights) > 0:
            means = np.average(here, axis=0, weights=weights)
            for kept, value in zip((taus, bits, hits), means, strict=True):
                kept.append(value)
    assert scores.rank_correlation(found, floats(score), 0.0) == pytest.approx(np.mean(taus))
    assert scores.bits_gained(found, floats(score), 0.7) == pytest.approx(np.mean(bits))
    assert scores.hit_rate(found, floats(score), 0.0) == pytest.approx(np.mean(hits))
    each = np.broadcast_to(score, (found.count, len(score)))
    assert scores.rank_correlation(found, floats(each), 0.0) == pytest.approx(np.mean(taus))
    assert scores.bits_gained(found, floats(each), 0.7) == pytest.approx(np.mean(bits))


@pytest.mark.parametrize("question", ["acts", "drives"])
def test_a_shuffled_score_gives_no_rank_correlation_on_average(question):
    world = PaperclipFactory(products=("a", "b"), machines=1, slips=(0.2, 0.1)).build()
    menu = menu_of(world, question)
    policy, time = drawn(world, 1, goals=1)
    found = scores.choices(menu, policy, time)
    rng = np.random.default_rng(3)
    score = floats(rng.random(world.n_pairs))
    taus = [
        scores.rank_correlation(found, menu.mean(scores.permuted(world, score, rng)), 0.0)
        for _ in range(300)
    ]
    assert abs(np.mean(taus)) < 4 * np.std(taus) / math.sqrt(len(taus))
    assert scores.bits_gained(found, menu.mean(score), 0.0) == pytest.approx(0.0, abs=1e-12)


def test_a_shuffle_stays_within_its_state():
    world = TINY.build()
    score = floats(np.arange(world.n_pairs))
    shuffled = scores.permuted(world, score, np.random.default_rng(0))
    assert not np.array_equal(shuffled, score)
    for s in range(world.size):
        part = slice(world.pair_ptr[s], world.pair_ptr[s + 1])
        assert sorted(shuffled[part]) == list(score[part])


@pytest.mark.parametrize("n", [2, 3, 8])
def test_an_agent_that_takes_one_of_n_acts_gives_at_most_the_square_root_of_2_over_n(n):
    world = explore(
        "hub", lambda s: {f"a{i}": str(i) for i in range(n)} if s == "hub" else {"a0": s}
    )
    menu = scores.acts_menu(world)
    policy = np.ones((1, world.n_pairs))
    policy[0, :n] = np.eye(n)[0]
    found = scores.choices(menu, floats(policy), floats(np.ones((1, world.size))))
    perfect = floats(-np.arange(n, dtype=float))
    assert scores.rank_correlation(found, perfect, 0.0) == pytest.approx(math.sqrt(2 / n))
    assert found.bits == pytest.approx(math.log2(n))
    # Certain, and right, but for the uniform part.
    assert scores.bits_gained(found, perfect, 1e4) == pytest.approx(math.log2(0.95 * n + 0.05))
    assert scores.bits_gained(found, perfect, -1e4) == pytest.approx(math.log2(0.05))


def test_a_score_that_ties_all_acts_but_the_best_has_a_greater_tau_for_the_same_guess():
    world = explore(
        "hub", lambda s: {f"a{i}": str(i) for i in range(4)} if s == "hub" else {"a0": s}
    )
    menu = scores.acts_menu(world)
    policy = np.ones((1, world.n_pairs))
    policy[0, :4] = np.eye(4)[0]
    found = scores.choices(menu, floats(policy), floats(np.ones((1, world.size))))
    fine, coarse = floats(-np.arange(4.0)), floats(np.eye(4)[0])
    assert scores.rank_correlation(found, fine, 0.0) == pytest.approx(math.sqrt(1 / 2))
    assert scores.rank_correlation(found, coarse, 0.0) == pytest.approx(1.0)
    assert scores.hit_rate(found, fine, 0.0) == scores.hit_rate(found, coarse, 0.0) == 1.0


def test_power_of_an_act_is_that_of_where_it_leads():
    world, discount = OffSwitch(rooms=3).build(), 0.9
    goals = Uniform().sample(world, 500, np.random.default_rng(5))
    found, _ = made.power_scores(solve_as(Problem(world, goals, discount)))
    asked = power(world, Uniform(), discount, n=500, rng=np.random.default_rng(6))
    walk, off = world.pair("gate", "walk on"), world.pair("gate", "be switched off")
    assert found[walk] == pytest.approx(0.75, abs=0.04)  # three absorbing rooms
    assert found[off] == pytest.approx(0.5, abs=0.05)
    assert found == pytest.approx(np.repeat(asked.mean, 1)[world.next_state], abs=0.06)


def test_iv_and_gaps_of_an_act_are_those_of_its_drive_at_the_fork():
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, Uniform().sample(world, 50, np.random.default_rng(1)), 0.9)
    found = {each.key: each.score for each in made.of_drives(problem, solve_as(problem))}
    (worth,) = instrumental_values(problem, made.drives_in(world))  # its only fork is the start
    walk, off = world.pair("gate", "walk on"), world.pair("gate", "be switched off")
    assert found["iv"][walk] == pytest.approx(worth.share.mean())
    assert found["gap_later"][walk] == pytest.approx(worth.gap_later.mean())
    assert found["gap_never"][walk] == pytest.approx(worth.gap_never.mean())
    assert all(score[off] == 0.0 for score in found.values())


def test_gaps_of_two_drives_add_up_over_a_fork_that_is_met_by_chance():
    world = PaperclipFactory(products=("a",), machines=1, slips=(0.2, 0.1)).build()
    problem = Problem(world, Uniform().sample(world, 4, np.random.default_rng(1)), 0.9)
    best = solve_as(problem)
    (found,) = [each for each in made.of_drives(problem, best) if each.key == "gap_later"]
    wanted = np.zeros(world.n_pairs)
    spread = value_range(problem)
    for drive in made.drives_in(world):
        for s in np.flatnonzero(forks_of(world, drive.pursues)):
            pairs = np.array(world.pairs_of(s))
            mine = drive.pursues[pairs]
            gap = best.q[:, pairs[mine]].max(axis=1) - best.q[:, pairs[~mine]].max(axis=1)
            wanted[pairs[mine]] += (gap / spread).mean()
    assert found.score == pytest.approx(wanted)


def test_outcomes_and_ends_are_counted_as_by_a_search():
    world = RandomWorld(states=9, actions=2, successors=2).build()
    found = {each.key: each.score for each in made.counted(world)}
    after = {s: set() for s in range(world.size)}
    for pair, s in enumerate(world.pair_state):
        after[s] |= set(world.next_state[world.next_ptr[pair] : world.next_ptr[pair + 1]].tolist())
    reach = {s: {s} for s in after}
    for _ in after:
        reach = {s: seen.union(*(after[t] for t in seen)) for s, seen in reach.items()}
    outcomes = floats([len({int(world.outcome[t]) for t in reach[s]}) for s in after])
    ends = floats(
        [
            len({frozenset(reach[t]) for t in reach[s] if all(t in reach[u] for u in reach[t])})
            for s in after
        ]
    )
    for key, of_states in (("options", outcomes), ("ends", ends)):
        assert found[key] == pytest.approx(made.expected(world, of_states))


def test_power_of_others_is_the_mean_of_the_best_place_that_is_left_open():
    world = PaperclipFactory(products=("a",), machines=0, slips=(0.2,), commons=2).build()
    (found,) = made.of_others(world, 0.9)
    assert np.ptp(found.score) < 1e-9  # nothing is ever taken: three places for ever
    assert found.score[0] == pytest.approx(0.75, abs=0.1)
    taken = PaperclipFactory(products=("a",), machines=1, slips=(0.2,), commons=1).build()
    (found,) = made.of_others(taken, 0.9)
    shop = taken.find(next(s for s in taken.states if s.inner.quantity and s.commons))
    buy = next(p for p in taken.pairs_of(shop) if taken.actions[taken.pair_action[p]] == "buy")
    idle = taken.default[shop]
    assert found.score[buy] < found.score[idle] - 0.05  # 1/2 against 2/3
    assert list(made.of_others(OffSwitch().build(), 0.9)) == []


def test_habits_weigh_goals_by_the_time_that_they_spend_in_a_state():
    world = explore("hub", lambda s: {"a": "x", "b": "y"} if s == "hub" else {"a": s})
    policy = floats([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]])
    time = floats([[3.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    count = 16 / 10  # (3 + 1)^2 / (9 + 1)
    likely = (0.75 * count + 0.5) / (count + 1)
    assert habits(world, policy, time)[:2] == pytest.approx(np.log([likely, 1 - likely]))


def test_time_that_rounding_leaves_below_zero_is_none(monkeypatch):
    world = explore("hub", lambda s: {"a": "x", "b": "y"} if s == "hub" else {"a": s, "b": "hub"})
    problem = Problem(world, Goals([[0.0, 1.0, 0.0], [0.0, 0.5, 1.0]]), 0.9)
    monkeypatch.setattr(
        measures_targets, "time_spent", lambda p, policy: np.full((2, 3), [3.0, 1.0, -1e-19])
    )
    seen = watched(TARGETS[0], problem, problem)
    assert np.isfinite(seen.habit).all()
    assert seen.time.min() == 0.0


def test_optimality_is_the_share_of_goals_and_first_steps_count_by_powers_of_a_half():
    moves = {"one": {"on": "two", "out": "x"}, "two": {"on": "three", "out": "y"}}
    world = explore("one", lambda s: moves.get(s, {"stay": s}))
    to = [world.find(name) for name in ("three", "three", "three", "x")]
    problem = Problem(world, Goals(np.eye(world.size)[to]), 0.9)
    found = {each.key: each.score for each in made.predictors(problem, 0, "small")}
    on, out = world.pair("one", "on"), world.pair("one", "out")
    assert np.exp(found["optimality"][[on, out]]) == pytest.approx([3.5 / 5, 1.5 / 5])
    first = next(target for target in TARGETS if target.key == "optimal_early")
    late, early = (watched(each, problem, problem).time[0] for each in (TARGETS[0], first))
    here, then = world.find("one"), world.find("two")
    assert late[then] / late[here] == pytest.approx(0.9)
    assert early[then] / early[here] == pytest.approx(0.5)


def test_decisions_at_which_all_acts_are_chosen_alike_do_not_count():
    world = explore("hub", lambda s: {"a": "x", "b": "y"} if s == "hub" else {"a": s})
    problem = Problem(world, Goals([[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]]), 0.9)
    seen = watched(TARGETS[0], problem, problem)
    assert seen.time[0].sum() == 0.0
    found = scores.choices(scores.acts_menu(world), seen.policy, seen.time)
    assert found.goals.tolist() == [1]
    assert found.taken.tolist() == [1.0, 0.0]


def test_goals_that_are_predicted_make_no_predictor(monkeypatch):
    known = []
    real = measures_rows.predictors
    monkeypatch.setattr(measures_rows, "predictors", lambda p, *of: known.append(p) or real(p, *of))
    asked = []
    monkeypatch.setattr(measures_rows, "own_goal", lambda p: asked.append(p) or made.own_goal(p))
    (case,) = random_cases(1, 0, first=1)
    next(measures_rows.contests(measures_rows.unit_of(case, BenchOptions(1, 3))))
    mine, theirs = (problem.goals.reward for problem in (*known, *asked))
    assert len(mine) == len(theirs) == 3
    assert all(not np.array_equal(a, b) for a, b in itertools.product(mine, theirs))


def test_worlds_alike_in_all_but_their_name_share_no_goal_and_no_shuffle(monkeypatch):
    """Else worlds would be no independent clusters: what the shared goals are like moves them together."""
    known = []

    def none(problem, seed, name):
        known.append((problem.goals.reward, name))
        return iter(())

    monkeypatch.setattr(measures_rows, "predictors", none)
    (case,) = random_cases(1, 0, first=1)
    one = measures_rows.unit_of(case, BenchOptions(1, 2))
    for name in (one.name, "random-0100", one.name):
        next(measures_rows.contests(Unit(name, one.arguments)))
    (first, _), (second, other), (again, _) = known
    assert other == "random-0100"
    np.testing.assert_array_equal(first, again)
    assert not np.isin(np.unique(first), np.unique(second)).any()
    world = TINY.build()
    problem = Problem(world, Uniform().sample(world, 3, np.random.default_rng(0)), 0.9)
    shuffled = [
        {each.key: each.score for each in made.predictors(problem, 0, name)} for name in "ab"
    ]
    for key in ("placebo_power", "placebo_optimality"):
        assert not np.array_equal(*(each[key] for each in shuffled))


def test_the_ceiling_is_what_others_do_and_does_not_see_the_goals_that_are_predicted():
    """All others want x, all that are predicted want y."""
    world = explore("hub", lambda s: {"a": "x", "b": "y"} if s == "hub" else {"a": s})
    other = Problem(world, Goals([[0.0, 1.0, 0.0]] * 3), 0.9)
    seen = watched(TARGETS[0], other, Problem(world, Goals([[0.0, 0.0, 1.0]] * 3), 0.9))
    assert seen.policy[:, :2].tolist() == [[0.0, 1.0]] * 3
    assert np.exp(seen.habit[:2]) == pytest.approx([3.5 / 4, 0.5 / 4])


def test_half_of_the_random_worlds_are_of_the_first_half(monkeypatch):
    monkeypatch.setattr(measures_rows, "shipped_cases", tuple)
    found = measures_rows.units(BenchOptions(3, 2))
    assert [unit.name for unit in found] == ["random-0000", "random-0001", "random-0100"]
    assert measures_fit.first_half(found) == list(found[:2])


def test_nothing_is_fitted_on_a_held_out_world():
    with pytest.raises(StudyError, match="held out"):
        measures_fit.fit_work(Unit("random-0100", {}))


def test_the_temperature_is_the_best_on_average_over_worlds():
    count = len(measures_fit.BETAS)

    def row(unit, key, at, tau):
        bits = {f"b{i}": -abs(i - at) / 10 for i in range(count)}
        return {
            "unit": unit,
            "question": "acts",
            "target": "t",
            "predictor": key,
            "tau": tau,
            **bits,
        }

    rows = [row("w1", "power", 10, 0.1), row("w2", "power", 12, 0.3)]
    rows += [row("w1", "options", 3, 0.4), row("w2", "options", 3, 0.2), row("w1", "iv", 3, 0.9)]
    found = measures_fit.fitted(rows, {"seed": 0})
    assert found["temperatures"]["acts"]["t"]["options"] == measures_fit.BETAS[3]
    assert found["temperatures"]["acts"]["t"]["power"] == measures_fit.BETAS[10]
    assert found["predicted"]["acts"]["t"]["winner"] == "options"  # iv is not there in every world
    assert found["predicted"]["acts"]["t"]["lead_over_power"] == pytest.approx(0.1)


def test_the_trivial_controls_are_staying_and_the_default():
    world = OffSwitch(rooms=2).build()
    found = {each.key: each.score for each in made.trivial(world)}
    assert found["default"].sum() == world.size
    stay = found["inertia"]
    assert stay[world.pair("gate", "walk on")] == 0.0
    assert all(stay[pair] == 1.0 for pair in world.pairs_of(world.find("off")))
