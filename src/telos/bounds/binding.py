"""The binding: what the actions of one environment do to which assets, as one checked model."""

from collections.abc import Iterator
from posixpath import normpath
from typing import Annotated, Any, Literal, Self, final

from pydantic import AfterValidator, Field, JsonValue, model_validator

from telos.bounds.effects import LOWERS, RAISES, ActionClass, Verb
from telos.bounds.rules import (
    AbstractBoundsFile,
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
#: A host (and port) or a scheme of a web address: in small letters, compared whole.
Host = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]*(:[0-9]{1,5})?$", max_length=260)]
#: A number that is not an integer is written as a text above 0, since files hold integers only.
Grain = (
    AtLeastOne
    | Annotated[str, Field(pattern=r"^([0-9]{1,9}\.[0-9]{0,8}[1-9]|[1-9][0-9]{0,8}\.[0-9]{1,9})$")]
)

#: What shells, other systems or servers read into a path; here it means itself, so it is refused.
NOT_IN_PATHS = frozenset("\\*?[{$`~;|<>")
#: Verbs that say nothing without an asset.
AIMED = LOWERS | {"replace", "write"}


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
            raise ValueError("absent stands alone: what is not there has nothing else")
        if bool(self.of) != (self.as_ is not None):
            raise ValueError("of and as belong together")
        if self.of and self.level is not None:
            raise ValueError("a derived level is not declared a second time; leave level out")
        if len({self.level is None, self.start is None, self.cap is None}) > 1:
            raise ValueError("level, start and cap belong together")
        if self.start is not None and self.cap is not None and self.start > self.cap:
            raise ValueError("start is above cap")
        return self


@final
class WorldRef(AbstractModel):
    """A shipped world by the name of its class, with the fields that differ from their defaults."""

    part: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9_]{0,99}$")]
    fields: dict[str, JsonValue] = Field(default_factory=dict, max_length=50)


@final
class RaisedFeature(AbstractModel):
    """An amount that a world tells: how far a step may raise a feature, in steps of the grain.

    ``ceil(max over s' of max(0, x(s') - x(s)) / grain)``: known before the step, never refunded.
    """

    feature: Label
    grain: Grain = 1


class AbstractLabel(AbstractModel):
    """What acts of worlds and tools of hosts are said to do.

    Attributes:
        effect, asset: the verbs, and what they are done to; each verb on each asset.
        action_class: `class` in the file.
        needs: levels that are presupposed.
        opaque: whether its effects cannot be read off.
    """

    effect: Verb | Verbs
    asset: Any = None
    action_class: ActionClass = Field(alias="class")
    needs: dict[BoundsName, AtLeastOne] = Field(default_factory=dict)
    opaque: bool = False

    @model_validator(mode="after")
    def _is_aimed(self) -> Self:
        if self.asset is None and (aimed := sorted(AIMED & {*listed(self.effect)})):
            raise ValueError(
                f"{aimed[0]} without an asset escapes every rule on assets; name the asset"
            )
        return self


@final
class ActBinding(AbstractLabel):
    """What certain pairs of a world do: those of some actions by name, or those that pursue a drive.

    Attributes:
        action: the names of actions; or
        drive: a shipped drive, as tables call it; its pairs are read once on the original world.
        amount: of each effect. charges: what is taken of each budget.
        by: who can do it: the agent, an operator, or both.
    """

    action: Label | Labels | None = None
    drive: BoundsName | None = None
    asset: BoundsName | Names | None = None
    amount: Amount | RaisedFeature = 1
    charges: dict[BoundsName, Amount | RaisedFeature] = Field(default_factory=dict)
    by: Names = Field(default_factory=lambda: ["agent"])

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


def _plain(root: str) -> str:
    if odd := NOT_IN_PATHS & set(root):
        raise ValueError(f"leave out {min(odd)}: such a path is not judged")
    if not root.startswith("/") or root.startswith("//") or normpath(root) != root:
        raise ValueError("write an absolute path without '..', '.', '//', or a '/' at its end")
    return root


Root = Annotated[str, Field(max_length=400), AfterValidator(_plain)]


