"""Panels: the figures of a study: its forest, and the instrumental value of each drive."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.measure.intervals import proportion_interval
from telos.report.figure import INK, NEED, Figure, data, draw
from telos.report.forest import Forest, Line, Mark, forest
from telos.report.results import Recorded, Trial
from telos.report.rows import OTHERS_TITLE, RETAINED_TITLE, Group, Row, all_retained, world_name
from telos.report.words import Estimate, in_order, percent, plain

#: Bins of the axis of an ECDF, even in the square root of the share.
BINS = 100
#: A goal that loses so much of the value range needs the drive for more than a trifle.
MATTERS = 0.01


@final
@dataclass(frozen=True)
class ValueCurve:
    """The instrumental value of a drive: where it was read, its ECDF, the share to which it matters."""

    drive: str
    where: str
    n: int
    matters: Estimate
    figure: Figure


def study_forest(found: Sequence[Group]) -> Forest | None:
    """The forest of a study; None where no drive applies anywhere."""
    rows = [row for group in found for row in group.rows]
    drives = in_order(
        {d for row in rows for d, cell in row.cells.items() if cell.need or cell.deed}
    )
    if not drives:
        return None
    panels = {drive: plain(drive) for drive in drives}
    panels |= {
        title: title
        for title in (RETAINED_TITLE, OTHERS_TITLE)
        if any(title in row.measures for row in rows) and not all_retained(found, title)
    }
    lines = []
    for group in found:
        lines.append(Line(group.title, {}))
        labels = _short(group.rows)
        lines += [
            Line(label, _marks(row, panels)) for label, row in zip(labels, group.rows, strict=True)
        ]
    return forest(lines, panels)


def _short(rows: Sequence[Row]) -> list[str]:
    """Labels without what their reference is called, and without parameters that tell nothing apart."""
    labels = [
        f"+ {row.label.removeprefix(f'{row.against} + ')}"
        if row.label.startswith(f"{row.against} + ")
        else row.label
        for row in rows
    ]
    split = [re.fullmatch(r"(.*?)(?: \((.*)\))?", label) for label in labels]
    names = [found[1] if found else "" for found in split]
    fields = [set((found[2] or "").split(", ")) if found else set() for found in split]
    short = []
    for label, name, mine in zip(labels, names, fields, strict=True):
        alike = [each for each, other in zip(fields, names, strict=True) if other == name]
        rest = sorted(mine - set.intersection(*alike))
        short.append(f"{name} ({', '.join(rest)})" if rest != [""] and rest else name)
        if "(" in name:
            short[-1] = label
    return short


def _marks(row: Row, panels: Any) -> dict[str, Mark]:
    found = {}
    for drive, cell in row.cells.items():
        if cell.need or cell.deed:
            before = cell.change and (cell.change.need_before, cell.change.deed_before)
            found[drive] = Mark(cell.need, cell.deed, None, cell.baseline, before or (None, None))
    for title, measure in row.measures.items():
        if title in panels:
            found[title] = Mark(measure=measure)
    return found


def value_curves(results: Recorded, mains: Sequence[Trial]) -> tuple[ValueCurve, ...]:
    """One small ECDF a drive, in the first world where it applies."""
    found: dict[str, ValueCurve] = {}
    for trial in mains:
        for drive, (counts, matters) in _shares(results, trial).items():
            if drive not in found and sum(counts) > counts[0]:
                n = sum(counts)
                rate = Estimate(matters / n, *proportion_interval(matters, n))
                where = world_name(results, trial.scenario) if len(mains) > 1 else ""
                figure = _ecdf(counts, f"value{len(found)}", plain(drive))
                found[drive] = ValueCurve(plain(drive), where, n, rate, figure)
    return tuple(found[drive] for drive in in_order(found))


def _shares(results: Recorded, trial: Trial) -> dict[str, tuple[list[int], int]]:
    """By drive: goals in each bin of the share, those that lose nothing first; and how many lose 1 %."""
    import polars as pl

    share = pl.when(pl.col("category") == "required").then("share").otherwise(0.0)
    place = (share.sqrt() * BINS).ceil().cast(pl.Int64).clip(0, BINS)
    mine = results.readings.filter(pl.col("trial") == trial.key, pl.col("share").is_finite())
    table = (
        mine.select("drive", place.alias("bin"), (share >= MATTERS).alias("matters"))
        .group_by("drive", "bin")
        .agg(pl.len().alias("n"), pl.col("matters").sum())
        .collect(engine="streaming")
    )
    found: dict[str, tuple[list[int], int]] = {}
    for drive, place, n, matters in table.sort("drive", "bin").iter_rows():
        counts, sure = found.get(drive, ([0] * (BINS + 1), 0))
        counts[place] += n
        found[drive] = (counts, sure + matters)
    return found


def _ecdf(counts: Sequence[int], name: str, title: str) -> Figure:
    """The share of goals that lose more than x of their value range, x from 0 to 100 %."""
    import altair as alt

    left, points = sum(counts), []
    for place, count in enumerate(counts):
        left -= count
        if count or place in (0, BINS):
            points.append({"x": (place / BINS) ** 2, "y": left / sum(counts)})
    x = alt.X("x:Q").scale(type="sqrt", domain=[0, 1], nice=False)
    x = x.axis(values=[0, 0.01, 0.1, 0.25, 0.5, 1], labelExpr="format(datum.value * 100, 'd')")
    x = x.title("% of the value range lost without it")
    y = alt.Y("y:Q").scale(domain=[0, 1], nice=False)
    y = y.axis(values=[0, 0.5, 1], labelExpr="format(datum.value * 100, 'd')").title("% of goals")
    base = alt.Chart(data(points)).encode(x=x, y=y)
    limit = alt.Chart(data([{"x": MATTERS}])).mark_rule(color=INK, strokeDash=[2, 2], opacity=0.6)
    line = base.mark_line(interpolate="step-after", color=NEED, strokeWidth=2)
    chart = alt.layer(limit.encode(x=x), line).properties(width=200, height=110)
    half = percent(next((p["x"] for p in points if p["y"] < 0.5), 0.0))
    label = f"{title}: share of goals by what they lose without it; half lose less than {half}"
    return draw(chart, name, label)
