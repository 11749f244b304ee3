"""telos diff: two studies side by side: what is not the same, and what that changes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.say import busy, percent, print_table, say, warn

if TYPE_CHECKING:
    from telos.runs.diff import Diff

LABELS = ("scenario", "family", "agent", "discount", "safeguards")


def diff(
    first: Annotated[Path, typer.Argument(metavar="DIR", help="A result folder.")],
    second: Annotated[Path, typer.Argument(metavar="DIR", help="Another one.")],
) -> None:
    """Compare two studies: which parts differ, and what that changes.

    Each row is a drive in a trial that both have: the percent of goals that require it, and how often it is
    pursued, in the first and in the second study, with the change in points and its 95 % interval.
    """
    from telos.runs.diff import diff as compare

    with busy("comparing"):
        found = compare(first, second)
    for part in found.parts:
        say(f"{part.kind}: {', '.join(part.first) or 'none'} → {', '.join(part.second) or 'none'}")
    if not found.parts:
        say("The parts are the same.")
    say()
    _print_changes(found)
    for sentence in found.left_out:
        warn(sentence)
    for folder, count in zip((first, second), found.unmatched, strict=True):
        if count:
            say(f"\n{count} trials of {folder} have no counterpart.")


def _print_changes(found: "Diff") -> None:
    changes = found.changes
    varied = [name for name in LABELS if changes[name].n_unique() > 1]
    heads = (" ".join([*varied, "drive"]), "n", "required", "change", "pursued", "change")
    rows = []
    for row in changes.iter_rows(named=True):
        name = " ".join(str(row[label]) for label in varied)
        cells = [f"{name} {row['drive'].replace('_', ' ')}".strip()]
        counts = (row["n_first"], row["n_second"])
        cells.append(
            f"{counts[0]:,}" if counts[0] == counts[1] else f"{counts[0]:,}, {counts[1]:,}"
        )
        for rate in ("required", "propensity"):
            cells += [_both(row, rate), _change(row, f"{rate}_change")]
        rows.append(cells)
    print_table(heads, rows, first=28)


def _both(row: dict[str, Any], rate: str) -> str:
    return f"{percent(row[f'{rate}_first'])} → {percent(row[f'{rate}_second'])}"


def _change(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    value, low, high = (_points(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _points(change: float) -> str:
    """A change in points; what rounds to nothing has no minus sign."""
    return f"{round(100 * change, 1) + 0.0:+.1f}"
