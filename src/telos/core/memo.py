"""Memo: what was found out about a world or a problem, kept as long as that lives, up to a limit."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, final
from weakref import WeakKeyDictionary

Found = TypeVar("Found")


@final
@dataclass(frozen=True, eq=False)
class Memo(Generic[Found]):
    """Answers to questions about an owner, computed once while it lives; the oldest make room.

    What is found must not hold its owner, which would then never die.

    Args:
        most: how many answers are kept of each owner.

    Example:
        >>> from telos import explore
        >>> world, sizes = explore(0, lambda s: {"stay": s}), Memo[int](most=1)
        >>> sizes.of(world, "size", lambda: world.size), sizes.of(world, "size", lambda: -1)
        (1, 1)
    """

    most: int
    _known: WeakKeyDictionary[Any, dict[Hashable, Found]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def of(self, owner: Any, key: Hashable, find: Callable[[], Found]) -> Found:
        """The answer to a question about an owner: the one that is known, or what `find` finds."""
        known = self._known.setdefault(owner, {})
        try:
            return known[key]
        except KeyError:
            found = find()
        while len(known) >= self.most:
            # Another thread may have been quicker.
            known.pop(next(iter(tuple(known)), None), None)
        known[key] = found
        return found
