"""RayPool: performs jobs on a Ray cluster, one processor each."""

import contextlib
import importlib
import os
import socket
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, final

from telos.core.errors import StudyError
from telos.runs.jobs import (
    STRIKES,
    Job,
    JobResult,
    Outcome,
    encode_jobs,
    given_up,
    perform_encoded,
    shared_folder,
)
from telos.runs.provenance import usable_cores
from telos.solve.device import get_device

#: Chunks in flight for each processor: one is computed while the next is on its way.
AHEAD = 2
#: Seconds between two looks at what has come back.
POLL = 0.1
#: Seconds within which a cluster takes a call.
LISTENS = 5.0


@final
@dataclass(frozen=True)
class RayPool:
    """Performs the jobs as tasks of Ray, which knows no more of them than their text.

    A job whose worker or machine died is done again, after all others; Ray says exactly whose it
    was. One that loses its worker `STRIKES` times is given up and reported.

    Args:
        address: of a cluster; empty: start one on this machine, and end it afterwards.
        jobs: most chunks in flight; None: as many as keep all processors busy.
    """

    address: str = ""
    jobs: int | None = None

    def run(self, todo: Sequence[Job]) -> Generator[JobResult]:
        """Perform the jobs, in any order.

        Raises:
            StudyError: if the cluster cannot be used, or the study cannot be computed there.
            StoreError: if its machines do not share the result folder.
        """
        if not todo:
            return
        ray = load_ray()
        with _connected(self.address, self.jobs), shared_folder(todo[0].folder) as token:
            # A task that asks for no graphics processor is shown none.
            graphics = 1 if get_device() == "gpu" else 0
            task = ray.remote(num_cpus=1, num_gpus=graphics, max_retries=0)(perform_encoded)
            queue, flying = deque(todo), dict[Any, Job]()
            deaths: Counter[str] = Counter()
            try:
                while queue or flying:
                    room = self._room() - len(flying)
                    for _ in range(min(room, len(queue))):
                        job = queue.popleft()
                        flying[task.remote(encode_jobs([job], token))] = job
                    landed, _ = ray.wait(list(flying), num_returns=len(flying), timeout=POLL)
                    for reference in landed:
                        job = flying.pop(reference)
                        outcome = _outcome(reference)
                        if outcome is not None:
                            yield from outcome.results
                            outcome.check()
                            continue
                        name = job.chunk.name
                        deaths[name] += 1
                        if deaths[name] < STRIKES:
                            queue.append(job)
                        else:
                            yield given_up(job, "out of memory?")
            finally:
                for reference in flying:
                    with contextlib.suppress(Exception):
                        ray.cancel(reference, force=True)

    def _room(self) -> int:
        ray = load_ray()
        # Asked anew each time: machines come and go.
        kind = "GPU" if get_device() == "gpu" else "CPU"
        return self.jobs or max(AHEAD, AHEAD * int(ray.cluster_resources().get(kind, 0)))


def load_ray() -> ModuleType:
    """Ray, told before it is imported to send no statistics home and to leave `uv run` alone.

    Under `uv run` Ray would start its workers by that same command, relative path and all, in an
    upload of the working directory. Telos is installed where they run. Who wants it sets the
    variable to 1.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    return importlib.import_module("ray")


def _outcome(reference: Any) -> Outcome | None:
    """What a task brought back; None if its worker or its machine died."""
    ray = load_ray()
    from ray import exceptions

    lost = (
        exceptions.WorkerCrashedError,
        exceptions.NodeDiedError,
        exceptions.OutOfMemoryError,
        exceptions.ObjectLostError,
    )
    try:
        outcome: Outcome = ray.get(reference)
    except lost:
        return None
    except exceptions.RayError as problem:
        last = str(problem).strip().splitlines()[-1]
        raise StudyError(
            f"a worker of Ray could not begin: {last}. Is the same Telos installed on every machine?"
        ) from None
    return outcome


@contextlib.contextmanager
def _connected(address: str, jobs: int | None) -> Iterator[None]:
    """A connection to the cluster, closed in the end unless it was there before."""
    ray = load_ray()
    if ray.is_initialized():
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not address:
        quiet |= {"num_cpus": jobs or usable_cores(), "include_dashboard": False}
    try:
        ray.init(address or "local", **quiet)
    except Exception as problem:  # noqa: BLE001 - Ray may raise anything
        ray.shutdown()
        last = str(problem).strip().splitlines()[-1]
        raise StudyError(
            f"--on ray: {address or 'a new cluster here'} cannot be used "
            f"({type(problem).__name__}: {last}). Is it a Ray cluster of version {ray.__version__}?"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def at_hand() -> str:
    """The address of the cluster that Ray itself would find; empty if there is none."""
    named = os.environ.get("RAY_ADDRESS", "")
    if named == "local":
        return ""
    if named not in ("", "auto"):
        return named
    try:
        file = Path(os.environ.get("RAY_TMPDIR") or "/tmp") / "ray" / "ray_current_cluster"
        found = file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return found if found and answers(found) else ""  # it may be left of a cluster that has ended


def answers(address: str) -> bool:
    """Whether somebody listens at ``host:port`` or ``ray://host:port``. Ray would wait a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=LISTENS):
            return True
    except (OSError, ValueError, OverflowError):
        return False
