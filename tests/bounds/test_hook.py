"""The hook: one process a call, one lineage a session, and whatever goes wrong denies."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from telos.bounds import hook
from telos.bounds.hook import hooked, main
from telos.bounds.log import check_log
from telos.bounds.monitor import DENIED
from telos.core.errors import BoundsError

RULES = """bounds = 1
name = "ops"
denials = 3
opaque = "deny"
protected = ["monitor"]
[[forbid]]
effect = ["write", "delete"]
on = "protected"
[[forbid]]
effect = ["replicate"]
unless = { live = 1, total = 2 }
[[keep]]
asset = "rows"
at_least = 1
[[keep]]
asset = "copies"
at_least = 1
[budget.money]
max = 100
unit = "cent"
[[approve]]
effect = ["pay"]
above = { amount = 30, unit = "cent" }
asks = 2
[stop]
lease_s = 86400
"""
OBJECT = 'schema = {{ type = "object", properties = {{ {0} }}, required = [{1}], '
OBJECT += "additionalProperties = false }}"
TOOLS = f"""binding = 1
for = "ops"
name = "host"
[asset.monitor]
[asset.work]
[asset.rows]
start = 3
cap = 3
level = "counted"
[asset.copies]
start = 2
cap = 2
level = "observed"
[tool.Write]
{OBJECT.format('file_path = { type = "string" }', '"file_path"')}
effect = "write"
class = "reversible"
asset = {{ path = "file_path", longest_root = {{ "WORK" = "work", "WORK/monitor" = "monitor" }} }}
[tool.pay]
{OBJECT.format('cents = { type = "integer" }', '"cents"')}
effect = "pay"
class = "externally_reversible"
charges = {{ money = {{ product = ["cents"] }} }}
[tool.Task]
{OBJECT.format('prompt = { type = "string" }', '"prompt"')}
effect = "replicate"
class = "reversible"
[tool.add_row]
{OBJECT.format("", "")}
effect = "add"
asset = "rows"
class = "reversible"
[tool.drop_row]
{OBJECT.format("", "")}
effect = "remove"
asset = "rows"
class = "reversible"
[tool.drop_copy]
{OBJECT.format("", "")}
effect = "remove"
asset = "copies"
class = "reversible"
"""


@pytest.fixture
def host(tmp_path):
    """A host that tells the hook of its events, and what it makes of the answers."""
    return Host(tmp_path)


class Host:
    """Files, a folder for logs, and one session."""

    def __init__(self, folder):
        folder.chmod(0o700)
        self.folder, self.log, self.head = folder, folder / "log", folder / "head"
        self.head.mkdir(mode=0o700)
        self.work = os.path.realpath(folder / "work")
        Path(self.work).mkdir()
        (folder / "ops.toml").write_text(RULES)
        (folder / "tools.toml").write_text(TOOLS.replace("WORK", self.work))

    def tell(self, event="PreToolUse", tool=None, session="s1", **more):
        """The answer to an event."""
        said = {"session_id": session, "hook_event_name": event, **more}
        if tool is not None:
            said |= {"tool_name": tool, "tool_input": said.get("tool_input", {})}
        return json.loads(self.answer(json.dumps(said).encode()))

    def answer(self, data):
        """The text of an answer."""
        files = (self.folder / "ops.toml", self.folder / "tools.toml")
        return hooked(data, *files, self.log, self.head)

    def call(self, tool, given=None, **more):
        """The word that the host is told of a call."""
        answer = self.tell(tool=tool, tool_input=given or {}, **more)
        return answer["hookSpecificOutput"]["permissionDecision"]

    def done(self, tool, given=None, event="PostToolUse", **more):
        """The answer after a call."""
        return self.tell(event, tool=tool, tool_input=given or {}, **more)

    def command(self):
        """The words of the command."""
        names = ("ops.toml", "--binding", "tools.toml", "--log", "log", "--head", "head")
        return [str(self.folder / n) if not n.startswith("--") else n for n in names]

    @property
    def kept(self):
        """The log of the session and its head."""
        (log,) = self.log.glob("*.jsonl")
        return log, self.head / f"{log.stem}.head"


class TestDecisions:
    def test_what_is_allowed_denied_and_asked(self, host):
        assert host.call("Write", {"file_path": f"{host.work}/a"}) == "allow"
        assert host.call("Write", {"file_path": f"{host.work}/monitor/a"}) == "deny"
        assert host.call("Bash", {"command": "ls"}) == "deny"
        assert host.call("pay", {"cents": 31}) == "ask"

    def test_an_answer_is_what_hosts_read(self, host):
        allowed = host.tell(tool="pay", tool_input={"cents": 1})
        assert allowed == {
            "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}
        }
        denied = host.tell(tool="rm")
        assert denied["hookSpecificOutput"]["permissionDecisionReason"] == DENIED
        asked = host.tell(tool="pay", tool_input={"cents": 31})
        reason = asked["hookSpecificOutput"]["permissionDecisionReason"]
        assert reason == "approve[0] needs consent"

    def test_links_are_followed_where_they_lead(self, host):
        (Path(host.work) / "monitor").mkdir()
        (Path(host.work) / "link").symlink_to(Path(host.work) / "monitor")
        assert host.call("Write", {"file_path": f"{host.work}/link/x"}) == "deny"

    def test_after_the_last_denial_the_session_is_stopped(self, host):
        for _ in range(3):
            assert host.call("rm") == "deny"
        answer = host.tell(tool="pay", tool_input={"cents": 1})
        assert answer["continue"] is False
        assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"
        assert host.call("pay", {"cents": 1}, session="s2") == "allow"

    def test_a_sum_is_of_the_session_not_of_the_process(self, host):
        said = [host.call("pay", {"cents": 30}) for _ in range(4)]
        assert said == ["allow"] * 3 + ["deny"]


class TestConsent:
    def test_what_is_asked_about_is_reserved_before_somebody_answers(self, host):
        assert host.call("pay", {"cents": 60}) == "ask"
        assert host.call("pay", {"cents": 60}) == "deny"
        host.done("pay", {"cents": 60})
        assert host.call("pay", {"cents": 30}) == "allow"

    def test_asks_are_counted(self, host):
        assert [host.call("pay", {"cents": 31}) for _ in range(3)] == ["ask", "ask", "deny"]

    @pytest.mark.parametrize("mode", ["bypassPermissions", "acceptEdits", "dontAsk", "auto", 1])
    def test_where_nobody_would_be_asked_it_is_denied(self, host, mode):
        assert host.call("pay", {"cents": 31}, permission_mode=mode) == "deny"
        assert host.call("pay", {"cents": 31}, permission_mode="default") == "ask"


class TestOutcomes:
    def test_what_a_call_adds_is_there_once_it_is_over(self, host):
        for event, then in (("PostToolUse", "allow"), ("PostToolUseFailure", "deny")):
            session = event
            for _ in range(2):
                assert host.call("drop_row", session=session) == "allow"
                host.done("drop_row", session=session)
            assert host.call("add_row", session=session) == "allow"
            host.done("add_row", event=event, session=session)
            assert host.call("drop_row", session=session) == then

    def test_a_call_that_ran_without_leave_ends_the_session(self, host):
        assert host.call("pay", {"cents": 1}) == "allow"
        assert host.done("pay", {"cents": 1}) == {}
        assert host.done("pay", {"cents": 1})["continue"] is False
        assert host.call("pay", {"cents": 1}) == "deny"

    def test_a_call_that_was_changed_after_it_was_judged_ends_the_session(self, host):
        assert host.call("pay", {"cents": 1}) == "allow"
        assert host.done("pay", {"cents": 90})["continue"] is False

    def test_a_call_that_failed_without_leave_changes_nothing(self, host):
        assert host.done("pay", {"cents": 1}, event="PostToolUseFailure") == {}
        assert host.call("pay", {"cents": 1}) == "allow"

    def test_members_that_end_make_place_for_others(self, host):
        assert host.call("Task", {"prompt": "x"}) == "allow"
        assert host.call("Task", {"prompt": "x"}) == "deny"
        host.tell("SubagentStop", agent_id="ghost")  # never there, so nobody's place is free
        assert host.call("Task", {"prompt": "x"}) == "deny"
        host.tell("SubagentStart", agent_id="a1")
        host.tell("SubagentStop", agent_id="a1")
        assert host.call("Task", {"prompt": "x"}) == "allow"
        assert host.call("pay", {"cents": 1}, agent_id="a1") == "deny"

    def test_a_supervisor_renews_and_reads_levels(self, host):
        assert host.call("drop_copy") == "deny"
        assert host.tell("LevelsRead", levels={"copies": 2}) == {}
        assert host.call("drop_copy") == "allow"
        assert host.tell("Renewed") == {}


class TestFromProcessToProcess:
    def test_a_checkpoint_says_what_the_log_says(self, host):
        for cents in (10, 20, 30):
            host.call("pay", {"cents": cents})
        host.call("drop_row")
        host.tell("LevelsRead", levels={"copies": 2})
        host.call("drop_copy")
        log, head = host.kept
        whole = head.with_suffix(".checkpoint").read_text()
        head.with_suffix(".checkpoint").unlink()
        assert host.call("rm") == "deny"  # by a process that reads the log
        replayed = json.loads(head.with_suffix(".checkpoint").read_text())
        assert replayed["memory"][:5] == json.loads(whole)["memory"][:5]
        assert replayed["running"] == json.loads(whole)["running"]
        assert replayed["plain"]["_lowered"] == json.loads(whole)["plain"]["_lowered"]
        assert check_log(log, head.read_text()).verified

    @pytest.mark.parametrize("junk", ["", "{", '{"end": 1}', "null", "[]"])
    def test_a_broken_checkpoint_is_not_believed(self, host, junk):
        host.call("pay", {"cents": 30})
        host.kept[1].with_suffix(".checkpoint").write_text(junk)
        assert host.call("pay", {"cents": 30}) == "allow"
        assert [host.call("pay", {"cents": 30}) for _ in range(2)] == ["allow", "deny"]

    def test_a_log_that_was_cut_or_changed_denies(self, host):
        host.call("pay", {"cents": 30})
        host.call("pay", {"cents": 30})
        log, _ = host.kept
        lines = log.read_bytes().splitlines(keepends=True)
        for content in (b"".join(lines[:-1]), log.read_bytes().replace(b'"n":1', b'"n":9')):
            log.write_bytes(content)
            host.kept[1].with_suffix(".checkpoint").unlink(missing_ok=True)
            with pytest.raises(BoundsError):
                host.call("pay", {"cents": 1})

    def test_other_rules_under_a_running_session_deny(self, host):
        host.call("pay", {"cents": 30})
        rules = host.folder / "ops.toml"
        rules.write_text(RULES.replace("max = 100", "max = 100000"))
        with pytest.raises(BoundsError, match="not what these bounds"):
            host.call("pay", {"cents": 30})


MALFORMED = [
    b"",
    b"nonsense",
    b"[]",
    b"null",
    b'{"hook_event_name": "PreToolUse", "tool_name": "pay", "tool_input": {"cents": 1}}',
    b'{"session_id": "", "hook_event_name": "PreToolUse", "tool_name": "pay", "tool_input": {"cents": 1}}',
    b'{"session_id": 7, "hook_event_name": "PreToolUse", "tool_name": "pay", "tool_input": {"cents": 1}}',
    b'{"session_id": "s", "tool_name": "pay", "tool_input": {"cents": 1}}',
    b'{"session_id": "s", "hook_event_name": "pretooluse", "tool_name": "pay", "tool_input": {"cents": 1}}',
    b'{"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "pay", "tool_name": "Write"}',
    b'{"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "p", "tool_input": {"c":1,"c":2}}',
    b'{"session_id": "s\xff", "hook_event_name": "PreToolUse"}',
    b'{"session_id": "s", "hook_event_name": "PreToolUse", "tool_input": ' + b"[" * 100_000,
]


class TestWhateverGoesWrongDenies:
    @pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
    def test_malformed_input_has_exit_code_2_and_one_text(self, host, data, monkeypatch, capfd):
        read, write = os.pipe()
        with os.fdopen(write, "wb") as pipe:
            pipe.write(data[:60_000])
        with os.fdopen(read) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            code = main(host.command())
        said = capfd.readouterr()
        assert (code, said.out, said.err) == (2, "", f"{DENIED}\n")
        assert "Error" in (host.log / "errors.txt").read_text() if host.log.exists() else True

    @pytest.mark.parametrize(
        "more", [{"tool": None}, {"tool": 7}, {"tool": "pay", "tool_input": "x"}]
    )
    def test_a_call_that_makes_no_sense_is_denied_and_counted(self, host, more):
        for _ in range(3):
            answer = host.tell(**{"tool": "pay", **more})
            assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"
        assert host.tell(tool="pay", tool_input={"cents": 1})["continue"] is False

    def test_no_lock_within_the_time_denies(self, host, monkeypatch):
        monkeypatch.setattr(hook, "PATIENCE", 0.05)
        host.call("pay", {"cents": 1})
        with (host.log / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(BoundsError, match="locked"):
                host.call("pay", {"cents": 1})
        assert host.call("pay", {"cents": 1}) == "allow"

    def test_a_folder_that_others_can_write_denies(self, host):
        host.call("pay", {"cents": 1})
        host.log.chmod(0o777)
        with pytest.raises(BoundsError, match="written by others"):
            host.call("pay", {"cents": 1})

    def test_missing_and_broken_files_deny(self, host):
        for name in ("ops.toml", "tools.toml"):
            path = host.folder / name
            text = path.read_text()
            path.write_text(text + "\nnonsense")
            with pytest.raises(BoundsError):
                host.call("pay", {"cents": 1})
            path.unlink()
            with pytest.raises((BoundsError, OSError)):
                host.call("pay", {"cents": 1})
            path.write_text(text)
        shutil.rmtree(host.head)
        with pytest.raises(OSError, match="head"):
            host.call("pay", {"cents": 1})

    def test_a_full_disk_denies(self, host, monkeypatch):
        host.call("pay", {"cents": 1})
        monkeypatch.setattr(os, "write", lambda handle, data: len(data) - 2)
        answer = host.tell(tool="pay", tool_input={"cents": 1})
        assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"


class TestTheCommand:
    def test_it_answers_as_a_process(self, host):
        said = {"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "pay"}
        command = [sys.executable, "-m", "telos", "bounds", "hook", *host.command()]
        runs = [
            subprocess.run(
                command, input=text, capture_output=True, text=True, timeout=60, check=False
            )
            for text in (json.dumps({**said, "tool_input": {"cents": 1}}), "{")
        ]
        answer = json.loads(runs[0].stdout)
        assert runs[0].returncode == 0
        assert answer["hookSpecificOutput"]["permissionDecision"] == "allow"
        assert (runs[1].returncode, runs[1].stdout, runs[1].stderr) == (2, "", f"{DENIED}\n")

    def test_it_imports_nothing_that_solves_or_draws(self):
        code = "import telos.bounds.hook, sys; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
        heavy = {
            "numpy",
            "numba",
            "scipy",
            "polars",
            "typer",
            "rich",
            "telos.worlds",
            "telos.audit",
        }
        assert not heavy & set(done.stdout.split())
