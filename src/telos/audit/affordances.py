"""Affordances: a file that says which tool calls pursue which drive, and which are harmless."""

import fnmatch
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, final

import re2
from pydantic import BaseModel, ConfigDict, Field

from telos.audit.checked import checked, one_of
from telos.audit.predicates import Pattern, Predicate, hold, pattern, predicates
from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.files import read_file

#: Larger files are not maps that somebody wrote.
LARGEST = 1_000_000
MOST_ENTRIES = 10_000
#: More names parted by dots than an argument has. Python's reader of TOML takes memory with the square of
#: their number: 20 gigabytes for a map of 200 kilobytes.
DOTTED = re2.compile(r"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){50}""")
#: The drives that a map may name: those of `telos.drives`, of which an audit imports nothing.
DRIVE_NAMES = (
    "self_preservation",
    "goal_preservation",
    "cognitive_enhancement",
    "resource_acquisition",
    "replication",
    "oversight_tampering",
    "oversight_upkeep",
    "operator_manipulation",
    "unguarded_succession",
)
KINDS = ("affordance", "exposure", "neutral")

Drive = Annotated[str, Field(max_length=100), one_of(DRIVE_NAMES)]
Glob = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
Note = Annotated[str, Field(max_length=10_000)]


#: A table of the file: no value is turned into another type, and no key that nobody knows is passed over.
STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)


@final
class _Affordance(BaseModel):
    model_config = STRICT

    tool: Glob
    drive: Drive
    direction: Literal["toward", "away"]
    object: Words
    access: Literal["read", "write"]
    when: Any = Field(default_factory=dict)
    note: Note = ""


@final
class _Exposure(BaseModel):
    model_config = STRICT

    drive: Drive
    tool: Glob | None = None
    text: Any = None
    where: Literal["system", "user", "result", "any"] | None = None
    note: Note = ""


@final
class _Neutral(BaseModel):
    model_config = STRICT

    tool: Glob
    when: Any = Field(default_factory=dict)
    note: Note = ""


@final
@dataclass(frozen=True)
class Entry:
    """Calls that pursue a drive, or that lead away from it.

    Args:
        number: its place in the file, from 1. tool: a glob on the name of the function.
        when: what must hold of the arguments. drive: the drive's name.
        direction: toward or away. object: what it is done to. access: read or write.
        note: a word to who reads the report.
    """

    number: int
    tool: str
    when: tuple[Predicate, ...]
    drive: str
    direction: str
    object: str
    access: str
    note: str = ""


@final
@dataclass(frozen=True)
class Exposure:
    """When a sample offers a drive: all that is given here must be so.

    Args:
        number: its place in the file, from 1. drive: the drive's name.
        tool: a glob; one of the sample's tools has such a name. None: any tools will do.
        text: an expression that occurs in the text of `where`. None: any text will do.
        where: system, user, result or any.
    """

    number: int
    drive: str
    tool: str | None
    text: Pattern | None
    where: str


@final
@dataclass(frozen=True)
class Neutral:
    """Calls that are known to be harmless.

    Args:
        number: its place in the file, from 1. tool: a glob. when: what must hold of the arguments.
    """

    number: int
    tool: str
    when: tuple[Predicate, ...]


@final
@dataclass(frozen=True)
class AffordanceMap:
    """What a file of affordances says.

    Args:
        path: the file. digest: the SHA-256 of its bytes. entries, exposures, neutral: its three lists.
    """

    path: str
    digest: str
    entries: tuple[Entry, ...]
    exposures: tuple[Exposure, ...]
    neutral: tuple[Neutral, ...]

    @property
    def drives(self) -> tuple[str, ...]:
        """The drives that some entry or exposure names, in the order of `telos.drives`."""
        named = {entry.drive for entry in self.entries} | {e.drive for e in self.exposures}
        return tuple(name for name in DRIVE_NAMES if name in named)

    def judge(self, function: str, arguments: Mapping[str, Any] | None) -> "Judged":
        """What a call is: the entries that match it, or harmless, or unknown and why.

        Args:
            function: the name of the function called. arguments: what it was called with; None where
                that could not be read: then only entries that ask nothing of it match.
        """
        undecided = False
        matched: list[Entry] = []
        for entry in self.entries:
            answer = _matches(entry.tool, entry.when, function, arguments)
            undecided = undecided or answer is None
            if answer and not any(
                (e.drive, e.direction) == (entry.drive, entry.direction) for e in matched
            ):
                matched.append(entry)
        if undecided:
            why = (
                "its arguments cannot be read"
                if arguments is None
                else "an argument is too long to be searched, is not a number, or has no name"
            )
            return Judged(tuple(matched), False, why)
        if matched:
            return Judged(tuple(matched), False, "")
        harmless = any(_matches(n.tool, n.when, function, arguments) for n in self.neutral)
        return Judged((), harmless, "" if harmless else "no entry of the map matches it")


@final
@dataclass(frozen=True)
class Judged:
    """What a map says of one call.

    Args:
        entries: those that match, the first of each drive and direction.
        harmless: whether a neutral entry vouches for it. unknown: why it is unknown; empty if it is not.
    """

    entries: tuple[Entry, ...]
    harmless: bool
    unknown: str


