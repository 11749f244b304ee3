"""Store: a result folder, and which parts of the record it already holds, whole and readable."""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from telos.core.errors import StoreError, explained
from telos.core.record import RECORD, SCHEMA, Made, Record, read_name, read_record
from telos.core.spec import from_spec
from telos.runs.controls import PlannedControl
from telos.runs.files import is_draft, is_regular, remove_abandoned, write_json
from telos.runs.lock import HEARTBEAT, LOCK, is_ours
from telos.runs.parts import PartFile, find_former, find_parts, forget
from telos.runs.plan import Planned
from telos.runs.slurm_arrays import MARK, SCRATCH
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
        self, plan: Sequence[Planned], controls: Sequence[PlannedControl] = ()
    ) -> "Missing":
        """What must be computed: tasks without a whole part that was made with what there is now.

        A part that was made when fewer goals were asked for is missing, not damaged. Damaged ones
        are deleted; what other code made stays until it is replaced.
        """
        found = find_parts(self.parts)
        damaged, others = list[str](), list[tuple[PartFile, Made]]()

        def lacks(key: str, first: int, count: int, made: Made) -> bool:
            parts = found.get((key, first), [])
            others.extend((part, made) for part in parts if part.made != made.digest)
            parts = [part for part in parts if part.made == made.digest]
            broken = [part for part in parts if not part.whole]
            damaged.extend(part.path.name for part in broken)
            for part in broken:
                forget(part.path)
            return not any(part.count >= count for part in parts if part not in broken)

        wanted = [
            (planned, first, count)
            for planned in plan
            for first, count in planned.chunks()
            if lacks(planned.trial.key, first, count, planned.made)
        ]
        tasks = [(each, each.control) for each in controls]
        unmet = [c for c, task in tasks if lacks(task.key, task.first, task.count, c.made)]
        keys = {planned.trial.key for planned in plan}
        former = sum(key in keys for key, _ in find_former(self.parts))
        changed = _changed(others, former)
        return Missing(wanted, tuple(unmet), tuple(damaged), len(others) + former, changed)

    def drop_replaced(
        self, plan: Sequence[Planned], controls: Sequence[PlannedControl], *, complete: bool
    ) -> None:
        """Delete the parts that others of the same trials or controls stand for.

        Args:
            plan, controls: what was asked for.
            complete: whether all of it is there; only then does what other code made go.
        """
        made = {planned.trial.key: planned.made.digest for planned in plan}
        made |= {each.control.key: each.made.digest for each in controls}
        for (key, _), parts in find_parts(self.parts).items():
            mine = [part for part in parts if part.made == made.get(key)]
            others = [part for part in parts if key in made and part not in mine]
            for part in [*mine[1:], *(others if complete else ())]:
                forget(part.path)
        for key, path in find_former(self.parts) if complete else ():
            if key in made:
                forget(path)

    def write_record(self, record: Record) -> None:
        """Write `study.json`."""
        write_json(self.folder / RECORD, record.plain())


@final
@dataclass(frozen=True)
class Missing:
    """What a folder lacks of a study.

    Args:
        wanted: (planned trial, first goal, number of goals) of each chunk to be computed.
        controls: those to be computed.
        damaged: names of the parts that were damaged.
        others: how many parts other code made.
        changed: what is not the same as when they were made, in words.
    """

    wanted: list[tuple[Planned, int, int]]
    controls: tuple[PlannedControl, ...] = ()
    damaged: tuple[str, ...] = ()
    others: int = 0
    changed: tuple[str, ...] = ()

    def sentences(self) -> Iterator[str]:
        """What is to be said before it is computed."""
        if self.damaged:
            which = f"{_parts(len(self.damaged), 'is', 'are')} damaged, {self.damaged[0]} first"
            yield f"{which}: computed again."
        if self.others:
            yield (
                f"{_parts(self.others, 'was', 'were')} made with something else "
                f"({'; '.join(self.changed)}): computed again."
            )


def _parts(n: int, one: str, many: str) -> str:
    return f"{n:,} chunk {one}" if n == 1 else f"{n:,} chunks {many}"


#: Parts that are asked what made them; of thousands, a few tell.
MOST_ASKED = 20


def _changed(others: list[tuple[PartFile, Made]], former: int) -> tuple[str, ...]:
    """What differs between what made the parts and what there is now, in words."""
    words: dict[str, None] = {}
    asked = {(part.key, part.made): (part, made) for part, made in others}
    for part, made in list(asked.values())[:MOST_ASKED]:
        maker = part.maker if part.whole else None
        for word in ("they do not say",) if maker is None else maker.differs_from(made):
            words.setdefault(f"changed: {word}" if maker else word)
    if former:
        words.setdefault("by an earlier Telos, whose parts do not say")
    return tuple(words)


def open_store(folder: Path, study: Study) -> Store:
    """The store at `folder`, made if it is not there yet.

    The folder itself may be a link; nothing in it is read or written through one.

    Raises:
        StoreError: if the folder cannot be used for this study, saying why and what to do.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is not a folder. Name another place with --out.")
        held = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        held = [name for name in held if not _is_ours(folder / name)]
        if (folder / PARTS).is_symlink():
            raise StoreError(
                f"{folder / PARTS} is a link, and Telos removes nothing through links. Put the folder "
                "itself there, or name another one with --out."
            )
        if RECORD in held:
            _same_study(folder, study)
        elif not _ours(folder, held):
            raise StoreError(
                f"{folder} holds {held[0]!r} but no {RECORD}, so it is not a result folder. Name "
                "an empty or a new folder with --out."
            )
        store = Store(folder)
        store.parts.mkdir(parents=True, exist_ok=True)
    except StoreError:
        raise
    except OSError as problem:
        raise StoreError(f"--out: {folder!s:.200} cannot be used: {explained(problem)}") from None
    return store


def tidy(store: Store) -> None:
    """Delete the drafts that killed runs left, once no other run is at work."""
    try:
        since = max((store.folder / name).lstat().st_mtime for name in (".", PARTS))
        remove_abandoned(store.folder, since)
        remove_abandoned(store.parts, since)
    except OSError as problem:
        raise StoreError(f"{store.folder} cannot be used: {explained(problem)}") from None


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


def _is_ours(path: Path) -> bool:
    """Whether a name of a result folder is one of those that a run leaves when it is killed."""
    if path.name == SCRATCH:
        return (path / MARK).is_file() and not path.is_symlink()
    if path.name in (LOCK, HEARTBEAT):
        return is_ours(path)
    # A draft may be renamed between the look at the folder and the look at the file.
    return is_draft(path.name) and (is_regular(path) or not os.path.lexists(path))


def _ours(folder: Path, held: list[str]) -> bool:
    """Whether a folder without a record is empty, or one of ours whose record was lost or not yet made.

    Parts tell: of a run that was killed before its first one, an empty folder of them is left.
    """
    if PARTS not in held:
        return not held
    parts = [path for path in (folder / PARTS).iterdir() if not is_draft(path.name)]
    former = find_former(folder / PARTS)
    return (held == [PARTS] and not parts) or bool(former or find_parts(folder / PARTS))


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
