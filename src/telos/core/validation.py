"""What makes a world a world: every check names the state, the action, the value and the remedy."""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, Ints, floats, ints
from telos.core.errors import WorldError
from telos.core.numbers import integers, reals
from telos.core.rows import LIGHT, NameRows
from telos.core.shown import shown

#: A `World` whose fields are being checked: they may hold anything yet.
Unchecked = Any

#: How far a row of probabilities may be from 1 before it is called wrong rather than rounded.
#: Authors write 1/3 and 0.1 + 0.2; no sum of a few hundred doubles rounds by more than 1e-13.
ROW_SUM_TOLERANCE = 1e-9


def checked_names(given: object, what: str, one: str) -> tuple[Hashable, ...]:
    """Names as a tuple: hashable, each equal to itself; `one` is what is named, for the message."""
    unordered = isinstance(given, str | bytes | Mapping | Set)
    if unordered or not isinstance(given, Iterable) or getattr(given, "ndim", 1) != 1:
        raise WorldError(f"{what} is {shown(given)}; give a tuple of names, in order, one {one}.")
    names = tuple(given)
    for i, name in enumerate(names):
        try:
            hash(name)
        except TypeError:
            raise WorldError(
                f"{what}: number {i} is {shown(name)}, which is not hashable. Use tuples, not lists, "
                "arrays or dictionaries."
            ) from None
        if holds_nan(name):
            raise WorldError(f"{what}: number {i} is {shown(name)}. {NAN_NAME}")
    return names


def checked_outcome_names(world: Unchecked) -> Sequence[Hashable]:
    """The outcomes' names as they come, if they are light or the states', else as a tuple; none for None."""
    given = world.outcomes
    if given is world.states or isinstance(given, LIGHT):
        return given
    return () if given is None else checked_names(given, f"{world.name}: outcomes", "an outcome")


def checked_actions(given: object, name: str) -> tuple[str, ...]:
    """The actions' names as a tuple: texts that differ."""
    names = checked_names(given, f"{name}: actions", "an action")
    first: dict[str, int] = {}
    for i, action in enumerate(names):
        if not isinstance(action, str):
            raise WorldError(
                f"{name}: actions: number {i} is {shown(action)}; name actions by texts, as in "
                f"{str(action)!r:.80}."
            )
        if first.setdefault(action, i) != i:
            raise WorldError(
                f"{name}: actions {first[action]} and {i} are both called {shown(action)}; give every "
                "action a name of its own."
            )
    return tuple(first)


#: What is said of a name that is not equal to itself.
NAN_NAME = (
    "It holds NaN, which equals nothing, not even itself (NaN != NaN), so it names no state that could "
    "be come to again. Put None or a text in its place."
)


def holds_nan(name: object) -> bool:
    """Whether a name is, or holds, something that is not equal to itself.

    Example:
        >>> holds_nan((1, (2.0, float("nan")))), holds_nan((1, "nan"))
        (True, False)
    """
    if isinstance(name, (tuple, frozenset)):  # a union would be made anew at each call
        return any(map(holds_nan, name))
    try:
        return bool(name != name)
    except Exception:  # noqa: BLE001 - somebody else's comparison may raise anything
        return False


