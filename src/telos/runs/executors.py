"""Executors: who calls the pure function on each chunk: this process, or a pool of fresh ones."""

import contextlib
import multiprocessing
import os
import platform
import signal
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final

from telos.core.errors import Interrupted, StoreError, StudyError, TelosError, explained
from telos.core.shown import told
from telos.runs.compute import compute
from telos.runs.made import Made, Making, fingerprint, telos_code
from telos.runs.parts import write_part
from telos.runs.plan import Chunk, built
from telos.runs.source import is_pressed, load_source
from telos.runs.trial import Trial
from telos.runs.world_cache import lent
from telos.solve.device import Device, get_device, set_device
from telos.solve.threads import set_threads

#: A chunk whose worker dies so often, the last times with no other beside it, is to blame itself.
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


@final
@dataclass(frozen=True)
class Job:
    """A chunk, the folder that its parts go to, and what each of its trials must be made with."""

    chunk: Chunk
    folder: Path
    made: tuple[Made, ...]


@final
@dataclass(frozen=True)
class JobResult:
    """What comes back of a job: never numbers, which are on the disk by then.

    Args:
        chunk: the chunk's name.
        readings: goals times trials that were written.
        seconds: how long it took.
        failure: why there is nothing, as a sentence; empty if all is well.
    """

    chunk: str
    readings: int
    seconds: float
    failure: str = ""


def given_up(job: Job, why: str) -> JobResult:
    """What is said of a job whose worker was killed `STRIKES` times."""
    reason = f"its worker was killed {STRIKES} times ({why})"
    return JobResult(job.chunk.name, 0, 0.0, f"{job.chunk.describe()}: {reason}")


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
    begun = time.perf_counter()
    chunk = job.chunk
    try:
        with lent(job.folder.parent):
            _check_made(job)
            tables = compute(chunk)
    except (TelosError, Interrupted):
        raise
    except BaseException as problem:
        if is_pressed(problem):
            raise
        reason = f"{told(problem)} ({_place(problem)})"
        return JobResult(
            chunk.name, 0, time.perf_counter() - begun, f"{chunk.describe()}: {reason}"
        )
    try:
        for made, (key, table) in zip(job.made, tables.items(), strict=True):
            write_part(job.folder, key, chunk.first, chunk.count, table, made)
    except OSError as problem:
        raise StoreError(f"{job.folder}: {explained(problem)}") from None
    return JobResult(chunk.name, chunk.count * len(chunk.trials), time.perf_counter() - begun)


#: Trials that this process has made sure of, and the digests they were promised with: one each a trial.
_certain: set[tuple[str, Made]] = set()
#: What this process found of the authors' modules before they computed anything, which may change them.
_here = Making()


def modules_changed() -> None:
    """Look at the authors' modules again: others have been loaded in their place."""
    _here.known.clear()


def _check_made(job: Job) -> None:
    """Make sure that this process computes with what the sender of the job computes with.

    The world is looked at each time: a scenario that draws builds another one each time.

    Raises:
        StudyError: saying what is not the same here.
    """
    known = _promises(job) <= _certain
    sources = [made.source if known else _here.source(trial) for trial, made in _pairs(job)]
    code = telos_code(get_device())
    for (trial, promised), source in zip(_pairs(job), sources, strict=True):
        found = Made(fingerprint(built(trial.scenario)), source, code)
        if found != promised:
            raise StudyError(
                f"{trial.describe()}: process {os.getpid()} on {platform.node()} does not compute with "
                f"what the run was started with, so it computes nothing. What differs there: "
                f"{' and '.join(promised.differs_from(found))}. If a file was changed meanwhile, run the "
                "study again into the same folder; on other machines, install the same; and a world "
                "must be the same each time that it is built."
            )
    _certain.update(_promises(job))


def _pairs(job: Job) -> list[tuple[Trial, Made]]:
    return list(zip(job.chunk.trials, job.made, strict=True))


def _promises(job: Job) -> set[tuple[str, Made]]:
    return {(trial.key, made) for trial, made in _pairs(job)}


