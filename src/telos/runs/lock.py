"""Lock: one run at a time works in a folder, and a heartbeat tells those who ask meanwhile.

The system frees the lock of a dead run, never of a live one.
"""

import contextlib
import os
import platform
import shlex
import stat
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, final

from pydantic import ValidationError

from telos.core.errors import StoreError, explained
from telos.core.files import read_file
from telos.core.model import AbstractModel
from telos.runs.files import draft_of

try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
#: Looks at a lock, and seconds between them: who only asks whether it is held holds it for a moment.
LOOKS = 5
BETWEEN = 0.05
#: Bytes that the file of a lock or of a heartbeat may have.
MOST = 2**20

HEARTBEAT = ".at_work.json"
#: Seconds between two beats.
EVERY = 1.0
#: Where the system knows no locks: a file that has not been touched for so long, or that comes from the
#: future, says nothing of a run. Other machines' clocks may differ by some seconds.
SILENT_AFTER = 15.0
#: Failures that it tells of.
MOST_FAILURES = 1_000

_flock: ModuleType | None = _fcntl


@final
class Holder(AbstractModel):
    """A run at work in a folder, as the files of its lock and of its heartbeat say.

    Attributes:
        pid, host, since, command: process, machine, since when, by which words.
        begun, beat, failures: when it began, the number of the beat, and what failed; of a heartbeat alone.
    """

    pid: int = 0
    host: str = ""
    since: str = ""
    command: str = ""
    begun: float | None = None
    beat: int = 0
    failures: tuple[str, ...] = ()

    @classmethod
    def me(cls) -> "Holder":
        """This process."""
        words = [Path(sys.argv[0]).name or "python", *sys.argv[1:]] if sys.argv else ["python"]
        return cls(
            pid=os.getpid(),
            host=platform.node(),
            since=datetime.now().astimezone().isoformat(timespec="seconds"),
            command=as_text(shlex.join(words)[:2_000]),
        )

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}: {self.command}"


def as_text(words: str) -> str:
    """Words that a file can hold: bytes that are not UTF-8 become question marks."""
    return words.encode(errors="replace").decode()


class Held(Enum):
    """Whether a run holds the lock of a folder."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Unsupported(Exception):
    """The file system, or the system, knows no such locks."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock while the block runs.

    The lock is the system's own, on a file: it ends with the process, however that ends; one that is
    only stopped keeps it; and no clock is asked.

    Raises:
        StoreError: if another run holds it, saying who; or if the folder cannot be written to.
        Unsupported: if there are no such locks here.
    """
    path = folder / LOCK
    handle = _acquire(path)
    if not is_ours(path):
        os.close(handle)
        raise StoreError(f"{path} was not written by Telos. Rename it, or name another folder.")
    try:
        _write(handle)
        yield
    finally:
        with contextlib.suppress(OSError):
            if _same(handle, path):
                path.unlink()
        os.close(handle)


def held(folder: Path) -> tuple[Held, Holder | None]:
    """Whether a run holds a folder's lock, and who it is, for those who only read."""
    path = folder / LOCK
    if _flock is None:
        return Held.UNKNOWN, None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Held.UNKNOWN, None
    try:
        _flock.flock(handle, _flock.LOCK_SH | _flock.LOCK_NB)
    except BlockingIOError:
        return Held.YES, said_in(path)
    except OSError:
        return Held.UNKNOWN, None
    finally:
        os.close(handle)
    return Held.NO, None


def is_ours(path: Path) -> bool:
    """Whether nothing, or what a run left there, is at the place of a lock or a heartbeat.

    A killed run may leave an empty one. A file of two names may be somebody's under the other.
    """
    try:
        found = path.lstat()
    except OSError:
        return True
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        return False
    said = said_in(path)
    return not found.st_size or (
        said is not None and bool({"pid", "begun"} & said.model_fields_set)
    )


def said_in(path: Path) -> Holder | None:
    """What a file says that a run at work wrote; None if it cannot be read."""
    try:
        return Holder.model_validate_json(read_file(path, most=MOST))
    except (OSError, ValidationError):
        return None


