"""Lock: one run at a time works in a folder; the system frees the lock of a dead one, never of a live one."""

import contextlib
import json
import os
import platform
import shlex
import stat
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from telos.core.errors import StoreError, explained
from telos.core.files import read_file

try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
#: Looks at a lock, and seconds between them: who only asks whether it is held holds it for a moment.
LOOKS = 5
BETWEEN = 0.05
#: Bytes that a lock's file may have.
MOST = 2**16

_flock: ModuleType | None = _fcntl


class Holder(NamedTuple):
    """Who works in a folder: process, machine, since when, by which command."""

    pid: int
    host: str
    since: str
    command: str

    @classmethod
    def me(cls) -> "Holder":
        """This process."""
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        words = [Path(sys.argv[0]).name or "python", *sys.argv[1:]] if sys.argv else ["python"]
        return cls(os.getpid(), platform.node(), since, shlex.join(words)[:2_000])

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}: {self.command}"


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
        return Held.YES, holder(path)
    except OSError:
        return Held.UNKNOWN, None
    finally:
        os.close(handle)
    return Held.NO, None


def holder(path: Path) -> Holder | None:
    """Who wrote a lock's file; None if it cannot be read."""
    try:
        said = said_in(path) or {}
        return Holder(int(said["pid"]), *(str(said[name]) for name in Holder._fields[1:]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


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
    said = said_in(path) if found.st_size else {}
    return said is not None and (not found.st_size or bool({"pid", "begun"} & set(said)))


def said_in(path: Path, most: int = MOST) -> dict[str, Any] | None:
    """What a file says that a run at work wrote; None if it cannot be read."""
    try:
        said = json.loads(read_file(path, most=most))
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


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
    raise at_work(path.parent, holder(path))


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
        os.pwrite(handle, json.dumps(Holder.me()._asdict()).encode(), 0)
