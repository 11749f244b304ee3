"""Readings: the rows of a trial's part files, a drive at a time, so that a million goals fit in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import StoreError
from telos.core.record import TrialEntry
from telos.core.tables import fits
from telos.runs.parts import PartFile

if TYPE_CHECKING:
    import polars

#: The parts of each trial, by its key.
Held = Mapping[str, Sequence[PartFile]]
#: Trials of so few goals are read whole; of others, one drive is held at a time.
SMALL = 2**15
#: Rows that a goal may have: one a drive. Who made a part may have put a billion into it.
MOST_DRIVES = 256
AGAIN = "Delete the parts and run the study again."


@final
@dataclass(frozen=True, eq=False, repr=False)
class Readings:
    """Some columns of a trial's parts.

    Args:
        trial: as the record lists it.
        parts: its part files, in order of their goals.
        columns: which columns.
    """

    trial: TrialEntry
    parts: Sequence[PartFile]
    columns: tuple[str, ...]

    @cached_property
    def scan(self) -> "polars.LazyFrame":
        """The rows of the goals that the trial asks for, refused where they cannot be of a run.

        Raises:
            StoreError: if the parts lack a column, or hold too many rows or rows of no drive.
        """
        import polars as pl

        paths = [part.path for part in self.parts]
        whole = pl.scan_parquet(paths, glob=False, hive_partitioning=False)
        fits("part", whole, paths[0], "Delete it and run the study again.")
        counted = whole.select(pl.len().alias("rows"), pl.col("drive").null_count()).collect()
        rows, nameless = counted.row(0)
        if rows > MOST_DRIVES * sum(part.count for part in self.parts):
            raise StoreError(
                f"{paths[0].parent}: parts hold more rows than their goals can have. {AGAIN}"
            )
        if nameless:
            raise StoreError(f"{paths[0].parent}: a part has rows of no drive. {AGAIN}")
        asked = whole.filter(pl.col("goal") < self.trial.n_goals)
        return asked.select("drive", *self.columns)

    @cached_property
    def _whole(self) -> "polars.DataFrame":
        return self.scan.collect()

    def of(self, drive: str) -> "polars.DataFrame":
        """The rows of one drive; none where it was not measured."""
        import polars as pl

        mine = pl.col("drive") == drive
        if not self.parts:
            return pl.DataFrame(schema=self.columns)
        if self.trial.n_goals <= SMALL:
            return self._whole.filter(mine).drop("drive")
        return self.scan.filter(mine).drop("drive").collect(engine="streaming")

    def drives(self) -> "Iterator[tuple[str, polars.DataFrame]]":
        """The rows of each drive that was measured, in the order of the trial."""
        for drive in self.trial.drive_names if self.parts else ():
            mine = self.of(drive)
            if len(mine):
                yield drive, mine


def numbers(table: "polars.DataFrame", column: str) -> Floats:
    """A column as F[n]; what is missing is NaN."""
    import polars as pl

    return floats(table[column].cast(pl.Float64).to_numpy())


def known(table: "polars.DataFrame", column: str) -> Floats:
    """The numbers of a column that are there."""
    values = numbers(table, column)
    return floats(values[~np.isnan(values)])
