"""Turned: the rows of a study's dials, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError
from telos.core.record import SweepEntry
from telos.core.refs import PartRef
from telos.core.tables import read_csv
from telos.report.results import REMEDY, Results

Row = Mapping[str, Any]
DIALS, ONSETS = "sweeps.csv", "onsets.csv"


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
        towards: what turning it up should lead to; None: the optimum.
        lines: one a drive. down: whether the levels fall as capability rises.
    """

    name: str
    where: str
    meaning: str
    unit: str
    scale: str
    towards: PartRef | None
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


def _turned(results: Results, dial: SweepEntry, levels: list[Row], begun: list[Row]) -> Turned:
    name, where = dial.name, dial.where
    mine = [row for row in levels if (row["sweep"], row["where"]) == (name, where)]
    ends = {r["drive"]: r for r in begun if (r["sweep"], r["where"]) == (name, where)}
    asked = [setting.level for setting in dial.settings]
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
        meaning=dial.meaning,
        unit=dial.unit,
        scale=dial.scale,
        towards=dial.towards,
        lines=tuple(lines),
        down=len(asked) > 1 and asked[0] > asked[-1],
    )


def _rows(path: Path) -> list[Row]:
    return list(read_csv(path, path.stem, REMEDY).to_dicts())
