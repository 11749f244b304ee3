"""World files: what the folder of a stored world holds, and whether it makes a world."""

import contextlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

import numpy as np
from pydantic import Field, ValidationError

from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.model import AbstractModel, first_problem
from telos.core.spec import digest
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.runs.files import is_draft, is_folder, is_regular
from telos.runs.made import ARRAYS as WORLD_ARRAYS

MANIFEST = "world.json"
#: The version of `world.json`.
SCHEMA: Final = 2
#: Bytes that it may have: a million actions, or estimated pairs.
MOST = 128 * 2**20
#: The arrays of a world that are always there; `pair_state` is derived, but as long as the pairs are.
ARRAYS = (*WORLD_ARRAYS, "pair_state")
_FLOATS = re.compile(r"start|next_prob|feature-\d+")
_ARRAY_FILE = (
    rf"^({'|'.join(ARRAYS)}|default|feature-[0-9]+|(states|outcomes)-[0-9]+)-[0-9a-f]{{8}}\.npy$"
)
_NAME_FILE = r"^(states|outcomes)-[0-9a-f]{8}\.json$"
REMEDY = "Write the world again (save_world)."

Count = Annotated[int, Field(ge=1, le=2**40)]
Index = Annotated[int, Field(ge=0, le=2**53)]
Label = Annotated[str, Field(max_length=10_000)]


@final
class Names(AbstractModel):
    """How the names of states, or of outcomes, are kept: as columns, in a file, or not at all."""

    make: str = Field(default="", max_length=500)
    width: int = Field(default=0, ge=0, le=10_000)
    file: str = Field(default="", pattern=f"^$|{_NAME_FILE}")


@final
class EstimatedEntry(AbstractModel):
    """Which pairs' chances are estimates (see `telos.core.estimated`)."""

    pairs: list[Index]
    draws: list[Annotated[int, Field(ge=1, le=2**53)]]
    half_width: list[Annotated[float, Field(ge=0.0, le=1.0)]]
    level: Annotated[float, Field(gt=0.0, lt=1.0)]
    starts: Index


@final
class Manifest(AbstractModel):
    """What `world.json` says, and nothing else: the world's words, its sizes, and each array's file."""

    version: Literal[2] = Field(default=SCHEMA, alias="schema")
    name: Label
    actions: list[Label] = Field(min_length=1, max_length=10**6)
    features: list[Label] = Field(max_length=10_000)
    size: Count
    kinds: Count
    states: Names
    outcomes: Names | Literal["as states"]
    files: dict[str, Annotated[str, Field(pattern=_ARRAY_FILE)]]
    estimated: EstimatedEntry | None = None
    fingerprint: str = Field(pattern="^[0-9a-f]{16}$")

    @property
    def names(self) -> dict[str, Names]:
        """How the names of states are kept, and those of outcomes if they are others."""
        own = {"states": self.states, "outcomes": self.outcomes}
        return {what: names for what, names in own.items() if isinstance(names, Names)}

    @property
    def expected(self) -> set[str]:
        """The arrays that there must be."""
        columns = {f"{what}-{k}" for what, own in self.names.items() for k in range(own.width)}
        return {*ARRAYS, *(f"feature-{i}" for i in range(len(self.features))), *columns}

    @property
    def held(self) -> set[str]:
        """Every file that belongs to the world."""
        return {MANIFEST, *self.files.values(), *(own.file for own in self.names.values())}


def sealed(manifest: Manifest) -> str:
    """The text of `world.json`: what it says, and the digest of that."""
    stated = manifest.model_dump(by_alias=True)
    return json.dumps({"world": stated, "checksum": digest(stated)}, indent=1)


def read_manifest(place: Path) -> Manifest:
    """The manifest of a stored world, whole and of this version.

    Raises:
        StoreError: if there is none, or it cannot be believed.
    """
    path = place / MANIFEST
    try:
        written = json.loads(read_file(path, most=MOST, remedy=REMEDY))
        stated, whole = written["world"], digest(written["world"]) == written["checksum"]
        current = stated["schema"] == SCHEMA
    except FileNotFoundError:
        raise StoreError(f"{place} holds no {MANIFEST}; save_world makes such a folder.") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        whole = current = False
    if not whole:
        raise StoreError(f"{path} is damaged. {REMEDY}")
    if not current:
        raise StoreError(f"{path} is of another version of Telos. {REMEDY}")
    try:
        manifest = Manifest.model_validate(stated)
    except ValidationError as problem:
        raise StoreError(f"{path}: {first_problem(problem)}. {REMEDY}") from None
    if set(manifest.files) - {"default"} != manifest.expected:
        raise StoreError(f"{path}: files: not the arrays that such a world has. {REMEDY}")
    for name, file in manifest.files.items():
        if file.rpartition("-")[0] != name:
            raise StoreError(f"{path}: files: {file!r} does not name the array {name}. {REMEDY}")
    return manifest


