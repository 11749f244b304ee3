"""A plain part of TOML, with the line of every key: what is taken here, every reader of TOML reads alike."""

import re
import unicodedata
from typing import Any, NoReturn

from telos.core.errors import BoundsError
from telos.core.text import printable

#: Where something is in a file: keys, and positions in arrays.
Place = tuple[str | int, ...]
STRING = r'"(?:[^"\\]|\\["\\])*"'
KEY = rf"(?:[A-Za-z0-9_-]+|{STRING})"
TOKEN = re.compile(rf"[ \t]*({KEY}|[\[\]{{}}=,]|#.*|$)")
HEADER = re.compile(rf"[ \t]*(\[\[?)({KEY}(?:\.{KEY})*)(\]\]?)[ \t]*(?:#.*)?")
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
CLOSES = {"[": "]", "{": "}"}
#: How deep arrays and inline tables may lie in one another.
DEEPEST = 20
PLAIN = 'write one `key = value` a line: an integer, a "text", true, false, [an, array] or { a = table }'


def scan(text: str, where: str) -> tuple[dict[str, Any], dict[Place, int]]:
    """What a file says, and the line of every key and table.

    Raises:
        BoundsError: naming file, line, what is there and the remedy.
    """
    data: dict[str, Any] = {}
    lines: dict[Place, int] = {}
    tables: set[Place] = set()
    here, place = data, Place()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        try:
            if not (
                line.replace("\t", " ").isprintable() and unicodedata.is_normalized("NFC", line)
            ):
                _refuse(
                    line, "type it anew: a sign in it is invisible, or not in Unicode's form NFC"
                )
            if header := HEADER.fullmatch(line):
                here, place = _opened(data, header, tables)
                for i in range(len(place)):
                    lines.setdefault(place[: i + 1], number)
            elif tokens := _tokens(line):
                key = _pair(tokens, here)
                lines[*place, key] = number
                if tokens:
                    _refuse(tokens[0], "nothing may follow a value on its line")
        except BoundsError as problem:
            raise BoundsError(f"{where}:{number}: {problem}.") from None
    return data, lines


def _refuse(found: str, remedy: str) -> NoReturn:
    raise BoundsError(f"{printable(found.strip()[:60], keep='') or 'the end'} is refused; {remedy}")


def _opened(
    data: dict[str, Any], header: re.Match[str], tables: set[Place]
) -> tuple[dict[str, Any], Place]:
    """The table that a header opens; what was there before must have been made by headers, too."""
    here, place, parts = data, Place(), [_name(part) for part in re.findall(KEY, header[2])]
    if len(header[1]) != len(header[3]):
        _refuse(header[0], "write [table] or [[table]]")
    for left, part in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
        place, several = (*place, part), not left and header[1] == "[["
        if part not in here:
            here[part] = [] if several else {}
            tables.add(place)
        elif place not in tables or (not left and not (several and isinstance(here[part], list))):
            _refuse(header[0], "it is there already; say it once")
        if several:
            here[part].append({})
        here = here[part]
        if isinstance(here, list):
            here, place = here[-1], (*place, len(here) - 1)
    return here, place


def _tokens(line: str) -> list[str]:
    found, at = [], 0
    while at < len(line):
        token = TOKEN.match(line, at)
        if token is None:
            _refuse(line[at:], PLAIN)
        found.append(token[1])
        at = token.end()
    return [token for token in found if token and not token.startswith("#")]


def _name(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token


def _pair(tokens: list[str], table: dict[str, Any], depth: int = 0) -> str:
    """Take `key = value` into a table, and return the key."""
    if len(tokens) < 3 or tokens[0] in "[]{}=," or tokens[1] != "=":
        _refuse(" ".join(tokens), PLAIN)
    key = _name(tokens[0])
    if key in table:
        _refuse(key, "it is there already; say it once")
    del tokens[:2]
    table[key] = _value(tokens, depth)
    return key


def _value(tokens: list[str], depth: int) -> Any:
    token = tokens.pop(0) if tokens else ""
    if token.startswith('"'):
        return _name(token)
    if token in ("true", "false"):
        return token == "true"
    if INTEGER.fullmatch(token):
        return int(token)
    if token not in CLOSES or depth == DEEPEST:
        _refuse(token, PLAIN)
    table: dict[str, Any] = {}
    items: list[Any] = []
    end = "," if tokens[:1] != [CLOSES[token]] else tokens.pop(0)
    while end == ",":
        if token == "{":
            _pair(tokens, table, depth + 1)
        else:
            items.append(_value(tokens, depth + 1))
        end = tokens.pop(0) if tokens else ""
    if end != CLOSES[token]:
        _refuse(end, f"close with {CLOSES[token]}")
    return table if token == "{" else items
