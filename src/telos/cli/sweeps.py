"""Where each drive begins, sweep by sweep, as a table on the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from telos.cli.say import print_table, say
from telos.cli.table import drive_columns

if TYPE_CHECKING:
    import polars


def without_sweeps(summary: "polars.DataFrame", folder: Path) -> "polars.DataFrame":
    """The rows of the trials that are not there for a sweep alone."""
    from telos.core.record import read_record

    of_a_sweep = [trial.key for trial in read_record(folder).trials if trial.of_a_sweep]
    return summary.filter(~summary["trial"].is_in(of_a_sweep))


def print_onsets(onsets: "polars.DataFrame") -> None:
    """Print the level at which each drive begins, one line a sweep, one column a drive."""
    drives = onsets["drive"].unique(maintain_order=True).to_list()
    say(
        "\nthe level from which on the deed is 10 points above the larger random baseline, with its\n"
        "interval\n"
    )
    printed = []
    for (sweep, where), rows in onsets.group_by("sweep", "where", maintain_order=True):
        begun = {row["drive"]: _level(row) for row in rows.iter_rows(named=True)}
        name = " ".join(str(part) for part in (sweep, where) if part)
        printed.append([name, *(begun.get(drive, "") for drive in drives)])
    print_table(["sweep", *map(drive_columns, drives)], printed)


def _level(row: dict[str, Any]) -> str:
    level, low, high = (
        "none" if row[f"onset{end}"] is None else f"{row[f'onset{end}']:g}"
        for end in ("", "_low", "_high")
    )
    return level if level == low == high else f"{level} [{low}, {high}]"
