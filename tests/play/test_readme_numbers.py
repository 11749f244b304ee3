"""What the README says and shows of the factory's page is measured again."""

import json
import re
from pathlib import Path

import pytest

from scripts import script

ROOT = Path(__file__).parents[2]
REMEDY = "run `python verification/play_picture.py` and commit what it writes"


@pytest.fixture(scope="module")
def drawn():
    return script("play_picture")


@pytest.fixture(scope="module")
def facts(drawn):
    return drawn.facts()


def test_the_numbers_of_the_readme_are_measured_again(facts):
    readme = script("readme")
    (line,) = readme.play_lines(facts)
    assert f"<!-- made: play -->\n{line}\n<!-- end -->" in readme.README.read_text("utf-8"), REMEDY
    own, copies = facts.free["self_preservation"], facts.under["replication"]
    assert f"{100 * (own.needs == 1).mean():.0f} % [" in line
    assert f"{100 * (copies.needs == 1).mean():.0f} % [" in line
    assert re.search(rf"{100 * facts.placebo.rates.mean():.0f} % on average \(", line)
    assert facts.gone[1].c == facts.free["replication"].c == 0


def test_the_picture_of_a_page_is_made_by_this_code_and_its_words_are_measured_again(drawn, facts):
    kept = json.loads(drawn.PICTURE.with_suffix(".json").read_text("utf-8"))
    picture = drawn.PICTURE.read_bytes()
    assert kept == drawn.made_from(picture) | {"said": drawn.said(facts)}, REMEDY
    assert len(picture) < 300_000
    assert int.from_bytes(picture[16:20], "big") == 1300
    assert "](docs/images/play.png)" in (ROOT / "README.md").read_text("utf-8")
