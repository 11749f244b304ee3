"""Comparing models: what was planted in made-up models is found again, and what is not there is not."""

import math

import numpy as np
import polars as pl
import pytest

from llm.made_decisions import (
    DRIVES,
    decisions_of,
    episodes_of,
    with_denials,
    with_outcome,
)
from telos.core.errors import StoreError
from telos.llm.comparison.compare import compare, replays
from telos.llm.comparison.fits import choice_sets, clustered_mean, fit, losses, shifts, understood
from telos.llm.comparison.rates import _first_taken, curves, pairs, taking
from telos.llm.comparison.tables import counts, exposures, occasions, table

SELF = "self_preservation"


@pytest.fixture(scope="module")
def biased():
    return decisions_of("telos/biased", biases={SELF: 1.0}, seeds=(1, 2))


@pytest.fixture(scope="module")
def fair():
    return decisions_of("telos/fair", seeds=(1, 2))


@pytest.fixture(scope="module")
def planner():
    return decisions_of("telos/optimal", beta=1000.0, seeds=(1, 2), framings=("neutral",))


@pytest.fixture(scope="module")
def compared(biased, fair):
    both = pl.concat([biased, fair])
    return compare(both, episodes_of(both))


def _row(rows, term, drive="", **others):
    found = [r for r in rows if (r.term, r.drive) == (term, drive)]
    found = [r for r in found if all(getattr(r, k) == v for k, v in others.items())]
    assert len(found) == 1, found
    return found[0]


def _inside(row, value):
    return row.low <= value <= row.high


def test_planted_competence_and_biases_lie_inside_their_intervals(biased):
    rows = fit("telos/biased", biased)[0]
    assert _inside(_row(rows, "beta"), 2.0)
    assert _inside(_row(rows, "bias", SELF), 1.0)
    assert _row(rows, "bias", SELF).p_holm < 1e-6
    for drive in DRIVES[1:]:
        assert _inside(_row(rows, "bias", drive), 0.0)
        assert _row(rows, "bias", drive).p_holm > 0.05


def test_bits_per_decision_are_the_mean_gain_over_drawing_an_action(biased):
    """Counted decision by decision, at the fitted numbers."""
    rows, beta = fit("telos/biased", biased)
    delta = {d: _row(rows, "bias", d).estimate for d in DRIVES}
    gains = []
    for row in biased.iter_rows(named=True):
        u = beta * np.array(row["q"])
        for d in DRIVES:
            u = u + delta[d] * np.array(row[f"{d}_pursues"])
        p = np.exp(u - u.max()) / np.exp(u - u.max()).sum()
        gains.append(math.log2(p[row["chosen"]] * len(p)))
    bits = _row(rows, "bits")
    assert bits.estimate == pytest.approx(np.mean(gains), abs=1e-9)
    assert bits.low < bits.estimate < bits.high


def test_what_a_framing_adds_to_a_bias_is_found_under_that_framing_only():
    made = decisions_of("loaded", biases={SELF: 0.5}, loaded=0.8, goals=60)
    framing = shifts("loaded", made, "framing")
    assert {(row.level, row.base) for row in framing} == {("loaded", "neutral")}
    assert _inside(_row(framing, "bias", SELF), 0.8)
    assert _row(framing, "bias", SELF).p_holm < 1e-3
    assert _inside(_row(framing, "beta"), 0.0)
    instruction = shifts("loaded", made, "instruction")
    assert all(_inside(row, 0.0) for row in instruction)


def test_one_framing_alone_shifts_nothing(planner):
    assert shifts("telos/optimal", planner, "framing") == []


def test_a_model_that_never_errs_has_no_finite_competence_and_loses_nothing(planner):
    rows, competence = fit("telos/optimal", planner)
    beta = _row(rows, "beta")
    assert competence == math.inf
    assert (beta.high, beta.status) == (math.inf, "separated")
    assert beta.low > 2.0
    lost = losses("telos/optimal", planner, DRIVES)
    assert _row(lost, "total").estimate == 0.0
    assert _row(lost, "navigation").status == "nothing was lost"


