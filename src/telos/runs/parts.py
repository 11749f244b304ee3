"""Parts: the pieces of a record, each a Parquet file whose name says what made it and holds its checksum.

Their rows are read a drive at a time, so that a million goals fit in memory.
"""

import contextlib
import io
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from pydantic import ValidationError

from telos.core.arrays import Floats, floats
from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.record import Made, TrialEntry
from telos.core.tables import fits
from telos.runs.files import write_atomically

if TYPE_CHECKING:
    import polars

#: Bytes that a part may have: one of 256 goals has some hundred thousand.
MOST = 2**30
_NAME = re.compile(r"([0-9a-f]{16})-(\d{8,20})-(\d{1,20})-([0-9a-f]{16})-([0-9a-f]{8})\.parquet")
#: Parts of Telos up to 0.1 do not say what made them, so no number of theirs is shown.
_FORMER = re.compile(r"([0-9a-f]{16})-\d{8,20}-\d{1,20}-[0-9a-f]{8}\.parquet")


@final
@dataclass(frozen=True)
class PartFile:
    """The readings of one trial for the goals of one chunk, as a file.

    The checksum is in the name: of 300 single bits flipped in a Parquet file, 277 were read back
    as other numbers without a word, so a part is summed before it is believed.

    Args:
        path: the file.
        key: the trial's key.
        first: number of the first goal.
        count: how many goals.
        made: the digest of what made it (`Made.digest`).
        checksum: CRC-32 of the rest of the name and of the file's bytes.
    """

    path: Path
    key: str
    first: int
    count: int
    made: str
    checksum: int

    @property
    def whole(self) -> bool:
        """Whether the file's bytes are those that were written."""
        try:
            data = read_file(self.path, most=MOST)
        except OSError:
            return False
        return _checksum(self.key, self.first, self.count, self.made, data) == self.checksum

    @property
    def maker(self) -> Made | None:
        """What made it, as the file says; None if it cannot be read."""
        import polars as pl

        try:
            stated = pl.read_parquet_metadata(io.BytesIO(read_file(self.path, most=MOST)))
            return Made(**{name: stated.get(f"telos.{name}", "") for name in Made.model_fields})
        except (OSError, pl.exceptions.PolarsError, ValidationError):
            return None

    def read(self) -> "polars.DataFrame":
        """The readings. Raises StoreError, naming the part, if it is damaged."""
        import polars as pl

        if not self.whole:
            raise StoreError(f"{self.path} is damaged. Run the study again: it will be recomputed.")
        return pl.read_parquet(self.path, memory_map=False, glob=False, hive_partitioning=False)


def find_parts(folder: Path, key: str = "") -> dict[tuple[str, int], list[PartFile]]:
    """The parts of a folder by (trial key, first goal); of several, the one with most goals first.

    Args:
        folder: the folder of parts.
        key: only the parts of this trial; all unless given.
    """
    found: dict[tuple[str, int], list[PartFile]] = {}
    for name in sorted(_names(folder, key)):
        match = _NAME.fullmatch(name)
        if match:
            trial, first, count, made, checksum = match.groups()
            part = PartFile(folder / name, trial, int(first), int(count), made, int(checksum, 16))
            found.setdefault((trial, part.first), []).append(part)
    for parts in found.values():
        parts.sort(key=lambda part: -part.count)
    return found


def find_former(folder: Path) -> list[tuple[str, Path]]:
    """(trial key, path) of each part of an earlier layout: known by its name, never read."""
    matches = [(_FORMER.fullmatch(name), name) for name in sorted(_names(folder, ""))]
    return [(match[1], folder / name) for match, name in matches if match]


def _names(folder: Path, key: str) -> list[str]:
    """The names of files that begin with a key; links are none; nothing if the folder is not there."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        named = [entry for entry in entries if entry.name.startswith(key)]
        return [entry.name for entry in named if entry.is_file(follow_symlinks=False)]
    return []


def write_part(
    folder: Path, key: str, first: int, count: int, table: "polars.DataFrame", made: Made
) -> Path:
    """Put a part on the disk, whole or not at all.

    What it replaces is removed at the end of a run (`Store.drop_replaced`): to look for it at each
    of a million goals' parts would take time that grows with their square.

    Raises:
        OSError: if the disk does not take it.
    """
    buffer = io.BytesIO()
    stated = {f"telos.{name}": value for name, value in made.model_dump().items()}
    table.write_parquet(buffer, compression="zstd", metadata=stated)
    data = buffer.getvalue()
    summed = _checksum(key, first, count, made.digest, data)
    path = folder / f"{_stem(key, first, count, made.digest)}-{summed:08x}.parquet"
    write_atomically(path, lambda draft: draft.write_bytes(data), ours=True)
    return path


def _checksum(key: str, first: int, count: int, made: str, data: bytes) -> int:
    # The name is summed too: a part that is called otherwise is not the part of that name.
    return zlib.crc32(data, zlib.crc32(_stem(key, first, count, made).encode()))


def _stem(key: str, first: int, count: int, made: str) -> str:
    return f"{key}-{first:08d}-{count}-{made}"


def forget(path: Path) -> None:
    """Delete a part, if nobody else has done so."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


# -- their rows ---------------------------------------------------------------------------------

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

        whole, folder = scanned(self.parts), self.parts[0].path.parent
        counted = whole.select(pl.len().alias("rows"), pl.col("drive").null_count()).collect()
        rows, nameless = counted.row(0)
        if rows > MOST_DRIVES * sum(part.count for part in self.parts):
            raise StoreError(f"{folder}: parts hold more rows than their goals can have. {AGAIN}")
        if nameless:
            raise StoreError(f"{folder}: a part has rows of no drive. {AGAIN}")
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


def scanned(parts: Sequence[PartFile]) -> "polars.LazyFrame":
    """The rows of some part files, whose columns are those of a part."""
    import polars as pl

    whole = pl.scan_parquet([p.path for p in parts], glob=False, hive_partitioning=False)
    fits("part", whole, parts[0].path, "Delete it and run the study again.")
    return whole


def required(table: "polars.DataFrame", column: str = "category") -> Floats:
    """1.0 where a goal requires the drive, by a column of categories; else 0.0."""
    return floats((table[column] == "required").to_numpy())


def numbers(table: "polars.DataFrame", column: str) -> Floats:
    """A column as F[n]; what is missing is NaN."""
    import polars as pl

    return floats(table[column].cast(pl.Float64).to_numpy())


def known(table: "polars.DataFrame", column: str) -> Floats:
    """The numbers of a column that are there."""
    values = numbers(table, column)
    return floats(values[~np.isnan(values)])
