"""The page on the literature: where what is published does not come out, and how many claims do."""

from collections.abc import Sequence
from itertools import groupby

from telos.studies.claims.claim import Checked, ClaimStatus

TITLE = "# What the literature says, what we measured"
DIFFERS = "## Where what is published does not come out, or not as it stands"


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
    lines = [
        f"| {name} | {len(rows)} | {_count(rows, ClaimStatus.HOLDS)} | "
        f"{_count(rows, ClaimStatus.NOT_REPRODUCED)} | {_count(rows, ClaimStatus.FAILS)} |"
        for name, rows in groups
    ]
    head = "| paper | claims | hold | published and not reproduced | fail |\n|---|---|---|---|---|"
    differing = [row for row in checked if row.claim.finding or row.status is ClaimStatus.FAILS]
    parts = [
        TITLE,
        made,
        f"{counts(checked)} [{table}]({table}) has every claim: what it says, where it is from, what is "
        "expected and what was measured. A published claim is a number or a verdict of the paper; where "
        "its place says *our own*, the theorem or the idea is the paper's and the world or the closed form "
        "is ours. Sampled numbers stand with their intervals. `telos verify` checks all of them again.",
        *([DIFFERS, "\n".join(map(_finding, differing))] if differing else []),
        "## By paper",
        "\n".join([head, *lines]),
    ]
    return "\n\n".join(parts) + "\n"


def counts(checked: Sequence[Checked]) -> str:
    """``209 claims of 23 sources: 207 hold, 2 published and not reproduced.``"""
    said = {ClaimStatus.HOLDS: "hold", ClaimStatus.FAILS: "FAIL"}
    found = [(_count(checked, status), said.get(status, str(status))) for status in ClaimStatus]
    sources = len({row.claim.group for row in checked})
    listed = ", ".join(f"{n} {word}" for n, word in found if n or word == "hold")
    return f"{len(checked)} claims of {sources} source{'' if sources == 1 else 's'}: {listed}."


def _count(checked: Sequence[Checked], status: ClaimStatus) -> int:
    return sum(row.status is status for row in checked)


def _finding(row: Checked) -> str:
    claim = row.claim
    return (
        f"- `{claim.id}` ({claim.source}): {row.status}. {claim.sentence} Expected {claim.expected}, "
        f"measured {row.measured or row.reason}. {claim.finding}".rstrip()
    )
