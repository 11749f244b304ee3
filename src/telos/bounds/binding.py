"""The binding: what the actions of one environment do to which assets, as one checked model."""

import hashlib
import json
from typing import Annotated, Literal, Self, final

from pydantic import Field, JsonValue, model_validator

from telos.bounds.effects import ActionClass, Verb
from telos.bounds.rules import (
    Amount,
    AtLeastOne,
    Bounds,
    BoundsName,
    Names,
    Verbs,
    Version,
    listed,
)
from telos.core.errors import BoundsError, did_you_mean
from telos.core.model import AbstractModel

Label = Annotated[str, Field(min_length=1, max_length=200)]
Labels = Annotated[list[Label], Field(min_length=1, max_length=500)]
#: Names of tools and of their arguments, as hosts write them.
HostName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=64)]
#: A number that is not an integer is written as a text, since files hold integers only.
Grain = AtLeastOne | Annotated[str, Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}$")]


@final
class AssetBinding(AbstractModel):
    """Something that rules speak of: where its level is, and what of a world belongs to it.

    Attributes:
        absent: why this environment has no such thing; then nothing else is said.
        start, cap: its level at first, and its highest; integers.
        level: ``observed`` (the host, or the world, gives the reading) or ``counted`` (from effects).
        of, as_: a level derived of others; `as` in the file: their least, greatest or sum.
        feature: the world's feature that *is* the level, in steps of `grain`.
        moves: the features of the world that effects on this asset may change.
    """

    absent: Label | None = None
    start: Amount | None = None
    cap: AtLeastOne | None = None
    level: Literal["observed", "counted"] | None = None
    of: list[BoundsName] = Field(default_factory=list, max_length=20)
    as_: Literal["min", "max", "sum"] | None = Field(None, alias="as")
    feature: Label | None = None
    grain: Grain = 1
    moves: list[Label] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.absent is not None and self.model_fields_set != {"absent"}:
            raise ValueError(
                "absent stands alone: what is not there has no level and moves nothing"
            )
        if bool(self.of) != (self.as_ is not None):
            raise ValueError("of and as belong together")
        if self.of and (self.level or self.start is not None or self.cap is not None):
            raise ValueError("a derived level has neither level, start nor cap of its own")
        if self.level is not None and (self.start is None or self.cap is None):
            raise ValueError("a level needs its start and its cap")
        if self.start is not None and (self.level is None or self.cap is None):
            raise ValueError("start needs level and cap beside it")
        if self.start is not None and self.cap is not None and self.start > self.cap:
            raise ValueError("start is above cap")
        return self


@final
class WorldRef(AbstractModel):
    """A shipped world by the name of its class, with the fields that differ from their defaults."""

    part: Annotated[str, Field(pattern=r"^[A-Z]\w{0,99}$")]
    fields: dict[str, JsonValue] = Field(default_factory=dict, max_length=50)


@final
class RaisedFeature(AbstractModel):
    """An amount that a world tells: how far a step may raise a feature, in steps of the grain.

    ``ceil(max over s' of max(0, x(s') - x(s)) / grain)``: known before the step, never refunded.
    """

    feature: Label
    grain: Grain = 1


@final
class ActBinding(AbstractModel):
    """What certain pairs of a world do: those of some actions by name, or those that pursue a drive.

    Attributes:
        action: the names of actions; or
        drive: a shipped drive, as tables call it; its pairs are read once on the original world.
        effect, asset: the verbs, and what they are done to; each verb on each asset.
        action_class: `class` in the file.
        amount: of each effect.
        charges: what is taken of each budget.
        needs: levels that are presupposed.
        by: who can do it: the agent, an operator, or both.
        opaque: whether its effects cannot be read off.
    """

    action: Label | Labels | None = None
    drive: BoundsName | None = None
    effect: Verb | Verbs
    asset: BoundsName | Names | None = None
    action_class: ActionClass = Field(alias="class")
    amount: Amount | RaisedFeature = 1
    charges: dict[BoundsName, Amount | RaisedFeature] = Field(default_factory=dict)
    needs: dict[BoundsName, AtLeastOne] = Field(default_factory=dict)
    by: Names = Field(default_factory=lambda: ["agent"])
    opaque: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.action is None) == (self.drive is None):
            raise ValueError("name either actions or a drive")
        return self


@final
class ByKey(AbstractModel):
    """The asset that an argument's value names, by a table; `else` for every other value."""

    by: HostName
    table: dict[Label, BoundsName]
    else_: BoundsName = Field(alias="else")


@final
class ByPath(AbstractModel):
    """The asset under whose root a path lies, the longest root first; outside every root: denied."""

    path: HostName
    longest_root: dict[Annotated[str, Field(pattern=r"^/[^\x00]*$", max_length=400)], BoundsName]


@final
class ByUrl(AbstractModel):
    """The asset behind a web address of one of these hosts and schemes; any other is denied."""

    url: HostName
    hosts: Labels
    schemes: Labels
    asset: BoundsName = "network"


@final
class ProductOf(AbstractModel):
    """A product of integers: arguments by name, and constants."""

    product: Annotated[list[HostName | Amount], Field(min_length=1, max_length=8)]


