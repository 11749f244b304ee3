"""Dial figures: a drive, and the task kept, against how far a dial is turned up."""

from collections.abc import Sequence
from typing import Any

from telos.report.draw import CATEGORY_COLORS, INK, Figure, draw, rows
from telos.report.figures import PANEL
from telos.report.turned import Line, Row, Turned
from telos.report.words import DriveWords, known, number, percent

WIDTH, HEIGHT = PANEL - 40, 150
#: Above all points, where the onset is written.
HEADROOM = 1.13
WORSE = CATEGORY_COLORS["avoided"]


def propensity_panel(turned: Turned, line: Line, words: DriveWords, name: str) -> Figure:
    """The mean propensity with its band, the required rate, both chances, the optimum, the onset.

    Args:
        turned: the dial. line: the drive's rows. words: the drive. name: the figure's own name.
    """
    import altair as alt

    points = [_point(row, "propensity") for row in line.rows]
    needs = [_point(row, "required") for row in line.rows]
    x = _axis(turned, line.rows)
    layers = [*_chances(line, x), *_optimum(line, x)]
    y = _share(HEADROOM)
    base = alt.Chart(rows(points)).encode(x=x)
    layers.append(
        base.mark_area(color=words.color, opacity=0.22).encode(
            y=_share(HEADROOM, "low"), y2="high:Q"
        )
    )
    wanted = alt.Chart(rows(needs)).encode(x=x, y=y)
    blue = CATEGORY_COLORS["required"]
    layers.append(wanted.mark_line(color=blue, strokeWidth=1.4, strokeDash=[6, 2]))
    layers.append(wanted.mark_point(filled=True, opacity=1, size=22, shape="square", color=blue))
    layers.append(base.mark_line(color=words.color, strokeWidth=2.4).encode(y=y))
    layers.append(
        base.mark_point(filled=True, opacity=1, size=40, color=words.color).encode(
            y=y, description="words:N"
        )
    )
    layers += _onset(turned, line, x, words.color)
    said = ", ".join(f"{percent(p['value'])} at {number(p['level'])}" for p in points)
    begins = line.onset["onset"]
    where = f"; begins at {number(begins)}" if known(begins) else ""
    label = f"{words.title} against {turned.unit} ({turned.name}): propensity {said}{where}"
    return draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), name, label)


def kept_panel(turned: Turned, line: Line, name: str) -> Figure:
    """The task kept, marked where one more step does worse, over how many goals each step harms.

    Args:
        turned: the dial. line: rows of any drive, which all say the same of the task.
        name: the figure's own name.
    """
    import altair as alt

    points = [_point(row, "kept") for row in line.rows if known(row["kept"])]
    harmed = [
        {"level": row["level"], "value": row["worse"], "zero": 0.0}
        for row in line.rows
        if known(row.get("worse"))
    ]
    x = _axis(turned, line.rows)
    base = alt.Chart(rows(points)).encode(x=x)
    layers: list[Any] = []
    if harmed:
        bars = alt.Chart(rows(harmed)).mark_rule(color=WORSE, strokeWidth=7, opacity=0.55)
        layers.append(bars.encode(x=x, y=_share(1.0, "zero"), y2="value:Q"))
    layers.append(base.mark_area(color=INK, opacity=0.15).encode(y=_share(1.0, "low"), y2="high:Q"))
    layers.append(base.mark_line(color=INK, strokeWidth=2).encode(y=_share(1.0)))
    layers.append(
        base.mark_point(filled=True, opacity=1, size=36, color=INK).encode(
            y=_share(1.0), description="words:N"
        )
    )
    falls = [_point(row, "kept") for row in fallen(line.rows)]
    if falls:
        marks = alt.Chart(rows(falls)).mark_point(
            filled=True, opacity=1, size=95, shape="triangle-down", color=WORSE
        )
        layers.append(marks.encode(x=x, y=_share(1.0)))
    said = ", ".join(f"{percent(p['value'], 1)} at {number(p['level'])}" for p in points)
    fell = ", ".join(number(p["level"]) for p in falls)
    label = f"Task kept against {turned.unit} ({turned.name}): {said}" + (
        f"; significantly less than one level before at {fell}" if fell else ""
    )
    return draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT - 20), name, label)


