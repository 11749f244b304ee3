"""NameRows: the names of very many states, kept as columns of whole numbers, made into tuples when asked."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final, overload

import numpy as np

from telos.core.arrays import Ints
from telos.core.errors import WorldError
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.numbering import nothing_known, numbered
from telos.core.numbers import integers

#: NameRows turned into tuples at a time when all are asked for one after the other.
AT_A_TIME = 1 << 14


@final
@dataclass(frozen=True, eq=False, repr=False)
class NameRows(Sequence[Any]):
    """S names, each a tuple of k whole numbers (or one whole number), in 8 k bytes each.

    To whoever reads it, a tuple of names: equal to one, indexed, sliced and walked like one.

    Args:
        columns: k arrays I[S].
        make: what a name is: `int` (then k is 1), `tuple`, or the author's own NamedTuple class.

    Example:
        >>> names = NameRows((np.array([0, 0, 1]), np.array([5, 6, 5])))
        >>> names[1], names[-1], len(names), names == ((0, 5), (0, 6), (1, 5))
        ((0, 6), (1, 5), 3, True)
    """

    columns: tuple[Ints, ...]
    make: type = tuple

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __post_init__(self) -> None:
        columns = [integers(column, "NameRows: a column", WorldError) for column in self.columns]
        object.__setattr__(self, "columns", tuple(columns))

    def __repr__(self) -> str:
        if len(self) <= 8:
            return repr(tuple(self))
        return f"<{len(self)} names, {self[0]!r} to {self[-1]!r}>"

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return tuple(self._named([column[at] for column in self.columns]))
        return shaped(self.make, [int(column[at]) for column in self.columns])

    def __iter__(self) -> Iterator[Any]:
        for first in range(0, len(self), AT_A_TIME):
            yield from self._named([c[first : first + AT_A_TIME] for c in self.columns])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NameRows):
            mine, theirs = self.columns, other.columns
            same_kind = (self.make is int) == (other.make is int) and len(mine) == len(theirs)
            return same_kind and all(map(np.array_equal, mine, theirs))
        if isinstance(other, tuple):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    def __contains__(self, name: object) -> bool:
        return self.number(name) is not None

    def number(self, name: object) -> int | None:
        """Where the name stands; None if it is none of them."""
        values: Any = (name,) if self.make is int else name
        if not isinstance(values, tuple) or len(values) != len(self.columns):
            return None
        if not all(isinstance(value, int | float | np.number) for value in values):
            return None
        left = np.flatnonzero(self.columns[0] == values[0])
        for column, value in zip(self.columns[1:], values[1:], strict=True):
            left = left[column[left] == value]
        return int(left[0]) if left.size else None

    @cached_property
    def twice(self) -> int | None:
        """The number of the first name that was there before; None if all differ."""
        known, numbers = numbered(nothing_known(len(self.columns)), np.array(self.columns))
        if known.met == len(self):
            return None
        return int(np.argmax(numbers != np.arange(len(self))))

    def _named(self, columns: Sequence[Ints]) -> Iterator[Any]:
        if self.make is int:
            return iter(columns[0].tolist())
        tuples = zip(*(column.tolist() for column in columns), strict=True)
        return tuples if self.make is tuple else map(self.make._make, tuples)  # type: ignore[attr-defined]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Later(Sequence[Any]):
    """Names that are made when the first of them is asked for: most work with a world never does.

    Args:
        length: how many there are. fetch: makes them.
    """

    length: int
    fetch: Callable[[], Sequence[Hashable]]

    def __reduce__(self) -> tuple[type, tuple[tuple[Hashable, ...]]]:
        """By content, as a tuple: what makes the names need not exist elsewhere."""
        return tuple, (tuple(self._names),)

    def __repr__(self) -> str:
        return f"<{self.length} names>"

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        return self._names[at]

    def __eq__(self, other: object) -> bool:
        return self is other or self._names == (other._names if isinstance(other, Later) else other)

    @cached_property
    def _names(self) -> Sequence[Hashable]:
        return self.fetch()


#: Names that a world keeps as they are, where it makes tuples of all others.
LIGHT = (NameRows, Later)


def shaped(make: type, values: Sequence[Any]) -> Any:
    """Values, or whole columns, as the author writes a state: alone, as a tuple, with names."""
    if make is int:
        return values[0]
    return tuple(values) if make is tuple else make._make(values)  # type: ignore[attr-defined]


def shape_of(state: Any) -> type | None:
    """How a state is written: `int`, `tuple`, a NamedTuple class; None if it is no row of numbers.

    Example:
        >>> shape_of(3), shape_of((1, 2)), shape_of("hall"), shape_of((1, "hall"))
        (<class 'int'>, <class 'tuple'>, None, None)
    """
    if isinstance(state, int | np.integer):
        return int
    if not isinstance(state, tuple) or not state:
        return None
    if not all(isinstance(value, int | np.integer) for value in state):
        return None
    if type(state) is tuple:
        return tuple
    return type(state) if hasattr(state, "_fields") else None