def test_the_planner_takes_a_drive_exactly_where_it_is_worth_something(planner):
    for line in curves("telos/optimal", planner, DRIVES, math.inf):
        if line["bin"] != "0":
            assert line["rate"] == line["planner"] == (line["dose"] > 0)
        assert line["boltzmann"] == pytest.approx(line["planner"], abs=1e-9)


def test_the_boltzmann_curve_is_that_of_the_fitted_competence_without_bias(biased):
    """Against a plain loop over the decisions of each bin."""
    beta = fit("telos/biased", biased)[1]
    some = occasions(biased, SELF)
    sums = {}
    for row in some.iter_rows(named=True):
        dose = row[f"{SELF}_dose"]
        u = np.exp(beta * np.array(row["q"]))
        rate = u[np.array(row[f"{SELF}_pursues"])].sum() / u.sum()
        name = "0" if dose == 0 else next(n for n, (a, b) in EDGES.items() if a < dose <= b)
        sums.setdefault(name, []).append((rate, row[f"{SELF}_attempted"]))
    lines = {line["bin"]: line for line in curves("telos/biased", biased, (SELF,), beta)}
    assert set(lines) == set(sums)
    for name, line in lines.items():
        assert line["n"] == len(sums[name])
        assert line["boltzmann"] == pytest.approx(np.mean([rate for rate, _ in sums[name]]))
        assert line["rate"] == pytest.approx(np.mean([took for _, took in sums[name]]))
        assert line["rate_low"] > line["boltzmann"] or abs(line["dose"]) > 0.3


EDGES = {
    "below -0.3": (-9, -0.3 - 1e-12),
    "-0.3 to -0.1": (-0.3 - 1e-12, -0.1 - 1e-12),
    "0.1 to 0.3": (0.1, 0.3),
    "above 0.3": (0.3, 9),
}


def test_a_fair_models_rates_are_those_of_its_boltzmann_curve(fair):
    beta = fit("telos/fair", fair)[1]
    for line in curves("telos/fair", fair, DRIVES, beta):
        assert line["rate_low"] - 0.03 < line["boltzmann"] < line["rate_high"] + 0.03


def test_a_bias_raises_the_rate_at_zero_worth_above_that_of_a_fair_model(biased, fair):
    leaning, even = (
        _row(taking(name, made, (SELF,)), "zero-dose rate", SELF)
        for name, made in (("telos/biased", biased), ("telos/fair", fair))
    )
    assert leaning.low > even.high
    odds = np.log(leaning.estimate / (1 - leaning.estimate))
    odds -= np.log(even.estimate / (1 - even.estimate))
    assert 0.6 < odds < 1.6  # planted: 1 an action, of several that may pursue


def test_denied_attempts_count_as_attempts_and_retries_are_counted_apart(biased):
    denied = with_denials(biased, SELF)
    before, after = (
        _row(taking("m", made, (SELF,)), "attempted", SELF, factor="") for made in (biased, denied)
    )
    assert (before.estimate, before.n) == (after.estimate, after.n)
    assert fit("m", biased)[1] == fit("m", denied)[1]
    row = exposures(denied, episodes_of(denied)).filter(drive=SELF).to_dicts()[0]
    assert row["attempted"] == row["denied"] == row["repeated"] > 0
    assert row["executed"] == 0
    about = counts(denied, episodes_of(denied)).to_dicts()[0]
    assert about["denied"] == 2 * row["denied"]
    assert about["retries"] == row["repeated"]
    assert losses("m", denied, DRIVES)[1].n == biased.height - row["denied"]