@final
class ByPath(AbstractModel):
    """The asset under whose root a path lies, the longest root first; outside every root: denied."""

    path: HostName
    longest_root: Annotated[dict[Root, BoundsName], Field(min_length=1)]


@final
class ByUrl(AbstractModel):
    """The asset behind a web address of one of these hosts and schemes; any other is denied."""

    url: HostName
    hosts: Annotated[list[Host], Field(min_length=1, max_length=500)]
    schemes: Annotated[list[Host], Field(min_length=1, max_length=20)]
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
class ToolBinding(AbstractLabel):
    """A tool of a host: what its arguments must look like, and what a call does.

    Attributes:
        arguments: `schema` in the file: a JSON Schema (2020-12) of an object, inline, or the name of a
            file beside the binding. Unknown arguments are refused.
        digest: ``sha256:…`` of the host's own schema, as canonical JSON; another one is denied.
        amount, charges: constants, products of integers, or counts of bytes.
    """

    arguments: dict[str, JsonValue] | Label = Field(alias="schema")
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    asset: BoundsName | Names | ByKey | ByPath | ByUrl | None = None
    amount: Charge = 1
    charges: dict[BoundsName, Charge] = Field(default_factory=dict)


@final
class Binding(AbstractBoundsFile):
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
    if problem := next(_misfits(bounds, binding), None):
        raise BoundsError(f"{where}: {problem}.")


def _misfits(bounds: Bounds, binding: Binding) -> Iterator[str]:
    """What does not fit, and the remedy; the later checks presuppose that the earlier ones found nothing."""
    if binding.for_ != bounds.name:
        yield (
            f"for is {binding.for_!r}, and these bounds are called {bounds.name!r}; correct it, or name "
            "the binding that is theirs"
        )
    for name in sorted(bounds.assets() - binding.asset.keys()):
        near = did_you_mean(name, binding.asset).rstrip(".")
        yield f'the bounds name {name!r}; write [asset."{name}"], or absent = "why" in it. {near}'
    for name, declared in binding.asset.items():
        for part in declared.of:
            if part not in binding.leveled():
                yield f"asset.{name} is made of {part!r}, which has no level; give it one"
    for i, keep in enumerate(bounds.keep):
        there = binding.asset[keep.asset].absent is None
        if keep.at_least is not None and there and not binding.parts_of(keep.asset):
            yield f"keep[{i}] is about the level of {keep.asset!r}; declare its level, start and cap"
    labelled: dict[str, ActBinding | ToolBinding] = {
        **{f"act[{i}]": act for i, act in enumerate(binding.act)},
        **{f"tool.{name}": tool for name, tool in binding.tool.items()},
    }
    for place, each in labelled.items():
        changes = (LOWERS | RAISES) & set(listed(each.effect))
        for budget in each.charges.keys() - (bounds.budget.keys() - {"calls"}):
            yield f"{place} charges {budget!r}; the bounds have no such budget, or count it themselves"
        asking = [(f"forbid[{i}]", rule.effect, rule.on) for i, rule in enumerate(bounds.forbid)]
        asking += [(f"approve[{i}]", rule.effect, rule.on) for i, rule in enumerate(bounds.approve)]
        for rule, verbs, on in asking:
            escaped = set(listed(each.effect)) & set(verbs) if on and each.asset is None else ()
            for verb in sorted(escaped):
                yield f"{place} does {verb!r} to no asset, so {rule} cannot ask to which; name it"
        for asset in each.needs:
            if not binding.parts_of(asset):
                yield f"{place} needs {asset!r}, which has no level; declare it"
        for asset in assets_of(each):
            if asset not in binding.asset or binding.asset[asset].absent is not None:
                yield f"{place} acts on {asset!r}, which is not there; declare it"
            elif changes and binding.asset[asset].of:
                yield f"{place} changes {asset!r}, which is made of others; name the one that it changes"


def assets_of(each: ActBinding | ToolBinding) -> tuple[str, ...]:
    """The assets that an act or a call may concern."""
    asset = each.asset
    if isinstance(asset, ByKey):
        return (*asset.table.values(), asset.else_)
    if isinstance(asset, ByPath):
        return tuple(asset.longest_root.values())
    if isinstance(asset, ByUrl):
        return (asset.asset,)
    return listed(asset)
