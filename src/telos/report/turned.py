"""Turned: the rows of a study's dials, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError
from telos.report.results import Results
from telos.report.sheet import REMEDY, read_sheet, with_numbers

Row = Mapping[str, Any]
DIALS, ONSETS = "dials.csv", "onsets.csv"
WORDS = ("dial", "where", "drive", "clusters", "gap_to", "onset_sense", "onset_why", "settled_why")
NEEDED = {
    DIALS: ("dial", "where", "level", "drive", "propensity", "required", "kept", "applicable"),
    ONSETS: ("dial", "where", "drive", "onset", "settled"),
}


@final
@dataclass(frozen=True)
class Line:
    """One drive along one dial: a row a level, the least capable first, and where it begins."""

    drive: str
    rows: tuple[Row, ...]
    onset: Row


@final
@dataclass(frozen=True)
class Turned:
    """One dial as the record has it: its words, and a line a drive that applies anywhere.

    Args:
        name, where, meaning, unit, scale: as the study gave them.
        towards: what turning it up should lead to; empty: the optimum.
        lines: one a drive. down: whether the levels fall as capability rises.
    """

    name: str
    where: str
    meaning: str
    unit: str
    scale: str
    towards: str
    lines: tuple[Line, ...]
    down: bool


def read_turned(results: Results) -> tuple[Turned, ...]:
    """The dials of a result folder, in the study's order; none where the study has none.

    Raises:
        StoreError: naming the file that is missing, half-written or unreadable, and the remedy.
    """
    if not results.dials:
        return ()
    levels, begun = (_rows(results.folder / name) for name in (DIALS, ONSETS))
    return tuple(_turned(results, dial, levels, begun) for dial in results.dials)


def _turned(results: Results, dial: Row, levels: list[Row], begun: list[Row]) -> Turned:
    name, where = str(dial.get("name") or ""), str(dial.get("where") or "")
    mine = [row for row in levels if (row["dial"], row["where"]) == (name, where)]
    ends = {r["drive"]: r for r in begun if (r["dial"], r["where"]) == (name, where)}
    asked = [setting.get("level") for setting in dial.get("settings") or ()]
    drives = dict.fromkeys(row["drive"] for row in mine)
    lines = []
    for drive in drives:
        rows = tuple(row for row in mine if row["drive"] == drive)
        if [row["level"] for row in rows] != asked or drive not in ends:
            raise StoreError(
                f"{results.folder / DIALS}: the dial {name!r} {where} lacks levels of {drive}. {REMEDY}"
            )
        applied = tuple(row for row in rows if row["applicable"])
        if applied:
            lines.append(Line(drive, applied, ends[drive]))
    if not mine:
        raise StoreError(f"{results.folder / DIALS} lacks the dial {name!r} {where}. {REMEDY}")
    return Turned(
        name=name,
        where=where,
        meaning=str(dial.get("meaning") or ""),
        unit=str(dial.get("unit") or "level"),
        scale=str(dial.get("scale") or "linear"),
        towards=str(dial.get("towards") or ""),
        lines=tuple(lines),
        down=len(asked) > 1 and asked[0] > asked[-1],
    )


def _rows(path: Path) -> list[Row]:
    import polars as pl

    table = read_sheet(path, NEEDED[path.name])
    flags = ("applicable", "same_goals")
    words = [c for c in table.columns if c in WORDS or c.endswith(("_why", "_sense"))]
    numbers = [c for c in table.columns if c not in (*words, *flags, "unit", "scale")]
    table = with_numbers(
        path,
        table,
        pl.col(numbers).cast(pl.Float64),
        pl.col(words).fill_null(""),
        *(pl.col(c) == "true" for c in flags if c in table.columns),
    )
    return list(table.to_dicts())
