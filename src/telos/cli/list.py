"""telos list: the shipped worlds, families, agents, drives, safeguards and studies, a line each."""

from typing import Annotated, Any

import typer

from telos.cli.arguments import CATALOGS, catalog
from telos.cli.say import say


def list_parts(
    kind: Annotated[
        str | None, typer.Argument(metavar="|".join(CATALOGS), help="What to list [everything].")
    ] = None,
) -> None:
    """List what is shipped, with a line about each."""
    for place, each in enumerate(CATALOGS if kind is None else [kind]):
        entries = [_line(entry) for entry in catalog(each)]
        if kind is None:
            say(f"{chr(10) if place else ''}{each}\n")
        width = max(len(name) for name, _ in entries)
        for name, line in entries:
            say(f"{name:<{width}}  {line}")


def _line(entry: Any) -> tuple[str, str]:
    if isinstance(entry, type):
        lines = (entry.__doc__ or "").strip().splitlines()
        return entry.__name__, lines[0] if lines else ""
    return entry.name, entry.question
