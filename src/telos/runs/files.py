"""Files that are either whole or absent: written under another name, flushed, then renamed."""

import contextlib
import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from telos.core.errors import StoreError
from telos.core.files import check_replaceable

#: A draft so much older than the run that looks at it belongs to one that was killed, here or on
#: another machine; a live one is renamed within seconds.
ABANDONED_AFTER = 3600.0
#: What a draft is called: the name that it will have, the process that writes it, and a random word.
_DRAFT = re.compile(r"\.(.+)\.(\d{1,10})-[0-9a-f]{8}\.tmp", re.DOTALL)


def draft_of(path: Path) -> Path:
    """Another name beside `path`, that nobody else has. Machines that share a folder share numbers."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def is_draft(name: str) -> bool:
    """Whether a file of this name is one that `write_atomically` had not finished."""
    return _DRAFT.fullmatch(name) is not None


def write_atomically(path: Path, write: Callable[[Path], object], *, ours: bool = False) -> None:
    """Let `write` fill a file beside `path`, flush it to the disk, then rename it to `path`.

    A reader of `path`, at any moment and after any crash, sees the old file or the new one. A link
    at `path` is replaced, not followed; a pipe, a device or a folder there, or behind such a link, is
    left alone, unless the name itself is one that nobody else gives (`ours`).

    Raises:
        OSError: if the disk does not take it, or something else than a file is there.
    """
    if not ours:
        check_replaceable(path)
    draft = draft_of(path)
    try:
        write(draft)
        _flush(draft)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    with contextlib.suppress(OSError):
        _flush(path.parent)


def write_json(path: Path, data: Any) -> None:
    """Write plain data as indented JSON, atomically. NaN and infinity are not JSON and raise."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def write_text(path: Path, text: str, remedy: str) -> Path:
    """Write a text whole or not at all, for a user who named its place.

    Args:
        path: of the file. text: what it is to hold. remedy: how to name another place.

    Returns:
        The path.

    Raises:
        StoreError: naming the path, the reason and the remedy, if it cannot be written.
    """
    try:
        write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))
    except OSError as problem:
        raise StoreError(f"{path} cannot be written ({problem.strerror}). {remedy}") from None
    return path


def remove_abandoned(folder: Path, since: float) -> None:
    """Delete the drafts that killed runs left in a folder: regular files of our own making alone.

    Args:
        folder: whose drafts.
        since: when the present run began by the clock of the file system, as of a file it just wrote.
    """
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if is_draft(entry.name)]
    for entry in found:
        with contextlib.suppress(OSError):
            held = entry.stat(follow_symlinks=False)
            old = since - held.st_mtime > ABANDONED_AFTER
            if old and stat.S_ISREG(held.st_mode) and held.st_nlink == 1:
                os.unlink(entry.path)


def is_folder(path: Path) -> bool:
    """Whether a folder, and no link to one, is at a path."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def is_regular(path: Path) -> bool:
    """Whether a file, and no link to one, is at a path."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _flush(path: Path) -> None:
    """Ask the system to put a file, or a folder's list of names, on the disk."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError as problem:
        # A full disk may say so only now; a file system that cannot flush has not failed.
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS):
            raise
    finally:
        os.close(handle)
