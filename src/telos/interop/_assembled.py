"""A model that was read, whatever its format: transitions, labels and rewards become a world and goals."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats, Ints
from telos.core.errors import WorldError
from telos.core.world import World
from telos.interop._explicit_world import (
    MOST_NUMBERS,
    allowances,
    compressed,
    features_of,
    labeled_start,
    named_default,
)
from telos.interop._transitions import Transitions, with_loops
from telos.interop.rewards import RewardedModel, paid

#: The names and the values of variables, one tuple of values a state.
Table = tuple[list[str], list[tuple[int | bool, ...]]]


class Found(NamedTuple):
    """What a file or an object of Storm says.

    Args:
        path: how messages call it. name: how the world is called.
        read: its transitions.
        labels: {label: the states that carry it}.
        rewards: {name: (F[S] or None, F[L] or None)}, what states and choices pay.
        table: its variables, if it has any.
    """

    path: str
    name: str
    read: Transitions
    labels: dict[str, Ints]
    rewards: dict[str, tuple[Floats | None, Floats | None]]
    table: Table | None = None


def assembled(found: Found, default: str, allow: str | Iterable[str]) -> RewardedModel:
    """The world and the goals.

    Args:
        found: what was read. default: the action of doing nothing, or "".
        allow: ``deadlocks``, ``several starts``: what is otherwise refused.

    Raises:
        WorldError: naming the place, the value and the remedy.
    """
    allowed = allowances(found.path, allow)
    stuck = found.read.stuck
    places = found.read.pair_ptr[stuck]
    read = with_loops(found.path, found.read, allowed="deadlocks" in allowed)
    check_width(found.path, len(found.rewards), read.size)
    fields = compressed(read, None, {})
    world = World.from_arrays(
        **fields,
        start=labeled_start(found.path, read, found.labels, "several starts" in allowed),
        states=found.table[1] if found.table else None,
        features=features_of(found.path, read.size, found.labels, found.table, {}),
        default=named_default(found.path, default, fields),
        name=found.name,
    )
    if not found.rewards:
        return RewardedModel(world, None, world)
    rewards = np.zeros((len(found.rewards), world.n_pairs))
    for row, (of_state, of_choice) in zip(rewards, found.rewards.values(), strict=True):
        if of_state is not None:
            row += of_state[world.pair_state]
        if of_choice is not None:
            row += np.insert(of_choice, places, 0.0)
    return paid(world, rewards, tuple(found.rewards))


def check_width(path: str, count: int, size: int) -> None:
    """A header may name more reward models than there is memory for.

    Raises:
        WorldError: if so.
    """
    if count * size > MOST_NUMBERS:
        raise WorldError(
            f"{path}: {count} rewards of {size} states, more than {MOST_NUMBERS} numbers; leave some out."
        )
