"""Standing: how far a study is, read from its folder alone, whoever may be at work on it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError
from telos.runs.heartbeat import listen
from telos.runs.parts import Part, find_parts
from telos.runs.store import RECORD, read_record

#: The rate is that of the last minute in which anything was written.
RECENT = 60.0
#: What tells a trial from the others of its study.
LABELS = ("scenario", "family", "agent", "discount", "safeguards")


@final
@dataclass(frozen=True)
class TrialStanding:
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
class Standing:
    """How far a study is.

    Args:
        name, question: the study's.
        state: ``at work``, ``stopped``, ``incomplete`` (some chunks failed) or ``complete``.
        trials: one by one.
        rate: goals a second over the last minute of work, each counted once a trial; 0: not known.
        working: seconds since the run that is at work began; None if none is.
        silent: seconds since the last chunk was written; None before the first.
        seconds: what the runs that ended took, all together.
        failures: a sentence about each chunk that could not be computed.
        damaged: names of parts that are not what was written; only those that were looked for.
    """

    name: str
    question: str
    state: str
    trials: tuple[TrialStanding, ...]
    rate: float
    working: float | None
    silent: float | None
    seconds: float
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
    def left(self) -> float | None:
        """Seconds until every goal is there at the present rate; None if it is not known."""
        missing = self.goals_asked - self.goals
        return missing / self.rate if self.working is not None and self.rate and missing else None


def standing(folder: Path, *, check: bool = False) -> Standing:
    """How far the study of a result folder is.

    Args:
        folder: what `telos run … --out` writes.
        check: read every part, to find those that are damaged.

    Raises:
        StoreError: if the folder is not one, or its record cannot be read, naming the remedy.
    """
    record = record_of(folder)
    entries = [entry for entry in record["trials"] if isinstance(entry, dict)]
    found = find_parts(folder / "parts")
    damaged = [p.path.name for parts in found.values() for p in parts if check and not p.whole]
    held = held_by_record(found, entries, frozenset(damaged))
    telling = [n for n in LABELS if len({str(entry.get(n)) for entry in entries}) > 1]
    names = telling or ["scenario"]
    trials = tuple(_trial(entry, names, held[str(entry.get("key"))]) for entry in entries)
    written = _written([part for parts in held.values() for part in parts])
    beat, now = listen(folder), time.time()
    alive = beat is not None and beat.alive
    status = record.get("status")
    failures = beat.failures if beat is not None else tuple(map(str, record.get("failures") or ()))
    if alive:
        state = "at work"
    elif status == "running" or not (failures or all(trial.complete for trial in trials)):
        state = "stopped"
    else:
        state = "incomplete" if failures else "complete"
    return Standing(
        name=str(record["study"].get("name", "")),
        question=str(record["study"].get("question", "")),
        state=state,
        trials=trials,
        rate=_rate(written, beat.begun if beat is not None else 0.0),
        working=now - beat.begun if beat is not None and alive else None,
        silent=max(0.0, now - written[-1][0]) if written else None,
        seconds=float(record.get("seconds") or 0.0),
        failures=failures,
        damaged=tuple(damaged),
    )


def held_by_record(
    found: dict[tuple[str, int], list[Part]],
    entries: list[dict[str, Any]],
    damaged: frozenset[str] = frozenset(),
) -> dict[str, list[Part]]:
    """The parts of each trial that a record lists, by its key, in order; damaged ones left out."""
    held: dict[str, list[Part]] = {}
    for entry in entries:
        key = str(entry.get("key"))
        chunks = (found.get((key, first), []) for first, _ in chunks_of(entry))
        whole = ([p for p in parts if p.path.name not in damaged] for parts in chunks)
        held[key] = [parts[0] for parts in whole if parts]
    return held


def record_of(folder: Path) -> dict[str, Any]:
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


def chunks_of(entry: dict[str, Any]) -> list[tuple[int, int]]:
    """(first goal, number of goals) of each chunk that a trial of the record asks for."""
    lacking = entry.get("not_applicable") or {}
    goals, size = int(entry.get("n_goals") or 0), int(entry.get("chunk") or 0)
    if size < 1 or all(drive in lacking for drive in entry.get("drives") or ()):
        return []
    return [(first, min(size, goals - first)) for first in range(0, goals, size)]


def _trial(entry: dict[str, Any], names: list[str], parts: list[Part]) -> TrialStanding:
    counts = {part.first: part.count for part in parts}
    chunks = chunks_of(entry)
    done = [count for first, count in chunks if counts.get(first, 0) >= count]
    return TrialStanding(
        key=str(entry.get("key", "")),
        label=", ".join(word for name in names if (word := _word(entry.get(name)))),
        chunks=len(done),
        chunks_asked=len(chunks),
        goals=sum(min(counts.get(first, 0), count) for first, count in chunks),
        goals_asked=sum(count for _, count in chunks),
    )


def _word(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value if value is not None else "")


def _written(parts: list[Part]) -> list[tuple[float, int]]:
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
