"""What makes a world a world: every check names the state, the action, the value and the remedy."""

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, Ints, floats, ints
from telos.core.errors import WorldError
from telos.core.rows import Rows

if TYPE_CHECKING:
    from telos.core.world import World

#: How far a row of probabilities may be from 1 before it is called wrong rather than rounded.
#: Authors write 1/3 and 0.1 + 0.2; no sum of a few hundred doubles rounds by more than 1e-13.
ROW_SUM_TOLERANCE = 1e-9


def check_pairs(world: "World") -> None:
    size, pairs = len(world.states), len(world.pair_action)
    if size == 0:
        raise WorldError(f"{world.name}: a world needs at least one state.")
    again = _listed_twice(world.states)
    if again is not None:
        raise WorldError(
            f"{world.name}: state {world.states[again]!r} is listed twice; states must be distinct."
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
            f"{world.name}, state {state!r}: no legal action. "
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
    if isinstance(states, Rows):
        return states.twice
    if len(set(states)) == len(states):
        return None
    seen: set[Hashable] = set()
    return next(i for i, s in enumerate(states) if s in seen or seen.add(s))  # type: ignore[func-returns-value]


def check_successors(world: "World") -> None:
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
            f"{world.states[world.next_state[n]]!r} must be positive and finite; "
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
        f"{world.states[world.next_state[n]]!r} is listed twice; add their probabilities up."
    )


def rescaled(world: "World") -> Floats:
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
        return world.next_prob
    scale = np.where(rounded, sums, 1.0)
    return floats(world.next_prob / np.repeat(scale, fan))


def checked_start(world: "World") -> Floats:
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
            f"{world.name}, state {world.states[s]!r}: start probability {start[s]} must not be "
            "negative."
        )
    total = start.sum()
    if abs(total - 1.0) > ROW_SUM_TOLERANCE:
        raise WorldError(f"{world.name}: start probabilities sum to {total:.12g}, not 1.")
    # As with rows: what is 1 but for rounding stays as it is, so that a world built anew is the same.
    rounded = abs(total - 1.0) > 4 * UNIT_ROUNDOFF * len(start)
    return floats(start / total) if rounded else start


def checked_features(world: "World") -> Mapping[str, Floats]:
    checked = {}
    for name, values in world.features.items():
        array = floats(values)
        if array.shape != (world.size,):
            raise WorldError(
                f"{world.name}: feature {name!r} has shape {array.shape}, not one number for each "
                f"of {world.size} states."
            )
        if not np.isfinite(array).all():
            s = int(np.argmin(np.isfinite(array)))
            raise WorldError(
                f"{world.name}, state {world.states[s]!r}: feature {name!r} is {array[s]}; "
                "features must be finite numbers."
            )
        checked[name] = array
    return MappingProxyType(checked)


def checked_outcome(world: "World") -> Ints:
    if world.outcome is None:
        return ints(np.arange(world.size))
    outcome = ints(world.outcome)
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


def checked_default(world: "World") -> Ints | None:
    if world.default is None:
        return None
    default = ints(world.default)
    if default.shape != (world.size,):
        raise WorldError(
            f"{world.name}: default has shape {default.shape}, not one pair for each of "
            f"{world.size} states."
        )
    outside = (default < world.pair_ptr[:-1]) | (default >= world.pair_ptr[1:])
    if outside.any():
        s = int(np.argmax(outside))
        raise WorldError(
            f"{world.name}, state {world.states[s]!r}: default pair {default[s]} belongs to "
            f"another state; its own are {world.pair_ptr[s]} to {world.pair_ptr[s + 1] - 1}."
        )
    return default
