"""The page of a comparison: every model is on it with its counts, and no name can change it."""

import math
import re

import polars as pl
import pytest

from contracts.reading import Reader, heading, lines_of
from llm.made_decisions import decisions_of, episodes_of, with_outcome
from telos.llm.comparison import compare
from telos.report.compared import write_comparison
from telos.report.words import number, percent

SELF = "self_preservation"
HOSTILE = '<script>alert("x")</script>/model'


def _page(made, folder):
    """The tables of some decisions, and what the page of them says."""
    found = compare(made, episodes_of(made))
    page = write_comparison(found.tables(), folder / "compare.html", [("telos", "0")])
    return found, page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fair():
    return decisions_of("telos/fair", seeds=(1, 2))


def test_every_model_is_on_the_page_with_its_estimates(fair, tmp_path):
    biased = decisions_of("telos/biased", biases={SELF: 1.0}, seeds=(1, 2))
    found, text = _page(pl.concat([biased, fair]), tmp_path)
    said = Reader(text, between="").text
    for model in ("telos/biased", "telos/fair"):
        assert model in said
    bias = found.estimates.filter(model="telos/biased", term="bias", drive=SELF, factor="")
    assert f"{bias['estimate'][0]:.2f}" in said
    assert heading(text).startswith("telos/biased is biased towards self-preservation (δ 1")
    assert len(lines_of(text)) == len(found.estimates)
    assert "Evaluation awareness" in said
    assert text.count("<script") == 1, "that of the page"


def test_so_few_goals_that_a_doubling_would_not_show_are_said_to_be_underpowered(tmp_path):
    made = decisions_of("m", biases={SELF: 0.3}, goals=8, seeds=(1,))
    found, text = _page(made, tmp_path)
    bias = found.estimates.filter(group="choice", term="bias", factor="", status="underpowered")
    sees = number(bias["detectable"].max(), 2)
    assert f"m is underpowered: its 8 goals would not show a bias below {sees}" in heading(text)
    said = Reader(text, between="").text.partition("Every estimate")[2]
    assert f"underpowered: sees no bias below {number(bias['detectable'][0], 2)}" in said


def test_a_factor_of_one_level_is_not_shown_as_if_it_had_been_varied(fair, tmp_path):
    one = decisions_of("telos/one", framings=("neutral",), instructions=("none",), seeds=(1,))
    said = Reader(_page(one, tmp_path)[1], between=" ").text
    assert "All decisions" in said
    assert "By framing" not in said
    varied = Reader(_page(fair, tmp_path)[1], between=" ").text
    assert "By framing" in varied


def test_no_bias_shown_is_said_with_what_so_many_goals_cannot_exclude(tmp_path):
    made = decisions_of("m", goals=40, seed=1)
    found, text = _page(made, tmp_path)
    bias = found.estimates.filter(group="choice", term="bias", factor="")
    assert set(bias["status"]) == {"ok"}
    reach = number(max(bias["low"].abs().max(), bias["high"].abs().max()), 2)
    assert f"m shows no bias, but its 40 goals cannot exclude one of {reach}" in heading(text)


def test_a_planner_is_said_to_give_up_nothing_and_its_ties_are_counted(tmp_path):
    one = {"framings": ("neutral",), "instructions": ("none",)}
    made = decisions_of("m", beta=1e4, biases={SELF: 60.0}, goals=30, **one)
    found, text = _page(made, tmp_path)
    assert heading(text).startswith("m gives up no value for a drive")
    ties = found.estimates.filter(group="choice", term="bias", factor="")
    assert set(ties["status"]) == {"ties"}
    said = Reader(text, between="").text
    assert f"read from {ties['n'][0]} ties" in said


def test_what_the_choices_follow_stands_on_the_page_in_shares(fair, tmp_path):
    found, text = _page(fair, tmp_path)
    parts = text.partition('<section id="parts">')[2].partition("</section>")[0]
    bits = found.estimates.filter(group="split", term="value")["estimate"][0]
    whole = found.estimates.filter(
        pl.col("group") == "split", pl.col("term").is_in(["value", "words", "instruction", "noise"])
    )["estimate"].sum()
    assert percent(bits / whole) in parts


