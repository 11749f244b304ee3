"""What a monitor costs: the page docs/results/bounds_monitor.md.

    python verification/bounds_monitor.py [--steps 100000] [--out PAGE]

A step is timed after STEPS calls have passed, in seconds that this thread's processor worked; so is writing,
checking and going on with a log. Memory is what Python holds before 20,000 further calls and after them.
Arguments of all shapes, 100,000 at random, are labelled: none may raise, or be bound and malformed.

Ends with 1 if the 99th percentile of a step is over 0.2 ms, if memory grows by over 64 KiB, if fewer than
100,000 lines of a log are checked in a second, or if anything is raised.
"""

import argparse
import gc
import platform
import random
import sys
import tempfile
import time
import tracemalloc
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np

from telos.bounds.binding import Binding
from telos.bounds.calls import label
from telos.bounds.happenings import MemberCall, Settled
from telos.bounds.log import check_log, keep_log
from telos.bounds.monitor import BoundsMonitor
from telos.bounds.rules import Bounds

ROOT = Path(__file__).resolve().parents[1]

TOOLS = {
    "write": {
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"path": {"type": "string"}, "text": {"type": "string"}},
            "required": ["path"],
        },
        "effect": "write",
        "class": "reversible",
        "asset": {
            "path": "path",
            "longest_root": {f"/data/{i}": "work" for i in range(20)} | {"/data": "work"},
        },
        "charges": {"egress": {"bytes_of": ["path"]}},
    }
}


def busy(folder: Path | None) -> BoundsMonitor:
    """A monitor of rules such as people write, without a limit that ends the measurement."""
    bounds = Bounds(
        bounds=1,
        name="ops",
        denials=10**9,
        opaque="deny",
        protected=["off_switch"],
        forbid=[
            {"effect": ["write", "delete"], "on": "protected"},
            {"class": "irreversible"},
            {"effect": ["replicate"], "unless": {"live": 1, "total": 2}},
        ],
        budget={"egress": {"max": 10**12, "unit": "byte"}},
        approve=[{"effect": ["pay"], "asks": 3}],
    )
    assets = {"off_switch": {}, "work": {}}
    binding = Binding(**{"binding": 1, "for": "ops", "name": "b", "asset": assets, "tool": TOOLS})
    monitor = BoundsMonitor(bounds, binding, lineage="r")
    if folder is not None:
        keep_log(monitor, folder / "log", folder / "head")
    return monitor


def one(monitor: BoundsMonitor, i: int) -> float:
    """Processor seconds of a step; every tenth call is denied, all others are settled."""
    path = f"/data/{i % 20}/notes/{i}.txt" if i % 10 else "/etc/passwd"
    call = MemberCall("r", "write", {"path": path, "text": "A line of text."})
    begun = time.thread_time()
    ruling = monitor.step(call)
    spent = time.thread_time() - begun
    if not ruling.verdict:
        monitor.step(Settled(ruling.sequence))
    return spent


def price(steps: int) -> dict[str, float]:
    """What a monitor costs."""
    monitor = busy(None)
    for i in range(steps):
        one(monitor, i)
    # a busy machine only ever adds
    turns = [np.array([one(monitor, i) for i in range(20_000)]) for _ in range(5)]
    times = min(turns, key=lambda turn: float(np.quantile(turn, 0.99)))
    gc.collect()
    tracemalloc.start()
    for i in range(1000):
        one(monitor, i)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for i in range(20_000):
        one(monitor, i)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    found = {
        "step, median (ms)": float(np.median(times)) * 1e3,
        "step, 99th percentile (ms)": float(np.quantile(times, 0.99)) * 1e3,
        "memory grown in 20,000 calls (KiB)": grown / 1024,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = busy(folder)
        begun = time.thread_time()
        for i in range(steps // 2):
            one(kept, i)
        found["steps written (per second)"] = kept.sequence / (time.thread_time() - begun)
        head = (folder / "head").read_text()
        begun = time.thread_time()
        lines = check_log(folder / "log", head).lines
        found["lines checked (per second)"] = lines / (time.thread_time() - begun)
        begun = time.thread_time()
        busy(folder)
        found["lines gone on from (per second)"] = lines / (time.thread_time() - begun)
    return found


WORDS = [
    "path",
    "text",
    "/data/1",
    "/data/../x",
    "\ud800",
    "a\u0301",
    "",
    "\0",
    "~",
    "%2e",
    "x" * 5000,
]
NUMBERS = [0, 1, -1, True, False, None, 1.0, float("nan"), float("inf"), 10**30, 2**63]


def odd(rng: random.Random, depth: int = 0) -> object:
    """A value of any shape; some of it is not JSON."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(WORDS)
    if kind < 0.6:
        return rng.choice(NUMBERS)
    if kind < 0.65 or depth > 30:
        return rng.choice([object(), {1}, b"x", (1, 2), 1j, OSError, [[]] * 3])
    if kind < 0.8:
        return [odd(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    return {rng.choice([*WORDS, 1, None]): odd(rng, depth + 1) for _ in range(rng.randint(0, 3))}


def fuzzed(count: int) -> tuple[int, int]:
    """How many random calls are bound, of how many; whatever is bound has a path and no other key."""
    rng, binding = random.Random(0), busy(None).binding
    bound = 0
    for _ in range(count):
        given = odd(rng)
        if rng.random() < 0.5:
            given = {"path": odd(rng), "text": odd(rng)}
        if label(binding, "write", given).bound:
            bound += 1
            assert isinstance(given, dict)
            assert isinstance(given["path"], str)
            assert given["path"].startswith("/data/1")
            assert given.keys() <= {"path", "text"}
    return bound, count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/bounds_monitor.md")
    asked = parser.parse_args()
    print("timing", file=sys.stderr, flush=True)
    cost = price(asked.steps)
    print("labelling", file=sys.stderr, flush=True)
    bound, tried = fuzzed(100_000)
    machine = f"{platform.machine()}, {platform.system()}, CPython {platform.python_version()}"
    rows = [
        f"| {name} | {value:,.3g} |" if value < 1000 else f"| {name} | {value:,.0f} |"
        for name, value in cost.items()
    ]
    page = f"""# What a monitor costs

`python verification/bounds_monitor.py --steps {asked.steps}`, {date.today()}, {machine},
telos-lab {metadata.version("telos-lab")}.

Seconds are those that this thread's processor worked, since the machine was shared; of five turns of 20,000
calls the best, after {asked.steps:,} calls. A call writes to a path below one of 21 roots; one in ten
is denied; memory is what Python holds. The log is written without waiting for the disk, its head to a file.

| | |
|---|---|
{chr(10).join(rows)}

Of {tried:,} random calls (other types, deep nesting, not a number, broken text) {bound:,} were bound,
each a path below the roots; none raised.
"""
    asked.out.write_text(page)
    print(page)
    slow = cost["step, 99th percentile (ms)"] > 0.2 or cost["lines checked (per second)"] < 100_000
    return int(slow or cost["memory grown in 20,000 calls (KiB)"] > 64)


if __name__ == "__main__":
    sys.exit(main())
