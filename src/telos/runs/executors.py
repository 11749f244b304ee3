"""Executors of this machine: this process performs the jobs, or a pool of fresh ones does."""

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import final

from telos.core.errors import StudyError
from telos.runs.jobs import STRIKES, THREAD_SETTINGS, Job, JobResult, given_up, perform, trust
from telos.runs.source import load_source
from telos.solve.device import Device, get_device, set_device
from telos.solve.threads import set_threads


@final
@dataclass(frozen=True)
class Serial:
    """Performs the jobs one after the other in this process, on one thread."""

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs in their order."""
        trust(todo)
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
        with single_threaded_children():
            pool = self._pool()
            try:
                while queue or flying:
                    whole = self._send(pool, queue, flying, deaths)
                    for future in wait(flying, return_when=FIRST_COMPLETED).done:
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
            initializer=enter_worker,
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
                with deaf_children():
                    flying[pool.submit(_perform, job)] = job
            except BrokenProcessPool:
                queue.appendleft(job)
                return False
        return True


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


def enter_worker(sources: tuple[Path, ...], device: Device, share: float) -> None:
    """What a worker does first: leave Ctrl-C to its parent, and resolve not to outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    set_threads(1)
    set_device(device, share=share)
    for source in sources:
        load_source(source)


#: How many jobs this worker has performed; the first one counts.
_performed: list[str] = []


def _perform(job: Job) -> JobResult:
    """`perform`; what the first job leaves, libraries and machine code, is looked through no more.

    The collector of cycles went through those half a million objects every few chunks: a fifth of the
    processor time of a worker on a small world.
    """
    result = perform(job)
    if not _performed:
        _performed.append(job.chunk.name)
        gc.collect()
        gc.freeze()
    return result


def _leave_with_parent() -> None:
    """Without this, the workers of a killed parent would wait for its next job for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl-C to their parent from their first moment on."""
    mask = getattr(signal, "pthread_sigmask", None)
    before = mask(signal.SIG_BLOCK, {signal.SIGINT}) if mask is not None else None
    try:
        yield
    finally:
        if mask is not None:
            mask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def single_threaded_children() -> Iterator[None]:
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
