"""Checkpoints: what a monitor remembers at a head of its log, so that a new process need not read it all."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from telos.bounds.automaton import Memory
from telos.bounds.log import event_of, go_on, keep_log, whose_log
from telos.bounds.monitor import BoundsMonitor
from telos.core.errors import BoundsError
from telos.core.files import read_file

#: What of a monitor is plain data.
PLAIN = ("sequence", "terminated", "levels", "_lowered", "last", "renewed", "members", "places")
MOST_BYTES = 2**26


def resume(monitor: BoundsMonitor, log: Path, head: Path) -> None:
    """Let a new monitor keep its log: from the checkpoint beside the head if it is of that head and end.

    Else the log is replayed, as `keep_log` does. A checkpoint is believed as the head is.

    Raises:
        BoundsError: as `keep_log`.
    """
    with suppress(OSError, KeyError, TypeError, ValueError):
        said = json.loads(read_file(_beside(head), most=MOST_BYTES, error=BoundsError))
        last = read_file(head, most=1000, error=BoundsError).decode()
        size = log.stat().st_size
        if said["end"] == [last, size, whose_log(monitor)]:
            events = {int(n): event_of(event) for n, event in said["running"].items()}
            memory = Memory._make(tuple(v) if type(v) is list else v for v in said["memory"])
            plain = {name: said["plain"][name] for name in PLAIN}
            go_on(monitor, log, head, last.partition(" ")[2], size)
            vars(monitor).update(plain, memory=memory, running=events)
            return
    if not head.exists() and log.exists() and log.read_bytes().count(b"\n") <= 1:
        log.unlink()  # its writer was ended before the first head
    keep_log(monitor, log, head)


def remember(monitor: BoundsMonitor, log: Path, head: Path) -> None:
    """Write the checkpoint; not while somebody is asked, and not of what is broken."""
    if monitor.asks or monitor.journal is None:
        return
    end = [head.read_text(), log.stat().st_size, whose_log(monitor)]
    said = {
        "end": end,
        "memory": monitor.memory,
        "running": {n: asdict(event) for n, event in monitor.running.items()},
        "plain": {name: getattr(monitor, name) for name in PLAIN},
    }
    new = head.with_suffix(".new")
    new.write_text(json.dumps(said))
    new.replace(_beside(head))


def _beside(head: Path) -> Path:
    return head.with_suffix(".checkpoint")
