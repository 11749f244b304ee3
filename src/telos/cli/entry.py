"""The entry point: puts the commands together, and turns each error into one clear message."""

import atexit
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Annotated

import typer

from telos.cli.assay import assay
from telos.cli.audit import audit
from telos.cli.bench import bench
from telos.cli.bounds import app as bounds_app
from telos.cli.check import check
from telos.cli.cite import cite
from telos.cli.compare import compare
from telos.cli.diff import diff
from telos.cli.export import export
from telos.cli.list import list_parts
from telos.cli.new import new
from telos.cli.play import play
from telos.cli.price import price
from telos.cli.report import report
from telos.cli.run import run
from telos.cli.say import OutputClosed, say, warn
from telos.cli.status import status
from telos.cli.tabulate import tabulate
from telos.cli.verify import verify
from telos.core.errors import Interrupted, TelosError, explained

#: What a shell expects of a command that was asked for something impossible.
USAGE_ERROR = 2
#: What a shell expects of a command that has a fault of its own (sysexits.h).
OUR_FAULT = 70
#: What a shell reports of a command that a signal ended, less the signal's number.
BY_SIGNAL = 128
#: The number of the signal that ends a command whose output nobody reads; Windows knows none.
PIPE = 13
#: Signals that are taken in good order; the next one ends the process as it stands.
PATIENCE = 2

app = typer.Typer(
    name="telos",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
#: The commands as `telos --help` groups them.
COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Studies": {
        "run": run,
        "status": status,
        "report": report,
        "diff": diff,
        "export": export,
        "cite": cite,
        "bench": bench,
        "play": play,
    },
    "Parts": {"list": list_parts, "new": new, "check": check},
    "Language models": {
        "assay": assay,
        "compare": compare,
        "tabulate": tabulate,
        "price": price,
        "audit": audit,
    },
    "Trust": {"verify": verify},
}
for panel, commands in COMMANDS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(command)
app.add_typer(bounds_app, name="bounds", rich_help_panel="Bounds")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"telos {version('telos-lab')}")
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
    """Run the command that was typed; the one border at which errors become sentences.

    Exit codes: what the command says (0 done, 1 found or incomplete), 2 asked for something that cannot
    be, 130 stopped by Ctrl-C, 143 by SIGTERM, 70 a fault of Telos itself.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # what the terminal cannot show is written out
            reconfigure(errors="backslashreplace")
    with _signals() as asked:
        code = _code(asked)
    if code:
        _silence()
    sys.exit(code)


def _code(asked: list[int]) -> int:
    """The exit code of the command, after its message.

    Args:
        asked: the signals that have come meanwhile.
    """
    try:
        code = _typed()
        say(end="")  # a reader who left is noticed at the last flush
    except TelosError as problem:
        return _refused(problem)
    except Interrupted as problem:
        return _stopped(problem.by)
    except OutputClosed:
        return BY_SIGNAL + PIPE
    except OSError as problem:
        return _refused(explained(problem))
    except MemoryError:
        return _refused(
            "memory is used up. Use fewer processes (--jobs), fewer goals (--goals), or a smaller world."
        )
    except RecursionError:
        return _refused("something is nested too deep to be read. Flatten it.")
    except UnicodeError as problem:
        return _refused(f"a text cannot be read or written ({problem}). Save it as UTF-8.")
    except Exception as problem:  # noqa: BLE001 - the border: what comes here is explained, or ours
        if asked:  # a class that pydantic was making turns a Ctrl-C into an error of its schema
            return _stopped(asked[0])
        if _is_of_a_library(problem):
            return _refused(explained(problem))
        return _of_an_author(problem) or _fault(problem)
    except BaseException as problem:  # noqa: BLE001 - other people's code may raise anything at all
        return _of_an_author(problem) or _fault(problem)
    return code


def _typed() -> int:
    """The exit code of the command that was typed, as it says itself."""
    try:
        app()
    except SystemExit as end:
        if code := _of_an_author(end):
            return code
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        return _refused(end.code)
    return 0


def _stopped(by: int) -> int:
    warn("\nstopped; whatever was finished is kept.")
    return BY_SIGNAL + by


def _refused(what: object) -> int:
    with contextlib.suppress(OSError, ValueError):
        warn(f"error: {what}")
    return USAGE_ERROR


def _of_an_author(problem: BaseException) -> int:
    """Refuse what the code of the user's own modules raised, by file and line; 0 if none of it did."""
    from telos.core.shown import told
    from telos.runs.source import authors_line

    line = authors_line(problem)
    return _refused(f"{line}: {told(problem)}. Fix it there.") if line else 0


def _fault(problem: BaseException) -> int:
    """Say that the fault is ours: no input, however odd, should come here."""
    warn("".join(traceback.format_exception(problem)))
    warn(
        "error: this is a fault of Telos itself, not of what you asked. Please report it with the lines "
        "above. Whatever was finished is kept."
    )
    return OUR_FAULT


def _is_of_a_library(problem: BaseException) -> bool:
    """Whether polars or pydantic refused what it was given."""
    return any(
        cls.__module__.partition(".")[0] in ("polars", "pydantic", "pydantic_core")
        for cls in type(problem).__mro__
    )


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """Meanwhile, Ctrl-C and SIGTERM end the command in good order, once; impatience ends it at once.

    To end at once loses nothing that was finished: every file is whole or absent, and workers do not
    outlive their parent.

    Yields:
        The numbers of the signals that have come, to which each is added.
    """
    got: list[int] = []

    def end(by: int, frame: FrameType | None) -> None:
        got.append(by)
        if len(got) == 1:
            raise Interrupted(by)
        if len(got) > PATIENCE:
            os._exit(BY_SIGNAL + by)

    try:
        before = {by: signal.signal(by, end) for by in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread, where nobody presses Ctrl-C
        before = {}
    try:
        yield got
    finally:
        if got:  # Python gives signals their defaults back before it has quite ended
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        for by, handler in before.items():
            signal.signal(by, end if got else handler)


def _silence() -> None:
    """Let Python end without a word about an output that cannot be written to."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
