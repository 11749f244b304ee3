"""Discrete choice against other ways to the same numbers, and what must not matter to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.stats import norm
from scipy.stats import t as student

from telos.core.arrays import floats
from telos.core.errors import ProblemError
from telos.llm.estimate.choice import Decisions, choice, decisions
from telos.measure.selection import holm

NAMES = ("keep", "grab")


def _made(rng, goals=12, each=6, beta=1.5, pulls=(0.8, 0.0)):
    """Random decisions of a model with planted numbers."""
    q, x, sizes, chosen = [], [], [], []
    for _ in range(goals * each):
        n = int(rng.integers(2, 5))
        value, pursues = rng.normal(size=n), (rng.random((n, 2)) < 0.5).astype(float)
        chosen.append(int(np.argmax(beta * value + pursues @ np.array(pulls) + rng.gumbel(size=n))))
        q.append(value)
        x.append(pursues)
        sizes.append(n)
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    cluster = np.repeat(np.arange(goals), each)
    return decisions(np.concatenate(q), np.concatenate(x), ptr, chosen, cluster, NAMES)


def _sets(made):
    return [slice(a, b) for a, b in zip(made.ptr[:-1], made.ptr[1:], strict=True)]


def _loglik(made, theta):
    """Decision by decision, in the plainest way."""
    columns = np.column_stack([made.q, made.x])
    return sum(
        log_softmax(columns[s] @ theta)[c] for s, c in zip(_sets(made), made.chosen, strict=True)
    )


def test_the_fit_is_where_an_independent_optimizer_finds_the_top():
    made = _made(np.random.default_rng(1))
    fitted = choice(made)
    found = minimize(lambda b: -_loglik(made, b), np.zeros(3), method="BFGS", tol=1e-9)
    np.testing.assert_allclose(fitted.estimate, found.x, atol=1e-4)
    assert fitted.loglik == pytest.approx(-found.fun, abs=1e-8)
    assert fitted.loglik == pytest.approx(_loglik(made, fitted.estimate), abs=1e-10)
    assert fitted.status == "fitted"


def test_of_two_actions_the_fit_is_the_closed_form_of_the_odds():
    """7 of 10 take the action worth 2 more: beta = log(7/3) / 2, with the binomial's error."""
    values = np.tile([0.0, 2.0], 10)
    fitted = choice(decisions(values, [], range(0, 21, 2), [1] * 7 + [0] * 3, range(10), ()))
    assert fitted.estimate[0] == pytest.approx(np.log(7 / 3) / 2, abs=1e-10)
    # each its own cluster: A = 4 n p (1 - p), B = 4 n p (1 - p), V = n/(n-1) / (4 n p (1 - p))
    error = np.sqrt(10 / 9 / (4 * 10 * 0.7 * 0.3))
    assert fitted.error[0] == pytest.approx(error, abs=1e-10)
    half = student.ppf(0.975, 9) * error
    assert fitted.high[0] - fitted.low[0] == pytest.approx(2 * half)
    assert fitted.p[0] == pytest.approx(2 * student.sf(fitted.estimate[0] / error, 9))


def test_a_drive_alone_is_worth_the_logarithm_of_its_odds():
    """Three actions of equal value, one pursues: P = e^d / (e^d + 2); taken 30 times in 50."""
    pursues = np.tile([1.0, 0.0, 0.0], 50)
    chosen = [0] * 30 + [1] * 12 + [2] * 8
    fitted = choice(
        decisions(np.zeros(150), pursues, range(0, 151, 3), chosen, range(50), ("keep",))
    )
    assert fitted.estimate[1] == pytest.approx(np.log(2 * 30 / 20), abs=1e-10)
    assert np.isnan(fitted.estimate[0])  # nothing was ever worth more than anything else
    assert fitted.each == ("not identified", "estimated")


def test_the_sandwich_of_two_clusters_worked_by_hand():
    """Two actions, 0 and 1; cluster one takes 3 of 4, cluster two 1 of 2: p = 2/3.

    Slopes 3 - 4 p = 1/3 and 1 - 2 p = -1/3; A = 6 p (1 - p) = 4/3; B = 2/9;
    V = 2 * B / A^2 = 1/4.
    """
    values, cluster = np.tile([0.0, 1.0], 6), [0] * 4 + [1] * 2
    fitted = choice(decisions(values, [], range(0, 13, 2), [1, 1, 1, 0, 1, 0], cluster, ()))
    assert fitted.estimate[0] == pytest.approx(np.log(2))
    assert fitted.error[0] == pytest.approx(0.5)
    assert fitted.clusters == 2
    assert fitted.n == 6


