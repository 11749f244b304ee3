"""Compared cells: an estimate as the page prints it, with its interval, its count and its doubts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.words import (
    MINUS,
    DriveWords,
    decimals_for,
    interval,
    known,
    percent,
    points,
    points_interval,
)

Row = Mapping[str, Any]
LEVEL = 0.05


@final
@dataclass(frozen=True)
class Cell:
    """A number in a table: what is printed, the interval beside it, what stands below, a star."""

    value: str
    interval: str = ""
    under: str = ""
    mark: bool = False


@final
@dataclass(frozen=True)
class Line:
    """A line of a table: the model, its cells, the drive or the comparison that it is about."""

    model: str
    cells: tuple[Cell, ...]
    drive: DriveWords | None = None
    about: str = ""


@final
@dataclass(frozen=True)
class Sheet:
    """A table of the page; without lines it is said in words instead."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]


def sheet(heads: Sequence[str], lines: Sequence[Line]) -> Sheet:
    """A table from its heads and its lines."""
    return Sheet(tuple(heads), tuple(lines))


def estimate_cell(row: Row | None) -> Cell:
    """An estimate with its interval; starred where it differs from 0 beyond chance."""
    if row is None:
        return Cell("\u2013")
    if not known(row["estimate"]):
        beyond = _bound(row) != "\u2013" and _beyond(row)
        return Cell(_bound(row), _ends(row, 2), _under(row, row["status"]), beyond)
    digits = _digits(row)
    value = _decimal(row["estimate"], digits)
    return Cell(value, _ends(row, digits), _under(row, row["status"]), _beyond(row))


def rate_cell(row: Row | None, change: bool = False, unit: str = "") -> Cell:
    """A rate, or a change of one in percentage points, with interval and count (of a unit)."""
    if row is None:
        return Cell("\u2013")
    if not known(row["estimate"]):
        return Cell("\u2013", "", _under(row, row["status"], unit))
    low, high = row["low"], row["high"]
    digits, under = min(1, decimals_for(low, high)), _under(row, row["status"], unit)
    if change:
        ends = points_interval(low, high, digits)
        return Cell(points(row["estimate"], digits), ends, under, _beyond(row))
    return Cell(percent(row["estimate"], digits), interval(low, high, digits), under)


def _under(row: Row, status: str | None, unit: str = "") -> str:
    """The counts, and in words what is wrong with the number."""
    n, goals = row.get("n"), row.get("clusters")
    said = [f"n {n:,}{f' {unit}' if unit else ''}"] if n is not None else []
    if goals and not (goals == n and row.get("group") == "convergence"):
        said.append(f"{goals:,} goal{'' if goals == 1 else 's'}")
    if status and status != "ok":
        said.append(status)
    return ", ".join(said)


def _beyond(row: Row) -> bool:
    for p in (row.get("p_holm"), row.get("p")):
        if p is not None and known(p):
            return bool(p < LEVEL)
    return False


def _bound(row: Row) -> str:
    value = row["estimate"]
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return "\u2013"


def _digits(row: Row) -> int:
    """Decimals that the interval bears: two, more for narrow ones, fewer for very wide ones."""
    low, high = row["low"], row["high"]
    if not (known(low) and known(high)) or high <= low:
        return 2
    size = math.floor(math.log10(high - low))
    return max(0, 2 - size) if size > 0 else min(4, max(2, 1 - size))


def _decimal(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def _ends(row: Row, digits: int) -> str:
    low, high = row["low"], row["high"]
    if all(end is None or (isinstance(end, float) and math.isnan(end)) for end in (low, high)):
        return ""
    return f"[{_end(low, digits)}, {_end(high, digits)}]"


def _end(value: Any, digits: int) -> str:
    if known(value):
        return _decimal(value, digits)
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return "?"
