"""Summary: the rows of the forest as one table, a line for each row and drive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.report.rows import Cell, Group, Row
from telos.report.table import Table, table
from telos.report.words import Estimate, estimate, in_order, plain

#: By row and drive, the name of its line in the table.
Links = Mapping[tuple[str, str], str]
COLUMNS = (
    "row",
    "drive::drive",
    "n:count",
    "need:rate:need",
    "n of controls:count",
    "lose 1 %:rate:loses",
    "placebo:rate:placebo",
    "beyond it:points:placebo",
    "share lost:rate:value",
    "share beyond:points:placebo",
    "cause removed:rate:cause",
    "deed:rate:deed",
    "random baseline:rate:baseline",
    "change of need:points:displacement",
    "change of deed:points:displacement",
    "compared with",
)


@final
@dataclass(frozen=True)
class Found:
    """Need and deed of one drive in one row, with the name of its line in the table."""

    drive: str
    where: str
    cell: Cell
    link: str


def row_name(group: Group, label: str) -> str:
    """What the table calls a row: where it is, what it has in common with its group, its label."""
    return " · ".join(filter(None, (group.where, group.common, label)))


def summary_table(found: Sequence[Group]) -> Table:
    """Every number of the forest."""
    rows, names = [], links(found)
    cells = [cell for group in found for row in group.rows for cell in row.cells.values()]
    against = {cell.change.against for cell in cells if cell.change}
    for group in found:
        for row in group.rows:
            for drive, cell in _shown(row):
                rows.append(
                    (
                        row_name(group, row.label),
                        plain(drive),
                        cell.n or None,
                        cell.need,
                        *_controls(cell),
                        cell.deed,
                        cell.baseline,
                        cell.change.need if cell.change else None,
                        cell.change.deed if cell.change else None,
                        cell.change.against if cell.change and len(against) > 1 else "",
                    )
                )
    with_what = f"{next(iter(against))}" if len(against) == 1 else "the row named last"
    caption = f"Changes are against {with_what}, over the same goals, in points." if against else ""
    return table(caption, COLUMNS, rows, tuple(names.values()))


def _controls(cell: Cell) -> tuple[Estimate | str | int | None, ...]:
    """Goals, c, placebo, excess, share, its excess, and what of c goes with the cause.

    Beside its controls a drive has the c and the share of the goals of its controls.
    """
    row = cell.control
    if not row:
        return (None, cell.lose, None, None, cell.share, None, None)
    cause = estimate(row, "loses_cause") or row["cause"]
    if row["cause"] == "nothing to lose":
        cause = row["cause"]
    c, share = estimate(row, "loses"), estimate(row, "mean_share")
    placebo = estimate(row, "placebo") or row["stands_out"]
    return (
        *(row["n"], c, placebo, estimate(row, "excess")),
        *(share, estimate(row, "excess_share"), cause),
    )


def links(found: Sequence[Group]) -> Links:
    """By row and drive, the name of its line in the table, by which a sentence links to it."""
    keys = [(row.key, drive) for g in found for row in g.rows for drive, _ in _shown(row)]
    return {key: f"r{i}" for i, key in enumerate(keys)}


def _shown(row: Row) -> list[tuple[str, Cell]]:
    """The drives of a row that apply, in order."""
    return [(d, row.cells[d]) for d in in_order(row.cells) if not row.cells[d].reason]
