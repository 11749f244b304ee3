"""The monitor beside the product, and its price: the page docs/results/bounds_monitor.md.

    python verification/bounds_monitor.py [--depth 6] [--random 1000000] [--steps 100000] [--out PAGE]

1. In the product of a world and its bounds, calls and denials counted, everything that can be done in up
   to DEPTH steps is also told to a monitor: each ruling, and what is remembered after it, must be the same;
   then RANDOM further steps on walks of 40. Bounds as shipped, and once more with 4 calls and 2 denials.
2. A step of the monitor is timed while STEPS calls pass, in seconds of this thread's processor; so is
   writing, checking and going on with its log. Memory is what Python holds before and after.

Ends with 1 if product and monitor differ anywhere, if the 99th percentile of a step is over 0.2 ms, if
memory grows by over 64 KiB, or if fewer than 100,000 lines of a log are checked in a second.
"""

import argparse
import gc
import platform
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np

from telos.bounds.binding import Binding
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.log import check_log, keep_log
from telos.bounds.monitor import BoundsMonitor, Granted, LevelsRead, MemberCall, Settled
from telos.bounds.product import BoundedWorld, product, world_of
from telos.bounds.rules import Bounds

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "bounds"
WORLDS = (("ops", "ops-world"), ("workshop", "workshop-world"), ("employee", "employee-world"))
WALK = 40


def limits(bounds: Bounds) -> dict[str, int]:
    """Where counters of the product stop: beyond, no rule tells more from less."""
    rules = [rule.unless for rule in bounds.forbid if rule.unless is not None]
    calls = bounds.budget.get("calls")
    return {
        "live": 1 + max((rule.live for rule in rules), default=0),
        "total": 1 + max((rule.total for rule in rules), default=0),
        "calls": calls.max if calls else 0,
        "denials": bounds.denials,
    }


class Beside:
    """A product, and a monitor that is told what is done in it."""

    def __init__(self, bounded: BoundedWorld) -> None:
        self.bounded = bounded
        self.limits = limits(bounded.bounds)
        self.monitor = BoundsMonitor(
            bounded.bounds, bounded.binding, lineage="r", clock=lambda: 0.0
        )
        self.seen: set[tuple[object, ...]] = set()
        self.compared = 0
        self.wrong: list[str] = []

    def saved(self) -> tuple[object, ...]:
        m = self.monitor
        return m.memory, m.sequence, m.terminated, dict(m.running), dict(m.asks), dict(m.levels)

    def restored(self, saved: tuple) -> None:
        m = self.monitor
        m.memory, m.sequence, m.terminated = saved[:3]
        m.running, m.asks, m.levels = (dict(each) for each in saved[3:])

    def told(self, state: int, pair: int) -> tuple[str, str, object]:
        """What the monitor says of a pair of the product, and remembers after it."""
        made, events, monitor = self.bounded.made, self.bounded.events, self.monitor
        which = int(events.of_pair[made.pair[pair]])
        if which == 0:
            return "allow", "", monitor.memory
        here = {name: int(level[made.state[state]]) for name, level in events.readings.items()}
        if here:
            monitor.step(LevelsRead(here))
        ruling = monitor.step(MemberCall("r", "act", event=events.events[which]))
        ran = ruling
        if ask := monitor.asked(ruling.sequence):
            ran = monitor.step(Granted(ask.sequence, ask.digest))
            if ran.verdict:
                return "granted, then " + ran.verdict.name, ran.rule, monitor.memory
        if not ran.verdict:
            monitor.step(Settled(ran.sequence))
        return ruling.verdict.name.lower(), ruling.rule, monitor.memory

    def compare(self, state: int, pair: int) -> None:
        """One step in both; what differs is kept."""
        ruling = self.bounded.rulings[self.bounded.ruling[pair]]
        world = self.bounded.made.world
        verdict, rule, memory = self.told(state, pair)
        clipped = memory._replace(
            **{name: min(getattr(memory, name), most) for name, most in self.limits.items()}
        )
        after = {world.states[s].memory for s in world.successors(pair)}
        there = (ruling.verdict.name.lower(), ruling.rule, after)
        self.compared += 1
        if self.monitor.terminated and (verdict, rule) == there[:2]:
            return  # for good: what is remembered no longer matters
        if there != (verdict, rule, {clipped}):
            self.wrong.append(
                f"{world.states[state]}, pair {pair}: {there} and {verdict, rule, clipped}"
            )

    def deep(self, state: int, depth: int) -> None:
        """Every sequence of pairs and successors of some length; from equal places once."""
        world, monitor = self.bounded.made.world, self.monitor
        known = (state, depth, monitor.memory, monitor.terminated, *monitor.levels.items())
        if known in self.seen:
            return
        self.seen.add(known)
        for pair in world.pairs_of(state):
            before = self.saved()
            self.compare(state, pair)
            if depth > 1:
                after = self.saved()
                for there in world.successors(pair):
                    self.deep(there, depth - 1)
                    self.restored(after)
            self.restored(before)

    def walk(self, rng: np.random.Generator, steps: int) -> None:
        """Random walks, each from the start."""
        world = self.bounded.made.world
        start = self.saved()
        for i in range(steps):
            if i % WALK == 0:
                self.restored(start)
                state = int(rng.choice(world.size, p=world.start))
            pair = int(rng.choice(world.pairs_of(state)))
            self.compare(state, pair)
            state = int(rng.choice(list(world.successors(pair))))


