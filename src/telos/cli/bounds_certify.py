"""telos bounds certify: check a certificate by code that shares nothing with what wrote it."""

from pathlib import Path
from typing import Annotated

import typer

from telos.cli.say import busy, say
from telos.core.errors import BoundsError
from telos.core.files import read_file

VIOLATED = 1
#: A million states, and their world.
MOST_BYTES = 2**31


def certify(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What telos bounds verify -o wrote.")
    ],
) -> None:
    """Check a certificate anew, without the solver: `python certify.py DIR` does the same without Telos."""
    from telos.bounds.certificate import CERTIFICATE
    from telos.bounds.certify import main
    from telos.cli.bounds_verify import DATA, PAGE

    said: list[str] = []
    with busy("following what is allowed"):
        code = main(str(folder), _read, said.append)
    if code > VIOLATED and (folder / DATA).exists() and not (folder / CERTIFICATE).exists():
        raise BoundsError(
            f"{folder}: what was verified there is not certified; the last lines of {PAGE} say why."
        )
    if code > VIOLATED:
        raise BoundsError(f"{folder}: {said[-1]}. Write it again: telos bounds verify FILE -o DIR.")
    for line in said:
        say(line)
    if code:
        raise typer.Exit(VIOLATED)
    say(
        "checked: the start is listed, all that is allowed leads to what is listed, nothing listed is bad, "
        "and what must be recoverable can be brought back. Believed: what the world's file says."
    )


def _read(path: str) -> bytes:
    remedy = "Name a folder that telos bounds verify wrote."
    return read_file(path, most=MOST_BYTES, error=BoundsError, remedy=remedy)
