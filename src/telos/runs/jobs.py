"""Jobs: chunks and controls to compute, as any executor performs them, and as text for other machines."""

import contextlib
import os
import platform
import secrets
import time
import traceback
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final

from telos.core.errors import Interrupted, StoreError, StudyError, TelosError, WorldError, explained
from telos.core.model import AbstractModel
from telos.core.record import Made
from telos.core.shown import told
from telos.core.spec import from_spec, modules_of, to_spec
from telos.runs.compute import compute
from telos.runs.controls import Control, control_rows_of
from telos.runs.made import Making, fingerprint, telos_code
from telos.runs.module_texts import ModuleTexts, module_texts, unpack
from telos.runs.parts import PartFile, find_parts, write_part
from telos.runs.plan import Chunk, built
from telos.runs.source import is_pressed
from telos.runs.trial import Trial
from telos.runs.world_cache import lent
from telos.solve.device import get_device, named_device, set_device
from telos.solve.threads import set_threads

if TYPE_CHECKING:
    import polars

#: A job whose worker dies so often, the last times with no other beside it, is to blame itself.
STRIKES = 3
#: Every library that would start threads of its own in each worker, two cores' worth in each.
THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: Seconds that a file system may take to show a new file to another machine.
PATIENCE = 15.0
#: What a worker says before each chunk; where it died is read from that.
BEGINS = "telos begins "


#: A unit of work: a chunk of goals, or the controls of an arm.
Task = Chunk | Control


@final
@dataclass(frozen=True)
class Job:
    """A task, the folder that its parts go to, and what each of its trials must be made with."""

    chunk: Task
    folder: Path
    made: tuple[Made, ...]

    @property
    def readings(self) -> int:
        """Goals that it adds to, each counted once a part."""
        return self.chunk.count * len(self.chunk.keys)

    @property
    def promises(self) -> tuple[tuple[Trial, Made], ...]:
        """Each trial, and what its numbers must be made with."""
        return tuple(zip(self.chunk.trials, self.made, strict=True))


@final
@dataclass(frozen=True)
class JobResult:
    """What comes back of a job: never numbers, which are on the disk by then.

    Args:
        chunk: the chunk's name.
        readings: goals times trials that were written.
        failure: why there is nothing, as a sentence; empty if all is well.
    """

    chunk: str
    readings: int
    failure: str = ""


def given_up(job: Job, why: str) -> JobResult:
    """What is said of a job whose worker was killed `STRIKES` times."""
    reason = f"its worker was killed {STRIKES} times ({why})"
    return JobResult(job.chunk.name, 0, f"{job.chunk.describe()}: {reason}")


class Executor(Protocol):
    """Anything that performs every job at least once; doing one twice does no harm."""

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs, in any order, and hand over a result for each as it comes."""
        ...


def perform(job: Job) -> JobResult:
    """Compute a chunk and write its parts.

    Raises:
        TelosError: a mistake in the study, which every other chunk would repeat.
        StoreError: if the parts cannot be written.
    """
    chunk = job.chunk
    try:
        with lent(job.folder.parent):
            _check_made(job)
            tables = computed(chunk)
    except WorldError as problem:
        if not isinstance(chunk, Control):
            raise
        # What goals do is computed whatever a world says of its controls, and is not to be lost.
        return JobResult(chunk.name, 0, f"{chunk.describe()}: {problem}")
    except (TelosError, Interrupted):
        raise
    except BaseException as problem:
        if is_pressed(problem):
            raise
        frames = traceback.extract_tb(problem.__traceback__)
        # The innermost line that belongs to no library: most likely the author's own.
        own = [frame for frame in frames if "site-packages" not in frame.filename]
        place = f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else "unknown line"
        reason = f"{told(problem)} ({place})"
        return JobResult(chunk.name, 0, f"{chunk.describe()}: {reason}")
    try:
        for made, (key, table) in zip(job.made, tables.items(), strict=True):
            for first, count, piece in _pieces(chunk, table):
                write_part(job.folder, key, first, count, piece, made)
    except OSError as problem:
        raise StoreError(f"{job.folder}: {explained(problem)}") from None
    return JobResult(chunk.name, job.readings)


def computed(task: Task) -> "dict[str, polars.DataFrame]":
    """The rows of a task's parts, by the key of each part."""
    if isinstance(task, Chunk):
        return compute(task)
    return {task.key: control_rows_of(task)}


def _pieces(task: Task, table: "polars.DataFrame") -> "Iterator[tuple[int, int, polars.DataFrame]]":
    """(first goal, number of goals, rows) of each part of a task's table."""
    if isinstance(task, Control):
        yield task.first, task.count, table
        return
    rows = len(table) // task.count  # of each goal, one a drive
    for first, count in task.pieces:
        yield first, count, table.slice(rows * (first - task.first), rows * count)


#: Trials that this process has made sure of, and the digests they were promised with: one each a trial.
_certain: set[tuple[str, Made]] = set()
#: What this process found of the authors' modules before they computed anything, which may change them.
_here = Making()


def _check_made(job: Job) -> None:
    """Make sure that this process computes with what the sender of the job computes with.

    The world is looked at each time: a scenario that draws builds another one each time.
    """
    promises = job.promises
    known = all((trial.key, made) in _certain for trial, made in promises)
    sources = [made.source if known else _here.source(trial) for trial, made in promises]
    code = telos_code(get_device())
    for (trial, promised), source in zip(promises, sources, strict=True):
        found = Made(world=fingerprint(built(trial.scenario)), source=source, telos=code)
        if found != promised:
            raise StudyError(
                f"{trial.describe()}: process {os.getpid()} on {platform.node()} does not compute with "
                f"what the run was started with, so it computes nothing. What differs there: "
                f"{' and '.join(promised.differs_from(found))}. If a file was changed meanwhile, run the "
                "study again into the same folder; on other machines, install the same; and a world "
                "must be the same each time that it is built."
            )
    trust([job])


