"""The border: bad input of any kind ends with exit 2 and one sentence, and nothing printed acts."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from telos.cli import entry, main
from telos.core.errors import Interrupted

STUDY = """
from telos import Study, agents, drives, families, worlds
STUDY = Study(name="good", question="\\x1b[31m[bold]Why?[/bold] \\u202e",
    scenarios=(worlds.OffSwitch(rooms=2),), families=(families.Uniform(),),
    agents=(agents.Optimal(),), drives=(drives.SelfPreservation(),),
    discounts=(0.9,), n_goals=8)
"""
#: Study files that are none: what is in them, and a word of what is said.
FILES = {
    "exits": ("raise SystemExit(0)", "line 1: SystemExit"),
    "interrupts": ("raise KeyboardInterrupt", "line 1: KeyboardInterrupt"),
    "breaks": ("class Odd(BaseException): pass\nraise Odd", "line 2: Odd"),
    "binary": (b"\x00\xff\x00", "SyntaxError"),
    "latin": (b'x = "\xff"', "SyntaxError"),
    "nested": ("(" * 100_000, "SyntaxError"),
    "recursive": ("def f(): f()\nf()", "RecursionError"),
    "selfish": ("from telos_test_selfish import STUDY", "ImportError"),
    "large": ("x = 1\n" * 400_000, "at most"),
    "escapes": ('raise ValueError("\\x1b[31mred \\u202e")', r"\x1b[31mred \u202e"),
    "empty": ("", "has no study"),
    "no study": ("STUDY = 3", "has no study"),
}
ODD_PATHS = (
    "folder.py",
    "pipe.py",
    "loop.py",
    "missing.py",
    "a b.py",
    "notes.txt.py/x.py",
    "\n.py",
)


@pytest.fixture
def telos(monkeypatch, capsys):
    """Runs a command as if typed; returns its exit code, its output and its messages."""

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def _refused(answer, *words):
    code, out, err = answer
    assert code == 2, (out, err)
    assert "Traceback" not in out + err
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    assert all(word in err for word in words), err
    assert "\x1b" not in err
    assert "\u202e" not in err


@pytest.mark.parametrize("name", FILES)
def test_a_study_file_that_is_none_is_refused_in_a_sentence(telos, here, name):
    text, word = FILES[name]
    path = here / f"telos_test_{name.replace(' ', '_')}.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for words in (("run", path.name, "--out", here / "out"), ("cite", path.name)):
        _refused(telos(*words), word, path.name)
    assert not (here / "out").exists()
    sys.modules.pop(path.stem, None)


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
@pytest.mark.parametrize("name", ODD_PATHS)
def test_a_path_that_is_no_file_is_refused_and_not_waited_for(telos, here, name):
    (here / "folder.py").mkdir()
    os.mkfifo(here / "pipe.py")
    (here / "loop.py").symlink_to(here / "loop.py")
    (here / "notes.txt.py").write_text("")
    _refused(telos("run", name))


@pytest.mark.parametrize("option", ["--goals", "--seed", "--jobs"])
@pytest.mark.parametrize(
    "text", ["1" * 5000, "1e99", "1e99999999", "-1", "x\x1b[2J", "", "٣", "0x10"]
)
def test_an_option_that_is_no_number_is_refused_and_shown_short(telos, here, option, text):
    answer = telos("run", "gates", option, text)
    _refused(answer, option)
    assert len(answer[2]) < 400


@pytest.mark.parametrize(
    "out", ["file", "pipe", "/dev/null", "/proc/nope/x", "file/below", "x" * 300]
)
def test_a_place_that_cannot_be_made_is_refused(telos, here, out):
    (here / "file").write_text("mine")
    os.mkfifo(here / "pipe")
    _refused(telos("run", "gates", "--goals", 4, "--out", out))
    assert (here / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "path", ["x:y", "nope.py:Part", ":", "x:", ":y", "os:getcwd", "sys:exit", "good.py:nope"]
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_dotted_path_that_names_nothing_is_refused(telos, here, command, path):
    (here / "good.py").write_text(STUDY)
    _refused(telos(command, path))
    sys.modules.pop("good", None)


def test_a_part_in_a_file_is_checked_by_the_name_of_the_file(telos, here):
    (here / "telos_test_own.py").write_text(
        "from telos.worlds import OffSwitch\nSMALL = OffSwitch(rooms=2)\n"
    )
    code, out, _ = telos("check", "telos_test_own.py:SMALL")
    assert code == 0
    assert "0 failed" in out
    sys.modules.pop("telos_test_own", None)


def test_what_a_study_says_of_itself_cannot_steer_the_terminal(telos, here):
    (here / "telos_test_steers.py").write_text(STUDY)
    code, out, err = telos("run", "telos_test_steers.py", "--out", here / "out", "--jobs", 1)
    assert code == 0
    assert r"\x1b[31m[bold]Why?[/bold] \u202e" in err
    assert "\x1b" not in out + err
    sys.modules.pop("telos_test_steers", None)


# -- one border --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x.csv"), "The disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "can only be read"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deep"),
        (MemoryError(), "memory is used up"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "UTF-8"),
        (pl.exceptions.ComputeError("found more fields\x1b[2J"), r"found more fields\x1b[2J"),
        (pl.exceptions.NoDataError("empty CSV"), "empty CSV"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "is gone"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_system_and_libraries_raise_becomes_a_sentence(telos, monkeypatch, problem, word):
    def raise_it():
        raise problem

    monkeypatch.setattr(entry, "app", raise_it)
    _refused(telos("list"), word)


def test_what_pydantic_raises_becomes_a_sentence(telos, monkeypatch):
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(int)
    monkeypatch.setattr(entry, "app", lambda: adapter.validate_python("x"))
    _refused(telos("list"), "valid integer")


def test_a_fault_of_ours_says_so_and_where(telos, monkeypatch):
    monkeypatch.setattr(entry, "app", lambda: {}["nothing"])
    code, _, err = telos("list")
    assert code == 70
    assert "KeyError" in err
    assert "Please report it" in err


@pytest.mark.parametrize("by", [2, 15])
def test_a_signal_ends_any_command_with_its_own_code(telos, monkeypatch, by):
    def raise_it():
        raise Interrupted(by)

    monkeypatch.setattr(entry, "app", raise_it)
    code, _, err = telos("list")
    assert code == 128 + by
    assert "stopped" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_an_output_that_takes_nothing_or_is_not_there_ends_in_good_order():
    words = [sys.executable, "-m", "telos", "list"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "The disk is full" in done.stderr
    closed = subprocess.run(
        ["sh", "-c", f'"{words[0]}" -m telos list >&- 2>&-'], capture_output=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, b"")
    narrow = subprocess.run(
        [*words, "worlds"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert narrow.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="closes a pipe")
def test_a_reader_who_leaves_is_left_in_silence():
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "telos", "list"]
    done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
