"""Figures: the charts of the page, each from a few records that were aggregated beforehand."""

from collections.abc import Sequence
from typing import Any

from telos.report.draw import CATEGORY_COLORS, INK, Figure, draw, rows
from telos.report.words import CATEGORIES, DriveWords, number, percent

PANEL = 236  # a quarter of the page's width, less the axis
SHAPES = {"required": "circle", "indifferent": "square", "avoided": "triangle-up"}


def share_curves(
    curves: Sequence[tuple[DriveWords, list[tuple[float, float]]]], band: float, name: str
) -> Figure:
    """How many goals would lose at least so much without each drive.

    Args:
        curves: per drive, points (share, fraction of goals whose share is larger).
        band: half-width of the simultaneous 95 % band round every curve.
        name: the figure's own name on the page.
    """
    import altair as alt

    points = [
        {
            "drive": words.title,
            "share": x,
            "goals": y,
            "low": max(0.0, y - band),
            "high": min(1.0, y + band),
        }
        for words, curve in curves
        for x, y in curve
    ]
    titles = [words.title for words, _ in curves]
    color = alt.Color("drive:N", sort=titles, legend=None).scale(
        domain=titles, range=[words.color for words, _ in curves]
    )
    base = alt.Chart(rows(points)).encode(
        x=alt.X("share:Q")
        .axis(format="~%", tickCount=8, grid=False)
        .title("share of everything at stake that is lost without the drive"),
        color=color,
    )
    y = alt.Y("goals:Q").scale(domain=[0, 1]).axis(format="~%", tickCount=5)
    lines = base.mark_line(strokeWidth=2.4).encode(
        y=y.title("goals that lose more than this"),
        strokeDash=alt.StrokeDash("drive:N", sort=titles, legend=None).scale(
            domain=titles, range=[list(words.dash) for words, _ in curves]
        ),
    )
    bands = base.mark_area(opacity=0.13).encode(y="low:Q", y2="high:Q")
    label = "Fraction of goals that lose more than a given share without each drive: " + "; ".join(
        f"{words.title}, {percent(curve[0][1])} lose something" for words, curve in curves if curve
    )
    return draw(alt.layer(bands, lines).properties(width=930, height=250), name, label)


def share_histogram(
    bars: list[dict[str, Any]], width: float, median: float | None, name: str, title: str
) -> Figure:
    """How many goals lose how much: a column for nothing at all, then bins of the share.

    Args:
        bars: records with `left`, `right` (shares), `bottom`, `top` (fractions) and `category`.
        width: of a bin; the column for nothing at all stands that far left of zero.
        median: of the share over all goals.
        name, title: the figure's own name, and the drive's.
    """
    import altair as alt

    bars_of = alt.Chart(rows(bars))
    # Where nobody loses anything there is one column, left of zero: show that there is room for others.
    right = max(4 * width, *(bar["right"] for bar in bars)) if bars else width
    x_axis = alt.Axis(format="~%", tickCount=5, grid=False, labelExpr=_share_labels())
    chart = bars_of.mark_rect(stroke=None).encode(
        x=alt.X("left:Q").scale(domain=[-2 * width, right], nice=False).axis(x_axis).title(None),
        x2="right:Q",
        y=alt.Y("bottom:Q").axis(format="~%", tickCount=4).title("goals"),
        y2="top:Q",
        color=_category_color(),
    )
    layers: list[Any] = [chart]
    if median is not None:
        rule = alt.Chart(rows([{"median": median}])).mark_rule(
            color=INK, strokeWidth=1.5, strokeDash=[4, 3]
        )
        layers.append(rule.encode(x="median:Q"))
    nothing = sum(bar["top"] - bar["bottom"] for bar in bars if bar["left"] < 0)
    label = (
        f"{title}: distribution of the share over goals; {percent(nothing)} of goals lose nothing; "
        f"median {percent(median, 1)}"
    )
    return draw(alt.layer(*layers).properties(width=PANEL - 40, height=150), name, label)


def _share_labels() -> str:
    return "datum.value < 0 ? '' : datum.label"


def _category_color() -> Any:
    import altair as alt

    return alt.Color("category:N", legend=None).scale(
        domain=list(CATEGORIES), range=[CATEGORY_COLORS[c] for c in CATEGORIES]
    )


