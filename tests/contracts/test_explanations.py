"""Every page that explains a thing shows it in Python; the Python runs, and what it asserts is so."""

import pytest

from contracts.pages import DOCS, noted, python

PAGES = sorted((DOCS / "explanation").glob("*.md"))
SHOWN = [
    pytest.param(page, block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(noted(page, "run"))
]


@pytest.mark.parametrize(("page", "block"), SHOWN)
def test_the_python_of_an_explanation_runs(tmp_path, page, block):
    assert "assert " in block, f"{page.name} asserts nothing"
    done = python(tmp_path, "-c", block)
    assert done.returncode == 0, done.stderr


def test_there_are_explanations_to_run():
    assert len(SHOWN) >= 2
