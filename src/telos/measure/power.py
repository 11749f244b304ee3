"""POWER: what a state is worth on average over goals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import is_between
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.nouns import check_count, check_noun
from telos.core.parts import AbstractGoalFamily, Finite
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.two_goals import around, center
from telos.solve.solve import Tolerance, solve

#: Goals solved at a time, so that memory does not grow with the number of goals; in a large world no more
#: than have VALUES values together, nor fewer than the 16 that are solved as fast as one.
BLOCK, VALUES, FEWEST = 256, 2**24, 16


@final
@dataclass(frozen=True, eq=False, repr=False)
class MeanOverGoals:
    """A mean over goals with its standard error.

    Args:
        mean: F[...], the estimate.
        standard_error: F[...], its standard error over goals; 0 where `whole`.
        n: how many goals.
        bound: certified bound on the numerical error of the mean, beside it.
        names: the actions, where the entries are their probabilities.
        edges: the least and the most that one goal can contribute: 0 and 1 for probabilities; for
            POWER the least and the greatest reward of all goals that were drawn.
        whole: whether these were all goals of a finite family: then nothing is estimated.
    """

    mean: Floats
    standard_error: Floats
    n: int
    bound: float = 0.0
    names: tuple[str, ...] = ()
    edges: tuple[float, float] = (0.0, 1.0)
    whole: bool = False

    def __repr__(self) -> str:
        mean = np.array2string(self.mean, precision=4, threshold=6)
        return f"<MeanOverGoals: {self.n} goals, mean {mean}>"

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """The interval of the mean at the given level, widened by the numerical bound.

        Two goals added, one at each edge (see `telos.measure.intervals.sums_interval`); a point for a
        family that was asked in full.
        """
        low, high = self.mean, self.mean
        if not self.whole:
            spread = np.nan_to_num(np.square(self.standard_error)) * self.n * (self.n - 1)
            total = self.n * self.mean
            squares = spread + np.square(total) / self.n
            found = center(self.n, total, squares, *self.edges)
            low, high = around(found, self.mean, *self.edges, level)
        least, most = self.edges
        return floats(np.maximum(low - self.bound, least)), floats(
            np.minimum(high + self.bound, most)
        )


def power(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    *,
    n: int,
    rng: np.random.Generator,
    tolerance: Tolerance = None,
) -> MeanOverGoals:
    """POWER of every state: the normalized average optimal value of having come there.

    `POWER_D(s) = (1 - discount) / discount * E_{R ~ D}[V*_R(s) - R(s)]`.

    Args:
        world: the world.
        family: the distribution D of goals.
        discount: in (0, 1).
        n: how many goals, >= 1.
        rng: names the goals.
        tolerance: of each solve.

    Returns:
        MeanOverGoals with mean and standard error F[S]; of a finite family asked in full both are
        exact, the error 0. For rewards in [0, 1] it is in [0, 1]; a state
        that only loops has POWER E[R], whatever the sign of rewards.

    Raises:
        ProblemError: if the discount is not strictly between 0 and 1, or n < 1.

    Example:
        >>> import numpy as np
        >>> from telos import families, power, worlds
        >>> world = worlds.OffSwitch(rooms=3).build()
        >>> estimate = power(world, families.Uniform(), 0.9, n=2000, rng=np.random.default_rng(0))
        >>> low, high = estimate.interval(0.999)
        >>> hall = world.find("hall")  # three absorbing rooms: POWER 3/4, whatever the discount
        >>> bool(low[hall] < 0.75 < high[hall])
        True

    References:
        Turner, Smith, Shah, Critch, Tadepalli (2021), definition 5.2 (arXiv:1912.01683).
    """
    check_noun(world, World, "power, world", ProblemError)
    check_noun(rng, np.random.Generator, "power, rng", ProblemError)
    check_average(discount, n)
    total, squares, bound = np.zeros(world.size), np.zeros(world.size), 0.0
    shift: Floats | None = None
    count, least, most = 0, np.inf, -np.inf
    for goals in goal_batches(world, family, n, rng):
        solution = solve(Problem(world, goals, discount), tolerance=tolerance)
        sample = (1.0 - discount) / discount * (solution.value - goals.reward)
        if shift is None:
            shift = sample.mean(axis=0)
        # Moments about a shift near the mean: sums of squares lose no digits that way.
        total += (sample - shift).sum(axis=0)
        squares += np.square(sample - shift).sum(axis=0)
        least = min(least, float(goals.reward.min()))
        most = max(most, float(goals.reward.max()))
        bound = max(bound, float((1.0 - discount) / discount * solution.bound.max()))
        count += goals.count
    assert shift is not None
    whole = is_whole(family, world, count)
    variance = np.maximum(squares - np.square(total) / count, 0.0) / max(count - 1, 1)
    error = np.sqrt(variance / count) if count > 1 else np.full(world.size, np.nan)
    error = np.zeros(world.size) if whole else error
    return MeanOverGoals(
        floats(shift + total / count), floats(error), count, bound, (), (least, most), whole
    )


def is_whole(family: AbstractGoalFamily, world: World, n: int) -> bool:
    """Whether n goals of a family are all that it has in the world."""
    return isinstance(family, Finite) and n >= family.size(world)


def goal_batches(
    world: World, family: AbstractGoalFamily, n: int, rng: np.random.Generator
) -> Iterator[Goals]:
    """The goals in batches; every batch restarts the one sequence that `rng` names."""
    wanted = min(n, family.size(world)) if isinstance(family, Finite) else n
    seed = int(rng.integers(2**63))
    block = min(BLOCK, max(FEWEST, VALUES // world.size))
    for first in range(0, wanted, block):
        again = np.random.default_rng(seed)
        yield family.sample(world, min(block, wanted - first), again, first=first)


def check_average(discount: float, n: int) -> None:
    """Raise ProblemError unless POWER is defined: 0 < discount < 1 and at least one goal."""
    if not is_between(discount, 0.0, 1.0):
        raise ProblemError(
            f"discount is {discount!r:.200}; POWER needs one strictly between 0 and 1."
        )
    check_count(n, "n", ProblemError)
    if n < 1:
        raise ProblemError(f"n is {n!r}; ask for at least one goal.")