def discount_lines(
    points: list[dict[str, Any]], chance: list[dict[str, Any]], name: str, title: str
) -> Figure:
    """Rates of the three categories against the discount, with 95 % bands and both chances.

    Args:
        points: records with `discount`, `category`, `rate`, `low`, `high`.
        chance: records with `discount`, `action`, `outcome`; may be empty.
        name, title: the figure's own name, and the drive's.
    """
    import altair as alt

    points, chance = _with_horizon(points), _with_horizon(chance)
    stops = sorted({point["horizon"] for point in points})
    axis = alt.Axis(
        values=stops,
        labelExpr="format(1 - 1 / datum.value, '.6~f')",
        labelOverlap="greedy",
        labelSeparation=4,
        grid=False,
    )
    x = alt.X("horizon:Q").scale(type="log", domain=[stops[0], stops[-1]], nice=False)
    x = x.axis(axis).title("discount")
    base = alt.Chart(rows(points)).encode(x=x, color=_category_color())
    y = alt.Y("rate:Q").scale(domain=[0, 1]).axis(format="~%", tickCount=5).title(None)
    layers: list[Any] = [
        base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q").title(None), y2="high:Q"),
    ]
    for rule, dash in (("action", [5, 3]), ("outcome", [1, 3])):
        if chance:
            line = alt.Chart(rows(chance)).mark_line(
                color=INK, strokeDash=dash, strokeWidth=1.4, opacity=0.75
            )
            layers.append(line.encode(x=x, y=alt.Y(f"{rule}:Q").title(None)))
    layers.append(base.mark_line(strokeWidth=2).encode(y=y))
    shapes = [SHAPES[c] for c in CATEGORIES]
    layers.append(
        base.mark_point(filled=True, opacity=1, size=42).encode(
            y=y,
            shape=alt.Shape("category:N", legend=None).scale(domain=list(CATEGORIES), range=shapes),
        )
    )
    required = [p for p in points if p["category"] == "required"]
    label = f"{title} against the discount: required by " + ", ".join(
        f"{percent(p['rate'])} at {p['discount']:g}" for p in required
    )
    return draw(alt.layer(*layers).properties(width=PANEL - 40, height=170), name, label)


def _with_horizon(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Distances that show 0.9, 0.99 and 0.999 apart: the effective horizon on a log scale."""
    return [{**point, "horizon": 1 / (1 - point["discount"])} for point in points]


def running_worth(
    lives: Sequence[tuple[str, list[tuple[int, float]]]],
    parting: int | None,
    color: str,
    name: str,
) -> Figure:
    """What two lives have collected so far, step by step.

    Args:
        lives: the life when free, then the life when the drive is forbidden: (name, points).
        parting: the step at which the lives part.
        color: of the free life.
        name: the figure's own name on the page.
    """
    import altair as alt

    points = [
        {"life": life, "step": step, "worth": worth}
        for life, curve in lives
        for step, worth in curve
    ]
    titles = [life for life, _ in lives]
    layers: list[Any] = []
    if parting is not None:
        rule = alt.Chart(rows([{"step": parting}])).mark_rule(
            color=INK, opacity=0.4, strokeDash=[2, 3]
        )
        layers.append(rule.encode(x="step:Q"))
    layers.append(
        alt.Chart(rows(points))
        .mark_line(strokeWidth=2.2, interpolate="step-after")
        .encode(
            x=alt.X("step:Q").axis(tickMinStep=1, grid=False).title("step"),
            y=alt.Y("worth:Q").axis(tickCount=4).title("discounted reward so far"),
            color=alt.Color("life:N", sort=titles, legend=None).scale(
                domain=titles, range=[color, INK]
            ),
            strokeDash=alt.StrokeDash("life:N", sort=titles, legend=None).scale(
                domain=titles, range=[[1, 0], [4, 3]]
            ),
        )
    )
    ends = "; ".join(f"{life} ends at {number(curve[-1][1])}" for life, curve in lives if curve)
    label = f"Discounted reward collected so far in the two lives: {ends}"
    return draw(alt.layer(*layers).properties(width=330, height=150), name, label)