def agreement(depth: int, random: int) -> Iterator[tuple[str, int, int, list[str]]]:
    """(case, sequences' steps, random steps, what differs) of each world and each tightness."""
    rng = np.random.default_rng(0)
    for file, name in WORLDS:
        bounds = load_bounds(EXAMPLES / f"{file}.toml")
        binding = load_binding(EXAMPLES / f"{name}.toml")
        tight = {**bounds.budget, "calls": {"max": 4}}
        tight = {n: b if isinstance(b, dict) else b.model_dump() for n, b in tight.items()}
        data = bounds.model_dump(by_alias=True, exclude_none=True)
        small = Bounds(**{**data, "denials": 2, "budget": tight})
        wide = Bounds(
            **{**data, "denials": 3, "budget": {n: b for n, b in tight.items() if n != "calls"}}
        )
        for called, rules in (("4 calls, 2 denials", small), ("3 denials", wide)):
            bounded = product(
                world_of(binding), rules, binding, granted=1.0, with_calls=True, attempts=True
            )
            beside = Beside(bounded)
            say(f"{name}, {called}: {bounded.made.world.size:,} states")
            for state in np.flatnonzero(bounded.made.world.start).tolist():
                beside.deep(state, depth)
            exhaustive = beside.compared
            beside.walk(rng, random // (2 * len(WORLDS)))
            yield f"{name}, {called}", exhaustive, beside.compared - exhaustive, beside.wrong


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
            "longest_root": {f"/work/{i}": "work" for i in range(20)} | {"/work": "work"},
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
    path = f"/work/{i % 20}/notes/{i}.txt" if i % 10 else "/etc/passwd"
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


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--random", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/bounds_monitor.md")
    asked = parser.parse_args()
    found = list(agreement(asked.depth, asked.random))
    say("timing")
    cost = price(asked.steps)
    for _, _, _, wrong in found:
        for line in wrong[:5]:
            say(line)
    machine = f"{platform.machine()}, {platform.system()}, CPython {platform.python_version()}"
    lines = [
        "# The monitor beside the product, and its price",
        "",
        f"`python verification/bounds_monitor.py --depth {asked.depth} --random {asked.random}`, "
        f"{date.today()}, {machine}, telos-lab {metadata.version('telos-lab')}, numpy {np.__version__}.",
        "",
        f"Everything that can be done in the product of a world and its bounds in up to {asked.depth} steps "
        f"(steps from equal places once), and random walks of {WALK} steps, told to a monitor: its ruling, "
        "the rule named, and what it remembers afterwards, compared with the product's. Whatever is asked "
        "for is granted. Once a lineage is ended, the rulings alone are compared.",
        "",
        "| world and bounds | steps of all sequences, distinct | random steps | differing |",
        "|---|---|---|---|",
        *(f"| {name} | {deep:,} | {wide:,} | {len(wrong)} |" for name, deep, wide, wrong in found),
        "",
        "Seconds are those that this thread's processor worked, since the machine was shared; of five "
        "turns of 20,000 the best. A call writes to a path below one of 21 roots; one in ten is denied; "
        "memory is what Python holds.",
        "",
        "| | |",
        "|---|---|",
        *(
            f"| {name} | {value:,.3g} |" if value < 1000 else f"| {name} | {value:,.0f} |"
            for name, value in cost.items()
        ),
        "",
    ]
    asked.out.write_text("\n".join(lines))
    say("\n".join(lines))
    slow = cost["step, 99th percentile (ms)"] > 0.2 or cost["lines checked (per second)"] < 100_000
    fat = cost["memory grown in 20,000 calls (KiB)"] > 64
    return int(slow or fat or any(wrong for *_, wrong in found))


if __name__ == "__main__":
    sys.exit(main())
