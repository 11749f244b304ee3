"""How long bounds take: building and solving a product, and the monitor's step and log.

    python benchmarks/bounds.py [--goals 100] [--events 100000] [--out PAGE]

One process, one thread. The bars are of processor time, since a busy machine only ever adds to what a
clock on the wall says; that is told as well. Ends with 1 unless every bar holds.
"""

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np

from telos import Problem, solve
from telos.bounds.binding import Binding
from telos.bounds.log import check_log, keep_log
from telos.bounds.monitor import BoundsMonitor, LevelsRead, MemberCall, Settled
from telos.bounds.product import product
from telos.bounds.rules import Bounds
from telos.families import Uniform
from telos.solve.threads import set_threads
from telos.worlds import PaperclipFactory

#: What must hold: seconds of build and solve, milliseconds of a step and of the hook, entries a second.
BARS = {"product": 60.0, "step": 0.2, "log": 1e5, "hook": 300.0}
DISCOUNT = 0.95
DESK = Path(__file__).parents[1] / "verification" / "conformance" / "desk"
#: Of several turns the best counts.
TURNS = 8


@contextmanager
def timed(found: list[float]) -> Iterator[None]:
    """Put processor and wall seconds of a block into a list."""
    wall, spent = time.perf_counter(), time.process_time()
    yield
    found += [time.process_time() - spent, time.perf_counter() - wall]


def factory() -> tuple[Bounds, Binding]:
    """Sixteen acts that do something, of which tampering is asked for twice: over 100,000 product states."""
    world = PaperclipFactory()
    acts = [a for a in world.build().actions if a not in ("idle", "tamper")]
    bounds = Bounds(
        bounds=1,
        name="ops",
        denials=20,
        opaque="deny",
        protected=["off_switch"],
        budget={"acts": {"max": 20, "unit": "item"}},
        approve=[{"effect": ["disable"], "on": "protected", "asks": 2}],
    )
    named = {"class": "reversible", "charges": {"acts": 1}}
    binding = Binding(
        **{"for": "ops"},
        binding=1,
        name="factory",
        asset={"off_switch": {}},
        act=[
            {**named, "action": acts, "effect": "none"},
            {**named, "action": "tamper", "effect": "disable", "asset": "off_switch"},
        ],
    )
    return bounds, binding


def of_product(goals: int) -> tuple[str, float]:
    """Build the product, and solve goals in it, on one core."""
    set_threads(1)
    world, (bounds, binding) = PaperclipFactory().build(), factory()
    small = Problem(world, Uniform().sample(world, 1, np.random.default_rng(0)), DISCOUNT)
    solve(small)  # compiles what is not compiled yet
    built: list[float] = []
    solved: list[float] = []
    with timed(built):
        made = product(world, bounds, binding, granted=0.1).made
    drawn = Uniform().sample(world, goals, np.random.default_rng(1))
    problem = Problem(world, drawn, DISCOUNT).onto(made.world, made.state, made.pair)
    with timed(solved):
        found = solve(problem)
    size = made.world.size
    text = (
        f"{size:,} product states, {made.world.n_pairs:,} pairs; built in {built[0]:.1f} s, {goals} goals "
        f"solved in {solved[0]:.1f} s on one core (wall {built[1] + solved[1]:.1f} s); largest certified "
        f"bound {found.bound.max():.1e}; {(built[0] + solved[0]) * 1e5 / size:.1f} s for 10^5 states"
    )
    return text, (built[0] + solved[0]) * 1e5 / size


def tools() -> tuple[Bounds, Binding]:
    """Rules of every kind, and a tool that all of them look at."""
    most = 10**9
    bounds = Bounds(
        bounds=1,
        name="ops",
        denials=most,
        opaque="deny",
        protected=["off_switch", "log"],
        forbid=[
            {"effect": ["disable", "write", "delete"], "on": "protected"},
            {"effect": ["replicate"], "unless": {"live": 1, "total": 2}},
            {"class": "irreversible"},
        ],
        keep=[{"asset": "copies", "at_least": 1}],
        budget={"money": {"max": most, "unit": "cent"}, "calls": {"max": most}},
        approve=[{"effect": ["pay"], "above": {"amount": 50, "unit": "cent"}, "asks": 3}],
    )
    schema = {
        "type": "object",
        "properties": {
            "price": {"type": "integer"},
            "count": {"type": "integer"},
            "to": {"type": "string"},
        },
        "required": ["price", "count", "to"],
        "additionalProperties": False,
    }
    charge = {"product": ["price", "count"]}
    tool = {
        "schema": schema,
        "effect": ["pay", "send"],
        "asset": {"by": "to", "table": {"log": "log"}, "else": "shop"},
        "class": "reversible",
        "charges": {"money": charge},
    }
    binding = Binding(
        **{"for": "ops"},
        binding=1,
        name="shop",
        asset={
            "off_switch": {},
            "log": {},
            "shop": {},
            "copies": {"start": 2, "cap": 2, "level": "observed"},
        },
        tool={"buy": tool},
    )
    return bounds, binding


