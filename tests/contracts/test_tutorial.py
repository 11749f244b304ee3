"""The tutorial is run as a stranger would run it: from a folder of its own, as an outside package."""

import polars
import pytest

from contracts.pages import DOCS, ROOT, blocks, noted, python, typed, write_files

PAGE = DOCS / "tutorials" / "your-first-world.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the page tells its reader to write."""
    return write_files(PAGE, tmp_path_factory.mktemp("tutorial"))


def test_the_world_of_the_tutorial_keeps_the_contract(folder):
    done = typed(folder, "telos check my_lab.worlds:Maze")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_study_of_the_tutorial_runs_and_writes_its_page(folder):
    done = typed(folder, "telos run my_study.py --goals 200 --out maze")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "maze" / "report.html").stat().st_size > 10_000
    summary = polars.read_csv(folder / "maze" / "summary.csv")
    missing = summary.filter(polars.col("drive") == "goal_preservation")
    assert len(missing)
    assert not missing["applicable"].any()
    assert summary.filter(polars.col("drive") != "goal_preservation")["applicable"].all()


def test_the_python_of_the_tutorial_runs(folder):
    (block,) = noted(PAGE, "run")
    done = python(folder, "-c", block)
    assert done.returncode == 0, done.stderr


def test_the_python_of_the_readme_runs(tmp_path):
    (block,) = [text for kind, _, text in blocks(ROOT / "README.md") if kind == "python"]
    done = python(tmp_path, "-c", block.replace("world, 1000,", "world, 32,"))
    assert done.returncode == 0, done.stderr