@final
class BytesOf(AbstractModel):
    """The bytes of some arguments as UTF-8, and a constant."""

    bytes_of: Annotated[list[HostName], Field(min_length=1, max_length=20)]
    plus: Amount = 0


Charge = Amount | ProductOf | BytesOf


@final
class ToolBinding(AbstractModel):
    """A tool of a host: what its arguments must look like, and what a call does.

    Attributes:
        arguments: `schema` in the file: a JSON Schema (2020-12) of an object, inline, or the name of a
            file beside the binding. Unknown arguments are refused.
        digest: ``sha256:…`` of the host's own schema, as canonical JSON; another one is denied.
        effect, asset, action_class, amount, charges, needs, opaque: as of an `ActBinding`; amounts are
            constants, products of integers, or counts of bytes.
    """

    arguments: dict[str, JsonValue] | Label = Field(alias="schema")
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    effect: Verb | Verbs
    asset: BoundsName | Names | ByKey | ByPath | ByUrl | None = None
    action_class: ActionClass = Field(alias="class")
    amount: Charge = 1
    charges: dict[BoundsName, Charge] = Field(default_factory=dict)
    needs: dict[BoundsName, AtLeastOne] = Field(default_factory=dict)
    opaque: bool = False


@final
class Binding(AbstractModel):
    """A binding file: one environment in the words of one bounds file.

    Attributes:
        binding: the version of the format, 1.
        for_: `for` in the file: the name of the bounds.
        name: what messages call the environment.
        world: a shipped world, for verification.
        off, pressed: features of the world: the agent is off; somebody has asked it to stop.
        asset: every asset that the bounds name, and others.
        act: what the pairs of the world do.
        tool: what the tools of a host do.
    """

    binding: Version
    for_: BoundsName = Field(alias="for")
    name: BoundsName
    world: WorldRef | None = None
    off: Label = "off"
    pressed: Label | None = None
    asset: dict[BoundsName, AssetBinding] = Field(default_factory=dict, max_length=500)
    act: list[ActBinding] = Field(default_factory=list, max_length=500)
    tool: dict[HostName, ToolBinding] = Field(default_factory=dict, max_length=500)

    @property
    def digest(self) -> str:
        """``sha256:`` and the hash of what the file says, whatever its spacing and comments."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def leveled(self) -> tuple[str, ...]:
        """The assets that have a level of their own, sorted."""
        return tuple(sorted(name for name, asset in self.asset.items() if asset.level))

    def parts_of(self, asset: str) -> tuple[str, ...]:
        """The assets with levels that an asset's level is made of: itself, or its parts."""
        known = self.asset.get(asset)
        if known is None:
            return ()
        return tuple(known.of) if known.of else (asset,) * bool(known.level)


def check_fit(bounds: Bounds, binding: Binding, *, where: str = "the binding") -> None:
    """Raise unless a binding is for these bounds, and declares all that they name.

    Raises:
        BoundsError: naming what is missing, misspelled or meant for another file, and the remedy.
    """

    def refuse(what: str, remedy: str) -> None:
        raise BoundsError(f"{where}: {what}; {remedy}.")

    if binding.for_ != bounds.name:
        refuse(f"for is {binding.for_!r}", f"these bounds are called {bounds.name!r}")
    for asset in sorted(bounds.assets() - binding.asset.keys()):
        near = did_you_mean(asset, binding.asset) if binding.asset else ""
        refuse(
            f"the bounds name {asset!r}, which is not declared here",
            f'write [asset.{asset}], with absent = "why" if this environment has none. {near}'.rstrip(
                ". "
            ),
        )
    for name, declared in binding.asset.items():
        for part in declared.of:
            if not binding.asset.get(part) or not binding.asset[part].level:
                refuse(
                    f"asset.{name} is made of {part!r}, which has no level", f"declare asset.{part}"
                )
    labelled: list[tuple[str, ActBinding | ToolBinding]] = [
        *((f"act[{i}]", act) for i, act in enumerate(binding.act)),
        *((f"tool.{name}", tool) for name, tool in binding.tool.items()),
    ]
    for place, each in labelled:
        for budget in each.charges.keys() - bounds.budget.keys():
            refuse(
                f"{place} charges {budget!r}", "the bounds have no such budget; add it or leave it"
            )
        for asset in each.needs:
            if not binding.parts_of(asset):
                refuse(f"{place} needs {asset!r}, which has no level", f"declare asset.{asset}")
        for asset in _assets_of(each):
            if asset not in binding.asset or binding.asset[asset].absent is not None:
                refuse(f"{place} acts on {asset!r}, which is not there", f"declare asset.{asset}")


def _assets_of(each: ActBinding | ToolBinding) -> tuple[str, ...]:
    asset = each.asset
    if isinstance(asset, ByKey):
        return (*asset.table.values(), asset.else_)
    if isinstance(asset, ByPath):
        return tuple(asset.longest_root.values())
    if isinstance(asset, ByUrl):
        return (asset.asset,)
    return listed(asset)
