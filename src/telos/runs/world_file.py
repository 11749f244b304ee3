"""World files: what the files of a stored world are called, and whether they make one."""

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.errors import StoreError
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.runs.files import is_regular

if TYPE_CHECKING:
    from telos.runs.world_manifest import Manifest

MANIFEST = "world.json"
#: The version of `world.json`.
SCHEMA = 2
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
_FLOATS = re.compile(r"start|next_prob|feature-\d+")
ARRAY_FILE = re.compile(
    rf"({'|'.join(ARRAYS)}|default|feature-\d+|(?:states|outcomes)-\d+)-[0-9a-f]{{8}}\.npy"
)
NAME_FILE = re.compile(r"(states|outcomes)-[0-9a-f]{8}\.json")
REMEDY = "Write the world again (save_world)."


def check_world(place: Path, manifest: "Manifest", arrays: Mapping[str, Any]) -> None:
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
    if not is_regular(path) or not (
        ARRAY_FILE.fullmatch(path.name) or NAME_FILE.fullmatch(path.name)
    ):
        return False
    try:
        if path.suffix == ".json":
            return f"{zlib.crc32(path.read_bytes()):08x}" == path.stem.rpartition("-")[2]
        return checksum(np.load(path, mmap_mode="r", allow_pickle=False)) == path.stem[-8:]
    except Exception:  # noqa: BLE001 - NumPy raises whatever a damaged header leads it to
        return False


def checksum(array: Any) -> str:
    """CRC-32 of an array's kind, length and bytes."""
    kind = zlib.crc32(f"{array.dtype.str} {len(array)}".encode())
    return f"{zlib.crc32(array.view(np.uint8).data, kind):08x}"
