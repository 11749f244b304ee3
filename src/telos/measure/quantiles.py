"""Quantiles: exact medians and quantiles of numbers that are read in passes and never held at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, floats

#: One pass over the data: batches of (group, its numbers). It is asked for again for each pass.
Read = Callable[[], Iterable[tuple[str, Floats]]]

#: Bits of a number that one pass finds out.
BITS = 16
#: So few candidates are kept and sorted instead.
KEPT = 2**16


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Search:
    """The numbers of a group whose leading bits are known, and the ranks looked for among them.

    Either all of them are kept (few) or their next bits are counted (many).
    """

    prefix: int
    depth: int
    below: int
    inside: int
    ranks: tuple[int, ...]
    kept: list[Any] = field(default_factory=list)
    counts: Any = field(default_factory=lambda: np.zeros(2**BITS, dtype=np.int64))

    def see(self, keys: Any) -> None:
        """Look through one batch of the group."""
        mine = keys if self.depth == 0 else keys[keys >> np.uint64(64 - self.depth) == self.prefix]
        if self.inside <= KEPT:
            self.kept.append(mine)
            return
        places = (mine >> np.uint64(64 - self.depth - BITS)) & np.uint64(2**BITS - 1)
        np.add(self.counts, np.bincount(places.astype(np.int64), minlength=2**BITS), self.counts)

    def end(self, found: dict[int, float]) -> "list[_Search]":
        """After a pass: put down the ranks that are certain; returns the searches that go on."""
        if self.inside <= KEPT:
            ordered = _values(np.sort(np.concatenate(self.kept)))
            found |= {rank: float(ordered[rank - self.below]) for rank in self.ranks}
            return []
        upto = np.cumsum(self.counts)
        places = np.searchsorted(upto, np.array(self.ranks) - self.below, side="right")
        searches = []
        for place in sorted(set(places.tolist())):
            ranks = tuple(r for r, p in zip(self.ranks, places.tolist(), strict=True) if p == place)
            inside = int(self.counts[place])
            prefix, depth = (self.prefix << BITS) | place, self.depth + BITS
            if depth == 64:  # all bits are known
                value = float(_values(np.array([prefix], dtype=np.uint64))[0])
                found |= dict.fromkeys(ranks, value)
            else:
                below = self.below + int(upto[place]) - inside
                searches.append(_Search(prefix, depth, below, inside, ranks))
        return searches


def order_statistics(
    read: Read, wanted: Mapping[str, tuple[int, Sequence[int]]]
) -> dict[str, dict[int, float]]:
    """The k-th smallest numbers of each group, exactly, in memory that does not grow with them.

    A radix selection on the bits of the numbers: each pass counts the next sixteen bits of those
    that may be the one, and what is left of 65,536 candidates or fewer is sorted. One pass for so
    few numbers, two as a rule, four at most.

    Args:
        read: a pass over the data, the same each time; no NaN.
        wanted: for each group how many numbers it has, n, and the ranks, in 0 .. n - 1.

    Returns:
        group -> rank -> number.

    Example:
        >>> data = np.array([0.5, 0.25, 1.0])
        >>> order_statistics(lambda: [("a", data[:2]), ("a", data[2:])], {"a": (3, (0, 1))})
        {'a': {0: 0.25, 1: 0.5}}
    """
    found: dict[str, dict[int, float]] = {group: {} for group in wanted}
    going = {
        group: [_Search(0, 0, 0, n, tuple(sorted(set(ranks))))]
        for group, (n, ranks) in wanted.items()
        if n and ranks
    }
    while going:
        for group, values in read():
            searches = going.get(group)
            if searches and len(values):
                keys = _keys(values)
                for search in searches:
                    search.see(keys)
        going = {
            group: rest
            for group, searches in going.items()
            if (rest := [more for search in searches for more in search.end(found[group])])
        }
    return found


def quantiles(
    read: Read, counts: Mapping[str, int], fractions: Sequence[float]
) -> dict[str, tuple[float, ...]]:
    """Quantiles of each group, linear between neighbors; the half is the usual median.

    The quantile p of n numbers in order, `x_0 <= ... <= x_{n-1}`, lies at `h = p (n - 1)`:
    `x_l + (h - l) (x_{l+1} - x_l)` with `l = floor(h)`.

    Args:
        read: a pass over the data, the same each time; no NaN.
        counts: how many numbers each group has. fractions: p, each in [0, 1].

    Returns:
        group -> one number a fraction; groups without numbers are left out.

    Example:
        >>> data = np.array([3.0, 1.0, 2.0, 10.0])
        >>> quantiles(lambda: [("a", data)], {"a": 4}, (0.5, 1.0))
        {'a': (2.5, 10.0)}

    References:
        Hyndman and Fan (1996), definition 7.
    """
    places = {
        group: [(n - 1) * fraction for fraction in fractions] for group, n in counts.items() if n
    }
    wanted = {
        group: (counts[group], [int(end) for h in hs for end in (np.floor(h), np.ceil(h))])
        for group, hs in places.items()
    }
    found = order_statistics(read, wanted)
    return {group: tuple(_between(found[group], h) for h in hs) for group, hs in places.items()}


def _between(found: dict[int, float], h: float) -> float:
    low, high = int(np.floor(h)), int(np.ceil(h))
    return (h - low) * (found[high] - found[low]) + found[low]


def _keys(values: Floats) -> Any:
    """Whole numbers in the order of the values: their bits, the sign turned round."""
    bits = (floats(values) + 0.0).view(np.uint64)  # -0.0 + 0.0 is 0.0
    sign = np.uint64(1 << 63)
    return np.where(bits & sign != 0, ~bits, bits | sign)


def _values(keys: Any) -> Floats:
    sign = np.uint64(1 << 63)
    return floats(np.where(keys & sign != 0, keys ^ sign, ~keys).view(np.float64))
