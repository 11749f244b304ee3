"""Matrix: goal families down, drives across; in each cell who needs the drive, and chance."""

from dataclasses import dataclass
from typing import final

from telos.report.choice import Choice
from telos.report.rates import RATE_HEAD, Bar, Table, bars, drives_of, rate_cells
from telos.report.results import Results
from telos.report.words import DriveWords, PartWords, discount_text, part_words


@final
@dataclass(frozen=True)
class MatrixRow:
    """One goal family: its name, what being off is worth to it, how many goals, one bar a drive."""

    family: PartWords
    off: str
    n: int
    bars: tuple[Bar, ...]


@final
@dataclass(frozen=True)
class Matrix:
    """The convergence matrix of one scenario."""

    scenario: str
    agent: str
    discount: str
    drives: tuple[DriveWords, ...]
    rows: tuple[MatrixRow, ...]
    table: Table


def matrix(results: Results, choice: Choice) -> Matrix:
    """The matrix over the goal families of a choice."""
    drives = drives_of(results, choice.scenario)
    found, cells = [], []
    for trial in choice.families:
        row = bars(results, trial, drives)
        n = max((bar.row["n"] for bar in row if bar.applicable), default=trial.n_goals)
        family = part_words(trial.family)
        found.append(MatrixRow(family, trial.off, n, row))
        cells += [(str(family), trial.off, *rate_cells(bar)) for bar in row]
    return Matrix(
        scenario=str(part_words(choice.scenario)),
        agent=str(part_words(choice.main.agent)),
        discount=discount_text(choice.main.discount),
        drives=drives,
        rows=tuple(found),
        table=Table("Every cell of the matrix", ("family", "off", *RATE_HEAD), tuple(cells)),
    )
