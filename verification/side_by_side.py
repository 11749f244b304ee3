"""Two states of Telos beside one another: the same parts to the byte, and how much less time they take.

    python verification/side_by_side.py OTHER_SRC [--turns 12] [--equal-only]

OTHER_SRC is the `src` folder of another checkout (`git worktree add DIR COMMIT`). Each runs in a process
of its own, with this Python. First the parts of several small trials (worlds with and without chance,
rewriting, safeguards, families, agents) are compared by name, which holds a checksum, and byte for byte;
then both compute and write a thousand goals of the 408-state factory in turns, as a worker of `telos run`
does. Processor seconds count, and turns alternate, since other programs slow both.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from telos import agents, families, safeguards, worlds
from telos.core.record import Made
from telos.drives import DRIVES
from telos.runs.compute import compute
from telos.runs.parts import write_part
from telos.runs.plan import Chunk, built, lacking
from telos.runs.trial import Trial
from telos.solve.threads import set_threads

FACTORY = worlds.PaperclipFactory(
    products=("clips", "pins", "nails"), machines=1, slips=(0.2, 0.05)
)
TOGETHER, SIZE = 4, 256


def trials() -> list[tuple[Trial, int]]:
    """What is compared: trials, and how many goals of each."""
    every = tuple(drive() for drive in DRIVES)
    small = worlds.PaperclipFactory(products=("clips", "pins"), machines=1)
    optimal, uniform = agents.Optimal(), families.Uniform()
    asked = [
        (FACTORY, uniform, optimal, 0.9, (), 40),
        (FACTORY, uniform, optimal, 0.99, (), 24),
        (FACTORY, families.Sparse(), agents.Boltzmann(), 0.9, (), 24),
        (small, families.Normal(), agents.ShortSighted(planning_discount=0.5), 0.9, (), 24),
        (small, uniform, agents.Optimal(ties="worst"), 0.95, (), 24),
        (small, families.Simplex(), agents.UniformRandom(), 0.9, (), 17),
        (small, uniform, optimal, 0.9, (safeguards.Forbid(actions=("tamper",)),), 17),
        (worlds.OffSwitch(rooms=3), uniform, optimal, 0.9, (), 33),
        (worlds.Surgery(outcomes=3), uniform, optimal, 0.9, (), 33),
        (worlds.RandomWorld(states=60, rewriting=True, seed=3), uniform, optimal, 0.9, (), 33),
        (worlds.RandomWorld(states=300, seed=1), families.Skewed(), optimal, 0.99, (), 33),
    ]
    found = []
    for scenario, family, agent, discount, guards, n in asked:
        here = tuple(d for d in every if not lacking(built(scenario), d.needs))
        found.append((Trial(scenario, family, agent, here, discount, guards, n_goals=n), n))
    return found


def serve(folder: Path) -> None:
    """In the process of one state: compute what is asked for, a line each, and say what it took."""
    set_threads(1)
    every = tuple(drive() for drive in DRIVES)
    trial = Trial(FACTORY, families.Uniform(), agents.Optimal(), every, 0.9, n_goals=10**6)
    for line in sys.stdin:
        begun = time.process_time()
        if line.strip() == "equal":
            for one, n in trials():
                for key, table in compute(Chunk((one,), one.drives, 0, n)).items():
                    write_part(folder, key, 0, n, table, Made())
        else:
            first = int(line) * TOGETHER * SIZE
            many = TOGETHER if "part" in Chunk.__dataclass_fields__ else 1
            for at in range(first, first + TOGETHER * SIZE, many * SIZE):
                for key, table in compute(Chunk((trial,), every, at, many * SIZE)).items():
                    rows = len(table) // many
                    for i in range(many):
                        piece = table.slice(rows * i, rows) if many > 1 else table
                        write_part(folder, key, at + i * SIZE, SIZE, piece, Made())
            if many > 1:  # as its workers do
                gc.freeze()
        print(time.process_time() - begun, flush=True)


def started(source: Path, folder: Path) -> subprocess.Popen[str]:
    """A process that serves one state of Telos."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    line = [sys.executable, __file__, "--serve", str(folder)]
    environment = {**os.environ, **one, "PYTHONPATH": str(source)}
    return subprocess.Popen(
        line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def asked(process: subprocess.Popen[str], what: str) -> float:
    """The seconds that a process says it took."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def same(folders: list[Path]) -> bool:
    """Whether two folders hold the same files, to the byte."""
    old, new = ({path.name: path.read_bytes() for path in each.iterdir()} for each in folders)
    print(
        f"{len(old)} parts: {'the same to the byte' if old == new else 'THEY DIFFER'}", flush=True
    )
    for name in sorted(old.keys() ^ new.keys()):
        print(f"  only in {'the other' if name in old else 'this'}: {name}")
    return old == new


def main() -> int:
    """Compare, print, and return 0 if all parts are the same."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("other", type=Path, nargs="?")
    words.add_argument("--turns", type=int, default=12)
    words.add_argument("--equal-only", action="store_true")
    words.add_argument("--serve", type=Path)
    given = words.parse_args()
    if given.serve:
        serve(given.serve)
        return 0
    if given.other is None:
        words.error("name the `src` folder of the other state")
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("other", "this")]
        for folder in folders:
            folder.mkdir()
        here = Path(__file__).parents[1] / "src"
        both = [started(given.other, folders[0]), started(here, folders[1])]
        for process in both:
            asked(process, "equal")
        fine, took = same(folders), ([], [])
        for k in range(0 if given.equal_only else given.turns + 1):
            for i in (0, 1) if k % 2 else (1, 0):
                took[i].append(asked(both[i], str(k)))
        if took[0]:
            goals = TOGETHER * SIZE
            for name, seconds in zip(("other", "this"), took, strict=True):
                each = 1e6 * np.array(seconds[1:]) / goals
                print(f"{name}: {each.min():.0f} to {each.max():.0f} microseconds a goal, ", end="")
                print(f"median {np.median(each):.0f}")
            ratios = [a / b for a, b in zip(took[0][1:], took[1][1:], strict=True)]
            print(f"ratio of turns: median {statistics.median(ratios):.2f}, ", end="")
            print(f"{min(ratios):.2f} to {max(ratios):.2f}")
            fine = same(folders) and fine
        for process in both:
            process.stdin.close()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
