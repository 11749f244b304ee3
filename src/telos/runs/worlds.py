"""Worlds on the disk: written once, then mapped into the memory of every process that works in them."""

import contextlib
import json
import re
import zlib
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, final

import numpy as np
from pydantic import ValidationError

from telos.core.errors import StoreError, StudyError, WorldError, explained
from telos.core.estimated import Estimated, checked_estimated
from telos.core.files import read_file
from telos.core.model import first_problem
from telos.core.rows import Later, NameRows, shape_of
from telos.core.spec import SHIPPED, resolve
from telos.core.world import World
from telos.runs.files import is_regular, write_atomically
from telos.runs.made import fingerprint
from telos.runs.world_file import (
    ARRAYS,
    MANIFEST,
    REMEDY,
    EstimatedEntry,
    Manifest,
    Names,
    check_world,
    checksum,
    is_ours,
    mapped,
    read_manifest,
    sealed,
)

#: Bytes that the names of a world's states may have.
MOST_NAMES = 2**32


def save_world(world: World, folder: Path | str) -> None:
    """Write a world into a folder of its own, for `load_world`.

    Each array is a file whose name holds its checksum; `world.json`, written last, says which belong
    together. A world that is there already is replaced, and readers meanwhile have the old one.
    Names of states and outcomes are written if they are numbers, strings, truth values, None, or tuples
    of such, NamedTuples among them if their class can be imported; nothing is pickled.

    Args:
        world: the world.
        folder: where to; made if need be.

    Raises:
        StoreError: if the folder cannot be written to, or holds a `world.json` that is none of ours.

    Example:
        >>> import tempfile
        >>> from telos import explore, load_world, save_world
        >>> ring = explore(0, lambda s: {"on": (s + 1) % 5}, name="ring")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_world(ring, folder)
        ...     load_world(folder)
        <World ring: 5 states, 5 pairs, 5 outcomes>
    """
    place = Path(folder)
    arrays = {name: getattr(world, name) for name in ARRAYS}
    if world.default is not None:
        arrays["default"] = world.default
    arrays |= {f"feature-{i}": values for i, values in enumerate(world.features.values())}
    names = {"states": _names(world.states)}
    if world.outcomes is not world.states:
        names["outcomes"] = _names(world.outcomes)
    for what, found in names.items():
        if isinstance(found, NameRows):
            arrays |= {f"{what}-{k}": column for k, column in enumerate(found.columns)}
    try:
        place.mkdir(parents=True, exist_ok=True)
        _check_free(place / MANIFEST)
        files = {name: _write_array(place, name, array) for name, array in arrays.items()}
        stated = {what: _write_names(place, what, found) for what, found in names.items()}
        data = None if world.estimated is None else world.estimated.to_data()
        manifest = Manifest(
            name=world.name,
            actions=list(world.actions),
            features=list(world.features),
            size=world.size,
            kinds=world.n_outcomes,
            states=stated["states"],
            outcomes=stated.get("outcomes", "as states"),
            files=files,
            estimated=None if data is None else EstimatedEntry(**data),
            fingerprint=fingerprint(world),
        )
        text = sealed(manifest)
        write_atomically(place / MANIFEST, lambda draft: draft.write_text(text, encoding="utf-8"))
        _remove_former(place, manifest.held)
    except ValidationError as problem:
        raise StoreError(f"{place}: the world's {first_problem(problem)}. Change it.") from None
    except OSError as problem:
        if isinstance(problem, StoreError):
            raise
        raise StoreError(f"{place} cannot be written to: {explained(problem)}") from None


def _check_free(path: Path) -> None:
    """A manifest may be replaced by another one, and nothing else by one."""
    if path.is_symlink() or (path.exists() and not is_regular(path)):
        raise StoreError(f"{path} is not a file of ours. Name another folder.")
    if path.exists():
        with path.open("rb") as file:
            begins = file.read(64)
        if not re.match(rb'\{\s*"world": \{', begins):
            raise StoreError(f"{path} was not written by save_world. Name another folder.")


def _remove_former(place: Path, held: set[str]) -> None:
    """Remove what an earlier world left in a folder, and only that."""
    for path in place.iterdir():
        if path.name not in held and is_ours(path):
            with contextlib.suppress(OSError):
                path.unlink()


