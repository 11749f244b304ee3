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
from telos.measure.guard import guard
from telos.measure.instrumental_value import instrumental_values
from telos.measure.removal import removal
from telos.play.made import made
from telos.play.packed import encoded
from telos.play.shipped import PLAYS
from telos.solve.value_range import bounded_range

DISCOUNTS = (0.5, 0.9, 0.95, 0.99)
DRIVER = Path(__file__).with_suffix(".js")
SCRIPTS = Path(str(files("telos.play"))) / "page"
#: Its scripts, in the order in which they are read.
KERNEL = ("draws", "optimize", "kernel", "walk", "worker")
#: The columns of the table.
HEADS = (
    "page", "states", "combinations", "numbers", "disagree", "worst difference", "categories",
    "between the bounds", "ms a goal, mean [least, most]", "first goal, ms", "page's data, bytes",
)  # fmt: skip
#: Random sets of each drive that are compared.
PLACEBOS = 3
UNRESOLVED = 3
PAGE = Path(__file__).parents[1] / "docs" / "results" / "play.md"


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


def pair_flags(pairs: Any, count: int) -> np.ndarray:
    """B[count], True at the given numbers."""
    flags = np.zeros(count, np.bool_)
    flags[list(pairs)] = True
    return flags


def problem_of(
    play: dict[str, Any], scenario: Any, setting: int, chosen: Any, count: int, discount: float
) -> Any:
    """The problem that a page says its state is, made by the lines of Python that the page shows.

    Returns:
        The problem of the first `count` goals, and B[L]: the pairs of the page's world that it keeps.
    """  # fmt: skip
    line = play["settings"][setting]["python"]
    names: dict[str, Any] = {
        "telos": telos,
        "np": np,
        "scenario": scenario,
        "world": scenario.build(),
    }
    if line.startswith("world"):
        exec(line, names)
    goals = Uniform().sample(names["world"], count, np.random.default_rng(0))
    names["problem"] = telos.Problem(names["world"], goals, discount)
    if line.startswith("problem"):
        exec(line, names)
    size = names["problem"].world.n_pairs
    kept = np.ones(size, np.bool_)
    for i in chosen:
        if play["switches"][i]["kind"] == "forbid":
            kept &= ~pair_flags(play["switches"][i]["pairs"][setting], size)
    puts = [eval(play["switches"][i]["python"], names) for i in chosen]
    return guard(names["problem"], puts), kept


def page_cases(play: dict[str, Any], count: int, discounts: Any) -> list[dict[str, Any]]:
    """Every setting of a page, without a switch, with each and with all, at each discount."""
    every = range(len(play["switches"]))
    combinations: list[list[int]] = [[], *([i] for i in every)]
    if len(every) > 1:
        combinations.append(list(every))
    return [
        {"setting": s, "switches": chosen, "discount": discount, "goals": list(range(count))}
        for s in range(len(play["settings"]))
        for chosen in combinations
        for discount in discounts
    ]


def check_page(
    found: Agreement, name: str, play: dict[str, Any], scenario: Any, cases: list[dict[str, Any]]
) -> list[float]:
    """Compare the kernel and Python in all cases of a page.

    Returns:
        Milliseconds of processor time a goal of each case, in the kernel.
    """  # fmt: skip
    spent = []
    for case, answer in zip(cases, answers(play, cases), strict=True):
        s, chosen = case["setting"], case["switches"]
        count, discount = len(case["goals"]), case["discount"]
        problem, kept = problem_of(play, scenario, s, chosen, count, discount)
        setting, world = play["settings"][s], problem.world
        what = f"{name}, {setting['name']}, switches {chosen}, {discount}"
        assert world.n_pairs == kept.sum(), f"{what}: {world.n_pairs} pairs, not {kept.sum()}"
        marks = {
            drive["name"]: pair_flags(drive["pairs"], len(kept))[kept]
            for drive in setting["drives"]
        }
        drawn = np.array([[row["worth"], row["revised"]] for row in answer["rows"]])
        ours = np.stack([problem.goals.reward, problem.goals.rewritten()], axis=1)
        if not (drawn[..., list(setting["outcome"])] == ours).all():
            found.faults.append(f"{what}: goals are drawn otherwise")
        weight = sum(play["switches"][i]["weight"] for i in chosen)
        placebos = [pair_flags(pairs, len(kept))[kept] for pairs in case.get("placebos", ())]
        compare(found, what, answer["rows"], problem, marks, placebos, weight)
        spent.append(answer["ms"])
    return spent


