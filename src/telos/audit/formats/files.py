"""Files: which of the files and folders that somebody names are transcripts, and in which format."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from telos.audit.formats import atif, claude_code, neutral, openai_chat
from telos.audit.formats.lines import MOST_BYTES, JsonLine, lines_of
from telos.audit.formats.telling import Telling
from telos.audit.roles import UNKNOWN
from telos.audit.transcript import Transcript
from telos.core.errors import StudyError, TranscriptError, UnknownName, did_you_mean
from telos.core.files import read_file
from telos.core.text import printable

KINDS = (".jsonl", ".json")
#: Of Inspect: logs, and what every log in JSON has.
INSPECT, INSPECT_BEGINS = (".eval", ".json"), b'"eval"'
#: What every trajectory has, and how far a torn file is searched for it.
ATIF, MOST_SEARCHED = b'"ATIF-v', 10_000
#: Lines within which a file shows its format.
MOST_FIRST = 100
#: Files and folders that one walk may meet.
MOST_FILES = 1_000_000
READ = "neutral lines, OpenAI chat lines, Claude Code sessions and ATIF"


@final
@dataclass(frozen=True)
class Format:
    """A format.

    Args:
        name: in words. fits: whether a value may be the first of a file.
        begins: whether it begins another transcript. take: takes it in.
    """

    name: str
    fits: Callable[[Any], bool]
    begins: Callable[[Any], bool]
    take: Callable[[Telling, Any], None]


FORMATS = tuple(
    Format(name, each.fits, each.begins, each.take)
    for name, each in (
        ("neutral lines", neutral),
        ("OpenAI chat lines", openai_chat),
        ("ATIF", atif),
        ("a Claude Code session", claude_code),
    )
)


@final
@dataclass(frozen=True, eq=False)
class FoundFiles:
    """The files among some names, by who reads them.

    Args:
        names: files, or folders with all that lies below them.

    Attributes:
        own: files in a format of this package. inspect: names that Inspect's reader is to look at.
        skipped: the path and why, of files in folders that nobody reads.

    Raises:
        TranscriptError: for a file whose name is not that of a log, or a `.jsonl` that is not there.
    """

    names: Sequence[Path]
    own: list[Path] = field(init=False, default_factory=list)
    inspect: list[Path] = field(init=False, default_factory=list)
    skipped: list[tuple[str, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name in self.names:
            folder = name.is_dir()
            logs = 0
            for path in self._inside(name) if folder else (name,):
                real = os.path.realpath(path)
                who, why = _reader_of(path, named=not folder)
                logs += who == "inspect"
                if who == "own" and real not in seen:
                    self.own.append(path)
                elif not who and folder:
                    self.skipped.append((str(path), why))
                seen.add(real)
            # an empty folder, or one without any transcript, is Inspect's to complain of
            if logs or not self.own:
                self.inspect.append(name)
        if self.inspect:
            self.skipped.clear()  # its reader names the same files

    def _inside(self, folder: Path) -> Iterator[Path]:
        met = 0
        for here, folders, files in os.walk(folder, onerror=self._unwalked):
            folders.sort()
            for name in folders:
                if (path := Path(here, name)).is_symlink():
                    self.skipped.append((str(path), "a link to a folder, not followed"))
            met += len(files) + len(folders)
            if met > MOST_FILES:
                raise TranscriptError(
                    f"{folder}: more than {MOST_FILES:,} files. Name the folder of the logs themselves."
                )
            yield from (Path(here, name) for name in sorted(files))

    def _unwalked(self, problem: OSError) -> None:
        self.skipped.append((str(problem.filename), f"cannot be read ({problem.strerror})"))


def _reader_of(path: Path, named: bool) -> tuple[str, str]:
    """Who reads a file: own, inspect or nobody, and then why."""
    if named and path.is_file() and path.suffix not in (*KINDS, *INSPECT):
        raise TranscriptError(f"{path}: is not a log. Give files in .eval, .json or .jsonl.")
    if path.suffix not in KINDS:
        return ("inspect", "") if named or path.suffix in INSPECT else ("", "not a log")
    if not path.is_file():
        if path.suffix == ".json":
            return "inspect", ""
        if named and not os.path.lexists(path):
            near = did_you_mean(path.name, _neighbors(path))
            raise TranscriptError(f"{path}: no such file. {near}")
        return ("own", "") if named else ("", "not a regular file")
    if path.suffix == ".jsonl":
        return _of_lines(path, named)
    try:
        whole = read_file(path, most=MOST_BYTES, error=TranscriptError)
    except (OSError, TranscriptError):
        return "inspect", ""
    if ATIF in whole and _is_own(whole):
        return "own", ""
    given = path.name[:4].isdigit() or named
    return ("inspect", "") if given or INSPECT_BEGINS in whole else ("", "not a log")


def _is_own(data: bytes) -> bool:
    """Whether a file that speaks of ATIF is of that format, or is torn and may have been."""
    first = next(lines_of(data))
    return format_of([first]) is not None or (bool(first.problem) and ATIF in data[:MOST_SEARCHED])


def _of_lines(path: Path, named: bool) -> tuple[str, str]:
    """Whether lines are transcripts; those that cannot be read may be."""
    if named:
        return "own", ""
    try:
        read = _first(read_file(path, most=MOST_BYTES, error=TranscriptError))
    except (OSError, TranscriptError):
        return "own", ""
    plain = bool(read) and not any(line.problem for line in read)
    return (
        ("", "not a transcript of a known format") if plain and not format_of(read) else ("own", "")
    )


def _first(data: bytes) -> list[JsonLine]:
    lines = lines_of(data)
    return [line for line, _ in zip(lines, range(MOST_FIRST), strict=False)]


def format_of(lines: Sequence[JsonLine]) -> Format | None:
    """The format of a file by its first lines; None if it has none that is known.

    A session of Claude Code may begin with lines that only describe it.
    """
    head = lines[0].data if lines else None
    found = next((each for each in FORMATS if each.fits(head)), None)
    session = FORMATS[-1]
    return found or (session if any(session.fits(line.data) for line in lines) else None)


def _neighbors(path: Path) -> list[str]:
    try:
        return [p.name for p in path.parent.iterdir() if p.suffix in KINDS or p.is_dir()]
    except (OSError, ValueError):
        return []


def told_in_file(
    path: Path, roles: Sequence[str], met: set[str], digests: set[bytes]
) -> Iterator[Transcript]:
    """The transcripts of a file, as far as it can be read; none if the same bytes were read before.

    Args:
        path: the file. roles: whose calls are judged. met: takes in the roles on record.
        digests: of the files read so far.

    Raises:
        TranscriptError: if it is in no format that is known, or cannot be read at all.
    """
    remedy = "Name a regular file, and split a large one."
    try:
        data = read_file(path, most=MOST_BYTES, error=TranscriptError, remedy=remedy)
    except FileNotFoundError:
        raise TranscriptError(f"{path}: there is nothing, or a link to nothing. {remedy}") from None
    digest = hashlib.sha256(data).digest()
    if digest in digests:
        return
    digests.add(digest)
    first = _first(data)
    known = format_of(first)
    if known is None:
        why = next((line.problem for line in first if line.problem), "it has no line" * (not first))
        more = f" ({why})" if why else ""
        raise TranscriptError(
            printable(f"{path}: is in no format that is read{more}. Give {READ}.", keep="")
        )
    epochs: dict[str, int] = {}
    for telling in _tellings(known, lines_of(data), path, roles):
        met |= telling.roles or {UNKNOWN}
        before = epochs.get(telling.sample, 0)
        telling.epoch = max(telling.epoch, before + 1)
        epochs[telling.sample] = telling.epoch
        yield telling.transcript()


def _tellings(
    known: Format, lines: Iterator[JsonLine], path: Path, roles: Sequence[str]
) -> Iterator[Telling]:
    telling: Telling | None = None
    for line in lines:
        alone = known.begins(line.data)
        if telling is None or alone:
            if telling is not None:
                yield telling
            name = f"line {line.number}" if alone else path.stem
            telling = Telling(str(path), name, roles)
        try:
            if line.problem:
                raise StudyError(f"{line.problem}.")
            known.take(telling, line.data)
        except (StudyError, UnknownName) as problem:
            why = f"line {line.number} cannot be read ({str(problem)[:300]})"
            telling.lose(printable(why, keep=""))
    if telling is not None:
        yield telling
