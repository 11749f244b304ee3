"""Citations: the works that a study's parts and definitions name, as BibTeX."""

import re
from dataclasses import dataclass
from importlib import resources
from typing import Any, final

from telos.core.errors import StudyError, did_you_mean
from telos.core.tally import Tally
from telos.measure.baseline import random_baseline
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import proportion_interval
from telos.runs.study import Study
from telos.solve.power import power
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
        surname: of its first author.
        alone: whether that is its only author.
        year: when it appeared.
        entry: the whole entry.
    """

    key: str
    surname: str
    alone: bool
    year: str
    entry: str

    def named_in(self, text: str) -> bool:
        """Whether a text names the work: ``Surname (year)``, or with others, ``Surname et al. (year)``."""
        others = " " if self.alone else r"\b[^();]{2,80}"
        return bool(re.search(rf"\b{re.escape(self.surname)}{others}\({self.year}\)", text))


def bibliography() -> tuple[Work, ...]:
    """Every work that the project's docstrings refer to, in the order of their keys."""
    text = resources.files("telos.studies").joinpath("bibliography.bib").read_text("utf-8")
    return tuple(_work(entry.strip()) for entry in text.split("\n\n") if entry.strip())


def citations(study: Study) -> tuple[str, ...]:
    """The BibTeX entries of a study: what it names itself, and what the parts it uses name.

    Raises:
        StudyError: if the study names a key that the bibliography lacks.
    """
    works = bibliography()
    keys = {work.key for work in works}
    settings = tuple(part for dial in study.dials for _, part in dial.settings)
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
    key, surname, year = (
        re.search(pattern, entry)
        for pattern in (r"@\w+\{(\w+),", r"author = \{([^,}]+)", r"year = \{(\d+)\}")
    )
    assert key is not None
    assert surname is not None
    assert year is not None
    alone = " and " not in entry.split("author = {")[1].split("}")[0]
    return Work(key[1], surname[1], alone, year[1], entry)
