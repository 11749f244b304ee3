"""The page "What the literature says, what we measured": every claim under the work that it comes from."""

import re
from collections.abc import Sequence

from telos.studies.bibliography import Work, bibliography
from telos.studies.claims.claim import Verdict

TITLE = "# What the literature says, what we measured"
HEAD = "| claim | what it says | claimed | measured | |\n|---|---|---|---|---|"


def page(verdicts: Sequence[Verdict], made: str) -> str:
    """The page, as Markdown.

    Args:
        verdicts: claims that were checked, in the order of the catalogue.
        made: when, on what and with which versions; one paragraph.

    Returns:
        What does not come out as published first, then a table a work, by author and year.
    """
    works = {work.key: work for work in bibliography()}
    by_work: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        (key,) = [key for key, work in works.items() if work.named_in(verdict.claim.source)]
        by_work.setdefault(key, []).append(verdict)
    held = sum(verdict.ok for verdict in verdicts)
    parts = [
        TITLE,
        made,
        f"{len(verdicts)} claims of {len(by_work)} works: {held} hold"
        + (f", **{len(verdicts) - held} fail**" if held < len(verdicts) else "")
        + ". A published claim is a number or a verdict of the paper; where the source column says "
        "*our own*, the theorem or the idea is the paper's and the world or the closed form is ours. Sampled "
        "numbers stand with their 95 % intervals. `telos verify` checks all of them again and "
        "`telos verify --page FILE` writes this page; CI runs the fast ones.",
        *_findings(verdicts),
    ]
    parts += [_section(works[key], by_work[key]) for key in sorted(by_work)]
    return "\n\n".join(parts) + "\n"


def _findings(verdicts: Sequence[Verdict]) -> list[str]:
    """The claims whose published form does not come out, or not as it stands, and why."""
    lines = [
        f"- `{verdict.claim.name}` ({verdict.claim.source}). {verdict.claim.finding}"
        for verdict in verdicts
        if verdict.claim.finding
    ]
    if not lines:
        return []
    return ["## Where what is published does not come out as it stands", "\n".join(lines)]


def _section(work: Work, verdicts: Sequence[Verdict]) -> str:
    rows = [
        f"| `{verdict.claim.name}` | {_cell(verdict.claim.statement)} | {verdict.claim.claimed_text()} | "
        f"{_cell(verdict.measured or verdict.reason or '-')} | {'holds' if verdict.ok else '**FAILS**'}"
        f"{_own(verdict.claim.source)} |"
        for verdict in verdicts
    ]
    return "\n".join([f"## {_headline(work)}", "", HEAD, *rows])


def _headline(work: Work) -> str:
    """``Turner et al. (2021), Optimal Policies Tend to Seek Power, arXiv:1912.01683``."""
    title = re.search(r"title = \{(.*)\}", work.entry)
    eprint = re.search(r"eprint = \{(.*)\}", work.entry)
    authors = work.surname if work.alone else f"{work.surname} et al."
    words = [f"{authors} ({work.year})", re.sub(r"[{}\\]", "", title[1]) if title else ""]
    return ", ".join(
        [*(word for word in words if word), *([f"arXiv:{eprint[1]}"] if eprint else [])]
    )


def _own(source: str) -> str:
    """What the source adds to the work's name: the place, and what is our own."""
    place = source.split(")", 1)[1].strip(" ,;")
    return f"; {place}" if place else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
