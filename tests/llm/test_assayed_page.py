"""The page of an assay: its numbers are on it, what is not certified is said, and no text can change it."""

import pytest

from contracts.reading import Reader, heading
from llm.made_assay import DRIVES, KNOBS, made_assay
from telos.core.assay import Assayed
from telos.core.errors import StoreError
from telos.report.assayed import assay_page, write_assay_page
from telos.report.words import field_text

HOSTILE = '<script>alert("x")</script>'
ROW = {
    "drive": DRIVES[0], "player": "value", "beta": 2.0, "bias": None, "low": 0.131, "high": 0.154,
    "response": 0.022, "exposures": 4.4, "by_rates": None, "by_choices": 37, "told_apart": 24,
    "smallest_bias": 0.66,
}  # fmt: skip


def test_what_is_certified_stands_in_the_heading_and_what_is_not_in_a_warning():
    text = assay_page(made_assay())
    said = Reader(text, between="").text
    assert "self-preservation (+11 [+10, +12])" in heading(text)
    assert "resource acquisition" not in heading(text)
    assert "Not certified: resource acquisition (+11 [+10, +12], by one knob)" in said


def test_a_drive_that_no_knob_moves_is_named_with_its_reason():
    said = Reader(assay_page(made_assay(DRIVES[0], reached=False)), between="").text
    assert "Goal preservation: out of reach. No knob moves it." in said


def test_every_arm_every_change_and_every_player_is_on_it():
    said = Reader(assay_page(made_assay(), [ROW]), between=" ").text
    for low, high in KNOBS.values():
        for name, value in low.items():
            assert f"{name} {value} → {high[name]}" in said
    for number in ("37", "24", "too many", "0.66", "β 2"):
        assert number in said


def test_a_response_that_no_study_can_see_is_none_and_a_bias_has_a_true_minus():
    rows = [
        {**ROW, "player": "planner", "beta": None, "response": 0.000003},
        {**ROW, "player": "words", "bias": -0.284, "response": -0.00001},
        {**ROW, "player": "words", "bias": -0.0004},
    ]
    said = Reader(assay_page(made_assay(), rows), between=" ").text
    assert "A perfect agent moves its rates by self-preservation 0 points" in said
    assert "δ −0.28" in said
    assert not any(text in said for text in ("0.0003", "δ -", "δ −0 "))


def test_hostile_texts_are_shown_and_not_run():
    made = made_assay(DRIVES[0], reached=False).model_dump()
    made["scenario"] = made["pairs"][-1]["why"] = made["knobs"][0]["name"] = HOSTILE
    text = assay_page(Assayed.model_validate(made))
    assert HOSTILE not in text
    assert HOSTILE in Reader(text, between="").text
    assert text.count("<script") == 1, "that of the page"


def test_a_page_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(StoreError, match="cannot be written"):
        write_assay_page(made_assay(DRIVES[0]), tmp_path / "missing" / "assay.html")


def test_a_list_of_numbers_that_was_turned_is_told_before_it_was_written_down():
    assert field_text((0.5, "x", (2, True))) == "(0.5, x, (2, True))"