def page_of(lines: list[str], goals: int, spent: float) -> str:
    """The page of results."""
    program = node()
    assert program is not None
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    size = sum((SCRIPTS / f"{name}.js").stat().st_size for name in KERNEL)
    machine = (
        f"telos-lab {version('telos-lab')}, CPython {platform.python_version()}, Node "
        f"{told.stdout.strip()}, {platform.system()} {platform.machine()}"
    )
    return f"""# Kernel and Python

Written by `python verification/play_kernel.py --goals {goals}`, {datetime.now(UTC):%Y-%m-%d},
{machine}; {spent:,.0f} s of processor time.

Of each shipped page the first {goals} goals of `Uniform()`, in each of its worlds, without a switch,
with each and with all of them, at discounts {", ".join(map(str, DISCOUNTS))}. Compared are the value at
the start, the least value, the value range, each drive's instrumental value, the limits of its share
(they must overlap), its category, the goals themselves (bit for bit), and for the world as it is
{PLACEBOS} random sets a drive. The worst difference is given over the sum of both certified bounds: above
1 they would disagree. Categories that differ because a loss lies between the two bounds are counted
apart. The problems are made by the lines of Python that the page shows.

| {" | ".join(HEADS)} |
|{"---|" * len(HEADS)}
{chr(10).join(lines)}

Milliseconds are of processor time, for all drives of a goal: one free solve, one for the range, one a
drive, two for rewritten selves. The first goal in a world includes its layout and the translation of the
script. The kernel's scripts have {size:,} bytes.
"""


def placebos_of(setting: dict[str, Any], most: int) -> list[list[int]]:
    """Some of the random sets that a page carries for a setting."""
    return [list(pairs) for drive in setting["drives"] for pairs in drive["placebo"][:most]]


def row_of(name: str, goals: int) -> tuple[str, Agreement]:
    """One row of the table, and what it rests on."""
    plan = PLAYS[name]()
    record = made(plan)
    play = record.model_dump(mode="json")
    cases = page_cases(play, goals, DISCOUNTS)
    for case in cases:
        if case["setting"] == 0 and not case["switches"]:
            case["placebos"] = placebos_of(play["settings"][0], PLACEBOS)
    found = Agreement()
    first = [answer["ms"] for answer in answers(play, page_cases(play, 1, (plan.discount,)))]
    spent = check_page(found, name, play, plan.scenario, cases)
    states = [len(setting["pairs"]) for setting in play["settings"]]
    cells = (
        name,
        f"{min(states)} to {max(states)}",
        len(cases),
        f"{found.numbers:,}",
        len(found.faults),
        f"{found.worst:.2f}",
        f"{found.categories:,}",
        found.near,
        f"{np.mean(spent):.1f} [{min(spent):.1f}, {max(spent):.1f}]",
        f"{first[0]:.0f}",
        f"{len(encoded(record)):,}",
    )
    line = f"| {' | '.join(map(str, cells))} |"
    return line, found


def main() -> None:
    """Compare, and write the page of results."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--goals", type=int, default=200)
    asked.add_argument("--pages", nargs="*", default=list(PLAYS))
    asked.add_argument("--out", type=Path, default=PAGE)
    given = asked.parse_args()
    begun, lines, faults = time.process_time(), [], []
    for name in given.pages:
        line, found = row_of(name, given.goals)
        print(line, *found.faults[:20], sep="\n", flush=True)
        lines.append(line)
        faults += found.faults
    given.out.write_text(page_of(lines, given.goals, time.process_time() - begun), encoding="utf-8")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