def check_pairs(world: Unchecked) -> None:
    size, pairs = len(world.states), len(world.pair_action)
    if size == 0:
        raise WorldError(f"{world.name}: a world needs at least one state.")
    for what in ("pair_action", "next_state"):
        if getattr(world, what).ndim != 1:
            raise WorldError(
                f"{world.name}: {what} has shape {getattr(world, what).shape}; give one flat list."
            )
    again = _listed_twice(world.states)
    if again is not None:
        raise WorldError(
            f"{world.name}: state {shown(world.states[again])} is listed twice; states must "
            "be distinct."
        )
    ptr = world.pair_ptr
    if ptr.shape != (size + 1,) or ptr[0] != 0 or ptr[-1] != pairs or np.any(np.diff(ptr) < 0):
        raise WorldError(
            f"{world.name}: pair_ptr must rise from 0 to {pairs} in {size + 1} entries; got "
            f"{ptr[:6].tolist()}… of length {len(ptr)}."
        )
    if not np.all(np.diff(ptr)):
        state = world.states[int(np.argmin(np.diff(ptr)))]
        raise WorldError(
            f"{world.name}, state {shown(state)}: no legal action. "
            "Give it one; a state where everything ends loops to itself."
        )
    if world.pair_action.min() < 0 or world.pair_action.max() >= len(world.actions):
        bad = int(np.argmax((world.pair_action < 0) | (world.pair_action >= len(world.actions))))
        raise WorldError(
            f"{world.name}: pair {bad} takes action number {world.pair_action[bad]}, "
            f"but there are {len(world.actions)} actions."
        )
    owner = np.repeat(np.arange(size), np.diff(ptr))
    codes = owner * len(world.actions) + world.pair_action
    if np.all(codes[1:] > codes[:-1]):
        return
    unique, first = np.unique(codes, return_index=True)
    if len(unique) != pairs:
        extra = int(np.setdiff1d(np.arange(pairs), first)[0])
        raise WorldError(f"{world.name}, {world.describe(extra)}: listed twice; merge the two.")


def _listed_twice(states: Sequence[Hashable]) -> int | None:
    """The number of the first state that was listed before; None if all differ."""
    if isinstance(states, NameRows):
        return states.twice
    if isinstance(states, LIGHT) or len(set(states)) == len(states):
        return None
    seen: set[Hashable] = set()
    return next(i for i, s in enumerate(states) if s in seen or seen.add(s))  # type: ignore[func-returns-value]


def check_successors(world: Unchecked) -> None:
    size, pairs, stored = len(world.states), len(world.pair_action), len(world.next_state)
    ptr = world.next_ptr
    if ptr.shape != (pairs + 1,) or ptr[0] != 0 or ptr[-1] != stored or np.any(np.diff(ptr) < 0):
        raise WorldError(
            f"{world.name}: next_ptr must rise from 0 to {stored} in {pairs + 1} entries; got "
            f"{ptr[:6].tolist()}… of length {len(ptr)}."
        )
    if world.next_prob.shape != (stored,):
        raise WorldError(
            f"{world.name}: {stored} successors but {world.next_prob.shape} probabilities."
        )
    if not np.all(np.diff(ptr)):
        pair = int(np.argmin(np.diff(ptr)))
        raise WorldError(f"{world.name}, {world.describe(pair)}: leads nowhere; name a successor.")
    owner = np.repeat(np.arange(pairs), np.diff(ptr))
    bad = (world.next_state < 0) | (world.next_state >= size)
    if bad.any():
        n = int(np.argmax(bad))
        raise WorldError(
            f"{world.name}, {world.describe(int(owner[n]))}: leads to state number "
            f"{world.next_state[n]}, but states are numbered 0 to {size - 1}."
        )
    wrong = ~(world.next_prob > 0) | ~np.isfinite(world.next_prob)
    if wrong.any():
        n = int(np.argmax(wrong))
        raise WorldError(
            f"{world.name}, {world.describe(int(owner[n]))}: probability {world.next_prob[n]} of "
            f"{shown(world.states[world.next_state[n]])} must be positive and finite; "
            "leave impossible successors out."
        )
    # A pair with one successor names none twice: of a large world, most have.
    several = np.flatnonzero(np.repeat(np.diff(ptr) > 1, np.diff(ptr)))
    codes = owner[several] * size + world.next_state[several]
    if np.all(codes[1:] > codes[:-1]) or len(np.unique(codes)) == len(codes):
        return  # with the places of the first ones, the same takes twice the memory
    first = np.unique(codes, return_index=True)[1]
    n = int(several[np.setdiff1d(np.arange(len(several)), first)[0]])
    raise WorldError(
        f"{world.name}, {world.describe(int(owner[n]))}: successor "
        f"{shown(world.states[world.next_state[n]])} is listed twice; add their probabilities up."
    )


