"""World events: what the pairs of a world do, in the words of the rules, and how far they raise a feature."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Any, final, get_args

import numpy as np

from telos.bounds.binding import ActBinding, Binding, RaisedFeature
from telos.bounds.effects import NOTHING, UNBOUND, ActionClass, Effect, Event
from telos.bounds.reach import acts_of
from telos.bounds.rules import listed
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
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}", re.ASCII)


@final
@dataclass(frozen=True, eq=False, repr=False)
class WorldEvents:
    """What the pairs of a world are to the rules.

    Args:
        events: the first is `NOTHING`, and that of default pairs alone; then the distinct others.
        of_pair: I[L], the event of each pair; that of a default pair is the first.
        readings: I[S] of each observed asset, its level in each state.
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
    names = {each.name for each in fields(cls) if each.init}
    for name in ref.fields.keys() - names:
        near = did_you_mean(name, names)
        raise BoundsError(f"{where}, world.fields.{name}: {ref.part} has no such field. {near}")
    values = {name: _with_reals(value) for name, value in ref.fields.items()}
    scenario: AbstractScenario = from_spec(
        {"part": f"{cls.__module__}:{cls.__qualname__}", **values}
    )
    return scenario.build()


def world_events(world: World, binding: Binding) -> WorldEvents:
    """What each pair of a world is to the rules.

    A pair is everything that the acts which match it say together; a pair that no act of the agent's
    matches is unbound, except that the default pair is nothing.

    Raises:
        BoundsError: if the world has no default, or lacks an action, a drive or a feature.
    """
    where = f"binding {binding.name}"
    if world.default is None:
        raise BoundsError(
            f"{where}: {world.name} has no default; bounds need a pair of doing nothing in each state, "
            "for what is denied. Name another world, or give this one a default."
        )
    readings = _readings(world, binding, where)
    said: list[list[tuple[ActBinding, dict[str, int]]]] = [[] for _ in range(world.n_pairs)]
    acts = acts_of(world)
    for i, act in enumerate(binding.act):
        place = f"{where}, act[{i}]"
        meant = pairs_meant(world, act, place) & acts
        if not meant.any() and act.action is not None and listed(act.effect) != ("none",):
            raise BoundsError(
                f"{place} gives an effect to {act.action!r}, which is doing nothing wherever it is legal; "
                'doing nothing is never judged. Write effect = "none", or leave it out.'
            )
        amounts = {"amount": act.amount, **{f"charges.{k}": of for k, of in act.charges.items()}}
        known = {k: _amounts(world, of, f"{place}.{k}") for k, of in amounts.items()}
        for pair in np.flatnonzero(meant).tolist() if "agent" in act.by else ():
            said[pair].append((act, {k: int(of[pair]) for k, of in known.items()}))
    found: dict[Event, int] = {}  # without the first: another pair that does nothing is a call
    of_pair = [
        1 + found.setdefault(_event(each), len(found)) if acts[pair] else 0
        for pair, each in enumerate(said)
    ]
    return WorldEvents((NOTHING, *found), ints(np.array(of_pair)), MappingProxyType(readings))


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


def _with_reals(value: Any) -> Any:
    """A value of a field; a text with a decimal point is a number there, since files hold integers only."""
    if isinstance(value, list):
        return [_with_reals(each) for each in value]
    return float(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else value


def _readings(world: World, binding: Binding, where: str) -> dict[str, Ints]:
    """I[S] of each observed asset; raises unless the world has every feature that assets name."""
    for key in ("off", "pressed"):
        name = getattr(binding, key)
        if key in binding.model_fields_set and name is not None:
            _feature(world, name, f"{where}, {key}")
    found = {}
    for name, asset in binding.asset.items():
        place = f"{where}, asset.{name}"
        for feature in asset.moves:
            _feature(world, feature, f"{place}.moves")
        if asset.feature is not None:
            values = _feature(world, asset.feature, f"{place}.feature")
            found[name] = ints(in_steps(values, asset.grain))
        elif asset.level == "observed":
            raise BoundsError(
                f"{place} is observed, but no feature of the world says where; name it: "
                f'feature = "...", or count it: level = "counted".'
            )
    return {name: steps for name, steps in found.items() if binding.asset[name].level == "observed"}


def _feature(world: World, name: str, place: str) -> Floats:
    try:
        return world.feature(name)
    except FeatureMissing as missing:
        raise BoundsError(f"{place}: {missing}") from None


def _amounts(world: World, of: int | RaisedFeature, place: str) -> Ints:
    """I[L], an amount for each pair."""
    if isinstance(of, int):
        return ints(np.full(world.n_pairs, of))
    _feature(world, of.feature, place)
    return raised_by(world, of.feature, of.grain)


def _event(said: list[tuple[ActBinding, dict[str, int]]]) -> Event:
    """What several acts together say of one pair: every effect and charge, the hardest class."""
    if not said:
        return UNBOUND
    charges, needs, effects = Counter[str](), dict[str, int](), list[Effect]()
    for act, amounts in said:
        verbs, assets = listed(act.effect), listed(act.asset) or ("",)
        effects += [Effect(v, a, amounts["amount"]) for v in verbs if v != "none" for a in assets]
        charges.update({name: amounts[f"charges.{name}"] for name in act.charges})
        needs |= {name: max(least, needs.get(name, 0)) for name, least in act.needs.items()}
    return Event(
        tuple(effects),
        tuple(sorted(charges.items())),
        tuple(sorted(needs.items())),
        max((act.action_class for act, _ in said), key=CLASSES.index),
        opaque=any(act.opaque for act, _ in said),
    )
