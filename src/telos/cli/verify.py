"""telos verify: every claim of the repository, measured anew."""

import csv
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.core.errors import StoreError, StudyError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from telos.studies.claims import Claim, Verdict

FAILED = 1
#: What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 130
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
    begun = time.monotonic()
    try:
        _check(chosen, verdicts)
    except KeyboardInterrupt:
        print(f"\nstopped after {len(verdicts)} of {len(chosen)} claims", file=sys.stderr)
    _show(verdicts, time.monotonic() - begun)
    if csv_file is not None:
        _write(csv_file, verdicts)
    if page_file is not None:
        _write_page(page_file, verdicts)
    if len(verdicts) < len(chosen):
        raise typer.Exit(INTERRUPTED)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(FAILED)


def _chosen(names: list[str], fast: bool) -> "list[Claim]":
    """The claims asked for, in the order of the catalogue.

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
        print(
            f"{number:>{width}}/{len(chosen)}  {claim.name} … ", end="", file=sys.stderr, flush=True
        )
        verdicts.append(check(claim))
        print(f"{_word(verdicts[-1])}, {verdicts[-1].seconds:.1f} s", file=sys.stderr, flush=True)


def _show(verdicts: "list[Verdict]", seconds: float) -> None:
    """The table, what failed and why, and the count."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    for head in ("claimed", "measured"):
        table.add_column(head, overflow="fold")  # gives way where a line is too short
    table.add_column("verdict", no_wrap=True)
    table.add_column("source", overflow="fold")
    for verdict in verdicts:
        claim = verdict.claim
        name = _folded(claim.name, console.width // 3)
        texts = (name, claim.claimed_text(), verdict.measured or "-", _word(verdict), claim.source)
        table.add_row(*(Text(text) for text in texts))
    if verdicts:
        console.print(table)
    for verdict in verdicts:
        if not verdict.ok:
            print(f"\n{verdict.claim.name} FAILS: {verdict.claim.statement}\n    {_why(verdict)}")
    held = sum(verdict.ok for verdict in verdicts)
    failed = len(verdicts) - held
    print(
        f"\n{len(verdicts)} claims: {held} hold" + (f", {failed} FAIL" if failed else ""),
        f"({seconds:.0f} s).",
    )


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
    try:
        with path.open("w", newline="", encoding="utf-8") as out:
            lines = csv.writer(out)
            lines.writerow(COLUMNS)
            for verdict in verdicts:
                claim = verdict.claim
                lines.writerow(
                    (
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
                )
    except OSError as problem:
        raise StoreError(f"--csv: {path} cannot be written ({problem}). Name another.") from None


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
    try:
        path.write_text(page(verdicts, made), encoding="utf-8")
    except OSError as problem:
        raise StoreError(f"--page: {path} cannot be written ({problem}). Name another.") from None
