"""Files that are either whole or absent: written under another name, flushed, then renamed."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: A temporary file so old belongs to a run that was killed; a live one renames within seconds.
ABANDONED_AFTER = 3600.0


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, flush it to the disk, then rename it to `path`.

    Whoever reads `path`, at any moment and after any crash, sees the old file or the new one.
    """
    # Two machines that share the folder may have processes of the same number.
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        write(draft)
        _flush(draft)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _flush(path.parent)


def write_json(path: Path, data: Any) -> None:
    """Write plain data as indented JSON, atomically. NaN and infinity are not JSON and raise."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def remove_abandoned(folder: Path) -> None:
    """Delete the drafts that killed runs left in a folder."""
    for draft in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > ABANDONED_AFTER:
                draft.unlink()


def _flush(path: Path) -> None:
    """Ask the system to put a file, or a folder's list of names, on the disk."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except PermissionError:  # Windows opens no folders
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
