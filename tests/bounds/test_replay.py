"""Replay: what bounds would have said of logs that others wrote, and of a monitor's own."""

import hashlib
import json
import sys

import pytest

from bounds.deployment import BINDING, RULES, call, names, schema
from telos.audit.transcript import Call, Transcript, Unnamed
from telos.bounds.binding import Binding
from telos.bounds.happenings import Settled
from telos.bounds.log import keep_log
from telos.bounds.replay import replay
from telos.bounds.rules import Bounds
from telos.cli import main

PAID = {"price": 60, "count": 1, "to": "a"}
OPS = """bounds = 1
name = "ops"
denials = 20
opaque = "deny"
protected = ["off_switch"]

[[forbid]]
effect = ["write"]
on = "protected"

[budget.money]
max = 100
unit = "cent"

[[approve]]
effect = ["pay"]
above = { amount = 50, unit = "cent" }
asks = 3
"""
TOOLS = """binding = 1
for = "ops"
name = "tools"

[asset.off_switch]
[asset.work]

[tool.write]
schema = {type="object",additionalProperties=false,properties={path={type="string"}},required=["path"]}
effect = "write"
class = "reversible"
asset = { path = "path", longest_root = { "/data" = "work", "/data/off" = "off_switch" } }
"""


def transcript(*calls):
    """A transcript of calls: (tool, arguments, outcome)."""
    made_calls = tuple(
        Call(str(i), "m", i, tool, arguments, outcome)
        for i, (tool, arguments, outcome) in enumerate(calls)
    )
    return Transcript("a.eval", "1", 1, "m", None, made_calls)


def said(*calls):
    found = replay(Bounds(**RULES), Binding(**BINDING), [transcript(*calls)])
    return [(*names(each.ruling), each.reason) for each in found]


def test_a_transcript_is_judged_call_by_call():
    found = said(
        ("write_file", {"path": "/data/a"}, "executed"),
        ("write_file", {"path": "/data/monitor"}, "executed"),
        ("rm", {}, "executed"),
        ("pay", None, "executed"),
        ("pay", Unnamed(input="x"), "executed"),
        ("drop_copy", {}, "executed"),
        ("drop_copy", {}, "executed"),
    )
    assert [each[:2] for each in found] == [
        ("allow", ""),
        ("deny", "forbid[0]"),
        ("deny", "unbound"),
        ("deny", "unbound"),
        ("deny", "unbound"),
        ("allow", ""),
        ("deny", "keep[0]"),
    ]
    assert found[2][2] == "a tool that is not bound"


def test_what_was_executed_was_consented_to():
    run = said(("pay", PAID, "executed"), *[("pay", {**PAID, "price": 50}, "executed")] * 3)
    assert [each[1] for each in run] == ["approve[0]", "", "", "budget.money"]
    stopped = said(("pay", PAID, "denied"), *[("pay", {**PAID, "price": 50}, "executed")] * 4)
    assert [each[1] for each in stopped] == ["approve[0]", "", "", "", ""]


def test_an_argument_without_a_name_is_not_the_one_of_that_name():
    data = json.loads(json.dumps(BINDING))
    data["tool"]["delegate"]["schema"] = schema({"input": "string"})
    for given, bound in ((Unnamed(input="x"), False), ({"input": "x"}, True)):
        calls = transcript(("delegate", given, "denied"))
        (found,) = replay(Bounds(**RULES), Binding(**data), [calls])
        assert (found.ruling.rule != "unbound") == bound


def test_each_transcript_is_a_lineage_of_its_own():
    one = transcript(*[("pay", {**PAID, "price": 50}, "executed")] * 4)
    found = replay(Bounds(**RULES), Binding(**BINDING), [one, one])
    assert {names(each.ruling) for each in found} == {("allow", "")}


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command in a folder with bounds and a binding; returns its exit code, output and messages."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    for name, text in (("ops.toml", OPS), ("tools.toml", TOOLS)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", "bounds", "replay", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return typed


@pytest.fixture
def own(telos, tmp_path):
    """A monitor's own log, and where its head is."""
    from telos.bounds.files import load_binding, load_bounds
    from telos.bounds.monitor import BoundsMonitor

    monitor = BoundsMonitor(
        load_bounds(tmp_path / "ops.toml"), load_binding(tmp_path / "tools.toml"), lineage="r"
    )
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    ruling = call(monitor, "write", {"path": "/data/a"})
    monitor.step(Settled(ruling.sequence))
    call(monitor, "write", {"path": "/data/off"})
    call(monitor, "rm\x1b[31m", {})
    return tmp_path / "log"


