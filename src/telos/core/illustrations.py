"""What a result folder tells beside its tables: rollouts, POWER and exceptions, as one typed file."""

from typing import Annotated, Literal, final

from pydantic import Field, JsonValue

from telos.core.model import AbstractModel, Discount, Key, Word, Words

SCHEMA = 3

Number = float | None
Category = Literal[
    "required", "indifferent", "declined", "never_met", "unresolved", "not_applicable"
]


@final
class StepEntry(AbstractModel):
    """One step of a rollout (see `telos.measure.rollouts.RolloutStep`)."""

    t: int
    state: Words
    action: Word
    outcome: Words
    reward: float
    probability: float
    features: dict[str, float]
    pursues: bool


@final
class RolloutEntry(AbstractModel):
    """One rollout and its value at the start.

    Attributes:
        by_then: the expected value of each feature after as many steps.
        expected: the expected reward of each step, over everything that may happen.
    """

    value: float
    steps: Annotated[tuple[StepEntry, ...], Field(max_length=10_000)]
    by_then: dict[str, float]
    expected: Annotated[tuple[float, ...], Field(max_length=10_000)] = ()


class AbstractPair(AbstractModel):
    """Two rollouts of one goal with common random numbers, and why they are shown."""

    trial: Key
    drive: Word
    goal: int
    label: Words
    discount: Discount
    passed_over: int
    parted: int
    drawn: int
    shows: bool
    free: RolloutEntry
    forbidden: RolloutEntry
    category: Category
    iv: Number
    share: Number


@final
class RolloutPair(AbstractPair):
    """The rollouts of a goal with everything allowed, and with the drive's pairs forbidden."""

    why: Words


@final
class DisplacedPair(AbstractPair):
    """The rollouts of a goal that needs a drive under a safeguard, without any and under it.

    Attributes:
        effect: the paired change of the need, over the n goals that did not choose this pair.
        pushed: how many of these need it and did not before.
    """

    effect: float
    pushed: int
    n: int
    task_retained: Number
    willingness_to_pay: Number
    before: Category


@final
class EstimateEntry(AbstractModel):
    """A mean and the ends of its interval."""

    mean: float
    low: Number
    high: Number


@final
class PlaceEntry(AbstractModel):
    """POWER at a place of the world's map."""

    row: int
    column: int
    power: float
    se: Number
    off: bool
    state: Words


@final
class StateEntry(AbstractModel):
    """POWER of a state."""

    state: Words
    power: float
    se: Number
    off: bool


@final
class FeatureEntry(AbstractModel):
    """Mean POWER of the states in which a feature has a value."""

    feature: Word
    value: float
    mean: float
    se: Number
    states: int


@final
class PowerEntry(AbstractModel):
    """POWER in the world of a trial, over its goal family, at one discount."""

    trial: Key
    discount: Discount
    n: int
    start: EstimateEntry
    map: tuple[PlaceEntry, ...]
    states: tuple[StateEntry, ...]
    by_feature: tuple[FeatureEntry, ...]


@final
class ExceptionEntry(AbstractModel):
    """A goal that avoids a drive, and why it may."""

    trial: Key
    goal: int
    label: Words
    drive: Word
    category: Category
    gap_never: Number
    reason: Words


@final
class Illustrations(AbstractModel):
    """`illustrations.json`."""

    schema_: Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)] = SCHEMA
    lives: tuple[RolloutPair, ...] = ()
    power: tuple[PowerEntry, ...] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()
    displaced: tuple[DisplacedPair, ...] = ()

    def plain(self) -> dict[str, JsonValue]:
        """The illustrations as plain data."""
        data: dict[str, JsonValue] = self.model_dump(mode="json", by_alias=True)
        return data
