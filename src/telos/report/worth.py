"""Worth: how much of everything at stake each goal would lose without each drive."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from telos.report.choice import Choice
from telos.report.draw import Figure
from telos.report.figures import share_curves, share_histogram
from telos.report.rates import Table, drives_of
from telos.report.results import Results
from telos.report.words import CATEGORIES, DriveWords, number, part_words, percent

if TYPE_CHECKING:
    import polars as pl

BINS = 24
POINTS = 160
#: The curves end where so few goals are left that nothing more can be seen.
LAST = 0.995
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@final
@dataclass(frozen=True)
class DriveWorth:
    """The distribution of the share for one drive."""

    drive: DriveWords
    histogram: Figure
    median: str
    middle: str
    nothing: str


@final
@dataclass(frozen=True)
class Worth:
    """How much each drive is worth to the goals of the main trial, and of every family."""

    curves: Figure
    legend: tuple[DriveWords, ...]
    band: str
    n: int
    drives: tuple[DriveWorth, ...]
    table: Table


def worth(results: Results, choice: Choice, place: int) -> Worth | None:
    """The distributions of one scenario; None if no drive applies in it."""
    import polars as pl

    shares = (
        results.readings.filter(pl.col("trial") == choice.main.key)
        .select("drive", "category", _share())
        .filter(pl.col("share").is_finite())
        .collect()
    )
    words = [w for w in drives_of(results) if w.key in set(shares["drive"].to_list())]
    if not words:
        return None
    each = {w.key: shares.filter(pl.col("drive") == w.key) for w in words}
    n = max(len(frame) for frame in each.values())
    # Dvoretzky-Kiefer-Wolfowitz: the whole curve lies inside with 95 % confidence.
    band = math.sqrt(math.log(2 / 0.05) / (2 * n))
    top = max(*(frame["share"].quantile(LAST) or 0.0 for frame in each.values()), 1e-9)
    curves = [(w, _curve(each[w.key], top)) for w in words]
    return Worth(
        curves=share_curves(curves, band, f"curves{place}"),
        legend=tuple(words),
        band=number(100 * band, 2),
        n=n,
        drives=tuple(_drive(w, each[w.key], f"share{place}-{i}") for i, w in enumerate(words)),
        table=_table(results, choice),
    )


def _share() -> "pl.Expr":
    """The share; nothing where the goal does not require the drive.

    There the incentive is within its own certified error of 0, so its digits are the solver's.
    """
    import polars as pl

    share = pl.col("share").cast(pl.Float64)
    return pl.when(pl.col("category") == "required").then(share).otherwise(0.0).alias("share")


def _curve(frame: "pl.DataFrame", top: float) -> list[tuple[float, float]]:
    """Points (x, fraction of goals with share > x)."""
    import numpy as np

    ordered = np.sort(frame["share"].to_numpy())
    at = np.linspace(0.0, top, POINTS)
    above = 1.0 - np.searchsorted(ordered, at, side="right") / len(ordered)
    return list(zip(at.tolist(), above.tolist(), strict=True))


def _drive(words: DriveWords, frame: "pl.DataFrame", name: str) -> DriveWorth:
    share = frame["share"]
    low, median, high = (share.quantile(q, "linear") for q in (0.05, 0.5, 0.95))
    bars, width = _bars(frame)
    nothing = float((share <= 0).mean() or 0.0)  # type: ignore[arg-type]
    return DriveWorth(
        drive=words,
        histogram=share_histogram(bars, width, median, name, words.title),
        median=percent(median, 1),
        middle=f"{percent(low, 1)} to {percent(high, 1)}",
        nothing=percent(nothing),
    )


def _bars(frame: "pl.DataFrame") -> tuple[list[dict[str, Any]], float]:
    """Stacked columns: one left of zero for a share of nothing, then equal bins."""
    import numpy as np

    top = max(float(frame["share"].max() or 0.0), 1e-6)  # type: ignore[arg-type]
    width = top / BINS
    share, category = frame["share"].to_numpy(), frame["category"].to_numpy()
    place = np.where(share <= 0, -1, np.minimum((share / width).astype(int), BINS - 1))
    found: list[dict[str, Any]] = []
    for column in range(-1, BINS):
        bottom = 0.0
        left = -1.6 * width if column < 0 else column * width
        for name in CATEGORIES:
            height = float(np.mean((place == column) & (category == name)))
            if height > 0:
                found.append(
                    {
                        "left": left + 0.06 * width,
                        "right": left + 0.94 * width,
                        "bottom": bottom,
                        "top": bottom + height,
                        "category": name,
                    }
                )
                bottom += height
    return found, width


def _table(results: Results, choice: Choice) -> Table:
    import polars as pl

    keys = [trial.key for trial in choice.families]
    share = pl.col("share")
    rows = (
        results.readings.filter(pl.col("trial").is_in(keys))
        .select("trial", "drive", _share())
        .filter(share.is_finite())
        .group_by("trial", "drive")
        .agg(
            pl.len().alias("n"),
            (share <= 0).mean().alias("nothing"),
            share.mean().alias("mean"),
            *(share.quantile(q, "linear").alias(f"q{q}") for q in QUANTILES),
        )
        .collect()
        .rows_by_key(["trial", "drive"], named=True, unique=True)
    )
    cells = []
    for trial in choice.families:
        for words in drives_of(results):
            row = rows.get((trial.key, words.key))
            if row:
                figures = (percent(row[f"q{q}"], 1) for q in QUANTILES)
                cells.append(
                    (
                        str(part_words(trial.family)),
                        trial.off,
                        words.title,
                        f"{row['n']:,}",
                        percent(row["nothing"], 1),
                        *figures,
                        percent(row["mean"], 1),
                    )
                )
    quantiles = tuple(f"{100 * q:g}\u202f%" for q in QUANTILES)
    head = ("family", "off", "drive", "n", "worth nothing", *quantiles, "mean")
    return Table("Quantiles of the share over goals, by family and drive", head, tuple(cells))
