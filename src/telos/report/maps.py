"""Maps: POWER drawn on a world's own floor plan, or against the values of a feature."""

import json
from collections.abc import Sequence
from typing import Any

from telos.report.draw import INK, Figure, draw, rows
from telos.report.figures import PANEL
from telos.report.words import MINUS, number

DARK_TEXT = "#10131a"
LIGHT_TEXT = "#ffffff"
POINT = "#3b6fb6"


def power_map(cells: Sequence[dict[str, Any]], name: str, label: str) -> Figure:
    """POWER of every state on the floor plan, its value printed in the cell.

    Args:
        cells: records with `row`, `column`, `power`, `off`, `state`; one a place.
        name, label: the figure's own name on the page, and what it shows.
    """
    import altair as alt

    side = max(30, min(64, 620 // max(1, 1 + max(int(c["column"]) for c in cells))))
    values = [float(c["power"]) for c in cells]
    low, high = min(values), max(values)
    middle = low + 0.55 * (high - low)
    drawn = [
        {
            **cell,
            "shown": f"{cell['power']:.{2 if side < 44 else 3}f}".replace("-", MINUS),
            "note": "off" if cell["off"] else "",
            "ink": DARK_TEXT if cell["power"] > middle and not cell["off"] else LIGHT_TEXT,
        }
        for cell in cells
    ]
    base = alt.Chart(rows(drawn)).encode(
        x=alt.X("column:O").axis(None).scale(paddingInner=0.04),
        y=alt.Y("row:O").axis(None).scale(paddingInner=0.04),
    )
    squares = base.mark_rect(cornerRadius=3).encode(
        color=alt.condition(
            "datum.off",
            alt.value("#4a4f57"),
            alt.Color("power:Q", legend=None).scale(scheme="viridis", domain=[low, high]),
        )
    )
    ink = alt.Color("ink:N", scale=None, legend=None)
    texts = base.mark_text(fontSize=max(9, side // 5)).encode(text="shown:N", color=ink)
    notes = base.mark_text(fontSize=9, dy=-side // 3).encode(text="note:N", color=ink)
    chart = alt.layer(squares, texts, notes).resolve_scale(color="independent")
    return draw(chart.properties(width=alt.Step(side), height=alt.Step(side)), name, label)


def power_by_feature(points: Sequence[dict[str, Any]], name: str, feature: str) -> Figure:
    """Mean POWER of the states that have each value of a feature, with 95 % intervals.

    Args:
        points: records with `value`, `mean`, `low`, `high`, in the order of `value`.
        name: the figure's own name on the page.
        feature: the feature's name.
    """
    import altair as alt

    drawn = [{**point, "shown": f"{point['value']:g}"} for point in points]
    order = [point["shown"] for point in drawn]
    bottom = min(0.0, *(point["low"] for point in drawn))
    x = alt.X("shown:O", sort=order).title(feature)
    x = x.axis(labelAngle=0, labelOverlap="greedy", grid=False)
    base = alt.Chart(rows(drawn)).encode(x=x)
    y = alt.Y("mean:Q").title("POWER").axis(tickCount=4)
    y = y.scale(domainMin=bottom) if bottom < 0 else y.scale(zero=True)
    layers = [
        base.mark_rule(color=INK, strokeWidth=1.4).encode(
            y=alt.Y("low:Q").title("POWER"), y2="high:Q"
        ),
        base.mark_line(color=INK, opacity=0.3, strokeWidth=1.2).encode(y=y),
        base.mark_point(filled=True, color=POINT, opacity=1, size=55).encode(y=y),
    ]
    label = f"POWER by {feature}: " + ", ".join(
        f"{point['shown']}: {number(point['mean'])}" for point in drawn
    )
    return draw(alt.layer(*layers).properties(width=PANEL - 45, height=150), name, label)


def power_of_states(states: Sequence[dict[str, Any]], name: str) -> Figure:
    """POWER of each state of a small world, the highest on top, with 95 % intervals.

    Args:
        states: records with `state`, `mean`, `low`, `high`, `off`.
        name: the figure's own name on the page.
    """
    import altair as alt

    ordered = sorted(states, key=lambda s: -float(s["mean"]))
    # Numbered, because two states may print alike; the label says only the state.
    drawn = [{**state, "place": place} for place, state in enumerate(ordered)]
    names = [_named(str(state["state"]), bool(state["off"])) for state in ordered]
    y = (
        alt.Y("place:O")
        .title(None)
        .axis(grid=True, domain=False, ticks=False, labelExpr=f"{json.dumps(names)}[datum.value]")
    )
    x = alt.X("mean:Q").title("POWER").axis(tickCount=5, grid=False)
    base = alt.Chart(rows(drawn)).encode(y=y)
    layers = [
        base.mark_rule(color=INK, strokeWidth=1.4).encode(
            x=alt.X("low:Q").title("POWER"), x2="high:Q"
        ),
        base.mark_point(filled=True, color=POINT, opacity=1, size=55).encode(x=x),
    ]
    label = "POWER of each state: " + ", ".join(
        f"{shown} {number(state['mean'])}" for shown, state in zip(names, ordered, strict=True)
    )
    chart = alt.layer(*layers).properties(width=420, height=alt.Step(19))
    return draw(chart, name, label)


def _named(state: str, off: bool) -> str:
    return f"{state} (off)" if off and "off" not in state else state
