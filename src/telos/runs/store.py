"""Store: a result folder, and which parts of the record it already holds, whole and readable."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError, StudyError
from telos.core.spec import from_spec
from telos.runs.files import remove_abandoned, write_json
from telos.runs.parts import Part, find_parts, forget
from telos.runs.plan import Planned
from telos.runs.study import Study

RECORD = "study.json"
PARTS = "parts"
#: The version of `study.json`.
SCHEMA = 1


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

    def held(self, planned: Planned) -> list[Part]:
        """The parts of a trial that are there, in order."""
        return _in_order(find_parts(self.parts, planned.trial.key), planned)

    def held_of(self, plan: tuple[Planned, ...]) -> dict[str, list[Part]]:
        """The same of every trial, by its key: the folder is listed once for all of them."""
        found = find_parts(self.parts)
        return {planned.trial.key: _in_order(found, planned) for planned in plan}

    def drop_replaced(self) -> None:
        """Delete the parts that another one of the same chunk, of more goals, stands for."""
        for parts in find_parts(self.parts).values():
            for part in parts[1:]:
                forget(part.path)

    def write_record(self, record: dict[str, Any]) -> None:
        """Write `study.json`."""
        write_json(self.folder / RECORD, record)


def _in_order(found: dict[tuple[str, int], list[Part]], planned: Planned) -> list[Part]:
    wanted = [found.get((planned.trial.key, first), []) for first, _ in planned.chunks()]
    return [parts[0] for parts in wanted if parts]


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
            _same_study(folder, read_record(folder), study)
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


def read_record(folder: Path) -> dict[str, Any]:
    """The content of a folder's `study.json`.

    Raises:
        StoreError: if there is none, it cannot be read, or it is only half there.
    """
    path = folder / RECORD
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder. Pass the folder that `telos run` wrote.")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(
            f"{folder} holds no {RECORD}, so it is not a result folder. Pass the folder that "
            "`telos run` wrote."
        ) from None
    except OSError as problem:
        raise StoreError(f"{path} cannot be read ({problem.strerror}). Check its rights.") from None
    except ValueError:
        raise StoreError(
            f"{path} is not whole (no valid JSON). Delete that file and run the study again into "
            "the same folder: every finished chunk is kept."
        ) from None
    if not isinstance(record, dict) or not isinstance(record.get("trials"), list):
        raise StoreError(f"{path} is not a record that `telos run` wrote. Choose another folder.")
    if record.get("schema") != SCHEMA or not isinstance(record.get("study"), dict):
        raise StoreError(
            f"{path} has schema {record.get('schema')!r}; this Telos reads schema {SCHEMA}. Run "
            "the study again into a new folder."
        )
    return record


def read_study(folder: Path) -> Study:
    """The study of a result folder, its parts built again from what `study.json` says.

    Raises:
        StoreError: if the record cannot be read.
        StudyError: if a part cannot be imported any more.
    """
    study = from_spec(read_record(folder)["study"].get("spec", {}))
    if not isinstance(study, Study):
        raise StudyError(f"{folder / RECORD} describes no study. Run the study again.")
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


def _same_study(folder: Path, record: dict[str, Any], study: Study) -> None:
    name, seed = record["study"].get("name"), record["study"].get("seed")
    remedy = "Name another folder with --out."
    if name != study.name:
        raise StoreError(f"{folder} holds the study {name!r}, not {study.name!r}. {remedy}")
    if seed != study.seed:
        raise StoreError(f"{folder} holds seed {seed} of {name!r}, not seed {study.seed}. {remedy}")
    held = {entry.get("key") for entry in record["trials"] if isinstance(entry, dict)}
    if held and not held & {trial.key for trial in study.trials()}:
        raise StoreError(
            f"{folder} holds another study that is also called {name!r}, without a trial in common "
            f"with this one. {remedy}"
        )
