"""AssayQuestion: what an assay is asked, checked whole before anything is computed."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import final

from telos.assay.parameters import parameters_of
from telos.core.errors import ProblemError, StudyError, UnknownName, did_you_mean
from telos.core.nouns import check_count, check_hashable, check_noun, check_parts
from telos.core.parts import AbstractDrive, AbstractGoalFamily, AbstractScenario, Finite, part_name
from telos.core.shown import shown
from telos.families import Uniform

#: The number of the first goal of a certificate: those before it are for the search.
FRESH_FROM = 10**6
#: Fewer goals than this say nothing of a mean.
FEWEST = 20


@final
@dataclasses.dataclass(frozen=True)
class AssayQuestion:
    """What an assay is asked.

    Args:
        scenario: whose parameters are turned, a dataclass.
        drives: for which arms are wanted; empty: the four convergent ones.
        family: of the goals. A finite one is asked whole, and its doses have no sampling error.
        discount: in (0, 1), by which goals are judged.
        goals: for the first steps of the search, 20 to 10^6. fresh: of a certificate, and for the last
            steps of the search.
        seed: >= 0, names the goals.
        size: in points of the value range, how far the mean share of a drive is to move.
        knobs: names of the parameters that may be turned; empty: all numbers.
        step: is told of every arm that was measured.

    Raises:
        StudyError, ProblemError: naming the argument, its value and its range.
    """

    scenario: AbstractScenario
    drives: tuple[AbstractDrive, ...] = ()
    family: AbstractGoalFamily = dataclasses.field(default_factory=Uniform)
    discount: float = 0.95
    goals: int = 100
    fresh: int = 1000
    seed: int = 0
    size: float = 10.0
    knobs: Sequence[str] = ()
    step: Callable[[int], None] = lambda _: None

    def __post_init__(self) -> None:
        check_noun(self.scenario, AbstractScenario, "assay, scenario", StudyError)
        if not dataclasses.is_dataclass(self.scenario):
            raise StudyError(
                f"assay, scenario: {type(self.scenario).__name__} has no fields to turn. Write "
                "@dataclass(frozen=True) above its class, and its parameters as fields."
            )
        check_hashable(self.scenario, "assay, scenario", StudyError)
        check_noun(self.family, AbstractGoalFamily, "assay, family", StudyError)
        check_parts(self.drives, AbstractDrive, "assay, drives", StudyError)
        for name in ("goals", "fresh", "seed"):
            check_count(getattr(self, name), f"assay, {name}", ProblemError)
        for name in ("goals", "fresh"):
            if not FEWEST <= getattr(self, name) <= FRESH_FROM:
                raise ProblemError(
                    f"assay, {name}: {getattr(self, name):,}; give {FEWEST} to {FRESH_FROM:,}."
                )
        if self.seed < 0:
            raise ProblemError(f"assay, seed: {self.seed}; give 0 or more.")
        if not 0.0 < self.discount < 1.0:
            raise ProblemError(
                f"assay, discount: {shown(self.discount)}; give a number below 1, above 0."
            )
        if not 0.0 < self.size < 100.0:
            raise ProblemError(
                f"assay, size: {shown(self.size)}; give points, above 0 and below 100."
            )
        known = parameters_of(self.scenario)
        for name in self.knobs:
            if not parameters_of(self.scenario, (name,)):
                raise UnknownName(
                    f"assay, knobs: no number {name!r:.80}. {did_you_mean(name, known)}"
                )

    @property
    def listed(self) -> bool:
        """Whether the goals are a finite list, all of which are asked."""
        return isinstance(self.family, Finite)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the drives for which arms are wanted; empty: of all that can be told."""
        return tuple(map(part_name, self.drives))
