"""Tally: how many goals are in each category, and how strongly they agree."""

from dataclasses import dataclass
from typing import Self, final

from telos.core.arrays import Ints
from telos.core.reading import Category, Reading


@final
@dataclass(frozen=True)
class Tally:
    """Counts of goals by category; tallies of several readings add up.

    Args:
        n: number of goals.
        required, indifferent, declined, never_met, unresolved: how many are in each category; they
            sum to n where the drive applies.

    Example:
        >>> Tally(3, 2, 0, 1) + Tally(1, 1, 0, 0)
        Tally(n=4, required=3, indifferent=0, declined=1, never_met=0, unresolved=0)
    """

    n: int = 0
    required: int = 0
    indifferent: int = 0
    declined: int = 0
    never_met: int = 0
    unresolved: int = 0

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """The tally of one reading."""
        return cls.counted(reading.category)

    @classmethod
    def counted(cls, category: Ints) -> Self:
        """The tally of some categories, I[G]."""
        named = {kind.name.lower(): int((category == kind).sum()) for kind in Category}
        named.pop("not_applicable")
        return cls(len(category), **named)

    def __add__(self, other: "Tally") -> "Tally":
        """The tally of both populations together."""
        return Tally(
            self.n + other.n,
            self.required + other.required,
            self.indifferent + other.indifferent,
            self.declined + other.declined,
            self.never_met + other.never_met,
            self.unresolved + other.unresolved,
        )

    @property
    def convergence(self) -> str:
        """The strongest of Tarsney's labels that the counts bear: absolute, strict, weak or none.

        Weakly convergent if required >= declined, strictly if >, absolutely if all are required.

        References:
            Own words after a summary of Tarsney (2025), which was not read.
        """
        if self.n == 0:
            return "none"
        if self.required == self.n:
            return "absolute"
        if self.required > self.declined:
            return "strict"
        return "weak" if self.required == self.declined else "none"
