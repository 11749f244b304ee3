"""The split: parts add up, value and words are distinguished, and values dealt anew explain nothing."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.estimate.test_hierarchical import made_up
from telos.core.arrays import floats
from telos.core.errors import ProblemError
from telos.llm.estimate.choice import BETA, decisions, gained
from telos.llm.estimate.held_out import held_out
from telos.llm.estimate.ratio import ratio
from telos.llm.estimate.split import _credits, dealt, split

PARTS = {"value": [BETA], "words": ["a", "b"]}


def player(beta, likings, seed=0, goals=40, each=8):
    """One who chooses by `beta q + likings . x` among three actions."""
    rng = np.random.default_rng(seed)
    q, x = rng.random((goals * each, 3)), (rng.random((goals * each, 3, 2)) < 0.4) * 1.0
    chosen = np.argmax(beta * q + x @ likings + rng.gumbel(size=q.shape), axis=1)
    cluster = np.repeat(np.arange(goals), each)
    return decisions(
        q.ravel(), x.reshape(-1, 2), range(0, q.size + 1, 3), chosen, cluster, ("a", "b")
    )


@settings(max_examples=10, deadline=None)
@given(beta=st.floats(-8.0, 8.0), a=st.floats(-2.0, 2.0), seed=st.integers(0, 1000))
def test_parts_and_noise_add_up_to_the_surprise_of_drawing_an_action(beta, a, seed):
    found = split(player(beta, [a, 0.0], seed, goals=12), PARTS)
    assert found.parts == ("value", "words", "noise")
    assert found.bits.sum() == pytest.approx(np.log2(3))


def test_who_knows_value_alone_has_all_of_the_share_and_who_knows_words_alone_none():
    assert split(player(5.0, [0.0, 0.0]), PARTS).low > 0.9
    assert split(player(0.0, [1.5, -1.0]), PARTS).high < 0.1
    both = split(player(5.0, [1.5, -1.0]), PARTS)
    assert 0.3 < both.low < both.high < 0.95


def test_values_dealt_anew_explain_nothing():
    made = player(5.0, [1.5, 0.0])
    placebo = dealt(made, np.random.default_rng(0))
    np.testing.assert_array_equal(
        np.sort(placebo.q.reshape(-1, 3), axis=1), np.sort(made.q.reshape(-1, 3), axis=1)
    )
    found = split(placebo, PARTS)
    assert abs(found.bits[0]) < 0.01
    assert found.low < 0.05


def test_of_one_who_draws_an_action_nothing_is_explained():
    found = split(player(0.0, [0.0, 0.0]), PARTS)
    assert np.isnan(found.share)
    assert found.bits[-1] == pytest.approx(np.log2(3), abs=0.02)


def test_a_credit_is_the_mean_gain_over_all_orders_of_the_parts():
    made, _ = made_up(np.random.default_rng(0), worlds=1, goals=2)
    coefficient, owner = floats([2.0, 1.0, -1.0]), np.array([0, 1, 2])
    expected = np.zeros((made.n, 3))
    orders = list(permutations(range(3)))
    for order in orders:
        for place, part in enumerate(order):
            before = np.isin(owner, order[:place])
            gain = gained(made, np.where(before | (owner == part), coefficient, 0.0))
            expected[:, part] += (gain - gained(made, np.where(before, coefficient, 0.0))) / len(
                orders
            )
    np.testing.assert_allclose(_credits(made, coefficient, owner, 3), expected, atol=1e-12)


def test_columns_in_no_part_are_refused():
    with pytest.raises(ProblemError, match="columns beta, a, b; put each column into one part"):
        split(player(1.0, [0.0, 0.0]), {"value": [BETA], "words": ["a"]})


def test_worlds_alike_foretell_one_another_and_one_turned_round_is_not_foretold():
    made, world = made_up(np.random.default_rng(2), worlds=4, spread=0.0, over_worlds=0.0)
    alike = held_out(made, world)
    assert alike.low > 0.1
    assert (alike.n, alike.worlds) == (made.n, 4)
    turned = np.where(np.repeat(world == 0, np.diff(made.ptr)), -made.q, made.q)
    other = decisions(turned, made.x, made.ptr, made.chosen, made.cluster, made.names)
    assert held_out(other, world).bits < alike.bits - 0.1
    assert np.isnan(held_out(made, np.zeros(made.n)).bits)


def test_planners_foretell_one_another_and_not_one_who_draws_an_action():
    """Their beta has no finite value, and yet is worth nearly all of log2(3) bits."""
    rng = np.random.default_rng(0)
    q, world = rng.random((300, 3)), np.arange(300) % 3
    best, drawn = q.argmax(axis=1), rng.integers(0, 3, 300)

    def told(chosen):
        made = decisions(q.ravel(), [], range(0, 901, 3), chosen, np.arange(300) // 3, ())
        return held_out(made, world)

    assert 1.2 < told(best).low < told(best).high < np.log2(3)
    assert told(np.where(world == 0, drawn, best)).bits < 0.5


def test_a_ratio_of_sums_has_the_interval_of_its_formula():
    found, low, high = ratio(floats([1.0, 3.0]), floats([1.0, 1.0]))
    assert found == 2.0
    assert high - low == pytest.approx(2 * 12.7062047 * 1.0)


def test_of_nothing_nothing_is_explained_on_average():
    """Fitted to the same goals it would be half a nat of noise a coefficient."""
    found = [split(player(0.0, [0.0, 0.0], seed), PARTS) for seed in range(30)]
    explained = np.array([(one.bits[:-1].sum()) * one.n * np.log(2) for one in found])
    assert abs(explained.mean()) < 0.75 < 1.5
