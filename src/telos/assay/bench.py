"""Bench: the arms that an assay has measured, each once: shares, values and categories of the same goals."""

import dataclasses
from collections.abc import Mapping
from typing import final

import numpy as np

from telos.assay.parameters import Parameter, Setting, turned
from telos.assay.question import AssayQuestion
from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.errors import FeatureMissing, GoalsError
from telos.core.parts import AbstractDrive, AbstractScenario, Finite, part_name
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.spec import show
from telos.drives import DRIVES
from telos.measure.instrumental_value import instrumental_values
from telos.runs.source import called
from telos.solve.foresight import solve_as
from telos.solve.value_range import value_range

#: The first goal, and how many.
Block = tuple[int, int]
#: Of a finite list, all.
WHOLE: Block = (0, 0)
POINTS = 100.0


@final
@dataclasses.dataclass(frozen=True, eq=False)
class ArmShares:
    """One arm: what D drives are worth to G goals in it.

    Args:
        share: F[D, G], IV over the value range, in points. required: B[D, G].
        best: F[G], V* at the start, in units of reward. spread: F[G], the value range.
        labels: of the goals, where they are a finite list.
    """

    share: Floats
    required: Bools
    best: Floats
    spread: Floats
    labels: tuple[str, ...]

    @property
    def mean(self) -> Floats:
        """F[D], the mean shares, in points."""
        return floats(self.share.mean(axis=1))

    def apart(self, drive: int, core: Bools) -> Floats:
        """F[D], the mean shares, those of other drives over some goals only.

        Args:
            drive: place of the one that is to move. core: B[G], the goals that the others are held on.
        """
        means = self.share[:, core].mean(axis=1) if core.any() else np.zeros(len(self.share))
        means[drive] = self.share[drive].mean()
        return floats(means)


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Bench:
    """The scenario of an assay, and all arms of it that were measured so far.

    Args:
        question: what is asked. parameters: that can be turned, by name.
        drives: D of them, those that some act of the scenario can pursue.

    Raises:
        TelosError: of a setting that cannot be built, or in which a goal cannot be.
    """

    question: AssayQuestion
    parameters: Mapping[str, Parameter]
    drives: tuple[AbstractDrive, ...]
    _known: dict[tuple[Setting, Block], ArmShares] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def names(self) -> list[str]:
        """The drives' names."""
        return [part_name(drive) for drive in self.drives]

    @property
    def arms(self) -> int:
        """How many arms were measured so far."""
        return len(self._known)

    def fields(self, setting: Setting) -> dict[str, object]:
        """The fields of a setting, for `dataclasses.replace(scenario, **fields)`."""
        return turned(self.question.scenario, self.parameters, setting)

    def problem(self, setting: Setting, block: Block) -> tuple[Problem, tuple[Affordance, ...]]:
        """The goals of a block in a setting's world, and what its drives can pursue there."""
        asked = self.question
        scenario: AbstractScenario = called(
            lambda: dataclasses.replace(asked.scenario, **self.fields(setting)),  # type: ignore[type-var]
            type(asked.scenario).__name__,
            None,
        )
        world = called(scenario.build, type(asked.scenario).__name__, None)
        first, count = block
        if isinstance(asked.family, Finite):
            first, count = 0, asked.family.size(world)
        goals = asked.family.sample(world, count, np.random.default_rng(asked.seed), first=first)
        affordances = tuple(drive.affordances(world) for drive in self.drives)
        return Problem(world, goals, asked.discount), affordances

    def measured(self, setting: Setting, block: Block) -> ArmShares:
        """What the drives are worth to the goals of a block in a setting, computed once."""
        if self.question.listed:
            block = WHOLE
        key = setting, block
        if key not in self._known:
            problem, affordances = self.problem(setting, block)
            self._check_listed(problem)
            worth = instrumental_values(problem, affordances)
            self._known[key] = ArmShares(
                floats([POINTS * one.share for one in worth]),
                bools([one.category == Category.REQUIRED for one in worth]),
                solve_as(problem).at_start,
                value_range(problem),
                tuple(problem.goals.label) if self.question.listed else (),
            )
            self.question.step(1)
        return self._known[key]

    def core(self, drive: int, block: Block) -> Bools:
        """B[G], the goals on which other drives are held: of a finite list those that require this one.

        Goals that avoid a drive live with its knob, and drag the others along. In a random family they are
        a part of the mean; a list names each of them.

        Args:
            drive: its place. block: of goals.
        """
        base = self.measured((), block)
        return base.required[drive] if self.question.listed else bools(base.spread >= 0.0)

    def _check_listed(self, problem: Problem) -> None:
        """Raise unless a finite list of goals is the one that the scenario itself has."""
        own = self._known.get(((), WHOLE))
        if own is not None and own.labels != tuple(problem.goals.label):
            raise GoalsError(
                f"{problem.world.name}: its {problem.goals.count} goals of {show(self.question.family)} are "
                f"others than the {len(own.labels)} of the scenario itself. Turn another parameter."
            )

    def widest(self, drive: int) -> float:
        """The most that a drive's mean share differs between any two settings measured, in points.

        Only arms of the same goals are compared.
        """
        found: dict[Block, list[float]] = {}
        for (_, block), each in self._known.items():
            found.setdefault(block, []).append(float(each.mean[drive]))
        return max((max(means) - min(means) for means in found.values()), default=0.0)


def drives_told(question: AssayQuestion) -> tuple[tuple[AbstractDrive, ...], dict[str, str]]:
    """The drives that some act of a scenario can pursue; why the others cannot be told, by name.

    The four convergent ones are always among those looked at: an arm that moves one drive must move
    none of them besides.

    Args:
        question: what is asked.
    """
    scenario = question.scenario
    world = called(scenario.build, type(scenario).__name__, None)
    told, reasons = [], {}
    names: set[str] = set()
    for drive in (*question.drives, *(each() for each in DRIVES)):
        name = part_name(drive)
        if name in names:
            continue
        names.add(name)
        try:
            if drive.affordances(world).pursues.any():
                told.append(drive)
            else:
                reasons[name] = f"no act of {world.name} pursues it."
        except FeatureMissing as missing:
            reasons[name] = str(missing)
    return tuple(told), reasons
