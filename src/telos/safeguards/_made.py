"""Worlds made by safeguards, built once for each world and safeguard, whatever the chunk of goals."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from telos.core.extend import Extension
from telos.core.parts import AbstractSafeguard
from telos.core.world import World

_known: "WeakKeyDictionary[World, dict[AbstractSafeguard, Extension]]" = WeakKeyDictionary()


def made(
    world: World, safeguard: AbstractSafeguard, build: Callable[[World], Extension]
) -> Extension:
    """What `build(world)` makes, remembered as long as the world lives.

    Args:
        world: the world before the safeguard. safeguard: whose doing it is; hashable by its fields.
        build: makes the new world.

    Returns:
        The new world and what its states and pairs stand for.
    """
    known = _known.setdefault(world, {})
    if safeguard not in known:
        known[safeguard] = build(world)
    return known[safeguard]
