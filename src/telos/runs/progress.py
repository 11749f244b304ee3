"""Progress: how far a study is, read from its folder alone, whether or not a run is at work on it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import final

from telos.core.errors import StoreError
from telos.core.files import plain_path
from telos.core.record import RECORD, Record, TrialEntry, read_record
from telos.core.tables import Cell
from telos.runs.entries import held_controls, held_parts, n_chunks
from telos.runs.lock import listen
from telos.runs.parts import PartFile, find_parts

#: The rate is that of the last minute in which anything was written.
RECENT = 60.0
#: What makes a trial, in the words of the tables, and tells it from the others of its study.
LABELS = ("scenario", "family", "agent", "discount", "safeguards")


@final
@dataclass(frozen=True)
class TrialProgress:
    """How far one trial is.

    Args:
        key: the trial's key. label: what tells it from the others, in words.
        chunks, goals: how many are there; chunks_asked, goals_asked: how many were asked for.
    """

    key: str
    label: str
    chunks: int
    chunks_asked: int
    goals: int
    goals_asked: int

    @property
    def complete(self) -> bool:
        """Whether every chunk is there."""
        return self.chunks == self.chunks_asked


@final
@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Args:
        name, question: the study's.
        state: ``at work``, ``stopped``, ``incomplete`` (some chunks failed) or ``complete``.
        trials: one by one.
        rate: goals a second over the last minute of work, each counted once a trial; 0: not known.
        record: the study's record.
        working: seconds since the run that is at work began; None if none is.
        silent: seconds since the last chunk was written; None before the first.
        seconds: what the runs that ended took, all together.
        controls, controls_asked: arms whose controls are there, and were asked for.
        failures: a sentence about each task that could not be computed.
        damaged: names of parts that are not what was written; only those that were looked for.
    """

    name: str
    question: str
    state: str
    trials: tuple[TrialProgress, ...]
    rate: float
    record: Record
    working: float | None
    silent: float | None
    seconds: float
    controls: int = 0
    controls_asked: int = 0
    failures: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def goals(self) -> int:
        """Goals that are there, each counted once a trial."""
        return sum(trial.goals for trial in self.trials)

    @property
    def goals_asked(self) -> int:
        """Goals that were asked for, each counted once a trial."""
        return sum(trial.goals_asked for trial in self.trials)

    @property
    def controls_missing(self) -> int:
        """Arms whose controls are not there yet."""
        return self.controls_asked - self.controls

    @property
    def left(self) -> float | None:
        """Seconds until every goal is there at the present rate; None if it is not known."""
        missing = self.goals_asked - self.goals
        return missing / self.rate if self.working is not None and self.rate and missing else None


def progress_of(folder: Path, *, check: bool = False) -> Progress:
    """How far the study of a result folder is.

    Args:
        folder: what `telos run … --out` writes.
        check: read every part, to find those that are damaged.

    Raises:
        StoreError: if the folder is not one, or its record cannot be read, naming the remedy.
    """
    folder = plain_path(folder)
    record = record_of(folder)
    found = find_parts(folder / "parts")
    damaged = [p.path.name for parts in found.values() for p in parts if check and not p.whole]
    held = held_parts(found, record.trials, frozenset(damaged))
    telling = _telling(record.trials)
    trials = tuple(_trial(trial, telling, held[trial.key]) for trial in record.trials)
    controlled = held_controls(found, record.controls, frozenset(damaged))
    controls = sum(map(bool, controlled.values()))
    whole = controls == len(controlled) and all(trial.complete for trial in trials)
    written = _written([part for parts in held.values() for part in parts])
    beat, now = listen(folder), time.time()
    alive = beat is not None and beat.alive
    failures = beat.failures if beat is not None else record.failures
    if alive:
        state = "at work"
    elif record.status == "running" or not (failures or whole):
        state = "stopped"
    else:
        state = "incomplete" if failures else "complete"
    return Progress(
        name=record.study.name,
        question=record.study.question,
        state=state,
        trials=trials,
        rate=_rate(written, beat.begun if beat is not None else 0.0),
        working=now - beat.begun if beat is not None and alive else None,
        silent=max(0.0, now - written[-1][0]) if written else None,
        seconds=record.seconds,
        controls=controls,
        controls_asked=len(controlled),
        failures=failures,
        damaged=tuple(damaged),
        record=record,
    )


def record_of(folder: Path) -> Record:
    """The record; a folder that has parts alone is told from one that Telos knows nothing of."""
    parts = folder / "parts"
    if folder.is_dir() and not (folder / RECORD).exists() and parts.is_dir():
        beat = listen(folder)
        if beat is not None and beat.alive:
            raise StoreError(f"{folder}: a run has just begun there. Ask again in a moment.")
        n = sum(len(found) for found in find_parts(parts).values())
        if n == 0:
            raise StoreError(
                f"{folder}: a run ended there before anything was computed. Run the study again."
            )
        raise StoreError(
            f"{folder} holds {n} parts but no {RECORD}. Run the study again into the same folder: "
            "every finished chunk is kept."
        )
    return read_record(folder)


def _telling(trials: tuple[TrialEntry, ...]) -> tuple[str, ...]:
    """The labels that tell the trials from one another."""
    labels = [trial.labels() for trial in trials]
    found = tuple(name for name in LABELS if len({mine[name] for mine in labels}) > 1)
    return found or ("scenario",)


def _trial(trial: TrialEntry, telling: tuple[str, ...], parts: list[PartFile]) -> TrialProgress:
    labels = trial.labels()
    words = (shown(labels[name]) for name in telling)
    applies = n_chunks(trial) > 0
    return TrialProgress(
        key=trial.key,
        label=", ".join(filter(None, words)),
        chunks=sum(part.count >= min(trial.chunk, trial.n_goals - part.first) for part in parts),
        chunks_asked=n_chunks(trial),
        goals=sum(min(part.count, trial.chunk, trial.n_goals - part.first) for part in parts),
        goals_asked=trial.n_goals if applies else 0,
    )


def shown(value: Cell) -> str:
    """A label as a person would write it."""
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _written(parts: list[PartFile]) -> list[tuple[float, int]]:
    """(when, goals) of each part, in the order of writing; one that is gone meanwhile is left out."""
    found = []
    for part in parts:
        try:
            found.append((part.path.stat().st_mtime, part.count))
        except OSError:
            continue
    return sorted(found)


def _rate(written: list[tuple[float, int]], begun: float) -> float:
    """Goals a second over the last minute of work, counted from the first part written in it."""
    if not written:
        return 0.0
    end = written[-1][0]
    mine = [(when, goals) for when, goals in written if when >= max(end - RECENT, begun)]
    if len(mine) < 2 or mine[-1][0] <= mine[0][0]:
        return 0.0
    return sum(goals for _, goals in mine[1:]) / (mine[-1][0] - mine[0][0])
