"""Curves: what is kept against how capable the agent is, one line a way of writing the goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.draw import INK, Figure, draw, rows
from telos.report.words import percent

#: Of the lines after the reference, which follows the page's text color.
LINE_COLORS = ("#d1495b", "#e08a1e", "#2272b4", "#1f8a70", "#8e5ea2", "#8a6d3b")
LINE_DASHES = ((1, 0), (7, 2), (3, 2), (9, 2, 2, 2), (2, 2), (12, 3))
LINE_SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
WIDTH, HEIGHT = 385, 230


@final
@dataclass(frozen=True)
class Point:
    """One agent's mean with its interval: the place of the agent on the axis, and the value."""

    stop: int
    value: float
    low: float | None
    high: float | None


@final
@dataclass(frozen=True)
class Curve:
    """One line: its name, how it is drawn, and its points."""

    name: str
    color: str
    dash: tuple[int, ...]
    shape: str
    points: tuple[Point, ...]


def style(place: int) -> tuple[str, tuple[int, ...], str]:
    """Color, dash and shape of the line at a place; 0 is the reference."""
    if place == 0:
        return INK, (1, 0), "circle"
    i = (place - 1) % len(LINE_COLORS)
    return LINE_COLORS[i], LINE_DASHES[i], LINE_SHAPES[i]


def capability_curves(
    curves: Sequence[Curve], stops: Sequence[str], axis: str, value: str, name: str
) -> Figure:
    """Lines over agents in order, each point with its 95 % interval, a little apart so that none hides.

    Args:
        curves: the lines. stops: what each agent is called. axis, value: the titles of both axes.
        name: the figure's own name on the page.
    """
    import altair as alt

    spread = min(0.06, 0.3 / max(1, len(curves)))
    points: list[dict[str, Any]] = [
        {
            "line": curve.name,
            "stop": point.stop + spread * (i - (len(curves) - 1) / 2),
            "value": point.value,
            "low": point.value if point.low is None else point.low,
            "high": min(1.0, point.value if point.high is None else point.high),
            "words": f"{curve.name}, {stops[point.stop]}: {percent(point.value, 1)}",
        }
        for i, curve in enumerate(curves)
        for point in curve.points
    ]
    names = [curve.name for curve in curves]
    color = alt.Color("line:N", sort=names, legend=None).scale(
        domain=names, range=[curve.color for curve in curves]
    )
    labels = "[" + ", ".join(f"'{_quoted(stop)}'" for stop in stops) + "][datum.value]"
    x = alt.X("stop:Q").scale(domain=[-0.35, len(stops) - 0.65], nice=False)
    x = x.axis(values=list(range(len(stops))), labelExpr=labels, grid=False).title(axis)
    lowest = min(point["low"] for point in points)
    bottom = max(0.0, 0.1 * int(10 * lowest - 1e-9))
    y = alt.Y("value:Q").scale(domain=[bottom, 1.005], nice=False, zero=False)
    y = y.axis(format="~%", tickCount=5).title(value)
    base = alt.Chart(rows(points)).encode(x=x, color=color)
    dash = alt.StrokeDash("line:N", sort=names, legend=None).scale(
        domain=names, range=[list(curve.dash) for curve in curves]
    )
    shape = alt.Shape("line:N", sort=names, legend=None).scale(
        domain=names, range=[curve.shape for curve in curves]
    )
    layers: list[Any] = [
        base.mark_rule(strokeWidth=1.3, opacity=0.45)
        .encode(y=y, y2="high:Q")
        .transform_calculate(value="datum.low"),
        base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash),
        base.mark_point(filled=True, opacity=1, size=46).encode(
            y=y, shape=shape, description="words:N"
        ),
    ]
    ends = "; ".join(
        f"{curve.name}, {percent(curve.points[0].value)} to {percent(curve.points[-1].value)}"
        for curve in curves
    )
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    return draw(chart, name, f"{value} against {axis}: {ends}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
