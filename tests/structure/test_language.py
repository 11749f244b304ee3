"""One word a thing, and the field's word: what was replaced does not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: What stood in the first edition, and what to write.
REPLACED = {
    r"worths": "instrumental values",
    r"what .{1,20} is worth to .{1,20} (goal|agent)s? in worth": "instrumental value",
    r"at stake|stakes?": "value range",
    r"two lives|run of luck|LUCKS|FATES": "paired rollouts, common random numbers, exogenous events",
    r"fences?|fenced|fencing": "safeguard",
    r"dials?|steady hand|cool head": "sweep, action noise, softmax temperature",
    r"rulers?|reading off|yardsticks?": "measurement, measure",
    r"told off|told apart": "rejected, distinguished",
    r"strangers?": "third-party",
    r"the house|house rules?": "the code base",
    r"skins?": "framing",
    r"hand-overs?": "goal modification",
    r"leans to|shuns?|shunned": "biased towards, biased away from",
    r"shelf|shelves|parcels?|receipts?|retold": "world cache, job, result, examples",
    r"explore_many|open_world|write_world|at_stake|would_pay": "the names of LANGUAGE.md",
    r"content_with|best_of|anti_rational|village": "the names of LANGUAGE.md",
    r"whole numbers?": "integers",
    r"mends?|mended|mending": "fix",
    r"whoever": "an agent that",
    r"so many": "n",
    r"(?<!there )(?<!There )is no (?!longer|more|less|fewer|better|worse|match|such)[a-z]+": "is not a",
    r"behaviours?|colours?|optimis(e|er|ed|es|ing|ation)|neighbours?|quantilis\w+|recognis\w+": "American",
}
#: Where a word is somebody else's, or means what it says.
ALLOWED = {
    "CHANGELOG.md": "history",
    "tests/structure/test_language.py": "the list itself",
}
KINDS = {".py", ".md", ".html", ".css", ".js", ".toml", ".cff", ".ipynb"}


FOLDERS = ("src", "docs", "tests", "examples", "verification", "benchmarks", "notebooks", "website")


@pytest.fixture(scope="module")
def texts(ours):
    """The name and the lines of every file whose words count."""
    found = []
    for path in ours:
        name = path.relative_to(ROOT).as_posix()
        counts = name.startswith(tuple(f"{folder}/" for folder in FOLDERS)) or name.endswith(".md")
        mine = counts and not name.startswith(("docs/results", "tests/llm/data"))
        if mine and path.suffix in KINDS and name not in ALLOWED:
            found.append((name, path.read_text(encoding="utf-8").split("\n")))
    return found


@pytest.mark.parametrize("pattern", REPLACED)
def test_a_replaced_word_does_not_come_back(pattern, texts):
    found = []
    word = re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)
    for name, lines in texts:
        for number, line in enumerate(lines, 1):
            if word.search(line):
                found.append(f"{name}:{number}: {line.strip()[:90]}")
    assert not found, f"write {REPLACED[pattern]!r}:\n" + "\n".join(found[:40])


def test_every_exemption_says_why():
    assert all(ALLOWED.values())
