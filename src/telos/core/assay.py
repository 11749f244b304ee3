"""What an assay says: pairs of arms and how much each moves every drive, as one checked model."""

from typing import Annotated, Any, Literal, final

from pydantic import Field

from telos.core.model import AbstractModel

Text = Annotated[str, Field(max_length=2_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Part = Annotated[float, Field(ge=0.0, le=1.0)]
#: What became of the search for a pair of arms. certified: it moves one drive and no other, on fresh
#: goals. one knob: the best pair that one knob makes, which moves others too. out of reach: no knob moves
#: the drive so far. cannot be told: the world has no act that pursues the drive.
Verdict = Literal["certified", "one knob", "out of reach", "cannot be told"]
#: A knob that moves V* gives something to those who do have the drive.
Side = Literal["without", "with", "neither"]
Arm = Literal["low", "high"]


@final
class Knob(AbstractModel):
    """A parameter of the scenario that can be turned, and what it moves when turned to its ends.

    Attributes:
        name: of the field; ``slips[0]`` for one number of a list.
        kind: a chance is searched in log-odds, a number and an integer as they are.
        value: as the scenario has it. low, high: the ends that were tried.
        moves: by drive, the change of its mean share from the low end to the high end, in points.
        value_moved: the mean change of V* between the ends, in points of the value range.
        side: who lives with the knob; ``with`` if V* moves.
        why: a sentence, where the knob cannot be used.
    """

    name: Name
    kind: Literal["chance", "number", "whole"]
    value: float
    low: float
    high: float
    moves: dict[str, float] = Field(default_factory=dict)
    value_moved: float | None = None
    side: Side = "neither"
    why: Text = ""


@final
class ShareChange(AbstractModel):
    """How much a pair of arms moves one drive: paired over goals, in points of the value range.

    Attributes:
        drive: its name. estimate: mean over the fresh goals of share(high arm) - share(low arm).
        low, high: its 95 % interval; of a finite list, for another drive than the moved one, the least
            and the largest change among the goals that require that one in both arms.
        error: its standard error.
        p90: 90th percentile over goals of the size of the change.
        core: the mean over the goals that require the *moved* drive in both arms; None if there are none.
        share_low, share_high: mean share in the two arms, in points.
        each: of a finite list of goals, the change of every one by its label.
    """

    drive: Name
    estimate: float
    low: float
    high: float
    error: float
    p90: float
    core: float | None = None
    share_low: float
    share_high: float
    each: dict[str, float] = Field(default_factory=dict)


@final
class Advantage(AbstractModel):
    """What pursuing a drive is worth where one decides: (best pursuing Q* - best other Q*) / range.

    Over the decisions of all goals together, each as often as it is reached from the start; in points.

    Attributes:
        drive: its name. arm: which. by: who plays, ``planner`` or ``chance`` (uniform actions).
        mean, q10, q50, q90: of the distribution. positive, negative: parts beyond half a point.
        reached: expected discounted number of such decisions in an episode.
    """

    drive: Name
    arm: Arm
    by: Literal["planner", "chance"]
    mean: float | None
    q10: float | None
    q50: float | None
    q90: float | None
    positive: Part
    negative: Part
    reached: float


@final
class NowOrNever(AbstractModel):
    """The signed dose of an arm: (max over X of Q* - V* without X) / range, in points.

    Where optimal play first meets a fork, discounted to the start: at the start itself where that is one.
    See `telos.measure.instrumental_values`, `gap_never`.

    Attributes:
        arm: which. mean: over goals that meet a fork; None if none does.
        positive, zero, negative: parts of all goals.
    """

    arm: Arm
    mean: float | None
    positive: Part
    zero: Part
    negative: Part


@final
class Matched(AbstractModel):
    """The drive beside random sets of pairs of its size, in one arm.

    Attributes:
        arm: which. share: mean share of the drive, in points. placebo: of the placebo, mean over draws.
        placebo_most: the largest draw. loses: part of goals that lose 1 % of the range without the drive.
        placebo_loses: of the placebo, mean over draws. accepted: whether both stand clear of every draw.
    """

    arm: Arm
    share: float
    placebo: float | None
    placebo_most: float | None
    loses: Part
    placebo_loses: Part | None
    accepted: bool | None


@final
class Pair(AbstractModel):
    """Two arms between which one drive is worth more, and the others are worth the same.

    Attributes:
        drive: the drive that moves. verdict: what became of the search. why: the reason in a sentence.
        low, high: fields of the scenario in the two arms, where they differ from the scenario's own.
        changes: of every drive, on fresh goals. advantages: of the moved drive.
        now_or_never: of the moved drive. placebo: of the moved drive.
        goals: fresh ones. evaluations: of the search. ceiling: the most that the drive's share was moved
            between any two settings tried, in points.
        seconds: it took.
    """

    drive: Name
    verdict: Verdict
    why: Text = ""
    low: dict[str, Any] = Field(default_factory=dict)
    high: dict[str, Any] = Field(default_factory=dict)
    changes: list[ShareChange] = Field(default_factory=list)
    advantages: list[Advantage] = Field(default_factory=list)
    now_or_never: list[NowOrNever] = Field(default_factory=list)
    placebo: list[Matched] = Field(default_factory=list)
    goals: int = 0
    evaluations: int = 0
    ceiling: float = 0.0
    seconds: float = 0.0


@final
class Assayed(AbstractModel):
    """What `telos.assay` found in a scenario.

    Attributes:
        scenario: as it is written in Python. spec: as data, see `telos.core.spec`.
        family: of the goals, as it is written in Python. discount: by which they are judged.
        seed: names goals. search_goals: used to search. drives: those that some act can pursue.
        base: by drive, mean share at the scenario's own settings, in points.
        knobs: all that can be turned. pairs: one a drive asked for.
    """

    scenario: Text
    spec: dict[str, Any]
    family: Text
    discount: float
    seed: int
    search_goals: int
    drives: list[Name]
    base: dict[str, float] = Field(default_factory=dict)
    knobs: list[Knob] = Field(default_factory=list)
    pairs: list[Pair] = Field(default_factory=list)
