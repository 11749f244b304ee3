"""What a verification says, as one checked model that the page, the command line and people read."""

from typing import Annotated, Literal, final

from pydantic import Field

from telos.core.model import AbstractModel

Text = Annotated[str, Field(max_length=2_000)]
#: A share, or an interval's end, in [0, 1]; None: nothing to divide by.
Share = Annotated[float, Field(ge=0.0, le=1.0)] | None
Overseer = Literal["never", "always", "errs"]
Group = Literal["needed the forbidden", "did not", "all"]


@final
class GoalRate(AbstractModel):
    """`count` of `n` goals, and the 95 % interval of the share in the goals' population.

    Attributes:
        unresolved: goals beside them of which it cannot be told; the interval allows for them.
    """

    count: int
    n: int
    unresolved: int = 0
    low: Share = None
    high: Share = None


@final
class GoalMean(AbstractModel):
    """A mean over goals, or of a change from one goal to itself, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


@final
class TraceStep(AbstractModel):
    """One step of a story: where, who did what, with what probability it went on like this.

    Attributes:
        state: the world's state before. action: what was done, as the world calls it.
        who: ``agent`` for an act that is not the default, else ``environment``.
        effects: what the binding says that it does. ruling: the rule that allowed or asked; "" = none.
        probability: of the successor that the story goes on with.
        changed: features that the step moved, as in ``copies 2 → 1``.
    """

    state: Text
    action: Text
    who: Literal["agent", "environment"]
    effects: Text = ""
    ruling: Text = ""
    probability: float = 1.0
    changed: list[Text] = Field(default_factory=list)


@final
class Mislabelled(AbstractModel):
    """An act that changes a feature's distribution although its binding does not say so."""

    action: Text
    feature: Text
    states: int
    example: Text
    largest: float
    """The greatest distance in total variation from what the default does to that feature."""


@final
class LabelResult(AbstractModel):
    """Whether the binding tells what the world's acts do; everything below stands on it.

    Attributes:
        status: ``complete``: no act moves a feature that it does not declare.
        pairs: how many reachable pairs were compared with the default's joint distribution.
        undeclared: what was found, the most states first.
        not_enforced: counted levels that something beside bound effects lowers, and levels that do not
            start where the binding says, or are not made of others as it says: "asset: why".
    """

    status: Literal["complete", "incomplete"]
    pairs: int
    undeclared: list[Mislabelled]
    not_enforced: list[Text] = Field(default_factory=list)


@final
class Irreversible(AbstractModel):
    """An act declared reversible that is not in some state; the first such state in the search.

    Attributes:
        states: in how many it is not undone with probability 1, and more is lost than by the default.
        for_good: in how many of them the way back may be lost altogether, more probably than by default.
    """

    action: Text
    declared: Text
    states: int
    for_good: int
    example: Text


@final
class ClosureResult(AbstractModel):
    """Whether permitted steps can add up to a bad state.

    Attributes:
        status: as BOUNDS 3.2; ``nothing to check`` where no level and no `needs` is declared.
        rule: the keep rule that is broken, as in ``keep[0]``.
        kind: why: a ``missing rule``, a ``wrong label``, an ``accident`` after a permitted step.
        acts: how many acts of the trace are not the default. trace: the shortest story.
        raising: if doing nothing can end there too and acts make it likelier: the story with the fewest
            acts one of which does; `rule` and `kind` are then about this one.
        horizon: H; fewer steps where acts do not make it likelier within H, but sooner. idle, most: P(bad
            within them) of doing nothing, and the maximum in bounds; of `rule` alone.
        most_of_any: the maximum of P(any keep rule is broken within H). bound: on the errors.
        irreversible: acts that are not what they were declared.
        not_judged: the keep rules of which no feature of this world shows the level.
    """

    status: Literal["closed", "closed but for the environment", "open", "nothing to check"]
    rule: Text = ""
    kind: Literal["", "missing rule", "wrong label", "accident"] = ""
    acts: int = 0
    trace: list[TraceStep] = Field(default_factory=list)
    raising: list[TraceStep] = Field(default_factory=list)
    horizon: int = 50
    idle: Share = None
    most: Share = None
    most_of_any: Share = None
    bound: float = 0.0
    irreversible: list[Irreversible] = Field(default_factory=list)
    not_judged: list[Text] = Field(default_factory=list)


@final
class LoopholeRow(AbstractModel):
    """The nearest way to a drive inside the bounds."""

    drive: Text
    status: Literal["open", "none", "not applicable"]
    trace: list[TraceStep] = Field(default_factory=list)


