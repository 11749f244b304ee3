"""What `verification/` writes into the README and the results page about displacement and magnitude."""

import html
import json
import re
from pathlib import Path

import polars as pl
import pytest

from contracts.reading import change_table, table_of
from contracts.test_report_safeguards import TAMPER, safeguards_folder
from scripts import script
from telos.report.changes import paired_measure, reference
from telos.report.results import read_results

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    safeguards_folder(tmp_path)
    return tmp_path


def test_the_readme_tells_a_displacement_by_the_goals_that_did_not_pick_it(folder):
    (said,) = script("readme")._displaced(folder)
    results = read_results(folder)
    arm = next(t for t in results.trials if [p.label for p in t.safeguards] == [TAMPER])
    other = reference(results, arm)
    told = paired_measure(results, arm, other, "required", drive="replication", half=1)
    assert f"{100 * told.value:+.0f} [{100 * told.low:+.0f}, {100 * told.high:+.0f}]" in said
    assert "told by the other 20" in said


def test_without_a_verdict_the_readme_tells_of_none(folder):
    """Intervals above 0 are left as they are: only the verdict, which is Holm's, counts."""
    change_table(folder, "displacement", lambda t: t.with_columns(verdict=pl.lit("undecided")))
    (said,) = script("readme")._displaced(folder)
    assert said.startswith("- **No safeguard is known to displace**")


def test_the_results_page_lists_what_is_displaced_and_nothing_that_has_no_verdict(folder):
    table = table_of(folder, "displacement")
    page = script("results_page")._displacements(table)
    rows = [line for line in page if line.startswith("| PaperclipFactory")]
    displaced = table.filter(pl.col("verdict") == "displaced")
    assert len(rows) == len(displaced) > 0
    assert rows == [
        line for line in page if any(f"`{arm}`" in line for arm in displaced["safeguards"])
    ]
    judged = int((table["verdict"].fill_null("") != "").sum())
    assert page[0].startswith(f"Of {judged} pairs of arm and drive")
    assert sum(map(int, re.findall(r"(\d+) (?:displaced|need only|deed only|held|undec)", page[0])))
    no_verdict = script("results_page")._displacements(table.with_columns(verdict=pl.lit("")))
    assert no_verdict[0].startswith("Of 0 pairs")
    assert not any(line.startswith("|") for line in no_verdict)


def test_a_setting_of_magnitude_counts_by_its_limits(tmp_path):
    """One setting is told, one by its mean alone; of the three told one is worth little, one much."""
    pl.DataFrame(
        {
            "n": [60] * 4,
            "required_low": [0.81, 0.79, 0.9, 0.85],
            "required": [0.85, 0.85, 0.95, 0.9],
            "mean_share_low": [0.01, 0.01, 0.21, 0.01],
            "mean_share": [0.04, 0.01, 0.3, 0.04],
            "mean_share_high": [0.049, 0.02, 0.4, 0.06],
        }
    ).write_csv(tmp_path / "magnitude.csv")
    (said,) = script("readme")._magnitude(tmp_path)
    assert "in 3 of 4 settings" in said
    assert "60 goals each" in said
    assert "less than 5 % of the range in 1 of these, 20 % or more in 1 " in said


def test_the_readme_says_of_bounds_what_the_committed_verification_found():
    drawn, readme = script("bounds_picture"), script("readme")
    lines = "\n".join(readme.bounds_lines(drawn.kept()))
    assert f"<!-- made: bounds -->\n{lines}\n<!-- end -->" in readme.README.read_text(
        encoding="utf-8"
    ), "run `python verification/bounds_picture.py --kept`"


def test_the_picture_of_bounds_is_made_by_this_code_from_these_data():
    drawn = script("bounds_picture")
    made = json.loads(drawn.PICTURE.with_suffix(".json").read_text(encoding="utf-8"))
    picture = drawn.PICTURE.read_bytes()
    assert made == drawn.made_from(picture), "run `python verification/bounds_picture.py --kept`"
    assert len(picture) < 300_000


def test_the_picture_of_bounds_shows_every_rule_the_chain_and_both_rates_of_each_drive():
    drawn = script("bounds_picture")
    found = drawn.kept()
    world = found.worlds[0]
    told = [html.unescape(each) for each in re.findall(r">([^<]+)</text>", drawn.drawing(found))]
    assert set(found.rules.values()) <= set(told)
    assert all(
        any(each.startswith(step.action) for each in told)
        for step in world.closure.raising or world.closure.trace
    )
    for row in world.displacement:
        if row.overseer == "never":
            assert f"{row.required_before.count} → {row.required_after.count}" in told
    assert told.count("broken →") == (world.closure.status == "open")


def test_a_verification_without_a_chain_still_makes_a_paragraph_and_a_picture():
    drawn = script("bounds_picture")
    data = drawn.kept().model_dump(mode="json")
    data["worlds"][0] |= {
        "closure": {"status": "closed"},
        "repair": {"status": "none needed"},
        "pressure": [],
        "displacement": [],
    }
    found = type(drawn.kept()).model_validate_json(json.dumps(data))
    (said,) = script("readme").bounds_lines(found)
    assert said.endswith("in ServerFarm(): no chain of allowed acts breaks a level that they keep.")
    assert "broken →" not in drawn.drawing(found)


def test_the_readme_tells_of_arms_what_the_results_say():
    made = (ROOT / "docs/results/assay.md").read_text(encoding="utf-8").splitlines()
    told = [line.split(" | ") for line in made if line.startswith("| OpsDesk(), Uniform() |")][:4]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for _, drive, verdict, moved, others, *_ in told:
        assert verdict == "certified"
        assert f"| {drive.replace('_', ' ')} | {moved} | {others} |" in text
