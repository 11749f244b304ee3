"""Whether the kernel of the playable page and Python agree within the sum of their certified bounds.

`python verification/play_kernel.py`: 200 goals of each shipped page, in each of its worlds, without a switch,
with each, with all, at four discounts; writes docs/results/play.md. Needs Node.
"""

import argparse
import json
import platform
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import telos
from telos.core.reading import Affordance
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.measure.removal import removal
from telos.solve.value_range import bounded_range

DISCOUNTS = (0.5, 0.9, 0.95, 0.99)
DRIVER = Path(__file__).with_suffix(".js")
SCRIPTS = Path(str(files("telos.play"))) / "page"
REQUIRED, UNRESOLVED = 1, 3


def node() -> str | None:
    """Node: the one on the path, or the one that Playwright brings; None if there is neither."""
    found = shutil.which("node")
    if found is None and (spec := find_spec("playwright")) is not None and spec.origin is not None:
        own = Path(spec.origin).parent / "driver" / "node"
        found = str(own) if own.is_file() else None
    return found


def answers(play: dict[str, Any], cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the kernel answers to each case; see play_kernel.js."""
    program = node()
    assert program is not None, "there is no Node to run the kernel"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.json"
        file.write_text(json.dumps({"play": play, "cases": cases}), encoding="utf-8")
        command = [program, str(DRIVER), str(SCRIPTS), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@dataclass
class Agreement:
    """What was compared, and how it came out.

    Args:
        numbers: how many numbers. worst: the largest difference over the sum of both bounds.
        categories: how many categories. near: how many of them differ where one of the two bounds, but
            not both, is above the loss. faults: what disagrees.
    """

    numbers: int = 0
    worst: float = 0.0
    categories: int = 0
    near: int = 0
    faults: list[str] = field(default_factory=list)

    def number(self, what: str, theirs: float, ours: float, bound: float) -> None:
        """Compare one number."""
        off = abs(theirs - ours)
        ratio = off / bound if bound > 0 else float("inf") if off > 0 else 0.0
        self.numbers += 1
        self.worst = max(self.worst, ratio)
        if not ratio <= 1.0:
            self.faults.append(f"{what}: {theirs!r}, not {ours!r} within {bound:.1e}")

    def share(
        self, what: str, drive: dict[str, Any], low: float, high: float, off: float = 0.0
    ) -> None:
        """Compare the limits of a share, which must overlap (0 and 0 where nothing is known).

        Python's may be off by a little more: `off`.
        """
        known = (drive["low"], drive["high"]) != (0, 0) and (low, high) != (0.0, 0.0)
        self.numbers += 1
        if known and not (drive["low"] <= high + off and low - off <= drive["high"]):
            self.faults.append(f"{what}: share in {drive['low'], drive['high']}, not {low, high}")

    def category(
        self, what: str, drive: dict[str, Any], ours: int, loss: float, bound: float
    ) -> None:
        """Compare one category."""
        theirs = drive["category"]
        self.categories += 1
        if theirs == ours:
            return
        between = min(bound, drive["bound"]) <= loss <= max(bound, drive["bound"]) * (1 + 1e-9)
        if between or UNRESOLVED in (theirs, ours):
            self.near += 1
        else:
            self.faults.append(
                f"{what}: category {theirs}, not {ours} (loss {loss}, {drive['iv']})"
            )


def marked(name: str, flags: np.ndarray, world: Any) -> Affordance:
    """An affordance of the given pairs."""
    some = np.logical_or.reduceat(flags, world.pair_ptr[:-1])
    return Affordance(name, flags, some & np.logical_or.reduceat(~flags, world.pair_ptr[:-1]))


def compare(
    found: Agreement,
    what: str,
    rows: list[dict[str, Any]],
    problem: Any,
    marks: dict[str, np.ndarray],
    placebos: Any = (),
    weight: float = 0.0,
) -> None:
    """Compare all numbers of one case.

    Args:
        found: gains what is found. what: says which case. rows: the kernel's, one a goal.
        problem: the problem in Python. marks: B[L] of each drive, in its world. placebos: B[L] each.
        weight: of the fines in it: Python takes the range that they are parts of for exact.
    """  # fmt: skip
    world = problem.world
    fined = weight * bounded_range(problem.before).bound / (1.0 - problem.discount)
    spread, solution = bounded_range(problem), telos.solve_as(problem, "realistic")
    least = telos.solve_as(problem, "realistic", minimize=True)
    worth = instrumental_values(problem, [marked(name, f, world) for name, f in marks.items()])
    lost = removal(problem, placebos) if len(placebos) else None
    for g, row in enumerate(rows):
        here = f"{what}, goal {g}"
        found.number(
            f"{here}, value",
            row["atStart"],
            solution.at_start[g],
            row["bound"] + solution.bound[g] + fined[g],
        )
        found.number(
            f"{here}, least",
            row["least"],
            least.at_start[g],
            row["rangeBound"] + least.bound[g] + fined[g],
        )
        ours = spread.value[g] if spread.value[g] > spread.bound[g] else 0.0
        found.number(
            f"{here}, range", row["range"], ours, row["rangeBound"] + spread.bound[g] + 2 * fined[g]
        )
        off = 4 * fined[g] / ours if ours > 0 else 0.0
        assert [drive["name"] for drive in row["drives"]] == list(marks), here
        for drive, one in zip(row["drives"], worth, strict=True):
            there = f"{here}, {one.drive}"
            found.number(
                f"{there}, iv", drive["iv"], one.iv[g], drive["bound"] + one.bound[g] + 2 * fined[g]
            )
            found.share(there, drive, one.share_low[g], one.share_high[g], off)
            found.category(
                there, drive, int(one.category[g]), float(one.iv[g]), float(one.bound[g])
            )
        for m, drawn in enumerate(row.get("placebos", ())):
            assert lost is not None
            found.share(f"{here}, placebo {m}", drawn, lost.low[m, g], lost.high[m, g], off)