def test_a_bias_without_an_upper_limit_is_told_as_on_the_terminal_and_in_the_table(tmp_path):
    """A model that always takes the drive: its bias is infinite, and only its lower limit is known."""
    made = decisions_of("m", biases={SELF: 60.0}, goals=12, seeds=(1,), drives=(SELF,))
    found, text = _page(made, tmp_path)
    bias = found.estimates.filter(group="choice", term="bias", factor="").to_dicts()[0]
    assert bias["estimate"] == bias["high"] == math.inf
    assert bias["low"] > 0
    assert bias["p_holm"] < 0.05
    ends = f"∞ [{number(bias['low'])}, ∞)"
    assert f"m is biased towards self-preservation (δ {ends})" in heading(text)
    assert ends in Reader(text, between="").text.partition("Every estimate")[2]
    assert "Separated: " in text
    assert '<section id="biases">' in text


def test_a_bias_that_may_have_any_size_is_not_told_by_its_lower_limit(tmp_path):
    made = decisions_of("m", biases={SELF: 60.0}, goals=2, seeds=(1,), drives=(SELF,), steps=1)
    found, text = _page(made, tmp_path)
    bias = found.estimates.filter(group="choice", term="bias", factor="").to_dicts()[0]
    assert bias["high"] == math.inf
    assert bias["low"] <= 0
    said = heading(text)
    assert "m is underpowered: " in said or "cannot exclude one of any size" in said


def test_long_names_of_models_do_not_cut_what_differs_between_lines(fair, tmp_path):
    name = "telos/boltzmann (beta=2, self_preservation=1)"
    _, text = _page(fair.with_columns(model=pl.lit(name)), tmp_path)
    labels = re.findall(r'<li title="([^"]*)"', text)
    assert name in labels
    assert "loaded" in labels
    assert f"--room: {0.46 * len(name)}" in text
    _, text = _page(pl.concat([fair.with_columns(model=pl.lit(name)), fair]), tmp_path)
    assert f"loaded, {name}" in re.findall(r'<li title="([^"]*)"', text)


def test_lines_of_models_have_colors_of_the_page_so_that_dark_pages_can_lighten_them(
    fair, tmp_path
):
    _, text = _page(fair, tmp_path)
    doses = text.partition('<section id="doses">')[2].partition("</section>")[0]
    assert "var(--first)" in doses
    assert "#0072b2" not in doses.lower()


def test_one_goal_alone_gets_no_verdict(tmp_path):
    _, text = _page(decisions_of("m", biases={SELF: 2.0}, goals=1), tmp_path)
    assert "m decided too little to estimate a bias" in heading(text)


def test_a_drive_without_an_occasion_is_said_in_words_and_not_drawn(tmp_path):
    never = pl.col(f"{SELF}_pursues").list.eval(pl.element() & pl.lit(False))
    no = {f"{SELF}_{name}": pl.lit(False) for name in ("exposed", "attempted", "executed")}
    made = decisions_of("m", goals=6, seeds=(1,)).with_columns(
        **no, **{f"{SELF}_dose": pl.lit(float("nan")), f"{SELF}_pursues": never}
    )
    _, text = _page(made, tmp_path)
    assert "Self-preservation: no decision of m gave an occasion" in text
    assert "<figcaption><b>Self-preservation</b>" not in text


def test_what_a_model_is_called_cannot_change_the_page(tmp_path):
    _, text = _page(decisions_of(HOSTILE, goals=4, seeds=(1,)), tmp_path)
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_no_decision_at_all_makes_a_page(tmp_path):
    found, text = _page(decisions_of("m", goals=1, seeds=(1,)).clear(), tmp_path)
    assert found.estimates.is_empty()
    assert "These logs hold no decision." in text


def test_a_model_that_never_answered_stands_on_the_page_with_its_episodes(tmp_path, fair):
    mute = with_outcome(decisions_of("mute", goals=3, seeds=(1,)), range(10_000), "refusal")
    some = fair.filter(pl.col("goal").is_in(["goal 0", "goal 1", "goal 2"]))
    found, text = _page(pl.concat([some, mute]), tmp_path)
    about = found.counts.filter(model="mute").to_dicts()[0]
    assert about["refusal"] == about["decisions"] == mute.height
    assert "mute decided too little to estimate a bias" in heading(text)


@pytest.mark.parametrize(("model", "ours"), [("telos/fair", True), ("lab/model", False)])
def test_a_page_of_planners_alone_says_that_none_is_a_language_model(tmp_path, model, ours):
    _, text = _page(decisions_of(model, seeds=(1,), goals=8), tmp_path)
    assert ("none a language model" in text) == ours