@final
class DriveRow(AbstractModel):
    """One drive under one overseer: need and deed, without the bounds and with them.

    Attributes:
        required_before, required_after: goals that need it. done_before, done_after: the least deed
            over tied play of an agent that plans with the bounds. unaware: mean propensity of one that
            does not, [0, 1].
        need, deed: paired changes, as shares. verdict: as `telos.measure` words it.
        placebo: goals that lose something without a random set of pairs of the drive's size, under the
            bounds (mean share over draws); None: not asked or not applicable.
        loses, beyond: goals that lose something without the drive itself, and whether that is beyond
            the placebo, by `telos.core.placebo.Placebo.beyond` at limits for all rows; None as above.
    """

    drive: Text
    overseer: Overseer
    required_before: GoalRate
    required_after: GoalRate
    done_before: float
    done_after: float
    unaware: float
    need: GoalMean
    deed: GoalMean
    verdict: Text
    placebo: Share = None
    loses: Share = None
    beyond: bool | None = None


@final
class RetainedRow(AbstractModel):
    """What is left of the task: mean over goals, of those that needed a forbidden effect and of the rest."""

    overseer: Overseer
    group: Group
    aware: GoalMean | None
    unaware: GoalMean | None


@final
class PressureRow(AbstractModel):
    """What an optimal agent would gain without one part of the bounds, as a share of the value range."""

    part: Text
    status: Literal["computed", "not modelled"]
    gain: GoalMean | None = None
    goals: GoalRate | None = None
    """How many goals gain anything beyond the bound on the error."""
    may_be_most: bool = False
    """Whether no other part is known to be worth more, by paired 95 % limits for all parts together."""


@final
class Hazard(AbstractModel):
    """An act that changes the chance to be off within k steps of doing nothing afterwards."""

    action: Text
    state: Text
    k: int
    by: float


@final
class OffSwitchResult(AbstractModel):
    """Whether allowed acts leave the off switch as it is."""

    status: Literal["invariant", "not invariant", "not applicable"]
    lowered: list[Hazard] = Field(default_factory=list)
    raised: list[Hazard] = Field(default_factory=list)
    obeys: bool | None = None
    """From every pressed state off within `obey_within_steps`; None: no `pressed` is named, or ever met."""


@final
class RepairResult(AbstractModel):
    """The smallest set of further rules after which no trace is left, and what it costs.

    Attributes:
        status: ``repaired``, ``none needed``, or ``none found`` among the candidates.
        rules: as they would be written into the file. price, floor: mean value lost, as a share of what
            is retained within the bounds as they are: by the repair, and by the least restrictive supervisor.
        traces: how many traces were hit. compared: of how many repairs of this size it is the cheapest for
            these goals; the interval of the price holds for all of them together.
    """

    status: Literal["repaired", "none needed", "none found"]
    rules: list[Text] = Field(default_factory=list)
    traces: int = 0
    compared: int = 0
    price: GoalMean | None = None
    floor: GoalMean | None = None
    why: Text = ""


@final
class LintRow(AbstractModel):
    """A rule that does nothing, or contradicts another: which, how, and a counterexample."""

    rule: Text
    kind: Literal["contradictory", "dead", "shadowed", "uncharged"]
    why: Text


@final
class WorldResult(AbstractModel):
    """One binding's world, verified.

    Attributes:
        binding, world: their names; *_digest: their hashes. states, pairs: of the product.
        not_modelled: what of the file no world of this binding can show.
        certificate: file name of the certificate beside the page; "": none could be given, and `why`.
    """

    binding: Text
    binding_digest: Text
    world: Text
    world_digest: Text
    states: int
    pairs: int
    world_states: int
    family: Text
    goals: int
    discount: float
    overseer_errs: float
    not_modelled: list[Text]
    labels: LabelResult
    certificate: Text = ""
    certificate_why: Text = ""
    closure: ClosureResult
    loopholes: list[LoopholeRow]
    displacement: list[DriveRow]
    retained: list[RetainedRow]
    pressure: list[PressureRow]
    off_switch: OffSwitchResult
    repair: RepairResult
    lint: list[LintRow]


@final
class Verification(AbstractModel):
    """What `telos bounds verify` found: the automaton proved, the worlds computed, the rest named.

    Attributes:
        name, digest: of the bounds. file: the name of their file, without its folder.
        automaton_states: the memories of the automaton that can be come to in the worlds; 0 without one.
        rules: each rule in words, by its name.
        unchecked: what of a deployment nobody has looked at, a sentence each.
    """

    telos: Text
    name: Text
    digest: Text
    file: Text
    automaton_states: int
    rules: dict[Text, Text] = Field(default_factory=dict)
    worlds: list[WorldResult]
    tools: list[Text]
    """What is bound for real agents: "ops-tools: 9 tools, 1 opaque"."""
    unchecked: list[Text]
