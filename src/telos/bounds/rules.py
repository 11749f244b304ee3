"""The bounds file: what an agent may bring about, in effects on assets, as one checked model."""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Literal, Self, final

from pydantic import Field, model_validator

from telos.bounds.effects import ActionClass, Verb
from telos.core.model import AbstractModel

#: What assets, budgets, rules and files are called.
BoundsName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$", min_length=1, max_length=64)
]
Unit = Literal["cent", "byte", "token", "cpu_second", "gpu_second", "item"]
#: No count in a file is larger; sums of them stay exact everywhere.
MOST = 10**12
Amount = Annotated[int, Field(ge=0, le=MOST)]
#: Of the format; no `Literal`, for which true is 1.
Version = Annotated[int, Field(ge=1, le=1)]
AtLeastOne = Annotated[int, Field(ge=1, le=MOST)]
Verbs = Annotated[list[Verb], Field(min_length=1, max_length=16)]
Names = Annotated[list[BoundsName], Field(min_length=1, max_length=500)]


class AbstractBoundsFile(AbstractModel):
    """What bounds and bindings have in common: a digest of what they say."""

    @property
    def digest(self) -> str:
        """``sha256:`` and the hash of what the file says, whatever its spacing and comments."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@final
class Unless(AbstractModel):
    """How many members of a lineage may live beside its root at a time, and be made in all."""

    live: Amount
    total: Amount


@final
class ForbidRule(AbstractModel):
    """What may never happen: certain verbs, on certain assets, or of a certain class.

    Attributes:
        effect: the verbs; empty: any.
        on: ``"protected"``, the name of an asset, or several; None: any asset or none.
        unless: replication only: allowed up to these numbers.
        action_class: `class` in the file; None: any.
    """

    effect: list[Verb] = Field(default_factory=list, max_length=16)
    on: BoundsName | Names | None = None
    unless: Unless | None = None
    action_class: ActionClass | None = Field(None, alias="class")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.effect and self.action_class is None:
            raise ValueError("name at least one effect, or a class")
        if self.unless is not None and self.effect != ["replicate"]:
            raise ValueError('unless counts replicas; write effect = ["replicate"] beside it')
        if len(set(self.effect)) < len(self.effect):
            raise ValueError("an effect is listed twice; list it once")
        return self


@final
class KeepRule(AbstractModel):
    """A level that must stay: enforced (`at_least`), or computed in worlds only (`recoverable`).

    Attributes:
        asset: whose level.
        at_least: the least level allowed.
        recoverable: whether the level at the start must stay within reach of `by`.
        by: who would bring it back, as the binding says.
    """

    asset: BoundsName
    at_least: AtLeastOne | None = None
    recoverable: bool | None = None
    by: BoundsName = "operator"

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.recoverable is False or (self.at_least is None) == (self.recoverable is None):
            raise ValueError("give either at_least or recoverable = true; two rules for both")
        return self


@final
class BudgetRule(AbstractModel):
    """A sum that the whole lineage may spend, reserved before anything runs."""

    max: Amount
    unit: Unit | None = None


@final
class Above(AbstractModel):
    """From what amount on consent is asked for."""

    amount: Amount
    unit: Unit


@final
class ApproveRule(AbstractModel):
    """What needs consent, and how often it may be asked for.

    Attributes:
        effect: the verbs.
        on: as in `ForbidRule`.
        above: only if more than this is charged to the budgets of that unit; None: always.
        asks: how often, over all arguments, in one lineage.
        expires_s: after how many seconds silence is a refusal.
    """

    effect: Verbs
    on: BoundsName | Names | None = None
    above: Above | None = None
    asks: AtLeastOne
    expires_s: AtLeastOne = 300


@final
class StopRule(AbstractModel):
    """How soon a stop must be obeyed, and how long the monitor runs without being renewed."""

    obey_within_steps: AtLeastOne = 1
    lease_s: AtLeastOne | None = None


@final
class Bounds(AbstractBoundsFile):
    """A bounds file: one deterministic automaton over effects.

    Attributes:
        bounds: the version of the format, 1.
        name: what bindings refer to.
        denials: after how many denied calls a lineage is ended.
        opaque: whether calls with unreadable effects are denied, or run where the host attests that
            protected assets are out of their reach.
        protected: the assets that ``on = "protected"`` means.
        forbid, keep, budget, approve: the rules, in the order of the file.
        stop: see `StopRule`.

    Example:
        >>> Bounds(bounds=1, name="ops", denials=3, opaque="deny", protected=["off_switch"]).digest[:6]
        'sha256'
    """

    bounds: Version
    name: BoundsName
    denials: AtLeastOne
    opaque: Literal["deny", "contained"]
    protected: Names
    forbid: list[ForbidRule] = Field(default_factory=list, max_length=500)
    keep: list[KeepRule] = Field(default_factory=list, max_length=500)
    budget: dict[BoundsName, BudgetRule] = Field(default_factory=dict, max_length=100)
    approve: list[ApproveRule] = Field(default_factory=list, max_length=500)
    stop: StopRule = StopRule()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.protected)) < len(self.protected):
            raise ValueError("protected lists a name twice; list it once")
        if "protected" in {*self.protected, *(rule.asset for rule in self.keep)}:
            raise ValueError("protected stands for all that it lists; call no asset so")
        for name, budget in self.budget.items():
            if (budget.unit is None) != (name == "calls"):
                raise ValueError(
                    f"budget.{name} needs a unit" if name != "calls" else "budget.calls has no unit"
                )
        units = {budget.unit for budget in self.budget.values()}
        for i, rule in enumerate(self.approve):
            if rule.above is not None and rule.above.unit not in units:
                raise ValueError(
                    f"approve[{i}]: no budget counts in {rule.above.unit}, so nothing is ever above; "
                    f"add a budget in that unit"
                )
        return self

    def assets(self) -> frozenset[str]:
        """Every asset that the file names."""
        named = set(self.protected) | {rule.asset for rule in self.keep}
        for on in (*(rule.on for rule in self.forbid), *(rule.on for rule in self.approve)):
            named |= {asset for asset in listed(on) if asset != "protected"}
        return frozenset(named)

    def sentences(self) -> dict[str, str]:
        """Every rule in words, by its name."""
        said = {}
        for i, forbid in enumerate(self.forbid):
            kind, but = (forbid.action_class or "").replace("_", " "), forbid.unless
            does = f"{_either(forbid.effect) or f'anything {kind}'}{_on(forbid.on)}"
            such = f" that is {kind}" if kind and forbid.effect else ""
            beyond = f" beyond {but.live:,} at a time or {but.total:,} in all" if but else ""
            said[f"forbid[{i}]"] = f"never {does}{such}{beyond}"
        for i, keep in enumerate(self.keep):
            least = f"never below {keep.at_least}" if keep.at_least else ""
            said[f"keep[{i}]"] = f"{keep.asset} {least or f'stays recoverable by {keep.by}'}"
        for name, budget in self.budget.items():
            said[f"budget.{name}"] = f"at most {budget.max:,} {budget.unit or 'calls'} in all"
        for i, rule in enumerate(self.approve):
            above = f" above {rule.above.amount:,} {rule.above.unit}" if rule.above else ""
            does = f"{_either(rule.effect)}{_on(rule.on)}{above}"
            said[f"approve[{i}]"] = (
                f"{does} needs consent, at most {rule.asks:,} ask{'s' * (rule.asks > 1)}"
            )
        return said


def _on(on: str | Sequence[str] | None) -> str:
    names = ["what is protected" if name == "protected" else name for name in listed(on)]
    return f" {_either(names)}" if names else ""


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def listed(on: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of an `on` as a tuple; empty where it says nothing."""
    if on is None:
        return ()
    return (on,) if isinstance(on, str) else tuple(on)
