"""The sentences that may be cited say what the tables beside them say."""

import json
import re

import pytest

from scripts import script


@pytest.fixture(scope="module")
def findings():
    return script("findings")


def test_every_number_of_the_page_is_that_of_a_table(findings):
    written = findings.PAGE.read_text(encoding="utf-8")
    assert written == findings.page(), (
        "run `python verification/findings.py` and commit what it writes"
    )
    assert written.count("*Control*") == written.count("*Limits*") == 5


@pytest.mark.parametrize("bench", ["measures", "shutdown"])
def test_the_page_of_a_study_holds_its_tables(findings, bench):
    assert (findings.RESULTS / f"{bench}.md").read_text(encoding="utf-8") == findings.told(bench)


def test_the_readme_tells_what_the_bench_found(findings):
    readme = findings.README.read_text(encoding="utf-8")
    (block,) = findings.BLOCK.findall(readme)
    assert block == findings.block()


def test_a_summary_that_says_otherwise_is_told(findings, monkeypatch, tmp_path):
    before = findings.page()
    for bench in findings.BENCHES:
        (tmp_path / bench).mkdir()
        text = (findings.RESULTS / bench / "summary.json").read_text(encoding="utf-8")
        (tmp_path / bench / "summary.json").write_text(text.replace("0.6376", "0.1376"))
    (tmp_path / "paperclip").symlink_to(findings.RESULTS / "paperclip")
    monkeypatch.setattr(findings, "RESULTS", tmp_path)
    assert findings.page() != before
    assert "0.14 [" in findings.page()


def test_two_pages_give_one_number_for_what_a_ban_on_the_button_moves(findings):
    pages = [findings.PAGE, findings.RESULTS / "displacement.md"]
    told = [
        re.findall(r"working on the\s+operator by (\d+) points", page.read_text(encoding="utf-8"))
        for page in pages
    ]
    assert told[0] == told[1] != []


def test_a_summary_that_the_code_of_now_writes_can_be_told(findings, monkeypatch):
    now = {old: new for new, old in findings.BEFORE.items()}
    found = findings.of("measures")
    tables = tuple(
        each.model_copy(update={"rows": tuple((now.get(r[0], r[0]), *r[1:]) for r in each.rows)})
        for each in found.summary.tables
    )
    summary = found.summary.model_copy(update={"tables": tables})
    before, real = findings.page(), findings.of
    new = found.model_copy(update={"summary": summary})
    monkeypatch.setattr(findings, "of", lambda name: new if name == "measures" else real(name))
    assert findings.page() == before


def test_a_sentence_claims_no_more_than_its_limits(findings, monkeypatch):
    """With every limit as wide as can be, no sentence says better, told before, or more often."""

    def widened(cell):
        wide = {"low": -2.0, "high": 2.0}
        return (
            cell.model_copy(update=wide) if hasattr(cell, "high") else {"yes": "no"}.get(cell, cell)
        )

    def of(name):
        found = real(name)
        tables = tuple(
            each.model_copy(update={"rows": tuple(tuple(map(widened, r)) for r in each.rows)})
            for each in found.summary.tables
        )
        return found.model_copy(
            update={"summary": found.summary.model_copy(update={"tables": tables})}
        )

    real = findings.of
    monkeypatch.setattr(findings, "of", of)
    _, measures, _, law, direction = (each.sentence for each in findings.findings())
    assert "not measurably better" in measures
    assert "is not shown to be told before" in law
    assert "not measurably complements" in direction


def test_commands_are_those_that_there_are(findings):
    from telos.studies.bench import BENCHES

    names = {f"telos bench {study.name}" for study in BENCHES}
    assert {each.command for each in findings.findings()} == {*names, "telos run paperclip"}


def test_the_picture_of_the_bench_is_made_from_the_table_beside_it():
    drawn = script("bench_picture")
    kept = json.loads(drawn.PICTURE.with_suffix(".json").read_text(encoding="utf-8"))
    remedy = "run `python verification/bench_picture.py` and commit what it writes"
    assert kept == drawn.made_from(drawn.PICTURE.read_bytes()), remedy