def check_world(place: Path, manifest: Manifest, arrays: Mapping[str, Any]) -> None:
    """Arrays that may have come from anybody make a world: lengths, indices and probabilities agree.

    Raises:
        StoreError: naming the array that does not fit.
    """
    size, pairs, stored = manifest.size, len(arrays["pair_action"]), len(arrays["next_state"])
    lengths = {"pair_ptr": size + 1, "next_ptr": pairs + 1, "pair_state": pairs}
    lengths |= {"pair_action": pairs, "next_state": stored, "next_prob": stored}
    for name, array in arrays.items():
        kind = np.float64 if _FLOATS.fullmatch(name) else np.int64
        long = manifest.kinds if name.startswith("outcomes-") else lengths.get(name, size)
        if array.dtype != kind or len(array) != long:
            _refuse(
                place, name, f"{array.dtype} of length {len(array)}, not {kind.__name__} of {long}"
            )
    pair_ptr, next_ptr, outcome = (arrays[name] for name in ("pair_ptr", "next_ptr", "outcome"))
    for name, last in (("pair_ptr", pairs), ("next_ptr", stored)):
        ptr = arrays[name]
        if ptr[0] != 0 or ptr[-1] != last or not np.all(ptr[1:] > ptr[:-1]):
            _refuse(place, name, f"it must rise from 0 to {last}")
    bounds = {"pair_action": len(manifest.actions), "next_state": size, "outcome": manifest.kinds}
    for name, most in bounds.items():
        if arrays[name].min() < 0 or arrays[name].max() >= most:
            _refuse(place, name, f"its entries must be at least 0 and below {most}")
    if manifest.kinds > size or not np.all(np.bincount(outcome, minlength=manifest.kinds)):
        _refuse(place, "outcome", f"not all of its {manifest.kinds} kinds are there")
    if not np.array_equal(arrays["pair_state"], np.repeat(np.arange(size), np.diff(pair_ptr))):
        _refuse(place, "pair_state", "it does not follow from pair_ptr")
    start, chances = arrays["start"], arrays["next_prob"]
    if not (chances.min() > 0 and start.min() >= 0):  # NaN is neither
        _refuse(place, "next_prob" if start.min() >= 0 else "start", "a chance is not positive")
    sums = np.add.reduceat(chances, next_ptr[:-1])
    if not np.abs(sums - 1.0).max() <= ROW_SUM_TOLERANCE:
        _refuse(place, "next_prob", "the chances of a pair do not sum to 1")
    if not abs(start.sum() - 1.0) <= ROW_SUM_TOLERANCE:
        _refuse(place, "start", "its chances do not sum to 1")
    for name, array in arrays.items():
        if name.startswith("feature-") and not np.isfinite(array).all():
            _refuse(place, name, "a number in it is not finite")
    default = arrays.get("default")
    if default is not None and np.any((default < pair_ptr[:-1]) | (default >= pair_ptr[1:])):
        _refuse(place, "default", "it names a pair of another state")


def _refuse(place: Path, name: str, why: str) -> None:
    raise StoreError(f"{place}: {name}: {why}. {REMEDY}")


def is_ours(path: Path) -> bool:
    """Whether an array or a list of names was written by `save_world`: the name says its checksum."""
    with contextlib.suppress(OSError):
        if re.match(_ARRAY_FILE, path.name):
            return mapped(path) is not None
        if re.match(_NAME_FILE, path.name) and is_regular(path):
            return f"{zlib.crc32(path.read_bytes()):08x}" == path.stem.rpartition("-")[2]
    return False


def mapped(path: Path) -> Any:
    """An array on the disk, once its bytes are known to be those that were written.

    Raises:
        StoreError: if they are not.
    """
    try:
        if is_regular(path):
            array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
            if array.ndim == 1 and checksum(array) == path.stem.rpartition("-")[2]:
                return array
    except Exception:  # noqa: BLE001 - NumPy raises whatever a damaged header leads it to
        pass
    raise StoreError(f"{path} is missing or damaged. {REMEDY}")


def checksum(array: Any) -> str:
    """CRC-32 of an array's kind, length and bytes."""
    kind = zlib.crc32(f"{array.dtype.str} {len(array)}".encode())
    return f"{zlib.crc32(array.view(np.uint8).data, kind):08x}"


def remove_world(place: Path) -> bool:
    """Remove a stored world, if the folder is not a link and all that it holds was written by `save_world`.

    Returns:
        Whether it is gone.
    """
    if not is_folder(place):
        return False
    listed: set[str] = set()
    with contextlib.suppress(StoreError):
        listed = read_manifest(place).held
    for path in sorted(place.iterdir()):
        mine = path.name in listed and is_regular(path)
        left_behind = is_draft(path.name) and is_regular(path)
        if not (mine or left_behind or is_ours(path)):
            return False
    # The manifest goes first: what is killed in between leaves no world, and files of ours.
    for path in sorted(place.iterdir(), key=lambda path: path.name != MANIFEST):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        place.rmdir()
    return True
