"""Export: the readings or a table of a record as one CSV or Parquet file, streamed, whatever is there."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError, UnknownName, did_you_mean
from telos.runs.corrigible import CORRIGIBILITY
from telos.runs.dials import DIALS, ONSETS
from telos.runs.displaced import DISPLACEMENT, PRESSURE, PRICES
from telos.runs.files import write_atomically
from telos.runs.parts import Part, find_parts
from telos.runs.plan import lay_out
from telos.runs.standing import Standing, held_by_record, record_of, standing
from telos.runs.store import Store, read_study
from telos.runs.tables import READINGS_COLUMNS, SUMMARY, summary_rows

if TYPE_CHECKING:
    import polars

FORMATS = ("csv", "parquet")
#: Tables that a run writes at its end, by the name that they are asked for.
AT_THE_END = {
    Path(name).stem: name for name in (DISPLACEMENT, PRICES, PRESSURE, CORRIGIBILITY, DIALS, ONSETS)
}
TABLES = ("readings", "summary", *AT_THE_END)
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
    now: Standing
    lazy: "polars.LazyFrame"
    batches: "Iterator[polars.DataFrame]"

    def write(self, path: Path, kind: str) -> None:
        """Write the table as a file: whole, or not at all.

        Raises:
            StoreError: if the file cannot be written.
        """

        def fill(draft: Path) -> None:
            if kind == "csv":
                self.lazy.sink_csv(draft)
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
            yield batch.write_csv(include_header=head)
            head = False


def export(folder: Path, table: str = "readings") -> Export:
    """A table of a result folder, finished or not.

    Readings come from the parts, damaged ones left out, so that nothing but the folder is needed,
    not even the code of the study. The summary of an unfinished study is made anew from what is
    there; other tables are written at the end of a run.

    Args:
        folder: what `telos run … --out` writes. table: one of `TABLES`.

    Raises:
        UnknownName: if there is no such table.
        StoreError: if the folder is not a record, or holds nothing of the table yet.
    """
    if table not in TABLES:
        raise UnknownName(f"no table {table!r}. {did_you_mean(table, TABLES)}")
    now = standing(folder, check=True)
    if table == "readings":
        return _readings(folder, now)
    if table == "summary" and now.state != "complete":
        return _of(table, now, _summary(folder))
    name = AT_THE_END.get(table, SUMMARY)
    if not (folder / name).exists():
        raise StoreError(
            f"{folder} holds no {name}. It is written at the end of a run, of studies that have "
            "something to put into it."
        )
    import polars as pl

    return _of(table, now, pl.read_csv(folder / name, infer_schema_length=None))


def _of(table: str, now: Standing, frame: "polars.DataFrame") -> Export:
    return Export(table, now, frame.lazy(), iter((frame,)))


def _summary(folder: Path) -> "polars.DataFrame":
    import polars as pl

    # Chunks are as large as they were when the record was made.
    made = {entry.get("key"): entry for entry in _entries(folder)}
    plan = tuple(
        dataclasses.replace(planned, size=int(entry["chunk"]), goals=int(entry["n_goals"]))
        for planned in lay_out(read_study(folder))
        if (entry := made.get(planned.trial.key)) is not None
    )
    rows = summary_rows(Store(folder), plan)
    return pl.DataFrame(rows, infer_schema_length=None)


def _entries(folder: Path) -> list[dict[str, Any]]:
    return [entry for entry in record_of(folder)["trials"] if isinstance(entry, dict)]


def _readings(folder: Path, now: Standing) -> Export:
    import polars as pl

    entries = _entries(folder)
    held = held_by_record(find_parts(folder / "parts"), entries, frozenset(now.damaged))
    mine = [(entry, held[str(entry.get("key"))]) for entry in entries]
    mine = [(entry, parts) for entry, parts in mine if parts]
    if not mine:
        raise StoreError(f"{folder} holds no readings yet. Ask again when a chunk is done.")
    lazy = pl.concat([_labelled(entry, parts) for entry, parts in mine])
    return Export("readings", now, lazy, _batches(mine))


def _batches(mine: list[tuple[dict[str, Any], list[Part]]]) -> "Iterator[polars.DataFrame]":
    for entry, parts in mine:
        for first in range(0, len(parts), AT_A_TIME):
            yield _labelled(entry, parts[first : first + AT_A_TIME]).collect()


def _labelled(entry: dict[str, Any], parts: list[Part]) -> "polars.LazyFrame":
    """The readings of some parts, with what the record says of their trial."""
    import polars as pl

    words = {name: str(entry.get(name) or "") for name in ("scenario", "family", "agent", "off")}
    words |= {"trial": str(entry.get("key")), "safeguards": " + ".join(entry.get("safeguards", []))}
    labels = [pl.lit(value).alias(name) for name, value in words.items()]
    labels.append(pl.lit(float(entry.get("discount", "nan"))).alias("discount"))
    frame = pl.scan_parquet([part.path for part in parts], glob=False)
    wanted = pl.col("goal") < int(entry.get("n_goals") or 0)
    return frame.filter(wanted).with_columns(labels).select(READINGS_COLUMNS)
