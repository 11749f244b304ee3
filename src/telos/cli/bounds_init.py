"""telos bounds init: a binding of the tools that an MCP server lists, to be labelled by hand."""

from pathlib import Path
from typing import Annotated

import typer

from telos.cli.say import say, write_file
from telos.core.errors import BoundsError, StoreError

#: Bytes that an answer to tools/list may have.
MOST_BYTES = 4 * 2**20


def bounds_init(
    mcp: Annotated[
        Path,
        typer.Option("--mcp", metavar="FILE", help="The server's answer to tools/list, as JSON."),
    ],
    rules: Annotated[
        Path | None,
        typer.Option("--bounds", metavar="FILE", help="The bounds whose assets are declared."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Write it there, not to the terminal."),
    ] = None,
) -> None:
    """Write a binding of a server's tools: each irreversible and opaque, so denied, until you label it."""
    from telos.bounds.files import load_bounds
    from telos.bounds.init import skeleton
    from telos.core.files import read_file

    bounds = load_bounds(rules) if rules else None
    try:
        listing = read_file(mcp, most=MOST_BYTES, error=BoundsError).decode()
    except FileNotFoundError:
        raise BoundsError(f"{mcp} is not there; check the name.") from None
    except UnicodeDecodeError:
        raise BoundsError(f"{mcp} is not UTF-8; save it as UTF-8.") from None
    try:
        text = skeleton(listing, bounds)
    except BoundsError as problem:
        raise BoundsError(f"{mcp}: {problem}") from None
    if out is None:
        say(text.rstrip())
        return
    if out.exists():
        raise StoreError(f"--out: {out} is there already. Choose another name.")
    write_file("--out", out, text)
    say(f"{out}\n\nLabel each tool, then leave its `opaque` out: until then it is denied.")
