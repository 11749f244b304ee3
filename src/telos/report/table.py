"""Table: typed columns and rows, from which a page shows cells and a reader copies CSV."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from telos.report.words import (
    MINUS,
    Estimate,
    decimals_for,
    known,
    number,
    percent,
    points,
    points_interval,
    with_interval,
)

Format = Literal["text", "count", "rate", "points", "number"]


@final
@dataclass(frozen=True)
class Column:
    """A column: its name, how its values are printed, and the definition it stands for."""

    name: str
    format: Format = "text"
    term: str = ""


def columns(*told: str) -> tuple[Column, ...]:
    """Columns from ``name``, ``name:format`` or ``name:format:term``."""
    found = []
    for text in told:
        name, kind, term, *_ = (*text.split(":"), "", "")
        found.append(Column(name, kind or "text", term))  # type: ignore[arg-type]
    return tuple(found)


@final
@dataclass(frozen=True)
class Table:
    """Columns and rows of values.

    Args:
        caption: what it holds. columns: one a value of a row.
        rows: texts, counts, numbers, or estimates; None prints nothing.
        names: of some rows, what links to them go by.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)


def shown(value: Any, column: Column) -> str:
    """A value as its column prints it."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Estimate):
        return _estimate(value, column.format)
    if not known(value):
        return ""
    formats = {
        "count": f"{int(value):,}",
        "rate": percent(value),
        "points": points(value),
    }
    return formats.get(column.format) or number(value)


def _estimate(found: Estimate, kind: Format) -> str:
    if kind in ("points", "rate"):
        # No rate lies outside of 0 and 100 %, whatever a symmetric interval says.
        least = -1.0 if kind == "points" or found.value < 0 else 0.0
        low, high = (end and max(least, min(1.0, end)) for end in (found.low, found.high))
        if kind == "rate":
            return with_interval(found.value, low, high)
        digits = decimals_for(low, high)
        return f"{points(found.value, digits)} {points_interval(low, high, digits)}".strip()
    if found.low is None and found.high is None:
        return _unbounded(found.value)
    low, high = (found.low, found.high)
    opens = "(" if low == -math.inf else "["
    closes = ")" if high == math.inf else "]"
    return f"{_unbounded(found.value)} {opens}{_unbounded(low)}, {_unbounded(high)}{closes}"


def _unbounded(value: float | None) -> str:
    """A number, or infinity with its sign."""
    if value is None or not math.isinf(value):
        return number(value)
    return "∞" if value > 0 else f"{MINUS}∞"


def table(
    caption: str, told: Sequence[str], rows: Sequence[Sequence[Any]], names: Sequence[str] = ()
) -> Table:
    """A table without columns in which nothing stands; `told` as in `columns`."""
    found = columns(*told)
    keep = [i for i in range(len(found)) if any(row[i] not in (None, "") for row in rows)]
    kept_rows = tuple(tuple(row[i] for i in keep) for row in rows)
    return Table(caption, tuple(found[i] for i in keep), kept_rows, tuple(names))
