"""Lines: JSON that somebody else wrote, taken in within bounds, a line or a document at a time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from telos.audit.transcript import Unnamed

#: Bytes of a file; parsed it takes twenty times that.
MOST_BYTES = 128 * 2**20
#: Lines of a file, and tables and lists within one another.
MOST_LINES = 1_000_000
DEEPEST = 100


@final
@dataclass(frozen=True)
class JsonLine:
    """One line of a file.

    Args:
        number: from 1. data: what it holds. problem: why it cannot be read; empty if it can.
    """

    number: int
    data: Any = None
    problem: str = ""


def json_of(text: str) -> Any:
    """JSON, strictly: no name twice in a table, no number that is none, nothing nested deeply.

    Raises:
        ValueError: saying why it cannot be read.
    """
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [data]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _within(value)]
        if not level:
            return data
    raise ValueError("it is nested too deeply")


def lines_of(data: bytes) -> Iterator[JsonLine]:
    """The lines of a file that are not blank; of a file that is one document in many lines, that one."""
    text = data.decode("utf-8-sig", "surrogateescape")
    if text.lstrip()[:1] == "{" and _opens(text.lstrip().partition("\n")[0]):
        yield _line(1, text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if number > MOST_LINES:
            yield JsonLine(number, problem=f"the file has more than {MOST_LINES:,} lines")
            return
        if line.strip():
            yield _line(number, line)


def arguments_of(given: Any) -> Mapping[str, Any] | None:
    """The arguments of a call: by their names, as one value without a name, or None if they are torn.

    Args:
        given: a table, or what many write instead of it, JSON in a text.
    """
    if isinstance(given, str):
        if not given.strip():
            return {}
        try:
            given = json_of(given)
        except ValueError:
            return None if given.lstrip()[0] in '{["' else Unnamed(input=given)
    return given if isinstance(given, Mapping) else Unnamed(input=given)


def _opens(line: str) -> bool:
    """Whether a first line only begins a document that is written over many lines."""
    return line.strip() in ("{", '{"') or line.rstrip().endswith(("{", "[", ","))


def _line(number: int, text: str) -> JsonLine:
    try:
        text.encode("utf-8")
        return JsonLine(number, json_of(text))
    except UnicodeEncodeError:
        return JsonLine(number, problem=f"line {number} is not text in UTF-8")
    except ValueError as problem:
        return JsonLine(number, problem=f"line {number} is not JSON ({str(problem)[:100]})")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name comes twice in a table")
    return table


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
