"""Made: what a part of the record was computed with, as digests, so that numbers of two codes never mix."""

import dataclasses
import hashlib
import json
import platform
import secrets
import sys
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import getmro, ismodule
from pathlib import Path
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np

from telos.core.record import Made
from telos.core.rows import NameRows
from telos.core.spec import modules_of
from telos.core.world import World
from telos.runs.authors import Authored, authored, code_in, is_plain, plain_values, written
from telos.runs.provenance import version_of
from telos.runs.trial import Trial
from telos.solve.device import get_device

#: The files of Telos that make numbers, below its own folder; the rest reads, writes or shows them.
NUMBERS = (
    "core", "kernels", "solve", "measure", "agents", "safeguards", "drives", "worlds", "families",
    "interop", "bounds", "runs/compute.py", "runs/controls.py", "runs/plan.py", "runs/trial.py",
)  # fmt: skip
#: Libraries whose next version may round, draw or sum otherwise.
LIBRARIES = ("telos-lab", "numpy", "scipy", "numba", "llvmlite")
#: The arrays of a world; what else there is of it follows from them, or may be lacking.
ARRAYS = (
    "start", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome",
)  # fmt: skip
#: Parts that a notebook defines have no file to compare: what this process made, only it may keep.
_SESSION = secrets.token_hex(8)


@final
@dataclass(frozen=True)
class Making:
    """Makes the digests of trials, and looks at each module once. Use one for one laying out.

    The text of a loaded module is the one that it had when it was first looked at.
    """

    known: dict[frozenset[str], str] = dataclasses.field(default_factory=dict)

    def source(self, trial: Trial) -> str:
        """The digest of the authors' code behind a trial's parts; empty if all of it is Telos's."""
        names = modules_of(trial.spec())
        if names not in self.known:
            self.known[names] = _source(authored(names), names)
        if not self.known[names]:
            return ""
        return _digest([self.known[names].encode(), repr(_settings(trial.parts)).encode()])

    def of(self, trial: Trial, world: World) -> Made:
        """The digests of a trial in its world, built from its scenario."""
        code = telos_code(get_device())
        return Made(world=fingerprint(world), source=self.source(trial), telos=code)


def _source(found: Authored, names: Iterable[str]) -> str:
    if not found.files and not found.unread and not found.packages:
        return ""
    pieces: list[Any] = []
    for path, data in sorted(found.files.items()):
        pieces += [path.encode(), data]
    pieces += [version.encode() for version in found.versions]
    pieces += [f"{name}={value}".encode() for name, value in sorted(found.settings.items())]
    # A script's own variables change while it runs; those of modules stand.
    held = {name for name in found.modules if name in names and name != "__main__"}
    for name in sorted(held):
        used = [value.__name__ for value in vars(sys.modules[name]).values() if ismodule(value)]
        held |= found.modules.intersection(used)
    pieces.append(repr(plain_values(sorted(held))).encode())
    for name in sorted(found.unread):
        pieces += [name.encode(), _SESSION.encode(), *code_in(name)]
        pieces.append(repr(plain_values([name])).encode())
    return _digest(pieces)


def _settings(part: Any) -> Any:
    """Every field of a part, those left at their defaults too, and the constants of its class.

    A default may come from the environment, and a key leaves it out.
    """
    if isinstance(part, tuple):
        return [_settings(each) for each in part]
    if not dataclasses.is_dataclass(part):
        return written(part) if is_plain(part) else None
    ours = type(part).__module__.startswith("telos.")
    fields = [(f.name, _settings(getattr(part, f.name))) for f in dataclasses.fields(part)]
    own = () if ours else getmro(type(part))
    classes = [
        (name, written(value))
        for cls in own
        for name, value in sorted(vars(cls).items())
        if not name.startswith("_") and is_plain(value)
    ]
    return (fields, classes)


#: The digest of each world that was asked for, as long as the world lives.
_fingerprints: "WeakKeyDictionary[World, str]" = WeakKeyDictionary()


def fingerprint(world: World) -> str:
    """The digest of a world: of all that a goal, a drive or an agent can know of it."""
    if world not in _fingerprints:
        pieces: list[Any] = []
        arrays = {
            **{name: getattr(world, name) for name in ARRAYS},
            **({} if world.default is None else {"default": world.default}),
            **{f"feature {name}": values for name, values in world.features.items()},
        }
        for name, array in arrays.items():
            pieces += [f"{name} {array.dtype.str}".encode(), np.ascontiguousarray(array).data]
        pieces.append(json.dumps(world.actions).encode())
        pieces += _names(world.outcomes)
        if world.states is not world.outcomes:
            pieces += _names(world.states)
        _fingerprints[world] = _digest(pieces)
    return _fingerprints[world]


def known_fingerprint(world: World, found: str) -> None:
    """Take a world's digest from where it was written down with it: its names need not be read then."""
    _fingerprints[world] = found


def _names(names: Sequence[Hashable]) -> list[Any]:
    if isinstance(names, NameRows):
        return [b"rows", *(np.ascontiguousarray(column).data for column in names.columns)]
    return [json.dumps(list(names), default=_kind, check_circular=False).encode()]


def _kind(name: Any) -> Any:
    """What stands for a name, or a piece of one, that JSON does not know: its kind alone."""
    return name.item() if isinstance(name, np.generic) else type(name).__qualname__


@cache
def telos_code(device: str) -> str:
    """The digest of Telos's own code, of the libraries beside it, and of what solves.

    Python counts by its minor version: the sum of a list of floats changed with 3.12.
    """
    home = Path(__file__).parents[1]
    pieces = [device.encode(), ".".join(platform.python_version_tuple()[:2]).encode()]
    pieces += [f"{name} {version_of(name)}".encode() for name in LIBRARIES]
    for place in (home / name for name in NUMBERS):
        for file in [place] if place.suffix else sorted(place.rglob("*.py")):
            pieces += [file.relative_to(home).as_posix().encode(), file.read_bytes()]
    return _digest(pieces)


def _digest(pieces: Iterable[Any]) -> str:
    """Digest of byte strings, each preceded by its length, so that no two lists read alike."""
    summed = hashlib.blake2b(digest_size=8)
    for piece in pieces:
        view = memoryview(piece).cast("B") if len(piece) else b""
        summed.update(len(view).to_bytes(8, "little"))
        summed.update(view)
    return summed.hexdigest()
