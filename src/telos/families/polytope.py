"""Polytope goals: all rewards within linear limits, written in weights of one's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.digests import digests
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.region import Region
from telos.core.streams import goal_streams, keyed_draws
from telos.core.world import World
from telos.families import _draws

Table = tuple[tuple[float, ...], ...]

#: Steps of hit-and-run for one goal, for each dimension of the polytope.
STEPS = 30


@final
@dataclass(frozen=True)
class Polytope(AbstractGoalFamily):
    """`R(outcome) = basis[outcome] . w` for all w in [low, high]^d with `rows w <= limits`.

    Without rows the weights are iid uniform; with rows goals are close to uniform over the polytope
    (hit-and-run from the center of its largest ball). The revision is a second draw.

    Args:
        rows, limits: F[m, d] and F[m].
        basis: F[K, d], what there is to each outcome; none: the identity, so that w are the rewards.
        low, high: the limits of a weight, finite, low < high.

    Raises:
        GoalsError: if a table is ragged or not finite, or the limits are wrong; when used, if a table
            does not fit the world or the polytope has no inside.

    Example:
        >>> from telos import worlds
        >>> world = worlds.OffSwitch(rooms=1).build()  # gate, off, hall, room
        >>> rooms = Polytope(basis=((0,), (0,), (0,), (1,)), low=-1.0)
        >>> rooms.region(world).slope.ravel().tolist()
        [0.0, 0.0, 0.0, 2.0]

    References:
        Smith (1984), Efficient Monte Carlo procedures for generating points uniformly distributed over
        bounded regions.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    rows: Table = ()
    limits: tuple[float, ...] = ()
    basis: Table = ()
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("rows", "basis"):
            put(self, name, _table(name, getattr(self, name)))
        put(self, "limits", tuple(value for (value,) in _table("limits", zip(self.limits))))
        _draws.check_interval(self)
        if len(self.limits) != len(self.rows):
            raise GoalsError(
                f"Polytope: {len(self.rows)} rows but {len(self.limits)} limits; give one limit a row."
            )

    def region(self, world: World) -> Region:
        """One coordinate a weight."""
        basis = np.array(self.basis) if self.basis else np.eye(world.n_outcomes)
        if len(basis) != world.n_outcomes:
            raise GoalsError(
                f"Polytope: basis has {len(basis)} rows, but {world.name} has {world.n_outcomes} "
                "outcomes; give one row an outcome."
            )
        width, size = basis.shape[1], self.high - self.low
        rows = np.array(self.rows).reshape(len(self.rows), -1 if self.rows else width)
        if rows.shape[1] != width:
            raise GoalsError(
                f"Polytope: rows limit {rows.shape[1]} weights, but there are {width}."
            )
        box = Region.box(floats(basis.sum(axis=1) * self.low), floats(basis * size))
        limits = floats(np.array(self.limits) - rows.sum(axis=1) * self.low)
        return Region(box.base, box.slope, floats(rows * size), limits, box.fixed, box.totals)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        region = self.region(world)
        width = region.slope.shape[1]
        if not self.rows:
            keys = digests(range(width)) if self.basis else _draws.outcome_keys(world)
            points = keyed_draws(rng, keys, n, first=first)
        else:
            middle, streams = _middle(region), goal_streams(rng, n, first=first)
            points = floats([[_walk(region, middle, each) for _ in "ab"] for each in streams])
        values = region.rewards(floats(points.reshape(2 * n, width)))
        return _draws.goals_on(world, floats(values.reshape(n, 2, -1)), first)


def _faces(region: Region) -> tuple[Floats, Floats]:
    """All inequalities of a region, those of the unit box included."""
    width = region.slope.shape[1]
    rows = np.vstack([region.rows, np.eye(width), -np.eye(width)])
    return floats(rows), floats(np.concatenate([region.limits, np.ones(width), np.zeros(width)]))


def _middle(region: Region) -> Floats:
    """F[d], the center of the largest ball inside the region."""
    from scipy.optimize import linprog

    rows, limits = _faces(region)
    reach = np.linalg.norm(rows, axis=1)[:, None]
    cost = np.append(np.zeros(rows.shape[1]), -1.0)
    found = linprog(cost, A_ub=np.hstack([rows, reach]), b_ub=limits, method="highs")
    if found.status or found.x[-1] <= 1e-9:
        raise GoalsError("Polytope: the set has no inside to draw goals from; widen its limits.")
    return floats(found.x[:-1])


def _walk(region: Region, start: Floats, rng: np.random.Generator) -> Floats:
    """F[d], where a hit-and-run walk from `start` comes to (Smith 1984)."""
    point, width = np.array(start), len(start)
    rows, limits = _faces(region)
    for _ in range(STEPS * width):
        way = rng.standard_normal(width)
        slope, room = rows @ way, np.maximum(limits - rows @ point, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(slope > 0, room / slope, np.inf).min()
            near = np.where(slope < 0, room / slope, -np.inf).max()
        point += (near + (far - near) * rng.random()) * way
    return floats(point)


def _table(field: str, given: Iterable[Iterable[float]]) -> Table:
    table = tuple(tuple(float(value) for value in row) for row in given)
    if table and (not table[0] or len({len(row) for row in table}) > 1):
        raise GoalsError(f"Polytope: {field} is ragged; give rows of one length.")
    if not all(np.isfinite(row).all() for row in table):
        raise GoalsError(f"Polytope: {field} holds numbers that are not finite.")
    return table