def at_work(folder: Path, who: Holder | None) -> StoreError:
    """What the second run in a folder is refused with."""
    return StoreError(
        f"{folder}: another run works in it ({who or 'it does not say who'}). Wait until it is done "
        "(`telos status --watch`), stop it, or name another folder with --out."
    )


def _acquire(path: Path) -> int:
    """A handle on the lock's file, locked."""
    if _flock is None:
        raise Unsupported
    for look in range(LOOKS):
        if look:
            time.sleep(BETWEEN)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            handle = os.open(path, flags, 0o666)
        except OSError as problem:
            raise StoreError(explained(problem)) from None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise StoreError(f"{path} is not a file. Remove it, or name another folder.")
            _flock.flock(handle, _flock.LOCK_EX | _flock.LOCK_NB)
            if _same(handle, path):
                return handle
            # The one that held it removed the file, and a third may lock another by now.
        except BlockingIOError:
            pass
        except OSError as problem:
            os.close(handle)
            if isinstance(problem, StoreError):
                raise
            raise Unsupported from None
        os.close(handle)
    raise at_work(path.parent, said_in(path))


def _same(handle: int, path: Path) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        found = path.lstat()
    except OSError:
        return False
    mine = os.fstat(handle)
    return (mine.st_dev, mine.st_ino) == (found.st_dev, found.st_ino)


def _write(handle: int) -> None:
    with contextlib.suppress(OSError):  # the lock counts; a full disk only hides who holds it
        os.ftruncate(handle, 0)
        os.pwrite(handle, Holder.me().model_dump_json(exclude_defaults=True).encode(), 0)


# -- the heartbeat ------------------------------------------------------------------------------


class Beat(NamedTuple):
    """What the file says: whether the run is alive, since when, what failed so far."""

    alive: bool
    begun: float
    failures: tuple[str, ...]


@contextlib.contextmanager
def heartbeat(folder: Path) -> Iterator[list[str]]:
    """Be the one run at work on a folder while the block runs; yields the list of failures.

    A thread touches a file, so a long chunk does not look like silence; a killed process touches
    nothing. That the run is the only one is the lock's business (`locked`); where the system
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
    me = Holder.me()

    def beat() -> None:
        number = 0
        while True:
            number += 1
            told = tuple(map(as_text, failures[:MOST_FAILURES]))
            said = me.model_copy(update={"begun": begun, "beat": number, "failures": told})
            with contextlib.suppress(OSError):
                draft = draft_of(folder / HEARTBEAT)
                draft.write_text(said.model_dump_json(), encoding="utf-8")
                draft.replace(folder / HEARTBEAT)
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


def listen(folder: Path) -> Beat | None:
    """The last beat of a folder; None if no run has left one.

    Whether the run is alive, its lock tells; only where there is none, the age of the file does.
    """
    said = said_in(folder / HEARTBEAT)
    if said is None or said.begun is None:
        return None
    known, _ = held(folder)
    try:
        heard = abs(time.time() - (folder / HEARTBEAT).lstat().st_mtime)
    except OSError:
        return None
    alive = heard < SILENT_AFTER if known is Held.UNKNOWN else known is Held.YES
    return Beat(alive, min(said.begun, time.time()), said.failures[:MOST_FAILURES])


def _watch(folder: Path) -> None:
    """Without locks: see for some beats whether somebody else's file changes; no clock is believed."""
    who = said_in(folder / HEARTBEAT)
    if who is None:
        return
    if who.host == Holder.me().host and _is_alive(who.pid):
        raise at_work(folder, who)
    deadline = time.monotonic() + 4 * EVERY
    while time.monotonic() < deadline:
        time.sleep(EVERY / 4)
        if said_in(folder / HEARTBEAT) not in (who, None):
            raise at_work(folder, who)


def _is_alive(pid: int) -> bool:
    """Whether a process of this machine is there; on Windows, nobody can be asked without harm."""
    if pid < 1 or os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
