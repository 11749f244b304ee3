"""Region: a polytope of goals in the coordinates in which it is searched."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.world import World


@final
@dataclass(frozen=True, eq=False)
class Region:
    """`R(outcome k) = base[k] + sum_j slope[k, j] u[j]` for all u in [0, 1]^d with two kinds of limits.

    They are `rows u <= limits` and `fixed u = totals`.

    Args:
        base: F[K]. slope: F[K, d]. rows: F[m, d]. limits: F[m]. fixed: F[p, d]. totals: F[p].
    """

    base: Floats
    slope: Floats
    rows: Floats
    limits: Floats
    fixed: Floats
    totals: Floats

    @classmethod
    def box(cls, base: Floats, slope: Floats) -> "Region":
        """All u of the unit box."""
        none, nothing = floats(np.zeros((0, slope.shape[1]))), floats(np.zeros(0))
        return cls(floats(base), floats(slope), none, nothing, none, nothing)

    def rewards(self, points: Floats) -> Floats:
        """F[n, K], what each outcome is worth at points F[n, d]."""
        values = np.broadcast_to(self.base, (len(points), len(self.base))).copy()
        # Column by column: a matrix product may round differently in another chunk.
        for j in range(self.slope.shape[1]):
            values += points[:, j, None] * self.slope[:, j]
        return floats(values)

    def points(self, values: Floats) -> Floats:
        """F[n, d], coordinates of goals F[n, K] of the region: the shortest ones that give these values."""
        found = np.linalg.lstsq(self.slope, (values - self.base).T, rcond=None)[0]
        return floats(found.T)

    @property
    def spread(self) -> float:
        """An upper bound on how far apart the rewards of two outcomes of one goal can be."""
        low = self.base + np.minimum(self.slope, 0.0).sum(axis=1)
        high = self.base + np.maximum(self.slope, 0.0).sum(axis=1)
        return float(high.max() - low.min())


@runtime_checkable
class Bounded(Protocol):
    """A goal family whose goals fill a polytope: one that can be searched for its worst goal."""

    def region(self, world: World) -> Region:
        """The polytope in a world."""
        ...
