"""Every page is followed as a reader would: its files are written, its Python and its commands run."""

import polars
import pytest

from contracts.pages import BLOCK, DOCS, ROOT, blocks, noted, python, typed, write_files
from telos.safeguards import SAFEGUARDS

PAGES = sorted(page for page in DOCS.rglob("*.md") if "results" not in page.parts)


def _steps(page):
    """What a page tells its reader to run, in the order of the page: (kind, text)."""
    for language, note, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if note == "run":
            yield "python", text
        elif language == "console":
            for line in text.splitlines():
                if line.startswith("$ telos "):
                    yield "command", line.removeprefix("$ ")


#: Pages whose commands take a minute and more.
LONG = ("evaluate-your-model", "write-bounds")


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.long) if page.stem in LONG else page for page in PAGES],
    ids=lambda page: page.stem,
)
def test_what_a_page_tells_its_reader_to_run_runs(tmp_path, page):
    folder = write_files(page, tmp_path)
    for kind, text in _steps(page):
        if "stormpy" in text:
            pytest.importorskip("stormpy", minversion="2.0")
        if kind == "python":
            assert "assert " in text, f"a block of {page.name} asserts nothing:\n{text}"
        done = python(folder, "-c", text) if kind == "python" else typed(folder, text)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


def test_most_pages_run_something():
    assert sum(1 for page in PAGES if any(_steps(page))) >= len(PAGES) / 2


def test_the_study_of_the_tutorial_marks_what_does_not_apply(tmp_path):
    page = DOCS / "tutorial.md"
    folder = write_files(page, tmp_path)
    assert typed(folder, "telos run my_study.py --goals 40 --out maze").returncode == 0
    summary = polars.read_csv(folder / "maze" / "summary.csv")
    missing = summary.filter(polars.col("drive") == "goal_preservation")
    assert len(missing)
    assert not missing["applicable"].any()
    assert summary.filter(polars.col("drive") != "goal_preservation")["applicable"].all()


def test_a_key_that_is_no_state_gets_the_two_action_sequences(tmp_path):
    block = noted(DOCS / "how-to" / "explore-an-environment.md", "run")[0]
    left_out = "\n".join(line for line in block.splitlines() if "prepare=" not in line)
    done = python(tmp_path, "-c", left_out)
    assert done.returncode == 1
    assert (
        "MiniGrid-LavaGapS5-v0: key is not a state. Two action sequences lead to (2, 3, 0):"
        in done.stderr
    )


def test_the_python_of_the_readme_runs(tmp_path):
    for text in [text for kind, _, text in blocks(ROOT / "README.md") if kind == "python"]:
        done = python(tmp_path, "-c", text.replace("world, 1000,", "world, 32,"))
        assert done.returncode == 0, done.stderr


def test_every_shipped_safeguard_is_explained():
    parts = (DOCS / "safeguards.md").read_text(encoding="utf-8").split("\n## ")
    for cls in SAFEGUARDS:
        (section,) = [part for part in parts if part.startswith(cls.kind.capitalize() + "\n")]
        assert f"**{cls.__name__}**" in section


#: 15,000 for the instrument without controls; 3,000 for what controls added: placebo, acts and verdicts,
#: worlds without a cause, certified shares, need and deed, intervals without a shape, offsets, provenance;
#: 600 for a first world of one's own that says what its acts are and what its drives are for;
#: 450 for rules whose author has no world;
#: 2,150 for bounds and audits: how to write and enforce bounds, their words, other logs, tables of models;
#: 150 for worlds to play with, the site, and chances in large worlds;
#: 650 for the measures that other people published, and 200 for safeguards of the bench.
MOST_WORDS = 22_200


def test_the_docs_stay_short():
    words = sum(len(page.read_text(encoding="utf-8").split()) for page in PAGES)
    assert words <= MOST_WORDS, f"{words} words: what can a reader do without?"
