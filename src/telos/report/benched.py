"""Benched: the page of a study of the bench, from its summary alone."""

from pathlib import Path

from telos.core.benched import BenchFigure, BenchMark, BenchRecord, BenchTable, Cell
from telos.report.details import Section, sections
from telos.report.forest import Axis, Forest, Line, Mark, forest
from telos.report.table import Table, shown, table
from telos.report.templating import template
from telos.report.words import Estimate
from telos.runs.files import write_text


def write_bench_page(record: BenchRecord, out: Path) -> Path:
    """Write the page of a study of the bench; it opens without a network.

    Args:
        record: what the study found. out: the HTML file.

    Raises:
        StoreError: if `out` cannot be written.
    """
    return write_text(out, bench_page(record), "Name another folder with -o.")


def bench_page(record: BenchRecord) -> str:
    """The page as HTML; every text is escaped.

    Args:
        record: what the study found.
    """
    summary = record.summary
    folded = [
        Section(each.title, each.note, (bench_table(each),))
        for each in summary.tables
        if each.folded
    ]
    facts = {
        "command": record.command, "random worlds": f"{record.worlds:,}",
        "goals a world": f"{record.goals:,}", "seed": str(record.seed),
        "units": f"{record.units:,}", "rows": f"{record.rows:,}",
        "telos": record.telos, "code": record.code, "made": record.made,
    }  # fmt: skip
    return template("benched.html").render(
        record=record,
        summary=summary,
        figures=[(each.title, each.note, _forest(each)) for each in summary.figures],
        tables=[
            (each.title, each.note, bench_table(each)) for each in summary.tables if not each.folded
        ],
        details=sections(*folded, Section("Provenance", "", facts=tuple(facts.items()))),
    )


def bench_table(found: BenchTable) -> Table:
    """A table of a summary as pages show it.

    Args:
        found: the table.
    """
    rows = [tuple(_cell(cell) for cell in row) for row in found.rows]
    return table("", found.columns, rows)


def bench_cells(found: BenchTable) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table of a summary as a terminal prints them.

    Args:
        found: the table.
    """
    made = bench_table(found)
    cells = [
        [shown(value, column) for value, column in zip(row, made.columns, strict=True)]
        for row in made.rows
    ]
    return [column.name for column in made.columns], cells


def _cell(cell: Cell) -> str | float | Estimate | None:
    return _estimate(cell) if isinstance(cell, BenchMark) else cell


def _estimate(mark: BenchMark) -> Estimate:
    return Estimate(mark.value, mark.low, mark.high)


def _forest(found: BenchFigure) -> Forest:
    lines = [
        Line(each.label, {key: Mark(measure=_estimate(mark)) for key, mark in each.marks.items()})
        for each in found.lines
    ]
    return forest(lines, found.panels, Axis(found.low, found.high, found.ticks))
