"""Bins: doses put together, with useless (exactly nothing) in a bin of its own."""

from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.errors import ProblemError

#: A dose is a share of the range of values: below this it is a rounding of nothing.
TIE = 1e-9


def tied(dose: Floats, tie: float = TIE) -> Bools:
    """B[n], whether a dose is nothing but rounding."""
    return np.asarray(np.abs(dose) <= tie)


@final
@dataclass(frozen=True)
class Bins:
    """Bins of doses: those below and above nothing, divided at the cuts, and nothing itself.

    Bin k holds the doses between two neighbors of `sorted(cuts + (0,))`, the one further from
    0 included, and the bin of 0 holds the doses with `|dose| <= tie`.

    Args:
        cuts: where to divide further, in shares of the range of values; none within `tie` of 0.
        tie: >= 0.

    Raises:
        ProblemError: if a cut is not finite, or within `tie` of 0, or comes twice.

    Example:
        >>> Bins((0.1,)).names
        ('below 0', '0', '0 to 0.1', 'above 0.1')
        >>> Bins((0.1,)).of(np.array([-0.3, 0.0, 0.1, 0.2, np.nan])).tolist()
        [0, 1, 2, 3, -1]
    """

    cuts: tuple[float, ...] = (0.1,)
    tie: float = TIE

    def __post_init__(self) -> None:
        for cut in self.cuts:
            if not np.isfinite(cut) or abs(cut) <= self.tie or self.cuts.count(cut) > 1:
                raise ProblemError(
                    f"bins: a cut at {cut:g} among {self.cuts}; give different finite cuts, none "
                    f"within {self.tie:g} of 0, which is a bin already."
                )

    @property
    def _below(self) -> list[float]:
        return sorted(cut for cut in self.cuts if cut < 0)

    @property
    def _above(self) -> list[float]:
        return sorted(cut for cut in self.cuts if cut > 0)

    @property
    def count(self) -> int:
        """How many bins there are."""
        return len(self.cuts) + 3

    @property
    def zero(self) -> int:
        """The number of the bin of 0."""
        return len(self._below) + 1

    @property
    def names(self) -> tuple[str, ...]:
        """A word or two for each bin, from the lowest doses to the highest."""

        def side(ends: list[float]) -> list[str]:
            return [f"{a:g} to {b:g}" for a, b in pairwise(ends)]

        below, above = [*self._below, 0.0], [0.0, *self._above]
        return (
            f"below {below[0]:g}", *side(below), "0", *side(above), f"above {above[-1]:g}",
        )  # fmt: skip

    def of(self, dose: Floats) -> Ints:
        """I[n], the bin of each dose; -1 for NaN."""
        dose = np.asarray(dose, dtype=np.float64)
        low = np.searchsorted(self._below, dose, side="right")
        high = self.zero + 1 + np.searchsorted(self._above, dose, side="left")
        found = np.where(dose < 0, low, high)
        found = np.where(tied(dose, self.tie), self.zero, found)
        return ints(np.where(np.isnan(dose), -1, found))
