"""telos report: make the page of a result folder again."""

from pathlib import Path
from typing import Annotated

import typer

from telos.cli.say import busy, say


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page [DIR/report.html].")
    ] = None,
) -> None:
    """Write the report of a result folder."""
    with busy("drawing the page"):
        from telos.report.page import write_report

        page = write_report(folder, out)
    say(page)
