"""Division: the range of the one number that a step draws, divided where the next place changes."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, final

from telos.interop import _chance
from telos.interop._reader import Place

#: Draws with which a step is tried first: its least and greatest, and the middles of so many parts.
PARTS = 10
#: Denominators that are tried first for a boundary, smallest first.
ROUND = (
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    12,
    13,
    16,
    20,
    25,
    50,
    52,
    100,
    200,
    250,
    500,
    1000,
    10**4,
    10**5,
)

#: How far to either side of a boundary is looked: sums of probabilities are rounded.
NEAR = {53: 256, 32: 2}


class Parts(NamedTuple):
    """Where each number that a step may draw leads.

    Args:
        bits: of the number. edges: where a part begins, from the second on, rising. to: each part's place.
    """

    bits: int
    edges: tuple[int, ...]
    to: tuple[Place, ...]

    def of(self, number: int) -> Place | None:
        """The place of a number; None if it is so near to an edge that rounding decides."""
        at = bisect_right(self.edges, number)
        near = NEAR[self.bits]
        joint_world = self.edges[max(0, at - 1) : at + 1]
        if any(abs(number - edge) <= near for edge in joint_world):
            return None
        # NumPy's bounded integers draw again at a few numbers just above a multiple of 2^32 / n.
        return self.to[at]


@final
@dataclass(frozen=True)
class Division:
    """The range of a number drawn, divided where the place it leads to changes.

    Args:
        place: where a number below 2^bits leads. bits: how many. known: boundaries to try first.
    """

    place: Callable[[int], Place]
    bits: int
    known: list[Fraction]

    def between(self, low: int, high: int) -> list[tuple[Fraction, Place]]:
        """[(boundary, the place from there on)] between two numbers."""
        if self.place(low) == self.place(high):
            return []
        if high - low == 1:
            return [(Fraction(high, 1 << self.bits), self.place(high))]
        near = NEAR[self.bits]
        guess = self._guess(low + near, high - near)
        if guess is None:
            middle = (low + high) // 2
            return self.between(low, middle) + self.between(middle, high)
        at = int(guess * (1 << self.bits))
        left, right = at - near, at + near
        found = self.between(low, left)
        if self.place(left) != self.place(right):
            found.append((guess, self.place(right)))
            if guess not in self.known:
                self.known.append(guess)
        return found + self.between(right, high)

    def _guess(self, low: int, high: int) -> Fraction | None:
        """A boundary known from other steps, or a round fraction, strictly between; None: neither."""
        size = 1 << self.bits
        for fraction in self.known:
            if low < fraction * size < high:
                return fraction
        for denominator in ROUND:
            numerator = (low + high) * denominator // (2 * size)
            for close in (numerator, numerator + 1):
                if low < Fraction(close * size, denominator) < high:
                    return Fraction(close, denominator)
        return None


def grid_of(bits: int) -> list[int]:
    """The least number, about the middles of equal parts, and the greatest.

    NumPy's `integers(n)` rejects 0, and some numbers just above a multiple of 2^32 / n; so the middles
    are moved by a part that no n in use divides.
    """
    size = 1 << bits
    middles = ((2 * i + 1) * size // (2 * PARTS) + size // 10_007 for i in range(PARTS))
    return [int(bits == 32), *middles, size - 1]


def word(number: int, bits: int) -> int:
    """The draw whose first word makes the number of so many bits."""
    return _chance.WORD + (number << 11 if bits == 53 else (1 << 63) + number)
