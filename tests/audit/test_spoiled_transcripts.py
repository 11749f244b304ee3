"""Spoiled transcripts of four formats: an error in a sentence, or a verdict that hides nothing."""

import json
import random
import runpy
from pathlib import Path

import pytest

from audit.made_transcripts import ENDINGS
from telos.core.errors import TelosError

SCRIPT = Path(__file__).parents[2] / "verification" / "fuzz_transcripts.py"
if not SCRIPT.is_file():
    pytest.skip("an installed copy has no verification", allow_module_level=True)
FUZZED = runpy.run_path(str(SCRIPT))


def _read(kind, folder, data):
    (folder / f"log{ENDINGS[kind]}").write_bytes(data)
    return FUZZED["reader"](kind, folder)(folder)


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_spoiled_transcript_is_refused_in_a_sentence_or_read_without_a_clear_that_lies(
    tmp_path, kind
):
    rng, verdicts = random.Random(kind), set()
    for number in range(80):
        (seed,) = FUZZED["seeds"](kind)[number % 2].values()
        try:
            verdicts.update(_read(kind, tmp_path, FUZZED["_spoiled"](seed, rng)))
        except TelosError:
            verdicts.add("refused")
    assert {"unclear", "attempted"} <= verdicts


def test_what_looks_for_the_lie_finds_one(tmp_path, monkeypatch):
    """Without the doubt about unknown keys, a deed moved to one of them goes by as clear."""
    (seed, *_) = FUZZED["seeds"]("openai")
    record = json.loads(next(iter(seed.values())))
    moved = record["messages"].pop(4)
    record["messages"].pop(4)
    record["moved"] = moved
    data = json.dumps(record).encode()
    assert "clear" not in _read("openai", tmp_path, data)
    monkeypatch.setattr("telos.audit.formats.openai_chat._unknown_keys", lambda *_: None)
    with pytest.raises(AssertionError, match="deed still stands"):
        _read("openai", tmp_path, data)


@pytest.mark.parametrize("kind", ["list", "table"])
def test_a_line_of_a_session_whose_kind_is_no_text_is_refused(tmp_path, kind):
    (seed, *_) = FUZZED["seeds"]("claude_code")
    lines = next(iter(seed.values())).decode().splitlines()
    lines.insert(1, json.dumps({"type": [] if kind == "list" else {}, "sessionId": "s"}))
    assert "clear" not in _read("claude_code", tmp_path, "\n".join(lines).encode())
