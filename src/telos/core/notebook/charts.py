"""Charts: nouns drawn with Altair; a world on a grid draws any value a state on its own map."""

from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.errors import WorldError
from telos.core.numbers import reals
from telos.core.text import printable

if TYPE_CHECKING:
    import altair
    import polars

#: Okabe and Ito's colors, which color-blind readers distinguish.
NEED, DEED, GRAY = "#0072B2", "#D55E00", "#8C8C8C"
CATEGORIES = ("required", "indifferent", "declined", "never_met", "unresolved", "not_applicable")
SHADES = (NEED, "#BBBBBB", DEED, "#E6E6E6", "#F0E442", "#F5F5F5")
#: Features that are drawn when a world that lies on no grid is plotted.
MOST_FEATURES = 6


def draw(world: Any, values: Any, label: str = "value") -> "altair.TopLevelMixin":
    """Values of states on the map of a world on a grid (features `row` and `column`).

    Args:
        values: F[S], one number a state; states in one cell are averaged.
        label: what the numbers are.

    Returns:
        An Altair chart, which a notebook shows.

    Raises:
        WorldError: if the world lies on no grid, or the numbers are not one a state.

    Example:
        >>> import numpy as np
        >>> from telos import families, power, worlds
        >>> world = worlds.Gridworld().build()
        >>> mean = power(world, families.Uniform(), 0.9, n=20, rng=np.random.default_rng(0)).mean
        >>> chart = world.draw(mean, "POWER")
    """
    import altair as alt
    import polars as pl

    if not {"row", "column"} <= set(world.features):
        raise WorldError(
            f"{world.name}: only a world on a grid can be drawn, one that carries the features 'row' and "
            "'column'. Look at world.frame() instead."
        )
    numbers = reals(values, f"{world.name}: draw, values", WorldError)
    if numbers.shape != (world.size,):
        raise WorldError(
            f"{world.name}: draw wants one number a state, {world.size}; its shape is {numbers.shape}. "
            "Take the row of one goal, values[0], or the mean, values.mean(axis=0)."
        )
    cells = pl.DataFrame(
        {"row": world.features["row"], "column": world.features["column"], "value": numbers}
    )
    cells = cells.group_by("row", "column").agg(pl.col("value").mean(), pl.len().alias("states"))
    cells = cells.with_columns(pl.col("row", "column").cast(pl.Int64)).sort("row", "column")
    cells = cells.with_columns(pl.col("value").round_sig_figs(3).cast(pl.String).alias("shown"))
    base = alt.Chart(_rows(cells)).encode(
        x=alt.X("column:O").axis(None), y=alt.Y("row:O").axis(None)
    )
    squares = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color("value:Q").scale(scheme="viridis").title(label),
        tooltip=["row:O", "column:O", "value:Q", "states:Q"],
    )
    low, high = float(cells["value"].min()), float(cells["value"].max())  # type: ignore[arg-type]
    bright = alt.condition(
        f"datum.value > {low + 0.55 * (high - low)}", alt.value("#111111"), alt.value("#ffffff")
    )
    texts = base.mark_text(fontSize=11).encode(text="shown:N", color=bright)
    side = alt.Step(52)
    return alt.layer(squares, texts).properties(title=label, width=side, height=side)


def plot_world(world: Any) -> "altair.TopLevelMixin":
    """How many states there are at each value of each feature; of a grid, its cells."""
    import altair as alt
    import polars as pl

    if {"row", "column"} <= set(world.features):
        marked = world.features.get("off", np.zeros(world.size))
        return draw(world, np.where(marked != 0, -1.0, world.start), "start (-1: off)")
    counts = [
        pl.DataFrame({"value": values})
        .group_by("value")
        .len("states")
        .with_columns(pl.lit(printable(name)).alias("feature"))
        for name, values in list(world.features.items())[:MOST_FEATURES]
    ]
    if not counts:
        raise WorldError(f"{world.name} carries no feature to plot. Look at world.frame() instead.")
    bars = alt.Chart(_rows(pl.concat(counts))).mark_bar(color=NEED)
    bars = bars.encode(x=alt.X("value:O"), y=alt.Y("states:Q"))
    chart: altair.FacetChart = bars.properties(width=140, height=120).facet(
        alt.Facet("feature:N").title(None), columns=3
    )
    return chart


