"""Pages as a reader meets them: their files written into a folder, their commands and Python run there."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page):
    """Each code block of a page: its language, the note behind it (`file=…`, `run`) and its text."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def noted(page, note):
    """The texts of the blocks with a note."""
    return [text for _, found, text in blocks(page) if found == note]


def commands(page):
    """The lines that a page tells its reader to type."""
    lines = [
        line for kind, _, text in blocks(page) if kind == "console" for line in text.split("\n")
    ]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def write_files(page, folder):
    """Write the files of a page, into a folder that already has an empty package `my_lab`."""
    (folder / "my_lab").mkdir()
    (folder / "my_lab" / "__init__.py").touch()
    for _, note, text in blocks(page):
        if note.startswith("file="):
            (folder / note.removeprefix("file=")).write_text(text, encoding="utf-8")
    return folder


def python(folder, *words):
    """Run Python in a folder, as an outside package would be run; returns the finished process."""
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )


def typed(folder, command):
    """Run a line that a page tells its reader to type."""
    program, *words = command.split()
    assert program == "telos", command
    return python(folder, "-m", "telos", *words)
