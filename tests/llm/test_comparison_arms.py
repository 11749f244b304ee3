"""Arms in a comparison: responses by hand, planted players recovered, and what is underpowered said so."""

from statistics import mean

import polars as pl
import pytest

from llm.made_decisions import decisions_of, episodes_of
from telos.llm.comparison import compare

SELF = "self_preservation"


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
    found = compare(made, episodes_of(made)).estimates.filter(group="arms")
    return {row["term"]: row for row in found.to_dicts()}


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
