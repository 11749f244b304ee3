"""Provenance: what a result depends on beside its trial's key, and what it was made on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from telos.core.record import Commit, Machine, Provenance
from telos.solve.device import describe_device, get_device

#: The libraries whose version could show in a number.
LIBRARIES = ("telos-lab", "numpy", "scipy", "numba", "polars", "gymnasium")


def provenance(jobs: int | None, engine: str = "local") -> Provenance:
    """Versions, commit and machine, without a path or a host name in it.

    Args:
        jobs: how many processes computed; None: as many as the engine chose.
        engine: local, ray or slurm; the machine is the one that the run was started on.
    """
    return Provenance(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        versions={name: found for name in LIBRARIES if (found := version_of(name))},
        commit=_commit(),
        machine=_machine(),
        blas=_blas(),
        jobs=jobs,
        engine=engine,
        device="cpu" if get_device() == "cpu" else describe_device(),
    )


def version_of(library: str) -> str:
    """The version of an installed library; empty if it is not there."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def _commit() -> Commit | None:
    """The commit that Telos itself was run from, if its files are tracked by git here."""
    here = Path(__file__)
    if not _git(here, "ls-files", "--error-unmatch", here.name):
        return None
    commit = _git(here, "rev-parse", "HEAD")
    changed = _git(here, "status", "--porcelain", "--untracked-files=no")
    return Commit(id=commit, dirty=bool(changed)) if commit else None


def _git(file: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=file.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _machine() -> Machine:
    memory = None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=_processor(),
        cores=usable_cores(),
        memory_gib=memory,
    )


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _blas() -> str:
    try:
        built: Any = np.show_config(mode="dicts")
        blas = built["Build Dependencies"]["blas"]
        return f"{blas['name']} {blas['version']}"
    except (KeyError, TypeError, ImportError):
        return ""
