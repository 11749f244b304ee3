"""Heartbeat: a small file that says a run is at work on a folder, for commands that ask meanwhile."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from telos.core.errors import StoreError
from telos.runs.files import draft_of
from telos.runs.lock import Held, Holder, Unsupported, at_work, held, is_ours, locked, said_in

HEARTBEAT = ".at_work.json"
#: Seconds between two beats.
EVERY = 1.0
#: Where the system knows no locks: a file that has not been touched for so long, or that comes from the
#: future, says nothing of a run. Other machines' clocks may differ by some seconds.
SILENT_AFTER = 15.0
#: Failures that the file tells of, and bytes that it may have.
MOST_FAILURES = 1_000
MOST = 2**20


class Beat(NamedTuple):
    """What the file says: whether the run is alive, since when, what failed so far."""

    alive: bool
    begun: float
    failures: tuple[str, ...]


@contextlib.contextmanager
def heartbeat(folder: Path) -> Iterator[list[str]]:
    """Be the one run at work on a folder while the block runs; yields the list of failures.

    A thread touches a file, so a long chunk does not look like silence; a killed process touches
    nothing. That the run is the only one is the lock's business (`telos.runs.lock`); where the system
    knows no locks, another run's file is watched for some beats.

    Raises:
        StoreError: if another run is at work on the folder, saying who.
    """
    failures: list[str] = []
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except Unsupported:
            _watch(folder)
        if not is_ours(folder / HEARTBEAT):
            raise StoreError(
                f"{folder / HEARTBEAT} was not written by Telos. Rename it, or name another folder."
            )
        stack.enter_context(_beating(folder, failures))
        yield failures


@contextlib.contextmanager
def _beating(folder: Path, failures: list[str]) -> Iterator[None]:
    begun, over = time.time(), threading.Event()
    me = Holder.me()._asdict()

    def beat() -> None:
        number = 0
        while True:
            number += 1
            said = {"begun": begun, "beat": number, "failures": failures[:MOST_FAILURES], **me}
            with contextlib.suppress(OSError):
                _write(folder / HEARTBEAT, said)
            if over.wait(EVERY):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            (folder / HEARTBEAT).unlink()


def _write(path: Path, said: dict[str, Any]) -> None:
    draft = draft_of(path)
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)


def listen(folder: Path) -> Beat | None:
    """The last beat of a folder; None if no run has left one.

    Whether the run is alive, its lock tells; only where there is none, the age of the file does.
    """
    said = _said(folder)
    if said is None:
        return None
    known, _ = held(folder)
    try:
        heard = abs(time.time() - (folder / HEARTBEAT).lstat().st_mtime)
        alive = heard < SILENT_AFTER if known is Held.UNKNOWN else known is Held.YES
        failures = tuple(map(str, said["failures"][:MOST_FAILURES]))
        return Beat(alive, min(float(said["begun"]), time.time()), failures)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _said(folder: Path) -> dict[str, Any] | None:
    return said_in(folder / HEARTBEAT, MOST)


def _watch(folder: Path) -> None:
    """Without locks: see for some beats whether somebody else's file changes; no clock is believed.

    Raises:
        StoreError: if a run is at work, or was stopped here and may go on.
    """
    first = _said(folder)
    if first is None:
        return
    who = Holder(*(first.get(name, "") for name in Holder._fields))
    if who.host == Holder.me().host and _is_alive(who.pid):
        raise at_work(folder, who)
    deadline = time.monotonic() + 4 * EVERY
    while time.monotonic() < deadline:
        time.sleep(EVERY / 4)
        if _said(folder) not in (first, None):
            raise at_work(folder, who)


def _is_alive(pid: Any) -> bool:
    """Whether a process of this machine is there; on Windows, nobody can be asked without harm."""
    if not isinstance(pid, int) or pid < 1 or os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
