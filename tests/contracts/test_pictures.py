"""Pictures are made by the code of the commit that they lie in, from the tables beside it."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts import script

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"


@pytest.fixture(scope="module")
def pictures():
    return script("pictures")


def test_the_picture_of_discovery_is_made_by_this_code_from_this_table(pictures):
    made = json.loads((IMAGES / "discovery.json").read_text(encoding="utf-8"))
    found = pictures.made_from((IMAGES / "discovery.png").read_bytes())
    assert made == found, "run `python verification/results_page.py` and commit what it writes"


def test_another_picture_or_other_code_is_told(pictures, monkeypatch, tmp_path):
    picture = (IMAGES / "discovery.png").read_bytes()
    before = pictures.made_from(picture)
    assert pictures.made_from(picture + b"x")["picture"] != before["picture"]
    assert before["picture"] == hashlib.sha256(picture).hexdigest()
    other = tmp_path / "acts.csv"
    other.write_text(pictures.ACTS.read_text(encoding="utf-8").replace("tamper", "temper"))
    monkeypatch.setattr(pictures, "ACTS", other)
    assert pictures.made_from(picture)["table"] != before["table"]
    monkeypatch.setattr(pictures, "MADE_BY", pictures.MADE_BY[:1])
    assert pictures.made_from(picture)["code"] != before["code"]


def test_the_readme_shows_discovery_first():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = text.index("](docs/images/")
    assert text[first:].startswith("](docs/images/discovery.png)")