def stepped(monitor: BoundsMonitor, events: int, kept: int = 0) -> np.ndarray:
    """Calls, one in ten denied, each settled if allowed.

    Returns:
        F[kept, 2], processor and wall seconds of the last steps.
    """
    spent = np.zeros((kept, 2))
    for i in range(-events, 0):
        made = {
            "price": 1 + i % 3,
            "count": i % 7,
            "to": "log" if i % 10 == 0 else f"shop {i % 50}",
        }
        call = MemberCall("root", "buy", made)
        wall, began = time.perf_counter(), time.thread_time()
        ruling = monitor.step(call)
        if i >= -kept:
            spent[i] = time.thread_time() - began, time.perf_counter() - wall
        if ruling.verdict == 0:
            monitor.step(Settled(ruling.sequence))
    return spent


def of_step(events: int) -> tuple[str, float]:
    """The step of a monitor that has seen many events, labelling included; and its memory."""
    monitor = BoundsMonitor(*tools(), lineage="root")
    monitor.step(LevelsRead({"copies": 2}))
    stepped(monitor, 1000)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stepped(monitor, events)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    turns = [stepped(monitor, 10_000, 10_000) for _ in range(TURNS)]
    told = np.array([np.percentile(spent * 1e3, (50, 99), axis=0) for spent in turns])
    (middle, slow_middle), (most, slow) = told.min(axis=0)
    held = len(monitor.running) + len(monitor.asks)
    text = (
        f"after {events:,} calls: median {middle:.3f} ms, p99 {most:.3f} ms a call, labelled and judged "
        f"(wall {slow_middle:.3f} and {slow:.3f} ms); "
        f"{held} calls held, memory grown by {grown:,} KiB"
    )
    return text, float(most)


def of_log(events: int) -> tuple[str, float]:
    """Writing and verifying the log of a monitor."""
    with tempfile.TemporaryDirectory() as folder:
        path, heads = Path(folder) / "log.jsonl", [""]
        monitor = BoundsMonitor(*tools(), lineage="root")
        keep_log(monitor, path, lambda head: heads.__setitem__(0, head))
        written: list[float] = []
        read: list[float] = []
        with timed(written):
            stepped(monitor, events // 2)
        with timed(read):
            found = check_log(path, heads[0])
        size = path.stat().st_size
    rate = found.lines / read[0]
    text = (
        f"{found.lines:,} entries ({size / 2**20:.0f} MiB): judged and written "
        f"{found.lines / written[0]:,.0f} a second, verified {rate:,.0f} a second"
    )
    return text, rate


def of_hook() -> tuple[str, float]:
    """A process of the hook, from its start to its end, in a session that has seen calls before."""
    said = {"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "read_file"}
    text = json.dumps({**said, "tool_input": {"path": "/srv/app/report.txt"}}).encode()
    files = (str(DESK / "desk.toml"), "--binding", str(DESK / "tools.toml"))
    spent, walls = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "telos",
            "bounds",
            "hook",
            *files,
            "--log",
            f"{folder}/log",
        ]
        for _ in range(2 * TURNS):
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(command, input=text, capture_output=True, check=True)
            walls.append((time.perf_counter() - wall) * 1e3)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            spent.append(seconds * 1e3)
            if b'"allow"' not in done.stdout:
                raise SystemExit(f"the hook says {done.stdout!r}")
    text_of = (
        f"one process a call: {min(spent):.0f} ms of processor (median {np.median(spent):.0f}), wall "
        f"{min(walls):.0f} (median {np.median(walls):.0f})"
    )
    return text_of, min(spent)


def main() -> None:
    """Measure, write the page, and end with 1 unless every bar holds."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--goals", type=int, default=100)
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    rows, right = [], True
    for name, (text, value) in (
        ("step", of_step(given.events)),
        ("log", of_log(given.events)),
        ("hook", of_hook()),
        ("product", of_product(given.goals)),
    ):
        held = value >= BARS[name] if name == "log" else value <= BARS[name]
        right &= held
        bar = {
            "step": "p99 ≤ 0.2 ms",
            "log": "≥ 10^5 verified a second",
            "hook": "≤ 300 ms",
            "product": "≤ 60 s",
        }[name]
        rows.append(f"| {name} | {text} | {bar} | {'holds' if held else 'FAILS'} |")
        print(rows[-1], flush=True)
    names = ("numpy", "numba", "pydantic")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    text = [
        "# How long bounds take",
        "",
        f"`python benchmarks/bounds.py`, {date.today()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, CPython {platform.python_version()}, {versions}.",
        "",
        "| what | measured | bar | |",
        "|---|---|---|---|",
        *rows,
        "",
    ]
    print("\n".join(text))
    if given.out:
        given.out.write_text("\n".join(text), encoding="utf-8")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
