"""The log of a monitor: JSON lines, each with the hash of the one before; the last hash is kept elsewhere."""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

from telos.bounds.effects import Effect, Event, Ruling
from telos.bounds.happenings import (
    Ended,
    Granted,
    Joined,
    LevelsRead,
    MemberCall,
    Refused,
    Renewed,
    Settled,
)
from telos.bounds.monitor import BoundsMonitor, MonitorStep
from telos.core.errors import BoundsError
from telos.core.files import read_file

try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None  # type: ignore[assignment]

#: Bytes that a log may have.
MOST_LOG = 2**30
FIRST = "0" * 64
#: A link is not followed, and a pipe that nobody reads is not waited for.
GUARDED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
#: Letters of a tool's name; a longer one is bound to nothing.
LONGEST = 200
KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (MemberCall, Settled, Granted, Refused, Joined, Ended, Renewed, LevelsRead)
}
#: Where the head goes: a file on another path, or whatever takes a text.
Sink = Path | Callable[[str], None]
#: A line's number, what it says, its head, and the bytes up to its end.
Line = tuple[int, dict[str, Any], str, int]


@final
@dataclass(frozen=True)
class LogCheck:
    """What a log turned out to be.

    Args:
        lines: how many, the first among them, which says whose log it is.
        head: the number and the hash of the last one.
        verified: whether that is the head that was kept elsewhere; else lines may be missing at the end.
        torn: whether half a line follows, as when a process was killed; nobody acted on it.
    """

    lines: int
    head: str
    verified: bool
    torn: bool

    def __str__(self) -> str:
        said = "verified against its head" if self.verified else "consistent, tail unverifiable"
        return f"{self.lines:,} lines, {said}" + ", half a line after it" * self.torn


def check_log(path: Path | str, head: str | None = None) -> LogCheck:
    """Whether a log is what was written: nothing changed, cut out, moved, doubled or made up.

    Args:
        path: the log.
        head: what the sink was given last; without it nobody can say whether the end is missing.

    Returns:
        How many lines there are, and whether the last one is its head.

    Raises:
        BoundsError: naming the line where it is not, or the head that it does not have.
    """
    data = _bytes(path)
    lines, last = 0, ""
    for number, _, found, _ in log_lines(data, path):
        lines, last = number + 1, found
    if not lines or (head is not None and head.strip() != last):
        raise BoundsError(
            f"{path} ends at {last[:20] or 'nothing'!r}, its head says {(head or '').strip()[:20]!r}: lines "
            "are missing, or others stand in their place. Take another copy of it."
        )
    return LogCheck(lines, last, head is not None, not data.endswith(b"\n"))


def log_lines(data: bytes, where: Path | str) -> Iterator[Line]:
    """The whole lines of a log, each of which names the one before it.

    Raises:
        BoundsError: at the first that does not.
    """
    before, size = FIRST, 0
    for number, line in enumerate(data.split(b"\n")[:-1]):
        said = None
        with suppress(ValueError, RecursionError):
            said = json.loads(line)
        if type(said) is not dict or said.get("n") != number or said.get("prev") != before:
            raise BoundsError(
                f"{where}:{number + 1}: does not follow from the line before it: something was changed, "
                "cut out or put in. Take another copy of it."
            )
        before, size = hashlib.sha256(line).hexdigest(), size + len(line) + 1
        yield number, said, f"{number} {before}", size


def keep_log(
    monitor: BoundsMonitor,
    path: Path | str,
    sink: Sink,
    *,
    head: str | None = None,
    arguments: bool = False,
) -> None:
    """Let a new monitor keep a log, or go on where its log ends.

    Every step is in the log, and its head in the sink, before `step` returns: what cannot be written is
    denied, and ends the lineage. What a log has beyond its head nobody acted on; it is cut off. Lines
    survive the process; whether they survive the machine is up to its file system.

    Args:
        monitor: one that has seen nothing, made for the files and the lineage of the log.
        path: the log. sink: takes its head after each line.
        head: what the sink was given last; unless given, it is read from a sink that is a file.
        arguments: whether arguments are written down, and not only their hash.

    Raises:
        BoundsError: if there is a log that is of others, or not up to its head (an older copy, say);
            the monitor is then ended.
    """
    monitor.terminated = "log"
    path = Path(path)
    if head is None and isinstance(sink, Path) and sink.exists():
        head = read_file(sink, most=1000, error=BoundsError).decode(errors="replace")
    whose = whose_log(monitor)
    if head is None and not (path.exists() and path.stat().st_size):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | GUARDED, 0o600))
        before = _writer(path, sink, 0)({"n": 0, "prev": FIRST, "at": monitor.last, **whose})
        size = path.stat().st_size
    else:
        before, size = _resumed(monitor, path, (head or "").strip(), whose)
    go_on(monitor, path, sink, before, size, arguments=arguments)
    if monitor.terminated == "log":
        monitor.terminated = ""


def go_on(
    monitor: BoundsMonitor,
    path: Path,
    sink: Sink,
    before: str,
    size: int,
    *,
    arguments: bool = False,
) -> None:
    """Let a monitor that has seen all that a log tells, up to a hash and a size, keep it from there."""
    write = _writer(path, sink, size)

    def journal(step: MonitorStep) -> None:
        nonlocal before
        before = write({"n": step.ruling.sequence + 1, "prev": before, **_said(step, arguments)})

    monitor.journal = journal


