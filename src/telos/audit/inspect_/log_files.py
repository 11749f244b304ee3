"""Log files: an Inspect log opened within bounds, and its samples read one at a time."""

import hashlib
import io
import json
import logging
import os
import re
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, final

from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import ChatMessage

from telos.audit.inspect_.events import TELLING, seen_in
from telos.core.errors import TranscriptError
from telos.core.files import read_file
from telos.core.text import printable

KINDS = (".eval", ".json")
#: Bytes of JSON that are read in one piece: a sample, or a log in JSON. Parsed it takes twenty times that.
MOST_BYTES = 256 * 2**20
#: Bytes of all parts of a log, unpacked.
MOST_UNPACKED = 16 * 2**30
#: Parts of a log, and samples that it may announce. Inspect's largest public logs have some ten thousand.
MOST_PARTS = 1_000_000
MOST_LETTERS = 200
#: Bytes of a torn file that are searched for what a log begins with.
MOST_SEARCHED = 100_000
#: When an event took place, and what Inspect calls it: a copy may have other words for both.
TIMES = ("timestamp", "working_start", "completed", "working_time", "uuid", "span_id", "message_id")
HEAD, BEGUN, SAMPLES = "header.json", "_journal/start.json", "samples/"
#: Parts of a head that only describe it, and that are not needed to read a sample.
NEEDLESS = ("results", "stats", "error", "reductions", "samples", "log_updates", "config_updates")
_EPOCH = re.compile(r"(.*)_epoch_(\d{1,9})\.json", re.DOTALL)


@final
@dataclass(frozen=True, eq=False)
class LoggedSample:
    """One sample of a log.

    Args:
        path, head: of its log. name, epoch: its name.
        sample: what the log holds, with its long texts in their places; None where that cannot be read, or
            nothing is held.
        lack: why there is none, or why it is not to be trusted.
        unread: whether there is one that cannot be read.
        identity: what Inspect calls it and its copies; empty in old logs.
        told: a digest of all that it tells of the run, without its scores.
        superseded: the later log that has it again; empty if none has.
    """

    path: Path
    head: EvalLog
    name: str
    epoch: int
    sample: EvalSample | None
    lack: str = ""
    unread: bool = False
    identity: str = ""
    told: str = ""
    superseded: str = ""

    @property
    def place(self) -> str:
        """What to call the sample in a message."""
        return f"{self.path}, sample {self.name}, epoch {self.epoch}"


@final
@dataclass(frozen=True, eq=False)
class LogFile:
    """A log that could be opened.

    Args:
        path: the file. head: all of the log but its samples. brief: what of the head a sample needs, as
            JSON up to the list of samples.
    """

    path: Path
    head: EvalLog
    brief: bytes

    def samples(self) -> Iterator[LoggedSample]:
        """The samples, each read when it is asked for, with its long texts in their places.

        Raises:
            TranscriptError: if the file can no longer be read.
        """
        try:
            yield from self._of_json() if self.path.suffix == ".json" else self._of_zip()
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as problem:
            raise unreadable(self.path, problem) from None

    def _of_json(self) -> Iterator[LoggedSample]:
        listed = json.loads(_whole(self.path)).get("samples") or []
        for number, data in enumerate(listed if isinstance(listed, list) else [], 1):
            named = data if isinstance(data, dict) else {}
            epoch = named.get("epoch")
            name = str(named.get("id", f"number {number}"))[:MOST_LETTERS]
            yield self._read(name, epoch if type(epoch) is int else 1, partial(_dumped, data))

    def _of_zip(self) -> Iterator[LoggedSample]:
        with _opened(self.path) as parts:
            # of parts with one name an archive's reader sees the last alone
            held = [part for part in parts.filelist if _is_sample(part.filename)]
            for part in sorted(held, key=_as_inspect_sorts):
                name, epoch = _named(part.filename)
                yield self._read(name, epoch, partial(_part, parts, part))

    def _read(self, name: str, epoch: int, data: Callable[[], bytes]) -> LoggedSample:
        """One sample, read by Inspect as if the log held no other."""
        try:
            held = data()
            whole = io.BytesIO(self.brief + held + b"]}")
            with quiet():
                log = read_eval_log(whole, resolve_attachments="full", format="json")
            (sample,) = log.samples or []
            _check_refs(held)
            return LoggedSample(
                self.path,
                self.head,
                str(sample.id),
                sample.epoch,
                sample,
                identity=str(getattr(sample, "uuid", None) or ""),
                told=_told(sample),
            )
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 - a third-party file may make it raise anything
            why = f"cannot be read ({_why(problem)})"
            return LoggedSample(self.path, self.head, name, epoch, None, why, unread=True)


def open_log(path: Path) -> LogFile:
    """A log, opened; nothing of its samples is read yet.

    Args:
        path: a `.eval` or `.json` log of Inspect 0.3.58 or later.

    Raises:
        TranscriptError: naming the file and why it is not a log that can be read.
    """
    try:
        data = _head_of_json(path) if path.suffix == ".json" else _head_of_zip(path)
        eval_ = data.get("eval")
        if not isinstance(eval_, dict):
            raise ValueError("it has no part named eval")
        with quiet():
            whole = json.dumps({**data, "samples": None}).encode()
            head = read_eval_log(io.BytesIO(whole), header_only=True, format="json")
        announced = len(head.eval.dataset.sample_ids or ()) or head.eval.dataset.samples or 0
        announced *= max(head.eval.config.epochs or 1, 1)
        if max(announced, head.results.total_samples if head.results else 0) > MOST_PARTS:
            raise ValueError(f"it announces more than {MOST_PARTS:,} samples")
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 - a third-party file may make it raise anything
        raise unreadable(path, problem) from None
    kept = {key: value for key, value in data.items() if key not in NEEDLESS}
    dataset = eval_.get("dataset")
    bare = {**dataset, "sample_ids": None} if isinstance(dataset, dict) else dataset
    brief = json.dumps({**kept, "eval": {**eval_, "dataset": bare}}).encode()
    return LogFile(path, head, brief[:-1] + b', "samples": [')


