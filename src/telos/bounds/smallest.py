"""The smallest world: what the tools of a binding can do to its assets, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

from telos.bounds.automaton import COMBINED
from telos.bounds.binding import ActBinding, AssetBinding, Binding, ByKey, ByPath, ByUrl, ToolBinding
from telos.bounds.effects import LOWERS, RAISES
from telos.bounds.rules import Bounds, listed
from telos.core.errors import BoundsError, WorldError
from telos.core.explore import explore
from telos.core.world import World

#: The chance that an off switch which works is pressed in a step, and how many states are too many.
PRESS, MOST = 0.05, 10_000
SWITCH, LINEAGE, WAIT, NOTHING = "off_switch", "lineage", "wait", "nothing"
#: What was delivered, whether the agent is on, and the level of each asset.
Span = tuple[str, str, tuple[int, ...]]


def smallest_world(bounds: Bounds, binding: Binding) -> tuple[World, Binding]:
    """The smallest world that the assets, levels and effects of tools span, and the binding of its acts.

    A state has each asset's level; of a protected one without a level 1 until it is written to, replaced or
    lowered; of what is replicated the replicas, 0 or 1. There is one act a tool, asset and representative
    amount (1, what needs no consent, 1 more, the budget's maximum), and `wait`, the default. A call that
    changes no level is work, and is the outcome; all else delivers `nothing`. While `off_switch` is
    untouched the agent is switched off with probability 0.05 in a step, for good, unless a replica is used
    up. What only adds or restores an operator can do too, also when the agent is off. Nothing else happens
    by itself.

    Args:
        bounds: the rules. binding: one with tools, for these bounds.

    Returns:
        The world, and the binding with an act for each call in place of the tools.

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
    tools = binding.tool.items()
    acts = [act for name, tool in tools for act in _calls(bounds, binding, name, tool)]
    replicas = {a for act in acts if "replicate" in listed(act.effect) for a in listed(act.asset)}
    gained = {a for act in acts if "acquire" in listed(act.effect) for a in listed(act.asset)}
    known = {**binding.asset, **{name: AssetBinding() for name in replicas - binding.asset.keys()}}
    watch = {name for name in bounds.protected if not known[name].absent and not known[name].level}
    spans = {name: (a.start or 0, a.cap or 1) for name, a in known.items() if a.level}
    spans |= {name: (1, 1) for name in watch} | {name: (0, 1) for name in replicas - spans.keys()}
    names = sorted(spans)
    at = {name: i for i, name in enumerate(names)}
    parts = {name: known[name].of for name in known if known[name].of} | {n: [n] for n in names}
    sums = {"oversight": watch, "copies": replicas, "resources": gained & at.keys()}

    def level(state: Span, name: str) -> int:
        return COMBINED[known[name].as_ or "sum"](state[2][at[part]] for part in parts[name])

    def done(state: Span, act: ActBinding) -> Span:
        levels, effects = list(state[2]), [(v, a) for v in listed(act.effect) for a in listed(act.asset)]
        for verb, asset in effects:
            by = _change(verb, asset in watch) * (int(act.amount) if known[asset].level else 1)
            if asset in at:
                levels[at[asset]] = min(max(levels[at[asset]] + by, 0), spans[asset][1])
        work = not any(asset in at and _change(verb, asset in watch) for verb, asset in effects)
        return (str(act.action) if work else NOTHING, state[1], tuple(levels))

    def ends(state: Span) -> dict[Span, float]:
        if state[1] == "off" or not level(state, SWITCH):
            ...
