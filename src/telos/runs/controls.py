"""Controls: one task an arm that asks, of the same goals, what else would have cost them as much."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from telos.core.parts import AbstractAgent, AbstractDrive
from telos.core.record import Made
from telos.core.spec import digest, show
from telos.runs.plan import Planned, built
from telos.runs.study import Study
from telos.runs.trial import SCHEMA, Trial

if TYPE_CHECKING:
    import polars

#: Draws of each placebo.
DRAWS = 40
#: In worlds of more legal pairs than this, controls are of a sub-sample: half the draws, and so many goals
#: that goals times pairs stay the same. 100 goals of the factory (37,452 pairs, 10 sets) take 3 seconds.
LARGE = 200_000
FEWER_DRAWS, FEWEST_GOALS = 20, 20


@final
@dataclass(frozen=True)
class Control:
    """A unit of work: the controls of one arm, the trials that share all but the agent.

    Args:
        trial: the arm's plainest agent; its self-model is the one by which value is judged.
        drives: the drives that apply in this world.
        count: how many goals, the trial's first.
        draws: how many sets each placebo has.
    """

    from_data: ClassVar[bool] = True
    first: ClassVar[int] = 0

    trial: Trial
    drives: tuple[AbstractDrive, ...]
    count: int
    draws: int = DRAWS

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name these controls; the number of goals is not part of them."""
        return digest({"schema": SCHEMA, "controls": self.draws, **self.trial.spec()})

    @property
    def name(self) -> str:
        """A short name, the same in every run, for results and messages."""
        return f"{self.key}-{self.first:08d}"

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Whose code it is made with."""
        return (self.trial,)

    @property
    def keys(self) -> tuple[str, ...]:
        """What its part file goes by."""
        return (self.key,)

    def describe(self) -> str:
        """The task in one line, for messages."""
        return f"the controls of {self.trial.describe()}"


@final
@dataclass(frozen=True)
class PlannedControl:
    """The controls of an arm, which trials they stand beside, and what they are made with."""

    control: Control
    trials: tuple[str, ...]
    made: Made


def plan_controls(study: Study, plan: Sequence[Planned]) -> tuple[PlannedControl, ...]:
    """The controls that a study asks for: one for each arm of its own without safeguards.

    Args:
        study: the study. plan: its trials, laid out.
    """
    asked: dict[str, int] = {}
    for each in dataclasses.replace(study, sweeps=()).every():
        for trial in each.own_trials():
            asked[trial.key] = max(asked.get(trial.key, 0), each.controls)
    arms: dict[str, list[Planned]] = {}
    for planned in plan:
        trial = planned.trial
        if asked.get(trial.key, 0) and not trial.safeguards and planned.drives:
            arms.setdefault(trial.arm_key, []).append(planned)
    return tuple(_planned(mine, max(asked[p.trial.key] for p in mine)) for mine in arms.values())


def _planned(arm: Sequence[Planned], asked: int) -> PlannedControl:
    lead = min(arm, key=lambda planned: plainness(planned.trial.agent))
    count = min(asked, max(planned.goals for planned in arm))
    draws = DRAWS
    if lead.pairs > LARGE:
        count = min(count, max(FEWEST_GOALS, asked * LARGE // lead.pairs))
        draws = FEWER_DRAWS
    control = Control(lead.trial, lead.drives, count, draws)
    return PlannedControl(control, tuple(planned.trial.key for planned in arm), lead.made)


def plainness(agent: AbstractAgent) -> tuple[bool, bool, int]:
    """A reference before others, Telos's own before another's, then the one with the fewest words."""
    ours = type(agent).__module__.startswith("telos.")
    return agent.role != "reference", not ours, len(show(agent))
