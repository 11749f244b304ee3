"""A world of a million states: explored, stored, solved, shared by two processes, and studied by telos run.

    python verification/large_worlds.py [--side N] [--stock N] [--goals N] [--steps run] [--page FILE]

Each step is a process of its own, so that its peak of memory is its own; `run` is the whole command
`telos run`, whose processes are added up, each page that several share counted once (PSS, four looks a
second). The world is that of `large_study.py`. The table goes to --page with machine and versions.
"""

import argparse
import functools
import json
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from large_study import FEATURES, LABELS, Mine
from million_goals import _processor, memory

from telos import Problem, World, explore, families, load_world, save_world, solve
from telos.solve.threads import set_threads

GIB = 2**30
STUDY = Path(__file__).with_name("large_study.py")
PAGE = Path(__file__).parents[1] / "docs" / "results" / "large_worlds.md"
#: What is asked of `telos run`: seconds, and GiB of all its processes.
MOST_SECONDS, MOST_GIB = 15 * 60, 8.0
#: States of the world of which it is asked.
MANY = 1_000_000


def one(side, stock, state):
    """The same rules for one state."""
    row, col, mined = state
    legal = {"wait": state}
    if row > 0:
        legal["north"] = (row - 1, col, mined)
    if row < side - 1:
        legal["south"] = (row + 1, col, mined)
    if col > 0:
        legal["west"] = (row, col - 1, mined)
    if col < side - 1:
        legal["east"] = (row, col + 1, mined)
    if mined < stock - 1 and (row + col) % 2 == 0:
        legal["mine"] = {(row, col, mined + 1): 0.8, state: 0.2}
    return legal


def explored(how, given) -> World:
    """The world, by one of the two functions."""
    if how == "explore":
        rules = functools.partial(one, given.side, given.stock)
        return explore((0, 0, 0), rules, features=FEATURES, **LABELS)
    return Mine(given.side, given.stock).build()


def checksums(folder):
    """The files of a stored world: each name holds the checksum of what is in it."""
    return sorted(path.name for path in folder.glob("*.npy"))


def build(how, given):
    """Explore a world and store it."""
    begun = time.perf_counter()
    world = explored(how, given)
    seconds = time.perf_counter() - begun
    built = peak()
    save_world(world, given.folder / how)
    return {
        "step": f"{how}: {world.size:,} states, {world.n_pairs:,} pairs",
        "seconds": seconds,
        "GiB": built,
        "": f"{time.perf_counter() - begun - seconds:.1f} s to store it",
    }


def solved(given):
    """Open the stored world and solve many goals in it."""
    begun = time.perf_counter()
    world = load_world(given.folder / "explore_vectorized")
    opened = time.perf_counter() - begun
    set_threads(given.threads)
    goals = families.Uniform().sample(world, given.goals, np.random.default_rng(0))
    drawn, begun = peak(), time.perf_counter()
    solution = solve(Problem(world, goals, given.discount))
    seconds = time.perf_counter() - begun
    bound = float(solution.bound.max())
    tied = int(np.count_nonzero(solution.tied))
    return {
        "step": f"solve: {goals.count} goals at {given.discount}",
        "seconds": seconds,
        "GiB": peak(),
        "": f"largest bound {bound:.1e}, {tied:,} tied pairs, {sorted({s.name for s in solution.status})}; "
        f"opened in {opened:.2f} s; {drawn:.2f} GiB with the goals drawn",
    }


def look(folder, together, found):
    """Open a stored world, read all of it, and say how much memory that takes."""
    base = mapped()
    world = load_world(folder)
    total = sum(float(np.sum(getattr(world, name))) for name in ("next_state", "next_prob"))
    together.wait()
    found.put((base, mapped(), total))
    together.wait()