def plot_goals(goals: Any) -> "altair.TopLevelMixin":
    """The distribution of rewards over all goals and states."""
    counts, edges = np.histogram(goals.reward, bins=30)
    return _bars(counts, edges, "reward", "goals and states")


def plot_solution(solution: Any) -> "altair.TopLevelMixin":
    """The distribution over goals of the optimal value at the start."""
    counts, edges = np.histogram(solution.at_start, bins=30)
    return _bars(counts, edges, "optimal value at the start", "goals")


def plot_reading(reading: Any) -> "altair.TopLevelMixin":
    """The goals by category, and the instrumental value of the drive as a cumulative distribution."""
    import altair as alt
    import polars as pl

    frame = reading.frame()
    n = len(frame)
    bars = (
        alt.Chart(_rows(frame["category"].value_counts(name="goals")))
        .mark_bar()
        .encode(
            x=alt.X("goals:Q").scale(domain=[0, n]),
            y=alt.Y("category:N", sort=list(CATEGORIES)).title(None),
            color=alt.Color("category:N", legend=None).scale(domain=CATEGORIES, range=SHADES),
        )
        .properties(width=260, height=110, title=reading.drive.replace("_", " "))
    )
    share = np.sort(100 * reading.share)
    below = 100 * np.arange(1, n + 1) / max(1, n)
    steps = (
        alt.Chart(_rows(pl.DataFrame({"iv": share, "goals": below})))
        .mark_line(interpolate="step-after", color=NEED)
        .encode(
            x=alt.X("iv:Q").title("instrumental value, % of the value range"),
            y=alt.Y("goals:Q").title("goals at most, %").scale(domain=[0, 100]),
        )
        .properties(width=260, height=110)
    )
    return alt.hconcat(bars, steps)


def plot_results(results: Any) -> "altair.TopLevelMixin":
    """A forest: a row a trial, a column a drive; need (filled) and deed (open), in percent of goals."""
    import altair as alt
    import polars as pl

    summary = results.summary().filter("applicable")
    names = ("scenario", "family", "discount", "agent", "safeguards")
    varied = [name for name in names if summary[name].n_unique() > 1] or ["scenario"]
    rows = summary.select(
        pl.concat_str(pl.col(varied).cast(pl.String).fill_null(""), separator=" ").alias("trial"),
        pl.col("drive").str.replace_all("_", " "),
        *(
            pl.col(name) * 100
            for name in ("required", "required_low", "required_high", "propensity")
        ),
    )
    base = alt.Chart().encode(y=alt.Y("trial:N", sort=None).title(None))
    scale = alt.Scale(domain=[0, 100])
    layers = (
        base.mark_rule(color=NEED).encode(
            x=alt.X("required_low:Q", scale=scale).title("% of goals"), x2="required_high:Q"
        ),
        base.mark_point(filled=True, color=NEED, size=45).encode(
            x="required:Q", tooltip=["required:Q"]
        ),
        base.mark_point(filled=False, color=DEED, size=45).encode(
            x="propensity:Q", tooltip=["propensity:Q"]
        ),
    )
    forest = alt.layer(*layers, data=_rows(rows)).properties(width=150)
    return forest.facet(alt.Facet("drive:N").title("required (filled), done (open)"), columns=4)


def _bars(counts: Any, edges: Any, x: str, y: str) -> "altair.TopLevelMixin":
    import altair as alt
    import polars as pl

    frame = pl.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})
    bars = alt.Chart(_rows(frame)).mark_bar(color=NEED)
    chart: altair.Chart = bars.encode(
        x=alt.X("low:Q").bin("binned").title(x), x2="high:Q", y=alt.Y("count:Q").title(y)
    ).properties(width=320, height=160)
    return chart


def _rows(frame: "polars.DataFrame") -> Any:
    """A frame as the rows that Altair writes into the chart itself."""
    import altair as alt

    return alt.Data(values=frame.to_dicts())  # type: ignore[no-untyped-call]
