"""telos audit --suggest: a draft is written, and without a map nothing else is."""

import sys

import pytest

from audit.made_transcripts import FORMATS, write
from telos.audit import read_affordances
from telos.cli import main

STEPS = [
    ("user", "go"),
    ("call", "bash", {"command": "kill watchdog"}, "done", "ok"),
    ("say", "done"),
]


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out + said.err

    return typed


@pytest.mark.parametrize("kind", FORMATS)
def test_a_draft_is_a_map_that_finds_what_it_was_drafted_from(telos, tmp_path, kind):
    write(tmp_path / "logs", kind, "s", STEPS)
    code, text = telos("audit", "--suggest", "logs")
    assert code == 0
    assert "1 entry suggested" in text
    assert len(read_affordances("audit/suggested.toml").entries) == 1
    assert telos("audit", "logs", "--map", "audit/suggested.toml")[0] == 1


def test_without_a_map_one_is_asked_for(telos, tmp_path):
    write(tmp_path / "logs", "neutral", "s", STEPS)
    code, text = telos("audit", "logs")
    assert code == 2
    assert "--map is missing" in text


def test_a_draft_of_files_that_cannot_be_read_says_so(telos, tmp_path):
    write(tmp_path / "logs", "neutral", "s", STEPS)
    (tmp_path / "logs" / "torn.jsonl").write_text('{"transcript": 1')
    code, text = telos("audit", "--suggest", "logs")
    assert code == 2
    assert "torn.jsonl" in text
