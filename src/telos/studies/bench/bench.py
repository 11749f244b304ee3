"""Bench: what a study of the bench is, its units, their work, and what is made of the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from telos.core.benched import BenchSummary
from telos.core.errors import StudyError
from telos.studies.bench.units import Row, Unit, Work, code_of

#: Worlds, goals and seed of a study at most: beyond what a machine takes, and what options read.
MOST_WORLDS, MOST_GOALS, MOST_SEED = 10**5, 10**5, 10**18


@final
@dataclass(frozen=True)
class BenchOptions:
    """The size of a study of the bench.

    Args:
        worlds: random worlds beside the shipped ones, 0 to `MOST_WORLDS`. goals: a world, 2 to `MOST_GOALS`.
        seed: of both, 0 to `MOST_SEED`.

    Raises:
        StudyError: naming the field and its value.
    """

    worlds: int
    goals: int
    seed: int = 0

    def __post_init__(self) -> None:
        bounds = (("worlds", 0, MOST_WORLDS), ("goals", 2, MOST_GOALS), ("seed", 0, MOST_SEED))
        for name, least, most in bounds:
            value = getattr(self, name)
            if not least <= value <= most:
                raise StudyError(f"bench: {name} is {value:,}. Give {least} to {most:,}.")


@final
@dataclass(frozen=True)
class BenchStudy:
    """A study that compares, over many worlds, what the field proposes.

    Args:
        name: of the study and of the files beside this one whose names begin so.
        question: what it asks, in one sentence.
        units: the pieces of work of a size; what they depend on is in their arguments.
        work: a function of a module; from a unit to rows.
        summarize: from all rows, in the order of the units, to what is printed.
        worlds, goals: the default size.
    """

    name: str
    question: str
    units: Callable[[BenchOptions], Sequence[Unit]]
    work: Work
    summarize: Callable[[Sequence[Row], BenchOptions], BenchSummary]
    worlds: int = 200
    goals: int = 100

    @property
    def code(self) -> str:
        """The digest of the code that makes its rows."""
        return code_of(self.name)
