"""Progress: how far a run is, how fast it goes, and how long it will take."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

#: Seconds between two lines where there is no terminal to draw a bar on.
LINE_EVERY = 5.0

Step = Callable[[int], None]


@contextlib.contextmanager
def progress(total: int, shown: bool) -> Iterator[Step]:
    """Show progress towards `total` goals while the block runs; yields the function that adds some.

    Args:
        total: goals to compute, each counted once a trial.
        shown: False: stay silent.
    """
    if not shown or total == 0:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(total) as step:
            yield step
    else:
        yield _lines(total)


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("goals  {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    begun, done = time.monotonic(), 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def step(goals: int) -> None:
            nonlocal done
            done += goals
            rate = done / max(time.monotonic() - begun, 1e-9)
            bar.update(task, advance=goals, rate=f"{rate:,.0f}/s")

        yield step


def _lines(total: int) -> Step:
    begun = said = time.monotonic()
    done = 0

    def step(goals: int) -> None:
        nonlocal done, said
        done += goals
        now = time.monotonic()
        if now - said < LINE_EVERY and done < total:
            return
        said = now
        rate = done / max(now - begun, 1e-9)
        left = f"{(total - done) / rate:,.0f} s left" if rate else "time left unknown"
        line = f"{done / total:4.0%}  {done:,} of {total:,} goals, {rate:,.0f}/s, {left}"
        print(line, file=sys.stderr, flush=True)

    return step
