"""What every part promises: it is plain, frozen data that can be written down and read back."""

import dataclasses
import json
import pickle
from collections.abc import Iterator
from typing import Any

from telos.core.errors import CheckFailed
from telos.core.spec import digest, from_spec, modules_of, show, to_spec
from telos.testing.verdict import Promise


def promises_of_data(part: Any) -> Iterator[Promise]:
    """The promises that make a part its own configuration."""
    yield "is a frozen dataclass", lambda: _frozen(part)
    yield "hashes and compares by its fields", lambda: _hashable(part)
    yield "can be written down and read back", lambda: _round_trip(part)
    yield "can be sent to another process", lambda: _pickles(part)
    yield "says what it is", lambda: _documented(part)


def _frozen(part: Any) -> str:
    if not dataclasses.is_dataclass(part):
        raise CheckFailed("it is no dataclass; put @dataclass(frozen=True) above the class.")
    kind: Any = type(part)
    if not kind.__dataclass_params__.frozen:
        raise CheckFailed("its fields can be changed; write @dataclass(frozen=True).")
    return ""


def _hashable(part: Any) -> str:
    try:
        same = hash(part) == hash(dataclasses.replace(part)) and part == dataclasses.replace(part)
    except TypeError as problem:
        raise CheckFailed(f"{problem}; use tuples for fields that are lists.") from None
    if not same:
        raise CheckFailed("a copy with the same fields is not equal to it; leave out eq=False.")
    return ""


def _round_trip(part: Any) -> str:
    spec = json.loads(json.dumps(to_spec(part), allow_nan=False))
    again = from_spec(spec, trust=modules_of(spec))
    if again != part:
        raise CheckFailed(f"read back, it is {show(again)} and not {show(part)}.")
    return f"key {digest(spec)}"


def _pickles(part: Any) -> str:
    if pickle.loads(pickle.dumps(part)) != part:
        raise CheckFailed("pickled and unpickled, it is not equal to itself.")
    return ""


def _documented(part: Any) -> str:
    own = type(part).__dict__.get("__doc__") or ""
    first = own.strip().splitlines()[0] if own.strip() else ""
    if not first or first.startswith(f"{type(part).__name__}("):  # dataclass makes one up
        raise CheckFailed("its class has no docstring; begin it with one sentence.")
    return first
