"""Benched: what a study of the bench found, as one checked model: a headline, notes, figures, tables."""

from typing import Annotated, final

from pydantic import Field

from telos.core.model import AbstractModel, Count, Name, Seed, Word

#: A column as tables of pages take it: ``name``, or ``name:format`` (text, count, rate, points, number).
Head = Annotated[str, Field(min_length=1, max_length=200)]


@final
class BenchMark(AbstractModel):
    """A number with its 95 % interval; without one, both ends are None.

    Attributes:
        value: the number. low, high: the ends of its interval.
    """

    value: float
    low: float | None = None
    high: float | None = None


Cell = str | int | float | BenchMark | None


@final
class BenchLine(AbstractModel):
    """A line of a figure.

    Attributes:
        label: in words. marks: a number a panel, by the panel's key; without any, the line is a heading.
    """

    label: Head
    marks: dict[str, BenchMark] = Field(default_factory=dict)


@final
class BenchFigure(AbstractModel):
    """A figure: lines by panels, points with intervals, one axis.

    Attributes:
        title: of its section. note: what is seen, in a sentence or two.
        panels: the title of each panel by its key. lines: from the top down.
        low, high: ends of the axis. ticks: where a number stands below it, and which.
    """

    title: Head
    note: Word = ""
    panels: dict[str, Head]
    lines: tuple[BenchLine, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, Head], ...]


@final
class BenchTable(AbstractModel):
    """A table.

    Attributes:
        title: of its section. note: what its columns say. columns: see `Head`. rows: a cell a column.
        folded: whether a page shows it on request only, and a terminal not at all.
    """

    title: Head
    note: Word = ""
    columns: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False


@final
class BenchSummary(AbstractModel):
    """What a study of the bench found, ready to be printed.

    Attributes:
        headline: the finding, in one sentence that may be cited.
        notes: what one must know to read it, (first words, sentences); a page has the first two above the
            figures, the rest below them.
        warnings: what went wrong, or is missing.
        figures, tables: in the order of the page.
    """

    headline: Word
    notes: tuple[tuple[Head, Word], ...] = ()
    warnings: tuple[Word, ...] = ()
    figures: tuple[BenchFigure, ...] = ()
    tables: tuple[BenchTable, ...] = ()


@final
class BenchRecord(AbstractModel):
    """`summary.json`: a summary and what it was made with.

    Attributes:
        bench: name of the study. question: what it asks. summary: what it found.
        worlds: random worlds. goals: goals a world. seed: of both.
        units: pieces of work. rows: lines of the table beside it.
        code: digest of the code that made the rows. telos: version. made: date. command: makes it again.
    """

    bench: Name
    question: Word
    summary: BenchSummary
    worlds: Count
    goals: Count
    seed: Seed
    units: Count
    rows: Count
    code: Name
    telos: Word
    made: Word
    command: Word
