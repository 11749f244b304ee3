"""Units: a resumable map from named arguments to rows, a file each, over processes."""

import contextlib
import multiprocessing
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError, StudyError, TelosError, explained
from telos.core.files import check_replaceable, read_file
from telos.core.model import AbstractModel
from telos.core.spec import digest
from telos.runs.executors import deaf_children, enter_worker, single_threaded_children
from telos.runs.files import write_json
from telos.runs.made import telos_code
from telos.solve.device import get_device
from telos.solve.threads import set_threads

#: One line of a table: numbers, texts, truth values, None where there is nothing to say.
Row = dict[str, bool | int | float | str | None]
Step = Callable[[int], None]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
MOST_BYTES = 10**8


@final
@dataclass(frozen=True)
class Unit:
    """One piece of work: what it is called, and arguments that are data.

    Args:
        name: unique in its study, of letters, digits, `_` and `-`.
        arguments: plain data (numbers, texts, lists, mappings), all that its rows depend on beside code.
    """

    name: str
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise StudyError(
                f"unit {self.name!r}: name it by letters, digits, _ and -, at most 80."
            )


Work = Callable[[Unit], list[Row]]


@final
class UnitPart(AbstractModel):
    """What the file of a unit holds; the digest is that of its rows."""

    unit: str
    rows: tuple[Row, ...]
    digest: str


@final
@dataclass(frozen=True)
class Mapped:
    """What a map of units found.

    Args:
        rows: of all units, in their order; `unit` is the first entry of each.
        kept: units whose rows were there already. computed: those computed now.
    """

    rows: tuple[Row, ...]
    kept: int
    computed: int


def mapped(
    units: Sequence[Unit],
    work: Work,
    folder: Path,
    *,
    code: str,
    jobs: int = 1,
    step: Step | None = None,
) -> Mapped:
    """The rows of every unit; those whose part is there already are not computed again.

    The part of a unit is `folder/NAME.DIGEST.json`, the digest that of its arguments and of `code`. It is
    whole or absent; one that cannot be read, or whose rows are not those that were written, is computed
    again. Stopped at any moment, the parts that are there remain, and the same call goes on.

    Args:
        units: of unlike names.
        work: a function of a module (workers find it by its name) from a unit to rows; not finite
            numbers become None.
        folder: of the parts; it is made.
        code: digest of the code that makes the rows (see `code_of`).
        jobs: processes; 1: this one. step: called with a number of units as they are there.

    Raises:
        StudyError: if two units share a name, if a worker is killed, or naming the unit whose work
            refused. StoreError: if the folder, or the place of a part,
            cannot be written.
    """
    names = [unit.name for unit in units]
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StudyError(f"units: two are called {twice!r}; each needs a name of its own.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _untaken(folder, problem) from None
    paths = {unit.name: part_path(folder, unit, code) for unit in units}
    found = {
        unit.name: rows for unit in units if (rows := _read(paths[unit.name], unit)) is not None
    }
    kept = len(found)
    told = step or _silent
    told(kept)
    todo = [unit for unit in units if unit.name not in found]
    for unit in todo:
        _check_place(paths[unit.name])
    with contextlib.closing(_performed(todo, work, jobs)) as results:
        for unit, computed in results:
            found[unit.name] = _written(paths[unit.name], unit, computed)
            told(1)
    every = ({"unit": name, **row} for name in names for row in found[name])
    return Mapped(tuple(every), kept, len(todo))


def _silent(_: int) -> None:
    """Say nothing."""


def part_path(folder: Path, unit: Unit, code: str) -> Path:
    """Where the rows of a unit lie.

    Args:
        folder: of the parts. unit: whose. code: digest of the code that makes them.
    """
    return folder / f"{unit.name}.{digest([dict(unit.arguments), code])}.json"


@cache
def code_of(*modules: str) -> str:
    """The digest of Telos's numbers, of `theory` and of some files of this package.

    Args:
        modules: the beginnings of the names of files beside this one that make rows, as `measures`; files
            whose names go on with `_summary` only read rows, and do not count.
    """
    here = Path(__file__).parent
    files = sorted((here.parents[1] / "theory").rglob("*.py"))
    reads = tuple(f"{name}_summary" for name in modules)
    files += [
        file
        for file in sorted(here.glob("*.py"))
        if file.name.startswith(("cases", *modules)) and not file.name.startswith(reads)
    ]
    summed = blake2b(telos_code(get_device()).encode(), digest_size=8)
    for file in files:
        summed.update(blake2b(file.name.encode() + b"\0" + file.read_bytes()).digest())
    return summed.hexdigest()


def _read(path: Path, unit: Unit) -> tuple[Row, ...] | None:
    """The rows of a part; None if it is absent, broken or another unit's."""
    try:
        text = read_file(path, most=MOST_BYTES, remedy="Delete it.")
        part = UnitPart.model_validate_json(text)
    except (OSError, ValueError):
        return None
    whole = part.unit == unit.name and part.digest == digest([*part.rows])
    return part.rows if whole else None


def _check_place(path: Path) -> None:
    """Refuse before hours of work what could not be written after them. Raises StoreError."""
    try:
        check_replaceable(path)
    except OSError as problem:
        raise _untaken(path, problem) from None


def _untaken(path: Path, problem: OSError) -> StoreError:
    """The refusal of a place, under its own name and not that of a draft beside it."""
    return StoreError(explained(OSError(problem.errno, problem.strerror, str(path))))


def _written(path: Path, unit: Unit, rows: Sequence[Row]) -> tuple[Row, ...]:
    plain = tuple({key: _finite(value) for key, value in row.items()} for row in rows)
    part = UnitPart(unit=unit.name, rows=plain, digest=digest([*plain]))
    try:
        write_json(path, part.model_dump())
    except OSError as problem:
        raise _untaken(path, problem) from None
    return part.rows


def _finite(value: Any) -> Any:
    """A value as JSON takes it: numbers of NumPy as Python's, not finite ones as None."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not isfinite(plain) else plain


def _performed(todo: Sequence[Unit], work: Work, jobs: int) -> Generator[tuple[Unit, list[Row]]]:
    if jobs == 1 or len(todo) < 2:
        set_threads(1)
        try:
            for unit in todo:
                yield unit, _rows(unit, work)
        finally:
            set_threads(None)
        return
    with single_threaded_children(), _pool(min(jobs, len(todo))) as pool:
        with deaf_children():
            flying = {pool.submit(_rows, unit, work): unit for unit in todo}
        while flying:
            done = wait(flying, return_when=FIRST_COMPLETED).done
            for future in sorted(done, key=_has_failed):  # a failure must not cost what is finished
                yield flying.pop(future), _result(future)


def _has_failed(future: Future[list[Row]]) -> bool:
    return future.exception() is not None


def _result(future: Future[list[Row]]) -> list[Row]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise StudyError(
            "a worker ended (out of memory? or work that workers cannot import?). What was finished is "
            "kept: give the same command again, with --jobs 1."
        ) from None


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes, one thread each, that ends at once when the block is left."""
    pool = ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=enter_worker,
        initargs=((), get_device(), 1.0 / jobs),
    )
    try:
        yield pool
    finally:
        workers = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            with contextlib.suppress(ValueError, OSError):
                worker.kill()


def _rows(unit: Unit, work: Work) -> list[Row]:
    try:
        return work(unit)
    except TelosError as problem:
        raise StudyError(f"unit {unit.name}: {problem}") from None
