"""Logs and maps that somebody made to do harm: nothing is run, nothing hangs, each is named or refused."""

import io
import json
import os
import re
import struct
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest

from audit import made_samples as made
from audit.made_logs import THEIRS
from telos.cli import main
from telos.llm.setup import TEXT_VERSION

pytestmark = [pytest.mark.filterwarnings(theirs) for theirs in THEIRS]

NAME = "2026-01-01T00-00-00+00-00_t_t"
#: Worlds that a record must not be able to name: each would leave a file, or read one.
PARTS = (
    {"part": "subprocess:run", "args": "touch ran"},
    {"part": "os:system", "command": "touch ran"},
    {"part": "builtins:exec", "object": "open('ran', 'w')"},
    {"part": "pathlib:Path.touch"},
    {"part": "planted:Boom"},
    {"part": "telos.interop.explicit:ExplicitWorld", "path": "/etc/passwd"},
    {"part": "telos.interop.minigrid:MiniGrid", "id": "planted:Boom-v0"},
    {"part": "telos.interop.toy_text:ToyText", "id": "planted:Boom-v0"},
    {"part": "telos.worlds.off_switch:OffSwitch", "rooms": 10**9},
    {"part": "telos.worlds.off_switch:OffSwitch", "rooms": {"part": "os:system"}},
    {"part": "telos.worlds.off_switch:OffSwitch.__init__"},
    {"part": "telos.worlds.random_world:RandomWorld", "states": 10**6, "actions": 10**6},
    {"part": "telos.worlds.paperclip:PaperclipFactory", "products": ["x"] * 10**5},
)


def _sample(**more):
    message = made.asks(made.call())
    events = [made.turn(message), made.ran()]
    return made.sample_of([message, made.answers()], events, uuid="u", **more)


def _clean():
    message = made.asks(made.call("ls"))
    return made.sample_of([message, made.answers()], [made.turn(message), made.ran("ls")])


def _whole(**more):
    """A log as plain data."""
    with tempfile.TemporaryDirectory() as folder:
        path = made.write(made.log_of(_sample()), Path(folder), "a.json")
        return json.loads(path.read_text()) | more


def _json(data):
    return {f"{NAME}.json": data if isinstance(data, bytes) else json.dumps(data).encode()}


