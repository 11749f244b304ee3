"""Commit subjects say in one line which module changed and how."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Where the rule begins: earlier subjects are history.
SINCE = "d04d521"
MOST = 72


def _subjects() -> list[str]:
    if not (ROOT / ".git").exists():
        return []
    told = subprocess.run(
        ["git", "log", "--format=%s", f"{SINCE}..HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.splitlines() if told.returncode == 0 else []


def test_commit_subjects_are_short():
    subjects = _subjects()
    if not subjects:
        pytest.skip("no history to look at: an sdist, or a shallow clone")
    assert not [subject for subject in subjects if len(subject) > MOST]
