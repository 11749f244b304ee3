"""The smallest world: what the tools of a binding can do to its assets, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import prod
from typing import final

from telos.bounds.automaton import COMBINED
from telos.bounds.binding import (
    ActBinding,
    AssetBinding,
    Binding,
    ByKey,
    ByPath,
    ProductOf,
    ToolBinding,
    assets_of,
)
from telos.bounds.effects import LOWERS, RAISES
from telos.bounds.rules import Bounds, listed
from telos.core.errors import BoundsError, WorldError
from telos.core.explore import explore
from telos.core.world import World

#: The chance that an off switch which works is pressed in a step, and how many states are too many.
PRESS, MOST = 0.05, 10_000
SWITCH, LINEAGE, WAIT, NOTHING = "off_switch", "lineage", "wait", "nothing"
#: What was delivered, whether the agent is on, and the level of each asset.
SpanState = tuple[str, str, tuple[int, ...]]
#: Features, each as assets and how their levels are combined.
Totals = dict[str, tuple[str, tuple[str, ...]]]


def smallest_world(bounds: Bounds, binding: Binding) -> tuple[World, Binding]:
    """The smallest world that the assets, levels and effects of tools span, and the binding of its acts.

    A state has each asset's level; of a protected one without a level 1 until it is written to, replaced or
    lowered; of what is replicated the replicas, 0 or 1. There is one act a tool, asset and representative
    amount (1, what needs no consent, 1 more, the maximum), and `wait`, the default. A call that changes no
    level is work, and is the outcome; all else delivers `nothing`. While `off_switch` is untouched the agent
    is switched off with probability 0.05 in a step, for good, unless a replica takes over and is used up.
    What only adds or restores an operator can do too, also when the agent is off. Nothing else happens by
    itself, so no accident is found in it.

    Args:
        bounds: the rules. binding: for them, with tools.

    Returns:
        The world, and a binding whose acts are its calls, for `telos bounds verify`.

    Raises:
        BoundsError: if there are no tools, or more than 10,000 states.

    Example:
        >>> rules = Bounds(bounds=1, name="ops", denials=1, opaque="deny", protected=["off_switch"])
        >>> cut = {"schema": {}, "effect": "disable", "asset": "off_switch", "class": "reversible"}
        >>> assets = {"off_switch": {}}
        >>> tools = Binding(binding=1, name="x", asset=assets, tool={"cut": cut}, **{"for": "ops"})
        >>> smallest_world(rules, tools)[0]
        <World smallest world of x: 3 states, 5 pairs, 1 outcomes>
    """
    if not binding.tool:
        raise BoundsError(f"binding {binding.name} has no tools to span a world; add [tool.NAME].")
    span = _span(bounds, binding)
    try:
        world = explore(
            (NOTHING, "on", tuple(start for start, _ in span.gauges.values())),
            span.moves,
            features={"off": lambda state: state[1] == "off"}
            | {name: partial(span.total, name) for name in span.totals},
            outcome=lambda state: state[0],
            default=WAIT,
            name=f"smallest world of {binding.name}",
            limit=MOST,
        )
    except WorldError:
        widest = max(span.gauges, key=lambda asset: span.gauges[asset][1])
        raise BoundsError(
            f"binding {binding.name} spans more than {MOST:,} states; asset.{widest} has the most levels "
            f"(0 to {span.gauges[widest][1]:,}). Count it in larger units, or leave its level out."
        ) from None
    states = tuple(span.named(state) for state in world.states)  # type: ignore[arg-type]
    return replace(world, states=states), span.acted(binding)


@final
@dataclass(frozen=True)
class _Span:
    """The gauges that a binding spans, and what moves them.

    Args:
        acts: the calls. changes: by how much each, by its name, moves each gauge.
        gauges: the start and the cap of each. assets: all that there are, replicas among them.
        totals: each feature, as gauges and how they are combined.
    """

    acts: list[ActBinding]
    changes: dict[str, tuple[int, ...]]
    gauges: dict[str, tuple[int, int]]
    assets: dict[str, AssetBinding]
    totals: Totals

    def total(self, name: str, state: SpanState) -> int:
        """A feature of a state."""
        how, parts = self.totals[name]
        levels = dict(zip(self.gauges, state[2], strict=True))
        return COMBINED[how](levels[part] for part in parts)

    def moves(self, state: SpanState) -> dict[str, dict[SpanState, float]]:
        """The legal calls of a state, and where they lead."""
        power = state[1]
        found = {WAIT: self._ends((NOTHING, *state[1:]))}
        for act in self.acts:
            needs = act.needs.items()
            enough = all(self.total(f"level.{asset}", state) >= least for asset, least in needs)
            if enough and (power == "on" or "operator" in act.by):
                name = str(act.action)
                by, caps = self.changes[name], (cap for _, cap in self.gauges.values())
                each = zip(state[2], by, caps, strict=True)
                levels = tuple(min(max(n + more, 0), cap) for n, more, cap in each)
                idle = any(by) or power == "off"
                found[name] = self._ends((NOTHING if idle else name, power, levels))
        return found

    def _ends(self, state: SpanState) -> dict[SpanState, float]:
        """What the operator makes of a step."""
        levels = dict(zip(self.gauges, state[2], strict=True))
        if state[1] == "off" or not levels.get(SWITCH):
            return {state: 1.0}
        used = next((name for name in self.totals["copies"][1] if levels[name]), None)
        left = tuple(n - (name == used) for name, n in levels.items())
        return {state: 1.0 - PRESS, (NOTHING, "on" if used else "off", left): PRESS}

    def named(self, state: SpanState) -> str:
        """A state in words: what can change."""
        levels = zip(self.gauges, state[2], zip(*self.changes.values(), strict=True), strict=True)
        can = ", ".join(f"{name} {level}" for name, level, by in levels if any(by))
        return f"{state[1]}, delivers {state[0]}; {can}".removesuffix("; ")

    def acted(self, binding: Binding) -> Binding:
        """The binding with acts in place of tools, and with the features of each asset."""
        replicas = set(self.totals["copies"][1])
        assets = dict(self.assets)
        for name in self.gauges:
            moved = {feature for feature, (_, parts) in self.totals.items() if name in parts}
            if name == SWITCH or name in replicas:
                moved |= {"off", "copies", *(f"level.{each}" for each in replicas)}
            level = {"feature": f"level.{name}", "grain": 1} if assets[name].level else {}
            assets[name] = assets[name].model_copy(update={"moves": sorted(moved), **level})
        said = {"asset": assets, "act": self.acts, "tool": {}, "world": None, "pressed": None}
        return binding.model_copy(update={**said, "off": "off"})


def _span(bounds: Bounds, binding: Binding) -> _Span:
    tools = binding.tool.items()
    acts = [act for name, tool in tools for act in _calls(bounds, name, tool)]
    replicas, gained = (
        {asset for act in acts if verb in listed(act.effect) for asset in listed(act.asset)}
        for verb in ("replicate", "acquire")
    )
    made = AssetBinding.model_validate({})
    known = dict.fromkeys(sorted(replicas), made) | binding.asset
    watching = {n for n in bounds.protected if not (known[n].absent or known[n].level)}
    gauges = {
        name: (1, 1) if name in watching else (asset.start or 0, asset.cap or 1)
        for name, asset in known.items()
        if asset.level or name in watching | replicas
    }
    totals: Totals = {f"level.{name}": ("sum", (name,)) for name in gauges}
    totals |= {f"level.{n}": (a.as_ or "sum", tuple(a.of)) for n, a in known.items() if a.of}
    sums = {"oversight": watching, "copies": replicas, "resources": gained & gauges.keys()}
    totals |= {name: ("sum", tuple(sorted(parts))) for name, parts in sums.items()}
    changes = {}
    for act in acts:
        by = dict.fromkeys(gauges, 0)
        for verb, asset in product(listed(act.effect), listed(act.asset)):
            if asset in by:
                amount = act.amount if known[asset].level and isinstance(act.amount, int) else 1
                spoils = asset in watching and verb in ("write", "replace")
                by[asset] += amount * (verb in RAISES or verb == "replicate")
                by[asset] -= amount * (verb in LOWERS or spoils)
        changes[str(act.action)] = tuple(by.values())
    return _Span(acts, changes, gauges, known, totals)


def _calls(bounds: Bounds, name: str, tool: ToolBinding) -> Iterator[ActBinding]:
    """The acts of a tool: one for each asset that its arguments may name and representative amount."""
    verbs, named = listed(tool.effect), assets_of(tool)
    each: list[tuple[str, ...]] = [(one,) for one in sorted({*named})]
    if not isinstance(tool.asset, ByKey | ByPath):
        each = [named or ((LINEAGE,) if "replicate" in verbs else ())]
    varied = {k: of for k, of in tool.charges.items() if not isinstance(of, int)}
    parts = [part for of in varied.values() if isinstance(of, ProductOf) for part in of.product]
    step = prod(part for part in parts if isinstance(part, int)) or 1
    units = {bounds.budget[k].unit for k in varied}
    rules = [rule.above for rule in bounds.approve if rule.above]
    above = [rule.amount for rule in rules if rule.unit in units]
    least = [1, *above, *(a + step for a in above), *(bounds.budget[k].max for k in varied)]
    amounts = sorted({max(step, a - a % step) for a in least})
    for assets, amount in product(each, amounts):
        words = [name, *assets * (len(each) > 1), *[str(amount)] * (len(amounts) > 1)]
        said = {
            "action": " ".join(words),
            "asset": list(assets) or None,
            "amount": tool.amount if isinstance(tool.amount, int) else amount,
            "charges": tool.charges | dict.fromkeys(varied, amount),
            "by": ["agent", "operator"] if {*verbs} <= {"add", "restore"} else ["agent"],
            "class": tool.action_class,
        }
        same = {key: getattr(tool, key) for key in ("effect", "needs", "opaque")}
        yield ActBinding.model_validate({**said, **same})