def shared(given):
    """Two processes that have one world open at the same time."""
    spawn = multiprocessing.get_context("spawn")
    together, found = spawn.Barrier(2), spawn.Queue()
    place = given.folder / "explore_vectorized"
    workers = [spawn.Process(target=look, args=(place, together, found)) for _ in range(2)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    seen = [found.get() for _ in workers]
    for worker in workers:
        worker.join()
    size = sum(path.stat().st_size for path in place.iterdir()) / GIB
    told = "; ".join(
        f"resident {base['Rss']:.2f} -> {after['Rss']:.2f}, "
        f"its share {base['Pss']:.2f} -> {after['Pss']:.2f}"
        for base, after, _ in seen
    )
    assert seen[0][2] == seen[1][2]
    return {
        "step": f"share: two processes, one world of {size:.2f} GiB",
        "seconds": time.perf_counter() - begun,
        "GiB": max(after["Rss"] for _, after, _ in seen),
        "": told,
    }


def studied(given):
    """`telos run` of the study over this world, report included, in processes of its own."""
    sizes = {"TELOS_SIDE": str(given.side), "TELOS_STOCK": str(given.stock)}
    out = given.out or given.folder / "study"
    line = [sys.executable, "-m", "telos", "run", str(STUDY), "--out", str(out)]
    line += ["--goals", str(given.goals), "--jobs", str(given.threads)]
    begun = time.perf_counter()
    heard, most = [begun], 0
    run = subprocess.Popen(
        line, env=os.environ | sizes, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    def listen():
        for text in run.stdout:
            heard.append(time.perf_counter())
            print(f"{heard[-1] - begun:7.1f} s  {text}", end="", file=sys.stderr, flush=True)

    reader = threading.Thread(target=listen)
    reader.start()
    while run.poll() is None:
        most = max(most, memory(run.pid))
        time.sleep(0.25)
    reader.join()
    seconds = time.perf_counter() - begun
    silence = float(np.diff([*heard, begun + seconds]).max())
    if run.returncode:
        raise SystemExit("the run failed")
    record = json.loads((out / "study.json").read_text())
    goals = [control["n_goals"] for control in record["controls"]]
    size = record["trials"][0]["world"]
    told = (
        f"{size['states']:,} states, {size['pairs']:,} pairs; controls of {goals[0]} goals; "
        f"longest silence {silence:.1f} s"
    )
    return {
        "step": f"telos run: {given.goals} goals, {given.threads} processes",
        "seconds": seconds,
        "GiB": most / GIB,
        "": told,
        "holds": seconds < MOST_SECONDS and most < MOST_GIB * GIB,
        "states": size["states"],
    }


def page(rows, given):
    """The page: what was measured, on what."""
    names = ("numpy", "numba", "polars", "scipy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    size = ["--side", str(given.side), "--stock", str(given.stock)]
    lines = [
        "# Large worlds",
        "",
        f"`python verification/large_worlds.py {' '.join(size)}`, {date.today().isoformat()}, on "
        f"{_processor()} ({len(os.sched_getaffinity(0))} cores), {platform.system()}, CPython "
        f"{platform.python_version()}, {versions}.",
        "",
        "A grid with a stock (`verification/large_study.py`), goals of the family `Uniform()`. Memory is "
        "the peak of a step's process; of `telos run`, of all its processes together (PSS, four looks a "
        "second). That step is the whole command, from its start to the written report: full readings of "
        "the optimal agent and all drives that apply, controls, tables.",
        "",
        "| step | seconds | GiB | |",
        "|---|---:|---:|---|",
    ]
    lines += [f"| {r['step']} | {r['seconds']:,.1f} | {r['GiB']:.2f} | {r['']} |" for r in rows]
    held = [row["holds"] for row in rows if row.get("states", 0) >= MANY]
    if held:
        asked = f"`telos run` within {MOST_SECONDS / 60:.0f} minutes and {MOST_GIB:g} GiB"
        lines += ["", f"Asked for: {asked}: {'holds' if all(held) else 'DOES NOT HOLD'}."]
    return "\n".join(lines) + "\n"


def peak():
    """The most memory that this process has had at a time, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB


def mapped():
    """What this process has in memory (Rss), and what of that is its share (Pss), in GiB."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split(":")[0]: line.split() for line in text.splitlines()[1:]}
    return {name: int(sizes[name][1]) * 1024 / GIB for name in ("Rss", "Pss")}


STEPS = {
    "explore_vectorized": functools.partial(build, "explore_vectorized"),
    "explore": functools.partial(build, "explore"),
    "solve": solved,
    "share": shared,
    "run": studied,
}


def main():
    """Take the steps one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--side", type=int, default=100)
    parser.add_argument("--stock", type=int, default=100)
    parser.add_argument("--goals", type=int, default=100)
    parser.add_argument("--discount", type=float, default=0.99)
    parser.add_argument("--threads", type=int, default=2, help="threads, or processes of telos run")
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--out", type=Path, help="result folder of telos run; kept")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        print(json.dumps(STEPS[given.steps](given)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for step in given.steps.split(","):
            words = [
                word
                for name, value in vars(given).items()
                if name not in ("folder", "page") and value is not None
                for word in (f"--{name}", str(value))
            ]
            words[words.index("--steps") + 1] = step
            done = subprocess.run(
                [sys.executable, __file__, *words, "--folder", folder],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            row = json.loads(done.stdout.splitlines()[-1])
            rows.append(row)
            print(
                f"{row['step']:48} {row['seconds']:8.1f} s {row['GiB']:6.2f} GiB  {row['']}",
                flush=True,
            )
        found = [checksums(Path(folder) / how) for how in ("explore_vectorized", "explore")]
        if all(found):
            assert found[0] == found[1], "the two functions built different worlds"
            print("explore and explore_vectorized built the same world, bit for bit")
    given.page.write_text(page(rows, given), encoding="utf-8")


if __name__ == "__main__":
    main()