def _archive(parts, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _eval(sample=None, head=None, **parts):
    whole = _whole()
    held = whole.pop("samples")[0] if sample is None else sample
    data = held if isinstance(held, bytes) else json.dumps(held)
    head = json.dumps({**whole, **(head or {})})
    return {
        f"{NAME}.eval": _archive({"header.json": head, "samples/s_epoch_1.json": data, **parts})
    }


def _lying():
    """An archive whose directory says that its sample has ten bytes, where it has a hundred million."""
    (data,) = _eval(sample=b" " * 10**8).values()
    place = data.rindex(b"PK\x01\x02")
    crc = zlib.crc32(b" " * 10)
    forged = struct.pack("<I", crc) + data[place + 20 : place + 24] + struct.pack("<I", 10)
    return {f"{NAME}.eval": data[: place + 16] + forged + data[place + 28 :]}


def _nested(depth):
    return "[" * depth + "]" * depth


LOGS = {
    "no archive": lambda: {f"{NAME}.eval": b"not a zip"},
    "empty": lambda: {f"{NAME}.eval": b""},
    "an empty archive": lambda: {f"{NAME}.eval": _archive({})},
    "cut short": lambda: {f"{NAME}.eval": next(iter(_eval().values()))[:-150]},
    "another archive": lambda: {f"{NAME}.eval": _archive({"word/document.xml": "<x/>"})},
    "a head that is not a table": lambda: {f"{NAME}.eval": _archive({"header.json": "[1]"})},
    "a nested head": lambda: {f"{NAME}.eval": _archive({"header.json": _nested(100_000)})},
    "a nested sample": lambda: _eval(sample=_nested(100_000).encode()),
    "nested arguments": lambda: _eval(sample=json.dumps(_whole()["samples"][0]).replace(
        '"mask watchdog"', _nested(400)).encode()),
    "a head of a gigabyte": lambda: {
        f"{NAME}.eval": _archive({"header.json": b" " * 300_000_000})
    },
    "a sample of a gigabyte": lambda: _eval(sample=b" " * 300_000_000),
    "a size that lies": _lying,
    "two samples in the place of one": lambda: _eval(sample=b"{}, {}"),
    "a sample that is a number": lambda: _eval(sample=7),
    "a kind of event nobody knows": lambda: _eval(
        sample=_whole()["samples"][0] | {"events": [{"event": "telepathy"}]}
    ),
    "a kind of content nobody knows": lambda: _eval(sample=json.dumps(_whole()["samples"][0]).replace(
        '"content": ""', '"content": [{"type": "deed", "does": 1}]').encode()),
    "numbers that are none": lambda: _json(
        json.dumps(_whole(stats={"started_at": "", "completed_at": ""})).replace(
            '"working_start": 0.0', '"working_start": NaN').encode()),
    "json cut short": lambda: _json(json.dumps(_whole()).encode()[:-300]),
    "nested json": lambda: _json(_nested(100_000).encode()),
    "json of another kind": lambda: _json({"hello": 1}),
    "json that is not text": lambda: _json(b"\xff\xfe\x00{"),
    "samples that are no list": lambda: _json(_whole(samples={"a": 1})),
    "a million epochs": lambda: _json(
        (data := _whole()) | {"eval": data["eval"] | {"config": {"epochs": 10**12}}}
    ),
    "a version of the future": lambda: _json(_whole(version=99)),
    "a file name that steers": lambda: {"\x1b[2J\x1b]0;x\x07.eval": b"not a zip"},
    "a name that climbs": lambda: _eval(**{"samples/../../../ran_epoch_1.json": "{}"}),
    "a name that steers": lambda: _eval(
        sample=_whole()["samples"][0] | {"id": "\x1b[2J=cmd|' /C calc'!A0"}
    ),
}  # fmt: skip


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command in a folder of its own; gives exit code and everything that was printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.toml").write_text(made.MAP)
    (tmp_path / "planted.py").write_text("open('ran', 'w')\nclass Boom: pass\n")

    def typed(*words):
        before = {p for p in tmp_path.rglob("*") if "out" not in p.parts}
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words), "--out", "out"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        text = said.out + said.err
        assert "Traceback" not in text
        assert not {"\x1b", "\x07"} & set(text)
        assert {p for p in tmp_path.rglob("*") if "out" not in p.parts} == before
        assert "planted" not in sys.modules
        return end.value.code or 0, text

    return typed


def _put(files, folder="logs"):
    Path(folder).mkdir(exist_ok=True)
    for name, data in files.items():
        (Path(folder) / name).write_bytes(data)
    return folder


def _open_or_seen(code, text):
    """A hostile log is never clean: what ran in it is found, or it is named as unread or incomplete."""
    assert code in (1, 2)
    if code == 2:
        assert "error: " in text


@pytest.mark.parametrize("kind", LOGS)
def test_a_hostile_log_is_refused_or_left_open_and_never_clean(telos, kind):
    folder = _put(LOGS[kind]())
    _open_or_seen(*telos("audit", folder, "--map", "map.toml", "--strict"))
    code, text = telos("compare", folder)
    assert code == 2
    assert "error: " in text


@pytest.mark.parametrize("kind", ["no archive", "nested json", "a sample of a gigabyte"])
def test_a_hostile_log_does_not_keep_the_others_from_being_read(telos, kind, tmp_path):
    folder = _put(LOGS[kind]())
    made.write(made.log_of(_clean()), tmp_path / "logs", "2026-01-02T00-00-00+00-00_t_b.eval")
    code, text = telos("audit", folder, "--map", "map.toml")
    assert code == 2
    assert "cannot be read" in text
    assert "sample" in text.splitlines()[0]
    assert (tmp_path / "out" / "audit.json").is_file()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part["part"])
