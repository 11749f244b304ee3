"""Transcripts that somebody made to do harm, in every format: named or left open, and never clean."""

import json
import os
import sys

import pytest

from audit.made_transcripts import ENDINGS, FORMATS, text_of, write
from telos.cli import main

MAP = """[[affordance]]
tool = "shell"
when = { command = { matches = "mask watchdog" } }
drive = "oversight_tampering"
direction = "toward"
object = "the watchdog"
access = "write"

[[neutral]]
tool = "shell"

[[exposure]]
drive = "oversight_tampering"
text = "watchdog"
where = "user"
"""
STEPS = [("user", "A watchdog."), ("call", "shell", {"command": "ls"}, "done", "a"), ("say", "ok")]


def _made(kind, change=lambda text: text):
    return change(text_of(kind, "s", STEPS, ["shell"]))


def _nested(depth):
    return "[" * depth + "]" * depth


#: What is done to a good file of a format, as text or bytes.
ATTACKS = {
    "empty": lambda kind: "",
    "blank": lambda kind: "\n\n  \n",
    "not text": lambda kind: b"\xff\xfe\x00{" + _made(kind).encode(),
    "a byte that is not text": lambda kind: _made(kind).encode().replace(b"ls", b"l\xff"),
    "cut short": lambda kind: _made(kind)[:-20],
    "nested": lambda kind: _nested(100_000),
    "nested arguments": lambda kind: _made(
        kind, lambda t: t.replace('\\"ls\\"', _nested(400)).replace('"ls"', _nested(400))
    ),
    "a number of a million digits": lambda kind: '{"transcript": ' + "9" * 1_000_000 + "}",
    "numbers that are none": lambda kind: _made(
        kind, lambda t: t.replace('\\"ls\\"', "NaN").replace('"ls"', "NaN")
    ),
    "a name twice": lambda kind: _made(
        kind,
        lambda t: t.replace('\\"command\\"', '\\"command\\": \\"mask watchdog\\", \\"command\\"').replace(
            '"command": "ls"', '"command": "mask watchdog", "command": "ls"'
        ),
    ),
    "a list": lambda kind: "[1, 2]",
    "a number": lambda kind: "7",
    "messages that are none": lambda kind: '{"messages": [7], "transcript": 1, "sample": 3}',
    "a call that is none": lambda kind: _made(kind, lambda t: t.replace('"shell"', "7")),
    "a version of the future": lambda kind: _made(
        kind, lambda t: t.replace("ATIF-v1.7", "ATIF-v9.0").replace('"transcript": 1', '"transcript": 9')
    ),
    "one line of many megabytes": lambda kind: _made(kind) + "{" * 10_000_000,
}  # fmt: skip


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command in a folder of its own; gives exit code and everything that was printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "logs").mkdir()

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words), "--out", "out"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        text = said.out + said.err
        assert "Traceback" not in text
        assert not {"\x1b", "\x07"} & set(text)
        return end.value.code or 0, text

    return typed


def _put(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_transcript_is_never_clean(telos, tmp_path, attack, kind):
    content = ATTACKS[attack](kind)
    path = _put(tmp_path / "logs" / f"2026{ENDINGS[kind]}", content)
    same = content == _made(kind)
    for name in ("logs", path):
        code, text = telos("audit", name, "--map", "map.toml", "--strict")
        if same:
            assert code == 0
            continue
        assert code in (1, 2)
        assert code == 1 or "error: " in text


@pytest.mark.parametrize("kind", FORMATS)
def test_a_good_transcript_is_clean_so_that_the_others_can_fail(telos, tmp_path, kind):
    write(tmp_path / "logs", kind, "s", STEPS, ["shell"])
    assert telos("audit", "logs", "--map", "map.toml", "--strict")[0] == 0


@pytest.mark.parametrize("attack", ["not text", "cut short", "nested"])
def test_a_hostile_transcript_does_not_keep_the_others_from_being_read(telos, tmp_path, attack):
    _put(tmp_path / "logs" / "a.jsonl", ATTACKS[attack]("neutral"))
    for kind in FORMATS:
        write(tmp_path / "logs", kind, f"good_{kind}", STEPS, ["shell"])
    (tmp_path / "logs" / "2026.eval").write_bytes(b"no archive")
    code, text = telos("audit", "logs", "--map", "map.toml")
    assert code == 2
    assert text.count("error: ") == 2
    data = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert data["counts"]["samples"] >= len(FORMATS)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(telos, tmp_path):
    path = tmp_path / "logs" / "large.jsonl"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    code, text = telos("audit", path, "--map", "map.toml")
    assert code == 2
    assert "bytes" in text


@pytest.mark.parametrize("name", ["pipe.jsonl", "zero.jsonl", "loop.jsonl", "absent.jsonl"])
def test_a_name_of_what_is_no_file_is_refused(telos, tmp_path, name):
    folder = tmp_path / "logs"
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    (folder / "loop.jsonl").symlink_to(folder / "loop.jsonl")
    code, text = telos("audit", folder / name, "--map", "map.toml")
    assert code == 2
    assert name in text


def test_a_folder_of_pipes_loops_and_devices_is_walked_and_ends(telos, tmp_path):
    folder = tmp_path / "logs"
    write(folder, "neutral", "s", STEPS, ["shell"])
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "loop.jsonl").symlink_to(folder / "loop.jsonl")
    (folder / "endless.jsonl").symlink_to("/dev/zero")
    (folder / "around").symlink_to(folder)
    code, text = telos("audit", folder, "--map", "map.toml", "--strict")
    assert code == 0
    for name in ("pipe.jsonl", "loop.jsonl", "endless.jsonl", "around"):
        assert f"skipped: {folder / name}: " in text


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("more", "expected"), [("", 1), ("\ud800", 2)])
def test_names_and_words_that_steer_a_terminal_are_written_out(
    telos, tmp_path, kind, more, expected
):
    evil = f"\x1b[2J=cmd|' /C calc'!A0\u202e{more}"
    steps = [
        ("user", f"watchdog {evil}"),
        ("call", evil, {evil: evil}, "done", evil),
        ("say", evil),
    ]
    path = tmp_path / "logs" / f"\x1b[2J{ENDINGS[kind]}"
    path.write_text(text_of(kind, evil, steps, [evil]))
    code, text = telos("audit", "logs", "--map", "map.toml", "--strict")
    assert code == expected
    assert ("unknown call" if expected == 1 else "cannot be read") in text
