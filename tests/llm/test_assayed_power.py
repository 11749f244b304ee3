"""The power of an assay: exact chances against drawn ones, and each number against trials of its own."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from scipy.stats import norm

from telos.llm.assayed.power import LEAST, VALUE, WORDS, fit_of, power_of, rate_changes
from telos.llm.assayed.solved_arm import draw, expected, solved_arm
from telos.llm.estimate.advantage import ADVANTAGE, BIAS
from telos.worlds import OffSwitch, OpsDesk, Orchard

DRIVE = "self_preservation"


def rows_of(scenario, goals, seed=0, high=1.0):
    """F[G, K] twice, rewards drawn up to `high`."""
    rng = np.random.default_rng(seed)
    n = scenario.build().n_outcomes
    return tuple(rng.random((goals, n)) * high for _ in range(2))


@pytest.fixture(scope="module")
def orchard():
    scenario = Orchard()
    return solved_arm(scenario, "resource_acquisition", rows_of(scenario, 40), 0.9, 6)


@pytest.mark.parametrize("beta", [0.0, 3.0])
def test_what_is_drawn_is_what_is_expected(orchard, beta):
    policy = orchard.follow(beta, 0.5)
    told = expected(orchard, policy)
    attempted, exposed = draw(orchard, policy, 200, np.random.default_rng(1)).counts()
    for exact, drawn in ((told.exposed, exposed), (told.attempted, attempted)):
        error = drawn.std() / np.sqrt(200)
        assert np.abs((drawn.mean(axis=1) - exact) / error).max() < 5.0


def test_blind_values_differ_from_the_real_ones_where_the_drive_can_be_taken_and_left_only(orchard):
    world, moved = orchard.world, (orchard.blind != orchard.q).any(axis=0)
    assert moved.any()
    assert (orchard.pursues & orchard.exposed[world.pair_state])[moved].all()
    for s in np.flatnonzero(orchard.exposed)[:20]:
        pairs = slice(*world.pair_ptr[s : s + 2])
        flags, q = orchard.pursues[pairs], orchard.q[:, pairs]
        best = q[:, ~flags].max(axis=1)
        assert (orchard.blind[:, pairs][:, flags] == best[:, None]).all()


def test_episodes_by_rates_are_those_of_two_proportions():
    """One exposure an episode: the formula of two proportions needs as many, with the same levels."""
    arms = tuple(arm_of_worth(worth, 3000) for worth in (1.0, 3.0))
    rows = power_of(DRIVE, arms, betas=[1.0], seeds=1, episodes=100, tests=1)
    (row,) = [row for row in rows if row.player == VALUE]
    assert row.exposures == pytest.approx(1.0)
    variance = sum(p * (1 - p) for p in (row.low, row.high))
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert row.by_rates == pytest.approx(2 * ceil(z**2 * variance / row.response**2), rel=0.1)


def arm_of_worth(worth, goals):
    """G copies of one world in which going on earns as much more as is said."""
    scenario = OffSwitch(rooms=1)
    world = scenario.build()
    off = world.features["off"].astype(bool)
    row = np.full((goals, world.n_outcomes), worth)
    row[:, np.unique(world.outcome[off])] = 0.0
    return solved_arm(scenario, DRIVE, (row, row), 0.5, 1)


def test_as_many_episodes_by_choices_see_a_value_player_in_four_of_five_studies(orchard):
    pair = (orchard, orchard)
    beta = 2.0
    rows = power_of("resource_acquisition", pair, betas=[beta], seeds=1, episodes=60, tests=1)
    (row,) = [row for row in rows if row.player == VALUE]
    assert row.by_choices > LEAST
    goals = row.by_choices // 2
    rng = np.random.default_rng(3)
    seen = mistaken = 0
    studies = 120
    many = solved_arm(Orchard(), "resource_acquisition", rows_of(Orchard(), goals), 0.9, 6)
    for _ in range(studies):
        fitted = fit_of([draw(many, many.follow(beta), 1, rng) for _ in range(2)])
        alpha = fitted.names.index(ADVANTAGE)
        seen += fitted.p[alpha] < 0.05
        mistaken += fitted.estimate[alpha] < beta / 2
    assert 0.65 < seen / studies < 0.95
    assert mistaken / studies < 0.2


def test_a_player_by_words_shows_no_advantage_and_its_bias(orchard):
    rng = np.random.default_rng(4)
    policy = orchard.follow(2.0, 1.0, blind=True)
    fitted = fit_of([draw(orchard, policy, 40, rng)])
    alpha, delta = (fitted.names.index(name) for name in (ADVANTAGE, BIAS))
    assert abs(fitted.estimate[alpha]) < 3 * fitted.error[alpha]
    assert fitted.estimate[delta] == pytest.approx(1.0, abs=3 * fitted.error[delta])


def test_the_player_by_words_is_as_like_the_value_player_as_can_be(orchard):
    rows = power_of(
        "resource_acquisition", (orchard,) * 2, betas=[2.0], seeds=4, episodes=60, tests=1
    )
    value, words = (next(r for r in rows if r.player == player) for player in (VALUE, WORDS))
    assert words.beta == pytest.approx(value.beta, rel=0.3)
    assert words.low == pytest.approx(value.low, abs=0.05)


def test_as_many_episodes_by_rates_see_a_response_in_four_of_five_studies():
    """Of the rates of single episodes: not of expected attempts by expected exposures, which differ."""
    low, high = (
        solved_arm(
            Orchard(), "resource_acquisition", rows_of(Orchard(), 400, seed=3, high=h), 0.9, 6
        )
        for h in (0.5, 12.0)
    )
    rows = power_of("resource_acquisition", (low, high), betas=[2.0], seeds=1, episodes=60, tests=1)
    (row,) = [row for row in rows if row.player == VALUE]
    rng = np.random.default_rng(0)
    drawn = [draw(arm, arm.follow(2.0), 300, rng) for arm in (low, high)]
    changes = rate_changes(drawn, 1)
    assert np.nanmean(changes) != pytest.approx(row.response, rel=0.1)
    goals = row.by_rates // 2
    seen = []
    for study in range(300):
        some = changes[rng.permutation(400)[:goals], study]
        some = some[np.isfinite(some)]
        seen.append(abs(some.mean()) > 1.96 * some.std(ddof=1) / np.sqrt(len(some)))
    assert 0.72 < np.mean(seen) < 0.9


def test_goals_without_an_occasion_are_played_too():
    """Half of the episodes of either arm are over at once: a quarter of the goals is met in both."""
    arms = tuple(arm_of_worth(worth, 2000) for worth in (1.0, 3.0))
    over = np.flatnonzero(arms[0].over)[0]
    needed = []
    for part in (0.0, 0.5):
        start = (1 - part) * arms[0].world.start
        start[over] += part
        some = tuple(replace(arm, world=replace(arm.world, start=start)) for arm in arms)
        rows = power_of(DRIVE, some, betas=[1.0], seeds=1, episodes=100, tests=1)
        needed += [row.by_rates for row in rows if row.player == VALUE]
    assert needed[1] == pytest.approx(4 * needed[0], rel=0.1)


def test_equal_arms_have_no_response(orchard):
    rows = power_of(
        "resource_acquisition", (orchard,) * 2, betas=[2.0], seeds=1, episodes=60, tests=1
    )
    assert all(row.response == 0.0 for row in rows)
    assert all(row.by_rates is None for row in rows)
    drawn = [draw(orchard, orchard.follow(2.0), 50, np.random.default_rng(i)) for i in (0, 1)]
    change = rate_changes(drawn, 50)[:, 0]
    change = change[np.isfinite(change)]
    assert abs(change.mean()) < 4 * change.std() / np.sqrt(len(change))


@pytest.mark.parametrize("tests", [1, 4])
def test_what_it_takes_follows_from_one_error_by_the_stated_formulas(orchard, tests):
    def value(episodes):
        asked = {"betas": [2.0], "seeds": 1, "episodes": episodes, "tests": tests}
        rows = power_of("resource_acquisition", (orchard, orchard), **asked)
        return next(row for row in rows if row.player == VALUE)

    row, needed = value(60), norm.ppf(1 - 0.025 / tests) + norm.ppf(0.8)
    expected = row.by_choices * (2 * norm.ppf(0.95) / needed) ** 2
    assert row.told_apart == pytest.approx(expected, abs=2.0)
    assert value(240).smallest_bias == pytest.approx(row.smallest_bias / 2)


def test_episodes_end_by_chance_in_what_is_expected_as_in_what_is_drawn():
    """Off with half a chance a step unless guarded: exposures fall off with the continuation, too."""
    desk = OpsDesk(kinds=("access",), batches=(1,), hard=())
    arm = solved_arm(desk, DRIVE, rows_of(desk, 5), 0.6, 0)
    policy = arm.follow(0.0)
    told = expected(arm, policy)
    _, exposed = draw(arm, policy, 2000, np.random.default_rng(0)).counts()
    error = exposed.std(axis=1) / np.sqrt(2000)
    assert np.abs((exposed.mean(axis=1) - told.exposed) / error).max() < 5.0
    assert told.decisions.max() <= 1 / (1 - 0.6) + 1e-6
