"""telos export: the readings or a table of a result folder as one file that other programs read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.say import busy, data, say, warn
from telos.core.errors import StoreError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from telos.runs.opened import Export

STDOUT = "-"


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    kind: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv or parquet.")],
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The file [STUDY-TABLE.FORMAT]; - prints CSV."),
    ] = None,
    table: Annotated[
        str,
        typer.Option(
            metavar="TABLE", help="readings, summary, controls, acts, displacement and others."
        ),
    ] = "readings",
) -> None:
    """Write a table of a result folder as a file; of an unfinished study, what is there."""
    from telos.runs.opened import FORMATS
    from telos.runs.opened import export as export_table

    if kind not in FORMATS:
        raise UnknownName(f"--format: no format {kind!r}. {did_you_mean(kind, FORMATS)}")
    if out == STDOUT and kind != "csv":
        raise StoreError("--out -: only CSV can be printed. Name a file, or --format csv.")
    found = export_table(folder, table)
    if out == STDOUT:
        for piece in found.lines():
            data(piece)
    else:
        target = Path(out or f"{found.now.name}-{table}.{kind}")
        if target.absolute().parent.resolve() == folder.resolve():
            raise StoreError(
                f"--out: {target} lies in the record itself. Name a file outside of {folder}."
            )
        if out is None and target.exists():
            raise StoreError(
                f"{target} is there already. Name a file with --out; one that you name is replaced."
            )
        if not target.absolute().parent.is_dir():
            raise StoreError(f"--out: there is no folder {target.parent}. Make it first.")
        with busy(f"writing {target.name}"):
            found.write(target, kind)
        say(target)
    _say_what_is_missing(found)


def _say_what_is_missing(found: "Export") -> None:
    now = found.now
    if now.damaged:
        warn(
            f"{len(now.damaged)} damaged parts are left out ({now.damaged[0]} first). Run the study "
            "again into the same folder, and they are computed again."
        )
    if now.goals < now.goals_asked and found.table in ("readings", "summary"):
        warn(f"not all of the study: {now.goals:,} of {now.goals_asked:,} goals are there.")
