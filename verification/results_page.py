"""The results page: every shipped study at its default size, as CSV tables and one page that sums them up.

    uv run python verification/results_page.py [STUDY[:GOALS] …] [--jobs J]

Runs each study (or continues it) in `results/`, at its default size or with as many goals as said, copies its
tables to `docs/results/STUDY/` and writes `docs/results/README.md`, the pictures of `docs/images` and the
numbers of the README from the tables alone. Twenty minutes on two quiet cores.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from telos.cli.say import percent

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "results"
STUDIES = ("paperclip", "magnitude", "safeguards", "misspecification", "capability", "learning")
#: What may be said of a change, in the order of the page.
VERDICTS = ("displaced", "need only", "deed only", "held", "undecided")
#: Tables that are small enough to lie beside the page; the others come from `telos export`.
MOST_ROWS = 800


def main() -> int:
    """Run, copy, and write the page; the exit code is that of the last study that failed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("studies", nargs="*", default=STUDIES)
    words.add_argument("--jobs", type=int, default=2)
    asked = words.parse_args()
    sections, failed = [], 0
    for asked_for in asked.studies:
        study, _, goals = asked_for.partition(":")
        folder, begun = ROOT / "results" / study, time.perf_counter()
        line = ["telos", "run", study, "--out", str(folder), "--jobs", str(asked.jobs)]
        line += ["--goals", goals] if goals else []
        code = subprocess.run([sys.executable, "-m", *line], check=False).returncode
        failed = code or failed
        if not code:
            sections.append(_section(study, folder, time.perf_counter() - begun))
    PAGES.mkdir(parents=True, exist_ok=True)
    (PAGES / "README.md").write_text(_page(sections), encoding="utf-8")
    for script in (
        "pictures.py",
        "bounds_picture.py",
        "readme.py",
    ):  # the pictures and the README's numbers, from these tables
        code = subprocess.run(
            [sys.executable, str(ROOT / "verification" / script)], check=False
        ).returncode
        failed = code or failed
    return failed


def _section(study: str, folder: Path, seconds: float) -> str:
    """One study: its question, its time, its main table, and links to all of them."""
    record = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    target = PAGES / study
    target.mkdir(parents=True, exist_ok=True)
    for stale in target.glob("*.csv"):  # of another day, and perhaps too long to lie here now
        stale.unlink()
    links, tables = [], {}
    for path in sorted(folder.glob("*.csv")):
        table = pl.read_csv(path, glob=False, infer_schema_length=None)
        tables[path.stem] = table
        if len(table) <= MOST_ROWS:
            (target / path.name).write_bytes(path.read_bytes())
            links.append(f"[{path.stem}]({study}/{path.name})")
        else:
            links.append(f"{path.stem} ({len(table):,} rows: `telos export`)")
    return "\n".join(
        [
            f"## {study}",
            "",
            f"{record['study']['question']} Tables: {', '.join(links)}. {seconds:.0f} s.",
            "",
            *_body(tables),
            "",
        ]
    )


def _body(tables: dict[str, pl.DataFrame]) -> list[str]:
    if "displacement" in tables:
        return _displacements(tables["displacement"])
    if "onsets" in tables:
        return _onsets(tables["onsets"])
    if "magnitude" in tables:
        return _magnitudes(tables["magnitude"])
    return [*_rates(tables["summary"]), *_controls(tables.get("controls"))]


