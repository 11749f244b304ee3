"""Tally: how many goals are in each category, and how strongly they agree."""

from dataclasses import dataclass
from typing import Self, final

from telos.core.reading import Category, Reading


@final
@dataclass(frozen=True)
class Tally:
    """Counts of goals by category; tallies of several readings add up.

    Args:
        n: number of goals.
        required, indifferent, declined: how many are in each category; they sum to n.

    Example:
        >>> Tally(3, 2, 0, 1) + Tally(1, 1, 0, 0)
        Tally(n=4, required=3, indifferent=0, declined=1)
    """

    n: int = 0
    required: int = 0
    indifferent: int = 0
    declined: int = 0

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """The tally of one reading."""
        kinds = (Category.REQUIRED, Category.INDIFFERENT, Category.DECLINED)
        counts = (int((reading.category == kind).sum()) for kind in kinds)
        return cls(len(reading.category), *counts)

    def __add__(self, other: "Tally") -> "Tally":
        """The tally of both populations together."""
        return Tally(
            self.n + other.n,
            self.required + other.required,
            self.indifferent + other.indifferent,
            self.declined + other.declined,
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
