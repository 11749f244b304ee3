"""Store: a result folder, and which parts of the record it already holds, whole and readable."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import final

from telos.core.errors import StoreError
from telos.core.record import RECORD, SCHEMA, Record, read_name, read_record
from telos.core.spec import from_spec
from telos.runs.files import remove_abandoned, write_json
from telos.runs.parts import find_parts, forget
from telos.runs.plan import Planned
from telos.runs.study import Study

PARTS = "parts"


@final
@dataclass(frozen=True)
class Store:
    """A folder that holds one study: `study.json`, the parts, and the tables made from them.

    Args:
        folder: the folder; open it with `open_store`, which checks that it can be used.
    """

    folder: Path

    @property
    def parts(self) -> Path:
        """The folder of parts: one Parquet file a trial and chunk."""
        return self.folder / PARTS

    def missing(
        self, plan: tuple[Planned, ...]
    ) -> tuple[list[tuple[Planned, int, int]], list[str]]:
        """The chunks that must be computed, and the names of the parts that were damaged.

        A part that was made when fewer goals were asked for is missing, not damaged. Damaged ones
        are deleted.
        """
        held = find_parts(self.parts)
        wanted, damaged = [], []
        for planned in plan:
            for first, count in planned.chunks():
                parts = held.get((planned.trial.key, first), [])
                broken = [part for part in parts if not part.whole]
                damaged += [part.path.name for part in broken]
                for part in broken:
                    forget(part.path)
                if not any(part.count >= count for part in parts if part not in broken):
                    wanted.append((planned, first, count))
        return wanted, damaged

    def drop_replaced(self) -> None:
        """Delete the parts that another one of the same chunk, of more goals, stands for."""
        for parts in find_parts(self.parts).values():
            for part in parts[1:]:
                forget(part.path)

    def write_record(self, record: Record) -> None:
        """Write `study.json`."""
        write_json(self.folder / RECORD, record.plain())


def open_store(folder: Path, study: Study) -> Store:
    """The store at `folder`, made if it is not there yet.

    Raises:
        StoreError: if the folder cannot be used for this study, saying why and what to do.
    """
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file, not a folder. Name another place with --out.")
    try:
        held = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        held = [name for name in held if not name.startswith(".")]
        if RECORD in held:
            _same_study(folder, study)
        elif not _ours(folder, held):
            raise StoreError(
                f"{folder} holds {held[0]!r} but no {RECORD}, so it is not a result folder. Name "
                "an empty or a new folder with --out."
            )
        store = Store(folder)
        store.parts.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        remove_abandoned(store.parts)
    except (PermissionError, FileExistsError, NotADirectoryError) as problem:
        raise StoreError(
            f"{folder} cannot be used ({problem.strerror}: {problem.filename}). Check its rights, "
            "or name another folder with --out."
        ) from None
    return store


def read_study(folder: Path, trust: Collection[str] = ()) -> Study:
    """The study of a result folder, its parts built again from what `study.json` says.

    Args:
        folder: the result folder.
        trust: modules of third parties whose parts may be built (see `telos.core.spec.from_spec`).

    Raises:
        StoreError: if the record cannot be read.
        StudyError: if it names a part that may not be, or cannot be, built.
    """
    study: Study = from_spec(read_record(folder).study.spec.plain(), trust)
    return study


def _ours(folder: Path, held: list[str]) -> bool:
    """Whether a folder without a record is empty, or one of ours whose record was lost or not yet made.

    Parts tell: of a run that was killed before its first one, an empty folder of them is left.
    """
    if PARTS not in held:
        return not held
    parts = [path.name for path in (folder / PARTS).iterdir()]
    alone = held == [PARTS] and all(name.startswith(".") for name in parts)
    return alone or bool(find_parts(folder / PARTS))


def _same_study(folder: Path, study: Study) -> None:
    """Refuse a folder that holds another study; one of an older version of Telos goes by name and seed."""
    remedy = "Name another folder with --out."
    named = read_name(folder)
    if named.name != study.name:
        raise StoreError(f"{folder} holds the study {named.name!r}, not {study.name!r}. {remedy}")
    if named.seed != study.seed:
        raise StoreError(
            f"{folder} holds seed {named.seed} of {study.name!r}, not seed {study.seed}. {remedy}"
        )
    if named.schema != SCHEMA:
        return
    held = {trial.key for trial in read_record(folder).trials}
    if not held & {trial.key for trial in study.trials()}:
        raise StoreError(
            f"{folder} holds another study that is also called {study.name!r}, without a trial in "
            f"common with this one. {remedy}"
        )