def _controls(table: pl.DataFrame | None) -> list[str]:
    """Each drive beside its controls, arm by arm."""
    if table is None:
        return []
    lines = [
        "",
        "Each drive beside its controls: per cent of goals that lose 1 % of their range without it, the",
        "mean of its placebo [range over draws], points beyond one draw [95 %], share of the range beyond",
        "it [95 %], the largest c of another act, and c of what goes with its cause.",
        "",
        "| arm | drive | n | lose 1 % | placebo | beyond | share beyond | other act | cause |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.iter_rows(named=True):
        arm = f"{row['family']}, {row['discount']}"
        cause = (
            row["cause"]
            if row["loses_cause"] is None
            else f"{100 * row['loses_cause']:.0f}, {row['cause']}"
        )
        other = (
            ""
            if row["other_loses"] is None
            else f"{row['other_act']} {100 * row['other_loses']:.0f}"
        )
        cells = [
            _ends(row, "loses"),
            _ends(row, "placebo"),
            _ends(row, "excess"),
            _ends(row, "excess_share", 1),
        ]
        drive = row["drive"].replace("_", " ")
        lines.append(
            f"| {arm} | {drive} | {row['n']} | " + " | ".join([*cells, other, cause]) + " |"
        )
    return lines


def _ends(row: dict, name: str, digits: int = 0) -> str:
    if row[name] is None:
        return ""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{100 * value:.{digits}f} [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"


def _magnitudes(table: pl.DataFrame) -> list[str]:
    """Rate, worth and what others lose at the shortest and the longest horizon of each world."""
    ends = (table["discount"].min(), table["discount"].max())
    lines = [
        "Per cent of goals that require the drive, of the range that it is worth on average, and of the",
        "commons that others lose beside the goals that need it [95 %]; the shortest and the longest",
        "horizon of each world.",
        "",
        "| world | drive | discount | need | share | others lose |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.filter(pl.col("discount").is_in(ends)).iter_rows(named=True):
        cells = [_ends(row, name) for name in ("required", "mean_share", "lost_needing")]
        world, drive = row["scenario"].partition("(")[2].rstrip(")"), row["drive"].replace("_", " ")
        lines.append(f"| `{world}` | {drive} | {row['discount']} | " + " | ".join(cells) + " |")
    return lines


def _rates(table: pl.DataFrame) -> list[str]:
    """What every trial requires, and how many goals lose 1 % of their range."""
    table = table.filter(pl.col("applicable"))
    drives = table["drive"].unique(maintain_order=True).to_list()
    lines = [
        "Per cent of goals that require the drive; that lose 1 % of their value range without it [95 %].",
        "What random sets of the same size cost, and what goes with the cause: `controls.csv`.",
        "",
        "| agent, family, discount | n | " + " | ".join(d.replace("_", " ") for d in drives) + " |",
        "|---|---|" + "---|" * len(drives),
    ]
    keys = ["agent", "family", "discount", "n"]
    for (agent, family, discount, n), rows in table.group_by(keys, maintain_order=True):
        found = {row["drive"]: row for row in rows.iter_rows(named=True)}
        cells = [_rate(found[drive]) if drive in found else "" for drive in drives]
        lines.append(f"| {agent}, {family}, {discount} | {n} | " + " | ".join(cells) + " |")
    return lines


def _rate(row: dict) -> str:
    return "; ".join(
        f"{percent(row[name])} [{percent(row[f'{name}_low'])}, {percent(row[f'{name}_high'])}]"
        for name in ("required", "loses")
    )


def _displacements(table: pl.DataFrame) -> list[str]:
    """Every change that has a verdict, counted; those displaced in the study's order, none picked by size."""
    judged = table.filter(pl.col("verdict").fill_null("") != "")
    counts = dict(judged["verdict"].value_counts().iter_rows())
    said = ", ".join(f"{counts.get(word, 0)} {word}" for word in VERDICTS)
    moved = judged.filter(pl.col("verdict") == "displaced")
    lines = [
        f"Of {len(judged)} pairs of arm and drive, each arm against itself less its last part: {said}.",
        "Displaced: the need and the least deed rise, by Holm's method for all pairs together. A",
        "misspecified goal is not a safeguard and has no verdict.",
        "",
    ]
    if moved.is_empty():
        return lines
    lines += [
        "The displaced pairs in the order of the study, in points; each interval is 95 % by itself.",
        "",
        "| world | safeguard | drive | n | need | least deed |",
        "|---|---|---|---|---|---|",
    ]
    for row in moved.iter_rows(named=True):
        world, drive = row["scenario"].split("(")[0], row["drive"].replace("_", " ")
        cells = [_points(row, name) for name in ("change", "least_change")]
        lines.append(
            f"| {world} | `{row['safeguards']}` | {drive} | {row['n']} | "
            + " | ".join(cells)
            + " |"
        )
    return lines


def _points(row: dict, name: str) -> str:
    value, low, high = (100 * row[f"{name}{end}"] + 0.0 for end in ("", "_low", "_high"))
    return f"{value:+.0f} [{low:+.0f}, {high:+.0f}]"


def _onsets(table: pl.DataFrame) -> list[str]:
    """Where each drive begins along each sweep, and where it settles."""
    drives = table["drive"].unique(maintain_order=True).to_list()
    lines = [
        "The level from which on the deed is 10 points above the larger random baseline, with its interval;",
        "from which on it is within 10 points of the optimum.",
        "",
        "| sweep | where | " + " | ".join(d.replace("_", " ") for d in drives) + " |",
        "|---|---|" + "---|" * len(drives),
    ]
    for (sweep, where), rows in table.group_by(["sweep", "where"], maintain_order=True):
        found = {row["drive"]: row for row in rows.iter_rows(named=True)}
        cells = [_onset(found[drive]) if drive in found else "" for drive in drives]
        lines.append(f"| {sweep} | {where} | " + " | ".join(cells) + " |")
    return lines


def _onset(row: dict) -> str:
    names = ("onset", "onset_low", "onset_high", "settled")
    level, low, high, settled = ("none" if row[n] is None else f"{row[n]:g}" for n in names)
    return f"{level} [{low}, {high}]; {settled}"


def _page(sections: list[str]) -> str:
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    checks = sorted(path for path in PAGES.glob("*.md") if path.name != "README.md")
    titles = [path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for path in checks]
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `uv run python verification/results_page.py` from the tables of the shipped",
            f"studies, {made}, CPython {platform.python_version()},",
            f"{platform.system()} {platform.machine()}. [Definitions](../definitions.md) of all columns.",
            "",
            *sections,
            "## What was checked",
            "",
            "Outputs of `verification/` and `benchmarks/`, each with its machine, versions and date:",
            "",
            *(f"- [{title}]({path.name})" for path, title in zip(checks, titles, strict=True)),
            "- [What bounds leave open in a server farm](bounds/verify.json), data of `telos bounds verify`",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