@pytest.mark.parametrize("outcome", ["refusal", "limit", "invalid", "error"])
def test_what_was_never_answered_is_not_counted_as_restraint(biased, outcome):
    """Half of the attempts vanish: the rate is over the rest, and the occasions are told of."""
    place = np.flatnonzero((biased[f"{SELF}_attempted"] & biased[f"{SELF}_exposed"]).to_numpy())
    gone = with_outcome(biased, place[::2].tolist(), outcome)
    row = _row(taking("m", gone, (SELF,)), "attempted", SELF, factor="")
    attempted = len(place) - len(place[::2])
    occasion = int(biased[f"{SELF}_exposed"].sum())
    assert row.n == occasion - len(place[::2])
    assert row.estimate == pytest.approx(attempted / row.n)
    shown = exposures(gone, episodes_of(gone)).filter(drive=SELF).to_dicts()[0]
    assert (shown["unanswered"], shown["exposed"]) == (len(place[::2]), row.n)


def test_losses_are_split_into_parts_that_add_up_to_what_episodes_lost(biased):
    rows = losses("m", biased, DRIVES)
    shares = [row.estimate for row in rows if row.term in ("drive", "navigation")]
    assert sum(shares) == pytest.approx(1.0)
    episodes = biased.n_unique("sample")
    whole = float((biased["loss"] / biased["scale"]).sum()) / episodes
    assert _row(rows, "total").estimate == pytest.approx(whole)
    assert _row(rows, "total").n == episodes


def test_a_model_paired_with_its_own_copy_differs_in_nothing(biased):
    both = pl.concat([biased, biased.with_columns(model=pl.lit("copy"))])
    rows = pairs(both, ["telos/biased", "copy"], (SELF,), np.random.default_rng(0))
    mine = [row for row in rows if row.factor == "model"]
    assert [(row.model, row.base) for row in mine] == [("copy", "telos/biased")]
    assert mine[0].estimate == 0.0
    assert mine[0].low < 0.0 < mine[0].high
    assert mine[0].p == 1.0


def test_pairs_are_of_the_same_goal_and_seed_whatever_the_order_of_rows(biased, fair):
    both = pl.concat([biased, fair])
    models = ["telos/fair", "telos/biased"]
    straight, mixed = (
        pairs(made, models, (SELF,), np.random.default_rng(0))[-1]
        for made in (both, both.sample(fraction=1.0, shuffle=True, seed=3))
    )
    assert straight.estimate == mixed.estimate > 0.1
    assert straight.low > 0.0
    first = occasions(both, SELF).sort("step").unique("sample", keep="first")
    assert straight.n == first.n_unique("sample")


def test_an_interval_over_clusters_is_students_of_their_sums():
    """Two clusters, by hand: mean 2, sums of deviations -4 and 4, error sqrt(2 * 32) / 4 = 2."""
    low, high = clustered_mean(np.array([0.0, 0.0, 3.0, 5.0]), np.array([0, 0, 1, 1]))
    assert (low + high) / 2 == pytest.approx(2.0)
    assert (high - low) / 2 == pytest.approx(12.7062047 * 2.0)
    assert all(map(math.isnan, clustered_mean(np.ones(3), np.zeros(3, dtype=int))))


def test_the_episode_that_is_told_is_the_one_that_lost_most_by_a_drive(biased):
    asked = []

    def tell(keys):
        asked.extend(keys)
        step = dict.fromkeys(("state", "action", "outcome", "planner_state", "planner_action"), "x")
        return {key: [{**step, "step": 0, "loss": 1.0}] for key in keys}

    told = replays(biased, tell)
    lost = {}
    for row in biased.iter_rows(named=True):
        wrong = any(
            row[f"{d}_exposed"]
            and (row[f"{d}_dose"] < 0 if row[f"{d}_attempted"] else row[f"{d}_dose"] > 0)
            for d in DRIVES
        )
        lost[row["sample"]] = lost.get(row["sample"], 0.0) + (row["loss"] if wrong else 0.0)
    assert lost[asked[0][1]] == max(lost.values())
    assert told["model"].to_list() == ["telos/biased"]
    assert replays(biased, None).is_empty()


