"""Job codec: jobs as plain text, for a worker on another machine that builds them anew."""

import contextlib
import json
import os
import platform
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError, StudyError, TelosError
from telos.core.spec import from_spec, modules_of, to_spec
from telos.runs.executors import THREAD_SETTINGS, Job, JobResult, modules_changed, perform
from telos.runs.made import Made, made_from
from telos.runs.module_texts import load, unpack
from telos.runs.parts import PartFile, find_parts
from telos.runs.plan import Chunk
from telos.solve.device import get_device, named_device, set_device
from telos.solve.threads import set_threads

#: Seconds that a file system may take to show a new file to another machine.
PATIENCE = 15.0
#: What a worker says before each chunk; where it died is read from that.
BEGINS = "telos begins "


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


def encode_jobs(jobs: Sequence[Job], token: str = "") -> str:
    """Jobs as text: their specs, the keys these must have, and the author's modules they need.

    Args:
        jobs: all of one result folder.
        token: what `shared_folder` gave; the worker looks for it before it computes.

    Raises:
        StudyError: if a part cannot be built from its spec by another process.
    """
    specs = [to_spec(job.chunk) for job in jobs]
    return json.dumps(
        {
            "folder": str(jobs[0].folder.resolve()),
            "token": token,
            "device": get_device(),
            "modules": load(specs).plain(),
            "chunks": specs,
            "keys": [[trial.key for trial in job.chunk.trials] for job in jobs],
            "made": [[made.plain() for made in job.made] for job in jobs],
        }
    )


def perform_encoded(text: str) -> Outcome:
    """Perform the jobs of a message, on one thread; what is there already is not done again.

    It never raises: what would stop a run comes back as a fault, for an exception may not survive
    the way.

    Args:
        text: what `pack` wrote.
    """
    os.environ.update(dict.fromkeys(THREAD_SETTINGS, "1"))
    set_threads(1)
    message = json.loads(text)
    results: list[JobResult] = []
    try:
        set_device(named_device(message["device"]))
        _look_for(Path(message["folder"]), message["token"])
        if unpack(message["modules"]):
            modules_changed()
        # An element of an array that was put back into the queue has done some of its chunks.
        held = find_parts(Path(message["folder"])) if len(message["chunks"]) > 1 else {}
        stated = zip(message["chunks"], message["keys"], message["made"], strict=True)
        for spec, keys, promised in stated:
            made: tuple[Made, ...] = tuple(map(made_from, promised))
            job = Job(_built(spec, keys), Path(message["folder"]), made)
            print(f"{BEGINS}{job.chunk.name}", flush=True)
            results.append(done(job, held) or perform(job))
    except (TelosError, OSError) as problem:
        return Outcome(tuple(results), f"{problem}", isinstance(problem, OSError))
    return Outcome(tuple(results))


def _built(spec: Any, keys: Sequence[str]) -> Chunk:
    """The chunk of a spec. Another version of Telos or of a part would call it by other keys."""
    # A job comes from the run that this process works for, with the modules that it names.
    chunk = from_spec(spec, trust=modules_of(spec))
    if not isinstance(chunk, Chunk) or [trial.key for trial in chunk.trials] != list(keys):
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
    for trial, made in zip(chunk.trials, job.made, strict=True):
        parts = held.get((trial.key, chunk.first), ())
        if not any(part.made == made.digest and part.count >= chunk.count for part in parts):
            return None
    return JobResult(chunk.name, chunk.count * len(chunk.trials), 0.0)


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


_SEEN: set[tuple[Path, str]] = set()


def _look_for(folder: Path, token: str) -> None:
    """Wait a little for the token to appear.

    Raises:
        StoreError: naming the machine that does not see it.
    """
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
