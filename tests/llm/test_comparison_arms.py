"""Arms in a comparison: responses by hand, planted players recovered, and what is underpowered said so."""

from statistics import mean

import numpy as np
import polars as pl
import pytest

from llm.made_decisions import decisions_of, episodes_of
from telos.llm.comparison import compare
from telos.llm.comparison.arms import _judged, responses
from telos.llm.comparison.fits import fit
from telos.llm.comparison.parts import hierarchy, parts
from telos.llm.comparison.tables import ComparisonRow, completed, table

SELF = "self_preservation"
RNG = np.random.default_rng


def arms(model="m", **planted):
    """Decisions of a model in the low, the high and the repeated low arm of one drive."""
    given = {"framings": ("loaded",), "instructions": ("none",), "goals": 40, **planted}
    parts = [
        decisions_of(model, seed=seed, luck=luck, **given).with_columns(
            arm=pl.lit(f"{SELF}:{arm}"), sample=pl.col("sample") + arm
        )
        for arm, seed, luck in (("low", 7, 0), ("high", 8, 1), ("again", 7, 2))
    ]
    return pl.concat(parts)


def rows_of(made):
    told = responses("m", completed(made), completed(episodes_of(made)), (SELF,), RNG(0))
    return {row["term"]: row for row in table(told).to_dicts()}


def named(made):
    """The same with each arm in a world of its own name, as knobs turned make one."""
    knob = pl.col("arm").str.split(":").list.last()
    return made.with_columns(world=pl.format("Factory(knob={})", knob))


def by_hand(made, arm):
    """Goal by goal, how much of its occasions in an arm attempted the drive."""
    seen = {}
    for row in made.filter(pl.col("arm") == f"{SELF}:{arm}").to_dicts():
        if row[f"{SELF}_exposed"]:
            seen.setdefault(row["goal"], []).append(row[f"{SELF}_attempted"])
    return {goal: mean(flags) for goal, flags in seen.items()}


@pytest.fixture(scope="module")
def value():
    return arms(beta=2.0)


@pytest.mark.parametrize(
    ("term", "base", "level"), [("response", "low", "high"), ("null response", "low", "again")]
)
def test_a_response_is_the_mean_change_of_the_goals_that_were_exposed_in_both_arms(
    value, term, base, level
):
    before, after = by_hand(value, base), by_hand(value, level)
    both = before.keys() & after.keys()
    row = rows_of(value)[term]
    assert row["estimate"] == pytest.approx(mean(after[g] - before[g] for g in both))
    assert row["clusters"] == len(both) > 30
    assert row["low"] <= row["estimate"] <= row["high"]


def test_the_planner_takes_the_drive_where_its_best_actions_do(value):
    only = value.filter(pl.col(f"{SELF}_exposed")).with_columns(
        pl.col("tied").list.sum().alias("best"),
    )
    shares = {}
    for row in only.to_dicts():
        arm = row["arm"].partition(":")[2]
        best = sum(t and f for t, f in zip(row["tied"], row[f"{SELF}_pursues"], strict=True))
        shares.setdefault((arm, row["goal"]), []).append(best / row["best"])
    goals = {g for a, g in shares if a == "low"} & {g for a, g in shares if a == "high"}
    change = mean(mean(shares["high", g]) - mean(shares["low", g]) for g in goals)
    assert rows_of(value)["planner's response"]["estimate"] == pytest.approx(change)


def test_value_moves_the_drive_of_a_value_player_as_it_moves_all_else(value):
    rows = rows_of(value)
    assert rows["choice advantage"]["low"] < 2.0 < rows["choice advantage"]["high"]
    assert rows["choice advantage"]["low"] > 0.0
    assert rows["choice beta"]["low"] < 2.0 < rows["choice beta"]["high"]


def test_value_does_not_move_the_drive_of_a_player_by_words():
    rows = rows_of(arms(beta=0.0, biases={SELF: 1.0}))
    assert rows["choice advantage"]["low"] < 0.0 < rows["choice advantage"]["high"]
    assert rows["choice bias"]["low"] < 1.0 < rows["choice bias"]["high"]
    assert rows["choice bias"]["p_holm"] < 0.05


def test_a_few_goals_are_called_underpowered(value):
    few = value.filter(pl.col("goal").is_in([f"goal {i}" for i in range(4)]), pl.col("step") == 0)
    rows = rows_of(few)
    assert rows["response"]["status"].startswith("underpowered")
    assert rows_of(value)["choice advantage"]["status"] == "ok"


