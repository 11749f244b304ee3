"""Say: the one place where a command prints; nothing that it prints can steer the terminal."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, final

from telos.core.errors import StoreError, explained
from telos.core.text import printable
from telos.runs.files import write_atomically
from telos.runs.stages import Stages

if TYPE_CHECKING:
    from rich.text import Text


#: Columns between two columns of a table.
GAP = 2


@final
class OutputClosed(BrokenPipeError):
    """Nobody reads the output any more, as when `head` has seen enough."""


def say(text: object = "", *, end: str = "\n") -> None:
    """Print what was asked for, on the standard output."""
    _write(sys.stdout, f"{printable(text)}{end}")


def warn(text: object = "", *, end: str = "\n") -> None:
    """Tell the person at the terminal something, on the standard error stream."""
    _write(sys.stderr, f"{printable(text)}{end}")
    if sys.stderr is not None:
        sys.stderr.flush()


def data(text: str) -> None:
    """Print data as they are, for a program that reads them: CSV, whose cells are defused by now."""
    _write(sys.stdout, text)


#: `with busy("drawing the page"):` says on the standard error stream what is being done.
busy = Stages().during
#: `with in_turn(7) as told: told("the world")` says there which part is being done, and since when.
in_turn = Stages().in_turn
#: `with towards(100, "answers") as step: step(1)` shows there how far it is, and how fast.
towards = Stages().towards


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, first: int = 0, words: bool = False
) -> None:
    """Print a table in which nothing is cut off, and nothing is markup.

    Args:
        heads: of the columns. rows: of cells.
        first: least width of the first column, which gives way where lines are short; the others hold
            numbers, and are as wide as they need, however narrow the terminal is.
        words: all columns hold words, and give way.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    whole = Table(box=None, pad_edge=False, header_style="bold")
    lines = [[_cell(cell) for cell in row] for row in (heads, *rows)]
    needed = 0
    for place, head in enumerate(lines[0]):
        texts = [text for line in lines for text in line[place].plain.split("\n")]
        if words or not place:
            needed += max(first, *(cell_len(word) for text in texts for word in text.split(" ")))
            whole.add_column(head, overflow="fold", min_width=first or None)
        else:  # a number that is cut off is another number
            width = max(map(cell_len, texts))
            needed += width + GAP
            whole.add_column(head, justify="right", min_width=width, no_wrap=True)
    for line in lines[1:]:
        whole.add_row(*line)
    console = Console(markup=False, highlight=False, emoji=False)
    if not words:
        width = max(console.width, needed)
        console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:  # Rich would end the process when nobody reads
        console.print(whole)
    _write(sys.stdout, captured.get())


def clear() -> None:
    """Empty the terminal."""
    from rich.console import Console

    Console().clear()


def write_file(option: str, path: Path, content: str | bytes) -> None:
    """Write a file that an option named: whole, or not at all.

    Raises:
        StoreError: naming the option, if it cannot be written.
    """
    written = content.encode() if isinstance(content, str) else content
    check_place(option, path)
    try:
        write_atomically(path, lambda draft: draft.write_bytes(written))
    except OSError as problem:
        raise StoreError(f"{option}: {path} cannot be written: {explained(problem)}") from None


def check_place(option: str, path: Path) -> None:
    """Raise StoreError unless the folder is there into which an option wants a file."""
    if not path.parent.exists():
        raise StoreError(
            f"{option}: no folder {path.parent} is there. Make it, or name another place."
        )


def make_folder(option: str, folder: Path) -> None:
    """Make the folder that an option named. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"{option}: {folder} cannot be made: {explained(problem)}") from None


def count(n: int, what: str, many: str = "") -> str:
    """How many there are of something: `1 log`, `2 copies`."""
    return f"{n:,} {what if n == 1 else many or what + 's'}"


def percent(rate: float | None, digits: int = 0) -> str:
    """A rate in percent that is never rounded to 0 or 100 when it is neither; empty without one."""
    if rate is None:
        return ""
    if rate in (0.0, 1.0):
        return f"{100 * rate:.0f}"
    least = 10.0**-digits
    if 0 < 100 * rate < least:
        return f"<{least:g}"
    return (
        f">{100 - least:g}"
        if 100 - least < 100 * rate < 100
        else f"{round(100 * rate, digits) + 0.0:.{digits}f}"
    )


def _cell(text: object) -> "Text":
    from rich.text import Text

    return Text(printable(text))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a command may be started without one
        return
    try:
        stream.write(text)
        if not text:
            stream.flush()
    except BrokenPipeError:
        raise OutputClosed from None