def test_a_monitors_own_log_is_verified_and_judged_again(telos, own):
    code, out, err = telos("ops.toml", "log", "--head", "head", "-o", "calls.json")
    assert (code, err) == (1, "")
    assert "5 lines, verified against its head" in out
    assert "3 calls: deny 2, allow 1" in out
    assert "not bound here: rm\\x1b[31m" in out
    rows = json.loads((own.parent / "calls.json").read_text())
    assert [row["rule"] for row in rows] == ["", "forbid[0]", "unbound"]
    assert "consistent, tail unverifiable" in telos("ops.toml", "log")[1]


def test_a_folder_stands_for_the_monitors_logs_in_it(telos, own, tmp_path):
    (tmp_path / "logs").mkdir()
    own.rename(tmp_path / "logs" / "r.jsonl")
    (tmp_path / "head").rename(tmp_path / "logs" / "r.head")
    code, out, err = telos("ops.toml", "logs", "--head", "logs/r.head")
    assert (code, err) == (1, "")
    assert "5 lines, verified against its head" in out


def test_nothing_but_an_earlier_answer_is_replaced(telos, own, tmp_path):
    before = own.read_bytes()
    for name in ("log", "ops.toml", "."):
        code, out, err = telos("ops.toml", "log", "-o", name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"{name} " in err
    assert own.read_bytes() == before
    for _ in range(2):
        assert telos("ops.toml", "log", "-o", "calls.json")[0] == 1
    assert "no folder nowhere is there" in telos("ops.toml", "log", "-o", "nowhere/calls")[2]


def test_what_is_named_amiss_is_told_by_its_option(telos, own, tmp_path):
    assert "--head: nowhere is not there" in telos("ops.toml", "log", "--head", "nowhere")[2]
    text = (tmp_path / "tools.toml").read_text().replace('for = "ops"', 'for = "other"')
    (tmp_path / "others.toml").write_text(text)
    code, out, err = telos("ops.toml", "log", "--binding", "others.toml")
    assert (code, out) == (2, "")
    assert "others.toml: for is 'other', and these bounds are called 'ops'" in err


def test_other_bounds_are_asked_what_they_would_have_said(telos, own):
    own.with_name("strict.toml").write_text(
        OPS + '\n[[approve]]\neffect = ["write"]\non = "work"\nasks = 3\n'
    )
    own.with_name("strict.toml").chmod(0o600)
    code, out, _ = telos("strict.toml", "log", "--binding", "tools.toml")
    assert code == 1
    assert "escalate (approve[1]) 1 x write" in out


@pytest.mark.parametrize("left_out", ["verdict", "why", "rule", "tool", "at", "what", "event"])
def test_a_log_that_no_monitor_wrote_is_no_fault_of_ours(telos, own, left_out):
    """Who makes up a log can chain its lines as well as a monitor does."""
    lines, before = [], "0" * 64
    for line in own.read_bytes().splitlines():
        said = json.loads(line) | {"prev": before}
        said = {k: v for k, v in said.items() if k != left_out}
        lines.append(json.dumps(said, separators=(",", ":")).encode())
        before = hashlib.sha256(lines[-1]).hexdigest()
    own.write_bytes(b"\n".join(lines) + b"\n")
    code, _, err = telos("ops.toml", "log")
    assert code in (1, 2)
    assert "Traceback" not in err
    assert err.count("\n") <= 1


@pytest.mark.parametrize("damage", ["cut", "flip", "head"])
def test_a_log_that_was_changed_is_told_in_one_sentence(telos, own, damage):
    data = own.read_bytes()
    if damage == "cut":
        own.write_bytes(data[: data.rindex(b"\n", 0, -1) + 1])
    elif damage == "flip":
        own.write_bytes(data.replace(b'"deny"', b'"ask!"', 1))
    else:
        own.with_name("head").write_text("no head")
    code, _, err = telos("ops.toml", "log", "--head", "head")
    assert code == 2
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_a_head_is_of_one_log(telos, own):
    assert telos("ops.toml", "log", "log", "--head", "head")[0] == 2


def test_the_binding_is_named_where_there_are_several(telos, own):
    own.with_name("more.toml").write_text(TOOLS.replace('"tools"', '"more"'))
    own.with_name("more.toml").chmod(0o600)
    code, _, err = telos("ops.toml", "log")
    assert code == 2
    assert "more.toml, tools.toml" in err


def test_logs_of_inspect_are_judged(telos):
    from importlib.resources import files

    log = files("telos") / "templates" / "sample.eval"
    code, out, _ = telos("ops.toml", log)
    assert code == 1
    assert "not bound here: act" in out
    assert "deny (unbound)" in out
