"""Streams: the readings of a trial, a window of goals at a time, so that no table need fit in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

from telos.core.arrays import Floats, floats
from telos.core.errors import StoreError
from telos.core.moments import Moments
from telos.measure.quantiles import Read
from telos.runs.parts import Part

if TYPE_CHECKING:
    import polars

#: Goals a window: of four drives and twelve columns it takes some ten megabytes.
WINDOW = 2**14
#: Rows that a goal may have: one a drive. Who made a part may have put a billion into it.
MOST_DRIVES = 256


@final
@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """Some columns of a trial's parts, in the order of the goals; read again for each pass.

    Args:
        parts: of one trial, in order.
        goals: those from here on are left out.
        columns: which columns; `goal` must be among them.
    """

    parts: tuple[Part, ...]
    goals: int
    columns: tuple[str, ...]

    def windows(self) -> Iterator["polars.DataFrame"]:
        """One pass: the windows that hold any goal."""
        for first in self.firsts():
            window = self.window(first)
            if window is not None:
                yield window

    def firsts(self) -> range:
        """The first goal of each window."""
        return range(0, self.goals, WINDOW)

    def window(self, first: int) -> "polars.DataFrame | None":
        """The readings of goals `first` to `first + WINDOW - 1`; None if there are none."""
        return self._only if self.goals <= WINDOW else self._read(first)

    @cached_property
    def _only(self) -> "polars.DataFrame | None":
        """All there is, kept, of a trial that fits into one window."""
        return self._read(0)

    def _read(self, first: int) -> "polars.DataFrame | None":
        import polars as pl

        end = min(first + WINDOW, self.goals)
        mine = [p.path for p in self.parts if p.first < end and first < p.first + p.count]
        if not mine:
            return None
        most = WINDOW * MOST_DRIVES
        within = (pl.col("goal") >= first) & (pl.col("goal") < end)
        window = (
            pl.scan_parquet(mine, glob=False, hive_partitioning=False)
            .filter(within)
            .select(self.columns)
            .head(most + 1)
            .collect()
        )
        if len(window) > most:
            raise StoreError(
                f"{mine[0].parent}: parts hold more rows than their goals can have. Delete them and run "
                "the study again."
            )
        return window if len(window) else None

    def read(self, column: str, *where: Any) -> Read:
        """A pass over what is known of a column, drive by drive; `where` chooses rows."""

        def batches() -> Iterator[tuple[str, Floats]]:
            for window in self.windows():
                for drive, mine in by_drive(window.filter(*where) if where else window):
                    values = numbers(mine, column)
                    yield drive, values[values == values]

        return batches


def stream(parts: Iterable[Part], goals: int, *columns: str) -> Stream:
    """The stream of these parts of a trial that has so many goals."""
    return Stream(tuple(parts), goals, columns)


def by_drive(window: "polars.DataFrame") -> Iterator[tuple[str, "polars.DataFrame"]]:
    """The rows of each drive, in the order in which the drives come."""
    if window["drive"].null_count():
        raise StoreError("a part has rows of no drive. Delete the parts and run the study again.")
    for drive in window["drive"].unique(maintain_order=True):
        yield drive, window.filter(window["drive"] == drive)


def numbers(table: "polars.DataFrame", column: str) -> Floats:
    """A column as F[n]; nothing is NaN."""
    import polars as pl

    return floats(table[column].cast(pl.Float64).to_numpy())


def known_moments(values: Floats) -> Moments:
    """The moments of the numbers that are known (not NaN)."""
    return Moments.of(values[values == values])
