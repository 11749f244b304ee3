"""Fields: the states of a world as rows of named values, so that they can be put into words."""

import dataclasses
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter, itemgetter
from typing import Any, final

from telos.core.errors import WorldError
from telos.core.world import World

#: What a field can be in one state: a integer, or a word.
Value = int | str
Row = tuple[Value, ...]

#: A set of at most this many things is a field for each, yes or no.
MOST_MEMBERS = 8
WORDS = re.compile(r"\w+")


@final
@dataclass(frozen=True)
class Fields:
    """The states of a world, a row each, and the name of each column.

    Args:
        names: one a field, single words. rows: S rows, all different, a value a field.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> tuple[Value, ...]:
        """The values of one field, state by state."""
        k = self.names.index(name)
        return tuple(row[k] for row in self.rows)

    def values(self, name: str) -> tuple[Value, ...]:
        """The different values of a field: numbers in order, words as they first turn up."""
        return self._values[name]

    @cached_property
    def _values(self) -> dict[str, tuple[Value, ...]]:
        found = {}
        for name, column in zip(self.names, zip(*self.rows, strict=True), strict=True):
            known = tuple(dict.fromkeys(column))
            whole = all(isinstance(value, int) for value in known)
            found[name] = tuple(sorted(known, key=int)) if whole else known
        return found

    def numeric(self, name: str) -> bool:
        """Whether all values of a field are integers, so that it can rise and fall."""
        return all(isinstance(value, int) for value in self.values(name))


def fields_of(world: World) -> Fields:
    """The fields of a world: named tuples are taken apart by name, other tuples by position.

    What never changes is left out. A cell `(row, column)` becomes two numbers; a set of few things, written
    as a tuple in order, is a yes or no for each; what else has no fixed length is one word.

    Raises:
        WorldError: if two states have the same words.

    Example:
        >>> from telos.worlds import Surgery
        >>> fields = fields_of(Surgery(outcomes=2).build())
        >>> fields.names, fields.rows[0]
        (('part_1', 'part_2'), ('table', 'own'))
    """
    columns = _taken_apart("state", list(world.states))
    changing = [(name, values) for name, values in columns if len(set(values)) > 1]
    kept = changing or columns[:1]
    names = _distinct([_word(name) for name, _ in kept])
    rows = tuple(zip(*(_plain(values) for _, values in kept), strict=True))
    if len(set(rows)) < len(rows):
        seen: dict[Row, int] = {}
        for s, row in enumerate(rows):
            if row in seen:
                raise WorldError(
                    f"{world.name}: states {world.states[seen[row]]!r} and {world.states[s]!r} read alike "
                    f"in words ({row}). Give states values whose text differs."
                )
            seen[row] = s
    return Fields(names, rows)


def _taken_apart(name: str, values: list[Any]) -> list[tuple[str, list[Any]]]:
    """A column of records as several columns, as long as all records are alike in shape."""
    named = _parts_of(name, values)
    if not named:
        return [(name, values)]
    found = []
    for inner, take in named:
        found += _taken_apart(inner, [take(value) for value in values])
    return found


def _parts_of(name: str, values: list[Any]) -> list[tuple[str, Callable[[Any], Any]]]:
    """The parts that all values have, and how to take them; none if they are not records alike."""
    first = values[0]
    if len({type(value) for value in values}) > 1:
        return []
    if dataclasses.is_dataclass(first):
        # What does not count when two states are compared is for the eye only.
        return [(f.name, attrgetter(f.name)) for f in dataclasses.fields(first) if f.compare]
    if not isinstance(first, tuple):
        return []
    if len({len(value) for value in values}) > 1:
        return _members_of(name, values)
    if hasattr(first, "_fields"):
        return [(field, attrgetter(field)) for field in first._fields]
    stem = "part" if name == "state" else name
    return [(f"{stem}_{k + 1}", itemgetter(k)) for k in range(len(first))]


def _members_of(name: str, values: list[Any]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Whether each thing is in a set, written as a tuple in order; none if these are not small sets."""
    members = {repr(member): member for value in values for member in value}
    ordered = all(list(map(repr, value)) == sorted(set(map(repr, value))) for value in values)
    if not ordered or len(members) > MOST_MEMBERS:
        return []
    return [
        (f"{name}_{'_'.join(WORDS.findall(said))}", partial(_contains, member))
        for said, member in sorted(members.items())
    ]


def _contains(member: Hashable, value: tuple[Any, ...]) -> bool:
    return member in value


def _plain(values: list[Hashable]) -> list[Value]:
    """A column as integers if it is all integers, else as words."""
    whole = [_whole(value) for value in values]
    if all(number is not None for number in whole):
        return [int(number) for number in whole if number is not None]
    return [_said(value) for value in values]


def _whole(value: Hashable) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _said(value: Hashable) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "none"
    return str(value).replace('"', "'").replace("\n", " ")


def _word(name: str) -> str:
    """A name as one word of letters, digits and underscores."""
    return "".join(c if c.isalnum() else "_" for c in name.strip()) or "field"


def _distinct(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        number, unique = 2, name
        while unique in found:
            unique, number = f"{name}_{number}", number + 1
        found.append(unique)
    return tuple(found)
