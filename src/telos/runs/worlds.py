"""Worlds on the disk: written once, then mapped into the memory of every process that works in them."""

import contextlib
import json
import zlib
from collections.abc import Callable, Hashable, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from telos.core.errors import StoreError, StudyError, WorldError
from telos.core.estimated import Estimated
from telos.core.rows import Later, Rows, shape_of
from telos.core.spec import digest, resolve
from telos.core.world import World
from telos.runs.files import write_atomically

MANIFEST = "world.json"
#: The version of `world.json`.
SCHEMA = 1
#: The arrays of a world that are always there; `pair_state` is derived, but as long as the pairs are.
ARRAYS = (
    "start",
    "pair_ptr",
    "pair_action",
    "next_ptr",
    "next_state",
    "next_prob",
    "outcome",
    "pair_state",
)


def write_world(world: World, folder: Path | str) -> None:
    """Write a world into a folder of its own, for `open_world`.

    Each array is a file whose name holds its checksum; `world.json`, written last, says which belong
    together. A world that is there already is replaced, and whoever reads meanwhile has the old one.
    Names of states and outcomes are written if they are numbers, strings, truth values, None, or tuples
    of such, NamedTuples among them if their class can be imported; nothing is pickled.

    Args:
        world: the world.
        folder: where to; made if need be.

    Raises:
        StoreError: if the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> from telos import explore, open_world, write_world
        >>> ring = explore(0, lambda s: {"on": (s + 1) % 5}, name="ring")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_world(ring, folder)
        ...     open_world(folder)
        <World ring: 5 states, 5 pairs, 5 outcomes>
    """
    place = Path(folder)
    arrays = {name: getattr(world, name) for name in ARRAYS}
    if world.default is not None:
        arrays["default"] = world.default
    arrays |= {f"feature-{i}": values for i, values in enumerate(world.features.values())}
    same = world.outcomes is world.states
    names = {"states": _names(world.states)}
    names["outcomes"] = names["states"] if same else _names(world.outcomes)
    for what, found in names.items():
        if isinstance(found, Rows) and not (what == "outcomes" and same):
            arrays |= {f"{what}-{k}": column for k, column in enumerate(found.columns)}
    try:
        place.mkdir(parents=True, exist_ok=True)
        files = {name: _write_array(place, name, array) for name, array in arrays.items()}
        told = {what: _told(place, what, found) for what, found in names.items()}
    except OSError as problem:
        raise StoreError(f"{place} cannot be written to ({problem.strerror}).") from None
    manifest = {
        "schema": SCHEMA,
        "name": world.name,
        "actions": list(world.actions),
        "features": list(world.features),
        "size": world.size,
        "kinds": world.n_outcomes,
        "names": {**told, "outcomes": "as states" if same else told["outcomes"]},
        "files": files,
    }
    if world.estimated is not None:
        manifest["estimated"] = world.estimated.to_data()
    text = json.dumps({"world": manifest, "checksum": digest(manifest)}, indent=1)
    write_atomically(place / MANIFEST, lambda draft: draft.write_text(text, encoding="utf-8"))
    held = {MANIFEST, *files.values(), *(t["file"] for t in told.values() if "file" in t)}
    for path in place.iterdir():
        if path.suffix in (".npy", ".json") and path.name not in held:
            with contextlib.suppress(OSError):
                path.unlink()


def open_world(folder: Path | str, *, anew: Callable[[], World] | None = None) -> World:
    """A world from the disk, equal to the one that was written, bit for bit.

    Its arrays are mapped, not read: processes that open one world share its memory. Every checksum is
    looked at first.

    Args:
        folder: what `write_world` wrote.
        anew: makes the world anew, for names of states that no file can hold; only called when such a
            name is asked for.

    Returns:
        The world.

    Raises:
        StoreError: if there is no world, or a file of it is missing or damaged.

    Example:
        >>> import tempfile
        >>> from telos import explore, open_world, write_world
        >>> hall = explore("hall", lambda s: {"stay": s, "leave": "yard"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_world(hall, folder)
        ...     open_world(folder).states[1]
        'yard'
    """
    place = Path(folder)
    manifest = _manifest(place)
    arrays = {name: _mapped(place / file) for name, file in manifest["files"].items()}
    put, world = object.__setattr__, object.__new__(World)
    # What has the checksums of a world that was looked at when it was made is not looked at again.
    for name in ARRAYS:
        if name != "pair_state":
            put(world, name, arrays[name])
    world.__dict__["pair_state"] = arrays["pair_state"]
    put(world, "default", arrays.get("default"))
    features = {name: arrays[f"feature-{i}"] for i, name in enumerate(manifest["features"])}
    put(world, "features", MappingProxyType(features))
    put(world, "actions", tuple(manifest["actions"]))
    put(world, "name", manifest["name"])
    if "estimated" in manifest:
        put(world, "estimated", Estimated.from_data(manifest["estimated"]))
    for what, count in (("states", manifest["size"]), ("outcomes", manifest["kinds"])):
        told = manifest["names"][what]
        same = told == "as states"
        put(world, what, world.states if same else _read(place, what, told, count, arrays, anew))
    return world


