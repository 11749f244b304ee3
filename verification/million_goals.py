"""A million goals on a factory of 408 states: how long it takes, and how much memory it takes.

    python verification/million_goals.py [--goals 100000 1000000] [--jobs J] [--out DIR] [--page FILE]

Each number of goals is one study, run by `telos run` in a process of its own, report included; the
memory of that process and of all its workers is sampled ten times a second and added up, each page that
several share counted once (PSS). Interrupted, it goes on where it was when started again with the
same --out; what was measured before is kept. The table goes to --page with machine and versions.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

STUDY = '''
"""What a million unrelated goals come to want in a small factory."""

from telos import Study, agents, families, worlds
from telos.drives import DRIVES

STUDY = Study(
    name="million_goals",
    question="What do a million unrelated goals come to want in a small factory?",
    scenarios=(
        worlds.PaperclipFactory(products=("clips", "pins", "nails"), machines=1, slips=(0.2, 0.05)),
    ),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=tuple(drive() for drive in DRIVES),
    discounts=(0.9,),
)
'''
PAGE = Path(__file__).parents[1] / "docs" / "results" / "million_goals.md"
#: Seconds between two looks at the memory.
LOOK_EVERY = 0.1
#: What issue 5 accepts: seconds, GiB, and how far the peaks may lie apart.
MOST_SECONDS, MOST_GIB, WITHIN = 15 * 60, 3.0, 0.2


def main() -> int:
    """Run the studies and write the table; the exit code is 0 if all that is asked for holds."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--goals", type=int, nargs="+", default=[100_000, 1_000_000])
    words.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    words.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "million_goals")
    words.add_argument("--page", type=Path, default=PAGE)
    asked = words.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "million_goals.py").write_text(STUDY, encoding="utf-8")
    warm(asked.out, asked.jobs)
    rows = [measured(asked.out, goals, asked.jobs) for goals in asked.goals]
    text = page(rows, asked.jobs)
    print(text)
    asked.page.write_text(text, encoding="utf-8")
    return 0 if all(holds for _, holds in verdicts(rows)) else 1


def warm(out: Path, jobs: int) -> None:
    """Run one small study, so that no compiling is measured: it is done once an installation."""
    with tempfile.TemporaryDirectory() as scratch:
        line = [sys.executable, "-m", "telos", "run", "million_goals.py", "--goals", "300"]
        line += ["--out", scratch, "--jobs", str(jobs)]
        with (out / "warm.log").open("wb") as log:
            subprocess.run(line, cwd=out, stdout=log, stderr=log, check=True)


def measured(out: Path, goals: int, jobs: int) -> dict[str, float]:
    """Run one study to its end, or take what was measured when it was; sums over interruptions."""
    notes = out / f"{goals}.json"
    before = json.loads(notes.read_text()) if notes.exists() else {"seconds": 0.0, "peak": 0}
    if before.get("done"):
        print(f"{goals:,} goals were measured before; remove {notes} to do so again.")
        return before
    line = [sys.executable, "-m", "telos", "run", "million_goals.py", "--goals", str(goals)]
    line += ["--out", str(goals), "--jobs", str(jobs)]
    begun, peak = time.monotonic(), int(before["peak"])
    said = ""
    with (out / f"{goals}.log").open("ab") as log:
        run = subprocess.Popen(line, cwd=out, stdout=log, stderr=log)
        try:
            while run.poll() is None:
                peak = max(peak, memory(run.pid))
                said = told(time.monotonic() - begun, peak, goals, said)
                time.sleep(LOOK_EVERY)
        finally:
            seconds = before["seconds"] + time.monotonic() - begun
            found = {"goals": goals, "seconds": seconds, "peak": peak, "done": run.poll() == 0}
            notes.write_text(json.dumps(found))
            if run.poll() is None:
                run.terminate()
    if run.returncode != 0:
        tail = (out / f"{goals}.log").read_text(errors="replace").splitlines()[-20:]
        raise SystemExit("\n".join([*tail, f"the run of {goals:,} goals failed"]))
    record = json.loads((out / str(goals) / "study.json").read_text())
    found["parts"] = len(list((out / str(goals) / "parts").glob("*.parquet")))
    found["states"] = record["trials"][0]["world"]["states"]
    notes.write_text(json.dumps(found))
    return found


def told(seconds: float, peak: int, goals: int, before: str) -> str:
    """Say every half a minute how it stands; returns what was said last."""
    now = f"{goals:,} goals: {seconds // 30 * 30:.0f} s, peak {peak / 2**20:,.0f} MiB so far"
    if now.partition(" s,")[0] != before.partition(" s,")[0]:
        print(now, file=sys.stderr, flush=True)
    return now if now.partition(" s,")[0] != before.partition(" s,")[0] else before


def memory(pid: int) -> int:
    """Bytes that a process and all it started hold together; shared pages count once (PSS)."""
    return sum(_pss(one) for one in _tree(pid))


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    lines = [line.split() for line in text.splitlines() if line.startswith("Pss:")]
    return 1024 * int(lines[0][1]) if lines else 0


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += _tree(child)
    return found


def verdicts(rows: list[dict[str, float]]) -> list[tuple[str, bool]]:
    """What was asked for, and whether it holds; the largest study is held against the limits."""
    most, least = max(rows, key=lambda r: r["goals"]), min(rows, key=lambda r: r["goals"])
    apart = most["peak"] / least["peak"] - 1
    return [
        (
            f"{most['goals']:,} goals in under {MOST_SECONDS / 60:.0f} minutes: "
            f"{most['seconds'] / 60:.1f}",
            most["seconds"] < MOST_SECONDS,
        ),
        (
            f"peak memory of all processes under {MOST_GIB:g} GiB: {most['peak'] / 2**30:.2f}",
            most["peak"] < MOST_GIB * 2**30,
        ),
        (
            f"the same for {least['goals']:,} goals within {WITHIN:.0%}: {apart:+.1%}",
            abs(apart) <= WITHIN,
        ),
    ]


def page(rows: list[dict[str, float]], jobs: int) -> str:
    """The page: what was measured, on what."""
    names = ("numpy", "numba", "polars", "scipy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = [
        "# A million goals",
        "",
        f"`python verification/million_goals.py`, {date.today().isoformat()}, {jobs} processes on "
        f"{_processor()} ({len(os.sched_getaffinity(0))} cores), {platform.system()}, CPython "
        f"{platform.python_version()}, {versions}.",
        "",
        f"The paperclip factory with three products, one machine and two skills ({rows[0]['states']:.0f} "
        "states), goals of the family `Uniform()`, the optimal agent, discount 0.9, all four drives; full "
        "readings, all tables and the report. Seconds are those of the whole command, from its start to the "
        "written report, after everything was compiled once; memory is the peak of all its processes "
        "together (PSS, ten looks a second).",
        "",
        "| goals | parts | seconds | goals a second | peak memory, MiB |",
        "|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        rate = row["goals"] / row["seconds"]
        lines.append(
            f"| {row['goals']:,} | {row['parts']:,.0f} | {row['seconds']:,.0f} | {rate:,.0f} "
            f"| {row['peak'] / 2**20:,.0f} |"
        )
    lines += ["", "Asked for:", ""]
    lines += [f"- {said}: {'holds' if ok else 'DOES NOT HOLD'}." for said, ok in verdicts(rows)]
    return "\n".join(lines) + "\n"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
        if "model name" in line:
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
