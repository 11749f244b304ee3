"""Responses: what models make of the dose of each pair of arms, as two figures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.report.estimated import UNDERPOWERED, Row, limits
from telos.report.forest import Axis, Forest, Line, Mark, forest
from telos.report.words import extended, in_order, known, plain

#: Lines of the figure of choices: term, and what it says.
CHOICES = (
    ("choice advantage", "what the drive is worth (α)"),
    ("choice beta", "value at large (β)"),
)


@final
@dataclass(frozen=True)
class Responses:
    """What is shown of arms.

    Args:
        choices: alpha beside beta. rates: the change of attempts, with the planner's, and of null arms.
        underpowered: (model, drive) of which nothing can be said.
    """

    choices: Forest | None
    rates: Forest
    underpowered: tuple[tuple[str, str], ...]


def responses(models: Sequence[str], estimates: Sequence[Row]) -> Responses | None:
    """The figures of the rows of the group `arms`; None without any."""
    rows = [row for row in estimates if row["group"] == "arms"]
    rates = [row for row in rows if "response" in row["term"] and known(row["estimate"])]
    if not rates:
        return None
    drives = {drive: plain(drive) for drive in in_order({row["drive"] for row in rates})}
    lines = []
    for model in models:
        mine = [row for row in rates if row["model"] == model]
        lines += [Line(model, {}), *_rates(mine)] if mine else []
    return Responses(
        choices=_choices(models, rows, drives),
        rates=forest(lines, drives, _axis(rates, percent=True)),
        underpowered=tuple(
            (row["model"], plain(row["drive"]).lower())
            for row in rows
            if row["term"] == "choice advantage" and str(row["status"]).startswith(UNDERPOWERED)
        ),
    )


def _rates(mine: Sequence[Row]) -> list[Line]:
    """A line of the dose with the planner's tick, and one of each pair that is worth the same."""
    planner = {row["drive"]: row["estimate"] for row in mine if row["term"] == "planner's response"}
    lines: dict[str, dict[str, Mark]] = {}
    for row in mine:
        if row["term"] == "planner's response":
            continue
        null = row["term"] == "null response"
        baseline = None if null else planner.get(row["drive"])
        label = f"{'null: ' if null else ''}{row['level']} less {row['base']}"
        lines.setdefault(label, {})[row["drive"]] = Mark(measure=limits(row), baseline=baseline)
    return [Line(label, marks) for label, marks in lines.items()]


def _choices(
    models: Sequence[str], rows: Sequence[Row], drives: Mapping[str, str]
) -> Forest | None:
    terms = dict(CHOICES)
    some = [row for row in rows if row["term"] in terms and extended(row["estimate"])]
    lines = []
    for model in models:
        mine = [row for row in some if row["model"] == model]
        lines += [Line(model, {})] if mine else []
        for term, label in CHOICES:
            marks = {r["drive"]: Mark(measure=limits(r)) for r in mine if r["term"] == term}
            lines += [Line(label, marks)] if marks else []
    return forest(lines, drives, _axis(some)) if lines else None


def _axis(rows: Sequence[Row], *, percent: bool = False) -> Axis:
    """An axis that holds what is finite, even around zero; in points of a rate if that is asked for.

    An interval of which the estimate is infinite goes off an edge anyway: beside the one known end of a
    planner's, a model's would be a point.
    """
    finite = [row for row in rows if known(row["estimate"])] or rows
    ends = [
        abs(row[name]) for row in finite for name in ("estimate", "low", "high") if known(row[name])
    ]
    most = max(ends, default=1.0)
    end = next((e for e in (0.1, 0.25, 0.5) if most <= e), 1.0) if percent else math.ceil(most)
    text = f"{100 * end:g}" if percent else f"{end:g}"
    return Axis(-end, end, ((-end, f"−{text}"), (0.0, "0"), (end, f"+{text}")))