def test_a_setup_names_no_code_and_opens_no_file(telos, part):
    setup = {
        "scenario": part, "goal": [0.0] * 4, "other": [], "goal_name": "g", "stratum": "",
        "discount": 0.9, "framing": "loaded", "instruction": "none", "seed": 0,
        "paraphrase": 0, "dynamics": "stated", "cue": "none", "ticks": 0, "looks": "free", "arm": "",
    }  # fmt: skip
    sample = _sample(metadata={"telos": "0", "text_version": TEXT_VERSION, "setup": setup})
    made.write(made.log_of(sample, metadata={"telos": "0"}), Path("logs"))
    code, text = telos("compare", "logs")
    assert code == 2
    assert "setup of an episode cannot be read" in text
    assert not Path("ran").exists()


def test_a_folder_of_pipes_loops_and_devices_is_walked_and_ends(telos, tmp_path):
    folder = tmp_path / "logs"
    made.write(made.log_of(_clean()), folder)
    os.mkfifo(folder / "pipe.eval")
    os.mkfifo(folder / "logs.json")
    (folder / "loop.eval").symlink_to(folder / "loop.eval")
    (folder / "gone.eval").symlink_to(folder / "nowhere")
    (folder / "endless.json").symlink_to("/dev/zero")
    (folder / "around").symlink_to(folder)
    code, text = telos("audit", folder, "--map", "map.toml", "--strict")
    assert code == 0
    for name in ("pipe.eval", "logs.json", "loop.eval", "gone.eval", "endless.json", "around"):
        assert f"skipped: {folder / name}: " in text


@pytest.mark.parametrize("command", ["audit", "compare"])
@pytest.mark.parametrize("name", ["pipe.eval", "pipe.json", "zero.json", "loop.eval", "absent"])
def test_a_name_of_what_is_no_log_is_refused(telos, tmp_path, command, name):
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe.eval")
    os.mkfifo(folder / "pipe.json")
    (folder / "zero.json").symlink_to("/dev/zero")
    (folder / "loop.eval").symlink_to(folder / "loop.eval")
    more = ["--map", "map.toml"] if command == "audit" else []
    code, text = telos(command, folder / name, *more)
    assert code == 2
    assert name in text


MAPS = {
    "no text": b"\x00\xff\xfe",
    "ten megabytes": b"#" * 10_000_000,
    "nested": b"x = " + b"[" * 100_000,
    "nested dots": b"a" + b".a" * 100_000 + b" = 1",
    "a number of a million digits": b"x = " + b"9" * 900_000,
    "no entry": b"",
    "a template": b"[[affordance]]\ntool = '{{ 7 * 7 }}'\n",
    "an unknown key": made.MAP.replace("object", "objekt").encode(),
    "a pattern that is a bomb": made.MAP.replace("mask watchdog", r"(\\pL?){1000}z").encode(),
    "a pattern that looks around": made.MAP.replace("mask watchdog", "(?=mask)").encode(),
    "a wish that steers": made.MAP.replace("toward", r"\u001b]0;x\u0007").encode(),
    "deep questions": re.sub(
        "when = .*", "when = { " + "a." * 5_000 + "b = 1 }", made.MAP
    ).encode(),
}


@pytest.mark.parametrize("kind", MAPS)
def test_a_hostile_map_is_refused_with_its_place(telos, tmp_path, kind):
    made.write(made.log_of(_clean()), tmp_path / "logs")
    (tmp_path / "map.toml").write_bytes(MAPS[kind])
    code, text = telos("audit", "logs", "--map", "map.toml")
    assert code == 2
    assert "error: map.toml" in text


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder", "a loop"])
def test_a_map_that_is_no_file_is_refused(telos, tmp_path, kind):
    made.write(made.log_of(_clean()), tmp_path / "logs")
    path = tmp_path / "odd.toml"
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "a device" else path)
    code, text = telos("audit", "logs", "--map", path)
    assert code == 2
    assert f"error: {path}" in text


def test_a_pattern_that_would_take_others_forever_ends_here(telos, tmp_path):
    (tmp_path / "map.toml").write_text(made.MAP.replace("mask watchdog", "(a|a)*(a+)+(a*)*b"))
    message = made.asks(made.call("a" * 60_000))
    made.write(made.log_of(made.sample_of([message, made.answers()])), tmp_path / "logs")
    assert telos("audit", "logs", "--map", "map.toml")[0] == 0
