"""Engines: the word after --on, turned into an executor: this machine, Ray or SLURM."""

import importlib.util
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from telos.core.errors import StudyError, UnknownName, did_you_mean, install
from telos.runs.executors import LocalPool, Serial
from telos.runs.jobs import PATIENCE, Executor
from telos.runs.ray_pool import LISTENS, RayPool, answers, at_hand
from telos.runs.slurm_arrays import SlurmArrays

#: Each engine, and the library that it needs, which is not installed with Telos.
ENGINES = {"local": "", "ray": "ray", "slurm": "submitit"}
#: submitit's word for processes on this machine, to rehearse an array without a cluster.
CLUSTERS = ("slurm", "local")

#: Options of sbatch by which a run finds its own jobs and logs again.
OWN = {"job-name", "job_name", "J", "array", "a", "output", "o", "error", "e"}


@final
@dataclass(frozen=True)
class Engine:
    """Where a study is computed.

    Args:
        name: local, ray or slurm.
        address: of a Ray cluster; empty: a new one on this machine.
        options: of sbatch, as (name, value).
        cluster: submitit's word for where arrays go.
    """

    name: str = "local"
    address: str = ""
    options: tuple[tuple[str, str], ...] = ()
    cluster: str = "slurm"

    def executor(self, jobs: int | None, sources: Sequence[Path]) -> Executor:
        """Who performs the jobs.

        Args:
            jobs: processes, chunks in flight, or elements of an array; None: as many as suits the
                engine; on this machine it must be said.
            sources: study files, for processes on this machine.
        """
        if self.name == "ray":
            return RayPool(self.address, jobs)
        if self.name == "slurm":
            patience = PATIENCE if self.cluster == "slurm" else 1.0  # one machine, one file system
            return SlurmArrays(jobs, self.options, self.cluster, patience=patience)
        return Serial() if jobs == 1 or jobs is None else LocalPool(jobs, tuple(sources))


def engine(on: str) -> Engine:
    """The engine that a word means, once it is certain that it can be reached.

    Args:
        on: ``local``, ``ray``, ``ray://host:port``, ``slurm``, or
            ``slurm:partition=short,time=30`` with any options of sbatch.

    Raises:
        UnknownName: if there is no such engine.
        StudyError: if what it needs is not installed or does not answer, with the remedy.

    Example:
        >>> engine("local").name
        'local'
    """
    name, _, rest = on.partition(":")
    if name not in ENGINES or (name == "local" and rest):
        raise UnknownName(f"--on: no engine {on!r}. {did_you_mean(name, ENGINES)}")
    library = ENGINES[name]
    if library and importlib.util.find_spec(library) is None:
        raise StudyError(f"--on {name}: {library} is not installed. {install(name)}.")
    if name == "ray":
        return _ray(on, rest)
    if name == "slurm":
        return _slurm(rest)
    return Engine()


def _ray(on: str, rest: str) -> Engine:
    if rest and not re.fullmatch(r"//[^/]+:\d+", rest):
        raise StudyError(f"--on {on}: write ray://HOST:PORT, as in ray://head:10001, or just ray.")
    address = on if rest else at_hand()
    if address and not answers(address):
        where = "--on" if rest else "RAY_ADDRESS"
        raise StudyError(
            f"{where}: nothing answers at {address} within {LISTENS:g} s. Check host and port; "
            "`ray start --head` starts a cluster, whose clients connect to port 10001."
        )
    return Engine("ray", address)


def _slurm(rest: str) -> Engine:
    # A value may hold commas of its own, as a list of nodes does.
    pieces = re.split(r",(?=[\w-]+=)", rest) if rest else []
    options = [tuple(piece.split("=", 1)) for piece in pieces]
    for piece, option in zip(pieces, options, strict=True):
        if len(option) != 2 or not all(option):
            raise StudyError(
                f"--on slurm: {piece!r} is not an option of sbatch. Write NAME=VALUE with commas "
                "between, as in slurm:partition=short,time=30."
            )
    given = dict(options)
    taken = OWN.intersection(given)
    if taken:
        raise StudyError(f"--on slurm: Telos sets {sorted(taken)[0]!r} itself; leave it out.")
    cluster = given.pop("cluster", "slurm")
    if cluster not in CLUSTERS:
        raise StudyError(f"--on slurm: no cluster {cluster!r}. {did_you_mean(cluster, CLUSTERS)}")
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise StudyError(
            "--on slurm: there is no sbatch on this machine. Run telos where jobs are submitted, or "
            "rehearse with --on slurm:cluster=local, which needs no cluster."
        )
    return Engine("slurm", options=tuple(given.items()), cluster=cluster)
