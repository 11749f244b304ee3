"""Page: one self-contained HTML file from the files of one result folder."""

import shlex
from pathlib import Path
from typing import Any

from telos.core.files import plain_path
from telos.core.refs import PartRef
from telos.report.answer import answer
from telos.report.cases import cases
from telos.report.details import details
from telos.report.discovery import discoveries
from telos.report.panels import study_forest, value_curves
from telos.report.results import Recorded, read_results
from telos.report.rows import groups, main_trials, shortened
from telos.report.summary import summary_table
from telos.report.templating import template
from telos.report.words import part_words
from telos.runs.files import write_text

#: States of a world that can be played with, as `telos play` says; commands that a page names.
MOST_STATES, FEW = 5_000, 3


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Write the page of a result folder; it opens without a network.

    Args:
        folder: what `telos run … --out` wrote.
        out: the HTML file; ``folder/report.html`` unless given.

    Returns:
        The path of the page.

    Raises:
        StoreError: if the folder is missing, half-written or unreadable, or `out` cannot be
            written, saying which file and what to do.
    """
    text = page_of(read_results(Path(folder)))
    target = plain_path(out if out is not None else Path(folder) / "report.html")
    return write_text(target, text, "Name another file with -o.")


def page_of(results: Recorded) -> str:
    """The page as HTML; every label is escaped, every figure is inline."""
    found = groups(results)
    brief = shortened(found)
    mains = main_trials(results.trials)
    worlds = {trial.scenario: trial.world.estimated for trial in results.trials}
    return template("study.html").render(
        name=results.study.name,
        question=results.study.question,
        failures=results.failures,
        estimated=[(part_words(ref), text) for ref, text in worlds.items() if text],
        answer=answer(results, found, mains),
        discoveries=discoveries(results, mains),
        forest=study_forest(brief),
        table=summary_table(brief),
        values=value_curves(results, mains),
        cases=cases(results, mains),
        details=details(results, brief, mains),
        played=_played(results),
    )


def _played(results: Recorded) -> list[str]:
    """The commands that make pages to play with of the study's worlds; the first few."""
    worlds = {t.scenario: t.world.states for t in results.trials}
    named = [ref for ref, states in worlds.items() if states <= MOST_STATES]
    return [f"telos play {shlex.quote(_typed(ref))}" for ref in named[:FEW]]


def _typed(ref: PartRef) -> str:
    """A scenario as a command takes it: `OffSwitch(rooms=4)`."""
    name = ref.name if ref.shipped else ref.path
    fields = [f"{key}={_literal(value)}" for key, value in ref.fields.items()]
    return f"{name}({', '.join(fields)})" if fields else name


def _literal(value: Any) -> str:
    """A field as it is typed: what is a list in a record was a tuple."""
    if isinstance(value, list):
        return f"({''.join(f'{_literal(each)}, ' for each in value).strip()})"
    return repr(value)


def report(folder: Any, out: Any = None) -> Path:
    """Turn a result folder into one self-contained HTML page.

    Args:
        folder: the result folder, a string or a path.
        out: where the page is written; ``folder/report.html`` unless given.

    Returns:
        The path of the page.

    Raises:
        StoreError: if the folder is missing, half-written or unreadable.

    Example:
        >>> from telos.core.errors import StoreError
        >>> try:
        ...     report("no/such/folder")
        ... except StoreError as problem:
        ...     print(problem)
        no/such/folder does not exist. Pass the folder that `telos run` wrote.
    """
    return write_report(Path(folder), None if out is None else Path(out))
