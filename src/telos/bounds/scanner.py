"""A plain part of TOML, with the line of every key: what is taken here, every reader of TOML reads alike."""

import json
import re
from typing import Any, NoReturn
from unicodedata import is_normalized

from telos.core.errors import BoundsError
from telos.core.text import printable

#: Where something is in a file: keys, and positions in arrays.
Place = tuple[str | int, ...]
STRING = r'"(?:[^"\\]|\\["\\])*"'
KEY = rf"(?:[A-Za-z0-9_-]+|{STRING})"
TOKEN = re.compile(rf"""{KEY}|[#"].*|[^ \t]""")
HEADER = re.compile(rf"[ \t]*\[(\[)?({KEY}(?:\.{KEY})*)\](?(1)\])[ \t]*(?:#.*)?")
VALUE = re.compile(rf"{STRING}|[\[\]{{}},]|true|false|0|-?[1-9][0-9]{{0,17}}")
#: Arrays and inline tables on one line: how deep they can lie in one another is bounded by it.
MOST_OPENED = 100
TWICE = "it is there twice: say it once"
PLAIN = 'write one `key = value` a line: an integer, a "text", true, false, [an, array] or { a = table }'


def scan(text: str, where: str) -> tuple[dict[str, Any], dict[Place, int]]:
    """What a file says, and the line of every key and table.

    Raises:
        BoundsError: naming file, line, what is there and the remedy.
    """
    data: dict[str, Any] = {}
    lines: dict[Place, int] = {}
    tables: dict[Place, int] = {}  # those that headers made
    here, place = data, Place()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        try:
            if not (line.replace("\t", " ").isprintable() and is_normalized("NFC", line)):
                _refuse(line, "a sign in it is invisible or not in form NFC: type it anew")
            if header := HEADER.fullmatch(line):
                here, place = _opened(data, header, tables, number)
            elif tokens := [each for each in TOKEN.findall(line) if each[0] != "#"]:
                if len(tokens) < 3 or not re.fullmatch(KEY, tokens[0]) or tokens[1] != "=":
                    _refuse(line, PLAIN)
                if (key := _name(tokens[0])) in here:
                    _refuse(key, TWICE)
                here[key] = _value(tokens[2:])
                lines[*place, key] = number
        except BoundsError as problem:
            raise BoundsError(f"{where}:{number}: {problem}.") from None
    return data, tables | lines


def _opened(
    data: Any, header: re.Match[str], tables: dict[Place, int], number: int
) -> tuple[Any, Place]:
    """The table that a header opens. What it lies in must have been made by headers, too."""
    here, place, parts = data, Place(), [_name(part) for part in re.findall(KEY, header[2])]
    if len(parts) > MOST_OPENED:
        _refuse(header[0], f"open at most {MOST_OPENED} tables on a line")
    for i, part in enumerate(parts):
        place, last = (*place, part), i == len(parts) - 1
        several = last and header[1] is not None
        again = part in here and not (several and isinstance(here[part], list))
        if part in here and (place not in tables or (last and again)):
            _refuse(header[0], TWICE)
        tables.setdefault(place, number)
        here = here.setdefault(part, [] if several else {})
        if several:
            here.append({})
        if isinstance(here, list):
            here, place = here[-1], (*place, len(here) - 1)
            tables.setdefault(place, number)
    return here, place


def _value(tokens: list[str]) -> Any:
    """A value: in this part of TOML it is JSON, but for `=` and for keys without quotes."""
    words = []
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        bare = after == "=" and re.fullmatch(KEY, token)
        if token != "=" and not bare and not VALUE.fullmatch(token):
            _refuse(token, PLAIN)
        words.append(":" if token == "=" else json.dumps(_name(token)) if bare else token)
    if tokens.count("[") + tokens.count("{") > MOST_OPENED:
        _refuse(" ".join(tokens), f"open at most {MOST_OPENED} arrays and tables on a line")
    try:
        return json.loads(" ".join(words), object_pairs_hook=once)
    except json.JSONDecodeError:
        _refuse(" ".join(tokens), PLAIN)


def _name(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] == '"' else token


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of a table or of a JSON object, if no key is among them twice."""
    if len(dict(pairs)) < len(pairs):
        _refuse(", ".join(key for key, _ in pairs), TWICE)
    return dict(pairs)


def _refuse(found: str, remedy: str) -> NoReturn:
    raise BoundsError(f"{printable(found.strip()[:60], keep='')!r} is refused; {remedy}")
