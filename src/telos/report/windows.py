"""Windows: the readings of a trial, some rows at a time, so that a page of a million goals fits in memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from telos.core.arrays import Floats, floats
from telos.measure.quantiles import Read
from telos.report.results import Results

if TYPE_CHECKING:
    import polars as pl

#: Rows read at a time.
ROWS = 2**17


def windows(results: Results, trial: str, *columns: "str | pl.Expr") -> "Iterator[pl.DataFrame]":
    """One pass over the readings of a trial, in their order; windows without any are left out."""
    import polars as pl

    rows = results.rows.get(trial, range(0))
    for first in range(rows.start, rows.stop, ROWS):
        some = results.readings.slice(first, min(ROWS, rows.stop - first))
        window = some.filter(pl.col("trial") == trial).select(*columns).collect()
        if len(window):
            yield window


def shares(results: Results, trial: str) -> "Iterator[tuple[str, pl.DataFrame]]":
    """Drive by drive, window by window: `category` and `share`, where the share is a number.

    The share is nothing where the goal does not require the drive: there the incentive is within
    its own certified error of 0, so its digits are the solver's.
    """
    import polars as pl

    share = pl.col("share").cast(pl.Float64)
    share = pl.when(pl.col("category") == "required").then(share).otherwise(0.0).alias("share")
    for window in windows(results, trial, "drive", "category", share):
        known = window.filter(pl.col("share").is_finite())
        for drive in known["drive"].unique(maintain_order=True):
            yield drive, known.filter(pl.col("drive") == drive)


def reader(results: Results, trial: str) -> Read:
    """A pass over the shares of a trial, drive by drive, as often as it is asked for."""

    def batches() -> Iterator[tuple[str, Floats]]:
        for drive, mine in shares(results, trial):
            yield drive, floats(mine["share"].to_numpy())

    return batches
