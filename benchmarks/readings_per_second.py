"""Goals per processor second of the whole way from goals to readings, and where the time goes.

    uv run python benchmarks/readings_per_second.py            # prints a table; about a minute

One call of `compute` draws 256 goals, solves them free, at their worst and without each of the four
drives, plans, reads every drive off the policies, and makes the table; writing that to the disk is
timed as well. All of it runs in one process on one thread, as in a worker of `telos run`: the figure times
the number of cores is what a machine can do. Processor seconds leave out what other programs took; of several
turns the best counts, since a busy machine only ever adds.
"""

import os
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars

import telos
from telos.core.record import Made
from telos.families import Uniform
from telos.runs import compute as stages
from telos.runs.parts import write_part
from telos.runs.plan import Chunk, built, chunk_size
from telos.runs.trial import Trial
from telos.solve import foresight, solve
from telos.solve.threads import set_threads
from telos.studies.paperclip import DRIVES
from telos.worlds import PaperclipFactory

SMALL = PaperclipFactory(products=("clips", "pins", "nails"), machines=1, slips=(0.2, 0.05))
DISCOUNT, TURNS = 0.9, 12

#: Where each stage is called from, in the order in which the first of them happens.
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("drawing the goals", Uniform, "sample"),
    ("planning (and the free solution)", telos.agents.Optimal, "behave"),
    ("what the drives are worth (all other solves)", stages, "instrumental_values"),
    ("instrumental or terminal", stages, "terminal_parts"),
    ("reading the policies", stages, "measure_all"),
    ("what is kept of the task", stages, "task_retained"),
    ("what is done however ties fall", stages, "deeds"),
    ("its two extremes", stages, "optimal_deeds"),
    ("the table", stages, "_table"),
)


def timing(spent: dict[str, float], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call, which adds the processor time it takes to `spent`."""

    def timed(*given: Any, **named: Any) -> Any:
        begun = time.process_time()
        try:
            return call(*given, **named)
        finally:
            spent[name] += time.process_time() - begun

    return timed


def turn(task: Chunk, folder: Path, spent: dict[str, float]) -> float:
    """The processor seconds of one task, computed and written; its stages are added to `spent`."""
    begun = time.process_time()
    for key, table in stages.compute(task).items():
        wrote = time.process_time()
        write_part(folder, key, task.first, task.count, table, Made())
        spent["writing the part"] += time.process_time() - wrote
    return time.process_time() - begun


def measured(scenario: PaperclipFactory, folder: Path) -> tuple[int, float, dict[str, float]]:
    """Goals a chunk, the seconds of the quickest chunk, and what its stages took."""
    trial = Trial(scenario, Uniform(), telos.agents.Optimal(), DRIVES, DISCOUNT, n_goals=10**6)
    size = chunk_size(built(scenario).n_pairs)
    turns = []
    for k in range(TURNS + 2):
        spent.clear()
        seconds = turn(Chunk((trial,), DRIVES, k * size, size), folder, spent)
        turns.append((seconds, dict(spent)))
    seconds, stage = min(turns[2:], key=lambda found: found[0])  # the first two compile and build
    return size, seconds, stage


spent: dict[str, float] = defaultdict(float)


def main() -> None:
    """Print the tables."""
    set_threads(1)
    for name, owner, call in STAGES:
        setattr(owner, call, timing(spent, name, getattr(owner, call)))
    for owner in (solve, foresight):
        vars(owner)["optimize"] = timing(spent, "optimize", vars(owner)["optimize"])
    print(f"{platform.machine()}, {os.cpu_count()} cores; numpy {np.__version__}, ", end="")
    print(
        f"polars {polars.__version__}, telos {telos.__version__}; one thread, discount {DISCOUNT}"
    )
    for scenario in (SMALL, PaperclipFactory()):
        world = built(scenario)
        with tempfile.TemporaryDirectory() as folder:
            size, seconds, stage = measured(scenario, Path(folder))
        print(f"\nfactory of {world.size:,} states, {world.n_pairs:,} pairs: ", end="")
        print(f"**{size / seconds:,.0f} goals per processor second**, all four drives")
        print("| stage | microseconds a goal | share |\n|---|---|---|")
        names = [*(name for name, _, _ in STAGES), "writing the part"]
        rest = {"everything else": seconds - sum(stage[name] for name in names)}
        for name, took in [*((name, stage[name]) for name in names), *rest.items()]:
            print(f"| {name} | {1e6 * took / size:.1f} | {took / seconds:.0%} |")
        inside = stage["optimize"]
        print(f"| *of all that, the solver* | {1e6 * inside / size:.1f} | {inside / seconds:.0%} |")


if __name__ == "__main__":
    main()