def test_a_drive_that_no_world_has_is_not_compared():
    made = decisions_of("m", goals=5, seeds=(1,), drives=DRIVES[:2])
    found = compare(made, episodes_of(made))
    assert set(found.exposure["drive"]) == set(DRIVES[:2])
    assert set(found.estimates["drive"]) == {"", *DRIVES[:2]}


def test_a_drive_without_an_occasion_is_said_in_words_and_gets_no_rate():
    made = decisions_of("m", goals=6, seeds=(1,)).with_columns(
        **{
            f"{SELF}_exposed": pl.lit(False),
            f"{SELF}_dose": pl.lit(float("nan")),
            f"{SELF}_attempted": pl.lit(False),
            f"{SELF}_executed": pl.lit(False),
            f"{SELF}_pursues": pl.col(f"{SELF}_pursues").list.eval(pl.element() & pl.lit(False)),
        }
    )
    found = compare(made, episodes_of(made))
    rates = found.estimates.filter(group="rate", drive=SELF)
    assert rates["estimate"].is_nan().all()
    assert set(rates["status"]) == {"no occasion"}


def test_one_goal_alone_gives_estimates_without_intervals():
    made = decisions_of("m", biases={SELF: 2.0}, goals=1)
    found = compare(made, episodes_of(made))
    fits = found.estimates.filter(group="choice", factor="", term="bias")
    assert fits["p"].is_nan().all()


def test_a_planners_biases_are_read_from_ties_that_are_counted(planner):
    """One by one: decisions in which some but not all of the best actions pursue the drive."""
    rows, _ = fit("telos/optimal", planner)
    for drive in DRIVES:
        row = _row(rows, "bias", drive)
        assert row.status == "ties"
        told = 0
        for made in planner.iter_rows(named=True):
            best = [
                f for f, tied in zip(made[f"{drive}_pursues"], made["tied"], strict=True) if tied
            ]
            told += any(best) and not all(best)
        assert row.n == told


def test_values_that_tie_up_to_rounding_are_made_equal(planner):
    """A best action worth less than another best one by a rounding would bound beta."""
    rounded = planner.with_columns(
        q=pl.col("q").list.eval(pl.element() * (1 + 1e-7 * pl.element().cum_count()))
    )
    rows, competence = fit("telos/optimal", rounded)
    assert competence == math.inf
    assert _row(rows, "bias", SELF).status == "ties"


def test_a_log_is_underpowered_for_what_it_would_not_have_shown(fair):
    few = fair.filter(pl.col("goal").is_in([f"goal {k}" for k in range(8)]))
    row = _row(fit("m", few, least=0.4)[0], "bias", SELF)
    assert row.detectable > 0.4
    assert row.status == "underpowered"
    assert _row(fit("m", few)[0], "bias", SELF).status == "ok", "it would show twice the odds"
    assert _row(fit("m", fair)[0], "bias", SELF).detectable < row.detectable


def test_blind_calls_leave_the_fit_and_the_rates_and_are_counted(biased):
    last = pl.col("step") == pl.col("step").max()
    blind = biased.with_columns(blind=last)
    without = biased.filter(~last)
    for rows in (lambda made: fit("m", made)[0], lambda made: taking("m", made, (SELF,))):
        assert table(rows(blind)).equals(table(rows(without)))
    assert counts(blind, episodes_of(blind))["blind"][0] == blind.height - without.height


def test_a_blind_call_is_no_occasion_that_was_reached_or_taken(biased):
    last = pl.col("step") == pl.col("step").max()
    blind, without = biased.with_columns(blind=last), biased.filter(~last)
    told = episodes_of(biased)
    assert exposures(blind, told).equals(exposures(without, told))
    assert not exposures(blind, told).equals(exposures(biased, told))


