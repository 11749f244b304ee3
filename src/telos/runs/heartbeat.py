"""Heartbeat: a small file that says a run is at work on a folder, for whoever asks meanwhile."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEARTBEAT = ".at_work.json"
#: Seconds between two beats.
EVERY = 1.0
#: A file that has not been touched for so long belongs to a run that was killed, or to a machine
#: that sleeps. Other machines' clocks may differ by some seconds.
SILENT_AFTER = 15.0


class Beat(NamedTuple):
    """What the file says: whether the run is alive, since when, what failed so far."""

    alive: bool
    begun: float
    failures: tuple[str, ...]


@contextlib.contextmanager
def heartbeat(folder: Path) -> Iterator[list[str]]:
    """Say that a run is at work on a folder while the block runs; yields the list of failures.

    A thread touches the file, so a long chunk is no silence; a killed process touches nothing.
    """
    begun, failures, over = time.time(), list[str](), threading.Event()

    def beat() -> None:
        while True:
            with contextlib.suppress(OSError):
                _write(folder / HEARTBEAT, begun, failures)
            if over.wait(EVERY):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield failures
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OSError):
            (folder / HEARTBEAT).unlink()


def _write(path: Path, begun: float, failures: list[str]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_text(json.dumps({"begun": begun, "failures": failures}), encoding="utf-8")
    draft.replace(path)


def listen(folder: Path) -> Beat | None:
    """The last beat of a folder; None if no run has left one."""
    path = folder / HEARTBEAT
    try:
        heard = time.time() - path.stat().st_mtime
        said = json.loads(path.read_text(encoding="utf-8"))
        return Beat(heard < SILENT_AFTER, float(said["begun"]), tuple(map(str, said["failures"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None
