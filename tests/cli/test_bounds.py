"""telos bounds: what is verified is written whole, checked anew, and each slip gets one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from telos.cli import main
from telos.cli.conditions import Condition, read_conditions
from telos.core.errors import StudyError

RULES = """
bounds = 1
name = "ops"
denials = 3
opaque = "deny"
protected = ["off_switch"]
[[forbid]]
effect = ["disable"]
on = "protected"
[[keep]]
asset = "lamp"
recoverable = true
"""
BINDING = """
binding = 1
for = "ops"
name = "rooms"
[world]
part = "OffSwitch"
fields = { rooms = 2 }
[asset.off_switch]
moves = ["off"]
[asset.lamp]
start = 0
cap = 1
level = "observed"
feature = "off"
[[act]]
drive = "self_preservation"
effect = "disable"
asset = "off_switch"
class = "reversible"
[[act]]
action = "walk on"
effect = "none"
class = "reversible"
"""

TOOL = """
[tool.look]
schema = { type = "object", properties = {}, required = [], additionalProperties = false }
effect = "none"
class = "read_only"
"""
GATE = """
from dataclasses import dataclass

from telos import AbstractScenario, explore


@dataclass(frozen=True)
class Gate(AbstractScenario):
    'A gate, and a switch behind it.'

    def build(self):
        ways = {"gate": {"wait": "off", "walk on": "yard", "hold": "gate"}}
        return explore(
            "gate",
            lambda s: ways.get(s, {"wait": s, "walk on": s}),
            features={"off": lambda s: s == "off"},
            default="wait",
            name="gate",
        )
