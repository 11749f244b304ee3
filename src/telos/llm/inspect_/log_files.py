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
HEAD, BEGUN, SAMPLES = "header.json", "_journal/start.json", "samples/"
#: Parts of a head that only describe it, and that are not needed to read a sample.
NEEDLESS = ("results", "stats", "error", "reductions", "samples", "log_updates", "config_updates")
_EPOCH = re.compile(r"(.*)_epoch_(\d{1,9})\.json", re.DOTALL)


@final
@dataclass(frozen=True)
class Unread:
    """A sample that is in a log and cannot be read.

    Args:
        sample, epoch: its name, as far as the log tells. why: in words.
    """

    sample: str
    epoch: int
    why: str


@final
@dataclass(frozen=True, eq=False)
class ReadSample:
    """A sample that could be read.

    Args:
        sample: with its long texts in their places.
        mark: what it and its copies have in common: its uuid, or else a digest of all but its scores.
    """

    sample: EvalSample
    mark: str


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

    def samples(self) -> Iterator[ReadSample | Unread]:
        """The samples, each read when it is asked for, with its long texts in their places.

        Raises:
            TranscriptError: if the file can no longer be read.
        """
        try:
            yield from self._of_json() if self.path.suffix == ".json" else self._of_zip()
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as problem:
            raise unreadable(self.path, problem) from None

    def _of_json(self) -> Iterator[ReadSample | Unread]:
        listed = json.loads(_whole(self.path)).get("samples") or []
        for number, data in enumerate(listed if isinstance(listed, list) else [], 1):
            named = data if isinstance(data, dict) else {}
            epoch = named.get("epoch")
            name = str(named.get("id", f"number {number}"))[:MOST_LETTERS]
            yield self._read(name, epoch if type(epoch) is int else 1, partial(_dumped, data))

    def _of_zip(self) -> Iterator[ReadSample | Unread]:
        with _opened(self.path) as parts:
            named = [name for name in parts.NameToInfo if name.startswith(SAMPLES)]
            for name, epoch, part in sorted(map(_named, named), key=_as_inspect_sorts):
                yield self._read(name, epoch, partial(_part, parts, part))

    def _read(self, name: str, epoch: int, data: Callable[[], bytes]) -> ReadSample | Unread:
        """One sample, read by Inspect as if the log held no other."""
        try:
            held = data()
            whole = io.BytesIO(self.brief + held + b"]}")
            with quiet():
                log = read_eval_log(whole, resolve_attachments="full", format="json")
            (sample,) = log.samples or []
            return ReadSample(sample, getattr(sample, "uuid", None) or _digest(held))
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 - a stranger's file may make it raise anything
            return Unread(name, epoch, _why(problem))


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
    except Exception as problem:  # noqa: BLE001 - a stranger's file may make it raise anything
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
    """Whether a file in JSON has what every log has; a listing or a note beside logs has not."""
    try:
        data = json.loads(_whole(path))
    except (OSError, ValueError, RecursionError):
        return False
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
        data = _part(parts, name)
    whole = json.loads(data)
    if not isinstance(whole, dict):
        raise ValueError(f"its {name} is not a table")
    return {**more, **whole}


def _named(part: str) -> tuple[str, int, str]:
    """The sample and the epoch that a part of a log holds, by the part's name."""
    found = _EPOCH.fullmatch(part.removeprefix(SAMPLES))
    return (found[1], int(found[2]), part) if found else (part, 1, part)


def _as_inspect_sorts(named: tuple[str, int, str]) -> tuple[int, str]:
    return named[1], named[0].zfill(20)


def _digest(data: bytes) -> str:
    whole = json.loads(data)
    kept = {key: value for key, value in whole.items() if key not in ("score", "scores")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _dumped(data: object) -> bytes:
    return json.dumps(data).encode()


def _part(parts: zipfile.ZipFile, name: str) -> bytes:
    """A part of a log, unpacked as far as is allowed, whatever the archive says of its size."""
    with parts.open(name) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES or parts.NameToInfo[name].file_size > MOST_BYTES:
        raise ValueError(f"{name} is larger than {MOST_BYTES:,} bytes unpacked")
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
