"""Digests of names: 64 bits that a name has in every process, on every machine and Python version."""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telos.core.rows import NameRows

Words = NDArray[np.uint64]

#: The odd number next to 2^64 divided by the golden ratio.
GOLDEN = 0x9E3779B97F4A7C15


def mixed(words: Words) -> Words:
    """The words, each turned into another by SplitMix64's output function; the argument is spent.

    References:
        Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, figure 16.
    """
    spare = words >> np.uint64(30)
    words ^= spare
    words *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(words, np.uint64(27), out=spare)
    words ^= spare
    words *= np.uint64(0x94D049BB133111EB)
    np.right_shift(words, np.uint64(31), out=spare)
    words ^= spare
    return words


def digests(names: Sequence[Hashable]) -> Words:
    """U[K], a digest of each name: the same for equal names, and (but for 1 in 2^64) only for them.

    Equal is what Python calls equal, because a world keeps one of two equal names, whichever it meets
    first: 1, 1.0 and True are one name, "1" is another; a NamedTuple is the tuple of its values.
    Tuples, numbers, texts, bytes, None, sets, enums and dataclasses are read by their content (the
    latter two also by the name of their class), other objects by their `repr`. An object whose
    `repr` is the address it has in this process has no name of its own, nor has one that reads like
    another: they go by their numbers in `names`.

    Args:
        names: of the outcomes of a world, say.

    Example:
        >>> one, same, other = digests([("clips", 1), ("clips", 1.0), ("clips", "1")]).tolist()
        >>> one == same, one == other
        (True, False)
    """
    if isinstance(names, NameRows):
        columns = [_whole(column) for column in names.columns]
        return columns[0] if names.make is int else _tuples(columns, len(names))
    kinds = {type(name) for name in names}
    if kinds == {int} and all(-(2**63) <= name < 2**63 for name in names):  # type: ignore[operator]
        return _whole(np.array(names, dtype=np.int64))
    if all(issubclass(kind, tuple) for kind in kinds) and len({len(n) for n in names}) == 1:  # type: ignore[arg-type]
        width = len(names[0])  # type: ignore[arg-type]
        parts = [digests([name[i] for name in names]) for i in range(width)]  # type: ignore[index]
        return _tuples(parts, len(names))
    known: dict[Hashable, int] = {}
    taken: set[int] = set()
    for place, name in enumerate(names):
        if name not in known:
            found = _one(name, place)
            # Unlike names that read alike.
            known[name] = _text(f"number {place} of {found}") if found in taken else found
            taken.add(found)
    return np.array([known[name] for name in names], dtype=np.uint64)


def _whole(column: NDArray[np.int64]) -> Words:
    """Of integers."""
    return mixed(column.astype(np.int64).view(np.uint64) ^ np.uint64(GOLDEN))


def _tuples(columns: Sequence[Words], count: int) -> Words:
    """Of `count` tuples, from the digests of their columns."""
    return _folded(f"tuple of {len(columns)}", columns, count)


def _folded(kind: str, parts: Iterable[Words], count: int) -> Words:
    """Of `count` compound names, from the digests of their parts, in order."""
    found = np.full(count, _text(kind), dtype=np.uint64)
    for part in parts:
        found = mixed(found ^ part)
    return found


def _one(name: Hashable, place: int) -> int:
    """Of one name."""
    value: Any = name.item() if isinstance(name, np.generic) else name
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, str):
        return _text("text " + str.__str__(value))
    if isinstance(value, bytes):
        return _text("bytes " + value.hex())
    kind = type(value).__qualname__
    if isinstance(value, tuple):
        return int(digests([value])[0])
    if isinstance(value, frozenset):
        return int(_folded("set", np.sort(digests(list(value)))[:, None], 1)[0])
    if isinstance(value, Enum):
        return _text(f"{kind} {value.name}")
    if is_dataclass(value) and not isinstance(value, type):
        parts = [digests([getattr(value, f.name)]) for f in fields(value) if f.compare]
        return int(_folded(kind, parts, 1)[0])
    told = value.__qualname__ if isinstance(value, type) else repr(value)
    return _text(f"{kind} number {place}" if " at 0x" in told else f"{kind} {told}")


def _number(value: Any) -> int:
    """Of a number, whatever its type."""
    if isinstance(value, complex):
        if value.imag:
            return _text(f"number {value.real.hex()} {value.imag.hex()}")
        value = value.real
    try:
        whole = int(value)
        near = float(value)
    except (OverflowError, ValueError):  # infinite, or none
        return _text(f"number {value}")
    if whole == value:
        within = -(2**63) <= whole < 2**63
        return int(_whole(np.array([whole]))[0]) if within else _text(f"number {whole}")
    return _text(f"number {near.hex() if near == value else Fraction(value)}")


def _text(text: str) -> int:
    """Of a text."""
    told = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(told.digest(), "little")
