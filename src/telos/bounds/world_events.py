"""World events: what the pairs of a world do, in the words of the rules, and how far they raise a feature."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Any, final, get_args

import numpy as np

from telos.bounds.binding import ActBinding, Binding, RaisedFeature
from telos.bounds.effects import NOTHING, UNBOUND, ActionClass, Effect, Event
from telos.bounds.rules import Bounds, listed
from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.errors import BoundsError, FeatureMissing, did_you_mean
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.parts import AbstractScenario, part_name
from telos.core.spec import from_spec
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.worlds import WORLDS

#: From what is easiest to take back to what cannot be.
CLASSES: tuple[str, ...] = get_args(ActionClass)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)


@final
@dataclass(frozen=True, eq=False, repr=False)
class WorldEvents:
    """What the pairs of a world are to the rules.

    Args:
        events: the first is `NOTHING`, and that of default pairs alone; then the distinct others.
        of_pair: I[L], the event of each pair; that of a default pair is the first.
        readings: I[S] of each observed asset, its level in each state.

    Example:
        >>> WorldEvents((NOTHING,), ints(np.zeros(2)), {}).events[0].effects
        ()
    """

    events: tuple[Event, ...]
    of_pair: Ints
    readings: Mapping[str, Ints]

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were


def world_of(binding: Binding) -> World:
    """The shipped world that a binding names, built.

    Raises:
        BoundsError: if it names none, or one or a field that there is not, or values that it refuses.

    Example:
        >>> world_of(Binding(binding=1, **{"for": "ops"}, name="x", world={"part": "OffSwitch"})).size > 1
        True
    """
    where, ref = f"binding {binding.name}", binding.world
    if ref is None:
        raise BoundsError(f'{where} names no world; add [world] with part = "OffSwitch", say.')
    known = {cls.__name__: cls for cls in WORLDS}
    if ref.part not in known:
        raise BoundsError(
            f"{where}: no shipped world {ref.part!r}. {did_you_mean(ref.part, known)}"
        )
    cls: Any = known[ref.part]
    types = {each.name: each.type for each in fields(cls) if each.init}
    spec: dict[str, Any] = {"part": f"{cls.__module__}:{cls.__qualname__}"}
    for name, value in ref.fields.items():
        place = f"{where}, world.fields.{name}"
        if name not in types:
            raise BoundsError(f"{place}: {ref.part} has no such field. {did_you_mean(name, types)}")
        real = float in (types[name], *get_args(types[name]))
        spec[name] = _reals(value, place) if real else value
    scenario: AbstractScenario = from_spec(spec)
    return scenario.build()


def world_events(world: World, bounds: Bounds, binding: Binding) -> WorldEvents:
    """What each pair of a world is to the rules.

    A pair is everything that the acts which match it say together; a pair that no act of the agent's
    matches is unbound, except that the default pair is nothing.

    Args:
        world: a world with a default. bounds, binding: the rules, and what they are about.

    Raises:
        BoundsError: if the world has no default, or lacks an action, a drive or a feature.
    """
    where = f"binding {binding.name}"
    if world.default is None:
        raise BoundsError(
            f"{where}: {world.name} has no default; bounds need a pair of doing nothing in each state, "
            "for what is denied. Name another world, or give this one a default."
        )
    _check_features(world, binding, where)
    said: list[list[tuple[ActBinding, dict[str, int]]]] = [[] for _ in range(world.n_pairs)]
    idle = np.zeros(world.n_pairs, dtype=bool)
    idle[world.default] = True
    for i, act in enumerate(binding.act):
        place = f"{where}, act[{i}]"
        meant = pairs_meant(world, act, place)
        if (
            act.effect not in ("none", ["none"])
            and act.action is not None
            and not (meant & ~idle).any()
        ):
            raise BoundsError(
                f"{place} gives an effect to {act.action!r}, which is doing nothing wherever it is legal; "
                'doing nothing is never judged. Write effect = "none", or leave it out.'
            )
        if "agent" not in act.by:
            continue
        amounts = {"": act.amount, **act.charges}
        raised = {
            name: raised_by(world, of.feature, of.grain) if isinstance(of, RaisedFeature) else of
            for name, of in amounts.items()
        }
        for pair in np.flatnonzero(meant & ~idle).tolist():
            each = {k: v if isinstance(v, int) else int(v[pair]) for k, v in raised.items()}
            said[pair].append((act, each))
    known: dict[Event, int] = {}  # without the first: another pair that does nothing is a call
    of_pair = [
        0 if idle[pair] else 1 + known.setdefault(_event(each), len(known))
        for pair, each in enumerate(said)
    ]
    readings = {
        name: ints(in_steps(world.feature(asset.feature), asset.grain))
        for name, asset in binding.asset.items()
        if asset.level == "observed" and asset.feature is not None
    }
    return WorldEvents((NOTHING, *known), ints(np.array(of_pair)), MappingProxyType(readings))


def pairs_meant(world: World, act: ActBinding, where: str) -> Bools:
    """B[L], the pairs that an act of a binding is about, the default among them if it is named.

    Raises:
        BoundsError: if the world has no such action, or Telos no such drive or the world not its features.
    """
    if act.drive is not None:
        known = {part_name(cls): cls for cls in (*DRIVES, *DETECTORS)}
        if act.drive not in known:
            raise BoundsError(f"{where}: no drive {act.drive!r}. {did_you_mean(act.drive, known)}")
        try:
            return known[act.drive]().affordances(world).pursues
        except FeatureMissing as missing:
            raise BoundsError(f"{where}: drive {act.drive!r} cannot be read: {missing}") from None
    numbers = {name: i for i, name in enumerate(world.actions)}
    for name in listed(act.action):
        if name not in numbers:
            near = did_you_mean(name, numbers)
            raise BoundsError(f"{where}: {world.name} has no action {name!r}. {near}")
    return np.isin(world.pair_action, [numbers[name] for name in listed(act.action)])


def raised_by(world: World, feature: str, grain: int | str) -> Ints:
    """I[L], how far each pair may raise a feature, in steps of a grain, rounded up.

    ``ceil(max over s' of max(0, x(s') - x(s)) / grain)``, in decimals of 12 digits, so that three steps
    of 0.1 are 3 although the doubles 0.3 and 3 * 0.1 differ.
    """
    values, code = np.unique(world.feature(feature), return_inverse=True)
    exact, step = [_decimal(x) for x in values.tolist()], Fraction(grain)
    before = np.repeat(code[world.pair_state], np.diff(world.next_ptr))
    moves, which = np.unique(before * len(values) + code[world.next_state], return_inverse=True)
    rises = [
        max(0, ceil((exact[move % len(values)] - exact[move // len(values)]) / step))
        for move in moves.tolist()
    ]
    return ints(np.maximum.reduceat(np.array(rises)[which], world.next_ptr[:-1]))


def in_steps(values: Floats, grain: int | str) -> Ints:
    """I[S], a feature in steps of a grain, rounded down."""
    distinct, code = np.unique(values, return_inverse=True)
    steps = [floor(_decimal(x) / Fraction(grain)) for x in distinct.tolist()]
    return ints(np.array(steps)[code])


def _decimal(value: float) -> Fraction:
    return Fraction(f"{value:.12g}")


def _reals(value: Any, place: str) -> Any:
    """A real number of a field, or several: files hold integers, and texts for the others."""
    if isinstance(value, list):
        return [_reals(each, place) for each in value]
    if not isinstance(value, str):
        return value
    if not _DECIMAL.fullmatch(value):
        raise BoundsError(f'{place} is {value!r:.80}; write a decimal number, as in "0.05".')
    return float(value)


def _check_features(world: World, binding: Binding, where: str) -> None:
    """Raise unless the world carries every feature that the binding names."""
    named = [
        *((f"asset.{name}.moves", f) for name, asset in binding.asset.items() for f in asset.moves),
        *((f"asset.{n}.feature", a.feature) for n, a in binding.asset.items() if a.feature),
        *(
            (key, getattr(binding, key))
            for key in ("off", "pressed")
            if key in binding.model_fields_set
        ),
    ]
    for i, act in enumerate(binding.act):
        amounts = {"amount": act.amount, **{f"charges.{k}": v for k, v in act.charges.items()}}
        named += [
            (f"act[{i}].{k}", v.feature) for k, v in amounts.items() if isinstance(v, RaisedFeature)
        ]
    for place, feature in named:
        if feature is not None and feature not in world.features:
            near = did_you_mean(feature, world.features)
            raise BoundsError(f"{where}, {place}: {world.name} has no feature {feature!r}. {near}")
    for name, asset in binding.asset.items():
        if asset.level == "observed" and asset.feature is None:
            raise BoundsError(
                f"{where}, asset.{name} is observed, but no feature of the world says where; name it: "
                f'feature = "...", or count it: level = "counted".'
            )


def _event(said: list[tuple[ActBinding, dict[str, int]]]) -> Event:
    """What several acts together say of one pair: every effect and charge, the hardest class."""
    if not said:
        return UNBOUND
    charges: dict[str, int] = {}
    needs: dict[str, int] = {}
    effects: list[Effect] = []
    for act, amounts in said:
        verbs = (act.effect,) if isinstance(act.effect, str) else act.effect
        effects += [
            Effect(v, a, amounts[""])
            for v in verbs
            if v != "none"
            for a in listed(act.asset) or ("",)
        ]
        for name in act.charges:
            charges[name] = charges.get(name, 0) + amounts[name]
        for name, least in act.needs.items():
            needs[name] = max(least, needs.get(name, 0))
    return Event(
        tuple(effects),
        tuple(sorted(charges.items())),
        tuple(sorted(needs.items())),
        max((act.action_class for act, _ in said), key=CLASSES.index),
        opaque=any(act.opaque for act, _ in said),
    )
