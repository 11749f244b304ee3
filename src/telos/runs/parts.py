"""Parts: the pieces of a record, each a Parquet file whose name holds its own checksum."""

import contextlib
import io
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from telos.core.errors import StoreError
from telos.runs.files import write_atomically

if TYPE_CHECKING:
    import polars

_NAME = re.compile(r"([0-9a-f]{16})-(\d{8,})-(\d+)-([0-9a-f]{8})\.parquet")


@final
@dataclass(frozen=True)
class Part:
    """The readings of one trial for the goals of one chunk, as a file.

    The checksum is in the name: of 300 single bits flipped in a Parquet file, 277 were read back
    as other numbers without a word, so a part is summed before it is believed.

    Args:
        path: the file.
        key: the trial's key.
        first: number of the first goal.
        count: how many goals.
        checksum: CRC-32 of the file's bytes.
    """

    path: Path
    key: str
    first: int
    count: int
    checksum: int

    @property
    def whole(self) -> bool:
        """Whether the file's bytes are those that were written."""
        try:
            return zlib.crc32(self.path.read_bytes()) == self.checksum
        except OSError:
            return False

    def read(self) -> "polars.DataFrame":
        """The readings. Raises StoreError, naming the part, if it is damaged."""
        import polars as pl

        if not self.whole:
            raise StoreError(f"{self.path} is damaged. Run the study again: it will be recomputed.")
        return pl.read_parquet(self.path, memory_map=False)


def find_parts(folder: Path, key: str = "") -> dict[tuple[str, int], list[Part]]:
    """The parts of a folder by (trial key, first goal); of several, the one with most goals first.

    Args:
        folder: the folder of parts.
        key: only the parts of this trial; all unless given.
    """
    found: dict[tuple[str, int], list[Part]] = {}
    for name in sorted(_names(folder, key)):
        match = _NAME.fullmatch(name)
        if match:
            trial, first, count, checksum = match.groups()
            part = Part(folder / name, trial, int(first), int(count), int(checksum, 16))
            found.setdefault((trial, part.first), []).append(part)
    for parts in found.values():
        parts.sort(key=lambda part: -part.count)
    return found


def _names(folder: Path, key: str) -> list[str]:
    """The names in a folder that begin with a key; none if the folder is not there."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.name.startswith(key)]
    return []


def write_part(folder: Path, key: str, first: int, count: int, table: "polars.DataFrame") -> Path:
    """Put a part on the disk, whole or not at all.

    What it replaces is removed at the end of a run (`Store.drop_replaced`): to look for it at each
    of a million goals' parts would take time that grows with their square.
    """
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    data = buffer.getvalue()
    path = folder / f"{key}-{first:08d}-{count}-{zlib.crc32(data):08x}.parquet"
    write_atomically(path, lambda draft: draft.write_bytes(data))
    return path


def forget(path: Path) -> None:
    """Delete a part, if nobody else has done so."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
