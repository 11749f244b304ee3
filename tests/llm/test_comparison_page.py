"""The page of a comparison: every model is on it with its counts, and no name can change it."""

import polars as pl
import pytest

from contracts.reading import Reader
from llm.made_decisions import decisions_of, episodes_of, with_outcome
from telos.llm.comparison import compare
from telos.report.compared import write_comparison

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


def test_what_a_model_is_called_cannot_change_the_page(tmp_path):
    _, text = _page(decisions_of(HOSTILE, goals=4, seeds=(1,)), tmp_path)
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_no_decision_at_all_makes_a_page(tmp_path):
    found, text = _page(decisions_of("m", goals=1, seeds=(1,)).clear(), tmp_path)
    assert found.estimates.is_empty()
    assert "</html>" in text


def test_a_model_that_never_answered_stands_on_the_page_with_its_episodes(tmp_path, fair):
    mute = with_outcome(decisions_of("mute", goals=3, seeds=(1,)), range(10_000), "refusal")
    some = fair.filter(pl.col("goal").is_in(["goal 0", "goal 1", "goal 2"]))
    found, text = _page(pl.concat([some, mute]), tmp_path)
    about = found.counts.filter(model="mute").to_dicts()[0]
    assert about["refusal"] == about["decisions"] == mute.height
    assert "mute" in Reader(text, between="").text
