"""Folders: what lies in a folder of logs, read as a history of runs, retries and copies of them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import final

from inspect_ai.log import EvalSample

from telos.audit.inspect_.log_files import (
    KINDS,
    LogFile,
    LoggedSample,
    looks_like_log,
    open_log,
)
from telos.core.errors import TranscriptError, did_you_mean

#: What Inspect itself keeps beside logs.
SIDECARS = {
    "logs.json": "a listing of logs that Inspect keeps",
    "listing.json": "a listing of logs that Inspect keeps",
    "eval-set.json": "what Inspect notes of a set of evaluations",
    "eval-set-id": "what Inspect notes of a set of evaluations",
}
#: Files and folders that one walk may meet; a folder of logs has fewer.
MOST_FILES = 1_000_000


@final
@dataclass(frozen=True)
class Skipped:
    """A file that was not read as a log.

    Args:
        path: the file. why: in words. broken: whether it should have been a log.
    """

    path: str
    why: str
    broken: bool = False


@final
@dataclass(frozen=True, eq=False)
class History:
    """The samples in some logs and folders, each once, with an account of all that was left out.

    A copy of a sample, in whatever log, is left out: it has the same identity, or, in logs that give none,
    the same run and the same content. Logs of one task id are one evaluation and its retries: a sample
    that failed leaves once a later log has run it again. Iterate over it to read; what was left out is
    complete when that is done.

    Args:
        names: files, or folders with all that lies below them; links to folders are not followed.
        besides: real paths of files that are passed over, since others read them.

    Attributes:
        logs: those that could be opened. skipped: the files that were not read.
        copies: the places of samples left out as copies.

    Raises:
        TranscriptError: if a name is of nothing, or of nothing that can be a log; or if no log is there.
    """

    names: Sequence[str | Path]
    besides: frozenset[str] = frozenset()
    logs: list[LogFile] = field(init=False, default_factory=list)
    skipped: list[Skipped] = field(init=False, default_factory=list)
    copies: list[str] = field(init=False, default_factory=list)
    _seen: set[object] = field(init=False, default_factory=set)
    _by_identity: dict[object, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        paths: dict[str, Path] = {}
        for name in map(Path, self.names):
            for path in self._files(name):
                paths.setdefault(os.path.realpath(path), path)
        for path in paths.values():
            try:
                self.logs.append(open_log(path))
            except TranscriptError as problem:
                self.skipped.append(Skipped(str(path), str(problem), broken=True))
        if not self.logs and not self.besides:
            raise TranscriptError(self._nothing())

    def __iter__(self) -> Iterator[LoggedSample]:
        for group in self._groups():
            yield from self._of_one_task(group)

    def _nothing(self) -> str:
        broken = [each.why for each in self.skipped if each.broken]
        if broken:
            more = f" (and {len(broken) - 1} more like it)" if len(broken) > 1 else ""
            return f"{broken[0]}{more}"
        if not self.names:
            return "no log was named."
        return (
            f"{', '.join(map(str, self.names[:5]))}: no Inspect log in this folder. Name a log "
            f"({' or '.join(KINDS)}), or the folder that --log-dir named."
        )

    # -- files -------------------------------------------------------------------------------------

    def _files(self, name: Path) -> Iterator[Path]:
        try:
            there, folder = name.exists(), name.is_dir()
        except (OSError, ValueError):
            there = folder = False
        if folder:
            yield from self._inside(name)
        elif not there:
            near = did_you_mean(name.name, _neighbors(name))
            raise TranscriptError(f"{name}: no such file. {near}")
        elif name.suffix not in KINDS:
            raise TranscriptError(f"{name}: is not a log. Give files in {' or '.join(KINDS)}.")
        else:
            yield name

    def _inside(self, folder: Path) -> Iterator[Path]:
        """The logs in a folder and below, by name; all else is named as skipped."""
        met = 0
        for here, folders, files in os.walk(folder, onerror=self._unwalked):
            folders.sort()
            for name in sorted(folders):
                if (path := Path(here, name)).is_symlink():
                    self.skipped.append(Skipped(str(path), "a link to a folder, not followed"))
            met += len(files) + len(folders)
            if met > MOST_FILES:
                raise TranscriptError(
                    f"{folder}: more than {MOST_FILES:,} files. Name the folder of the logs themselves."
                )
            for name in sorted(files):
                path = Path(here, name)
                if self.besides and os.path.realpath(path) in self.besides:
                    continue
                why = _why_skipped(path)
                if why:
                    self.skipped.append(Skipped(str(path), why))
                else:
                    yield path

    def _unwalked(self, problem: OSError) -> None:
        reason = problem.strerror or type(problem).__name__
        self.skipped.append(Skipped(str(problem.filename), f"cannot be read ({reason})", True))

    # -- samples -----------------------------------------------------------------------------------

    def _groups(self) -> list[list[LogFile]]:
        """The logs of each evaluation, the last run first; a log without a task id is one by itself."""
        groups: dict[object, list[LogFile]] = {}
        for log in self.logs:
            of = log.head.eval
            groups.setdefault((of.task_id, of.task, of.model) if of.task_id else log, []).append(
                log
            )
        return [sorted(group, key=_age, reverse=True) for group in groups.values()]

    def _of_one_task(self, group: Sequence[LogFile]) -> Iterator[LoggedSample]:
        by: dict[tuple[str, int], Path] = {}
        held: set[tuple[str, int]] = set()
        for log in group:
            here: set[tuple[str, int]] = set()
            for one in self._of_log(log):
                key, identity = (one.name, one.epoch), _identity(one)
                held.add(key)
                if one.sample is None:
                    yield one
                    continue
                here.add(key)
                if (identity, one.told) in self._seen:
                    self.copies.append(one.place)
                    continue
                self._seen.add((identity, one.told))
                if key in by and (one.sample.error is not None or _invalid(log, one.sample)):
                    yield replace(one, superseded=str(by[key]))
                    continue
                other = self._by_identity.setdefault(identity, one.place)
                if other != one.place or (identity, None) in self._seen:
                    yield replace(one, lack=f"the same sample is told otherwise ({other})")
                else:
                    self._seen.add((identity, None))
                    yield one
            by = {**dict.fromkeys(here, log.path), **by}
        yield from _lost(group[0], held)

    def _of_log(self, log: LogFile) -> Iterator[LoggedSample]:
        """The samples of a log, as far as it can be read."""
        try:
            yield from log.samples()
        except TranscriptError as problem:
            self.skipped.append(Skipped(str(log.path), str(problem), broken=True))


def _why_skipped(path: Path) -> str:
    """Why a file in a folder is not a log; empty if it may be one."""
    known = SIDECARS.get(path.name.lstrip("."))
    if path.suffix not in KINDS:
        return known or "not a log"
    if not path.is_file():
        lost = "a link that leads nowhere" if path.is_symlink() else "not a regular file"
        return known or lost
    if path.suffix == ".json" and not path.name[:4].isdigit() and not looks_like_log(path):
        return known or "not an Inspect log"
    return ""


def _neighbors(path: Path) -> list[str]:
    try:
        return [p.name for p in path.parent.iterdir() if p.suffix in KINDS or p.is_dir()]
    except (OSError, ValueError):
        return []


def _age(log: LogFile) -> tuple[float, float, bool, float, str]:
    """What orders the runs of one evaluation in time."""
    try:
        written = log.path.stat().st_mtime
    except OSError:
        written = 0.0
    done = log.head.status == "success"
    return (
        _seconds(log.head.eval.created),
        _seconds(log.head.stats.completed_at),
        done,
        written,
        log.path.name,
    )


def _seconds(when: object) -> float:
    """A time as seconds; 0 where it is none."""
    try:
        time = datetime.fromisoformat(str(when))
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _invalid(log: LogFile, sample: EvalSample) -> bool:
    """Whether somebody declared a sample, or all of its log, to be no evidence."""
    return bool(getattr(log.head, "invalidated", False) or getattr(sample, "invalidation", None))


def _identity(one: LoggedSample) -> object:
    """What a sample and its copies have in common, and nothing else has."""
    of = one.head.eval
    if one.identity:
        return one.identity
    return (of.task, of.model, of.run_id, of.created, one.name, one.epoch, one.told)


def _lost(log: LogFile, read: set[tuple[str, int]]) -> Iterator[LoggedSample]:
    """The samples that a log announces, and that neither it nor an earlier run holds."""
    epochs = log.head.eval.config.epochs or 1
    ids = log.head.eval.dataset.sample_ids or ()
    results, done = log.head.results, log.head.status == "success"
    why = f"not in the log (its status is {log.head.status})"
    lacking = [
        key
        for one in ids
        for epoch in range(1, epochs + 1)
        if (key := (str(one), epoch)) not in read
    ]
    total = results.total_samples if results else 0
    if not ids and not total:
        # a run that was broken off and announces nothing may lack anything
        total = (log.head.eval.dataset.samples or 0) * epochs or (0 if done else len(read) + 1)
    rest = total - len(read) - len(lacking)
    lacking += [(f"unnamed {number + 1}", 1) for number in range(rest)]
    for name, epoch in lacking:
        yield LoggedSample(log.path, log.head, name, epoch, None, why)
