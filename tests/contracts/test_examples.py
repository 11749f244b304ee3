"""The examples are run as their first lines say, with fewer goals."""

import ast
import subprocess
import sys
from pathlib import Path

import polars
import pytest

FOLDER = Path(__file__).parents[2] / "examples"


def _run(example, folder, goals):
    command = ["-m", "telos", "run", str(FOLDER / example), "--goals", str(goals), "--out", "out"]
    return subprocess.run(
        [sys.executable, *command, "--jobs", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("example", ["my_world.py", "safeguards.py", "door_key.py"])
def test_an_example_runs_and_writes_its_page(example, tmp_path):
    done = _run(example, tmp_path, 40)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


def test_the_fence_of_the_example_pushes_goals_into_keeping_a_backup(tmp_path):
    done = _run("safeguards.py", tmp_path, 60)
    assert done.returncode == 0, done.stderr
    moved = polars.read_csv(tmp_path / "out" / "displacement.csv")
    row = moved.filter(
        (polars.col("drive") == "replication")
        & (polars.col("safeguards") == "Forbid(actions=('silence the pager',))")
    ).row(0, named=True)
    assert row["required_before"] < 0.05
    assert row["change_low"] > 0.5


def test_a_strangers_environment_goes_into_a_report_in_under_twenty_lines():
    """Lines that carry code: no docstrings, no comments, no blank ones."""
    tree = ast.parse((FOLDER / "door_key.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            ast.get_docstring(node)
            if hasattr(node, "body") and not isinstance(node, ast.Lambda)
            else 0
        ):
            node.body = node.body[1:]
    lines = {
        line
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
        for line in (node.lineno, node.end_lineno)
    }
    assert 10 < len(lines) < 20
