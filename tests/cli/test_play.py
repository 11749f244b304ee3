"""telos play: writes a page of any scenario, and says what is wrong with what it is given."""

import signal
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pydantic_core import SchemaError

from telos.cli import main

play = import_module("telos.cli.play")

MINE = '''
import random
from dataclasses import dataclass
from telos import AbstractScenario, explore

@dataclass(frozen=True)
class Ring(AbstractScenario):
    size: int = 4

    def build(self):
        return explore(0, lambda s: {"on": (s + 1) % self.size, "stay": s})

@dataclass(frozen=True)
class Gate(AbstractScenario):
    """A gate <b>with</b> rooms behind it. It is a test."""

    def build(self):
        moves = {"gate": {"wait": "off", "walk": "hall"}, "hall": {"wait": "hall", "left": "l", "right": "r"}}
        off = {"off": lambda s: s == "off"}
        return explore("gate", lambda s: moves.get(s, {"wait": s}), features=off, default="wait")

@dataclass(frozen=True)
class Whim(AbstractScenario):
    def build(self):
        p = random.random()
        return explore(0, lambda s: {"on": {(s + 1) % 4: p, s: 1 - p}, "stay": s})

@dataclass(frozen=True)
class Broken(AbstractScenario):
    def build(self):
        raise ValueError("no world today")
'''


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs `telos play` in an empty folder; returns its exit code, its output and its messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "telos_test_play_mine", raising=False)
    (tmp_path / "telos_test_play_mine.py").write_text(MINE)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", "play", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


def refused(answer, *words):
    """Whether a command ended with 2 and one sentence that has the words in it."""
    code, out, err = answer
    assert code == 2, (out, err)
    assert "Traceback" not in out + err
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    for word in words:
        assert word in line


def test_a_shipped_page_is_written_and_may_be_written_again(telos, tmp_path):
    code, out, err = telos("off_switch", "--goals", "50")
    assert code == 0, err
    assert out.strip() == "off_switch.html"
    page = (tmp_path / "off_switch.html").read_text()
    assert 'id="telos-data"' in page
    assert "walking past the switch" in page
    assert "of 50 goals" in page
    assert len(page.encode()) <= 400_000
    assert telos("off_switch", "--goals", "20")[0] == 0
    assert "of 20 goals" in (tmp_path / "off_switch.html").read_text()


def test_a_world_of_ones_own_is_named_by_its_file(telos, tmp_path):
    code, _, err = telos("telos_test_play_mine.py:Ring(size=5)", "--goals", "20", "-o", "r.html")
    assert code == 0, err
    assert "nothing can be told" in (tmp_path / "r.html").read_text()


def test_what_does_not_fit_is_named_with_its_reason(telos, tmp_path):
    code, _, err = telos("telos_test_play_mine.py:Gate", "--goals", "20", "-o", "g.html")
    assert code == 0, err
    why = "Gate declares no world without the reason of self_preservation."
    assert f"left out: without the reason for self preservation. {why}" in err
    page = (tmp_path / "g.html").read_text()
    assert why in page
    assert "A gate &lt;b&gt;with&lt;/b&gt; rooms behind it. This world has 5 states" in page
    assert "It is a test" not in page
    assert "left out" not in telos("off_switch", "--goals", "20")[2]


def test_a_world_that_is_another_one_each_time_is_refused(telos, tmp_path):
    answer = telos("telos_test_play_mine.py:Whim", "--goals", "20", "-o", "w.html")
    refused(answer, "Whim.build makes another world each time", "default_rng(self.seed)")
    assert not (tmp_path / "w.html").exists()


def test_ctrl_c_while_a_schema_is_made_is_ctrl_c(telos, monkeypatch):
    def pressed(text):
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as problem:  # noqa: BLE001 - as pydantic does
            raise SchemaError(f"Error building a validator: {problem}") from None

    def wrong(text):
        raise SchemaError("Error building a validator")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(play, "_plan", pressed)
    code, _, err = telos("off_switch")
    signal.signal(signal.SIGINT, before)  # an interrupted command leaves a handler of its own
    assert code == 130
    assert "stopped" in err
    assert "validator" not in err
    monkeypatch.setattr(play, "_plan", wrong)
    refused(telos("off_switch"), "Error building a validator")


def test_nothing_else_is_written_over(telos, tmp_path):
    (tmp_path / "letter.html").write_text("Dear reader")
    (tmp_path / "folder.html").mkdir()
    quoting = '<meta name="generator" content="Telos and id="telos-data" are in every page.'
    (tmp_path / "notes.html").write_text(quoting)
    for name in ("letter.html", "folder.html", "notes.html"):
        refused(telos("off_switch", "-o", name), name, "-o")
    assert (tmp_path / "notes.html").read_text() == quoting
    assert (tmp_path / "letter.html").read_text() == "Dear reader"


def test_each_mistake_gets_one_sentence_with_a_remedy(telos):
    refused(telos("of_switch"), "Did you mean 'off_switch'?")
    refused(telos("off_switch", "--discount", "1"), "--discount")
    refused(telos("off_switch", "--goals", "3"), "--goals")
    refused(telos("off_switch", "--goals", "100001"), "--goals", "100,000")
    refused(telos("off_switch", "-o", "nowhere/x.html"), "nowhere")
    refused(telos("telos_test_play_mine.py:Ring(size=5001)"), "5,001 states", "smaller parameters")
    refused(telos("telos_test_play_mine.py:Broken"), "no world today")
    refused(telos("OffSwitch(rooms=0)"), "rooms")


def test_bounds_and_binding_go_together_and_must_fit(telos, tmp_path):
    refused(telos("off_switch", "--within", "rules.toml"), "--within and --binding go together")
    examples = Path(__file__).parents[2] / "examples" / "bounds"
    for name in ("factory.toml", "factory-world.toml"):
        (tmp_path / name).write_text((examples / name).read_text())
        (tmp_path / name).chmod(0o600)
    options = ("--within", "factory.toml", "--binding", "factory-world.toml")
    refused(telos("off_switch", *options), "carries no feature 'copies'")
    assert not list(tmp_path.glob("*.html"))


def test_a_place_that_takes_no_file_is_refused_before_anything_is_made(
    telos, tmp_path, monkeypatch
):
    monkeypatch.setattr("telos.play.made.made", lambda *given: pytest.fail("a page was made"))
    (tmp_path / "letter.html").write_text("Dear reader")
    for name in ("letter.html/x.html", f"{'x' * 300}.html"):
        refused(telos("off_switch", "-o", name), "cannot be written", "-o")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
