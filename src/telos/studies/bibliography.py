"""Citations: the works that a study's parts and definitions name, as BibTeX."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, final

from telos.core.errors import StudyError, did_you_mean
from telos.measure.baseline import random_baseline
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import proportion_interval
from telos.measure.power import power
from telos.measure.tally import Tally
from telos.runs.study import Study
from telos.solve.solve import solve

#: The definitions that every study rests on, whatever its parts.
DEFINITIONS: tuple[Any, ...] = (
    solve,
    power,
    instrumental_values,
    random_baseline,
    proportion_interval,
    Tally,
)


@final
@dataclass(frozen=True)
class Work:
    """One entry of the bibliography.

    Args:
        key: its BibTeX key.
        authors: their surnames.
        year: when it appeared.
        title: without braces.
        entry: the whole entry.
    """

    key: str
    authors: tuple[str, ...]
    year: str
    title: str
    entry: str

    def __str__(self) -> str:
        """As it is cited: ``Turner et al. (2021)``, ``Krakovna and Kramar (2023)``."""
        first, *others = self.authors
        more = f" and {others[0]}" if len(others) == 1 else " et al." if others else ""
        return f"{first}{more} ({self.year})"

    def named_in(self, text: str) -> bool:
        """Whether a text names the work: ``Surname (year)``, or with others, ``Surname et al. (year)``."""
        others = " " if len(self.authors) == 1 else r"\b[^();]{2,80}"
        return bool(re.search(rf"\b{re.escape(self.authors[0])}{others}\({self.year}\)", text))


@cache
def bibliography() -> tuple[Work, ...]:
    """Every work that the project's docstrings refer to, in the order of their keys."""
    text = resources.files("telos.studies").joinpath("bibliography.bib").read_text("utf-8")
    return tuple(_work(entry.strip()) for entry in text.split("\n\n") if entry.strip())


def cited(key: str) -> str:
    """A work as it is cited, by its key.

    Raises:
        StudyError: if the bibliography lacks it.
    """
    found = {work.key: str(work) for work in bibliography()}
    if key not in found:
        raise StudyError(f"no work {key!r}. {did_you_mean(key, found)}")
    return found[key]


def citations(study: Study) -> tuple[str, ...]:
    """The BibTeX entries of a study: what it names itself, and what the parts it uses name.

    Raises:
        StudyError: if the study names a key that the bibliography lacks.
    """
    works = bibliography()
    keys = {work.key for work in works}
    settings = tuple(part for sweep in study.sweeps for _, part in sweep.settings)
    named = {key for sweep in (study, *study.also, *settings) for key in sweep.references}
    for key in sorted(named - keys):
        raise StudyError(f"{study.name}.references: no work {key!r}. {did_you_mean(key, keys)}")
    text = " ".join(" ".join(doc.split()) for doc in _docstrings(study))
    return tuple(work.entry for work in works if work.key in named or work.named_in(text))


def _docstrings(study: Study) -> list[str]:
    parts: list[Any] = []
    for trial in study.trials():
        parts += [trial.scenario, trial.family, trial.agent, *trial.drives, *trial.safeguards]
    sources = {type(part) for part in parts} | set(DEFINITIONS)
    return [source.__doc__ or "" for source in sources]


def _work(entry: str) -> Work:
    key, author, year, title = (
        re.sub(r"[{}]", "", (re.search(pattern, entry) or ["", ""])[1])
        for pattern in (
            r"@\w+\{(.+),",
            r"author = \{(.*)\}",
            r"year = \{(\d+)\}",
            r"title = \{(.*)\}",
        )
    )
    authors = tuple(name.split(",")[0].strip() for name in author.split(" and "))
    return Work(key, authors, year, title, entry)