"""


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command as if typed, in a folder of its own; returns exit code, output and messages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ops.toml").write_text(RULES)
    (tmp_path / "ops-rooms.toml").write_text(BINDING)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


def test_a_verification_is_told_and_written_and_its_certificate_holds(telos):
    code, said, _ = telos("bounds", "verify", "ops.toml", "--goals", 4)
    assert code == 0
    assert said.index("Labels:") < said.index("Closed:")
    assert all(f"\n{word} (" in said for word in ("Proved", "Computed", "Unchecked"))
    assert "safe" not in said.lower()
    folder = Path("results/bounds-ops")
    assert f"The page: {folder / 'bounds.html'}\n" in said
    page = (folder / "bounds.html").read_text(encoding="utf-8")
    assert "never disable what is protected" in page, "rules stand in words"
    data = json.loads((folder / "verify.json").read_text())
    assert data["worlds"][0]["certificate"] == "certificate.json"
    code, said, _ = telos("bounds", "certify", folder)
    assert code == 0
    assert "rooms: " in said
    (folder / "bounds.toml").write_text(RULES.replace("denials = 3", "denials = 4"))
    code, said, _ = telos("bounds", "certify", folder)
    assert (code, said) == (1, "violated: bounds.toml is another file\n")
    assert telos("bounds", "verify", "ops.toml", "--goals", 4)[0] == 0  # ours is replaced
    assert telos("bounds", "certify", folder)[0] == 0


def test_what_is_no_longer_certified_leaves_no_certificate(telos, tmp_path):
    telos("bounds", "verify", "ops.toml", "--goals", 2, "-o", "out")
    before = (tmp_path / "out" / "bounds.html").read_text()
    (tmp_path / "ops-rooms.toml").write_text(
        BINDING.replace('level = "observed"\nfeature = "off"', 'level = "counted"')
    )
    code, said, _ = telos("bounds", "verify", "ops.toml", "--goals", 2, "-o", "out")
    assert code == 0
    assert "not certified" in said
    assert {path.name for path in Path("out").iterdir()} == {"verify.json", "bounds.html"}
    assert (tmp_path / "out" / "bounds.html").read_text() != before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.toml"], "missing.toml"),
        (["ops.toml", "--binding", "missing.toml"], "missing.toml"),
        (["ops.toml", "--binding", "ops.toml"], "ops.toml"),
        (["ops.toml", "--world", "Ofswitch"], "Did you mean 'OffSwitch'"),
        (["ops.toml", "--world", "Optimal"], "is not a world"),
        (["ops.toml", "--world", "nowhere:Maze"], "nowhere"),
        (["ops.toml", "--world", "PaperclipFactory"], "no action 'walk on'"),
        (["ops.toml", "-o", "ops.toml"], "-o: ops.toml"),
        (["ops.toml", "-o", "."], "holds 'ops-rooms.toml' but no verify.json"),
        (["ops.toml", "-o", "ops.toml/in"], "-o: ops.toml/in"),
        (["ops.toml", "--goals", "0"], "--goals: '0' is too small"),
        (["ops.toml", "--goals", "many"], "--goals: 'many' is not an integer"),
        (["ops.toml", "--discount", "1"], "--discount: '1' is not a number at least 0 and below 1"),
        (["ops.toml", "--discount", "nan"], "--discount: 'nan' is not a number"),
        (
            ["ops.toml", "--overseer-errs", "1.5"],
            "--overseer-errs: '1.5' is not a number from 0 to 1",
        ),
        (["ops.toml", "--overseer-errs", "-0.1"], "--overseer-errs: '-0.1' is not"),
        (["ops.toml", "--world", "ops.toml"], "--world: ops.toml is not a folder of a world"),
        (
            ["ops-rooms.toml"],
            "this is a binding; name the bounds that it is for: their name is 'ops'",
        ),
        (["ops.toml", "--keep", "fly"], "--keep: "),
        (
            ["ops.toml", "--fail-if", "closure"],
            "--fail-if: 'closure' is not NAME[.QUANTITY] OP NUMBER",
        ),
        (["ops.toml", "--fail-if", "closer > 0"], "Did you mean 'closure'"),
        (["ops.toml", "--fail-if", "replication.don > 0"], "Did you mean 'done'"),
        (["ops.toml", "--fail-if", "closure.required > 0"], "Known: done, upper"),
        (["ops.toml", "--fail-if", "labels.done > 0"], "It is a count: write labels > 0"),
        (["ops.toml", "--fail-if", "replication => 0"], "is not NAME"),
        (["ops.toml", "--fail-if", "replication > inf"], "'inf' is not a decimal number"),
        (["ops.toml", "--fail-if", "replication > 5"], "Write 0.05 for 5 %"),
    ],
)
def test_a_slip_gets_one_sentence(telos, words, message):
    code, said, warned = telos("bounds", "verify", *words)
    assert (code, said) == (2, "")
    assert warned.startswith("error: ")
    assert warned.count("\n") == 1
    assert message in warned
    assert "Traceback" not in warned
    assert not Path("results").exists()


def test_a_foreign_folder_is_left_as_it_is(telos, tmp_path):
    for name, text in (("notes.txt", "mine"), ("verify.json", "{}")):
        folder = tmp_path / f"of {name}"
        folder.mkdir()
        (folder / name).write_text(text)
        code, _, warned = telos("bounds", "verify", "ops.toml", "-o", folder)
        assert code == 2
        assert warned.count("\n") == 1
        assert [path.name for path in folder.iterdir()] == [name]
        assert (folder / name).read_text() == text


def test_a_place_without_rights_is_told_before_anything_is_computed(telos, monkeypatch):
    monkeypatch.setattr("os.access", lambda place, mode: not mode & os.W_OK)
    code, said, warned = telos("bounds", "verify", "ops.toml", "-o", "new/folder")
    assert (code, said) == (2, "")
    assert "takes no files. Name an empty or a new folder" in warned
    assert not Path("new").exists()


def test_a_folder_of_other_bounds_is_refused(telos, tmp_path):
    telos("bounds", "verify", "ops.toml", "--goals", 2, "-o", "out")
    before = (tmp_path / "out/verify.json").read_bytes()
    for name in ("ops.toml", "ops-rooms.toml"):
        path = tmp_path / name
        path.write_text(path.read_text().replace('"ops"', '"others"'))
    code, _, warned = telos("bounds", "verify", "ops.toml", "-o", "out")
    assert code == 2
    assert "holds the bounds 'ops', not 'others'" in warned
    assert (tmp_path / "out/verify.json").read_bytes() == before


def test_a_world_of_ones_own_takes_the_place_of_the_one_that_is_named(telos, tmp_path):
    (tmp_path / "gate.py").write_text(GATE)
    code, said, _ = telos("bounds", "verify", "ops.toml", "--world", "gate.py:Gate", "--goals", 2)
    assert code == 0
    assert "ops in gate (rooms)" in said


def test_two_bindings_of_one_name_are_refused(telos, tmp_path):
    (tmp_path / "ops-again.toml").write_text(BINDING)
    code, _, warned = telos("bounds", "verify", "ops.toml")
    assert code == 2
    assert "two bindings are called 'rooms'" in warned


def test_tools_without_a_world_are_verified_in_what_they_span(telos, tmp_path):
    tools = BINDING.replace('[world]\npart = "OffSwitch"\nfields = { rooms = 2 }', "")
    (tmp_path / "ops-rooms.toml").write_text(tools.partition("[[act]]")[0] + TOOL)
    code, said, _ = telos("bounds", "verify", "ops.toml")
    assert code == 0
    assert "rooms: 1 tool, 0 opaque" in said
    code, said, warned = telos("bounds", "verify", "ops.toml", "--world", "OffSwitch")
    assert (code, said) == (2, "")
    assert "--world: no binding of 'ops' has an [[act]]" in warned
    assert telos("bounds", "verify", "ops.toml", "--fail-if", "closure >= 0")[0] == 1


def test_ctrl_c_leaves_nothing_behind(telos, tmp_path):
    words = ["bounds", "verify", "ops.toml", "--goals", "300000", "-o", "out"]
    command = subprocess.Popen(
        [sys.executable, "-m", "telos", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    time.sleep(4)
    command.send_signal(signal.SIGINT)
    said, warned = command.communicate(timeout=60)
    assert (command.returncode, said) == (130, b""), warned
    assert b"Traceback" not in warned
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "[", "{}", '{"worlds": [{}]}', '{"worlds": 1}', "[" * 10**5])
def test_a_certificate_that_cannot_be_read_is_refused(telos, tmp_path, text):
    (tmp_path / "certificate.json").write_text(text)
    code, said, warned = telos("bounds", "certify", tmp_path)
    assert (code, said) == (2, "")
    assert warned.startswith(f"error: {tmp_path}: cannot be read")
    assert warned.count("\n") == 1


def test_a_folder_without_a_certificate_is_refused(telos, tmp_path):
    code, _, warned = telos("bounds", "certify", "nowhere")
    assert (code, warned.count("\n")) == (2, 1)
    assert "no nowhere/certificate.json is there" in warned
    (tmp_path / "verify.json").touch()
    assert "what was verified there is not certified" in telos("bounds", "certify", tmp_path)[2]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("closure > 0", 0),
        ("closure.upper >= 0", 1),
        ("labels > 1000", 0),
        ("labels >= 0", 1),
        ("loopholes > 6", 0),
        ("loopholes >= 0", 1),
        ("off_switch < 0", 0),
        ("off_switch>=0", 1),
        ("self_preservation.done > 1", 0),
        ("self_preservation == 0", 1),
        ("replication > 1", 1),  # no pair of the world pursues it: not applicable
    ],
)
def test_a_condition_decides_the_exit_code(telos, condition, code):
    words = ("bounds", "verify", "ops.toml", "--goals", 2, "--fail-if", condition)
    found, _, warned = telos(*words)
    assert found == code
    assert ("failed: " in warned) == bool(code)


def test_any_one_condition_fails_and_what_is_not_decided_fails(telos, tmp_path):
    pair = ("--fail-if", "closure > 0", "--fail-if", "labels >= 0")
    assert telos("bounds", "verify", "ops.toml", "--goals", 2, *pair)[0] == 1
    (tmp_path / "ops.toml").write_text(RULES.partition("[[keep]]")[0])
    code, _, warned = telos(
        "bounds", "verify", "ops.toml", "--goals", 2, "--fail-if", "closure > 0"
    )
    assert code == 1
    assert "not decided" in warned


def test_conditions_are_read_as_they_are_written():
    found = read_conditions(["a.b.upper >= 0.5", " closure==2 "], ["a.b"], {"closure": ["done"]})
    assert found == (
        Condition("a.b", "upper", ">=", 0.5),
        Condition("closure", "", "==", 2.0),
    )
    with pytest.raises(StudyError, match="1_0"):
        read_conditions(["closure > 1_0"], [], {"closure": ["done"]})
    assert Condition("x", "done", ">", 0.5).met({}) != ""
    assert Condition("x", "done", ">", 0.5).met({"here": None}) != ""
    assert Condition("x", "done", ">", 0.5).met({"here": 0.5}) == ""
    assert Condition("x", "done", ">", 0.5).met({"here": 0.2, "there": 0.6}).endswith("0.6 (there)")


STUDY = """
from telos import Study, agents, drives, families, worlds

