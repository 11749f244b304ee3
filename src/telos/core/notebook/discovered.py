"""Discovery shows itself: the acts of a world as a card, as a frame, and as a forest."""

from typing import TYPE_CHECKING, Any

from telos.core.notebook.cards import card
from telos.core.notebook.charts import DEED, GRAY, NEED
from telos.core.text import printable

if TYPE_CHECKING:
    import altair
    import polars

#: Each verdict as shape, color and word; the words of a page 390 pixels wide.
MARKS = {
    "needed by most": ("diamond", NEED, "most"),
    "needed by some": ("circle", DEED, "some"),
    "no": ("cross", "#000000", "no"),
    "no placebo exists": ("triangle-up", "#CC79A7", "no placebo"),
    "work": ("square", GRAY, ""),
}
#: Open marks of other assumptions, in their order.
OTHERS = ("triangle-right", "triangle-left", "triangle-down", "cross", "circle", "square")
#: Pixels of the axis, of a row, and of the longest label: together they fit 390 pixels.
WIDTH, ROW, LABEL = 170, 24, 140
#: What else was assumed stands so much below an act's own mark.
LOWER = 11
INTERVALS = (
    "c_interval",
    "mean_interval",
    "median_interval",
    "excess_interval",
    "others_interval",
)


def frame_of_convergence(found: Any) -> "polars.DataFrame":
    """One row an act; intervals as two columns, `_low` and `_high`."""
    import polars as pl

    lines = []
    for row in found.rows:
        line: dict[str, Any] = {}
        for name in row.__dataclass_fields__:
            value = getattr(row, name)
            if name in INTERVALS:
                stem = name.removesuffix("_interval")
                line |= {f"{stem}_low": value[0], f"{stem}_high": value[1]}
            elif isinstance(value, tuple):
                line[name] = "; ".join(map(printable, value))
            else:
                line[name] = printable(value) if isinstance(value, str) else value
        lines.append(line)
    return pl.DataFrame(lines, infer_schema_length=None)


def convergence_card(found: Any) -> str:
    """The acts with c, its limits, the placebo and the verdict."""
    rows = [
        (
            row.name,
            f"{row.c:.3f} [{row.c_interval[0]:.2f}, {row.c_interval[1]:.2f}]",
            "" if not row.candidate else f"{row.placebo:.3f}",
            f"{row.distance:.3f}",
            row.verdict,
        )
        for row in found.rows
    ]
    facts = {"goals": f"{found.n:,}", "draws": f"{found.draws}", "discount": f"{found.discount:g}"}
    heads = ("act", "goals that lose 1 % without it", "placebo", "off task", "verdict")
    return card(f"Convergence: {found.world}", facts, heads, rows)


def plot_convergence(found: Any) -> "altair.TopLevelMixin":
    """A forest: c of each act with its limits, the placebo's range in gray, work acts below.

    Example:
        >>> import numpy as np
        >>> import telos
        >>> scenario = telos.worlds.OverseenWorkshop(products=1)
        >>> found = telos.convergence(
        ...     scenario, telos.families.Uniform(), telos.agents.Optimal(), discount=0.95, n=40, draws=20,
        ...     rng=np.random.default_rng(0))
        >>> chart = found.plot()
    """
    import altair as alt

    parts = []
    for title, candidate in (("off the task", True), ("work, for reference", False)):
        rows = [row for row in found.rows if row.candidate == candidate]
        if rows:
            parts.append(_forest(rows, title, found.beside if candidate else ()))
    if not parts:
        parts.append(alt.Chart(_rows([{"none": "no act"}])).mark_text().encode(text="none:N"))
    heading = alt.TitleParams("Goals that lose 1 % of their range without it, %", fontSize=12)
    chart: altair.VConcatChart = alt.vconcat(*parts, spacing=6).properties(title=heading)
    return chart.configure_view(strokeWidth=0)  # type: ignore[no-any-return]


def _forest(rows: list[Any], title: str, beside: Any) -> Any:
    import altair as alt

    names = [printable(row.name) for row in rows]
    data = _rows([_line(row) for row in rows])
    base = alt.Chart(data).encode(
        y=alt.Y("act:N", sort=names)
        .title(None)
        .axis(labelLimit=LABEL, labelFontSize=11, ticks=False, labelPadding=8)
    )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 25, 50, 75, 100], grid=True, labelFontSize=11)
    kinds = list(MARKS)
    shape = alt.Shape("verdict:N", legend=None).scale(
        domain=kinds, range=[MARKS[kind][0] for kind in kinds]
    )
    color = alt.Color("verdict:N", legend=None).scale(
        domain=kinds, range=[MARKS[kind][1] for kind in kinds]
    )
    x = alt.X("c:Q", scale=scale, axis=axis).title(None)
    layers = (
        base.mark_bar(color="#C8C8C8", height=11).encode(
            x=alt.X("placebo_least:Q", scale=scale, axis=axis).title(None), x2="placebo_most:Q"
        ),
        base.mark_tick(color="#8C8C8C", thickness=2, height=11).encode(
            x=alt.X("placebo:Q", scale=scale, axis=axis).title(None)
        ),
        base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("low:Q", scale=scale, axis=axis).title(None), x2="high:Q", color=color
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x=x, shape=shape, color=color, tooltip=["act:N", "c:Q", "low:Q", "high:Q", "verdict:N"]
        ),
        base.mark_text(align="left", fontSize=11).encode(x=alt.value(WIDTH + 8), text="word:N"),
        *_others(names, beside, x, alt.Y("act:N", sort=names).title(None)),
    )
    heading = alt.TitleParams(title, fontSize=11, fontWeight="normal", anchor="start")
    chart = alt.layer(*layers).resolve_scale(shape="independent", color="independent")
    return chart.properties(
        width=WIDTH, height=(ROW + (LOWER if beside else 0)) * len(rows), title=heading
    )


def _others(names: list[str], beside: Any, x: Any, y: Any) -> list[Any]:
    """What else was assumed, as open marks below the act's own; an act that is not there has none."""
    import altair as alt

    lines = [
        {"act": printable(row.name), "c": round(100 * row.c, 2), "otherwise": printable(label)}
        for label, other in beside
        for row in other.rows
        if printable(row.name) in names
    ]
    if not lines:
        return []
    kinds = [printable(label) for label, _ in beside]
    shape = alt.Shape("otherwise:N").scale(domain=kinds, range=OTHERS[: len(kinds)])
    below = alt.Legend(orient="bottom", columns=1, labelLimit=280, title=None, labelFontSize=11)
    marks = alt.Chart(_rows(lines)).mark_point(
        filled=False, size=22, color="#333333", opacity=1, yOffset=LOWER
    )
    return [
        marks.encode(
            x=x,
            y=y,
            shape=shape.legend(below),
            tooltip=["act:N", "c:Q", "otherwise:N"],
        )
    ]


def _line(row: Any) -> dict[str, Any]:
    """One act as the forest draws it, in percent; what is not a number is left out."""
    numbers = {
        "c": row.c,
        "low": row.c_interval[0],
        "high": row.c_interval[1],
        "placebo": row.placebo,
        "placebo_least": row.placebo_least,
        "placebo_most": row.placebo_most,
    }
    known = {name: round(100 * x, 2) for name, x in numbers.items() if x == x}
    word = MARKS[row.verdict][2]
    return {"act": printable(row.name), "verdict": row.verdict, "word": word, **known}


def _rows(lines: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=lines)  # type: ignore[no-untyped-call]
