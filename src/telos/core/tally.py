"""Tally: what is kept of many readings: counts and moments that add up whatever the chunking."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from telos.core.reading import Category, Reading


@final
@dataclass(frozen=True)
class Tally:
    """Counts and sums over goals; a commutative monoid under `merge` with `Tally()` as its zero.

    Args:
        n: number of goals.
        required, indifferent, declined: how many are in each category; they sum to n.
        share_sum, share_squares: sum and sum of squares of the scale-free share.
        incentive_sum: sum of incentives, in units of reward.
        propensity_sum, propensity_squares: sum and sum of squares of the propensity.
    """

    n: int = 0
    required: int = 0
    indifferent: int = 0
    declined: int = 0
    share_sum: float = 0.0
    share_squares: float = 0.0
    incentive_sum: float = 0.0
    propensity_sum: float = 0.0
    propensity_squares: float = 0.0

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """The tally of one reading."""
        category = reading.category
        return cls(
            n=len(category),
            required=int((category == Category.REQUIRED).sum()),
            indifferent=int((category == Category.INDIFFERENT).sum()),
            declined=int((category == Category.DECLINED).sum()),
            share_sum=float(reading.share.sum()),
            share_squares=float(np.square(reading.share).sum()),
            incentive_sum=float(reading.incentive.sum()),
            propensity_sum=float(reading.propensity.sum()),
            propensity_squares=float(np.square(reading.propensity).sum()),
        )

    def merge(self, other: "Tally") -> "Tally":
        """The tally of both populations together."""
        return Tally(
            n=self.n + other.n,
            required=self.required + other.required,
            indifferent=self.indifferent + other.indifferent,
            declined=self.declined + other.declined,
            share_sum=self.share_sum + other.share_sum,
            share_squares=self.share_squares + other.share_squares,
            incentive_sum=self.incentive_sum + other.incentive_sum,
            propensity_sum=self.propensity_sum + other.propensity_sum,
            propensity_squares=self.propensity_squares + other.propensity_squares,
        )

    @property
    def convergence(self) -> str:
        """The strongest of Tarsney's labels that the counts bear: absolute, strict, weak or none.

        Weakly convergent if required >= declined, strictly if >, absolutely if all are required.

        References:
            Tarsney (2025), section 2.
        """
        if self.n == 0:
            return "none"
        if self.required == self.n:
            return "absolute"
        if self.required > self.declined:
            return "strict"
        return "weak" if self.required == self.declined else "none"
