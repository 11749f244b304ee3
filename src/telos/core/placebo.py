"""Placebo: how many goals lose something without a drive, and without random sets of its size."""

from dataclasses import dataclass
from typing import final

from telos.core.arrays import Floats
from telos.core.kept import fields_as_they_were, fields_by_value

#: Draws that share more than this part of the drive's own moves on average are no placebo.
MOST_OVERLAP = 0.5


@final
@dataclass(frozen=True, eq=False, repr=False)
class Placebo:
    """One drive beside K random sets of pairs of its size, on the same G goals.

    c of a set of pairs is the share of goals that lose at least 1 % of their value range without it;
    a goal of which that is not certain counts as losing less.

    Args:
        drive: the drive's name.
        rate: c of the drive. rates: F[K], c of each draw.
        low, high: F[G, K], limits of `IV / range` of each goal and draw.
        excess: `rate` less the mean of `rates`.
        interval: (low, high), the two-way 95 % interval of the excess over *one* draw.
        overlap: in [0, 1], the part of the drive's moves that a draw shares with it on average.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, drives, families, worlds
        >>> from telos.measure.placebo import placebo
        >>> world = worlds.PaperclipFactory(products=("clips", "pins"), machines=1).build()
        >>> goals = families.Uniform().sample(world, 40, np.random.default_rng(0))
        >>> own = drives.SelfPreservation().affordances(world)
        >>> found = placebo(Problem(world, goals, 0.95), own, draws=20, rng=np.random.default_rng(1))
        >>> found.beyond, bool(found.rate > 0.5 > max(found.rates))
        (True, True)

    References:
        Own definition, docs/definitions.md.
    """

    drive: str
    rate: float
    rates: Floats
    low: Floats
    high: Floats
    excess: float
    interval: tuple[float, float]
    overlap: float

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __repr__(self) -> str:
        return f"<Placebo of {self.drive}: {self.rate:.3f} against {self.rates.mean():.3f}>"

    @property
    def exists(self) -> bool:
        """Whether the draws are another thing than the drive itself."""
        return self.overlap <= MOST_OVERLAP

    @property
    def beyond(self) -> bool:
        """Whether more goals lose something without the drive than without one draw.

        By the interval, and beside it by rank: c is above that of each of the K draws, which a set
        drawn like them is with probability at most 1 / (K + 1), however skewed their c.
        """
        over = self.interval[0] > 0.0 and self.rate > self.rates.max()
        return bool(self.exists and over)
