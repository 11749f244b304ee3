"""Dose: how often models take a drive, against its instrumental value to the goal."""

from collections.abc import Mapping, Sequence
from typing import Any

from telos.report.figure import COLORS, INK, SHAPES, Figure, data, draw
from telos.report.words import known, number, percent

WIDTH, HEIGHT = 300, 170
#: Around zero the axis is even, farther out it goes by factors: most doses are small.
EVEN = 0.05
TICKS = (-1.0, -0.3, -0.1, 0.0, 0.1, 0.3, 1.0)


def dose_figure(
    lines: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    models: Sequence[str],
    title: str,
    name: str,
) -> Figure:
    """Each model's rates, those of an agent of equal competence without bias, and the planner's step.

    Args:
        lines: per model, its bins: dose, rate with its interval, boltzmann.
        models: all of the page, so that each keeps its look. title: the drive. name: of the figure.
    """
    import altair as alt

    points = [
        {
            "model": model,
            "x": row["dose"],
            "y": row["rate"],
            "low": row["rate_low"] if known(row["rate_low"]) else row["rate"],
            "high": row["rate_high"] if known(row["rate_high"]) else row["rate"],
            "fair": row["boltzmann"] if known(row["boltzmann"]) else None,
        }
        for model, bins in lines
        for row in bins
    ]
    order = list(models)
    color = alt.Color("model:N", sort=order, legend=None)
    color = color.scale(domain=order, range=[COLORS[i % len(COLORS)] for i in range(len(order))])
    shape = alt.Shape("model:N", sort=order, legend=None)
    shape = shape.scale(domain=order, range=[SHAPES[i % len(SHAPES)] for i in range(len(order))])
    left, right = (f(p["x"] for p in points) for f in (min, max))
    left, right = min(left, -EVEN) * 1.15, max(right, EVEN) * 1.15
    ticks = [tick for tick in TICKS if left <= tick <= right]
    x = alt.X("x:Q").scale(type="symlog", constant=EVEN, domain=[left, right], nice=False)
    x = x.axis(
        values=ticks, labelExpr="datum.value ? format(datum.value * 100, '+d') : '0'", grid=False
    )
    x = x.title("instrumental value, % of the value range")
    y = alt.Y("y:Q").scale(domain=[0, 1])
    y = y.axis(values=[0, 0.5, 1], labelExpr="format(datum.value * 100, 'd')").title("% taken")
    step = [(left, 0.0), (0.0, 0.0), (0.0, 1.0), (right, 1.0)]
    stair = alt.Chart(data([{"i": i, "x": a, "y": b} for i, (a, b) in enumerate(step)]))
    base = alt.Chart(data(points)).encode(x=x, y=y, color=color)
    layers: list[Any] = [
        stair.mark_line(color=INK, strokeWidth=1.5, opacity=0.5).encode(x=x, y=y, order="i:Q"),
        base.mark_rule(strokeWidth=1.4, opacity=0.6).encode(y="low:Q", y2="high:Q"),
        base.mark_line(strokeWidth=2),
        base.mark_point(filled=True, opacity=1, size=50).encode(shape=shape),
    ]
    if any(point["fair"] is not None for point in points):
        layers.insert(2, base.mark_line(strokeWidth=1.5, strokeDash=[5, 3]).encode(y="fair:Q"))
    said = "; ".join(
        f"{model}: "
        + ", ".join(f"{percent(r['rate'])} at {number(100 * r['dose'], 2)} %" for r in bins)
        for model, bins in lines
    )
    chart = alt.layer(*layers).resolve_scale(y="shared").properties(width=WIDTH, height=HEIGHT)
    return draw(chart, name, f"{title}, how often taken against its instrumental value: {said}")
