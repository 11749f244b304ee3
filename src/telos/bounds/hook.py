"""The hook: bounds before and after each tool call of a Claude-style agent, one process a call."""

import argparse
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from telos.bounds.calls import labelled, once
from telos.bounds.checkpoint import remember, resume
from telos.bounds.effects import Ruling, Verdict
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.happenings import (
    Ended,
    Granted,
    Happening,
    Joined,
    LevelsRead,
    MemberCall,
    Refused,
    Renewed,
    Settled,
)
from telos.bounds.monitor import DENIED, BoundsMonitor
from telos.core.errors import BoundsError
from telos.core.files import open_to_others

try:
    import fcntl as _fcntl
except ImportError:  # Windows; without a lock every call is denied
    _fcntl = None  # type: ignore[assignment]

#: Seconds to wait for the lock, bytes of a hook's input, letters of a session's id.
PATIENCE, MOST_BYTES, LONGEST_ID = 2.0, 2**26, 200
#: Modes of permission in which "ask" asks somebody.
ASKS = (None, "default")
#: What ends the session as well, and what denies a call.
STOP = {"continue": False, "stopReason": DENIED}
BLOCKS = 2
MOST_NOTES = 2**20


def main(words: Sequence[str]) -> int:
    """Answer the host that started this process: an exit code of 2 denies, any other one does not."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: os._exit(BLOCKS))
    parser = argparse.ArgumentParser("telos bounds hook", allow_abbrev=False)
    parser.add_argument("file", type=Path)
    for name in ("--binding", "--log"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--head", type=Path)
    parser.add_argument("--attested", action="store_true")
    given = parser.parse_args(words)
    try:
        print(hooked(sys.stdin.buffer.read(MOST_BYTES + 1), **vars(given)), flush=True)
    except BaseException as problem:  # noqa: BLE001 - any other end of this process lets the call run
        with suppress(Exception), (given.log / "errors.txt").open("a") as notes:
            if notes.tell() < MOST_NOTES:
                notes.write(f"{type(problem).__name__}: {problem}\n")
        os.write(2, f"{DENIED}\n".encode())
        return BLOCKS
    return 0


def hooked(
    data: bytes,
    file: Path,
    binding: Path,
    log: Path,
    head: Path | None = None,
    attested: bool = False,
) -> str:
    """What to tell the agent's host of an event that it told the hook.

    A call that needs consent is reserved before the host asks, since then the host runs it without coming
    back: if it is refused it stays spent. A call that ran without having been allowed ends the lineage.

    Args:
        data: the event as JSON: ``PreToolUse``, ``PostToolUse``, ``PostToolUseFailure``,
            ``SubagentStart``, ``SubagentStop``; a supervisor may send ``Renewed``, and
            ``LevelsRead`` with its ``levels``.
        file, binding: the rules, and what the tools do.
        log: the folder of the logs, one a session. head: of their heads; unless given, the same.
        attested: as in `BoundsMonitor`.

    Raises:
        BoundsError, OSError, ValueError: whatever goes wrong; the call is then to be denied.
    """
    said: Any = json.loads(data, object_pairs_hook=once) if len(data) <= MOST_BYTES else None
    session = said.get("session_id") if isinstance(said, dict) else None
    if type(session) is not str or not 0 < len(session) <= LONGEST_ID:
        raise BoundsError("the hook's input names no session, so there is no lineage.")
    monitor = BoundsMonitor(
        load_bounds(file),
        load_binding(binding),
        lineage=session,
        attested=attested,
        resolve=os.path.realpath,
    )
    name = hashlib.sha256(session.encode()).hexdigest()[:32]
    with _alone(log):
        kept = (log / f"{name}.jsonl", (head or log) / f"{name}.head")
        resume(monitor, *kept)
        answer = _answer(monitor, said)
        remember(monitor, *kept)
    return json.dumps(answer)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder, for one process at a time."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if open_to_others(folder.stat()):
        raise BoundsError(f"{folder} can be written by others (chmod go-w {folder}).")
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        late = time.monotonic() + PATIENCE
        while True:
            with suppress(BlockingIOError):
                _fcntl.flock(handle, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
                break
            if time.monotonic() > late:
                raise BoundsError(f"{folder} is locked by another process.")
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _answer(monitor: BoundsMonitor, said: dict[str, Any]) -> dict[str, Any]:
    kind: Any = said["hook_event_name"]
    tool: Any = said.get("tool_name")
    given = said.get("tool_input")
    if kind == "PreToolUse":
        member = said.get("agent_id") or monitor.lineage
        return _permission(*_judged(monitor, MemberCall(member, tool, given), said))
    if kind in ("PostToolUse", "PostToolUseFailure"):
        # Calls that do the same are the same to every rule, so any of them is settled.
        event = labelled(monitor.binding, tool, given, None, monitor.resolve).event
        found = [n for n, running in monitor.running.items() if running == event]
        failed = kind == "PostToolUseFailure"
        if not found and failed:
            return {}
        told: Happening = Settled(found[0], failed) if found else Ended(monitor.lineage)
    elif kind in ("SubagentStart", "SubagentStop"):
        told = (Joined if kind == "SubagentStart" else Ended)(said["agent_id"])
    elif kind == "LevelsRead":
        told = LevelsRead(said["levels"])
    elif kind == "Renewed":
        told = Renewed()
    else:
        raise BoundsError(f"{kind!r} is an event that the hook does not know.")
    return STOP if monitor.step(told).verdict == Verdict.TERMINATE else {}


def _judged(monitor: BoundsMonitor, call: MemberCall, said: dict[str, Any]) -> tuple[Ruling, str]:
    """The ruling on a call, and the rule that somebody is to be asked about."""
    ruling = monitor.step(call)
    ask = monitor.asked(ruling.sequence)
    if ask is None:
        return ruling, ""
    if said.get("permission_mode") not in ASKS:
        monitor.step(Refused(ask.sequence))
        return Ruling(Verdict.DENY, ruling.rule), ""
    return monitor.step(Granted(ask.sequence, ask.digest)), ruling.rule


def _permission(ruling: Ruling, asked: str) -> dict[str, Any]:
    allowed = ruling.verdict == Verdict.ALLOW
    word = ("ask" if asked else "allow") if allowed else "deny"
    said = {"hookEventName": "PreToolUse", "permissionDecision": word}
    if word != "allow":
        said["permissionDecisionReason"] = f"{asked} needs consent" if allowed else DENIED
    ended = ruling.verdict == Verdict.TERMINATE
    return {**(STOP if ended else {}), "hookSpecificOutput": said}
