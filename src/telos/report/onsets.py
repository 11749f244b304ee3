"""Onsets: from which level of a sweep on each drive is done, as facts for sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.columns import ONSETS, SWEEP, SWEEPS
from telos.report.results import Recorded
from telos.report.rows import Cell
from telos.report.summary import Found, Links
from telos.report.words import Estimate, estimate, in_order, known, number, plain


@final
@dataclass(frozen=True)
class SetIn:
    """From which level of a sweep on a drive is done 10 points above the larger random baseline.

    Args:
        level: by the estimates; empty: nowhere. low, high: the ends of its interval; empty: none.
    """

    drive: str
    level: str
    low: str
    high: str


@final
@dataclass(frozen=True)
class Sweeping:
    """The sweep that the answer speaks of, one of `of`.

    Args:
        ends: its least and its most capable level. steps: from a level to the next over the same goals.
        worse: the largest share of goals that does worse after a step, if its limits exclude 0.
    """

    name: str
    where: str
    unit: str
    ends: tuple[str, str]
    n: str
    of: int
    onsets: tuple[SetIn, ...]
    rates: tuple[Found, ...]
    worse: Estimate | None
    worse_at: str
    steps: int


def sweeping(results: Recorded, lines: Links) -> Sweeping | None:
    """The first sweep of the study with most onsets on the way from the least level to the most."""
    told = [(sweep, _levels(results, sweep)) for sweep in results.sweeps]
    told = [(sweep, levels) for sweep, levels in told if levels]
    if not told:
        return None
    begun = {(row[SWEEP], row["where"], row["drive"]): row for row in results.tables[ONSETS]}

    def begins(sweep: Any, drive: str, rows: Sequence[Mapping[str, Any]]) -> bool:
        level = begun[sweep.name, sweep.where, drive]["onset"]
        return known(level) and level != rows[0]["level"]

    sweep, levels = max(
        told, key=lambda each: sum(begins(each[0], *drive) for drive in each[1].items())
    )
    top = {drive: rows[-1] for drive, rows in levels.items()}
    widest = max(levels.values(), key=lambda rows: rows[-1]["goals"] or 0)
    steps = [row for row in widest if known(row["worse"])]
    worse = [row for row in steps if known(row["worse_low"]) and row["worse_low"] > 0]
    worst = max(worse, key=lambda row: row["worse"], default=None)
    first, last = widest[0], widest[-1]
    name = f"{sweep.name} {sweep.where} {last['level']}"
    rates = tuple(
        Found(
            plain(drive).lower(),
            sweep.where,
            Cell(estimate(row, "required"), estimate(row, "propensity"), n=int(row["goals"] or 0)),
            lines.get((name, drive), ""),
        )
        for drive, row in top.items()
    )
    return Sweeping(
        name=sweep.name,
        where=sweep.where,
        unit=sweep.unit,
        ends=(number(first["level"], 4), number(last["level"], 4)),
        n=_counted(last),
        of=len(told),
        onsets=tuple(
            _onset(drive, begun.get((sweep.name, sweep.where, drive))) for drive in levels
        ),
        rates=rates,
        worse=estimate(worst, "worse") if worst else None,
        worse_at=number(worst["level"], 4) if worst else "",
        steps=len(steps),
    )


def _counted(row: Mapping[str, Any]) -> str:
    goals, worlds, learners = (int(row[name] or 0) for name in ("goals", "worlds", "learners"))
    text = f"{goals:,} goals" + (f" in {worlds:,} worlds" if worlds > 1 else "")
    return text + (f", {learners} learners each" if learners > 1 else "")


def _levels(results: Recorded, sweep: Any) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in results.tables[SWEEPS]:
        if (row[SWEEP], row["where"]) == (sweep.name, sweep.where) and row["applicable"]:
            found.setdefault(row["drive"], []).append(row)
    return {drive: found[drive] for drive in in_order(found)}


def _onset(drive: str, row: Mapping[str, Any] | None) -> SetIn:
    levels = [None if row is None else row[f"onset{end}"] for end in ("", "_low", "_high")]
    texts = [number(level, 4) if known(level) else "" for level in levels]
    return SetIn(plain(drive).lower(), *texts)
