"""How long the first solve on a machine takes, and every later one: CPU seconds of whole processes.

    python benchmarks/cold_start.py                            # this interpreter
    python benchmarks/cold_start.py --against OTHER/bin/python  # and another build of Telos, in turn

A process imports Telos, builds a world, solves sixteen goals and ends. *Cold*: with an empty folder of
machine code (NUMBA_CACHE_DIR), so that every kernel is compiled. *Warm*: again, with what the first
left. Python's own bytecode is written before, as it is where Telos has been used once; without it every
process compiles Numba's sources anew. CPU time is measured, not time by the clock: it hardly depends on
what else the machine does.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

WORLDS = {
    "deterministic (off-switch)": "OffSwitch(rooms=2)",
    "stochastic (paperclip factory)": "PaperclipFactory()",
}

ONE_ANSWER = """
import time
import numpy as np
from telos import Goals, Problem, solve, worlds

world = worlds.{world}.build()
reward = np.random.default_rng(0).normal(size=(16, world.size))
solve(Problem(world, Goals(reward), 0.9))
print(time.process_time())
"""


def seconds(python: Path, world: str, cache: Path, bytecode: Path) -> float:
    """CPU seconds of one process that imports, builds, solves and ends."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"NUMBA_CACHE_DIR": str(cache), "PYTHONPYCACHEPREFIX": str(bytecode)}
    done = subprocess.run(
        [python, "-c", ONE_ANSWER.format(world=world)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measured(python: Path, folder: Path, repeats: int) -> dict[str, dict[str, float]]:
    """Per world the least CPU seconds of a cold and of a warm process."""
    bytecode = folder / "bytecode"
    seconds(python, next(iter(WORLDS.values())), folder / "first", bytecode)
    found = {}
    for name, world in WORLDS.items():
        cold, warm = [], []
        for repeat in range(repeats):
            cache = folder / f"{len(found)}-{repeat}"
            cold.append(seconds(python, world, cache, bytecode))
            warm.append(seconds(python, world, cache, bytecode))
        found[name] = {"cold": min(cold), "warm": min(warm)}
    return found


def page(now: dict[str, dict[str, float]], before: dict[str, dict[str, float]] | None) -> str:
    """The measurement as a page of the documentation."""
    made_with = ", ".join(f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy"))
    lines = [
        "# The first solve on a machine",
        "",
        f"`python benchmarks/cold_start.py`, {datetime.now(UTC):%Y-%m-%d}, {_processor()}, "
        f"CPython {platform.python_version()}, {made_with}.",
        "",
        "CPU seconds of a whole process that imports Telos, builds a world, solves 16 goals and ends. "
        "Cold: nothing is compiled yet. Warm: every later process.",
        "",
        "| world | | CPU seconds |" + (" before | ratio |" if before else ""),
        "| --- | --- | ---: |" + (" ---: | ---: |" if before else ""),
    ]
    for world, row in now.items():
        for name, value in row.items():
            line = f"| {world} | {name} | {value:.1f} |"
            if before:
                line += f" {before[world][name]:.1f} | {value / before[world][name]:.2f} |"
            lines.append(line)
    return "\n".join([*lines, ""])


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":")[1].strip() for line in text.splitlines() if "model name" in line]
    return f"{len(names)} cores of {names[0]}" if names else platform.machine()


def main() -> None:
    """Measure and print the page."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--against", type=Path, help="the interpreter of another build of Telos")
    reader.add_argument("--repeats", type=int, default=1, help="how often; the least is reported")
    reader.add_argument("--json", action="store_true", help="numbers instead of a page")
    given = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        now = measured(Path(sys.executable), Path(folder, "now"), given.repeats)
        before = None
        if given.against:
            before = measured(given.against, Path(folder, "before"), given.repeats)
    if given.json:
        print(json.dumps({"now": now, "before": before}, indent=2))
    else:
        print(page(now, before))


if __name__ == "__main__":
    main()
