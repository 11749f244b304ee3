"""Transcripts from Inspect logs of any task: offers, calls and answers, one sample at a time."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai.log import (
    EvalLog,
    EvalSample,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample,
    read_eval_log_sample_summaries,
)

from telos.core.errors import TranscriptError, did_you_mean
from telos.llm.inspect_.calls import calls_of, tools_of
from telos.llm.transcript import Transcript

KINDS = (".eval", ".json")


def find_logs(names: Sequence[str | Path]) -> list[Path]:
    """The log files that some names mean.

    Args:
        names: files, or folders: of these every log in them and below, by name as Inspect gives it.

    Raises:
        TranscriptError: naming what is not there, or a folder without logs.
    """
    found: list[Path] = []
    for name in map(Path, names):
        if name.is_dir():
            inside = _inside(name)
            if not inside:
                raise TranscriptError(
                    f"{name}: no Inspect log in this folder. Name a log ({' or '.join(KINDS)}), or the "
                    "folder that --log-dir named."
                )
            found += inside
        elif not name.exists():
            near = did_you_mean(name.name, _neighbours(name))
            raise TranscriptError(f"{name}: no such file. {near}")
        elif name.suffix not in KINDS:
            raise TranscriptError(f"{name}: is no log. Give files in {' or '.join(KINDS)}.")
        else:
            found.append(name)
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    """The logs in a folder: those named as Inspect names them, wherever they lie."""
    listed = list_eval_logs(str(folder.absolute()), descending=False)
    places = {Path(log.name.removeprefix("file://")).resolve() for log in listed}
    return sorted(p for p in folder.rglob("*") if p.suffix in KINDS and p.resolve() in places)


def _neighbours(path: Path) -> list[str]:
    try:
        return [p.name for p in path.parent.iterdir() if p.suffix in KINDS or p.is_dir()]
    except OSError:
        return []


def transcripts(path: Path) -> Iterator[Transcript]:
    """The samples of a log, read one at a time; of a log in JSON, which is one piece, all at once.

    A sample that the log announces and does not hold, since the evaluation broke off, is an
    incomplete transcript: nothing was recorded of it, so that nothing speaks for it.

    Args:
        path: a `.eval` or `.json` log of Inspect 0.3.58 or later.

    Raises:
        TranscriptError: if the log cannot be read, naming the place and why.
    """
    if path.suffix == ".json":
        _attempt(path, partial(_check_json, path))
    head: EvalLog = _attempt(path, lambda: read_eval_log(str(path), header_only=True))
    read: list[tuple[str, int]] = []
    for sample in _samples(path):
        place = f", sample {sample.id}, epoch {sample.epoch}"
        yield _attempt(path, partial(transcript_of, path, head, sample), place)
        read.append((str(sample.id), sample.epoch))
    for name, epoch in _lost(head, read):
        why = f"not in the log (its status is {head.status})"
        yield Transcript(
            str(path), name, epoch, head.eval.model, None, (), incomplete=why, task=head.eval.task
        )


def _lost(head: EvalLog, read: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The samples, by name and epoch, that a log announces and that were not read."""
    epochs = head.eval.config.epochs or 1
    ids = head.eval.dataset.sample_ids
    there = set(read)
    if ids is not None:
        asked = [(str(one), epoch) for one in ids for epoch in range(1, epochs + 1)]
        return [one for one in asked if one not in there]
    total = (
        head.results.total_samples if head.results else (head.eval.dataset.samples or 0) * epochs
    )
    return [(f"unnamed {number + 1}", 1) for number in range(total - len(read))]


def _samples(path: Path) -> Iterator[EvalSample]:
    if path.suffix == ".json":
        whole = _attempt(path, lambda: read_eval_log(str(path), resolve_attachments="full"))
        yield from whole.samples or []
        return
    listed = _attempt(path, lambda: read_eval_log_sample_summaries(str(path)))
    for one in listed:

        def read(sample: int | str = one.id, epoch: int = one.epoch) -> EvalSample:
            return read_eval_log_sample(str(path), sample, epoch, resolve_attachments="full")

        yield _attempt(path, read, f", sample {one.id}, epoch {one.epoch}")


def _check_json(path: Path) -> None:
    """Raise ValueError for JSON that is no log.

    Inspect reads the head of a log event by event, and takes memory with the square of the depth: a
    file of 20,000 opening brackets takes a gigabyte. Python's own reader stops at a thousand.
    """
    with path.open("rb") as file:
        try:
            whole = json.load(file)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
    if not isinstance(whole, dict) or "eval" not in whole:
        raise ValueError("it has no part named eval")


def _attempt(path: Path, read: Callable[[], Any], place: str = "") -> Any:
    """What a reader of Inspect gives; whatever it raises becomes one message."""
    try:
        with _quiet():
            return read()
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 - a stranger's file may make it raise anything
        why = next(iter(str(problem).strip().splitlines()), "") or type(problem).__name__
        raise TranscriptError(
            f"{path}{place}: cannot be read as an Inspect log ({why[:200]}). Leave it out, or copy it "
            "anew from where it was made."
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Old logs make Inspect and pydantic warn of old names; they are read all the same."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def transcript_of(path: Path, head: EvalLog, sample: EvalSample) -> Transcript:
    """One sample as a transcript.

    Args:
        path: of the log. head: the log, with or without its samples. sample: with attachments resolved.
    """
    incomplete = _incomplete(sample)
    said: dict[str, list[str]] = {"system": [], "user": []}
    for message in sample.messages:
        if message.role in said:
            said[message.role].append(message.text)
    return Transcript(
        log=str(path),
        sample=str(sample.id),
        epoch=sample.epoch,
        model=head.eval.model,
        tools=tools_of(sample),
        calls=calls_of(sample, cut=bool(sample.limit)),
        system=tuple(said["system"]),
        user=tuple(said["user"]),
        incomplete=incomplete,
        task=head.eval.task,
        uuid=getattr(sample, "uuid", None) or "",
    )


def _incomplete(sample: EvalSample) -> str:
    """Why a sample does not tell everything; empty if it does."""
    reasons = []
    if sample.error is not None:
        reasons.append(f"error: {_first(sample.error.message)}")
    if sample.limit is not None:
        reasons.append(f"limit: {sample.limit.type}")
    retried = getattr(sample, "error_retries", None)
    if retried:
        # what was done before an error is kept only from the last answer of the model on
        reasons.append(f"begun anew after {len(retried)} errors: {_first(retried[-1].message)}")
    if not sample.messages and not sample.events:
        reasons.append("nothing was recorded")
    return "; ".join(reasons)


def _first(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")[:200]
