"""telos verify: every claim of the repository, measured anew."""

import csv
import io
import shutil
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.say import add_row, say, show, warn, words_table
from telos.core.errors import (
    Interrupted,
    StoreError,
    StudyError,
    UnknownName,
    did_you_mean,
    explained,
)
from telos.core.text import cell as defused

if TYPE_CHECKING:
    from telos.studies.claims import Claim, Verdict

FAILED = 1
#: What a shell reports of a command that a signal ended, less the signal's number; and that of Ctrl-C.
BY_SIGNAL, INTERRUPT = 128, 2
#: Columns of the file; the table on the terminal has the most telling of them.
COLUMNS = (
    "claim", "statement", "claimed", "tolerance", "measured", "verdict", "seconds", "source", "reason",
)  # fmt: skip


def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Claims [all of them].")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out what takes long.")] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table there too.")
    ] = None,
    page_file: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write it there as a page, by work."),
    ] = None,
) -> None:
    """Check every claim again: print what is claimed, what is measured, and whether it holds."""
    chosen = _chosen(names or [], fast)
    for option, file in (("--csv", csv_file), ("--page", page_file)):
        if file is not None and not file.absolute().parent.is_dir():
            raise StoreError(
                f"{option}: there is no folder {file.absolute().parent}. Make it first."
            )
    verdicts: list[Verdict] = []
    stopped = 0
    begun = time.monotonic()
    try:
        _check(chosen, verdicts)
    except (KeyboardInterrupt, Interrupted) as asked:
        stopped = BY_SIGNAL + getattr(asked, "by", INTERRUPT)
        warn(f"\nstopped after {len(verdicts)} of {len(chosen)} claims")
    _show(verdicts, time.monotonic() - begun)
    if csv_file is not None:
        _write(csv_file, verdicts)
    if page_file is not None:
        _write_page(page_file, verdicts)
    if stopped:
        raise typer.Exit(stopped)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(FAILED)


def _chosen(names: list[str], fast: bool) -> "list[Claim]":
    """The claims asked for, in the order of the catalog.

    Raises:
        UnknownName: if no claim has one of the names. StudyError: if nothing is left to check.
    """
    from telos.studies import claims

    known = [claim.name for claim in claims.CLAIMS]
    for name in names:
        if name not in known:
            raise UnknownName(f"no claim {name!r}. {did_you_mean(name, known)}")
    asked = [claim for claim in claims.CLAIMS if not names or claim.name in names]
    chosen = [claim for claim in asked if claim.fast or not fast]
    if not chosen:
        slow = ", ".join(claim.name for claim in asked)
        raise StudyError(f"--fast leaves nothing to check: {slow} takes long. Leave --fast out.")
    return chosen


def _check(chosen: "list[Claim]", verdicts: "list[Verdict]") -> None:
    """Check one claim after the other, saying so, and add each verdict as soon as it is there."""
    from telos.studies.claims import verify as check

    width = len(str(len(chosen)))
    for number, claim in enumerate(chosen, 1):
        # The name goes out first: on a slow claim one sees what is being waited for.
        warn(f"{number:>{width}}/{len(chosen)}  {claim.name} … ", end="")
        verdicts.append(check(claim))
        warn(f"{_word(verdicts[-1])}, {verdicts[-1].seconds:.1f} s")


def _show(verdicts: "list[Verdict]", seconds: float) -> None:
    """The table, what failed and why, and the count."""
    whole = words_table("claim", "claimed", "measured", "verdict", "source")
    for verdict in verdicts:
        claim = verdict.claim
        name = _folded(claim.name, shutil.get_terminal_size().columns // 3)
        add_row(
            whole,
            (name, claim.claimed_text(), verdict.measured or "-", _word(verdict), claim.source),
        )
    if verdicts:
        show(whole, wide=False)
    for verdict in verdicts:
        if not verdict.ok:
            say(f"\n{verdict.claim.name} FAILS: {verdict.claim.statement}\n    {_why(verdict)}")
    held = sum(verdict.ok for verdict in verdicts)
    failed = len(verdicts) - held
    fails = f", {failed} FAIL" if failed else ""
    say(f"\n{len(verdicts)} claims: {held} hold{fails} ({seconds:.0f} s).")


def _folded(name: str, width: int) -> str:
    """A name on as many lines as it needs, broken after an underscore."""
    lines = textwrap.wrap(name.replace("_", "_ "), max(width, 1))
    return "\n".join(line.replace("_ ", "_") for line in lines)


def _word(verdict: "Verdict") -> str:
    return "holds" if verdict.ok else "FAILS"


def _why(verdict: "Verdict") -> str:
    claimed = verdict.claim.claimed_text()
    return verdict.reason or f"claimed {claimed}, measured {verdict.measured}"


def _write(path: Path, verdicts: "list[Verdict]") -> None:
    """The verdicts as a table that other programs read.

    Raises:
        StoreError: if the file cannot be written.
    """
    from telos.runs.files import write_atomically

    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for verdict in verdicts:
        claim = verdict.claim
        cells = (
            claim.name,
            claim.statement,
            claim.claimed_text(),
            claim.tolerance,
            verdict.measured,
            _word(verdict),
            f"{verdict.seconds:.3f}",
            claim.source,
            verdict.reason,
        )
        lines.writerow(map(defused, cells))
    data = text.getvalue().encode()
    try:
        write_atomically(path, lambda draft: draft.write_bytes(data))
    except OSError as problem:
        raise StoreError(f"--csv: {path} cannot be written: {explained(problem)}") from None


def _write_page(path: Path, verdicts: "list[Verdict]") -> None:
    """The verdicts as a page for people, with the machine and the versions at hand.

    Raises:
        StoreError: if the file cannot be written.
    """
    import platform
    from datetime import date
    from importlib.metadata import version

    from telos.studies.literature import page

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    seconds = sum(verdict.seconds for verdict in verdicts)
    made = (
        f"Written by `telos verify --page`, {date.today().isoformat()}: {platform.system()} on "
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, "
        f"{versions}; {seconds:.0f} seconds of checking."
    )
    from telos.runs.files import write_atomically

    data = page(verdicts, made).encode()
    try:
        write_atomically(path, lambda draft: draft.write_bytes(data))
    except OSError as problem:
        raise StoreError(f"--page: {path} cannot be written: {explained(problem)}") from None