def load_world(
    folder: Path | str,
    *,
    anew: Callable[[], World] | None = None,
    trust: Collection[str] = (),
) -> World:
    """A world from the disk, equal to the one that was written, bit for bit.

    Its arrays are mapped, not read: processes that open one world share its memory. Before anything is
    believed, every checksum is looked at, and whether the arrays make a world at all. Nothing that the
    files say is run: names of states may be of NamedTuple classes of Telos, and of the modules trusted.

    Args:
        folder: what `save_world` wrote.
        anew: makes the world anew, for names of states that no file can hold; only called when such a
            name is asked for.
        trust: modules or packages whose NamedTuple classes the names may be of.

    Returns:
        The world.

    Raises:
        StoreError: if there is no world, or a file of it is missing, damaged, or of no world.

    Example:
        >>> import tempfile
        >>> from telos import explore, load_world, save_world
        >>> hall = explore("hall", lambda s: {"stay": s, "leave": "yard"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_world(hall, folder)
        ...     load_world(folder).states[1]
        'yard'
    """
    place = Path(folder)
    manifest = read_manifest(place)
    arrays = {name: mapped(place / file) for name, file in manifest.files.items()}
    check_world(place, manifest, arrays)
    put, world = object.__setattr__, object.__new__(World)
    for name in ARRAYS:
        if name != "pair_state":
            put(world, name, arrays[name])
    world.__dict__["pair_state"] = arrays["pair_state"]
    put(world, "default", arrays.get("default"))
    features = {name: arrays[f"feature-{i}"] for i, name in enumerate(manifest.features)}
    put(world, "features", MappingProxyType(features))
    put(world, "actions", tuple(manifest.actions))
    put(world, "name", manifest.name)
    put(world, "estimated", _estimated(place, manifest, world.n_pairs))
    kept = _Kept(place, arrays, anew, frozenset(trust))
    put(world, "states", kept.names("states", manifest.states, manifest.size))
    own = manifest.names.get("outcomes")
    put(world, "outcomes", kept.names("outcomes", own, manifest.kinds) if own else world.states)
    return world


def _estimated(place: Path, manifest: Manifest, pairs: int) -> Estimated | None:
    """What the manifest says of estimated chances, if it can be so in a world of `pairs` pairs."""
    if manifest.estimated is None:
        return None
    try:
        found = Estimated(**manifest.estimated.model_dump())
        return checked_estimated(found, pairs, str(place / MANIFEST))
    except WorldError as problem:
        raise StoreError(f"{place / MANIFEST}: {problem} {REMEDY}") from None


def _names(names: Sequence[Hashable]) -> Any:
    """Names as columns, as plain data, or None if no file can hold them."""
    if isinstance(names, NameRows):
        return names if _at_home(names.make) else None
    if isinstance(names, Later):
        return None
    make = shape_of(names[0])
    alike = all(type(name) is type(names[0]) for name in names)
    if make is not None and alike and _at_home(make):
        rows: Any = [(name,) for name in names] if make is int else names
        # A truth value is an integer to Python, but would come back as another one.
        if all(len(row) == len(rows[0]) and all(type(v) is int for v in row) for row in rows):
            with contextlib.suppress(OverflowError):
                return NameRows(tuple(np.array(rows, dtype=np.int64).T), make)
    try:
        return [_plain(name) for name in names]
    except TypeError:
        return None


@cache
def _at_home(make: Any) -> bool:
    """Whether names of this make can be made again in another process."""
    if make in (int, tuple):
        return True
    try:
        return make.__module__ != "__main__" and resolve(_path(make)) is make
    except StudyError:
        return False


def _path(make: Any) -> str:
    return f"{make.__module__}:{make.__qualname__}"


def _plain(name: Any) -> Any:
    """A name as JSON: a tuple as a list, a NamedTuple as {where its class is: list}."""
    if type(name) is tuple:
        return [_plain(piece) for piece in name]
    if isinstance(name, tuple) and hasattr(name, "_fields") and _at_home(type(name)):
        return {_path(type(name)): [_plain(piece) for piece in name]}
    if name is None or type(name) in (bool, int, str) or (type(name) is float and name == name):
        return name
    raise TypeError


def _write_names(place: Path, what: str, names: Any) -> Names:
    """What the manifest says of names; plain ones go into a file."""
    if names is None:
        return Names()
    if isinstance(names, NameRows):
        make = names.make
        stated = make.__name__ if make in (int, tuple) else _path(make)
        return Names(make=stated, width=len(names.columns))
    data = json.dumps(names, ensure_ascii=False).encode("utf-8", "surrogatepass")
    file = f"{what}-{zlib.crc32(data):08x}.json"
    write_atomically(place / file, lambda draft: draft.write_bytes(data))
    return Names(file=file)


