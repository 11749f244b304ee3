"""Parts as data: a part is written down as its dotted path and its fields, and read back from them."""

import dataclasses
import hashlib
import importlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from telos.core.errors import StudyError, did_you_mean

Spec = dict[str, Any]


def to_spec(part: Any) -> Spec:
    """A part as plain data: ``{"part": "module:Class", "version": v, field: value, ...}``.

    Fields that have their default value are left out, so that a new option with a default keeps
    the identity of everything made before it.

    Args:
        part: a frozen dataclass whose fields are numbers, strings, booleans, None, tuples of
            these, or parts.

    Raises:
        StudyError: naming the field that cannot be written down.
    """
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        raise StudyError(f"{part!r} is not a part; a part is an instance of a frozen dataclass.")
    spec: Spec = {"part": f"{type(part).__module__}:{type(part).__qualname__}"}
    version = getattr(type(part), "version", None)
    if version is not None:
        spec["version"] = version
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.default is not dataclasses.MISSING and value == field.default:
            continue
        spec[field.name] = _plain(value, f"{type(part).__name__}.{field.name}")
    return spec


def from_spec(spec: Mapping[str, Any]) -> Any:
    """The part that `to_spec` wrote down.

    Raises:
        StudyError: if the module, the class or a field does not exist, or the path names anything but
            a dataclass: what is read from a file of somebody else's must not call what it likes.
    """
    path = str(spec.get("part", ""))
    cls = resolve(path)
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise StudyError(f"{path!r} is no part; a part is a frozen dataclass.")
    fields = {k: _part_or_value(v) for k, v in spec.items() if k not in ("part", "version")}
    try:
        return cls(**fields)
    except TypeError as problem:
        raise StudyError(f"{path}: {problem}.") from None


def resolve(path: str) -> Any:
    """The object at a dotted path ``my_lab.worlds:Maze``.

    Raises:
        StudyError: saying which half of the path does not exist.
    """
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise StudyError(
            f"{path!r} is not a dotted path; write module:Name, as in my_lab.worlds:Maze."
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as problem:
        raise StudyError(
            f"{path}: cannot import {module_name} ({problem}). Is its folder on PYTHONPATH?"
        ) from None
    found: Any = module
    for piece in name.split("."):
        if not hasattr(found, piece):
            public = [n for n in vars(module) if not n.startswith("_")]
            raise StudyError(f"{path}: {module_name} has no {name!r}. {did_you_mean(name, public)}")
        found = getattr(found, piece)
    return found


def digest(data: Any) -> str:
    """Sixteen hexadecimal digits that name plain data: SHA-256 of its canonical JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def show(part: Any) -> str:
    """A part in one line, as its author would type it: ``OffSwitch(rooms=4)``."""
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return str(part)
    shown = []
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.default is dataclasses.MISSING or value != field.default:
            text = show(value) if dataclasses.is_dataclass(value) else repr(value)
            shown.append(f"{field.name}={text}")
    return f"{type(part).__name__}({', '.join(shown)})"


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        raise StudyError(f"{where} is {value}; it must be a finite number to be written down.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.integer | np.floating):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(v, where) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_spec(value)
    raise StudyError(
        f"{where} holds a {type(value).__name__}, which cannot be written down. Use numbers, "
        "strings, tuples or parts."
    )


def _part_or_value(value: Any) -> Any:
    if isinstance(value, Mapping) and "part" in value:
        return from_spec(value)
    if isinstance(value, list):
        return tuple(_part_or_value(v) for v in value)
    return value
