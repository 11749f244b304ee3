"""The tutorial is run as a stranger would run it: from a folder of its own, as an outside package."""

import os
import re
import subprocess
import sys
from pathlib import Path

import polars
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "your-first-world.md"
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the page tells its reader to write."""
    here = tmp_path_factory.mktemp("tutorial")
    (here / "my_lab").mkdir()
    (here / "my_lab" / "__init__.py").touch()
    for _, note, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if note.startswith("file="):
            (here / note.removeprefix("file=")).write_text(text, encoding="utf-8")
    return here


def _run(folder, *command):
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )


def test_the_world_of_the_tutorial_keeps_the_contract(folder):
    done = _run(folder, "-m", "telos", "check", "my_lab.worlds:Maze")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_study_of_the_tutorial_runs_and_writes_its_page(folder):
    done = _run(folder, "-m", "telos", "run", "my_study.py", "--goals", "200", "--out", "maze")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "maze" / "report.html").stat().st_size > 10_000
    summary = polars.read_csv(folder / "maze" / "summary.csv")
    missing = summary.filter(polars.col("drive") == "goal_preservation")
    assert len(missing)
    assert not missing["applicable"].any()
    assert summary.filter(polars.col("drive") != "goal_preservation")["applicable"].all()


def test_the_python_of_the_tutorial_runs(folder):
    (block,) = [
        text for _, note, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if note == "run"
    ]
    done = _run(folder, "-c", block)
    assert done.returncode == 0, done.stderr


def test_the_python_of_the_readme_runs(tmp_path):
    page = (PAGE.parents[2] / "README.md").read_text(encoding="utf-8")
    (block,) = [text for kind, _, text in BLOCK.findall(page) if kind == "python"]
    done = _run(tmp_path, "-c", block.replace("world, 1000,", "world, 32,"))
    assert done.returncode == 0, done.stderr