@final
@dataclass(frozen=True, eq=False)
class _Kept:
    """The names that lie with a stored world.

    Args:
        place: its folder. arrays: what is mapped of it.
        anew: makes the world anew. trust: modules whose classes the names may be of.
    """

    place: Path
    arrays: Mapping[str, Any]
    anew: Callable[[], World] | None
    trust: frozenset[str]

    def names(self, what: str, stated: Names, count: int) -> Sequence[Any]:
        """Names as `_write_names` stated them; a file of plain ones is read when the first is asked for."""
        if stated.width:
            plain = {"int": int, "tuple": tuple}
            make = plain.get(stated.make) or tuple_class(stated.make, self.trust)
            fields = ("",) if make is int else getattr(make, "_fields", range(stated.width))
            if stated.width != len(fields):
                raise StoreError(
                    f"{self.place}: {what}: {stated.make} has no {stated.width} fields. {REMEDY}"
                )
            return NameRows(tuple(self.arrays[f"{what}-{k}"] for k in range(stated.width)), make)
        if stated.file:
            return Later(count, partial(self._decoded, stated.file, what, count))
        return Later(count, partial(self._again, what))

    def _decoded(self, file: str, what: str, count: int) -> Sequence[Any]:
        path = self.place / file
        try:
            data = read_file(path, most=MOST_NAMES, remedy=REMEDY)
            if f"{zlib.crc32(data):08x}" != path.stem.rpartition("-")[2]:
                raise StoreError(f"{path} is damaged. {REMEDY}")
            names = tuple(map(self._named, json.loads(data.decode("utf-8", "surrogatepass"))))
            if len(set(names)) != count:
                raise StoreError(f"{path}: not {count} names, each another. {REMEDY}")
        except (StoreError, FileNotFoundError) as problem:
            if self.anew is not None:
                return self._again(what)  # the folder was cleared meanwhile
            if isinstance(problem, StoreError):
                raise
            raise StoreError(f"{path} is missing. {REMEDY}") from None
        except (ValueError, TypeError, RecursionError):
            raise StoreError(f"{path}: not names that save_world wrote. {REMEDY}") from None
        return names

    def _named(self, plain: Any) -> Any:
        if isinstance(plain, dict):
            ((path, pieces),) = plain.items()
            return tuple_class(path, self.trust)._make(map(self._named, pieces))
        return tuple(map(self._named, plain)) if isinstance(plain, list) else plain

    def _again(self, what: str) -> Sequence[Any]:
        if self.anew is None:
            raise WorldError(
                f"{self.place}: the names of {what} could not be stored: they are not numbers, strings, "
                "or tuples of such (of a class that can be imported: not one of the script itself). "
                "Pass load_world(folder, anew=...), which makes the world anew."
            )
        names: Sequence[Any] = getattr(self.anew(), what)
        return names


@cache
def tuple_class(path: str, trust: frozenset[str]) -> Any:
    """The NamedTuple class that data name, of Telos's own modules or of trusted ones.

    Raises:
        StoreError: if it is anything else.
    """
    module, _, name = path.partition(":")
    ours = module.startswith((*SHIPPED, "telos.core."))
    if not ours and not any(module == each or module.startswith(f"{each}.") for each in trust):
        raise StoreError(
            f"a stored world has names of the class {path!r:.200}, whose module is not one of Telos's. "
            f"If you trust that module, name it: load_world(folder, trust=[{module!r:.100}])."
        )
    try:
        found = resolve(path)
    except (StudyError, ValueError):
        raise StoreError(f"{path!r:.200}: no class of that name can be imported.") from None
    fields = vars(found).get("_fields") if isinstance(found, type) else None
    own = isinstance(fields, tuple) and (found.__module__, found.__qualname__) == (module, name)
    if not own or not issubclass(found, tuple):
        raise StoreError(f"{path!r:.200} is not a NamedTuple class of {module}.")
    return found


def _write_array(place: Path, name: str, array: Any) -> str:
    """Write an array as `name-checksum.npy`, unless it is there; returns the file's name."""
    file = f"{name}-{checksum(array)}.npy"
    with contextlib.suppress(StoreError):
        mapped(place / file)
        return file

    def write(draft: Path) -> None:
        with draft.open("wb") as out:
            np.save(out, array, allow_pickle=False)

    write_atomically(place / file, write)
    return file