def whose_log(monitor: BoundsMonitor) -> dict[str, Any]:
    """Whose log a monitor keeps: no other one may go on with it."""
    return {
        "lineage": monitor.lineage,
        "bounds": monitor.bounds.digest,
        "binding": monitor.binding.digest,
        "attested": monitor.attested,
    }


def _bytes(path: Path | str) -> bytes:
    try:
        return read_file(path, most=MOST_LOG, error=BoundsError, remedy="Name a log.")
    except FileNotFoundError:
        raise BoundsError(f"{path} is not there; name a log.") from None


@contextmanager
def _alone(path: Path, size: int) -> Iterator[int]:
    """The log, opened for one writer at a time, if it is as long as that writer left it."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | GUARDED)
    try:
        if _fcntl is not None:
            _fcntl.flock(handle, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        found = os.fstat(handle)
        if found.st_size != size or not stat.S_ISREG(found.st_mode):
            raise BoundsError(f"{path} was changed by others; no further line is written.")
        yield handle
    finally:
        os.close(handle)


def _writer(path: Path, sink: Sink, size: int) -> Callable[[dict[str, Any]], str]:
    """What writes a line and its head, and gives the hash; never into a file that others changed."""
    inode = path.stat().st_ino

    def write(said: dict[str, Any]) -> str:
        nonlocal size
        line = json.dumps(said, separators=(",", ":"), default=_told).encode()
        with _alone(path, size) as handle:
            if os.fstat(handle).st_ino != inode or os.write(handle, line + b"\n") <= len(line):
                raise BoundsError(f"{path} is another file, or full; no further line is written.")
        size += len(line) + 1
        hashed = hashlib.sha256(line).hexdigest()
        head = f"{said['n']} {hashed}"
        if isinstance(sink, Path):
            beside = sink.with_name(f"{sink.name}.new")
            beside.unlink(missing_ok=True)
            with beside.open("x") as new:  # a link there is not followed
                new.write(head)
            beside.replace(sink)
        else:
            sink(head)
        return hashed

    return write


def _told(value: object) -> object:
    """What JSON has no word for, so that a call which is denied does not break the log."""
    return dict(value) if isinstance(value, Mapping) else repr(value)[:LONGEST]


def _said(step: MonitorStep, arguments: bool) -> dict[str, Any]:
    """A step as data."""
    fields = {k: v for k, v in vars(step.happening).items() if k not in ("arguments", "event")}
    if "tool" in fields:
        fields["tool"] = str(fields["tool"])[:LONGEST]
    said = {"at": step.at, "what": type(step.happening).__name__, **fields}
    if step.told is not None:
        written = step.told.canonical
        said["event"] = asdict(step.told.event)
        said["arguments"] = (
            written.decode() if arguments else f"sha256:{hashlib.sha256(written).hexdigest()}"
        )
        said["why"] = step.told.reason
    if step.digest:
        said["ask"] = step.digest
    return {**said, "verdict": step.ruling.verdict.name.lower(), "rule": step.ruling.rule}


def happening_of(said: dict[str, Any]) -> Any:
    """The happening that a line tells, with its event in the place of its arguments."""
    kind = KINDS[said["what"]]
    fields = {k: said[k] for k in kind.__dataclass_fields__ if k in said and k != "arguments"}
    if "event" in fields:
        fields["event"] = event_of(fields["event"])
    return kind(**fields)


def event_of(said: dict[str, Any]) -> Event:
    """An event that was written as data."""
    event = {k: _tuples(v) for k, v in said.items()}
    return Event(**{**event, "effects": tuple(Effect(**e) for e in event["effects"])})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def replayed(
    monitor: BoundsMonitor, data: bytes, where: Path | str
) -> Iterator[tuple[Line, Ruling | None]]:
    """Let a new monitor see what a log tells, line by line: the line, and what becomes of it now.

    Raises:
        BoundsError: at the first line that does not follow, or that no monitor wrote.
    """
    for line in log_lines(data, where):
        number, said, _, _ = line
        ruling = None
        try:
            if number == 0:
                monitor.last = monitor.renewed = said["at"]
            else:
                ruling = monitor.step(happening_of(said), at=said["at"])
                if ask := monitor.asks.get(ruling.sequence):
                    monitor.asks[ruling.sequence] = replace(ask, digest=said.get("ask", ask.digest))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BoundsError(
                f"{where}:{number + 1}: tells what no monitor writes. Name a log."
            ) from None
        yield line, ruling


def _resumed(
    monitor: BoundsMonitor, path: Path, head: str, whose: dict[str, Any]
) -> tuple[str, int]:
    """Let a monitor see again what its log tells up to the head; the head's hash, and its end."""
    data = _bytes(path)
    monitor.terminated, size, last = "", 0, ""
    try:
        for (number, said, last, end), ruling in replayed(monitor, data, path):
            size = end
            if ruling is None:
                same = {name: said.get(name) for name in whose} == whose
            else:
                same = (ruling.verdict.name.lower(), ruling.rule) == (said["verdict"], said["rule"])
            if not same:
                raise BoundsError(
                    f"{path}:{number + 1}: is not what these bounds, this binding and this lineage give. "
                    "Begin another log, with a lineage of its own."
                )
            if last == head:
                break
        if not last or last != head or data.count(b"\n", size) > 1:
            raise BoundsError(
                f"{path} does not end at the head {head[:20]!r}: it is an older copy, or a fork. The lineage "
                "is ended; begin another log, with a lineage of its own."
            )
        with _alone(path, len(data)) as handle:
            os.ftruncate(handle, size)
    except BaseException:
        monitor.terminated = "log"
        raise
    return last.partition(" ")[2], size
