"""How far a search is: states, pairs, what is waiting and how fast, on the terminal while it lasts."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

#: Seconds between two looks: drawing more often would cost more than the search.
EVERY = 0.2

Watch = Callable[[int, int, int], None]


@contextlib.contextmanager
def watched(name: str, shown: bool) -> Iterator[Watch]:
    """Show a search while the block runs; yields the function to tell (states, pairs, waiting).

    It writes to standard error, only if that is a terminal, and leaves nothing behind, also when
    the block is left by Ctrl-C.

    Args:
        name: what is searched. shown: False: stay silent.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda states, pairs, waiting: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None, at="")
        began = said = time.monotonic()

        def watch(states: int, pairs: int, waiting: int) -> None:
            nonlocal said
            now = time.monotonic()
            if now - said < EVERY:
                return
            said = now
            rate = pairs / (now - began)
            at = f"{states:,} states, {pairs:,} pairs, {waiting:,} waiting  {rate:,.0f} pairs/s"
            bar.update(task, at=at)

        yield watch
