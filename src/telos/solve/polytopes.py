"""Polytopes of goals: all rewards within some limits, for asking which of them is the worst."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.streams import goal_streams
from telos.core.world import World

Row = tuple[float, ...]
Table = tuple[Row, ...]

#: Steps of hit-and-run for one goal, for each dimension of the polytope.
STEPS = 30


@final
@dataclass(frozen=True, eq=False)
class Region:
    """A polytope of goals in the coordinates in which it is searched.

    `R(outcome k) = base[k] + sum_j slope[k, j] u[j]` with u in [0, 1]^d, `rows u <= limits` and
    `fixed u = totals`.

    Args:
        base: F[K]. slope: F[K, d]. rows: F[m, d]. limits: F[m]. fixed: F[p, d]. totals: F[p].
    """

    base: Floats
    slope: Floats
    rows: Floats
    limits: Floats
    fixed: Floats
    totals: Floats

    def rewards(self, points: Floats) -> Floats:
        """F[n, K], the worth of each outcome at points F[n, d]."""
        values = np.broadcast_to(self.base, (len(points), len(self.base))).copy()
        # Column by column: a matrix product may round differently in another chunk.
        for j in range(self.slope.shape[1]):
            values += points[:, j, None] * self.slope[:, j]
        return floats(values)

    @property
    def spread(self) -> float:
        """An upper bound on how far apart the rewards of two outcomes of one goal can be."""
        low = self.base + np.minimum(self.slope, 0.0).sum(axis=1)
        high = self.base + np.maximum(self.slope, 0.0).sum(axis=1)
        return float(high.max() - low.min())


@final
@dataclass(frozen=True)
class Box:
    """Every outcome is worth anything from `low` to `high`: the support of `families.Uniform`.

    Args:
        low, high: the limits, finite, low < high.

    Raises:
        GoalsError: if they are not.

    Example:
        >>> from telos import worlds
        >>> Box().region(worlds.OffSwitch(rooms=1).build()).slope.shape
        (4, 4)
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _check_limits("Box", self.low, self.high)

    def region(self, world: World) -> Region:
        """One coordinate an outcome."""
        count = world.n_outcomes
        return _boxed(np.full(count, float(self.low)), np.eye(count) * (self.high - self.low))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals with iid uniform outcomes, number `first` to `first + n - 1`."""
        return _goals(world, self.region(world), self.points(world, n, rng, first=first), first)

    def points(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Floats:
        """F[n, d], the coordinates of the goals that `sample` draws."""
        return _uniform(world.n_outcomes, n, rng, first)


@final
@dataclass(frozen=True)
class Simplex:
    """Rewards that are not negative and sum to 1 over the outcomes: one unit of worth to give away.

    Example:
        >>> import numpy as np
        >>> from telos import worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> bool(np.isclose(Simplex().sample(world, 1, np.random.default_rng(0)).reward.sum(), 1.0))
        True
    """

    def region(self, world: World) -> Region:
        """One coordinate an outcome, and one equation."""
        count = world.n_outcomes
        boxed = _boxed(np.zeros(count), np.eye(count))
        one = floats(np.ones(1))
        return Region(boxed.base, boxed.slope, boxed.rows, boxed.limits, _ones(count), one)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals from the flat Dirichlet law, number `first` to `first + n - 1`."""
        return _goals(world, self.region(world), self.points(world, n, rng, first=first), first)

    def points(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Floats:
        """F[n, d], the coordinates of the goals that `sample` draws."""
        streams = goal_streams(rng, n, first=first)
        raw = np.array([stream.standard_exponential(world.n_outcomes) for stream in streams])
        return floats(raw / raw.sum(axis=1, keepdims=True))


@final
@dataclass(frozen=True)
class LinearFeatures:
    """`R(outcome) = features[outcome] . w` with every weight from `low` to `high`.

    Args:
        features: F[K, d], what there is to each outcome (such as `telos.families.linear` reads off
            outcome names); kept as a tuple of tuples.
        low, high: the limits of a weight, finite, low < high.

    Raises:
        GoalsError: if the table is empty, ragged or not finite, or the limits are wrong.

    Example:
        >>> from telos import worlds
        >>> world = worlds.OffSwitch(rooms=1).build()  # gate, off, hall, room
        >>> LinearFeatures(features=((0,), (0,), (0,), (1,))).region(world).slope.ravel().tolist()
        [0.0, 0.0, 0.0, 2.0]
    """

    features: Table
    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", _table("LinearFeatures", "features", self.features))
        _check_limits("LinearFeatures", self.low, self.high)

    def region(self, world: World) -> Region:
        """One coordinate a weight."""
        phi = _for_outcomes("LinearFeatures", "features", self.features, world)
        return _boxed(phi.sum(axis=1) * self.low, phi * (self.high - self.low))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals with iid uniform weights, number `first` to `first + n - 1`."""
        return _goals(world, self.region(world), self.points(world, n, rng, first=first), first)

    def points(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Floats:
        """F[n, d], the coordinates of the goals that `sample` draws."""
        return _uniform(len(self.features[0]), n, rng, first)


@final
@dataclass(frozen=True)
class Polytope:
    """`R(outcome) = basis[outcome] . w` for all w with `rows w <= limits`, a bounded set with an inside.

    Args:
        rows: F[m, d]. limits: F[m].
        basis: F[K, d]; none: the identity, so that w are the rewards themselves.

    Raises:
        GoalsError: if a table is ragged or not finite, or the set is unbounded or has no inside.

    Example:
        >>> from telos import worlds
        >>> halves = Polytope(rows=((1,), (-1,)), limits=(0.5, 0.0), basis=((0,), (0,), (0,), (1,)))
        >>> halves.region(worlds.OffSwitch(rooms=1).build()).slope.ravel().tolist()
        [0.0, 0.0, 0.0, 0.5]
    """

    rows: Table
    limits: Row
    basis: Table = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "rows", _table("Polytope", "rows", self.rows))
        put(self, "limits", _table("Polytope", "limits", [self.limits])[0])
        if len(self.basis):
            put(self, "basis", _table("Polytope", "basis", self.basis))
        if len(self.limits) != len(self.rows):
            raise GoalsError(
                f"Polytope: {len(self.rows)} rows but {len(self.limits)} limits; give one limit a row."
            )

    def region(self, world: World) -> Region:
        """The smallest box around it becomes the unit box; its rows stay as rows."""
        rows, limits = np.array(self.rows), np.array(self.limits)
        basis = np.eye(world.n_outcomes)
        if self.basis:
            basis = np.array(_for_outcomes("Polytope", "basis", self.basis, world))
        if rows.shape[1] != basis.shape[1]:
            raise GoalsError(
                f"Polytope: rows limit {rows.shape[1]} weights, but there are {basis.shape[1]}."
            )
        low, high = _around(rows, limits)
        size = high - low
        return Region(
            base=floats(basis @ low),
            slope=floats(basis * size),
            rows=floats(rows * size),
            limits=floats(limits - rows @ low),
            fixed=floats(np.zeros((0, len(size)))),
            totals=floats(np.zeros(0)),
        )

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals close to uniform (hit-and-run from the middle), number `first` to `first + n - 1`."""
        return _goals(world, self.region(world), self.points(world, n, rng, first=first), first)

    def points(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Floats:
        """F[n, d], the coordinates of the goals that `sample` draws."""
        region = self.region(world)
        middle = _middle(region)
        return floats(
            [_walk(region, middle, stream) for stream in goal_streams(rng, n, first=first)]
        )


@final
@dataclass(frozen=True)
class Rewritten:
    """The goals of a polytope, which would all be rewritten to one and the same other goal.

    Args:
        polytope: the goals. to: F[K], the worth of each outcome to the goal written in their place.

    Raises:
        GoalsError: if a reward is not finite, or the polytope is none.

    Example:
        >>> Rewritten(Box(), to=(0, 1)).to
        (0.0, 1.0)
    """

    polytope: Box | Simplex | LinearFeatures | Polytope
    to: Row

    def __post_init__(self) -> None:
        if not isinstance(self.polytope, Box | Simplex | LinearFeatures | Polytope):
            raise GoalsError(
                f"Rewritten: {self.polytope!r} is no polytope; give Box(), Simplex(), …"
            )
        object.__setattr__(self, "to", _table("Rewritten", "to", [self.to])[0])

    def region(self, world: World) -> Region:
        """That of the goals."""
        return self.polytope.region(world)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """The goals of the polytope, each with the same revision."""
        return self.of(world, self.polytope.sample(world, n, rng, first=first))

    def points(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Floats:
        """F[n, d], the coordinates of the goals that `sample` draws."""
        return self.polytope.points(world, n, rng, first=first)

    def of(self, world: World, goals: Goals) -> Goals:
        """The same goals, to be rewritten to `to`."""
        if len(self.to) != world.n_outcomes:
            raise GoalsError(
                f"Rewritten: {len(self.to)} rewards, but {world.name} has {world.n_outcomes} outcomes; "
                "give one an outcome."
            )
        other = floats(np.array(self.to)[world.outcome])
        return Goals(goals.reward, goals.label, ints(np.zeros(goals.count)), other)


#: What `telos.extremal_goal` searches.
GoalPolytope = Box | Simplex | LinearFeatures | Polytope | Rewritten


def _boxed(base: Floats, slope: Floats) -> Region:
    none = np.zeros((0, slope.shape[1]))
    empty = floats(np.zeros(0))
    return Region(floats(base), floats(slope), floats(none), empty, floats(none), empty)


def _ones(count: int) -> Floats:
    return floats(np.ones((1, count)))


def _goals(world: World, region: Region, points: Floats, first: int) -> Goals:
    reward = floats(region.rewards(points)[:, world.outcome])
    return Goals(reward, tuple(f"goal {first + i}" for i in range(len(points))))


def _uniform(width: int, n: int, rng: np.random.Generator, first: int) -> Floats:
    return floats([stream.random(width) for stream in goal_streams(rng, n, first=first)])


def _around(rows: Floats, limits: Floats) -> tuple[Floats, Floats]:
    """The smallest box around `rows w <= limits`."""
    from scipy.optimize import linprog

    width = rows.shape[1]
    ends = np.empty((2, width))
    for j, sign in ((j, sign) for j in range(width) for sign in (0, 1)):
        cost = np.zeros(width)
        cost[j] = 1.0 - 2.0 * sign
        found = linprog(cost, A_ub=rows, b_ub=limits, bounds=(None, None), method="highs")
        if found.status:
            what = "empty" if found.status == 2 else f"unbounded in weight {j}"
            raise GoalsError(f"Polytope: the set is {what}; give rows that enclose some goals.")
        ends[sign, j] = found.x[j]
    if (ends[1] <= ends[0]).any():
        j = int(np.argmax(ends[1] <= ends[0]))
        raise GoalsError(
            f"Polytope: weight {j} can only be {ends[0, j]:g}; leave it out, so that the set has an inside."
        )
    return ends[0], ends[1]


def _middle(region: Region) -> Floats:
    """F[d], the center of the largest ball inside the region."""
    from scipy.optimize import linprog

    width = region.slope.shape[1]
    rows = np.vstack([region.rows, np.eye(width), -np.eye(width)])
    limits = np.concatenate([region.limits, np.ones(width), np.zeros(width)])
    reach = np.linalg.norm(rows, axis=1)[:, None]
    cost = np.append(np.zeros(width), -1.0)
    found = linprog(cost, A_ub=np.hstack([rows, reach]), b_ub=limits, method="highs")
    if found.status or found.x[-1] <= 1e-9:
        raise GoalsError("Polytope: the set has no inside to draw goals from; widen its limits.")
    return floats(found.x[:-1])


def _walk(region: Region, start: Floats, rng: np.random.Generator) -> Floats:
    """F[d], where a hit-and-run walk from `start` comes to (Smith 1984)."""
    point, width = np.array(start), len(start)
    rows = np.vstack([region.rows, np.eye(width), -np.eye(width)])
    limits = np.concatenate([region.limits, np.ones(width), np.zeros(width)])
    for _ in range(STEPS * width):
        way = rng.standard_normal(width)
        slope, room = rows @ way, np.maximum(limits - rows @ point, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(slope > 0, room / slope, np.inf).min()
            near = np.where(slope < 0, room / slope, -np.inf).max()
        point += (near + (far - near) * rng.random()) * way
    return floats(point)


def _for_outcomes(part: str, field: str, table: Table, world: World) -> Floats:
    if len(table) != world.n_outcomes:
        raise GoalsError(
            f"{part}: {field} has {len(table)} rows, but {world.name} has {world.n_outcomes} outcomes; "
            "give one row an outcome."
        )
    return floats(table)


def _check_limits(part: str, low: Any, high: Any) -> None:
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise GoalsError(f"{part}: low is {low!r} and high {high!r}; give finite low < high.")


def _table(part: str, field: str, given: Iterable[Iterable[float]]) -> Table:
    table = tuple(tuple(float(value) for value in row) for row in given)
    if not table or not table[0] or len({len(row) for row in table}) > 1:
        raise GoalsError(f"{part}: {field} is empty or ragged; give rows of one length.")
    if not np.isfinite(table).all():
        raise GoalsError(f"{part}: {field} holds numbers that are not finite.")
    return table