def test_logs_without_arms_have_no_rows_of_them(value):
    plain = value.with_columns(arm=pl.lit(""))
    assert not rows_of(plain)
    assert not rows_of(value.filter(pl.col("arm") == f"{SELF}:low"))


def test_a_goal_is_one_cluster_in_all_arms_and_arms_are_no_worlds(value):
    other = pl.concat([named(value), value.with_columns(world=pl.lit("Factory(knob=9)"))])
    assert {row.clusters for row in fit("m", other)[0]} == {40}
    for rows in (hierarchy("m", other), parts("m", other, RNG(0))):
        assert {row.clusters for row in rows} == {40}
        assert not {"held out", "over worlds"} & {
            name for row in rows for name in (row.term, row.level)
        }
    found = compare(other, episodes_of(other))
    assert found.counts["goals"].to_list() == ["40"]


def test_goals_of_the_same_name_in_two_scenarios_are_two(value):
    shop = arms(beta=0.0, biases={SELF: 1.0}).with_columns(world=pl.lit("Shop()"))
    both, alone = rows_of(pl.concat([named(value), shop])), (rows_of(named(value)), rows_of(shop))
    assert both["response"]["clusters"] == sum(rows["response"]["clusters"] for rows in alone)
    weights = [rows["response"]["clusters"] for rows in alone]
    parts = [rows["response"]["estimate"] for rows in alone]
    assert both["response"]["estimate"] == pytest.approx(np.average(parts, weights=weights))
    assert both["choice bias"]["clusters"] == 80


def test_where_nothing_was_read_of_a_drive_no_choice_is_about_it(value):
    """As if its actions pursued nothing there."""
    known = pl.col("step") != 1
    unread = value.with_columns(**{f"{SELF}_exposed": pl.col(f"{SELF}_exposed") & known})
    flags = pl.col(f"{SELF}_pursues")
    nothing = flags.list.eval(pl.lit(False))
    bare = unread.with_columns(**{f"{SELF}_pursues": pl.when(known).then(flags).otherwise(nothing)})
    for term in ("choice advantage", "choice bias", "choice beta"):
        assert rows_of(unread)[term] == pytest.approx(rows_of(bare)[term], nan_ok=True)
        assert rows_of(unread)[term]["estimate"] != rows_of(value)[term]["estimate"]


def test_arms_of_which_other_parts_were_cut_off_are_not_compared(value):
    def rows(cut):
        told = episodes_of(value)
        high = pl.col("arm") == f"{SELF}:high"
        told = told.with_columns(censored=high & (high.cum_sum() <= cut * high.sum()))
        found = responses("m", completed(value), completed(told), (SELF,), RNG(0))
        return {row.term: row for row in found}

    for term, row in rows(0.06).items():
        if term != "null response":
            assert np.isnan([row.estimate, row.low, row.high, row.p, row.p_holm]).all()
            assert "cut off" in row.status
    assert rows(0.06)["null response"] == rows(0.0)["null response"]
    assert rows(0.05)["response"].estimate == rows_of(value)["response"]["estimate"]


def test_a_pull_of_words_that_few_goals_would_not_show_is_called_underpowered(value):
    few = value.filter(pl.col("goal").is_in([f"goal {i}" for i in range(6)]), pl.col("step") == 0)
    row = rows_of(few)["choice bias"]
    assert row["detectable"] > np.log(2)
    assert row["status"] == "underpowered"
    row = rows_of(value)["choice bias"]
    assert (row["status"], row["detectable"] < np.log(2)) == ("ok", True)


def test_one_goal_alone_has_no_error_and_says_why(value):
    row = rows_of(value.filter(pl.col("goal") == "goal 3"))["choice advantage"]
    assert np.isnan(row["error"])
    assert row["status"] != "ok"


@pytest.mark.parametrize(
    ("low", "high", "beta", "underpowered"),
    [
        (-0.1, 2.1, 2.0, True),
        (-0.1, 1.9, 2.0, False),
        (0.1, 2.1, 2.0, False),
        (-2.1, 0.1, -2.0, True),
        (-1.9, 0.1, -2.0, False),
    ],
)
def test_what_value_does_is_unknown_where_nothing_and_all_are_both_possible(
    low, high, beta, underpowered
):
    rows = [
        ComparisonRow("m", "arms", "choice beta", SELF, estimate=beta),
        ComparisonRow("m", "arms", "choice advantage", SELF, estimate=1.0, low=low, high=high),
    ]
    assert _judged(rows)[1].status.startswith("underpowered") == underpowered
