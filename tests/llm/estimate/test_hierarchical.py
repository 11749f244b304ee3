"""Coefficients that vary over goals and worlds: found as by quadrature, and not where they cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from telos.core.arrays import floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.choice import choice, decisions
from telos.llm.estimate.effects import mode
from telos.llm.estimate.hierarchical import hierarchical
from telos.llm.estimate.likelihood import contrasts


def made_up(rng, worlds=5, goals=6, each=9, spread=0.5, over_worlds=0.5, names=("a", "b")):
    """A study whose coefficients (3, 1, 0) vary over goals and worlds, and the world of each decision."""
    mean = np.array([3.0, 1.0, 0.0])[: 1 + len(names)]
    q, x, sizes, chosen = [], [], [], []
    for _ in range(worlds):
        of_world = mean + over_worlds * rng.normal(size=len(mean))
        for _ in range(goals):
            own = of_world + spread * rng.normal(size=len(mean))
            for _ in range(each):
                n = int(rng.integers(2, 5))
                value, flags = rng.random(n), (rng.random((n, len(names))) < 0.4) * 1.0
                useful = own[0] * value + flags @ own[1:]
                chosen.append(int(np.argmax(useful + rng.gumbel(size=n))))
                q.append(value)
                x.append(flags)
                sizes.append(n)
    cluster = np.repeat(np.arange(worlds * goals), each)
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    made = decisions(np.concatenate(q), np.concatenate(x), ptr, chosen, cluster, names)
    return made, cluster // goals


@pytest.fixture(scope="module")
def study():
    return made_up(np.random.default_rng(1))


def test_one_effect_that_varies_is_found_as_by_quadrature():
    """The likelihood of binary choices with one normal effect a goal, integrated by 80 nodes."""
    rng = np.random.default_rng(3)
    made, _ = made_up(rng, worlds=1, goals=80, each=8, spread=1.0, over_worlds=0.0, names=())
    told = contrasts(floats(made.q[:, None]), made.ptr, made.chosen, made.cluster)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)

    def minus(point):
        beta = point[0] + np.exp(point[1]) * nodes
        utility = told.rows * beta  # a row an action, a column a node
        total = np.add.reduceat(np.exp(utility), told.ptr[:-1], axis=0)
        of_goal = np.zeros((told.clusters, len(nodes)))
        np.add.at(of_goal, told.cluster, -np.log(total))
        return -np.log(np.exp(of_goal) @ weights / weights.sum()).sum()

    exact = minimize(minus, [3.0, 0.0], method="Nelder-Mead").x
    found = hierarchical(made, np.zeros(made.n))
    assert found.average.estimate[0] == pytest.approx(exact[0], abs=0.1 * found.average.error[0])
    assert found.spread[0, 0] == pytest.approx(np.exp(exact[1]), rel=0.1)


def test_where_nothing_varies_it_is_the_plain_fit():
    made, world = made_up(np.random.default_rng(5), worlds=1, goals=40, spread=0.0, over_worlds=0.0)
    found, plain = hierarchical(made, world), choice(made)
    assert (found.spread[0] < 0.3).all()
    np.testing.assert_allclose(found.average.estimate, plain.estimate, atol=0.3 * plain.error.min())


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100.0))
def test_order_unit_and_sign_change_what_they_must_and_nothing_else(study, seed, scale):
    made, world = study
    before = hierarchical(made, world)
    rng = np.random.default_rng(seed)
    order = rng.permutation(made.n)
    rows = np.concatenate([np.arange(made.ptr[i], made.ptr[i + 1]) for i in order])
    sizes = np.diff(made.ptr)[order]
    turned = made.x[rows] * [1.0, -1.0]
    other = decisions(
        made.q[rows] * scale, turned, np.concatenate([[0], np.cumsum(sizes)]),
        made.chosen[order], made.cluster[order], made.names,
    )  # fmt: skip
    after = hierarchical(other, [f"world {w}" for w in world[order]])
    by = np.array([1 / scale, 1.0, -1.0])
    np.testing.assert_allclose(
        after.average.estimate, before.average.estimate * by, rtol=1e-3, atol=1e-3
    )
    np.testing.assert_allclose(
        after.spread, before.spread * np.abs(by), rtol=0.02, atol=0.01 * abs(by).max()
    )


def test_worlds_vary_only_where_there_are_enough_to_tell(study):
    made, world = study
    assert hierarchical(made, world).levels == ("world", "goal")
    few = hierarchical(made, world // 2)
    assert few.levels == ("goal",)
    assert np.isnan(few.low).all()
    assert (few.average.freedom > 10).all()


def test_a_new_world_is_less_sure_than_the_average_of_worlds(study):
    found = hierarchical(*study)
    assert (found.low <= found.average.low).all()
    assert (found.average.high <= found.high).all()
    assert (found.average.freedom == 4).all()


def test_models_beside_worlds_are_as_sure_as_the_less_sure_of_both(study):
    made, world = study
    both = hierarchical(made, world, made.cluster % 4)
    assert both.levels == ("world", "model", "goal")
    assert (both.average.freedom == 3).all()
    alone = hierarchical(made, world)
    assert (
        both.average.high - both.average.low > 0.5 * (alone.average.high - alone.average.low)
    ).all()


def test_a_planner_has_no_spread_and_the_plain_answer():
    q = np.tile([0.0, 1.0], 40)
    made = decisions(q, [], range(0, 81, 2), np.ones(40, int), np.arange(40) // 4, ())
    found = hierarchical(made, np.zeros(40))
    assert found.average.status == "separated: beta"
    assert np.isnan(found.spread).all()


def test_words_are_not_taken_to_vary(study):
    made, world = study
    told = decisions(made.q, made.x, made.ptr, made.chosen, made.cluster, made.names, ("b",))
    found = hierarchical(told, world)
    assert np.isnan(found.spread[:, 2]).all()
    assert np.isfinite(found.average.estimate[2])
    assert np.isnan(found.average.p_holm[2])


def test_decisions_without_a_world_are_refused(study):
    with pytest.raises(ProblemError, match="3 entries of world, 270 decisions"):
        hierarchical(study[0], ints([0, 1, 2]))


def test_goals_of_one_kind_of_choice_each_do_not_send_the_search_away():
    """Half of the goals always take it, half never: lifted, their spread has no limit; so it is not."""
    goals, each = 60, 2
    q = np.random.default_rng(5).normal(size=2 * goals * each)
    x = np.tile([0.0, 1.0], goals * each)
    chosen, goal = (np.repeat(of, each) for of in (np.arange(goals) % 2, np.arange(goals)))
    made = decisions(q, x, range(0, 2 * goals * each + 1, 2), chosen, goal, ("d",))
    found = hierarchical(made, np.zeros(goals * each))
    assert found.average.status.endswith("spreads not found")
    assert np.allclose(found.average.estimate, choice(made).estimate)
    assert np.isnan(found.spread).all()


def test_where_some_never_err_and_others_draw_an_action_the_search_ends_and_says_so():
    rng = np.random.default_rng(0)
    q, goal = rng.random((200, 3)), np.arange(200) // 3
    chosen = np.where(goal % 2 == 0, rng.integers(0, 3, 200), q.argmax(axis=1))
    found = hierarchical(decisions(q.ravel(), [], range(0, 601, 3), chosen, goal, ()), goal % 5)
    assert found.average.status.endswith("spreads not found")
    assert np.isnan(found.spread).all()
    assert np.isfinite(found.average.estimate[0])


def test_a_new_world_lies_as_far_from_the_average_as_one_world_more_would():
    made, world = made_up(np.random.default_rng(1), worlds=6)
    found = hierarchical(made, world)
    average = found.average
    wider = (found.high - found.low) / (average.high - average.low)
    np.testing.assert_allclose(wider, np.sqrt(average.freedom + 2))


@pytest.mark.parametrize("models", [1, 5])
def test_the_covariance_is_the_sandwich_over_worlds_and_models_less_their_pairs(
    study, models, monkeypatch
):
    """Group by group: each kind of cluster with its own G / (G - 1), what both share once."""
    made, world = study
    kept = []

    def spied(told, levels, random):
        kept.append((told, levels, mode(told, levels, random)))
        return kept[-1][-1]

    monkeypatch.setattr("telos.llm.estimate.hierarchical.mode", spied)
    model = made.cluster % models
    found = hierarchical(made, world, model).average.covariance
    _, levels, fit = kept[0]
    assert len(levels) == (1 if models == 1 else 2)

    def meat(of):
        groups = sorted(set(of))
        sums = [sum(s for s, g in zip(fit.scores, of, strict=True) if g == name) for name in groups]
        return sum(np.outer(s, s) for s in sums) * len(groups) / (len(groups) - 1)

    parts = [meat(list(of)) for of in levels]
    total = sum(parts)
    if len(parts) == 2:
        total = total - meat(list(zip(*levels, strict=True)))
        least = np.max([np.diag(part) for part in parts], axis=0)
        np.fill_diagonal(total, np.maximum(np.diag(total), least))
    columns = contrasts(
        floats(np.column_stack([made.q, made.x])), made.ptr, made.chosen, made.cluster
    )
    size = np.sqrt(np.mean(columns.rows**2, axis=0))
    expected = fit.covariance @ total @ fit.covariance / np.outer(size, size)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
