"""Compared figures: how often players take a drive against what it is worth, and how they lean."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from telos.report.curves import LINE_COLORS, LINE_SHAPES
from telos.report.draw import INK, Figure, draw, rows
from telos.report.words import DriveWords, known, number, percent

Row = Mapping[str, Any]
WIDTH, HEIGHT = 405, 215
#: Around zero the axis of doses is even, farther out it goes by factors: most doses are small.
EVEN = 0.05
_ZERO = "datum.value === 0 ? '0' : datum.label"
TICKS = (-1.0, -0.3, -0.1, -0.03, 0.0, 0.03, 0.1, 0.3, 1.0)
FOREST_WIDTH, FOREST_LINE = 400, 21
AXIS = "← shuns it\u2003\u2003\u2003bias δ\u2003\u2003\u2003leans to it →"
#: Around the figure, for letters that are wider where the page is read than where it is drawn.
SPARE = {"left": 40, "right": 90, "top": 0, "bottom": 5}
#: A bias of e^7 to one is a certainty; longer intervals end in an arrow.
MOST = 7.0


def style_of(place: int) -> tuple[str, str]:
    """Color and shape of the model at a place."""
    i = place % len(LINE_COLORS)
    return LINE_COLORS[(i + 2) % len(LINE_COLORS)], LINE_SHAPES[i]


def dose_panel(
    lines: Sequence[tuple[str, Sequence[Row]]],
    words: DriveWords,
    places: Mapping[str, int],
    name: str,
) -> Figure:
    """Rates by dose of each model, its Boltzmann player of equal competence, the planner's step.

    Args:
        lines: per model, the rows of its bins. words: the drive. places: of the models in their
            order, for their colors. name: the figure's own name.
    """
    import altair as alt

    points = [_dose_point(model, row) for model, bins in lines for row in bins]
    models = list(dict.fromkeys(point["model"] for point in points))
    looks = [style_of(places[model]) for model in models]
    color = alt.Color("model:N", legend=None).scale(
        domain=models, range=[look for look, _ in looks]
    )
    shape = alt.Shape("model:N", legend=None).scale(
        domain=models, range=[mark for _, mark in looks]
    )
    ends = [point["dose"] for point in points]
    left, right = min([*ends, -EVEN]) * 1.15, max([*ends, EVEN]) * 1.15
    x = alt.X("dose:Q").scale(type="symlog", constant=EVEN, domain=[left, right], nice=False)
    ticks = [tick for tick in TICKS if left <= tick <= right]
    x = x.axis(format="+~%", labelExpr=_ZERO, values=ticks, grid=False).title(
        "what the drive is worth to the goal"
    )
    y = alt.Y("rate:Q").scale(domain=[0, 1]).axis(format="~%", tickCount=5).title("takes it")
    stair = [(left, 0.0), (0.0, 0.0), (0.0, 1.0), (right, 1.0)]
    step = [{"i": i, "dose": dose, "rate": rate} for i, (dose, rate) in enumerate(stair)]
    base = alt.Chart(rows(points)).encode(x=x, color=color)
    fitted = [point for point in points if point["boltzmann"] is not None]
    layers: list[Any] = [
        alt.Chart(rows(step))
        .mark_line(color=INK, strokeWidth=1.6, opacity=0.55)
        .encode(x=x, y=y, order="i:Q"),
        base.mark_rule(strokeWidth=1.4, opacity=0.55).encode(
            y=alt.Y("low:Q").title(None), y2="high:Q"
        ),
    ]
    if fitted:
        layers.append(
            alt.Chart(rows(fitted))
            .mark_line(strokeWidth=1.6, strokeDash=[5, 3], opacity=0.9)
            .encode(x=x, y=alt.Y("boltzmann:Q").title(None), color=color)
        )
    layers.append(base.mark_line(strokeWidth=2.2).encode(y=y))
    layers.append(
        base.mark_point(filled=True, opacity=1, size=52).encode(
            y=y, shape=shape, description="words:N"
        )
    )
    said = "; ".join(
        f"{model}: "
        + ", ".join(f"{percent(r['rate'])} at {number(100 * r['dose'])} %" for r in bins)
        for model, bins in lines
        if bins
    )
    label = f"{words.title}, how often it is taken against what it is worth to the goal: {said}"
    return draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), name, label)


def _dose_point(model: str, row: Row) -> dict[str, Any]:
    rate = row["rate"]
    return {
        "model": model,
        "dose": row["dose"],
        "rate": rate,
        "low": row["rate_low"] if known(row["rate_low"]) else rate,
        "high": row["rate_high"] if known(row["rate_high"]) else rate,
        "boltzmann": row["boltzmann"] if known(row["boltzmann"]) else None,
        "words": f"{model}, {number(100 * row['dose'])} %: {percent(rate, 1)} of {row['n']}",
    }


def forest(
    groups: Sequence[tuple[DriveWords, Sequence[tuple[str, Row, str]]]],
    places: Mapping[str, int],
    name: str,
) -> Figure:
    """One line a drive and model: the bias with its interval, zero marked, the numbers beside it.

    Args:
        groups: per drive, (model, its estimate, the numbers in words). places: of the models, for
            their colors. name: the figure's own name.
    """
    import altair as alt

    marks, heads = _forest_lines(groups, places)
    ends = [m[end] for m in marks for end in ("low", "high", "value")]
    finite = [abs(end) for end in ends if end is not None and math.isfinite(end)]
    reach = min(MOST, max([1.0, *finite]) * 1.08)
    drawn = _placed(marks, reach)
    lines = len(marks) + len(heads)
    x = alt.X("value:Q").scale(domain=[-reach, reach], nice=False)
    x = x.axis(tickCount=7, grid=True).title(AXIS)
    y = alt.Y("line:Q").scale(domain=[lines - 0.4, -0.6], nice=False, zero=False).axis(None)
    zero = alt.Chart(rows([{"value": 0.0}])).mark_rule(color=INK, strokeWidth=1.2, opacity=0.6)
    color = alt.Color("color:N", scale=None)
    layers: list[Any] = [zero.encode(x=x)]
    if drawn:
        base = alt.Chart(rows(drawn)).encode(y=y, color=color)
        layers.append(
            base.mark_rule(strokeWidth=2, opacity=0.7).encode(x=alt.X("low:Q"), x2="high:Q")
        )
        layers.append(
            base.mark_point(filled=True, opacity=1, size=62).encode(
                x=x, shape=alt.Shape("shape:N", scale=None), description="words:N"
            )
        )
    left = alt.Chart(rows(marks)).encode(y=y)
    layers.append(
        left.mark_text(align="right", baseline="middle", fontSize=11.5).encode(
            x=alt.value(-10), text="model:N"
        )
    )
    layers.append(
        left.mark_text(align="left", baseline="middle", fontSize=11).encode(
            x=alt.value(FOREST_WIDTH + 12), text="words:N"
        )
    )
    layers.append(
        alt.Chart(rows(heads))
        .mark_text(align="right", baseline="middle", fontSize=12, fontWeight="bold")
        .encode(x=alt.value(-10), y=y, text="title:N", color=color)
    )
    label = "Bias for each drive: " + "; ".join(
        f"{mark['drive']}, {mark['model']}: {mark['words']}" for mark in marks
    )
    chart = alt.layer(*layers).properties(
        width=FOREST_WIDTH, height=lines * FOREST_LINE, padding=SPARE
    )
    return draw(chart, name, label)


def _placed(marks: Sequence[dict[str, Any]], reach: float) -> list[dict[str, Any]]:
    """The marks that have a value; what lies beyond the reach becomes an arrow at its edge."""
    found = []
    for mark in marks:
        value = mark["value"]
        if value is None:
            continue
        low = -reach if mark["low"] is None else max(-reach, mark["low"])
        high = reach if mark["high"] is None else min(reach, mark["high"])
        place = {"value": value, "low": low, "high": high}
        if abs(value) > reach:
            place["value"] = math.copysign(reach, value)
            place["shape"] = "triangle-right" if value > 0 else "triangle-left"
        found.append({**mark, **place})
    return found


def _forest_lines(
    groups: Sequence[tuple[DriveWords, Sequence[tuple[str, Row, str]]]], places: Mapping[str, int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The marks and the heads, each on a line of its own from the top down."""
    marks: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    for words, players in groups:
        heads.append({"line": len(marks) + len(heads), "title": words.title, "color": words.color})
        for model, row, said in players:
            color, shape = style_of(places[model])
            marks.append(
                {
                    "line": len(marks) + len(heads),
                    "drive": words.title,
                    "model": shortened(model),
                    "words": said,
                    "color": color,
                    "shape": shape,
                    **{to: _real(row[of]) for to, of in _ENDS},
                }
            )
    return marks, heads


_ENDS = (("value", "estimate"), ("low", "low"), ("high", "high"))


def _real(value: Any) -> float | None:
    """A number, infinite ones too; none for NaN."""
    return None if value is None or math.isnan(value) else float(value)


def shortened(model: str, most: int = 34) -> str:
    """A model's name that fits beside a figure; its end tells more than its beginning."""
    return model if len(model) <= most else f"…{model[1 - most :]}"
