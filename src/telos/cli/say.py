"""Say: the one place where a command prints; nothing that it prints can steer the terminal."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO, final

from telos.core.errors import TelosError
from telos.core.text import printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


@final
class Unread(TelosError):
    """Nobody reads the output any more."""

    def __str__(self) -> str:
        return "the output was closed before its end. Whatever was finished is kept."


def say(text: object = "", *, end: str = "\n") -> None:
    """Print what was asked for, on the standard output."""
    _write(sys.stdout, f"{printable(text)}{end}")


def warn(text: object = "", *, end: str = "\n") -> None:
    """Tell the person at the terminal something, on the standard error stream."""
    _write(sys.stderr, f"{printable(text)}{end}")
    if sys.stderr is not None:
        sys.stderr.flush()


def plain(text: str) -> None:
    """Print data as they are, for a program that reads them: CSV, whose cells are defused by now."""
    _write(sys.stdout, text)


def cell(text: object) -> "Text":
    """A cell, or a head, of a table for the terminal: its text, and no markup."""
    from rich.text import Text

    return Text(printable(text))


def table(*heads: str, first: int = 0) -> "Table":
    """An empty table: words on the left, numbers on the right, nothing cut off.

    Args:
        heads: of the columns. first: least width of the first one, which gives way where lines are short.
    """
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, head in enumerate(heads):
        if place:
            made.add_column(cell(head), justify="right", no_wrap=True)
        else:
            made.add_column(cell(head), overflow="fold", min_width=first or None)
    return made


def words_table(*heads: str) -> "Table":
    """An empty table of words, which give way where a line is too short."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        made.add_column(cell(head), overflow="fold")
    return made


def add_row(of: "Table", cells: Sequence[object]) -> None:
    """Add a row to a table."""
    of.add_row(*map(cell, cells))


def show(whole: "Table", *, wide: bool = True) -> None:
    """Print a table with nothing cut off.

    Args:
        whole: the table. wide: as wide as its columns need, however narrow the terminal; False: folded.
    """
    if sys.stdout is None:
        return
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(markup=False, highlight=False, emoji=False)
    needed = Measurement.get(console, console.options.update(width=1000), whole).minimum
    width = max(console.width, needed) if wide else console.width
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:  # Rich would end the process when nobody reads
        console.print(whole)
    _write(sys.stdout, captured.get())


def clear() -> None:
    """Empty the terminal."""
    from rich.console import Console

    Console().clear()


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a command may be started without one
        return
    try:
        stream.write(text)
    except BrokenPipeError:
        raise Unread from None
