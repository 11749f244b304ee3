"""Progress: how far a run is, how fast it goes, and how long it will take."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from telos.core.text import printable

#: Seconds between two lines where there is no terminal to draw a bar on.
LINE_EVERY = 5.0
#: Seconds that something may take without a word.
SILENCE = 1.5

Step = Callable[[int], None]


def notice(text: str) -> None:
    """Tell the person at the terminal something, on the standard error stream; nothing in it acts."""
    if sys.stderr is not None:
        print(printable(text), file=sys.stderr, flush=True)


def _again(text: str) -> None:
    """`notice`, but at a terminal in the place of what was told last."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r{printable(text)}", end="", file=sys.stderr, flush=True)
    else:
        notice(text)


@contextlib.contextmanager
def said_while(what: str, shown: bool) -> Iterator[None]:
    """Say every `SILENCE` seconds that the block is still at it, if it takes that long at all.

    Args:
        what: what it is doing. shown: False: stay silent.
    """
    finished, begun = threading.Event(), time.monotonic()

    def tell() -> None:
        while not finished.wait(SILENCE):
            _again(f"{what}: {time.monotonic() - begun:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    if shown:
        teller.start()
    try:
        yield
    finally:
        finished.set()
        if shown:
            teller.join()
            if (
                time.monotonic() - begun > SILENCE
                and sys.stderr is not None
                and sys.stderr.isatty()
            ):
                print(file=sys.stderr, flush=True)


def _pace() -> Callable[[int], float]:
    """A function from the goals done to goals a second, counted from the first report on.

    Before that workers start and compile: a rate that counts it foretells an hour for two minutes.
    """
    since: list[tuple[float, int]] = []

    def rate(done: int) -> float:
        since.append((time.monotonic(), done))
        (begun, before), (now, after) = since[0], since[-1]
        del since[1:]
        return (after - before) / (now - begun) if now > begun else 0.0

    return rate


@contextlib.contextmanager
def progress(total: int, shown: bool) -> Iterator[Step]:
    """Show progress towards `total` goals while the block runs; yields the function that adds some.

    Args:
        total: goals to compute, each counted once a trial.
        shown: False: stay silent.
    """
    if not shown or total == 0:
        yield lambda _: None
    elif sys.stderr is not None and sys.stderr.isatty():
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
    pace, done = _pace(), 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def step(goals: int) -> None:
            nonlocal done
            done += goals
            rate = pace(done)
            bar.update(task, advance=goals, rate=f"{rate:,.0f}/s" if rate else "starting")

        yield step


def _lines(total: int) -> Step:
    pace, said, done = _pace(), time.monotonic(), 0

    def step(goals: int) -> None:
        nonlocal done, said
        done += goals
        now, rate = time.monotonic(), pace(done)
        if now - said < LINE_EVERY and done < total:
            return
        said = now
        left = f"{rate:,.0f}/s, {(total - done) / rate:,.0f} s left" if rate else "starting"
        notice(f"{done / total:4.0%}  {done:,} of {total:,} goals, {left}")

    return step
