"""How long reading a model of a million transitions takes, beside Storm, and how much memory.

    uv run python benchmarks/reading.py            # prints a table; about half a minute

Three shapes: choices of four successors, choices of one successor (as many choices as transitions: the worst
for memory), and long probabilities, of 16 digits. Both programs read the same files in one process, by
turns; processor seconds, of five turns the best. Memory is what NumPy and Python hold at most while
they read, as tracemalloc counts it, and the growth of a fresh process, with all that the allocator keeps.
"""

import platform
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import stormpy

from telos.interop import read_drn, read_explicit

TURNS = 5
#: name: states, choices a state, successors a choice, whether probabilities have 16 digits
SHAPES = {
    "four successors": (83_334, 3, 4, False),
    "one successor": (333_334, 3, 1, False),
    "long probabilities": (83_334, 3, 4, True),
}
GROWTH = r"""
import re, sys
from pathlib import Path
from telos.interop import read_explicit
from telos.interop import read_drn
def most(): return 1024 * int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
before = most()
read = read_drn(sys.argv[1]) if sys.argv[1].endswith("drn") else read_explicit(*sys.argv[1:])
print(most() - before)
"""


def write(folder: Path, states: int, choices: int, fan: int, long: bool) -> tuple[int, list[str]]:
    """The same model as `.tra` and `.lab`, and as DRN; the number of transitions and the three paths."""
    rng = np.random.default_rng(1)
    tra, drn = ["mdp"], ["@type: MDP", "@nr_states", str(states)]
    drn += ["@nr_choices", str(states * choices), "@model"]
    for state in range(states):
        drn.append(f"state {state}" + (" init" if state == 0 else ""))
        for choice in range(choices):
            chances = np.full(fan, 1 / fan)
            if long:
                chances = rng.random(fan) + 0.1
                chances /= chances.sum()
            drn.append(f"\taction {choice}")
            ends = sorted((state + 1 + k * (choice + 1)) % states for k in range(fan))
            for end, chance in zip(ends, chances.tolist(), strict=True):
                tra.append(f"{state} {choice} {end} {chance!r}")
                drn.append(f"\t\t{end} : {chance!r}")
    lab = ["#DECLARATION", "init off", "#END", "0 init", *(f"{s} off" for s in range(1, states, 3))]
    paths = []
    for ending, lines in (("tra", tra), ("lab", lab), ("drn", drn)):
        path = folder / f"w.{ending}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(str(path))
    return states * choices * fan, paths


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def held(call: Callable[[], object]) -> int:
    """The bytes that a call holds at most."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def grown(paths: list[str]) -> int:
    """The bytes by which a fresh process grows that reads the files."""
    done = subprocess.run([sys.executable, "-c", GROWTH, *paths], capture_output=True, check=True)
    return int(done.stdout)


def main() -> None:
    """Print one row for each shape and format."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{'shape':20s} {'format':9s} {'Storm s':>8s} {'Telos s':>8s} {'ratio':>6s}", end="")
    print(f" {'held B/transition':>18s} {'grown':>6s}")
    for shape, (states, choices, fan, long) in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            count, (tra, lab, drn) = write(Path(folder), states, choices, fan, long)
            for name, theirs, ours, paths in (
                (
                    "explicit",
                    lambda tra=tra, lab=lab: stormpy.build_model_from_explicit(tra, lab),
                    lambda tra=tra, lab=lab: read_explicit(tra, lab),
                    [tra, lab],
                ),
                (
                    "DRN",
                    lambda drn=drn: stormpy.build_model_from_drn(drn),
                    lambda drn=drn: read_drn(drn),
                    [drn],
                ),
            ):
                turns = [(seconds(theirs), seconds(ours)) for _ in range(TURNS)]
                storm, telos = (min(column) for column in zip(*turns, strict=True))
                print(
                    f"{shape:20s} {name:9s} {storm:8.2f} {telos:8.2f} {telos / storm:6.1f}", end=""
                )
                print(f" {held(ours) / count:18.0f} {grown(paths) / count:6.0f}", flush=True)


if __name__ == "__main__":
    main()
