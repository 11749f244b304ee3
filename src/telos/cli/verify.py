"""telos verify: every claim of the repository, measured anew."""

import csv
import io
import shutil
import textwrap
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.say import busy, print_table, say, warn, write_file
from telos.core.errors import (
    Interrupted,
    StoreError,
    StudyError,
    UnknownName,
    did_you_mean,
)
from telos.core.text import cell as defused

if TYPE_CHECKING:
    from telos.studies.claims import Checked, Claim

FAILED = 1
#: What a shell reports of a command that a signal ended, less the signal's number; and that of Ctrl-C.
BY_SIGNAL, INTERRUPT = 128, 2
#: Columns of the file; the table on the terminal has the most telling of them.
COLUMNS: "dict[str, Callable[[Checked], object]]" = {
    "claim": lambda row: row.claim.id,
    "paper": lambda row: row.claim.group,
    "provenance": lambda row: row.claim.provenance,
    "place": lambda row: row.claim.place,
    "sentence": lambda row: row.claim.sentence,
    "expected": lambda row: row.claim.expected,
    "tolerance": lambda row: row.claim.expected.tolerance,
    "measured": lambda row: row.measured,
    "status": lambda row: row.status,
    "changed_level": lambda row: row.claim.level,
    "seconds": lambda row: f"{row.seconds:.3f}",
    "finding": lambda row: row.claim.finding,
    "reason": lambda row: defused(row.reason),  # an error may say anything
}


def verify(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Claims [all of them].")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out what takes long.")] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table there too.")
    ] = None,
    page_file: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write a page there, and its table beside it."),
    ] = None,
) -> None:
    """Check every claim again: print what is expected, what is measured, and whether it holds."""
    from telos.studies.claims import ClaimStatus
    from telos.studies.literature import counts

    chosen = _chosen(ids or [], fast)
    for option, file in (("--csv", csv_file), ("--page", page_file)):
        if file is not None and not file.absolute().parent.is_dir():
            raise StoreError(
                f"{option}: there is no folder {file.absolute().parent}. Make it first."
            )
    checked: list[Checked] = []
    stopped = 0
    begun = time.monotonic()
    try:
        _check(chosen, fast, checked)
    except (KeyboardInterrupt, Interrupted) as asked:
        stopped = BY_SIGNAL + getattr(asked, "by", INTERRUPT)
        warn(f"\nstopped after {len(checked)} of {len(chosen)} claims")
        checked += _not_run(chosen[len(checked) :])
    _show(checked)
    say(f"\n{counts(checked)} ({time.monotonic() - begun:.0f} s)")
    if csv_file is not None:
        write_file("--csv", csv_file, _table(checked))
    if page_file is not None:
        _write_page(page_file, checked)
    if stopped or any(row.status is ClaimStatus.FAILS for row in checked):
        raise typer.Exit(stopped or FAILED)


def _chosen(ids: list[str], fast: bool) -> "list[Claim]":
    """The claims asked for, in the order of the catalog.

    Raises:
        UnknownName: if no claim has one of the names.
        StudyError: if nothing is left to check.
    """
    from telos.studies import claims

    known = [claim.id for claim in claims.CLAIMS]
    for name in ids:
        if name not in known:
            raise UnknownName(f"no claim {name!r}. {did_you_mean(name, known)}")
    chosen = [claim for claim in claims.CLAIMS if not ids or claim.id in ids]
    if fast and not any(claim.fast for claim in chosen):
        slow = ", ".join(claim.id for claim in chosen)
        raise StudyError(f"--fast leaves nothing to check: {slow} takes long. Leave --fast out.")
    return chosen


def _check(chosen: "Sequence[Claim]", fast: bool, checked: "list[Checked]") -> None:
    """Check one claim after the other, saying so, and add each result as soon as it is there."""
    from telos.studies.claims import verify as check

    begun, width, group = time.monotonic(), len(str(len(chosen))), ""
    for number, claim in enumerate(chosen, 1):
        if claim.group != group:
            group = claim.group
            warn(f"{group}{_pace(len(checked), len(chosen), time.monotonic() - begun)}")
        line = f"{number:>{width}}/{len(chosen)}  {claim.id}"
        with busy(line):  # on a slow claim one sees what is being waited for
            checked += [check(claim)] if claim.fast or not fast else _not_run([claim])
        warn(f"{line} … {checked[-1].status}, {checked[-1].seconds:.1f} s")


def _pace(done: int, total: int, seconds: float) -> str:
    """How fast it goes and how long it will take, once there is something to go by."""
    if not done:
        return ""
    rate = done / max(seconds, 1e-3)
    return f" ({rate:.1f} claims/s, about {(total - done) / rate:.0f} s left)"


def _not_run(claims: "Sequence[Claim]") -> "list[Checked]":
    from telos.studies.claims import Checked

    return [Checked(claim) for claim in claims]


def _show(checked: "Sequence[Checked]") -> None:
    """A table for each paper, then what does not hold, and why."""
    from telos.studies.claims import ClaimStatus

    width = shutil.get_terminal_size().columns // 3
    for group, rows in groupby(checked, lambda row: row.claim.group):
        cells = [
            (_folded(row.claim.id, width), row.claim.expected, row.measured or "-", _status(row))
            for row in rows
        ]
        say(f"\n{group}")
        print_table(("claim", "expected", "measured", "status"), cells, words=True)
    for row in checked:
        if row.status in (ClaimStatus.FAILS, ClaimStatus.NOT_REPRODUCED):
            claim = row.claim
            why = row.reason or f"expected {claim.expected}, measured {row.measured}"
            said = f"{claim.id} {row.status}: {claim.sentence}\n    {why}. {claim.finding}"
            say(f"\n{said.rstrip('. ')}.")


def _status(row: "Checked") -> str:
    """What became of a claim, and whether it is about a changed level."""
    return f"{row.status}, changed level" if row.claim.level else str(row.status)


def _folded(name: str, width: int) -> str:
    """A name on as many lines as it needs, broken after an underscore."""
    lines = textwrap.wrap(name.replace("_", "_ "), max(width, 1))
    return "\n".join(line.replace("_ ", "_") for line in lines)


def _table(checked: "Sequence[Checked]") -> str:
    """Every claim and what became of it, as CSV that other programs read."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows([cell(row) for cell in COLUMNS.values()] for row in checked)
    return text.getvalue()


def _write_page(path: Path, checked: "Sequence[Checked]") -> None:
    """A page for people, with the machine and the versions at hand, and the table beside it."""
    import platform
    from datetime import date
    from importlib.metadata import version

    from telos.studies.literature import page

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    seconds = sum(row.seconds for row in checked)
    made = (
        f"Written by `telos verify --page`, {date.today().isoformat()}: {platform.system()} on "
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, "
        f"{versions}; {seconds:.0f} seconds of checking."
    )
    table = path.with_suffix(".csv")
    write_file("--page", path, page(checked, made, table.name))
    write_file("--page", table, _table(checked))
