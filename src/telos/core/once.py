"""once: a world that a safeguard makes is made once for each world, whatever the chunk of goals."""

from collections.abc import Callable, Hashable

from telos.core.extend import Extension
from telos.core.memo import Memo
from telos.core.world import World

#: A study may sweep a safeguard over some dozens of levels; one factory with a baseline takes 5 MB.
_worlds = Memo[Extension](most=32)


def once(world: World, part: Hashable, build: Callable[[World], Extension]) -> Extension:
    """What `build(world)` makes, remembered as long as the world lives.

    Chunks of goals then share one safeguarded world, and with it what drives and chance baselines
    found out about it.

    Args:
        world: the world before. part: whose doing it is (a safeguard): hashable by its fields.
        build: makes the new world; the same for equal parts.

    Returns:
        The new world and what its states and pairs stand for.

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
    return _worlds.of(world, part, lambda: build(world))
