"""Faults in adapters: whatever breaks in at any line, no call runs that is not judged and written."""

import asyncio
import json
import os
import signal
import sys
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import pytest

from bounds.deployment import made
from bounds.test_hook import Host
from telos.bounds.decorated import within
from telos.bounds.hook import main
from telos.bounds.log import check_log, keep_log
from telos.core.errors import BoundsError, CallDenied

#: Lines from one fault to the next; BOUNDS_STRIDE=1 tries them all.
STRIDE = int(os.environ.get("BOUNDS_STRIDE", "23"))
# A fault just after a file was opened leaves it to the garbage collector: no call runs for that.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OURS = ("/telos/bounds/", "/telos/llm/inspect_/")
#: Each of five faults, or ends, is tried at every third stride, and begins at a line of its own: together
#: they try more lines than if all tried the same ones.
TURNS = 5
APART = 3 if STRIDE > 1 else 1


def lines(turn, early, late, gap):
    """The lines at which fault number `turn` is tried: some of the first `early`, then on to `late`."""
    few, far = max(1, STRIDE // 3), gap * APART
    return [*range(1 + turn % few, early, few), *range(early + turn * far // TURNS, late, far)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """A fault may leave a lock held, for which every later step waits in vain."""
    monkeypatch.setattr("telos.bounds.monitor.PATIENCE", 0.01)


class Broken(Exception):
    """An error that nobody expects."""


class At:
    """Does something when the nth line of ours is about to run."""

    def __init__(self, line, act):
        self.left, self.act = line, act

    def __enter__(self):
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def trace(self, frame, kind, _):
        """As `sys.settrace` calls it."""
        if not any(part in frame.f_code.co_filename for part in OURS):
            return None
        if kind == "line":
            self.left -= 1
            if self.left == 0:
                self.act()
        return self.trace


def raises(fault):
    """What raises a fault."""

    def act():
        raise fault

    return act


def tool(monitor, path, ran, *, later=False, asked=None):
    """A tool that pays 50 of 200, and looks whether that was written down before it ran."""

    def looks(price):
        last = path.read_bytes().splitlines()[-1]
        assert b'"verdict":"allow"' in last
        ran.append(price)
        assert sum(ran) <= monitor.memory.spent[0]

    def pay(price: int, count: int = 1, to: str = "shop"):
        looks(price)

    async def pay_later(price: int, count: int = 1, to: str = "shop"):
        looks(price)
        await asyncio.sleep(0)

    guard = within(monitor, name="pay", asked=asked)
    return guard(pay_later if later else pay)


FAULTS = (Broken, TimeoutError, KeyboardInterrupt, asyncio.CancelledError, MemoryError)


@pytest.mark.parametrize("later", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("price", [50, 60], ids=["allowed", "asked"])
def test_a_fault_at_any_line_of_the_decorator(tmp_path, fault, later, price):
    for line in lines(FAULTS.index(fault), 40, 6000, STRIDE):
        ran, monitor = [], made()
        path = tmp_path / f"{line}"
        keep_log(monitor, path, lambda head: None)
        pay = tool(monitor, path, ran, later=later, asked=lambda ask: True)

        def once(price, pay=pay, later=later):
            with suppress(CallDenied, *FAULTS):
                return asyncio.run(pay(price)) if later else pay(price)

        async def traced(at, price=price, pay=pay):
            with at:
                await pay(price)

        at = At(line, raises(fault))
        with suppress(CallDenied, *FAULTS):
            if later:
                asyncio.run(traced(at))
            else:
                with at:
                    pay(price)
        assert len(ran) <= 1
        for _ in range(5):
            once(50)
        assert sum(ran) <= monitor.memory.spent[0] <= 200
        assert check_log(path).lines
        if at.left > 0:
            break
    else:
        raise AssertionError("the adapter has more lines than were tried")


def paid(host, code, answer):
    """What a host lets run after a process that ended: nothing unless it says so and ends well."""
    if code != 0 or not answer.strip():
        return 0
    word = json.loads(answer)["hookSpecificOutput"]["permissionDecision"]
    if word == "deny":
        return 0
    log, head = host.kept
    assert b'"verdict":"allow"' in log.read_bytes().splitlines()[-1]
    assert check_log(log, head.read_text()).verified
    return 30


def later_calls(host):
    """What further calls pay; each must be answered."""
    return sum(30 for _ in range(5) if host.call("pay", {"cents": 30}) != "deny")


def one(host, text, at=None):
    """A process of the hook, in a child; it may be killed at a line: exit code and answer."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.close(read)
            os.dup2(write, 1)
            into, out = os.pipe()
            os.write(out, text)
            os.close(out)
            sys.stdin, sys.stdout = os.fdopen(into), os.fdopen(1, "w")
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with at or nullcontext():
                code = main(host.command())
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else 2), answer  # `|| exit 2`


def killed():
    """The end of a process that it cannot prepare for."""
    os.kill(os.getpid(), signal.SIGKILL)


ENDS = {
    "kill": killed,
    "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "error": raises(Broken),
    "interrupt": raises(KeyboardInterrupt),
    "exit": raises(SystemExit(0)),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("begun", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(
    "cents", [30, pytest.param(31, marks=pytest.mark.long)], ids=["allowed", "asked"]
)
def test_an_end_at_any_line_of_the_hook(tmp_path, end, begun, cents):
    said = {"session_id": "s1", "hook_event_name": "PreToolUse", "tool_name": "pay"}
    text = json.dumps({**said, "tool_input": {"cents": cents}}).encode()
    # Lines of reading the files are many and do nothing yet: the last 700 or so are those that matter.
    gap = 16 * STRIDE if STRIDE > 1 else 1
    for line in lines([*ENDS].index(end), 30, 12000, gap):
        folder = tmp_path / f"{line}"
        folder.mkdir()
        host = Host(folder)
        total = 0
        if begun:
            total += paid(host, *one(host, text))
        code, answer = one(host, text, At(line, ENDS[end]))
        total += paid(host, code, answer)
        total += later_calls(host)
        assert total <= 100
        if code == 0 and answer:
            break
    else:
        raise AssertionError("the hook has more lines than were tried")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("cents", [50, 60], ids=["allowed", "asked"])
def test_a_fault_at_any_line_of_the_approver(tmp_path, monkeypatch, fault, cents):
    pytest.importorskip("inspect_ai")
    from inspect_ai.approval import auto_approver
    from inspect_ai.tool import ToolCall, ToolCallView

    from telos.llm.inspect_ import monitored
    from telos.llm.inspect_.bounds import bounds

    host = Host(tmp_path)
    monkeypatch.setattr(monitored, "sample_state", lambda: SimpleNamespace(uuid="s"))
    for line in lines(FAULTS.index(fault), 40, 6000, STRIDE):
        log = tmp_path / f"log{line}"
        files = (str(tmp_path / "ops.toml"), str(tmp_path / "tools.toml"), str(log))
        approve = bounds(*files, ask=auto_approver())
        total = 0

        async def ask(at, cents, approve=approve):
            call = ToolCall(id="1", function="pay", arguments={"cents": cents})
            with at:
                return await approve("", call, ToolCallView(), [])

        at = At(line, raises(fault))
        for each, price in ((at, cents), *((At(10**9, None), 30) for _ in range(5))):
            answer = None
            with suppress(BoundsError, *FAULTS):
                answer = asyncio.run(ask(each, price))
            if answer is not None and answer.decision == "approve":
                assert b'"verdict":"allow"' in (log / "s.jsonl").read_bytes().splitlines()[-1]
                total += price
        assert total <= 100
        if at.left > 0:
            break
    else:
        raise AssertionError("the approver has more lines than were tried")
    assert host
