"""Sheet: one CSV file of a result folder, read whole or refused by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from telos.core.errors import StoreError

if TYPE_CHECKING:
    import polars as pl

REMEDY = "Run the command that made it again: what is missing is computed, what is there is kept."


def read_sheet(
    path: Path, needed: Sequence[str], *, filled: Sequence[str] = (), former: str = ""
) -> "pl.DataFrame":
    """A table of texts that was written to its end.

    Args:
        path: the file. needed: columns that it must have. filled: of these, the columns that no row
            can lack.
        former: another name of the column `trial`, in files of older versions.

    Raises:
        StoreError: naming the file that is missing, half-written or unreadable, and the remedy.
    """
    import polars as pl

    try:
        whole = path.read_bytes()
        table = pl.read_csv(whole, infer_schema=False)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing. {REMEDY}") from None
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise StoreError(f"{path} cannot be read ({first_line(problem)}). {REMEDY}") from None
    if former in table.columns and "trial" not in table.columns:
        table = table.rename({former: "trial"})
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise StoreError(f"{path} lacks the columns {', '.join(missing)}. {REMEDY}")
    if not whole.endswith(b"\n") or any(table[column].null_count() for column in filled):
        raise StoreError(
            f"{path} is half-written: its last line is cut. Delete it and run the command that "
            "made it again."
        )
    return table


def with_numbers(path: Path, table: "pl.DataFrame", *columns: "pl.Expr") -> "pl.DataFrame":
    """The table with columns read as what they are.

    Raises:
        StoreError: if one of them holds something else.
    """
    import polars as pl

    try:
        return table.with_columns(*columns)
    except pl.exceptions.PolarsError as problem:
        raise StoreError(
            f"{path} holds a number that cannot be read ({first_line(problem)}). {REMEDY}"
        ) from None


def first_line(problem: Exception) -> str:
    """What went wrong, short enough for a message."""
    return str(problem).strip().split("\n")[0][:160]
