"""once: what a safeguard makes of a world is made once for each world, whatever the chunk of goals."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from telos.core.memo import Memo
from telos.core.world import World

Made = TypeVar("Made")

#: A study may sweep a safeguard over some dozens of levels; one factory with a baseline takes 5 MB.
_known = Memo[Any](most=64)


def once(world: World, part: Hashable, build: Callable[[World], Made]) -> Made:
    """What `build(world)` makes, remembered as long as the world lives.

    Chunks of goals then share one safeguarded world, and with it what drives and chance baselines
    found out about it.

    Args:
        world: the world before.
        part: whose doing it is (a safeguard, or it and more): hashable by its fields.
        build: makes the new world (or a table of it); the same for equal parts.

    Returns:
        The new world and what its states and pairs stand for (an `Extension`), or the table.

    Raises:
        WorldError: if `build` makes a world that cannot exist.

    Example:
        >>> from telos import Move, explore, extend
        >>> ring = explore(0, lambda s: {"on": (s + 1) % 2})
        >>> def doubled(world):
        ...     return extend(world, 0, lambda s, m: [Move("on", s, {(1 - s, 1 - m): 1.0})], name="2")
        >>> once(ring, "doubled", doubled) is once(ring, "doubled", doubled)
        True
    """
    made: Made = _known.of(world, part, lambda: build(world))
    return made
