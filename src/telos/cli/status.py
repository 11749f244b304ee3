"""telos status: how far a study is, how fast it goes, what failed, and whether a run is at work."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.say import busy, clear, count, print_table, say

if TYPE_CHECKING:
    from telos.runs.progress import Progress

#: What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 130
#: Seconds between two looks of `--watch`: on a terminal, and into a file.
LOOK_EVERY = 1.0
LINE_EVERY = 10.0
#: Trials and failures that are told of one by one.
MOST_TRIALS = 20
MOST_FAILURES = 5


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again until no run is at work.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every part, to find damaged ones.")
    ] = False,
) -> None:
    """Say how far the study of a result folder is; a run may be at work on it meanwhile."""
    from telos.runs.progress import progress_of

    with busy("reading the parts"):
        now = progress_of(folder, check=check)
    if not watch:
        _show(now, folder)
        return
    try:
        while now.state == "at work":
            if sys.stdout.isatty():
                clear()
                _show(now, folder)
            else:
                say(_progress(now))
            time.sleep(LOOK_EVERY if sys.stdout.isatty() else LINE_EVERY)
            now = progress_of(folder)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if sys.stdout.isatty():
        clear()
    _show(now, folder)


def _show(now: "Progress", folder: Path) -> None:
    say(f"{now.name}: {now.question}\n")
    say(_progress(now))
    say(_state(now, folder))
    _show_trials(now)
    if now.damaged:
        some = ", ".join(now.damaged[:MOST_FAILURES])
        say(
            f"\n{len(now.damaged)} parts are damaged ({some}): run the study again into the same "
            "folder, and they are computed again."
        )
    if now.failures:
        say(f"\n{count(len(now.failures), 'chunk')} could not be computed:")
        for failure in now.failures[:MOST_FAILURES]:
            say(f"  {failure}")
        if len(now.failures) > MOST_FAILURES:
            say(f"  and {len(now.failures) - MOST_FAILURES} more.")


def _progress(now: "Progress") -> str:
    """One line: how much there is, how fast it grows, how long it will take."""
    asked = sum(trial.chunks_asked for trial in now.trials)
    there = sum(trial.chunks for trial in now.trials)
    part = now.goals / now.goals_asked if now.goals_asked else 1.0
    share = 100.0 if now.goals == now.goals_asked else min(99.9, 100.0 * part)
    controls = f", {now.controls:,} of {count(now.controls_asked, 'control')}"
    line = (
        f"{now.goals:,} of {count(now.goals_asked, 'goal')} ({share:.1f} %), "
        f"{there:,} of {count(asked, 'chunk')}"
        f"{controls if now.controls_asked else ''}"
    )
    if now.working is not None and now.rate:
        line += f", {now.rate:,.0f} goals/s"
        line += f", {_time(now.left)} left" if now.left is not None else ""
    return line


def _state(now: "Progress", folder: Path) -> str:
    last = "" if now.silent is None else f"; the last chunk was written {_time(now.silent)} ago"
    if now.state == "at work":
        doing = "" if now.goals < now.goals_asked else ", writing its tables now"
        return f"A run is at work on it, since {_time(now.working or 0.0)}{doing}{last}."
    if now.state == "stopped":
        return (
            f"No run is at work on it{last}. To go on, run the same study into the same folder "
            f"again (telos run … --out {folder}): every finished chunk is kept."
        )
    if now.state == "incomplete":
        return f"Done in {_time(now.seconds)}, but for the chunks that failed."
    return f"Complete, in {_time(now.seconds)}."


def _show_trials(now: "Progress") -> None:
    """A line a trial; of many, those that are not complete."""
    shown = [t for t in now.trials if len(now.trials) <= MOST_TRIALS or not t.complete]
    if len(now.trials) < 2 or not shown:
        return
    rows = []
    for trial in shown[:MOST_TRIALS]:
        counts = (trial.goals, trial.goals_asked, trial.chunks, trial.chunks_asked)
        rows.append([trial.label, *(f"{n:,}" for n in counts)])
    say()
    print_table(("trial", "goals", "of", "chunks", "of"), rows)
    complete = sum(trial.complete for trial in now.trials)
    if len(now.trials) > len(shown[:MOST_TRIALS]):
        say(f"\n{complete} of {len(now.trials)} trials are complete.")


def _time(seconds: float) -> str:
    """A duration that is easy to read: 42 s, 7 min, 3.5 h, 2.1 days."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
