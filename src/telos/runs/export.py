"""Export: the readings or a table of a record as one CSV or Parquet file, streamed, whatever is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from telos.core.errors import StoreError, UnknownName, did_you_mean
from telos.core.files import plain_path
from telos.core.record import TrialEntry
from telos.core.tables import defused, read_csv
from telos.runs.entries import held_parts
from telos.runs.files import write_atomically
from telos.runs.parts import PartFile, find_parts
from telos.runs.progress import Progress, progress_of
from telos.runs.tables import (
    CORRIGIBILITY,
    DISPLACEMENT,
    ONSETS,
    REMOVAL_INCENTIVES,
    SAFEGUARDS,
    SUMMARY,
    SWEEPS,
    csv,
    labeled,
    summary,
)

if TYPE_CHECKING:
    import polars

FORMATS = ("csv", "parquet")
#: Tables that a run writes at its end, by the name that they are asked for.
AT_THE_END = (DISPLACEMENT, SAFEGUARDS, REMOVAL_INCENTIVES, CORRIGIBILITY, SWEEPS, ONSETS)
TABLES = ("readings", SUMMARY, *AT_THE_END)
AGAIN = "Run the study again into the same folder: every finished chunk that fits is kept."
#: Parts printed at a time: some five megabytes of text.
AT_A_TIME = 16


@final
@dataclass(frozen=True, eq=False, repr=False)
class Export:
    """A table of a record, a piece at a time, and how much of the study it holds.

    Args:
        table: which one.
        now: how far the study is.
        lazy: the same as a frame that polars streams.
        batches: the pieces, one after the other; asked for once.
    """

    table: str
    now: Progress
    lazy: "polars.LazyFrame"
    batches: "Iterator[polars.DataFrame]"

    def write(self, path: Path, kind: str) -> None:
        """Write the table as a file: whole, or not at all.

        Raises:
            StoreError: if the file cannot be written.
        """

        path = plain_path(path)

        def fill(draft: Path) -> None:
            if kind == "csv":
                defused(self.lazy).sink_csv(draft)
            else:
                self.lazy.sink_parquet(draft, compression="zstd")

        try:
            write_atomically(path, fill)
        except OSError as problem:
            raise StoreError(
                f"{path} cannot be written ({problem.strerror}). Name another file with --out."
            ) from None

    def lines(self) -> Iterator[str]:
        """The table as CSV, piece by piece, the names of the columns first."""
        head = True
        for batch in self.batches:
            yield defused(batch.lazy()).collect().write_csv(include_header=head)
            head = False


def export(folder: Path, table: str = "readings") -> Export:
    """A table of a result folder, finished or not.

    Nothing but the folder is needed, and nothing is built: not even the code of the study is looked
    for. Readings come from the parts, damaged ones left out. The summary of an unfinished study is made
    anew from what is there; other tables are written at the end of a run.

    Args:
        folder: what `telos run … --out` writes. table: one of `TABLES`.

    Raises:
        UnknownName: if there is no such table.
        StoreError: if the folder is not a record, or holds nothing of the table yet.
    """
    if table not in TABLES:
        raise UnknownName(f"no table {table!r}. {did_you_mean(table, TABLES)}")
    folder = plain_path(folder)
    now = progress_of(folder, check=True)
    assert now.record is not None
    trials = now.record.trials
    held = held_parts(find_parts(folder / "parts"), trials, frozenset(now.damaged))
    if table == "readings":
        return _readings(folder, now, [(trial, held[trial.key]) for trial in trials])
    if table == "summary" and now.state != "complete":
        return _of(table, now, summary(trials, held))
    path = folder / csv(table)
    if not path.exists():
        raise StoreError(
            f"{folder} holds no {path.name}. It is written at the end of a run, of studies that have "
            "something to put into it."
        )
    return _of(table, now, read_csv(path, table, AGAIN))


def _of(table: str, now: Progress, frame: "polars.DataFrame") -> Export:
    return Export(table, now, frame.lazy(), iter((frame,)))


def _readings(
    folder: Path, now: Progress, every: "list[tuple[TrialEntry, list[PartFile]]]"
) -> Export:
    import polars as pl

    mine = [(trial, parts) for trial, parts in every if parts]
    if not mine:
        raise StoreError(f"{folder} holds no readings yet. Ask again when a chunk is done.")
    lazy = pl.concat([labeled(trial, parts) for trial, parts in mine])
    return Export("readings", now, lazy, _batches(mine))


def _batches(mine: "list[tuple[TrialEntry, list[PartFile]]]") -> "Iterator[polars.DataFrame]":
    for trial, parts in mine:
        for first in range(0, len(parts), AT_A_TIME):
            yield labeled(trial, parts[first : first + AT_A_TIME]).collect()
