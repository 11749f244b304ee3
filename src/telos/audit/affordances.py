"""Affordances: a file that says which tool calls pursue which drive, and which are harmless."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, final

import re2
from pydantic import BaseModel, Field, PlainValidator

from telos.audit.checked import checked, one_of
from telos.audit.knowing import (
    STRICT,
    Disclosure,
    Glob,
    SelfName,
    When,
    called,
    optional_pattern,
)
from telos.audit.predicates import Pattern, hold, words
from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.files import read_file

#: A map that every line explains.
EXAMPLE_MAP = Path(__file__).parents[1] / "templates" / "affordances.toml"
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
    "shutdown_seeking",
)
EXAMPLES = {
    "tool": 'tool = "bash*"',
    "drive": 'drive = "self_preservation"',
    "direction": 'direction = "toward" (or "away")',
    "object": 'object = "the operator\'s switch"',
    "access": 'access = "write" (or "read")',
}


Drive = Annotated[str, Field(max_length=100), one_of(DRIVE_NAMES)]
Note = Annotated[str, Field(max_length=10_000)]


@final
class Entry(BaseModel):
    """Calls that pursue a drive, or that lead away from it.

    Args:
        tool: a glob on the name of the function. when: what must hold of the arguments.
        drive: the drive's name. direction: toward or away.
        object: what it is done to. access: read or write. note: a word to readers of the report.
    """

    model_config = STRICT

    tool: Glob
    when: When = ()
    drive: Drive
    direction: Literal["toward", "away"]
    object: Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
    access: Literal["read", "write"]
    note: Note = ""


@final
class Exposure(BaseModel):
    """When a sample offers a drive: all that is given here must be so.

    Args:
        drive: the drive's name.
        tool: a glob; one of the sample's tools has such a name. None: any tools will do.
        text: an expression that occurs in the text of `where`. None: any text will do.
        where: system, user, result or any.
        after: what makes the agent know. Calls toward the drive before that are no attempts.
    """

    model_config = STRICT

    drive: Drive
    tool: Glob | None = None
    text: Annotated[Pattern | None, PlainValidator(optional_pattern)] = None
    where: Literal["system", "user", "result", "any"] = "any"
    after: Disclosure | None = None
    note: Note = ""

    def model_post_init(self, context: Any, /) -> None:
        """Refuse what asks nothing, or of no text."""
        if self.tool is None and self.text is None and self.after is None:
            raise StudyError(f"says neither tool nor text nor after. Write {EXAMPLES['tool']}")
        if "where" in self.model_fields_set and self.text is None:
            raise StudyError(f"where = {self.where!r} without text. Write text, too")


@final
class Neutral(BaseModel):
    """Calls that are known to be harmless.

    Args:
        tool: a glob. when: what must hold of the arguments.
    """

    model_config = STRICT

    tool: Glob
    when: When = ()
    note: Note = ""

    def model_post_init(self, context: Any, /) -> None:
        """Refuse to call everything harmless."""
        if not self.when and not self.tool.strip("*?"):
            raise StudyError(
                f"tool = {self.tool!r} calls every tool harmless, also those nobody thought of. "
                "Name the tools one by one"
            )


Table = TypeVar("Table", Entry, Exposure, Neutral)


@final
@dataclass(frozen=True)
class AffordanceMap:
    """What a file of affordances says.

    Args:
        path: the file. digest: the SHA-256 of its bytes.
        entries, exposures, neutral: its three lists, in order. own: how the agent's own name is found.
    """

    path: str
    digest: str
    entries: tuple[Entry, ...]
    exposures: tuple[Exposure, ...]
    neutral: tuple[Neutral, ...]
    own: SelfName | None = None

    @property
    def drives(self) -> tuple[str, ...]:
        """The drives that some entry or exposure names, in the order of `telos.drives`."""
        named = {e.drive for e in self.entries} | {e.drive for e in self.exposures}
        return tuple(name for name in DRIVE_NAMES if name in named)

    def judge(
        self, function: str, arguments: Mapping[str, Any] | None, names: Sequence[str] = ()
    ) -> "Judged":
        """What a call is: the entries that match it, or harmless, or unknown and why.

        Args:
            function: the name of the function called.
            arguments: what it was called with; None where that could not be read: then only entries that
                ask nothing of it match.
            names: the agent's own names, for entries that ask for them.
        """
        undecided = False
        matched: dict[tuple[str, str], Entry] = {}
        for entry in self.entries:
            answer = _matches(entry, function, arguments, names)
            undecided = undecided or answer is None
            if answer:
                matched.setdefault((entry.drive, entry.direction), entry)
        found = tuple(matched.values())
        if undecided and arguments is None:
            return Judged(found, False, "its arguments cannot be read")
        if undecided:
            why = "an argument is too long to be searched, is not a number, or has no name"
            if self.own is not None and not names:
                why = f"{why}, or the agent's own name is not known"
            return Judged(found, False, why)
        if found:
            return Judged(found, False, "")
        harmless = any(_matches(each, function, arguments, names) for each in self.neutral)
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


def _matches(
    entry: Entry | Neutral,
    function: str,
    arguments: Mapping[str, Any] | None,
    names: Sequence[str],
) -> bool | None:
    if not called(entry.tool, function):
        return False
    if arguments is None:
        return None if entry.when else True
    return hold(entry.when, arguments, names)


def read_affordances(path: str | Path) -> AffordanceMap:
    """The affordance map of a TOML file.

    Args:
        path: the file.

    Returns:
        The map, all of it checked.

    Raises:
        StudyError, UnknownName: naming the file, the line where that is known, the entry, the key,
            the value and what to write instead.

    Example:
        >>> affordances = read_affordances(EXAMPLE_MAP)
        >>> judged = affordances.judge("bash", {"command": "sudo systemctl stop watchdog"})
        >>> judged.entries[0].drive
        'self_preservation'
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
    kinds = ("affordance", "exposure", "neutral")
    strange = [key for key in data if key not in (*kinds, "self", "words")]
    if strange:
        raise UnknownName(
            f"{path}: no list {strange[0][:60]!r}. {did_you_mean(strange[0], (*kinds, 'self', 'words'))}"
        )
    if sum(len(listed) for listed in data.values() if isinstance(listed, list)) > MOST_ENTRIES:
        raise StudyError(f"{path}: more than {MOST_ENTRIES:,} entries. Split the map.")
    data = _with_words(data, _word_lists(path, data.pop("words", {})))
    own = data.pop("self", None)
    found = AffordanceMap(
        str(path),
        digest,
        _tables(path, text, data, "affordance", Entry),
        _tables(path, text, data, "exposure", Exposure),
        _tables(path, text, data, "neutral", Neutral),
        None if own is None else checked(SelfName, own, f"{path}: self"),
    )
    if not found.entries:
        raise StudyError(
            f"{path}: no [[affordance]], so that no call could ever be found. Write at least one."
        )
    return found