def unreadable(path: Path, problem: Exception) -> TranscriptError:
    """What to say of a file that cannot be read as a log."""
    said = (
        str(problem)
        if isinstance(problem, TranscriptError)
        else f"{path}: cannot be read as an Inspect log ({_why(problem)}). Leave it out, or copy it anew "
        "from where it was made."
    )
    return TranscriptError(printable(said, keep=""))


def looks_like_log(path: Path) -> bool:
    """Whether a file in JSON has what every log has; a listing or a note beside logs has not.

    What cannot be read may be a log; so may be what is torn, if it begins as one.
    """
    try:
        whole = _whole(path)
    except (OSError, TranscriptError):
        return True
    try:
        data = json.loads(whole)
    except (ValueError, RecursionError):
        return b'"eval"' in whole[:MOST_SEARCHED]
    return isinstance(data, dict) and isinstance(data.get("eval"), dict)


def _whole(path: Path) -> bytes:
    remedy = "Write it anew as .eval, with `inspect log convert`."
    return read_file(path, most=MOST_BYTES, error=TranscriptError, remedy=remedy)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A log that is an archive, if it is a regular file: a pipe would be waited for."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is not a regular file")
        with zipfile.ZipFile(file) as parts:
            yield parts


def _head_of_json(path: Path) -> dict[str, Any]:
    whole = json.loads(_whole(path))
    if not isinstance(whole, dict):
        raise ValueError("it has no part named eval")
    return {key: value for key, value in whole.items() if key != "samples"}


def _head_of_zip(path: Path) -> dict[str, Any]:
    with _opened(path) as parts:
        if len(parts.NameToInfo) > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS:,} parts")
        if sum(part.file_size for part in parts.filelist) > MOST_UNPACKED:
            raise ValueError(f"it is larger than {MOST_UNPACKED:,} bytes unpacked")
        if HEAD in parts.NameToInfo:
            name, more = HEAD, {}
        elif BEGUN in parts.NameToInfo:
            name, more = BEGUN, {"status": "started"}
        else:
            raise ValueError(f"it has neither {HEAD} nor {BEGUN}")
        data = _part(parts, parts.NameToInfo[name])
    whole = json.loads(data)
    if not isinstance(whole, dict):
        raise ValueError(f"its {name} is not a table")
    return {**more, **whole}


def _is_sample(part: str) -> bool:
    """Whether a part of a log holds a sample, however another packer wrote its name."""
    plain = part.replace("\\", "/").removeprefix("./").casefold()
    return plain.startswith(SAMPLES) and not plain.endswith("/")


def _named(part: str) -> tuple[str, int]:
    """The sample and the epoch that a part of a log holds, by the part's name."""
    found = _EPOCH.fullmatch(part.removeprefix(SAMPLES))
    return (found[1], int(found[2])) if found else (part, 1)


def _as_inspect_sorts(part: zipfile.ZipInfo) -> tuple[int, str]:
    name, epoch = _named(part.filename)
    return epoch, name.zfill(20)


def _told(sample: EvalSample) -> str:
    """A digest of what a sample tells of its run: not of its scores, nor of ids that Inspect makes up."""
    digest = hashlib.sha256()
    for told in _telling(sample):
        digest.update(json.dumps(told, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _telling(sample: EvalSample) -> Iterator[Any]:
    yield sample.input if isinstance(sample.input, str) else list(map(_message, sample.input))
    yield from map(_message, sample.messages)
    yield [_message(choice.message) for choice in sample.output.choices]
    for seen in seen_in(sample):
        event = seen.event
        if seen.scoring or event is None or seen.kind not in TELLING:
            continue
        elif seen.kind == "model":
            yield [event.role, *(_message(choice.message) for choice in event.output.choices)]
        else:
            yield event.model_dump(exclude={"events", "metadata", *TIMES}, serialize_as_any=True)


def _message(message: ChatMessage) -> Any:
    return message.model_dump(
        include={"role", "content", "tool_calls", "tool_call_id", "function", "error"}
    )


def _check_refs(data: bytes) -> None:
    """Whether the messages are there that events refer to: Inspect passes over those that are not."""
    if b'"input_refs"' not in data:
        return
    whole = json.loads(data)
    pools = whole.get("events_data")
    held = len(pools.get("messages") or ()) if isinstance(pools, dict) else 0
    retries = [retry.get("events") for retry in whole.get("error_retries") or []]
    for event in (event for events in (whole.get("events"), *retries) for event in events or []):
        for begin, end in event.get("input_refs") or ():
            if not 0 <= begin <= end <= held:
                raise ValueError("an event refers to messages that it does not hold")


def _dumped(data: object) -> bytes:
    return json.dumps(data).encode()


def _part(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part of a log, unpacked as far as is allowed, whatever the archive says of its size."""
    with parts.open(part) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES or part.file_size > MOST_BYTES:
        raise ValueError(f"{part.filename} is larger than {MOST_BYTES:,} bytes unpacked")
    return data


def _why(problem: Exception) -> str:
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    said = str(getattr(problem, "strerror", None) or problem)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(lines[:3])[:200] or type(problem).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Old logs make Inspect and pydantic warn of old names; they are read all the same."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
