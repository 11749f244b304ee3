"""SlurmArrays: performs jobs as array jobs of a SLURM cluster, and watches for their files."""

import contextlib
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError, StudyError
from telos.core.spec import digest
from telos.runs.jobs import (
    BEGINS,
    PATIENCE,
    STRIKES,
    THREAD_SETTINGS,
    Job,
    JobResult,
    Outcome,
    done,
    encode_jobs,
    given_up,
    perform_encoded,
)
from telos.runs.parts import find_parts

#: Array elements, unless --jobs says otherwise; a cluster's MaxArraySize is 1001 as delivered.
ELEMENTS = 100
#: Minutes that an element may take. What a time limit cuts off is submitted again.
MINUTES = 60
#: Seconds between two looks at the queue: it is shared with everybody else.
QUEUE_EVERY = 15.0

#: Where the job scripts and logs of a run lie in its folder, while it runs.
SCRATCH = ".slurm"
#: A file in it that says whose it is: only then is it removed.
MARK = "made-by-telos"


@final
@dataclass(frozen=True, eq=False)
class Element:
    """One element of an array: jobs to be done one after the other.

    Args:
        handle: submitit's own job.
        jobs: by name, in their order, those whose parts have not been seen.
    """

    handle: Any
    jobs: dict[str, Job]

    @property
    def returned(self) -> bool:
        """Whether it came to its end by itself; then its outcome is on the disk."""
        return bool(self.handle.paths.result_pickle.exists())


