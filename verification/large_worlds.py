"""A world of a million states: explored, stored, solved for a hundred goals, and shared by two processes.

    python verification/large_worlds.py [--side N] [--stock N] [--goals N] [--discount D] [--threads N]

Each step is a process of its own, so that its peak of memory is its own. The world is a grid with a stock:
side x side cells, and how much has been mined, 0 to stock - 1.
"""

import argparse
import functools
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from telos import (
    Legal,
    Problem,
    World,
    explore,
    explore_vectorized,
    families,
    load_world,
    save_world,
    solve,
)
from telos.solve.threads import set_threads

GIB = 2**30
LABELS = {"default": "wait", "name": "mine"}


def many(side, stock, states):
    """The rules for many states at once: where somebody stands, and how much has been mined."""
    row, col, mined = states
    ore = (mined < stock - 1) & ((row + col) % 2 == 0)
    return {
        "wait": states,
        "north": Legal(row > 0, (row - 1, col, mined)),
        "south": Legal(row < side - 1, (row + 1, col, mined)),
        "west": Legal(col > 0, (row, col - 1, mined)),
        "east": Legal(col < side - 1, (row, col + 1, mined)),
        "mine": Legal(ore, [(0.8, (row, col, mined + 1)), (0.2, states)]),
    }


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
    side, stock = given.side, given.stock
    features = {"resources": lambda s: s[2]}
    if how == "explore":
        return explore((0, 0, 0), functools.partial(one, side, stock), features=features, **LABELS)
    return explore_vectorized(
        (0, 0, 0), functools.partial(many, side, stock), features=features, **LABELS
    )


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
}


def main():
    """Take the steps one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--side", type=int, default=100)
    parser.add_argument("--stock", type=int, default=100)
    parser.add_argument("--goals", type=int, default=100)
    parser.add_argument("--discount", type=float, default=0.99)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        print(json.dumps(STEPS[given.steps](given)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for step in given.steps.split(","):
            words = [w for k, v in vars(given).items() if k != "folder" for w in (f"--{k}", str(v))]
            words[words.index("--steps") + 1] = step
            done = subprocess.run(
                [sys.executable, __file__, *words, "--folder", folder],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            row = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{row['step']:48} {row['seconds']:8.1f} s {row['GiB']:6.2f} GiB  {row['']}",
                flush=True,
            )
        found = [checksums(Path(folder) / how) for how in ("explore_vectorized", "explore")]
        if all(found):
            assert found[0] == found[1], "the two functions built different worlds"
            print("explore and explore_vectorized built the same world, bit for bit")


if __name__ == "__main__":
    main()