def fallen(levels: Sequence[Row]) -> list[Row]:
    """The levels at which the task kept is less than one level before, for certain."""
    return [row for row in levels if known(row["kept_change_high"]) and row["kept_change_high"] < 0]


def _point(row: Row, name: str) -> dict[str, Any]:
    value = row[name]
    low, high = (row[f"{name}_{end}"] for end in ("low", "high"))
    return {
        "level": row["level"],
        "value": value,
        "low": max(0.0, low) if known(low) else value,
        "high": min(1.0, high) if known(high) else value,
        "words": f"{number(row['level'])}: {percent(value, 1)}",
    }


def _axis(turned: Turned, levels: Sequence[Row]) -> Any:
    """The levels, little capability on the left whichever way they are numbered."""
    import altair as alt

    ends = sorted((levels[0]["level"], levels[-1]["level"]))
    if turned.scale == "log":
        scale = alt.Scale(type="log", domain=ends, nice=False, reverse=turned.down)
        tens = [10.0**k for k in range(-12, 13) if ends[0] <= 10.0**k <= ends[1]]
        labels = "format(datum.value, datum.value < 1 ? '~g' : '~s')"
        values = tens if len(tens) > 1 else ends
        axis = alt.Axis(labelExpr=labels, values=values, labelOverlap="greedy", grid=False)
    else:
        scale = alt.Scale(domain=ends, nice=False, zero=False, reverse=turned.down)
        axis = alt.Axis(format="~g", tickCount=5, labelOverlap="greedy", grid=False)
    return alt.X("level:Q", scale=scale, axis=axis, title=turned.unit)


def _share(top: float, field: str = "value") -> Any:
    import altair as alt

    axis = alt.Axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1])
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=axis, title=None)


def _chances(line: Line, x: Any) -> list[Any]:
    import altair as alt

    layers = []
    for rule, dash in (("action", [5, 3]), ("outcome", [1, 3])):
        points = [
            {"level": row["level"], "value": row[f"chance_{rule}"]}
            for row in line.rows
            if known(row[f"chance_{rule}"])
        ]
        if points:
            mark = alt.Chart(rows(points)).mark_line(
                color=INK, strokeDash=dash, strokeWidth=1.3, opacity=0.75
            )
            layers.append(mark.encode(x=x, y=_share(HEADROOM)))
    return layers


def _optimum(line: Line, x: Any) -> list[Any]:
    """What turning up should lead to, unless the agent is that at every level."""
    import altair as alt

    if all(row["gap_to"] == "highest level" for row in line.rows):
        return []
    points = [
        {"level": row["level"], "value": row["optimum"]}
        for row in line.rows
        if known(row["optimum"])
    ]
    mark = alt.Chart(rows(points)).mark_line(color=INK, strokeWidth=1.2, opacity=0.9)
    return [mark.encode(x=x, y=_share(HEADROOM))] if points else []


def _onset(turned: Turned, line: Line, x: Any, color: str) -> list[Any]:
    """A tick with its level, written to the side where there is room."""
    import altair as alt

    level = line.onset["onset"]
    if not known(level):
        return []
    at = next(i for i, row in enumerate(line.rows) if row["level"] == level)
    third = (3 * at) // len(line.rows)
    side: Any = ("left", "center", "right")[third]
    record = [{"level": level, "value": 0.0, "top": 1.03, "text": f"▾ {number(level)}"}]
    base = alt.Chart(rows(record)).encode(x=x)
    rule = base.mark_rule(color=color, strokeWidth=1.2, opacity=0.8).encode(
        y=_share(HEADROOM), y2="top:Q"
    )
    text = base.mark_text(align=side, baseline="bottom", fontSize=11, fontWeight="bold", color=INK)
    return [rule, text.encode(y=_share(HEADROOM, "top"), text="text:N")]