@final
@dataclass(frozen=True)
class SlurmArrays:
    """Performs the jobs as elements of a SLURM array, several in each.

    What counts is the files: a job is done when its parts lie in the result folder, however they
    came there. When an element has ended and parts are lacking, the job that it was at is done
    again in an element of its own, and the rest in another; a job that ends its element `STRIKES`
    times is given up and reported.

    Args:
        jobs: how many elements; None: `ELEMENTS`, or one for each job if these are fewer.
        options: of sbatch, as (name, value).
        cluster: submitit's word: ``slurm``, or ``local`` for processes on this machine.
        poll: seconds between two looks at the folder.
        patience: seconds that the folder may take to show what another machine wrote.
    """

    jobs: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    cluster: str = "slurm"
    poll: float = 1.0
    patience: float = PATIENCE

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs, in any order.

        Raises:
            StudyError: if SLURM refuses the array, or its elements end before they can begin.
            StoreError: if the result folder is not shared with the machines of the cluster.
        """
        if not todo:
            return
        scratch = todo[0].folder.resolve().parent / SCRATCH
        if self.cluster == "slurm":
            _said(
                "scancel", "--quiet", f"--name={_name(scratch)}"
            )  # elements that a killed run left behind
        count = min(len(todo), self.jobs or ELEMENTS)
        # Dealt like cards: the heavy tasks, which come first, are spread over all elements.
        elements = self._submit([todo[i::count] for i in range(count)], scratch)
        ended: dict[Element, float] = {}
        deaths: Counter[str] = Counter()
        asked = time.monotonic()
        try:
            while elements:
                time.sleep(self.poll)
                queue = None
                if self.cluster == "slurm" and time.monotonic() - asked > QUEUE_EVERY:
                    asked = time.monotonic()
                    queue = _queue(scratch)
                _mark_ended(elements, queue, self.cluster, ended)
                yield from _arrived(elements)
                again: list[list[Job]] = []
                for element in [e for e in elements if e in ended]:
                    yield from _brought(element)
                    if not element.jobs:
                        elements.remove(element)
                    elif time.monotonic() - ended[element] > self.patience:
                        elements.remove(element)
                        yield from _blame(element, deaths, again)
                if again:
                    elements += self._submit(again, scratch)
        finally:
            for element in elements:
                with contextlib.suppress(Exception):
                    element.handle.cancel(check=False)
        if not deaths and (scratch / MARK).is_file():
            shutil.rmtree(scratch, ignore_errors=True)  # which refuses a link

    def _submit(self, batches: Sequence[Sequence[Job]], scratch: Path) -> list[Element]:
        """Submit one array."""
        import submitit

        texts = [encode_jobs(batch) for batch in batches]
        try:
            if not scratch.exists():
                scratch.mkdir()
                (scratch / MARK).touch()
            executor = submitit.AutoExecutor(folder=scratch, cluster=self.cluster)
            executor.update_parameters(
                name=_name(scratch),
                timeout_min=MINUTES,
                cpus_per_task=1,
                slurm_array_parallelism=len(batches),
                slurm_setup=[f"export {name}=1" for name in THREAD_SETTINGS],
                slurm_additional_parameters=dict(self.options),
            )
            handles = executor.map_array(perform_encoded, texts)
        except Exception as problem:  # noqa: BLE001 - submitit may raise anything
            said = str(problem).strip() or type(problem).__name__
            raise StudyError(f"--on slurm: the array could not be submitted. {said}") from None
        return [
            Element(handle, {job.chunk.name: job for job in batch})
            for handle, batch in zip(handles, batches, strict=True)
        ]


def _mark_ended(
    elements: Sequence[Element], queue: set[str] | None, cluster: str, ended: dict[Element, float]
) -> None:
    """Note which elements have ended: they returned, or neither wait nor run any more."""
    for element in elements:
        if element not in ended:
            if cluster == "local":
                gone = element.handle.done()
            else:
                gone = queue is not None and element.handle.job_id not in queue
            if gone or element.returned:
                ended[element] = time.monotonic()


def _arrived(elements: Sequence[Element]) -> Iterator[JobResult]:
    """A result for each job whose parts have come."""
    folders = {job.folder for element in elements for job in element.jobs.values()}
    held = {folder: find_parts(folder) for folder in folders}
    for element in elements:
        for name, job in list(element.jobs.items()):
            result = done(job, held[job.folder])
            if result is not None:
                del element.jobs[name]
                yield result


def _brought(element: Element) -> Iterator[JobResult]:
    """What an element that returned says of jobs that wrote nothing."""
    if not element.returned:
        return
    try:
        outcome: Outcome = element.handle.result()
    except Exception as problem:  # noqa: BLE001 - submitit may raise anything
        last = str(problem).strip().splitlines()[-1]
        raise StudyError(
            f"a job on the cluster could not begin: {last}. Is the same Telos installed there? "
            f"Its log is {element.handle.paths.stderr}."
        ) from None
    for result in outcome.results:
        if result.failure and result.chunk in element.jobs:
            del element.jobs[result.chunk]
            yield result
    outcome.check()


def _blame(element: Element, deaths: Counter[str], again: list[list[Job]]) -> Iterator[JobResult]:
    """After an element ended and parts are lacking: do the jobs again, or give one up."""
    name = next(iter(element.jobs))
    if element.returned:
        raise StoreError(
            f"{name} was computed on the cluster, but its part is not in {element.jobs[name].folder}"
            ". Give --out a folder on a file system that all machines share."
        )
    begun = _begun(element)
    if begun and begun[-1] in element.jobs:
        name = begun[-1]
    culprit = element.jobs.pop(name)
    if element.jobs:
        again.append(list(element.jobs.values()))
    deaths[name] += 1
    if deaths[name] < STRIKES:
        again.append([culprit])
    elif begun:
        yield given_up(culprit, "out of memory or of time?")
    else:
        raise StudyError(
            f"jobs on the cluster ended {STRIKES} times before they could begin. "
            f"What they said is in {element.handle.paths.stderr}."
        )


def _begun(element: Element) -> list[str]:
    """The names of the jobs that an element began with, from its log."""
    try:
        lines = element.handle.paths.stdout.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line.removeprefix(BEGINS) for line in lines if line.startswith(BEGINS)]


def _name(scratch: Path) -> str:
    """What SLURM calls the arrays of a result folder, so that a later run finds them again."""
    return f"telos-{digest(str(scratch))[:8]}"


def _queue(scratch: Path) -> set[str] | None:
    """The elements of this folder that wait or run; None if SLURM does not say."""
    said = _said("squeue", "--noheader", "--array", "--format=%i", f"--name={_name(scratch)}")
    return None if said is None else set(said.split())


def _said(*words: str) -> str | None:
    """What a program of SLURM says; None if it cannot be asked."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