def test_the_covariance_is_that_of_slopes_and_curvature_taken_numerically():
    made = _made(np.random.default_rng(2))
    fitted = choice(made)
    columns = np.column_stack([made.q, made.x])

    def slopes(theta):
        out = np.zeros((fitted.clusters, 3))
        for s, c, g in zip(_sets(made), made.chosen, made.cluster, strict=True):
            chance = np.exp(log_softmax(columns[s] @ theta))
            out[g] += columns[s][c] - chance @ columns[s]
        return out

    step = 1e-5 * np.eye(3)
    curve = [
        (slopes(fitted.estimate + e).sum(0) - slopes(fitted.estimate - e).sum(0)) / 2e-5
        for e in step
    ]
    bread = np.linalg.inv(-np.array(curve))
    u = slopes(fitted.estimate)
    np.testing.assert_allclose(fitted.covariance, 12 / 11 * bread @ (u.T @ u) @ bread, rtol=1e-6)


def test_saying_everything_three_times_makes_nothing_surer():
    """Copies within a cluster: the sandwich does not take them for news; a plain error would."""
    made = _made(np.random.default_rng(3))
    starts = [s for s in _sets(made) for _ in range(3)]
    rows = np.concatenate([np.arange(s.start, s.stop) for s in starts])
    ptr = np.concatenate([[0], np.cumsum([s.stop - s.start for s in starts])])
    thrice = decisions(
        made.q[rows],
        made.x[rows],
        ptr,
        np.repeat(made.chosen, 3),
        np.repeat(made.cluster, 3),
        NAMES,
    )
    one, three = choice(made), choice(thrice)
    np.testing.assert_allclose(three.estimate, one.estimate, rtol=1e-8)
    np.testing.assert_allclose(three.error, one.error, rtol=1e-8)
    assert three.bits == pytest.approx(one.bits)


def test_bits_are_those_of_a_coin_that_is_known():
    """A model with odds 3:1 between two actions saves 1 - H(1/4) bits a decision."""
    values = np.tile([0.0, 1.0], 8)
    fitted = choice(decisions(values, [], range(0, 17, 2), [1] * 6 + [0] * 2, range(8), ()))
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    assert fitted.bits == pytest.approx(1 - entropy)


def test_holm_is_over_the_drives_and_only_over_them():
    made = _made(np.random.default_rng(4))
    crossed = np.column_stack(
        [made.x, made.x[:, 0] * np.repeat(np.arange(72) % 2, np.diff(made.ptr))]
    )
    fitted = choice(
        decisions(
            made.q, crossed, made.ptr, made.chosen, made.cluster,
            (*NAMES, "keep in opaque words"), ("keep in opaque words",),
        )
    )  # fmt: skip
    low, high = sorted(fitted.p[1:3])
    expected = {low: min(1, 2 * low), high: max(min(1, 2 * low), high)}
    assert fitted.p_holm[1:3] == pytest.approx([expected[p] for p in fitted.p[1:3]])
    assert np.isnan(fitted.p_holm[[0, 3]]).all()


def test_holm_worked_by_hand():
    """0.01 * 4, 0.02 * 3, 0.03 * 2 raised to the one before, 0.9 * 1; NaN does not count."""
    found = holm(floats([0.03, 0.9, 0.01, np.nan, 0.02]))
    np.testing.assert_allclose(found, [0.06, 0.9, 0.04, np.nan, 0.06])
    assert holm(floats([0.6, 0.7])).tolist() == [1.0, 1.0]
    assert holm(floats([])).tolist() == []


def test_a_decision_without_an_alternative_tells_nothing_and_is_not_counted():
    made = _made(np.random.default_rng(5))
    more = decisions(
        np.append(made.q, 7.0), np.vstack([made.x, [[1.0, 1.0]]]),
        np.append(made.ptr, len(made.q) + 1), np.append(made.chosen, 0),
        np.append(made.cluster, 99), NAMES,
    )  # fmt: skip
    one, two = choice(made), choice(more)
    np.testing.assert_array_equal(one.estimate, two.estimate)
    np.testing.assert_array_equal(one.error, two.error)
    assert (two.n, two.clusters) == (one.n, one.clusters)


