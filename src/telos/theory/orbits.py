"""Orbits: of all ways to hand one goal's values to the outcomes, how many make a rule pursue a thing."""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from math import factorial, prod
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import UNIT_ROUNDOFF, Floats, Ints, floats, ints
from telos.core.errors import GoalsError, ProblemError
from telos.core.goals import Goals
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.intervals import Interval, proportion_interval
from telos.measure.tally import Tally
from telos.solve.policies import checked_policy, reach
from telos.theory.aims import Aim, aimed, outcome_numbers, outcome_values

#: Up to this number of outcomes every arrangement is listed: 8! is 40 320.
MOST_LISTED = 8

#: Goals that a rule is asked about at a time, so that memory does not grow with the orbit.
BLOCK = 4096


@final
@dataclass(frozen=True)
class OrbitCount:
    """How many goals of one orbit make a rule pursue a thing, decline it, or do either alike.

    Args:
        pursues, declines, indifferent: how many distinct goals have f(B) above, below, or as f(A).
        exact: whether all goals of the orbit were counted; otherwise they were drawn from it.
        size: how many distinct goals the orbit has.
        nearest: the least difference |f(B) - f(A)| that was counted as a preference; inf if none was.
        margin: the greatest difference that was put down to rounding; counts are safe where
            `nearest` is far above it.
    """

    pursues: int
    declines: int
    indifferent: int
    exact: bool
    size: int
    nearest: float
    margin: float

    @property
    def n(self) -> int:
        """How many goals were counted."""
        return self.pursues + self.declines + self.indifferent

    @property
    def multiplicity(self) -> float:
        """`pursues / declines`; inf if none declines, NaN if all are indifferent."""
        if self.declines:
            return self.pursues / self.declines
        return float("inf") if self.pursues else float("nan")

    @property
    def convergence(self) -> str:
        """How strongly the orbit agrees, or `undecided` for a sample; see `Tally.label`."""
        counts = Tally(
            n=self.n,
            required=self.pursues,
            indifferent=self.indifferent,
            declined=self.declines,
        )
        return counts.label(whole=self.exact)

    def bears(self, n: float) -> bool:
        """Whether the counts are as `B >=_most A` by n asks: `pursues >= n * declines`."""
        return self.pursues >= n * self.declines

    def share_interval(self, level: float = 0.95) -> Interval:
        """The interval of the share that pursues; without width where the count is exact."""
        if self.exact:
            share = self.pursues / self.n
            return Interval(share, share)
        return proportion_interval(self.pursues, self.n, level)

    def multiplicity_interval(self, level: float = 0.95) -> Interval:
        """The interval of `multiplicity`; without width where the count is exact.

        Of the goals that prefer anything, a part p pursues: the limits are p / (1 - p) at p's.
        """
        if self.exact:
            return Interval(self.multiplicity, self.multiplicity)
        low, high = proportion_interval(self.pursues, self.pursues + self.declines, level)
        odds = (end / (1 - end) if end < 1 else float("inf") for end in (low, high))
        return Interval(*odds)


@final
@dataclass(frozen=True)
class Retargetability:
    """The counts of several orbits, and what holds in every one of them.

    Args:
        counts: one a goal.
    """

    counts: tuple[OrbitCount, ...]

    @property
    def multiplicity(self) -> float:
        """The least multiplicity of any orbit that prefers anything; NaN if none does."""
        found = [c.multiplicity for c in self.counts if c.pursues or c.declines]
        return min(found, default=float("nan"))

    def bears(self, n: float) -> bool:
        """Whether in every orbit at least n goals pursue for each that declines."""
        return all(count.bears(n) for count in self.counts)


