"""The page on the literature: where what is published does not come out, and how many claims do."""

from collections.abc import Sequence
from itertools import groupby

from telos.studies.claims.claim import Checked, ClaimStatus

TITLE = "# What the literature says, what we measured"
DIFFERS = "## Where what is published does not come out, or not as it stands"
CHANGED = "## Claims about a changed level: they say nothing of the published one"


def page(checked: Sequence[Checked], made: str, table: str) -> str:
    """The page, as Markdown.

    Args:
        checked: claims that were checked, by paper.
        made: when, on what and with which versions; one paragraph.
        table: the name of the file that holds every claim.

    Returns:
        What does not come out as published, and a count for each paper.
    """
    groups = [(name, list(rows)) for name, rows in groupby(checked, lambda row: row.claim.group)]
    shown = (
        ClaimStatus.REPRODUCED,
        ClaimStatus.NOT_REPRODUCED,
        ClaimStatus.INSTANCE,
        ClaimStatus.RECONSTRUCTED,
        ClaimStatus.OURS,
        ClaimStatus.FAILS,
    )
    lines = [
        f"| {name} | {len(rows)} | {' | '.join(str(_count(rows, status)) for status in shown)} | "
        f"{_changed(rows)} |"
        for name, rows in groups
    ]
    head = (
        f"| paper | claims | {' | '.join(shown[:-1])} | fail | on a changed level |\n"
        f"{'|---' * (len(shown) + 3)}|"
    )
    differing = [row for row in checked if row.claim.finding or row.status is ClaimStatus.FAILS]
    changed = [row for row in checked if row.claim.level]
    parts = [
        TITLE,
        made,
        f"{counts(checked)} [{table}]({table}) has every claim: what it says, where it is from, what is "
        "expected, what was measured and its provenance. *Published and reproduced*, or *not*, is said of "
        "`verbatim` rows alone: the number or verdict is printed in the paper, of its own level or world. "
        "`instance`: a theorem or a statement of the paper, checked on an instance of ours: the number "
        "is ours; `reconstructed`: from an account of the paper, which was not read; `ours`: this "
        "project's own. Where the paper could not be read again, the weaker kind is given. "
        "[joint_walks.md](joint_walks.md) shows which levels are the published ones. Sampled numbers stand "
        "with their intervals. `telos verify` checks all of them again.",
        *([DIFFERS, "\n".join(map(_finding, differing))] if differing else []),
        *([CHANGED, "\n".join(map(_of_level, changed))] if changed else []),
        "## By paper",
        "\n".join([head, *lines]),
    ]
    return "\n\n".join(parts) + "\n"


def counts(checked: Sequence[Checked]) -> str:
    """``3 claims of 1 source: 1 published and reproduced, 2 ours.``: totals by what became of them."""
    found = [(_count(checked, status), str(status)) for status in ClaimStatus]
    sources = len({row.claim.group for row in checked})
    listed = ", ".join(f"{n} {word}" for n, word in found if n)
    changed = f" ({_changed(checked)} about a changed level)" if _changed(checked) else ""
    return f"{len(checked)} claims of {sources} source{'' if sources == 1 else 's'}: {listed}{changed}."


def _changed(checked: Sequence[Checked]) -> int:
    return sum(bool(row.claim.level) for row in checked)


def _of_level(row: Checked) -> str:
    claim = row.claim
    return f"- `{claim.id}` ({claim.source}): on {claim.level}. {claim.sentence}"


def _count(checked: Sequence[Checked], status: ClaimStatus) -> int:
    return sum(row.status is status for row in checked)


def _finding(row: Checked) -> str:
    claim = row.claim
    return (
        f"- `{claim.id}` ({claim.source}): {row.status}. {claim.sentence} Expected {claim.expected}, "
        f"measured {row.measured or row.reason}. {claim.finding}".rstrip()
    )