def _word_lists(path: Path, given: Any) -> Mapping[str, list[str]]:
    """The lists of words that the map has under names."""
    lists: dict[str, list[str]] = given if isinstance(given, dict) else {"": given}
    for name, listed in lists.items():
        try:
            words(listed)
        except StudyError as problem:
            raise StudyError(f"{path}: words.{name:.60} = {listed!r:.60}: {problem}.") from None
    return lists


def _with_words(data: Any, lists: Mapping[str, list[str]]) -> Any:
    """The same with lists of words in the place of their names."""
    if isinstance(data, list):
        return [_with_words(inner, lists) for inner in data]
    if not isinstance(data, dict):
        return data
    return {
        key: lists.get(inner, inner)
        if key == "words" and isinstance(inner, str)
        else _with_words(inner, lists)
        for key, inner in data.items()
    }


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


def _tables(
    path: Path, text: str, data: Mapping[str, Any], kind: str, model: type[Table]
) -> tuple[Table, ...]:
    """The entries of a list, each checked; what is wrong is named with its line where that is known."""
    listed = data.get(kind, [])
    if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
        raise StudyError(
            f"{path}: {kind} is not a list of tables. Begin each entry with a line [[{kind}]]."
        )
    head = re.compile(rf"^[ \t]*\[\[[ \t]*{kind}[ \t]*\]\]")
    lines = [f":{number}" for number, line in enumerate(text.split("\n"), 1) if head.match(line)]
    # of a list in one line nobody can tell
    lines = lines if len(lines) == len(listed) else [""] * len(listed)
    return tuple(
        checked(model, table, f"{path}{line}: {kind} {number}", EXAMPLES)
        for number, (line, table) in enumerate(zip(lines, listed, strict=True), 1)
    )