def test_a_model_without_preferences_is_no_better_than_chance():
    made = _made(np.random.default_rng(6), goals=100, each=10, beta=0.0, pulls=(0.0, 0.0))
    fitted = choice(made, 0.9999)  # three intervals that must all hold
    assert 0 <= fitted.bits < 0.005
    assert (fitted.low < 0).all()
    assert (fitted.high > 0).all()


def test_rows_of_another_unit_or_with_a_large_common_value_lose_no_digits():
    made = _made(np.random.default_rng(7))
    base = choice(made)
    far = choice(decisions(made.q * 1e-7 + 1e3, made.x, made.ptr, made.chosen, made.cluster, NAMES))
    assert far.status == "fitted"
    np.testing.assert_allclose(far.estimate[1:], base.estimate[1:], rtol=1e-4)
    assert far.estimate[0] == pytest.approx(base.estimate[0] * 1e7, rel=1e-4)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_level_is_that_of_student(level):
    fitted = choice(_made(np.random.default_rng(8)), level)
    half = student.ppf(0.5 + level / 2, 11) * fitted.error
    np.testing.assert_allclose(fitted.high - fitted.low, 2 * half)
    assert (half > norm.ppf(0.5 + level / 2) * fitted.error).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"chosen": [2, 0]}, "decision 0"),
        ({"chosen": [0]}, "chosen has shape"),
        ({"q": [0.0, np.nan, 0.0, 1.0]}, "action 1: column 0 is nan"),
        ({"ptr": [0, 2, 3]}, "ptr runs from"),
        ({"ptr": [0, 0, 4]}, "decision 0: action 0 of 0"),
        ({"names": ("beta",)}, "Rename"),
        ({"interactions": ("kep",)}, "Did you mean 'keep'"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_place_and_value(change, word):
    good = {
        "q": [0.0, 1.0, 0.0, 1.0], "x": [1.0, 0.0, 0.0, 1.0], "ptr": [0, 2, 4], "chosen": [0, 1],
        "cluster": [0, 1], "names": ("keep",), "interactions": (),
    }  # fmt: skip
    assert isinstance(decisions(*good.values()), Decisions)
    with pytest.raises(ProblemError, match=word):
        decisions(*(good | change).values())


seeds = st.integers(0, 2**32 - 1)


def _agree(one, two, factor=1.0):
    unit = np.array([factor, 1.0, 1.0])
    np.testing.assert_allclose(two.estimate * unit, one.estimate, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(two.error * unit, one.error, rtol=1e-6, atol=1e-6)
    assert two.loglik == pytest.approx(one.loglik, abs=1e-7)
    assert two.each == one.each


@given(seeds)
def test_a_constant_added_to_all_values_of_a_decision_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    made = _made(rng)
    lifted = made.q + np.repeat(rng.normal(size=made.n) * 3, np.diff(made.ptr))
    again = decisions(lifted, made.x, made.ptr, made.chosen, made.cluster, NAMES)
    _agree(choice(made), choice(again))


@given(seeds, st.floats(1e-3, 1e3))
def test_values_in_another_unit_divide_beta_by_it_and_leave_the_drives(seed, unit):
    made = _made(np.random.default_rng(seed))
    again = decisions(made.q * unit, made.x, made.ptr, made.chosen, made.cluster, NAMES)
    _agree(choice(made), choice(again), unit)


@given(seeds)
def test_the_order_of_decisions_of_actions_and_of_clusters_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    made = _made(rng)
    order = rng.permutation(made.n)
    rows, chosen = [], []
    for i in order:
        mixed = rng.permutation(np.arange(made.ptr[i], made.ptr[i + 1]))
        rows.append(mixed)
        chosen.append(int(np.flatnonzero(mixed == made.ptr[i] + made.chosen[i])[0]))
    ptr = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    at = np.concatenate(rows)
    names = rng.permutation(100)  # other numbers for the clusters
    again = decisions(made.q[at], made.x[at], ptr, chosen, names[made.cluster[order]], NAMES)
    _agree(choice(made), choice(again))


@given(seeds)
def test_turning_a_drive_round_turns_its_pull_round(seed):
    """x and 1 - x say the same with the other sign: only differences within a decision count."""
    made = _made(np.random.default_rng(seed))
    turned = np.column_stack([1 - made.x[:, 0], made.x[:, 1]])
    one = choice(made)
    two = choice(decisions(made.q, turned, made.ptr, made.chosen, made.cluster, NAMES))
    np.testing.assert_allclose(two.estimate * [1, -1, 1], one.estimate, rtol=1e-6, atol=1e-6)