STUDY = Study(
    name="gate",
    question="Is it kept on?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(), drives.ResourceAcquisition()),
    discounts=(0.9,),
    n_goals=20,
)
"""


@pytest.mark.parametrize(
    ("conditions", "code", "message"),
    [
        (["self_preservation > 0.99"], 0, ""),
        (["self_preservation.upper > 0.1"], 1, "failed: self_preservation.upper > 0.1: it is 0."),
        (["self_preservation.done >= 0", "self_preservation > 0.99"], 1, "done >= 0"),
        (["replication > 0.5"], 1, "replication.required > 0.5: nothing was measured"),
        (["resource_acquisition > 0.5"], 1, "nothing was measured"),
        (["closure > 0"], 2, "nothing is called 'closure'"),
        (["self_preservation"], 2, "is not NAME[.QUANTITY] OP NUMBER"),
    ],
)
def test_a_run_fails_on_a_condition_over_its_drives(telos, tmp_path, conditions, code, message):
    file = f"{tmp_path.name}_gate.py"  # Python loads a module of one name once
    (tmp_path / file).write_text(STUDY)
    words = [word for text in conditions for word in ("--fail-if", text)]
    found, _, warned = telos("run", file, "--no-controls", *words)
    assert found == code
    assert message in warned
    assert ("failed: " in warned) == (code == 1)
