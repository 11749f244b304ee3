"""telos play: one page on which anybody changes the goal, and sees what else is worth wanting."""

from pathlib import Path
from typing import Annotated

import typer

from telos.cli.say import busy, say


def play(
    world: Annotated[
        str, typer.Argument(metavar="WORLD", help="factory, employee, off_switch, grid, desk.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page [WORLD.html].")
    ] = None,
) -> None:
    """Write a page to play with: any goal, any safeguard, and what is worth wanting at once."""
    with busy("building the world"):
        from telos.play.made import made
        from telos.play.page import write_page
        from telos.play.shipped import PLAYS

        record = made(PLAYS[world]())
    with busy("writing the page"):
        page = write_page(record, out or Path(f"{world}.html"))
    say(f"{page}")
