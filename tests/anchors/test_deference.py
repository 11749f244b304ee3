"""The off-switch game of Hadfield-Menell et al. (2017): closed forms, quadrature and exact sums agree."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, uniform

from telos.errors import ProblemError
from telos.theory.deference import (
    ConstantHuman,
    FiniteBelief,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    UniformBelief,
    deference,
)

numbers = st.floats(-100, 100).map(lambda x: round(x, 3))
spreads = st.floats(0.01, 100).map(lambda x: round(x, 3))


@st.composite
def finite_beliefs(draw):
    values = draw(st.lists(numbers, min_size=1, max_size=6))
    weights = draw(st.lists(st.integers(1, 9), min_size=len(values), max_size=len(values)))
    return FiniteBelief(tuple(values), tuple(w / sum(weights) for w in weights))


uniform_beliefs = st.builds(lambda low, span: UniformBelief(low, low + span), numbers, spreads)
beliefs = st.one_of(finite_beliefs(), uniform_beliefs, st.builds(NormalBelief, numbers, spreads))
humans = st.one_of(
    st.just(RationalHuman()),
    st.builds(NoisyHuman, st.floats(0, 50)),
    st.builds(ConstantHuman, st.floats(0, 1)),
)


def _law(belief):
    if isinstance(belief, UniformBelief):
        return uniform(belief.low, belief.high - belief.low)
    return norm(belief.mean, belief.sd)


def _expected(belief, f, near=1.0):
    """E f(U), by a quadrature that knows of the closed forms only where f bends: within `near` of 0."""
    law = _law(belief)
    low, high = law.ppf(0.0), law.ppf(1.0)
    if not math.isfinite(low):
        low, high = belief.mean - 12 * belief.sd, belief.mean + 12 * belief.sd
    bends = near * np.array([-40, -10, -3, -1, 0, 1, 3, 10, 40])
    cuts = np.unique(np.clip([*np.linspace(low, high, 25), *bends], low, high))
    cells = pairwise(cuts)
    return sum(quad(lambda u: f(u) * law.pdf(u), a, b, epsabs=1e-13)[0] for a, b in cells)


def _size(belief):
    """The unit in which rounding is measured."""
    if isinstance(belief, FiniteBelief):
        return max(map(abs, belief.values)) + 1
    if isinstance(belief, UniformBelief):
        return abs(belief.low) + abs(belief.high) + 1
    return abs(belief.mean) + belief.sd + 1


# -- the published and the hand-worked numbers -----------------------------------------------------


def test_unsure_of_a_uniform_worth_the_agent_gains_8_by_waiting():
    """U ~ Unif[-40, 60]: act 10, off 0, wait (60/100) * 30 = 18, Delta 8."""
    found = deference(UniformBelief(-40, 60), RationalHuman())
    assert found.act == pytest.approx(10, abs=1e-9)
    assert found.off == 0
    assert found.wait == pytest.approx(18, abs=1e-9)
    assert found.delta == pytest.approx(8, abs=1e-9)
    assert (found.choice, found.loss) == ("wait", 0)


@pytest.mark.parametrize(("mean", "expected"), [(0, 0.3989423), (1, 0.0833155), (-1, 0.0833155)])
def test_unsure_of_a_normal_worth_the_gain_is_the_tabled_one(mean, expected):
    found = deference(NormalBelief(mean, 1), RationalHuman())
    assert found.delta == pytest.approx(expected, abs=5e-8)
    exact = norm.pdf(mean) - abs(mean) * norm.cdf(-abs(mean))
    assert found.delta == pytest.approx(exact, abs=1e-15)


@pytest.mark.parametrize("mean", [-30.0, -2.0, 0.0, 0.5, 7.0])
@pytest.mark.parametrize("sd", [0.1, 1.0, 20.0])
def test_the_normal_gain_is_sigma_phi_less_mu_phi(mean, sd):
    """Delta = sigma phi(z) - |mu| Phi(-|z|), z = mu / sigma."""
    z = mean / sd
    found = deference(NormalBelief(mean, sd), RationalHuman())
    assert found.act == pytest.approx(mean, abs=1e-12)
    assert found.delta == pytest.approx(
        sd * norm.pdf(z) - abs(mean) * norm.cdf(-abs(z)), abs=1e-14 * (1 + abs(mean) + sd)
    )


# -- closed forms against quadrature and exact sums ------------------------------------------------

CONTINUOUS = [
    UniformBelief(-40, 60),
    UniformBelief(-3, -1),
    UniformBelief(0, 1),
    UniformBelief(-0.01, 5),
    NormalBelief(0, 1),
    NormalBelief(3, 0.5),
    NormalBelief(-20, 30),
]


@pytest.mark.parametrize("belief", CONTINUOUS, ids=repr)
def test_a_rational_human_against_quadrature(belief):
    found = deference(belief, RationalHuman())
    assert found.act == pytest.approx(_expected(belief, lambda u: u), abs=1e-9)
    assert found.wait == pytest.approx(_expected(belief, lambda u: max(u, 0)), abs=1e-9)
    assert found.delta == pytest.approx(found.wait - max(found.act, 0), abs=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.01, 0.3, 1.0, 10.0, 500.0])
@pytest.mark.parametrize("belief", CONTINUOUS, ids=repr)
def test_a_noisy_human_against_quadrature(belief, beta):
    allowed = lambda u: u / (1 + math.exp(-max(min(beta * u, 700), -700)))  # noqa: E731
    found = deference(belief, NoisyHuman(beta))
    assert found.wait == pytest.approx(_expected(belief, allowed, 1 / max(beta, 1e-3)), abs=1e-9)
    assert found.delta == pytest.approx(found.wait - max(found.act, 0), abs=1e-9)


@given(finite_beliefs(), humans)
def test_finitely_many_worths_against_the_sum(belief, human):
    match human:
        case RationalHuman():
            allow = lambda u: float(u > 0)  # noqa: E731
        case NoisyHuman(beta):
            allow = lambda u: 1 / (1 + math.exp(-max(min(beta * u, 700), -700)))  # noqa: E731
        case ConstantHuman(chance):
            allow = lambda u: chance  # noqa: E731
    pairs = list(zip(belief.values, belief.weights, strict=True))
    act = sum(w * u for u, w in pairs)
    wait = sum(w * allow(u) * u for u, w in pairs)
    found = deference(belief, human)
    assert found.act == pytest.approx(act, abs=1e-11)
    assert found.wait == pytest.approx(wait, abs=1e-11)
    assert found.delta == pytest.approx(wait - max(act, 0), abs=1e-11)


def test_many_values_stand_for_a_uniform_belief():
    """A grid of midpoints converges to the interval it covers."""
    n = 4000
    middles = -40 + 100 * (np.arange(n) + 0.5) / n
    grid = FiniteBelief(tuple(middles), (1 / n,) * n)
    for human in (RationalHuman(), NoisyHuman(0.05), ConstantHuman(0.3)):
        coarse, exact = deference(grid, human), deference(UniformBelief(-40, 60), human)
        assert coarse.wait == pytest.approx(exact.wait, abs=1e-4)


# -- laws ------------------------------------------------------------------------------------------


@given(beliefs)
def test_a_rational_human_never_makes_waiting_worse(belief):
    """Theorem 1: Delta = min(E U+, E U-) >= 0."""
    found = deference(belief, RationalHuman())
    assert found.delta >= 0
    assert found.delta == pytest.approx(min(belief.gain, belief.harm), abs=1e-12)
    assert found.choice == "wait"


@given(beliefs, st.floats(0, 1))
def test_a_human_who_takes_no_heed_never_makes_waiting_better(belief, allow):
    assert deference(belief, ConstantHuman(allow)).delta <= 0


@given(beliefs, st.floats(0, 20), st.floats(0, 20))
def test_the_steadier_the_human_the_more_waiting_is_worth(belief, one, other):
    less, more = sorted((one, other))
    slack = 1e-10 * _size(belief)
    noisy, steady = (deference(belief, NoisyHuman(beta)) for beta in (less, more))
    assert noisy.delta <= steady.delta + slack
    assert steady.delta <= deference(belief, RationalHuman()).delta + slack


@given(beliefs)
def test_a_coin_is_a_constant_human_and_a_cold_head_a_rational_one(belief):
    slack = 1e-8 * _size(belief)
    coin = deference(belief, NoisyHuman(0.0)), deference(belief, ConstantHuman(0.5))
    assert coin[0].wait == pytest.approx(coin[1].wait, abs=slack)
    cold = deference(belief, NoisyHuman(1e9)), deference(belief, RationalHuman())
    assert cold[0].wait == pytest.approx(cold[1].wait, abs=slack)


@given(beliefs, st.floats(0.05, 20), st.floats(0, 5))
def test_the_unit_of_worth_does_not_matter(belief, scale, beta):
    """U -> cU with beta -> beta / c multiplies every value by c."""
    match belief:
        case FiniteBelief(values, weights):
            other = FiniteBelief(tuple(scale * v for v in values), weights)
        case UniformBelief(low, high):
            other = UniformBelief(scale * low, scale * high)
        case NormalBelief(mean, sd):
            other = NormalBelief(scale * mean, scale * sd)
    plain, scaled = (
        deference(belief, NoisyHuman(beta)),
        deference(other, NoisyHuman(beta / scale)),
    )
    for field in ("act", "wait", "delta"):
        expected = scale * getattr(plain, field)
        assert getattr(scaled, field) == pytest.approx(expected, abs=1e-9 * scale * _size(belief))


# -- beliefs that are wrong ------------------------------------------------------------------------


def test_a_sure_agent_acts_and_a_noisy_human_would_have_known_better():
    """Delta is negative by the belief and positive in truth: what it costs is the difference."""
    sure, truth, human = FiniteBelief((1,), (1,)), FiniteBelief((-9,), (1,)), NoisyHuman(1.0)
    found = deference(sure, human, truth=truth)
    assert found.delta == pytest.approx(1 / (1 + math.exp(-1)) - 1)
    assert (found.choice, found.worth) == ("act", -9)
    assert deference(truth, human).wait == pytest.approx(-9 / (1 + math.exp(9)))
    assert found.loss == pytest.approx(9)  # to be off is worth 0, and the best in truth


def test_a_fearful_agent_stays_off_and_loses_what_it_could_have_done():
    found = deference(NormalBelief(-5, 1), ConstantHuman(0.5), truth=UniformBelief(1, 3))
    assert (found.choice, found.worth) == ("off", 0.0)
    assert found.loss == pytest.approx(2.0)


@given(beliefs, beliefs, humans)
def test_no_wrong_belief_gains_and_a_right_one_loses_nothing(belief, truth, human):
    misled, right = (
        deference(belief, human, truth=truth),
        deference(truth, human),
    )
    assert misled.loss >= 0
    assert misled.worth <= max(right.act, right.wait, 0.0) + 1e-9 * _size(truth)
    assert right.loss <= 1e-9 * _size(truth)
    assert deference(belief, human).delta == misled.delta


@given(beliefs, beliefs)
def test_who_defers_to_a_rational_human_loses_nothing_by_any_belief(belief, truth):
    assert deference(belief, RationalHuman(), truth=truth).loss <= 1e-12 * _size(truth)


# -- what cannot be believed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: FiniteBelief((1.0, 2.0), (1.0,)), "2 values and 1 weights"),
        (lambda: FiniteBelief((), ()), "at least one value"),
        (lambda: FiniteBelief((1.0, 2.0), (0.5, 0.6)), "sum to 1"),
        (lambda: FiniteBelief((1.0, 2.0), (1.5, -0.5)), "must not be negative"),
        (lambda: FiniteBelief((math.nan,), (1.0,)), r"values\[0\] is nan"),
        (lambda: UniformBelief(1.0, 1.0), "not below high"),
        (lambda: UniformBelief(0.0, math.inf), "high is inf"),
        (lambda: NormalBelief(0.0, 0.0), "sd is 0.0"),
        (lambda: NormalBelief("x", 1.0), "mean is 'x'"),
        (lambda: NoisyHuman(-1.0), "beta is -1.0"),
        (lambda: ConstantHuman(1.5), "allow is 1.5"),
    ],
)
def test_a_belief_or_human_that_cannot_be_is_refused(made, message):
    with pytest.raises(ProblemError, match=message):
        made()
