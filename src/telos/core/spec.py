"""Parts as data: a part is written down as its dotted path and its fields, and read back from them."""

import dataclasses
import hashlib
import importlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from telos.core.errors import StudyError, TelosError, did_you_mean

Spec = dict[str, Any]

#: The packages whose parts data may name without anybody's leave.
SHIPPED = (
    "telos.worlds.",
    "telos.interop.",
    "telos.families.",
    "telos.agents.",
    "telos.drives.",
    "telos.safeguards.",
    "telos.runs.",
    "telos.bounds.",
)
#: Parts hold parts a few levels deep; a study of sweeps of studies some ten.
DEEPEST = 40
#: What names a module and something of it, be it Python's or an environment's id.
_NAMED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:\S", re.ASCII)
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


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


def from_spec(spec: Mapping[str, Any], trust: Collection[str] = ()) -> Any:
    """The part that `to_spec` wrote down. Data never decide what runs.

    Built are the parts that Telos ships, and frozen dataclasses defined in modules that the user of
    this call named. Nothing else is imported, no attribute is followed, no callable is taken from
    data. Shipped parts that load code or open files named by their own fields (`outside = True`) are
    built only if their module is named too, and so is each module that the fields name: a part's
    `names()` lists its dotted paths, `module:Name`.

    Args:
        spec: plain data.
        trust: names of modules or packages whose parts may be built; a name covers what lies below it.

    Raises:
        StudyError: if the data name anything else, or a field that the part does not have or refuses.
    """
    return _built(spec, frozenset(trust), 0)


def modules_of(spec: Any) -> frozenset[str]:
    """The modules of every part and dotted path in plain data.

    A process may trust those of parts that it holds itself; to trust those of somebody else's data is
    to let the data decide.
    """
    if isinstance(spec, str):
        return frozenset((spec.partition(":")[0],)) if _NAMED.match(spec) else frozenset()
    if isinstance(spec, Mapping):
        return frozenset().union(*(modules_of(value) for value in spec.values()))
    if isinstance(spec, list | tuple):
        return frozenset().union(*(modules_of(value) for value in spec))
    return frozenset()


def paths_in(*values: Any) -> tuple[str, ...]:
    """The texts among values, however deep, that name a module: ``my_lab.envs:Maze``, ``minigrid:Id-v0``."""
    found: list[str] = []
    for value in values:
        if isinstance(value, str) and _NAMED.match(value):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(paths_in(*value))
    return tuple(found)


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
    """A part in one line, as its author would type it: ``OffSwitch(rooms=4)``.

    A field that keeps itself out of the `repr`, as a digest that nobody types, is left out here too.
    """
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return str(part)
    shown = []
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.repr and (field.default is dataclasses.MISSING or value != field.default):
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


def _built(spec: Mapping[str, Any], trust: frozenset[str], depth: int) -> Any:
    path = spec.get("part")
    if not isinstance(path, str):
        raise StudyError(f"a part is named {path!r:.80}; its name is a text, module:Class.")
    cls = _part_class(path, trust)
    known = {field.name for field in dataclasses.fields(cls) if field.init}
    fields = {}
    for name, value in spec.items():
        if name in ("part", "version"):
            continue
        if name not in known:
            raise StudyError(f"{path}: no field {name!r:.80}. {did_you_mean(str(name), known)}")
        fields[name] = _part_or_value(value, trust, depth + 1, f"{path}, field {name!r}")
    try:
        part = cls(**fields)
        named = part.names() if getattr(cls, "outside", False) and hasattr(cls, "names") else ()
    except TelosError:
        raise
    except Exception as problem:  # noqa: BLE001 - a constructor given values of any type may raise anything
        raise StudyError(f"{path}: {type(problem).__name__}: {problem}.") from None
    for other in named:
        _check_named(other, path, trust)
    return part


def _check_named(named: str, path: str, trust: frozenset[str]) -> None:
    """Raise unless what a part's field names lies, and was defined, in modules that the user named."""
    module = named.partition(":")[0]
    home = module
    if _trusted(module, trust) and _PATH.fullmatch(named):
        home = getattr(resolve(named), "__module__", None) or module
    if not (_trusted(module, trust) and _trusted(home, trust)):
        raise StudyError(
            f"{path} would run {named!r:.120}, which is code of the module {home!r}. If you trust that "
            f"module too, name it: trust=[{home!r}, ...] or --trust {home}."
        )


def _trusted(module: str, trust: frozenset[str]) -> bool:
    return any(module == each or module.startswith(each + ".") for each in trust)


def _part_class(path: str, trust: frozenset[str]) -> type[Any]:
    """The class of a part that may be built from data."""
    if not _PATH.fullmatch(path):
        raise StudyError(f"{path!r:.120} names no part; a part is named module:Class.")
    module_name, _, name = path.partition(":")
    named = _trusted(module_name, trust)
    if not named and not module_name.startswith(SHIPPED):
        raise StudyError(
            f"{path}: the record names a part of the module {module_name!r}, which is not one of "
            "Telos's. If you trust that module, name it: from_spec(..., trust=[...]) or --trust."
        )
    try:
        found: Any = importlib.import_module(module_name)
    except ImportError as problem:
        raise StudyError(
            f"{path}: cannot import {module_name} ({problem}). Is its folder on PYTHONPATH?"
        ) from None
    for piece in name.split("."):
        found = vars(found).get(piece)
        if not isinstance(found, type):
            raise StudyError(f"{path}: {module_name} defines no class {name!r}.")
    if found.__module__ != module_name or not _is_part(found):
        raise StudyError(f"{path!r} is not a part; a part is a dataclass defined in {module_name}.")
    cls: type[Any] = found
    if getattr(found, "outside", False) and not named:
        raise StudyError(
            f"{path} opens files or loads code that its fields name, so data alone do not build it. "
            f"If you trust this record, name the module: trust=[{module_name!r}] or "
            f"--trust {module_name}."
        )
    return cls


def _is_part(cls: type[Any]) -> bool:
    """Whether a class is a dataclass that data may name: a part, or what parts are put together to."""
    return dataclasses.is_dataclass(cls) and getattr(cls, "from_data", False) is True


def _part_or_value(value: Any, trust: frozenset[str], depth: int, where: str) -> Any:
    if depth > DEEPEST:
        raise StudyError(f"{where}: nested more than {DEEPEST} deep.")
    if isinstance(value, Mapping):
        if "part" not in value:
            raise StudyError(f"{where} holds a table that names no part.")
        return _built(value, trust, depth)
    if isinstance(value, list):
        return tuple(_part_or_value(v, trust, depth + 1, where) for v in value)
    return value