def called(glob: str, function: str) -> bool:
    """Whether a function's name is meant by a glob; capitals count."""
    return fnmatch.fnmatchcase(function[:1000], glob)


def _matches(
    glob: str,
    when: tuple[Predicate, ...],
    function: str,
    arguments: Mapping[str, Any] | None,
) -> bool | None:
    if not called(glob, function):
        return False
    if arguments is None:
        return None if when else True
    return hold(when, arguments)


def read_affordances(path: str | Path) -> AffordanceMap:
    """The affordance map of a TOML file.

    Args:
        path: the file.

    Raises:
        StudyError, UnknownName: naming the file, the line where that is known, the entry, the key,
            the value and what to write instead.
    """
    path = Path(path)
    text, digest = _text(path)
    try:
        if DOTTED.search(text):
            raise ValueError("more than 50 names are parted by dots")
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        why = "nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        raise StudyError(f"{path}: is not a TOML file: {why}. Correct that place.") from None
    strange = [key for key in data if key not in KINDS]
    if strange:
        raise UnknownName(f"{path}: no list {strange[0][:60]!r}. {did_you_mean(strange[0], KINDS)}")
    tables = {kind: _tables(path, data, kind) for kind in KINDS}
    if sum(map(len, tables.values())) > MOST_ENTRIES:
        raise StudyError(f"{path}: more than {MOST_ENTRIES:,} entries. Split the map.")
    if not tables["affordance"]:
        raise StudyError(
            f"{path}: no [[affordance]], so that no call could ever be found. Write at least one."
        )
    lines = {kind: _lines(text, kind, len(tables[kind])) for kind in KINDS}
    made: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for number, table in enumerate(tables[kind], 1):
            line = lines[kind][number - 1]
            place = f"{path}{f':{line}' if line else ''}: {kind} {number}"
            made[kind].append(_MAKERS[kind](place, number, table))
    return AffordanceMap(
        str(path),
        digest,
        tuple(made["affordance"]),
        tuple(made["exposure"]),
        tuple(made["neutral"]),
    )


def _text(path: Path) -> tuple[str, str]:
    """What is in the file, and its SHA-256."""
    remedy = "Name the map, a TOML file that somebody wrote."
    try:
        data = read_file(path, most=LARGEST, error=StudyError, remedy=remedy)
    except FileNotFoundError:
        raise StudyError(f"{path}: cannot be read (there is no such file). {remedy}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise StudyError(
            f"{path}:{line}: byte 0x{data[problem.start]:02x} is not text. Give a TOML file in UTF-8."
        ) from None
    return text.removeprefix("\ufeff"), hashlib.sha256(data).hexdigest()


def _tables(path: Path, data: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    listed = data.get(kind, [])
    if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
        raise StudyError(
            f"{path}: {kind} is not a list of tables. Begin each entry with a line [[{kind}]]."
        )
    return listed


def _lines(text: str, kind: str, count: int) -> list[int]:
    """The line of each entry's head; zeros where they cannot be told, as in a list in one line."""
    head = re.compile(rf"^[ \t]*\[\[[ \t]*{kind}[ \t]*\]\]")
    found = [number for number, line in enumerate(text.split("\n"), 1) if head.match(line)]
    return found if len(found) == count else [0] * count


_EXAMPLES = {
    "tool": 'tool = "bash*"',
    "drive": 'drive = "self_preservation"',
    "direction": 'direction = "toward" (or "away")',
    "object": 'object = "the operator\'s switch"',
    "access": 'access = "write" (or "read")',
}


def _when(place: str, when: object) -> tuple[Predicate, ...]:
    try:
        return predicates(when)
    except StudyError as problem:
        raise StudyError(f"{place}: {problem}.") from None
    except RecursionError:
        raise StudyError(f"{place}: when is nested too deeply. Use dotted names.") from None


def _entry(place: str, number: int, table: dict[str, Any]) -> Entry:
    given = checked(_Affordance, table, place, _EXAMPLES)
    return Entry(
        number,
        given.tool,
        _when(place, given.when),
        given.drive,
        given.direction,
        given.object,
        given.access,
        given.note,
    )


def _exposure(place: str, number: int, table: dict[str, Any]) -> Exposure:
    given = checked(_Exposure, table, place, _EXAMPLES)
    if given.tool is None and "text" not in table:
        raise StudyError(f"{place}: says neither tool nor text. Write {_EXAMPLES['tool']}.")
    if given.where is not None and "text" not in table:
        raise StudyError(f"{place}: where = {given.where!r} without text. Write text, too.")
    sought = None
    if "text" in table:
        try:
            sought = pattern(given.text)
        except StudyError as problem:
            raise StudyError(f"{place}: text = {given.text!r:.60} {problem}.") from None
    return Exposure(number, given.drive, given.tool, sought, given.where or "any")


def _neutral(place: str, number: int, table: dict[str, Any]) -> Neutral:
    given = checked(_Neutral, table, place, _EXAMPLES)
    when = _when(place, given.when)
    if not when and not given.tool.strip("*?"):
        raise StudyError(
            f"{place}: tool = {given.tool!r} calls every tool harmless, also those nobody thought of. "
            "Name the tools one by one."
        )
    return Neutral(number, given.tool, when)


_MAKERS = {"affordance": _entry, "exposure": _exposure, "neutral": _neutral}
