"""The entry point: puts the commands together, and turns each error into one clear message."""

import sys
from typing import Annotated

import typer

from telos.cli.audit import audit
from telos.cli.check import check
from telos.cli.cite import cite
from telos.cli.compare import compare
from telos.cli.export import export
from telos.cli.list import list_parts
from telos.cli.report import report
from telos.cli.run import run
from telos.cli.status import status
from telos.cli.verify import verify
from telos.core.errors import TelosError

#: What a shell expects of a command that was asked for something impossible.
USAGE_ERROR = 2

app = typer.Typer(
    name="telos",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Whatever goal you give an agent, what else will it want?",
)
app.command("run")(run)
app.command("list")(list_parts)
app.command("status")(status)
app.command("report")(report)
app.command("export")(export)
app.command("compare")(compare)
app.command("audit")(audit)
app.command("check")(check)
app.command("cite")(cite)
app.command("verify")(verify)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"telos {version('telos')}")
        raise typer.Exit


@app.callback()
def telos(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Whatever goal you give an agent, what else will it want?"""


def main() -> None:
    """Run the command that was typed."""
    try:
        app()
    except TelosError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