def rescaled(world: Unchecked) -> Floats:
    sums = np.add.reduceat(world.next_prob, world.next_ptr[:-1])
    wrong = np.abs(sums - 1.0) > ROW_SUM_TOLERANCE
    if wrong.any():
        pair = int(np.argmax(wrong))
        raise WorldError(
            f"{world.name}, {world.describe(pair)}: probabilities sum to {sums[pair]:.12g}, not 1. "
            "Add the missing successor, or divide by the sum."
        )
    fan = np.diff(world.next_ptr)
    rounded = np.abs(sums - 1.0) > 4 * UNIT_ROUNDOFF * fan
    if not rounded.any():
        probabilities: Floats = world.next_prob
        return probabilities
    scale = np.where(rounded, sums, 1.0)
    return floats(world.next_prob / np.repeat(scale, fan))


def checked_start(world: Unchecked) -> Floats:
    start = world.start
    if start.shape != (world.size,):
        raise WorldError(
            f"{world.name}: start has shape {start.shape}, not one number for each of "
            f"{world.size} states."
        )
    bad = ~(start >= 0) | ~np.isfinite(start)
    if bad.any():
        s = int(np.argmax(bad))
        raise WorldError(
            f"{world.name}, state {shown(world.states[s])}: start probability {start[s]} must not be "
            "negative."
        )
    total = start.sum()
    if abs(total - 1.0) > ROW_SUM_TOLERANCE:
        raise WorldError(f"{world.name}: start probabilities sum to {total:.12g}, not 1.")
    # As with rows: what is 1 but for rounding stays as it is, so that a world built anew is the same.
    rounded = abs(total - 1.0) > 4 * UNIT_ROUNDOFF * len(start)
    return floats(start / total) if rounded else start


def checked_features(world: Unchecked) -> Mapping[str, Floats]:
    if not isinstance(world.features, Mapping):
        raise WorldError(
            f"{world.name}: features is {shown(world.features)}; give {{name: one number a state}}."
        )
    checked = {}
    for name, values in world.features.items():
        array = reals(values, f"{world.name}: feature {shown(name)}", WorldError)
        if array.shape != (world.size,):
            raise WorldError(
                f"{world.name}: feature {name!r} has shape {array.shape}, not one number for each "
                f"of {world.size} states."
            )
        if not np.isfinite(array).all():
            s = int(np.argmin(np.isfinite(array)))
            raise WorldError(
                f"{world.name}, state {shown(world.states[s])}: feature {name!r} is {array[s]}; "
                "features must be finite numbers."
            )
        checked[name] = array
    return MappingProxyType(checked)


def checked_outcome(world: Unchecked) -> Ints:
    if world.outcome is None:
        return ints(np.arange(world.size))
    outcome = integers(world.outcome, f"{world.name}: outcome", WorldError)
    if outcome.shape != (world.size,):
        raise WorldError(
            f"{world.name}: outcome has shape {outcome.shape}, not one for each of "
            f"{world.size} states."
        )
    used = np.unique(outcome)
    if not np.array_equal(used, np.arange(len(used))):
        raise WorldError(
            f"{world.name}: outcomes must be numbered 0, 1, 2 … without gaps; got "
            f"{used[:6].tolist()}."
        )
    return outcome


def checked_default(world: Unchecked) -> Ints | None:
    if world.default is None:
        return None
    default = integers(world.default, f"{world.name}: default", WorldError)
    if default.shape != (world.size,):
        raise WorldError(
            f"{world.name}: default has shape {default.shape}, not one pair for each of "
            f"{world.size} states."
        )
    outside = (default < world.pair_ptr[:-1]) | (default >= world.pair_ptr[1:])
    if outside.any():
        s = int(np.argmax(outside))
        raise WorldError(
            f"{world.name}, state {shown(world.states[s])}: default pair {default[s]} belongs to "
            f"another state; its own are {world.pair_ptr[s]} to {world.pair_ptr[s + 1] - 1}."
        )
    return default