def trust(todo: Sequence[Job]) -> None:
    """Take it for certain that this process computes with what the jobs were promised with."""
    _certain.update((trial.key, made) for job in todo for trial, made in job.promises)


@final
@dataclass(frozen=True)
class Outcome:
    """What comes back of a message.

    Args:
        results: one for each chunk that was done or failed by itself.
        fault: why the whole run must stop, as a sentence; empty if all is well.
        of_store: whether the fault is one of the result folder, and not of the study.
    """

    results: tuple[JobResult, ...] = ()
    fault: str = ""
    of_store: bool = False

    def check(self) -> None:
        """Raise the fault here, if there is one."""
        if self.fault:
            raise (StoreError if self.of_store else StudyError)(self.fault)


@final
class Message(AbstractModel):
    """Jobs of one result folder as data: what a worker on another machine builds them anew from.

    Attributes:
        folder: where the parts go.
        token: what `shared_folder` gave; the worker looks for it before it computes.
        device: what solves.
        modules: the author's modules that the specs need.
        chunks: the spec of each chunk.
        keys: what the keys of its trials must be.
        made: what its trials must be made with.
    """

    folder: str
    token: str
    device: str
    modules: ModuleTexts
    chunks: tuple[dict[str, Any], ...]
    keys: tuple[tuple[str, ...], ...]
    made: tuple[tuple[Made, ...], ...]


def encode_jobs(jobs: Sequence[Job], token: str = "") -> str:
    """Jobs of one result folder as text (see `Message`).

    Raises:
        StudyError: if a part cannot be built from its spec by another process.
    """
    specs = tuple(to_spec(job.chunk) for job in jobs)
    return Message(
        folder=str(jobs[0].folder.resolve()),
        token=token,
        device=get_device(),
        modules=module_texts(specs),
        chunks=specs,
        keys=tuple(job.chunk.keys for job in jobs),
        made=tuple(job.made for job in jobs),
    ).model_dump_json()


def perform_encoded(text: str) -> Outcome:
    """Perform the jobs of a message, on one thread; what is there already is not done again.

    It never raises: what would stop a run comes back as a fault, for an exception may not survive
    the way.

    Args:
        text: what `encode_jobs` wrote.
    """
    os.environ.update(dict.fromkeys(THREAD_SETTINGS, "1"))
    set_threads(1)
    message = Message.model_validate_json(text)
    folder, results = Path(message.folder), list[JobResult]()
    try:
        set_device(named_device(message.device))
        _look_for(folder, message.token)
        if unpack(message.modules):
            _here.known.clear()  # other modules have been loaded in the place of those looked at
        # An element of an array that was put back into the queue has done some of its chunks.
        held = find_parts(folder) if len(message.chunks) > 1 else {}
        for spec, keys, made in zip(message.chunks, message.keys, message.made, strict=True):
            job = Job(_built(spec, keys), folder, made)
            print(f"{BEGINS}{job.chunk.name}", flush=True)
            results.append(done(job, held) or perform(job))
    except (TelosError, OSError) as problem:
        return Outcome(tuple(results), f"{problem}", isinstance(problem, OSError))
    return Outcome(tuple(results))


def _built(spec: Any, keys: Sequence[str]) -> Task:
    """The task of a spec. Another version of Telos or of a part would call it by other keys."""
    # A job comes from the run that this process works for, with the modules that it names.
    chunk = from_spec(spec, trust=modules_of(spec))
    if not isinstance(chunk, Task) or chunk.keys != tuple(keys):
        raise StudyError(
            f"the worker on {platform.node()} gives a trial another key than its sender does, so "
            "its Telos or the study's parts are another version. Install the same one there."
        )
    return chunk


def done(job: Job, held: Mapping[tuple[str, int], Sequence[PartFile]]) -> JobResult | None:
    """A result for a job whose parts are all there; None if one is lacking.

    Args:
        job: the job.
        held: the parts of its folder, as `find_parts` found them.
    """
    chunk = job.chunk
    for key, made in zip(chunk.keys, job.made, strict=True):
        pieces = ((chunk.first, chunk.count),) if isinstance(chunk, Control) else chunk.pieces
        for first, count in pieces:
            parts = held.get((key, first), ())
            if not any(part.made == made.digest and part.count >= count for part in parts):
                return None
    return JobResult(chunk.name, job.readings)


@contextlib.contextmanager
def shared_folder(folder: Path) -> Iterator[str]:
    """A token that lies in the folder meanwhile, so that workers can tell whether they see it."""
    token = f"{os.getpid()}-{secrets.token_hex(4)}"
    path = _path(folder, token)
    path.write_text(token, encoding="utf-8")
    try:
        yield token
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


#: Tokens that this process has seen.
_SEEN: set[tuple[Path, str]] = set()


def _look_for(folder: Path, token: str) -> None:
    """Wait a little for the token to appear."""
    if not token or (folder, token) in _SEEN:
        return
    deadline = time.monotonic() + PATIENCE
    while not _path(folder, token).exists():
        if time.monotonic() > deadline:
            raise StoreError(
                f"{platform.node()} does not see the result folder {folder} as it is where the run "
                "was started. Give --out a folder on a file system that all machines share."
            )
        time.sleep(0.2)
    _SEEN.add((folder, token))


def _path(folder: Path, token: str) -> Path:
    # The suffix of drafts: what a killed run leaves behind is swept up with them.
    return folder / f".shared.{token}.tmp"