def _place(problem: BaseException) -> str:
    """The innermost line that raised and belongs to no library: most likely the author's own."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    return f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else "unknown line"


@final
@dataclass(frozen=True)
class Serial:
    """Performs the jobs one after the other in this process, on one thread."""

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs in their order."""
        # What was planned here is computed here.
        _certain.update(pair for job in todo for pair in _promises(job))
        set_threads(1)
        try:
            for job in todo:
                yield perform(job)
        finally:
            set_threads(None)


@final
@dataclass(frozen=True)
class LocalPool:
    """Performs the jobs in freshly started processes, one thread each.

    A job whose worker was killed is done again. A dead pool does not say whose worker died, so
    each job that was in flight is repeated with nothing beside it; the one that kills its worker
    `STRIKES` times is given up and reported.

    Args:
        jobs: how many processes.
        sources: study files that workers must load so that the parts in them can be unpickled.
    """

    jobs: int
    sources: tuple[Path, ...] = ()

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs, as many at a time as there are processes."""
        queue, flying = deque(todo), dict[Future[JobResult], Job]()
        deaths: Counter[str] = Counter()
        started = False
        with _single_threaded_children():
            pool = self._pool()
            try:
                while queue or flying:
                    whole = self._send(pool, queue, flying, deaths)
                    for future in _landed(flying):
                        if isinstance(future.exception(), BrokenProcessPool):
                            whole = False
                            continue
                        yield future.result()
                        del flying[future]
                        started = True
                    if not whole:
                        failed_to_start = _end(pool) and not started
                        yield from _blame(flying, queue, deaths, failed_to_start)
                        pool = self._pool()
                pool.shutdown()
            finally:
                _end(pool)

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=self.jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_enter,
            initargs=(self.sources, get_device(), 1.0 / self.jobs),
        )

    def _send(
        self,
        pool: ProcessPoolExecutor,
        queue: deque[Job],
        flying: dict[Future[JobResult], Job],
        deaths: Counter[str],
    ) -> bool:
        """Put jobs in flight, a suspect only by itself; returns whether the pool is whole."""
        while queue and len(flying) < self.jobs:
            suspected = any(deaths[job.chunk.name] for job in (queue[0], *flying.values()))
            if suspected and flying:
                return True
            job = queue.popleft()
            try:
                with _deaf_children():
                    flying[pool.submit(perform, job)] = job
            except BrokenProcessPool:
                queue.appendleft(job)
                return False
        return True


def _landed(flying: dict[Future[JobResult], Job]) -> list[Future[JobResult]]:
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    return list(done)


def _blame(
    flying: dict[Future[JobResult], Job],
    queue: deque[Job],
    deaths: Counter[str],
    failed_to_start: bool,
) -> Iterator[JobResult]:
    """After a death: put what was in flight first in the queue, or give it up."""
    for job in flying.values():
        name = job.chunk.name
        deaths[name] += 1
        if deaths[name] < STRIKES:
            queue.appendleft(job)
        elif failed_to_start:
            raise StudyError(
                "worker processes end as soon as they start. A script that calls telos.run must "
                "do so under `if __name__ == '__main__':`; or pass jobs=1, which needs no workers."
            )
        else:
            yield given_up(job, "out of memory?")
    flying.clear()


def _end(pool: ProcessPoolExecutor) -> bool:
    """End a pool's workers at once; returns whether one of them had ended by itself, in error."""
    workers = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        with contextlib.suppress(ValueError, OSError):
            worker.kill()
    codes = []
    for worker in workers:
        with contextlib.suppress(ValueError, OSError):
            worker.join(5)
            codes.append(worker.exitcode or 0)
    return any(code > 0 for code in codes)


def _enter(sources: tuple[Path, ...], device: Device, share: float) -> None:
    """What a worker does first: leave Ctrl-C to its parent, and resolve not to outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    set_threads(1)
    set_device(device, share=share)
    for source in sources:
        load_source(source)


def _leave_with_parent() -> None:
    """Without this, the workers of a killed parent would wait for its next job for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl-C to their parent from their first moment on."""
    mask = getattr(signal, "pthread_sigmask", None)
    before = mask(signal.SIG_BLOCK, {signal.SIGINT}) if mask is not None else None
    try:
        yield
    finally:
        if mask is not None:
            mask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Processes started meanwhile use one thread a library: these settings are read at start."""
    before = {name: os.environ.get(name) for name in THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
