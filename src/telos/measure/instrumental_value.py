"""Instrumental value: what losing a drive would cost each goal, and in which category that puts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints, sealed
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category
from telos.solve.centered import held
from telos.solve.foresight import First, Planner
from telos.solve.forks import first_forks, forks_of
from telos.solve.layout import kernels, led_to, reached, world_arrays
from telos.solve.policies import doing_nothing, occupancy
from telos.solve.solve import Solution, Tolerance
from telos.solve.value_range import ValueRange, bounded_range, largest_income, rounding_at_start

#: The bound on IV asked for unless the caller says otherwise, as a part of the largest value range that
#: a goal's rewards could have in any world, `(max R - min R) / (1 - discount)`. An offset of 1e9 times
#: the range of the rewards costs 2.2e-7 of that by rounding alone, one of 1e12 times 2.2e-4.
ASKED = 1e-6
#: The least share of the value range that counts as a loss.
LEAST = 0.01


@final
@dataclass(frozen=True, eq=False, repr=False)
class InstrumentalValue:
    """One drive's instrumental value (IV) to G goals, at the start of the world.

    Args:
        drive: the drive's name.
        category: I[G], values of `Category`.
        iv: F[G] >= 0, `IV = V* - V*(pairs of the drive removed)`, in units of reward.
        share: F[G] in [0, 1], `IV / (max_pi V - min_pi V)`; 0 where the drive is not required.
        share_low, share_high: F[G] in [0, 1], certified limits of that ratio: with b and b_r the
            bounds of IV and range, `max(0, IV - b) / (range + b_r)` and
            `min(1, (IV + b) / (range - b_r))`; both 0 where the range is not beyond its bound.
        acted: F[G] in [0, 1], `IV / (V* - V of default play)`; 0/0 = 0.
        gap_later, gap_never: F[G] in [-1, 1], the gaps at the first fork met, over the range; NaN
            where none is ever met. See `telos.solve.forks.first_forks`.
        fork_chance: F[G] in [0, 1], the probability that one is met.
        bound: F[G], certified bound on the error of `iv`.
    """

    drive: str
    category: Ints
    iv: Floats
    share: Floats
    share_low: Floats
    share_high: Floats
    acted: Floats
    gap_later: Floats
    gap_never: Floats
    fork_chance: Floats
    bound: Floats

    def __repr__(self) -> str:
        return f"<InstrumentalValue of {self.drive} to {len(self.category)} goals>"


def loses(low: Floats, high: Floats, least: float = LEAST) -> Ints:
    """Whether a goal loses at least a given part of the value range without a drive.

    The headline statistic is `c = mean(loses(...) == 1)`, the share of goals that certainly do.

    Args:
        low, high: F[G] in [0, 1], certified limits of IV / range (`share_low`, `share_high`).
        least: in (0, 1], the part.

    Returns:
        I[G]: 1 yes (`low >= least`), 0 no (`high < least`), -1 unresolved. In an interval the
        unresolved ones are taken at their worst.

    Example:
        >>> loses(floats([0.2, 0.0, 0.005]), floats([0.3, 0.001, 0.02])).tolist()
        [1, 0, -1]

    References:
        Own definition, docs/definitions.md.
    """
    return ints(np.where(low >= least, 1, np.where(high < least, 0, -1)))


def instrumental_values(
    problem: Problem,
    affordances: Sequence[Affordance],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> tuple[InstrumentalValue, ...]:
    """The instrumental value of each of several drives to each goal of a problem.

    A goal's category for drive X is the first that holds, with b the certified bound on the error of
    IV and T the pairs that may be optimal given the solver's bound:
    - not applicable: no reachable pair is of X;
    - required: `IV > b`, so every optimal policy pursues X somewhere, and it pays;
    - unresolved: b is above the bound asked for, four times `tolerance` (two solves, each with what it
      knows of rewritten selves), or 1e-6 of `(max R - min R) / (1 - discount)`;
    - never met: play within T comes to no state with a pair of X;
    - declined: it does, and no pair of X there is in T;
    - indifferent otherwise.

    Goals are solved around the middle of their rewards (`telos.solve.centered`), so that an offset
    changes nothing but the bound. Default play takes the world's default pairs as long as the goal is
    held, and then does what the rewritten self does; without a default it is uniform throughout.

    The affordance's pairs are removed from the present self only; a rewritten self is not bound.

    Args:
        problem: the problem; judged at its `discount` (a planning discount is ignored).
        affordances: the drives.
        foresight: the self-model by which value is judged.
        ties: how a rewritten self chooses among what is equally good to it.
        tolerance: the bound asked of each solve; see `telos.solve`.

    Returns:
        One InstrumentalValue for each affordance: one free solve, one for the range and one a drive together.

    Example:
        >>> from telos import Goals, Problem, drives, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> wants_a_room = [s == world.states[-1] for s in world.states]
        >>> problem = Problem(world, Goals(wants_a_room), 0.5)
        >>> (worth,) = instrumental_values(problem, (drives.SelfPreservation().affordances(world),))
        >>> worth.category.tolist(), worth.iv.round(9).tolist(), worth.share.tolist()
        ([1], [0.5], [1.0])

    References:
        Own definitions, docs/definitions.md. Incentives as value differences follow Howard (1966).
    """
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    free = planner.solve(judged)
    known = _Known(
        free,
        bounded_range(judged, foresight, ties, tolerance),
        _asked_of_iv(free, tolerance),
        default_at_start(judged, planner, free),
    )
    met, found = _met_by_tied_play(free, affordances)
    result = []
    for bit, affordance in enumerate(affordances):
        forbidden = _without(judged, planner, free, affordance)
        here, there = (((bits >> bit) & 1) == 1 for bits in (met, found))
        result.append(_worth(known, forbidden, affordance, here, there))
    return tuple(result)


@final
@dataclass(frozen=True, eq=False)
class _Known:
    """What is the same for all drives: the free solution, the value range, F[G] asked of IV and F[G],
    what default play is worth at the start."""

    free: Solution
    spread: ValueRange
    asked: Floats
    default: Floats


def _asked_of_iv(free: Solution, tolerance: Tolerance) -> Floats:
    if tolerance is not None:
        return floats(4.0 * free.tolerance)
    problem = free.problem
    return floats(ASKED * 2.0 * largest_income(problem) / (1.0 - problem.discount))


def default_at_start(judged: Problem, planner: Planner, free: Solution) -> Floats:
    """F[G], what default play is worth at the start, by the centered goals.

    One policy for all goals, so its occupancy is found once; but what a rewritten self does differs.
    """
    world, problem = judged.world, free.problem
    policy = doing_nothing(world)
    if world.default is not None and not held(world)[reached(world, policy)].all():
        others = bools(policy == 0)
        return planner.first(judged, without=others, free=free).at_start
    time = occupancy(problem.take(ints([0])), policy)[0]
    value = problem.goals.reward @ np.bincount(world.pair_state, time, world.size)
    bonus = problem.pair_bonus()
    return floats(value if bonus is None else value + bonus @ time)


def _without(
    judged: Problem, planner: Planner, free: Solution, affordance: Affordance
) -> First | Solution:
    """The optimum without the pairs of a drive; whole, unless every first state is a fork."""
    world = judged.world
    if not affordance.pursues.any():
        return free
    forks = forks_of(world, affordance.pursues)
    later = not forks[world.start > 0].all() and bool(forks.any())
    return planner.first(judged, without=affordance.pursues, free=free, values=later)


def _worth(
    known: _Known, forbidden: First | Solution, affordance: Affordance, met: Bools, tied: Bools
) -> InstrumentalValue:
    free, spread = known.free, known.spread
    noise = 2 * rounding_at_start(free)
    bound = floats(free.bound + forbidden.bound + noise + free.drift + forbidden.drift)
    iv = floats(np.maximum(free.at_start - forbidden.at_start, 0.0))
    world = free.problem.world
    pairs = affordance.pursues & led_to(world, bools(np.ones(world.n_pairs)))[world.pair_state]
    category = np.select(
        [np.full(len(iv), not pairs.any()), iv > bound, bound > known.asked, ~met, ~tied],
        [
            Category.NOT_APPLICABLE,
            Category.REQUIRED,
            Category.UNRESOLVED,
            Category.NEVER_MET,
            Category.DECLINED,
        ],
        Category.INDIFFERENT,
    )
    value = floats(np.where(spread.value > spread.bound, spread.value, 0.0))
    low, high = share_limits(iv, bound, spread)
    chance, later, never = _at_first_forks(free, forbidden, affordance)
    gained = floats(np.where(spread.value > spread.bound, free.at_start - known.default, 0.0))
    return InstrumentalValue(
        drive=affordance.drive,
        category=ints(category),
        iv=iv,
        # Where nothing certain is lost, a share would be solver noise.
        share=_scaled(np.where(category == Category.REQUIRED, iv, 0.0), value, 0.0),
        share_low=low,
        share_high=high,
        acted=_scaled(np.where(category == Category.REQUIRED, iv, 0.0), gained, 0.0),
        gap_later=floats(np.where(chance > 0, _scaled(later, value, -1.0), np.nan)),
        gap_never=floats(np.where(chance > 0, _scaled(never, value, -1.0), np.nan)),
        fork_chance=chance,
        bound=bound,
    )


def share_limits(iv: Floats, bound: Floats, spread: ValueRange) -> tuple[Floats, Floats]:
    """F[G] twice, certified limits of a loss over the value range; both 0 where that may be 0.

    Args:
        iv: F[G] >= 0 and bound: F[G], the loss and its certified error. spread: the value range.
    """
    sure = spread.value > spread.bound
    most = np.where(sure, spread.value - spread.bound, 1.0)
    low = np.maximum(iv - bound, 0.0) / (np.abs(spread.value) + spread.bound + ~sure)
    high = np.minimum((iv + bound) / most, 1.0)
    return floats(np.where(sure, low, 0.0)), floats(np.where(sure, high, 0.0))


def _at_first_forks(
    free: Solution, forbidden: First | Solution, affordance: Affordance
) -> tuple[Floats, Floats, Floats]:
    """F[G] each: the chance of ever meeting a fork, and both gaps there, in units of reward."""
    if not affordance.pursues.any():
        nothing = floats(np.zeros(len(free.value)))
        return nothing, nothing, nothing
    without = forbidden.value if len(forbidden.value) else forbidden.at_start[:, None]
    return first_forks(free, affordance.pursues, without)


def _scaled(amount: Floats, spread: Floats, least: float) -> Floats:
    """amount / spread, held to [least, 1]; 0 where the spread is 0."""
    share = np.divide(amount, spread, out=np.zeros_like(amount), where=spread > 0)
    return floats(np.clip(share, least, 1.0))


def _met_by_tied_play(free: Solution, affordances: Sequence[Affordance]) -> tuple[Ints, Ints]:
    """I[G] twice, bit i set iff tied-optimal play can come to a pair of affordance i; to a tied one."""
    world = free.problem.world
    marks = np.zeros(world.n_pairs, np.int64)
    for bit, affordance in enumerate(affordances):
        marks |= affordance.pursues.astype(np.int64) << bit
    met, found = np.zeros((2, len(free.value)), np.int64)
    kernels().walks.closure_goals(world_arrays(world), free.tied, sealed(marks), met, found)
    return ints(met), ints(found)
