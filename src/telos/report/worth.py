"""Worth: how much of everything at stake each goal would lose without each drive."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats
from telos.core.moments import Moments
from telos.measure.quantiles import order_statistics, quantiles
from telos.report.choice import Choice
from telos.report.draw import Figure
from telos.report.figures import share_curves, share_histogram
from telos.report.rates import Table, drives_of
from telos.report.results import Results
from telos.report.windows import reader, shares
from telos.report.words import CATEGORIES, DriveWords, number, part_words, percent

BINS = 24
#: How far an axis of shares reaches where no goal loses anything.
EMPTY = 0.01
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
class InstrumentalValue:
    """How much each drive is worth to the goals of the main trial, and of every family."""

    curves: Figure
    legend: tuple[DriveWords, ...]
    band: str
    n: int
    drives: tuple[DriveWorth, ...]
    table: Table


@final
@dataclass(frozen=True)
class _Shares:
    """What is known of the shares of one drive after a pass: count, exact sum, how many are nothing."""

    moments: Moments
    nothing: int

    @property
    def n(self) -> int:
        """How many goals have a share."""
        return self.moments.n


def worth(results: Results, choice: Choice, place: int) -> InstrumentalValue | None:
    """The distributions of one scenario; None if no drive applies in it.

    The readings are passed through and never held: counts first, then exact quantiles, then the
    heights of the curves and columns.
    """
    key = choice.main.key
    known = _known(results, key)
    words = [w for w in drives_of(results) if w.key in known]
    if not words:
        return None
    counts = {w.key: known[w.key].n for w in words}
    read = reader(results, key)
    spread = quantiles(read, counts, (0.05, 0.5, 0.95))
    last = {drive: (n, (nearest(n, LAST),)) for drive, n in counts.items()}
    ends = [next(iter(found.values())) for found in order_statistics(read, last).values()]
    n = max(counts.values())
    # Dvoretzky-Kiefer-Wolfowitz: the whole curve lies inside with 95 % confidence.
    band = math.sqrt(math.log(2 / 0.05) / (2 * n))
    top = max(ends) or EMPTY
    heights = _heights(results, key, known, top)
    curves = [(w, _curve(heights[w.key].below, counts[w.key], top)) for w in words]
    return InstrumentalValue(
        curves=share_curves(curves, band, f"curves{place}"),
        legend=tuple(words),
        band=number(100 * band, 2),
        n=n,
        drives=tuple(
            _drive(w, known[w.key], spread[w.key], heights[w.key].columns, f"share{place}-{i}")
            for i, w in enumerate(words)
        ),
        table=_table(results, choice),
    )


def nearest(n: int, fraction: float) -> int:
    """The rank, in 0 .. n - 1, that is nearest to a fraction of n numbers in order."""
    return min(n - 1, math.floor(fraction * (n - 1) + 0.5))


def _known(results: Results, trial: str) -> dict[str, _Shares]:
    found: dict[str, _Shares] = {}
    for drive, mine in shares(results, trial):
        before = found.get(drive, _Shares(Moments(), 0))
        moments = before.moments.merge(Moments.of(floats(mine["share"].to_numpy())))
        found[drive] = _Shares(moments, before.nothing + int((mine["share"] <= 0).sum()))
    return found


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Heights:
    """Ints of goals, added up window by window: at or below each point of the curve, and the
    columns of the histogram by category, the column of nothing first."""

    below: Ints
    columns: Ints


def _heights(
    results: Results, trial: str, known: dict[str, _Shares], top: float
) -> dict[str, _Heights]:
    at = np.linspace(0.0, top, POINTS)
    found: dict[str, _Heights] = {}
    for drive, mine in shares(results, trial):
        mark = np.zeros(POINTS + 1, dtype=np.int64), np.zeros((BINS + 1, 3), dtype=np.int64)
        here = found.setdefault(drive, _Heights(*mark))
        share, category = mine["share"].to_numpy(), mine["category"].to_numpy()
        here.below[:] += np.bincount(np.searchsorted(at, share), minlength=POINTS + 1)
        column = (share / _width(known[drive])).astype(int)
        column = np.where(share <= 0, 0, 1 + np.minimum(column, BINS - 1))
        for place, name in enumerate(CATEGORIES):
            here.columns[:, place] += np.bincount(column[category == name], minlength=BINS + 1)
    return found


def _width(known: _Shares) -> float:
    """The width of a column of the histogram."""
    return (known.moments.greatest or EMPTY) / BINS


def _curve(below: Ints, n: int, top: float) -> list[tuple[float, float]]:
    """Points (x, fraction of goals with share > x)."""
    above = 1.0 - np.cumsum(below[:POINTS]) / n
    return list(zip(np.linspace(0.0, top, POINTS).tolist(), above.tolist(), strict=True))


def _drive(
    words: DriveWords, known: _Shares, spread: tuple[float, ...], columns: Ints, name: str
) -> DriveWorth:
    low, median, high = spread
    width = _width(known)
    bars = _bars(columns / known.n, width)
    return DriveWorth(
        drive=words,
        histogram=share_histogram(bars, width, median, name, words.title),
        median=percent(median, 1),
        middle=f"{percent(low, 1)} to {percent(high, 1)}",
        nothing=percent(known.nothing / known.n),
    )


def _bars(heights: Floats, width: float) -> list[dict[str, Any]]:
    """Stacked columns: one left of zero for a share of nothing, then equal bins."""
    found: list[dict[str, Any]] = []
    for column, row in enumerate(heights.tolist(), -1):
        bottom = 0.0
        left = -1.6 * width if column < 0 else column * width
        for name, height in zip(CATEGORIES, row, strict=True):
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
    return found


def _table(results: Results, choice: Choice) -> Table:
    cells = []
    for trial in choice.families:
        known = _known(results, trial.key)
        counts = {drive: mine.n for drive, mine in known.items()}
        spread = quantiles(reader(results, trial.key), counts, QUANTILES)
        for words in drives_of(results):
            mine = known.get(words.key)
            if mine is not None and mine.n:
                figures = (percent(value, 1) for value in spread[words.key])
                cells.append(
                    (
                        str(part_words(trial.family)),
                        trial.off,
                        words.title,
                        f"{mine.n:,}",
                        percent(mine.nothing / mine.n, 1),
                        *figures,
                        percent(mine.moments.mean, 1),
                    )
                )
    heads = tuple(f"{100 * q:g}\u202f%" for q in QUANTILES)
    head = ("family", "off", "drive", "n", "worth nothing", *heads, "mean")
    return Table("Quantiles of the share over goals, by family and drive", head, tuple(cells))
