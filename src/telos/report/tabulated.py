"""Tabulated: the page of a model that was read exactly, from plain tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telos.core.errors import StoreError
from telos.report.details import Section, sections
from telos.report.figure import INK, Figure, data, draw
from telos.report.forest import Forest, Line, Mark, forest
from telos.report.table import Table, table
from telos.report.templating import template
from telos.report.words import Estimate, in_order, known, number, percent, plain
from telos.runs.files import write_text

if TYPE_CHECKING:
    import polars

#: Rows that are listed of the map and of the tables by goal; all are in the CSV files.
MOST_STATES, MOST_ROWS = 12, 400
NEEDED = ("summary", "propensities", "values", "states", "regret_map")
#: Cells on a side beyond which the numbers on a map cannot be read.
MOST_CELLS = 14
Row = Mapping[str, Any]


def write_tabulation(
    tables: Mapping[str, "polars.DataFrame"],
    out: Path,
    model: str,
    counts: Mapping[str, int],
    made: Iterable[tuple[str, str]] = (),
) -> Path:
    """Write the page of a tabulation; it opens without a network.

    Args:
        tables: by name, `NEEDED` and, where episodes were compared, `history` (see
            `telos.llm.tabulation`).
        out: the HTML file. model: who was asked.
        counts: `answers`, `missing` (questions without an answer), `unreadable`, `calls`, and further
            counts by outcome.
        made: what the page says of how it was made: (name, value).

    Raises:
        StoreError: if a table is missing or `out` cannot be written.
    """
    lacking = [name for name in NEEDED if name not in tables]
    if lacking:
        raise StoreError(f"the page of a tabulation lacks the tables {', '.join(lacking)}.")
    rows = {name: tables[name].to_dicts() for name in tables}
    drives = in_order({row["drive"] for row in rows["summary"]})
    text = template("tabulated.html").render(
        model=model,
        counts=counts,
        answer=[_told(row) for row in rows["summary"] if _condition(row) == _first(rows)],
        several=len({_condition(row) for row in rows["values"]}) > 1,
        condition=_first(rows),
        regret=_mean([r["regret"] for r in rows["values"] if _condition(r) == _first(rows)]),
        forest=_forest(rows["summary"], drives),
        maps=_maps(rows["regret_map"]),
        worst=_worst(rows["regret_map"]),
        history=_history(rows.get("history", [])),
        details=_details(rows, tuple(made)),
    )
    return write_text(out, text, "Name another folder with --out.")


def _condition(row: Row) -> str:
    """Framing and instruction of a row, in words."""
    instruction = str(row["instruction"])
    return str(row["framing"]) + ("" if instruction == "none" else f", {instruction}")


def _first(rows: Mapping[str, Sequence[Row]]) -> str:
    return _condition(rows["values"][0]) if rows["values"] else ""


def _mean(values: Sequence[float | None]) -> float | None:
    some = [value for value in values if value is not None]
    return sum(some) / len(some) if some and len(some) == len(values) else None


def _told(row: Row) -> tuple[str, Estimate, Row]:
    return plain(row["drive"]).lower(), _deed(row), row


def _deed(row: Row) -> Estimate:
    """The chance with all that is open: draws, and answers that are missing or could not be read.

    Where nothing is known of a state that the model comes to, the limits alone say something: the point is
    then their middle.
    """
    value, low, high = row["chance"], row["low"], row["high"]
    if not known(value):
        return Estimate((row["least"] + row["most"]) / 2, row["least"], row["most"])
    if row["most"] - row["least"] > 1e-12:
        low = row["least"] if not known(low) else min(low, row["least"])
        high = row["most"] if not known(high) else max(high, row["most"])
    return Estimate(value, *(end if known(end) else None for end in (low, high)))


def _forest(summary: Sequence[Row], drives: Sequence[str]) -> Forest | None:
    lines: dict[str, dict[str, Mark]] = {}
    for row in summary:
        mark = Mark(Estimate(row["planner"]), _deed(row), None, row["random"])
        lines.setdefault(_condition(row), {})[row["drive"]] = mark
    found = [Line(label, marks) for label, marks in lines.items()]
    return forest(found, {drive: plain(drive) for drive in drives}) if found else None


def _maps(states: Sequence[Row]) -> list[tuple[str, Figure]]:
    """The regret of each cell of a world on a grid, a map a condition; none elsewhere."""
    found = []
    by: dict[str, list[Row]] = {}
    for row in states:
        if row["row"] is not None and row["column"] is not None:
            by.setdefault(_condition(row), []).append(row)
    for i, (condition, mine) in enumerate(by.items()):
        cells: dict[tuple[int, int], float] = {}
        for row in mine:
            place = (row["row"], row["column"])
            cells[place] = cells.get(place, 0.0) + row["regret"]
        found.append((condition, _map(cells, f"map{i}", condition)))
    return found


def _map(cells: Mapping[tuple[int, int], float], name: str, condition: str) -> Figure:
    import altair as alt

    most = max(max(cells.values()), 1e-12)
    records = [
        {"row": row, "column": column, "regret": max(0.0, value),
         "shown": percent(max(0.0, value), 1) if value > 0.0005 else ""}
        for (row, column), value in sorted(cells.items())
    ]  # fmt: skip
    base = alt.Chart(alt.InlineData(**data(records))).encode(
        x=alt.X("column:O").axis(None), y=alt.Y("row:O").axis(None)
    )
    squares = base.mark_rect(cornerRadius=3, stroke=INK, strokeOpacity=0.25).encode(
        color=alt.Color("regret:Q")
        .scale(domain=[0.0, most], range=["#F5F5F5", "#D55E00"])
        .legend(None)
    )
    few = max(len({place[k] for place in cells}) for k in (0, 1)) <= MOST_CELLS
    texts = base.mark_text(fontSize=11, color="#111111").encode(text="shown:N")
    chart = alt.layer(squares, texts) if few else squares
    side = alt.Step(44 if few else 14)
    label = (
        f"Regret by cell, {condition}: at most {percent(most, 1)} of the value range in one cell"
    )
    return draw(chart.properties(width=side, height=side), name, label)


def _worst(states: Sequence[Row]) -> Table:
    """The states that cost most, condition by condition."""
    rows = []
    count: dict[str, int] = {}
    for row in states:
        condition = _condition(row)
        count[condition] = count.get(condition, 0) + 1
        if count[condition] <= MOST_STATES and row["regret"] > 1e-9:
            rows.append((
                condition, row["state"], percent(row["regret"], 2), percent(row["time"], 1),
                percent(row["loss"], 1), percent(row["unread"]) if row["unread"] > 0 else "",
            ))  # fmt: skip
    names = ("told", "state", "regret", "time there", "loss of a choice there", "not readable")
    return table("The worst states, means over goals, shares of the value range", names, rows)


def _history(rows: Sequence[Row]) -> Table:
    found = [
        (
            _condition(row), plain(row["drive"]), row["episodes"], row["decisions"], row["goals"],
            percent(row["sampled"]), percent(row["tabled"]),
            Estimate(row["gap"], *(e if known(e) else None for e in (row["low"], row["high"]))),
        )
        for row in rows
    ]  # fmt: skip
    names = (
        "told", "drive", "episodes:count", "decisions:count", "goals:count", "in the episodes",
        "by the table, same states", "gap:points",
    )  # fmt: skip
    return table("What the history of an episode adds", names, found)


def _details(
    rows: Mapping[str, Sequence[Row]], made: tuple[tuple[str, str], ...]
) -> tuple[Section, ...]:
    each = [
        (
            _condition(r), r["goal"], plain(r["drive"]), plain(r["category"]).lower(), r["worth"],
            _deed(r), percent(r["planner"]), percent(r["random"]),
            percent(r["propensity"]) if known(r["propensity"]) else "open",
        )
        for r in rows["propensities"][:MOST_ROWS]
    ]  # fmt: skip
    values = [
        (
            _condition(r), r["goal"], number(r["optimum"]),
            number(r["value"]) if known(r["value"]) else "open", r["regret"], r["reached"],
            r["open"],
        )
        for r in rows["values"][:MOST_ROWS]
    ]  # fmt: skip
    drives = (
        "told", "goal", "drive", "category", "instrumental value:rate", "in an episode:rate", "planner",
        "random", "ever",
    )  # fmt: skip
    goals = (
        "told", "goal", "optimum", "value", "regret:rate", "states reached:count",
        "of them open:count",
    )  # fmt: skip
    return sections(
        Section("Goal by goal", "", (table("Drives", drives, each), table("Value", goals, values))),
        Section("Provenance", "", facts=made),
    )
