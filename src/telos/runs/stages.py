"""Stages: what a run says while it works: how far it is, how fast it goes, what takes a while."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

from telos.core.text import printable

#: Seconds between two lines where there is no terminal to draw a bar on.
LINE_EVERY = 5.0
#: Seconds that something may take without a word; in a log, each word waits twice as long as the last,
#: up to the longest.
SILENCE, LONGEST = 1.5, 12.0
#: Empties the line of a terminal that the cursor is in.
_CLEAR_LINE = "\r\x1b[2K"

Step = Callable[[int], None]


@final
@dataclass(frozen=True)
class Stages:
    """What a run says on the standard error stream; nothing that it says steers a terminal.

    Args:
        shown: False: stay silent.

    Example:
        >>> with Stages(shown=False).during("making the tables"):
        ...     pass
    """

    shown: bool = True

    def say(self, text: str) -> None:
        """Tell the person at the terminal something."""
        if self.shown:
            notice(text)

    @contextlib.contextmanager
    def during(self, what: str) -> Iterator[None]:
        """While the block runs, say every now and then that it is still at it.

        Args:
            what: what it is doing, as in "making the tables".
        """
        over = threading.Event()
        teller = threading.Thread(target=_tell, args=(printable(what), over), daemon=True)
        if self.shown and sys.stderr is not None:
            teller.start()
        try:
            yield
        finally:
            over.set()
            if teller.ident is not None:
                teller.join()

    @contextlib.contextmanager
    def in_turn(self, total: int) -> Iterator[Callable[[str], None]]:
        """While the block does things of quite different lengths, say which one it is at, and since when.

        Args:
            total: how many there are.

        Yields:
            The function that is called with the name of each, before it begins.
        """
        number = 0
        with contextlib.ExitStack() as present:

            def told(what: str) -> None:
                nonlocal number
                present.close()
                number += 1
                present.enter_context(self.during(f"{number} of {total}, {what}"))

            yield told

    @contextlib.contextmanager
    def towards(self, total: int, what: str = "goals") -> Iterator[Step]:
        """Show progress towards `total` while the block runs; yields the function that adds some.

        Args:
            total: how many there are, as goals to compute, each counted once a trial.
            what: of what.
        """
        if not self.shown or total == 0:
            yield lambda _: None
        elif sys.stderr is not None and sys.stderr.isatty():
            with _bar(total, what) as step:
                yield step
        else:
            with _lines(total, what) as step:
                yield step


def notice(text: str) -> None:
    """Tell the person at the terminal something, on the standard error stream; nothing in it acts."""
    if sys.stderr is not None:
        print(printable(text), file=sys.stderr, flush=True)


def _tell(what: str, over: threading.Event) -> None:
    begun, wait, told = time.monotonic(), SILENCE, False
    on_terminal = sys.stderr.isatty()
    before, after = (_CLEAR_LINE, "") if on_terminal else ("", "\n")
    with contextlib.suppress(OSError, ValueError):  # nobody looks any more
        while not over.wait(wait):
            seconds = time.monotonic() - begun
            print(f"{before}{what}: {seconds:.0f} s", end=after, file=sys.stderr, flush=True)
            told, wait = True, 1.0 if on_terminal else min(2 * wait, LONGEST)
        if told:
            print(before, end="", file=sys.stderr, flush=True)


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


def _speed(rate: float) -> str:
    """Goals a second, or seconds a goal where a goal takes longer: ``12/s``, ``2.5 s each``."""
    return f"{rate:,.0f}/s" if rate >= 1 else f"{1 / rate:,.1f} s each"


@contextlib.contextmanager
def _meanwhile(do: Callable[[], float]) -> Iterator[None]:
    """While the block runs, call a function again and again; it says in how many seconds next."""
    over = threading.Event()

    def work() -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody looks any more
            while not over.wait(do()):
                pass

    teller = threading.Thread(target=work, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


@contextlib.contextmanager
def _bar(total: int, what: str) -> Iterator[Step]:
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
        TextColumn(f"{what}  {{task.fields[rate]}}"),
        TimeRemainingColumn(),
    )
    pace, done, begun = _pace(), 0, time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def step(goals: int) -> None:
            nonlocal done
            done += goals
            rate = pace(done)
            bar.update(task, advance=goals, rate=_speed(rate) if rate else "starting")

        def wait() -> float:
            if not done:  # a world of a million states needs a minute for its first goals
                bar.update(task, rate=f"starting: {time.monotonic() - begun:.0f} s")
            return 1.0

        with _meanwhile(wait):
            yield step


@contextlib.contextmanager
def _lines(total: int, what: str) -> Iterator[Step]:
    pace, begun = _pace(), time.monotonic()
    said = at = begun
    done, rate, pause = 0, 0.0, SILENCE

    def say() -> None:
        nonlocal said
        said = time.monotonic()
        waited = said - at
        left = (total - done) / rate - waited if rate else 0.0
        if done >= total and waited >= SILENCE:
            ahead = f"ending the processes: {waited:.0f} s"
        elif rate and left <= 0.0 < total - done:  # controls take longer than as many goals
            ahead = f"{_speed(rate)}, the last take longer: {waited:.0f} s"
        elif rate:
            ahead = f"{_speed(rate)}, {max(0.0, left):,.0f} s left"
        else:
            ahead = "starting" if waited < SILENCE else f"starting: {said - begun:.0f} s"
        notice(f"{done / total:4.0%}  {done:,} of {total:,} {what}, {ahead}")

    def step(goals: int) -> None:
        nonlocal at, done, rate, pause
        done += goals
        at = time.monotonic()
        rate = pace(done)
        if at - said >= LINE_EVERY or done >= total:
            pause = LINE_EVERY
            say()

    def wait() -> float:
        nonlocal pause
        if time.monotonic() - said >= pause:
            pause = min(2 * pause, LONGEST)
            say()
        return SILENCE / 3

    with _meanwhile(wait):
        yield step