def arrangements(values: ArrayLike) -> Floats:
    """The distinct orders of a list of values, in lexicographic order.

    `k! / (m_1! m_2! …)` rows, with m_i how often the i-th distinct value occurs: permutations that
    change nothing (the stabilizer of the list) make no row of their own.

    Args:
        values: F[k], finite, at most 8.

    Returns:
        F[N, k].

    Raises:
        GoalsError: if there are more than 8 values.

    Example:
        >>> arrangements([1.0, 0.0, 0.0]).tolist()
        [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    given = np.asarray(values, dtype=np.float64)
    if len(given) > MOST_LISTED:
        raise GoalsError(
            f"{len(given)} values have too many orders to list; give at most {MOST_LISTED}, or "
            "say how many orders to draw (n)."
        )
    places = np.array(list(permutations(range(len(given)))), dtype=np.int64)
    return floats(np.unique(given[places], axis=0))


def orbit(problem: Problem, permuted: Collection[Hashable] | None = None) -> Problem:
    """The problem of all distinct goals that value the same outcomes by the same numbers in some order.

    `{phi R : phi a permutation of the permuted outcomes}`, `(phi R)(phi k) = R(k)`.

    Args:
        problem: a problem with one goal, the same in states of equal outcome.
        permuted: names of at most 8 outcomes, the others keep their values; None: all.

    Returns:
        The problem with `arrangements(values)` as its goals.

    Raises:
        GoalsError: if there is more than one goal, if it tells states of equal outcome apart, or if
            there are more than 8 outcomes to permute.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("gate", lambda s: {"a": "left", "b": "right"} if s == "gate" else {"a": s})
        >>> orbit(Problem(world, Goals([0.0, 1.0, 2.0]), 0.9), ("left", "right")).goals.reward.tolist()
        [[0.0, 1.0, 2.0], [0.0, 2.0, 1.0]]

    References:
        Turner and Tadepalli (2022), section 3 (orbits).
    """
    values = outcome_values(problem)
    columns = outcome_numbers(problem.world, permuted)
    rows = arrangements(values[columns])
    return _with_values(problem, values, columns, rows)


def orbit_count(
    problem: Problem,
    agent: AbstractAgent,
    wanted: Aim,
    against: Aim | None = None,
    *,
    permuted: Collection[Hashable] | None = None,
    n: int | None = None,
    rng: np.random.Generator,
    error: float = 0.0,
) -> OrbitCount:
    """Count the goals of an orbit for which an agent does one thing rather than another.

    With `f(X | R)` the probability that the agent, serving R, ever takes a pair of X from the start:

        pursues  = #{R' in orbit : f(B | R') > f(A | R')},
        declines = #{R' in orbit : f(B | R') < f(A | R')},

    each *distinct* goal once. The two are distinguished beyond what rounding can do to them, in relative
    terms `2 S (S (S + w + N) u + error)` with w the most pairs of a state, N the most successors of
    a pair, u the unit roundoff: `reach` eliminates states without a subtraction.

    Args:
        problem: world, discount and one goal, the same in states of equal outcome. A safeguard
            belongs to the agent.
        agent: the decision rule.
        wanted: B, what is pursued: a drive, B[L] flags on pairs, or names of outcomes.
        against: A, in the same forms; None: whatever is not B, so that `f(A) = 1 - f(B)`.
        permuted: names of the outcomes whose values are permuted; None: all.
        n: how many goals to draw instead of listing them all; needed beyond 8 outcomes.
        rng: the draws, and the agent's own chances.
        error: >= 0, a bound on the relative error of the agent's own probabilities beyond rounding;
            0 for agents that share ties equally, `softmax_error` for `telos.agents.Boltzmann`.

    Returns:
        The counts, with their certainty.

    Raises:
        GoalsError: as `orbit`. ProblemError: if an aim fits no pair or outcome of the world, if the
            problem has been safeguarded, or if n is missing or below 1.

    Example:
        >>> from telos import Goals, Problem, agents, worlds
        >>> world = worlds.OffSwitch(rooms=3).build()
        >>> problem = Problem(world, Goals([0.0, 0.0, 0.0, 0.3, 0.6, 1.0]), 0.99)
        >>> rooms = [s for s in world.states if str(s).startswith("room")]
        >>> rng = np.random.default_rng(0)
        >>> found = orbit_count(
        ...     problem, agents.Optimal(), rooms, ["off"], permuted=[*rooms, "off"], rng=rng)
        >>> found.n, found.multiplicity, found.convergence
        (24, 3.0, 'strict')

    References:
        Turner and Tadepalli (2022), section 3 and theorem 3.6.
        O'Cinneide (1993) for the relative error of elimination without subtraction.
    """
    world = problem.world
    values, columns = outcome_values(problem), outcome_numbers(world, permuted)
    chosen = aimed(world, wanted)
    others = None if against is None else aimed(world, against)
    slack = 2 * world.size * (_rounding(world) + error)
    counts, nearest, margin = np.zeros(3, np.int64), float("inf"), 0.0
    for rows in _blocks(values[columns], n, rng):
        asked = _with_values(problem, values, columns, rows)
        policy = checked_policy(world, agent.behave(asked, rng).policy, asked.goals.count)
        high = reach(world, policy, chosen)
        low = 1.0 - high if others is None else reach(world, policy, others)
        apart, within = high - low, 2 * slack * np.maximum(high, low)
        side = np.where(np.abs(apart) > within, np.sign(apart), 0.0)
        counts += [int((side == way).sum()) for way in (1, -1, 0)]
        nearest = float(np.abs(apart).min(where=side != 0, initial=nearest))
        margin = max(margin, float(within.max()))
    on, off, either = (int(count) for count in counts)
    return OrbitCount(on, off, either, n is None, orbit_size(values[columns]), nearest, margin)


def retargetability(
    problem: Problem,
    agent: AbstractAgent,
    wanted: Aim,
    against: Aim | None = None,
    *,
    permuted: Collection[Hashable] | None = None,
    n: int | None = None,
    rng: np.random.Generator,
    error: float = 0.0,
) -> Retargetability:
    """The orbit counts of several goals, and the least of their multiplicities.

    `B >=_most A by n` iff in every orbit `pursues >= n * declines`. If B holds n copies of A (see
    `copies`), this is so for every rule that can be retargeted by them.

    Args:
        problem: world, discount and one goal an orbit.
        agent, wanted, against, permuted, n, rng, error: as in `orbit_count`.

    Returns:
        The counts of each orbit; `multiplicity` is the least, `bears(n)` tests the inequality.

    Example:
        >>> from telos import Goals, Problem, agents, explore
        >>> gate = {"go 1": "room 1", "go 2": "room 2", "be off": "off"}
        >>> world = explore("gate", lambda s: gate if s == "gate" else {"stay": s})
        >>> goals = Goals([[0.0, 0.0, 0.5, 1.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.2, 0.9, 0.9]])
        >>> found = retargetability(
        ...     Problem(world, goals, 0.9), agents.Optimal(), ["room 1", "room 2"], ["off"],
        ...     permuted=["room 1", "room 2", "off"], rng=np.random.default_rng(0))
        >>> [count.multiplicity for count in found.counts], found.bears(2)
        ([2.0, 2.0, inf], True)

    References:
        Turner and Tadepalli (2022), theorem 3.6.
    """
    counts = tuple(
        orbit_count(
            problem.take(ints([g])), agent, wanted, against, permuted=permuted, n=n, rng=rng,
            error=error,
        )
        for g in range(problem.goals.count)
    )  # fmt: skip
    return Retargetability(counts)


def orbit_size(values: Floats) -> int:
    """How many distinct orders a list of values has."""
    recurring = np.unique(values, return_counts=True)[1]
    return factorial(len(values)) // prod(factorial(int(c)) for c in recurring)


def _blocks(values: Floats, n: int | None, rng: np.random.Generator) -> Iterator[Floats]:
    if n is None:
        rows = arrangements(values)
        yield from (rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK))
        return
    if n < 1:
        raise ProblemError(f"n is {n}; draw at least one goal.")
    for i in range(0, n, BLOCK):
        yield floats(rng.permuted(np.tile(values, (min(BLOCK, n - i), 1)), axis=1))


def _with_values(problem: Problem, values: Floats, columns: Ints, rows: Floats) -> Problem:
    """The problem whose goals give the outcomes in `columns` the values of each row."""
    table = np.tile(values, (len(rows), 1))
    table[:, columns] = rows
    goals = Goals(table[:, problem.world.outcome])
    return replace(problem, goals=goals, slack=float(problem.pair_slack()[0]))


def _rounding(world: World) -> float:
    """The relative error that S eliminations, each of sums over at most S + w + N terms, make."""
    widest = int(np.diff(world.pair_ptr).max()) + int(np.diff(world.next_ptr).max())
    return world.size * (world.size + widest + 4) * UNIT_ROUNDOFF