def _names(names: Sequence[Hashable]) -> Any:
    """Names as columns, as plain data, or None if no file can hold them."""
    if isinstance(names, Rows):
        return names if _at_home(names.make) else None
    if isinstance(names, Later):
        return None
    make = shape_of(names[0])
    alike = all(type(name) is type(names[0]) for name in names)
    if make is not None and alike and _at_home(make):
        rows: Any = [(name,) for name in names] if make is int else names
        # A truth value is a whole number to Python, but would come back as another one.
        if all(len(row) == len(rows[0]) and all(type(v) is int for v in row) for row in rows):
            with contextlib.suppress(OverflowError):
                return Rows(tuple(np.array(rows, dtype=np.int64).T), make)
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


def _named(plain: Any) -> Any:
    if isinstance(plain, dict):
        ((path, pieces),) = plain.items()
        return _class_at(path)._make(map(_named, pieces))
    return tuple(map(_named, plain)) if isinstance(plain, list) else plain


_class_at = cache(resolve)


def _told(place: Path, what: str, names: Any) -> dict[str, Any]:
    """What the manifest says of names; plain ones go into a file."""
    if names is None:
        return {}
    if isinstance(names, Rows):
        make = names.make
        told = make.__name__ if make in (int, tuple) else _path(make)
        return {"make": told, "width": len(names.columns)}
    data = json.dumps(names, ensure_ascii=False).encode("utf-8", "surrogatepass")
    file = f"{what}-{zlib.crc32(data):08x}.json"
    write_atomically(place / file, lambda draft: draft.write_bytes(data))
    return {"file": file}


def _read(
    place: Path, what: str, told: Any, count: int, arrays: Any, anew: Callable[[], World] | None
) -> Sequence[Any]:
    """Names as `_told` wrote them down; a file of plain ones is read when the first is asked for."""
    if "width" in told:
        make = {"int": int, "tuple": tuple}.get(told["make"]) or resolve(told["make"])
        return Rows(tuple(arrays[f"{what}-{k}"] for k in range(told["width"])), make)
    if "file" in told:
        return Later(count, partial(_decoded, place, told["file"], what, anew))
    return Later(count, partial(_again, what, place, anew))


def _decoded(place: Path, file: str, what: str, anew: Callable[[], World] | None) -> Sequence[Any]:
    try:
        data = _whole(place / file)
    except StoreError:
        if anew is None:
            raise
        return _again(what, place, anew)  # the folder was cleared meanwhile
    return tuple(map(_named, json.loads(bytes(data).decode("utf-8", "surrogatepass"))))


def _again(what: str, place: Path, anew: Callable[[], World] | None) -> Sequence[Any]:
    if anew is None:
        raise WorldError(
            f"{place}: the names of {what} could not be stored: they are not numbers, strings, or "
            "tuples of such (of a class that can be imported: not one of the script itself). Pass "
            "open_world(folder, anew=...), which makes the world anew."
        )
    names: Sequence[Any] = getattr(anew(), what)
    return names


def _write_array(place: Path, name: str, array: Any) -> str:
    """Write an array as `name-checksum.npy`, unless it is there; returns the file's name."""
    file = f"{name}-{_checksum(array)}.npy"
    with contextlib.suppress(StoreError):
        _mapped(place / file)
        return file

    def write(draft: Path) -> None:
        with draft.open("wb") as out:
            np.save(out, array, allow_pickle=False)

    write_atomically(place / file, write)
    return file


def _mapped(path: Path) -> Any:
    """An array on the disk, once its bytes are known to be those that were written."""
    try:
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        if array.ndim == 1 and _checksum(array) == path.stem.rpartition("-")[2]:
            return array
    except Exception:  # noqa: BLE001 - NumPy raises whatever a damaged header leads it to
        pass
    raise StoreError(f"{path} is missing or damaged. Write the world again (write_world).")


def _checksum(array: Any) -> str:
    """CRC-32 of an array's kind, length and bytes."""
    kind = zlib.crc32(f"{array.dtype.str} {len(array)}".encode())
    return f"{zlib.crc32(array.view(np.uint8).data, kind):08x}"


def _whole(path: Path) -> Any:
    """The bytes of a file whose name holds their checksum."""
    with contextlib.suppress(OSError):
        data = path.read_bytes()
        if f"{zlib.crc32(data):08x}" == path.stem.rpartition("-")[2]:
            return data
    raise StoreError(f"{path} is missing or damaged. Write the world again (write_world).")


def _manifest(place: Path) -> Any:
    path = place / MANIFEST
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{place} holds no {MANIFEST}; write_world makes such a folder.") from None
    except (OSError, ValueError):
        raise StoreError(f"{path} cannot be read. Write the world again (write_world).") from None
    if not isinstance(written, dict) or digest(written.get("world")) != written.get("checksum"):
        raise StoreError(f"{path} is damaged. Write the world again (write_world).")
    if written["world"].get("schema") != SCHEMA:
        raise StoreError(f"{path} is of another version of Telos. Write the world again.")
    return written["world"]
