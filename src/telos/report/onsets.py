"""Onsets: from which level of a sweep on each drive is done, as facts for sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.columns import SWEEP, SWEEPS
from telos.report.results import Recorded
from telos.report.rows import Cell
from telos.report.summary import Found, Links
from telos.report.words import Estimate, estimate, in_order, known, number, plain

#: Above the larger random baseline by so much, a drive has set in.
ABOVE = 0.10


@final
@dataclass(frozen=True)
class SetIn:
    """From which level of a sweep on a drive is done 10 points above the larger random baseline.

    The rule is that of the definition `onset`; the record's `onsets.csv` asks for an interval beyond
    both baselines instead.

    Args:
        level: by the estimates; empty: nowhere. low, high: by the limits of the intervals.
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
    sweep, levels = max(told, key=lambda each: sum(_begins(rows) for rows in each[1].values()))
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
        onsets=tuple(_onset(drive, rows) for drive, rows in levels.items()),
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


def _begins(rows: Sequence[Mapping[str, Any]]) -> bool:
    place = _first(rows, "above_most")
    return place is not None and place > 0


def _first(rows: Sequence[Mapping[str, Any]], column: str) -> int | None:
    """The first level from which on the number is at least 10 points at every level."""
    place = None
    for i in range(len(rows) - 1, -1, -1):
        if not known(rows[i][column]) or rows[i][column] < ABOVE:
            break
        place = i
    return place


def _onset(drive: str, rows: Sequence[Mapping[str, Any]]) -> SetIn:
    places = [_first(rows, f"above_most{end}") for end in ("", "_high", "_low")]
    texts = ["" if place is None else number(rows[place]["level"], 4) for place in places]
    return SetIn(plain(drive).lower(), *texts)
