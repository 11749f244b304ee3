"""Environments for the solvers that Telos is compared with, one each, under `.peers/`.

    uv run python benchmarks/peer_environments.py            # makes those that are missing

Nothing is installed beside Telos itself. A peer that cannot be installed is left out, with the reason;
`--again` tries once more. madupite has no package: it is built from its repository against PETSc (on
Debian: `apt-get install libpetsc-real-dev mpi-default-dev nlohmann-json3-dev pkg-config cmake g++`).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent / ".peers"
MADUPITE = "https://github.com/madupite/madupite"
MADUPITE_COMMIT = "dbc3aff"


class Kind(NamedTuple):
    """A peer: the file that drives it, what to install, and the packages whose versions to tell."""

    runner: str
    packages: tuple[str, ...]
    tell: tuple[str, ...]


PEERS = {
    "stormpy": Kind("storm.py", ("stormpy==2.0.0", "numpy"), ("stormpy",)),
    "mdpsolver": Kind("mdpsolver_lists.py", ("mdpsolver==0.10.2", "numpy"), ("mdpsolver",)),
    "quantecon": Kind("quantecon_pairs.py", ("quantecon==0.11.4",), ("quantecon",)),
    "madupite": Kind(
        "madupite_petsc.py", ("numpy", "scikit-build-core", "nanobind"), ("madupite",)
    ),
    "pymdptoolbox": Kind(
        "pymdptoolbox_sparse.py",
        ("setuptools", "numpy", "scipy", "pymdptoolbox==4.0b3"),
        ("pymdptoolbox",),
    ),
    "mdpax": Kind("mdpax_events.py", ("mdpax==0.2.2",), ("mdpax", "jax")),
}


class Environment(NamedTuple):
    """A peer that can be run, or why it cannot."""

    python: Path
    versions: str
    absent: str = ""


def run(command: Sequence[str | Path], timeout: float = 600.0, **extra: str) -> str:
    """The output of a command; an error is raised with the end of what it said."""
    done = subprocess.run(
        list(command), capture_output=True, text=True, timeout=timeout, env=os.environ | extra
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
        raise OSError((said or ["no message"])[-1].strip())
    return done.stdout


def build_madupite(python: Path, folder: Path) -> None:
    """Fetch, repair and build madupite.

    Patched: it writes values with 6 digits (here 17, so that they can be checked), fetches a header
    library from the web (here the system's), and wants a newer PETSc than stable systems have (here
    the one name that is missing is defined).
    """
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    origin = os.environ.get("MADUPITE_SOURCE", MADUPITE)
    run(["git", "clone", "--quiet", "--no-checkout", origin, source])
    parts = ["CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "src", "include"]
    run(["git", "-C", source, "checkout", "--quiet", MADUPITE_COMMIT, "--", *parts])
    lists = source / "CMakeLists.txt"
    kept = [
        "find_package(nlohmann_json REQUIRED)" if line == "include(FetchContent)" else line
        for line in lists.read_text().splitlines()
        if not line.startswith(("FetchContent_Declare(json", "FetchContent_MakeAvailable(json"))
    ]
    lists.write_text("\n".join(kept) + "\n")
    setup = source / "src" / "mdp_setup.cpp"
    exact = setup.read_text().replace(
        "out << values[i]", "out << std::setprecision(17) << values[i]"
    )
    setup.write_text("#include <iomanip>\n" + exact)
    for flags in ("", "-DPETSC_SUCCESS=0"):
        try:
            run([python, "-m", "pip", "install", "--quiet", source], CXXFLAGS=flags)
            return
        except OSError as error:
            failed = error
    raise failed


def make(name: str) -> None:
    """Make one environment, and note its versions or the reason why there is none."""
    kind, folder = PEERS[name], ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = folder / "env" / "bin" / "python"
    print(f"{name}: installing …", flush=True)
    note = {"versions": "", "absent": ""}
    try:
        run([sys.executable, "-m", "venv", folder / "env"])
        for package in kind.packages:
            run([python, "-m", "pip", "install", "--quiet", package])
        if name == "madupite":
            build_madupite(python, folder)
        code = (
            "import sys, importlib.metadata as m; "
            "print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"
        )
        note["versions"] = run([python, "-c", code, *kind.tell]).strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        note["absent"] = f"could not be installed: {str(error)[:200]}"
    (folder / "note.json").write_text(json.dumps(note))
    print(f"{name}: {note['versions'] or note['absent']}", flush=True)


def environment(name: str, again: bool = False) -> Environment:
    """The environment of a peer, made if it was never tried (or is absent and `again` is asked for)."""
    note = ROOT / name / "note.json"
    if not note.exists() or (again and json.loads(note.read_text())["absent"]):
        make(name)
    return Environment(ROOT / name / "env" / "bin" / "python", **json.loads(note.read_text()))


def main() -> None:
    """Make all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true", help="retry the ones that failed")
    again = parser.parse_args().again
    for name in PEERS:
        environment(name, again)


if __name__ == "__main__":
    main()
