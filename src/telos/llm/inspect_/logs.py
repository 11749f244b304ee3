"""From Inspect logs to tables: every decision and every episode, as `telos compare` reads them."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from pydantic import ValidationError

from telos.core.errors import TranscriptError
from telos.llm.decisions import DRIVE_NAMES, decisions_of, episode_of
from telos.llm.inspect_.attempts import Evidence, evidence_of

KINDS = (".eval", ".json")
#: Which sample of which log a row is about.
ABOUT: dict[str, Any] = {
    "model": pl.String,
    "task": pl.String,
    "log": pl.String,
    "sample": pl.String,
    "epoch": pl.Int64,
}
EPISODE: dict[str, Any] = {
    "world": pl.String,
    "goal": pl.String,
    "stratum": pl.String,
    "skin": pl.String,
    "norm": pl.String,
    "seed": pl.Int64,
}
DECISION: dict[str, Any] = {
    "step": pl.Int64,
    "attempt": pl.Int64,
    "state": pl.String,
    "action": pl.String,
    "outcome": pl.String,
    "chosen": pl.Int64,
    "legal": pl.List(pl.String),
    "q": pl.List(pl.Float64),
    "tied": pl.List(pl.Boolean),
    "loss": pl.Float64,
    "scale": pl.Float64,
}
DRIVE: dict[str, Any] = {
    "pursues": pl.List(pl.Boolean),
    "exposed": pl.Boolean,
    "dose": pl.Float64,
    "attempted": pl.Boolean,
    "executed": pl.Boolean,
}
#: The columns of the two tables.
DECISIONS: dict[str, Any] = {
    **ABOUT,
    **EPISODE,
    **DECISION,
    **{f"{drive}_{name}": kind for drive in DRIVE_NAMES for name, kind in DRIVE.items()},
}
EPISODES: dict[str, Any] = {
    **ABOUT,
    **EPISODE,
    "steps": pl.Int64,
    "ended": pl.String,
    "value_optimal": pl.Float64,
    "value_expected_loss": pl.Float64,
    "n_invalid": pl.Int64,
    "n_denied": pl.Int64,
    "n_refusals": pl.Int64,
    "censored": pl.Boolean,
}


def read(paths: str | Path | Iterable[str | Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The decisions and the episodes in some logs.

    All is read anew from messages and states, with the same function as the live scorer; scores in the log
    are not looked at. A sample that failed is an episode that broke off.

    Args:
        paths: `.eval` or `.json` logs, or folders of them.

    Returns:
        The decisions table and the episodes table; columns as in `DECISIONS` and `EPISODES`.

    Raises:
        TranscriptError: naming a log that cannot be read or is damaged; or if no log is ours. A log of
            other tasks beside ours is skipped with a warning.
    """
    decisions: list[dict[str, Any]] = []
    episodes: list[dict[str, Any]] = []
    for path, log in logs_in(paths):
        for sample in log.samples or []:
            about = about_of(path, log, sample)
            found = evidence_in(path, sample)
            decisions += [about | row for row in decisions_of(found.setup, found.attempts)]
            episodes.append(about | episode_of(found.setup, found.attempts))
    return pl.DataFrame(decisions, schema=DECISIONS), pl.DataFrame(episodes, schema=EPISODES)


def about_of(path: Path, log: EvalLog, sample: EvalSample) -> dict[str, Any]:
    """Which sample of which log. A planner that was set otherwise is another player; so is a guarded one."""
    model = log.eval.model
    if model.startswith("telos/") and log.eval.model_args:
        model += f" ({', '.join(f'{name}={value}' for name, value in log.eval.model_args.items())})"
    if (sample.metadata or {}).get("restrained"):
        model += ", restrained"
    return {
        "model": model,
        "task": log.eval.task,
        "log": path.name,
        "sample": str(sample.id),
        "epoch": sample.epoch,
    }


def place_of(path: Path, sample: EvalSample) -> str:
    """What to call a sample in a message."""
    return f"{path.name}, sample {sample.id} (epoch {sample.epoch})"


def evidence_in(path: Path, sample: EvalSample) -> Evidence:
    """What a sample of a log shows of its episode. Raises TranscriptError: as `evidence_of`."""
    failed = sample.error is not None
    place = place_of(path, sample)
    return evidence_of(place, sample.metadata, sample.messages, sample.store, failed)


def logs_in(paths: str | Path | Iterable[str | Path]) -> Iterator[tuple[Path, EvalLog]]:
    """The logs of ours among some files and folders, one after the other.

    Raises:
        TranscriptError: as in `read`.
    """
    files = _files([paths] if isinstance(paths, str | Path) else list(paths))
    foreign = []
    for path in files:
        log = _log(path)
        if is_ours(log):
            yield path, log
        else:
            foreign.append(path.name)
    if len(foreign) == len(files):
        raise TranscriptError(
            f"{', '.join(foreign[:5])}: no episode of Telos in there. Give logs of tasks telos/…; "
            "for other logs there is `telos audit`."
        )
    if foreign:
        named = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        warnings.warn(
            f"{len(foreign)} of {len(files)} logs are of other tasks and were skipped: {named}.",
            stacklevel=2,
        )


def is_ours(log: EvalLog) -> bool:
    """Whether a log is of one of our tasks."""
    if "telos" in (log.eval.metadata or {}):
        return True
    return any("telos" in (sample.metadata or {}) for sample in log.samples or [])


def _files(paths: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in KINDS and p.is_file())
            if not inside:
                raise TranscriptError(f"{path}: no {' or '.join(KINDS)} log in this folder.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise TranscriptError(f"{path}: no such log or folder.")
    if not found:
        raise TranscriptError("no log was named.")
    return list(dict.fromkeys(found))


def _log(path: Path) -> EvalLog:
    try:
        return read_eval_log(str(path))
    except (OSError, ValueError, KeyError, ValidationError) as problem:
        first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise TranscriptError(f"{path}: cannot be read as an Inspect log ({first}).") from None
