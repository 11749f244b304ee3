"""Manifest: what `world.json` may say of a stored world, and nothing else."""

import contextlib
import json
from pathlib import Path
from typing import Annotated, Literal, final

from pydantic import Field, ValidationError

from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.model import AbstractModel, first_problem
from telos.core.spec import digest
from telos.runs.files import is_draft, is_folder, is_regular
from telos.runs.world_file import (
    ARRAY_FILE,
    ARRAYS,
    MANIFEST,
    NAME_FILE,
    REMEDY,
    SCHEMA,
    is_ours,
)

#: Bytes that `world.json` may have: a million actions, or estimated pairs.
MOST = 128 * 2**20

Count = Annotated[int, Field(ge=1, le=2**40)]


@final
class Names(AbstractModel):
    """How the names of states, or of outcomes, are kept: as columns, in a file, or not at all."""

    make: str = Field(default="", max_length=500)
    width: int = Field(default=0, ge=0, le=10_000)
    file: str = Field(default="", max_length=100)


Pair = Annotated[int, Field(ge=0, le=2**53)]


@final
class EstimatedEntry(AbstractModel):
    """Which pairs' chances are estimates (see `telos.core.estimated`)."""

    pairs: list[Pair]
    draws: list[Annotated[int, Field(ge=1, le=2**53)]]
    half_width: list[Annotated[float, Field(ge=0.0, le=1.0)]]
    level: Annotated[float, Field(gt=0.0, lt=1.0)]
    starts: Pair


@final
class Manifest(AbstractModel):
    """What `world.json` says: the world's words, its sizes, and the file of each array."""

    version: Literal[2] = Field(alias="schema")
    name: str = Field(max_length=10_000)
    actions: list[Annotated[str, Field(max_length=10_000)]] = Field(min_length=1, max_length=10**6)
    features: list[Annotated[str, Field(max_length=10_000)]] = Field(max_length=10_000)
    size: Count
    kinds: Count
    states: Names
    outcomes: Names | Literal["as states"]
    files: dict[str, str]
    estimated: EstimatedEntry | None = None
    fingerprint: str = Field(pattern="^[0-9a-f]{16}$")

    def names(self, what: str) -> Names:
        """How the names of `states` or of `outcomes` are kept."""
        own = self.states if what == "states" else self.outcomes
        return self.states if isinstance(own, str) else own

    @property
    def expected(self) -> list[str]:
        """The arrays that there must be."""
        found = [*ARRAYS, *(f"feature-{i}" for i in range(len(self.features)))]
        for what, own in (("states", self.states), ("outcomes", self.outcomes)):
            if isinstance(own, Names):
                found += [f"{what}-{k}" for k in range(own.width)]
        return found

    @property
    def held(self) -> set[str]:
        """Every file that belongs to the world."""
        named = [own.file for own in (self.states, self.outcomes) if isinstance(own, Names)]
        return {MANIFEST, *self.files.values(), *(file for file in named if file)}


def read_manifest(place: Path) -> Manifest:
    """The manifest of a stored world, whole and of this version.

    Raises:
        StoreError: if there is none, or it cannot be believed.
    """
    path = place / MANIFEST
    try:
        written = json.loads(read_file(path, most=MOST, remedy=REMEDY))
    except FileNotFoundError:
        raise StoreError(f"{place} holds no {MANIFEST}; save_world makes such a folder.") from None
    except (ValueError, RecursionError):
        raise StoreError(f"{path} cannot be read. {REMEDY}") from None
    stated = written.get("world") if isinstance(written, dict) else None
    try:
        if not isinstance(stated, dict) or digest(stated) != written.get("checksum"):
            raise StoreError(f"{path} is damaged. {REMEDY}")
    except (ValueError, RecursionError):
        raise StoreError(f"{path} is damaged. {REMEDY}") from None
    if stated.get("schema") != SCHEMA:
        raise StoreError(f"{path} is of another version of Telos. {REMEDY}")
    try:
        manifest = Manifest.model_validate(stated)
    except ValidationError as problem:
        raise StoreError(f"{path}: {first_problem(problem)}. {REMEDY}") from None
    _check_names(path, manifest)
    return manifest


def _check_names(path: Path, manifest: Manifest) -> None:
    """Every array that belongs to a world is there, in a file of its own name."""
    named = set(manifest.files)
    if named - {"default"} != set(manifest.expected):
        raise StoreError(f"{path}: files: not the arrays that such a world has. {REMEDY}")
    for name, file in manifest.files.items():
        if not ARRAY_FILE.fullmatch(file) or file.rpartition("-")[0] != name:
            raise StoreError(
                f"{path}: files: {file!r:.100} does not name the array {name}. {REMEDY}"
            )
    for what in ("states", "outcomes"):
        file = manifest.names(what).file
        if file and not NAME_FILE.fullmatch(file):
            raise StoreError(
                f"{path}: {what}: {file!r:.100} does not name a file of them. {REMEDY}"
            )


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