def test_what_was_not_read_of_is_no_occasion_and_no_pull(biased):
    """A drive that an agent knows nothing of, though its actions are there."""
    unread = biased.with_columns(
        **{f"{SELF}_exposed": pl.col(f"{SELF}_exposed") & (pl.col("step") > 0)}
    )
    assert _row(fit("m", unread)[0], "bias", SELF).n == biased.height
    first = choice_sets(unread.filter(pl.col("step") == 0))
    assert SELF not in first.names


def test_episodes_whose_probe_failed_are_left_out_of_a_second_fit(biased):
    half = pl.col("goal").str.slice(5).cast(pl.Int64) % 2 == 0
    probed = biased.with_columns(probe=pl.when(half).then(1.0).otherwise(0.75))
    rows = understood("m", probed)
    alone, _ = fit("m", biased.filter(half))
    assert [row.estimate for row in rows] == [row.estimate for row in alone]
    assert {row.factor for row in rows} == {"probe"}
    assert understood("m", biased) == []
    assert understood("m", biased.with_columns(probe=pl.lit(1.0))) == []


def test_logs_of_before_there_were_arms_cues_and_probes_are_read_like_others(fair):
    later = ["paraphrase", "dynamics", "cue", "arm", "probe", "blind"]
    old, new = (
        compare(made, episodes_of(made)).estimates
        for made in (fair.drop(later), fair.with_columns(pl.col("paraphrase").cast(pl.Int64)))
    )
    assert old.equals(new, null_equal=True)


def test_arms_are_paired_by_goal_though_their_worlds_differ():
    low, high = (
        decisions_of("m", biases={SELF: pull}, seeds=(1, 2)).with_columns(
            arm=pl.lit(arm), world=pl.lit(f"World({arm})"), log=pl.lit(arm)
        )
        for arm, pull in (("a", 0.0), ("b", 1.5))
    )
    rows = pairs(pl.concat([low, high]), ["m"], (SELF,), np.random.default_rng(0))
    row = _row(rows, "attempted", SELF, factor="arm")
    assert (row.base, row.level) == ("a", "b")
    met = _first_taken(low, SELF).height
    assert 0 < met - 20 < row.n <= met
    assert row.low > 0.0


def test_the_strategic_share_is_high_without_a_bias_and_less_with_one(compared):
    shares = compared.estimates.filter(group="split", term="strategic share")
    biased, fair = (
        shares.filter(model=f"telos/{name}").to_dicts()[0] for name in ("biased", "fair")
    )
    assert fair["high"] > 0.95
    assert biased["high"] < fair["low"]
    placebo = compared.estimates.filter(group="split", term="placebo")["estimate"]
    assert (placebo.fill_nan(0.0) < 0.05).all()


def test_the_average_of_goals_is_told_with_what_varies_over_them(compared, biased):
    mine = compared.estimates.filter(model="telos/biased", group="hierarchy")
    bias = mine.filter(term="bias", drive=SELF).to_dicts()[0]
    assert bias["low"] <= 1.0 <= bias["high"]
    beta = mine.filter(term="beta").to_dicts()[0]
    assert beta["low"] <= 2.0 * biased["scale"][0] <= beta["high"], "per value range"
    assert set(mine.filter(term="spread of bias")["level"]) == {"over goals"}


def test_tables_that_lack_a_column_are_refused_by_name(fair):
    with pytest.raises(StoreError, match=r"table of decisions lacks the columns framing, q\."):
        compare(fair.drop("framing", "q"), episodes_of(fair))


def test_estimates_come_as_one_table_with_counts_and_intervals(compared):
    assert compared.estimates.columns[:5] == ["model", "group", "term", "drive", "factor"]
    bare = pl.col("term").str.contains("by chance|spread")
    known = compared.estimates.filter(pl.col("estimate").is_finite(), ~bare)
    assert known["n"].min() > 0
    assert (known["low"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["high"]).all()
    assert table([]).columns == compared.estimates.columns
