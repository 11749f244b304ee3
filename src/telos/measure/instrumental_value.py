"""Instrumental value: what losing a drive would cost each goal, and in which category that puts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints, floats, ints, sealed
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category
from telos.solve.foresight import First, Planner
from telos.solve.layout import kernels, world_arrays
from telos.solve.solve import Solution, Tolerance
from telos.solve.value_range import value_range


@final
@dataclass(frozen=True, eq=False, repr=False)
class InstrumentalValue:
    """One drive's instrumental value (IV) to G goals, at the start of the world.

    Args:
        drive: the drive's name.
        category: I[G], values of `Category`.
        iv: F[G] >= 0, `IV = V* - V*(pairs of the drive removed)`, in units of reward.
        share: F[G] in [0, 1], `IV / (max_pi V - min_pi V)`; 0 where the drive is not required.
        gap: F[G] in [-1, 1], `(max over pursuing pairs of Q* - max over others) / range` at the
            start, NaN where the start is not a fork.
        bound: F[G], certified bound on the error of `iv`.
    """

    drive: str
    category: Ints
    iv: Floats
    share: Floats
    gap: Floats
    bound: Floats

    def __repr__(self) -> str:
        return f"<InstrumentalValue of {self.drive} to {len(self.category)} goals>"


def instrumental_values(
    problem: Problem,
    affordances: Sequence[Affordance],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> tuple[InstrumentalValue, ...]:
    """The instrumental value of each of several drives to each goal of a problem.

    A goal's category for drive X, with b the certified bound on the error of IV:
    - required if `IV > b`: every optimal policy pursues X somewhere, and it pays;
    - declined if no pair of X is tied-optimal anywhere that tied-optimal play can come to;
    - indifferent otherwise.

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
        Own definitions, docs/definitions.md. Incentives as value differences follow
        Howard (1966); labels follow Tarsney (2025).
    """
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    free = planner.solve(judged)
    spread = value_range(judged, foresight, ties, tolerance)
    noise = _noise(free)
    found = _pursued_by_tied_play(free, affordances)
    result = []
    for bit, affordance in enumerate(affordances):
        forbidden: First | Solution = free
        if affordance.pursues.any():
            forbidden = planner.first(judged, without=affordance.pursues, free=free)
        tied = (found >> bit) & 1 == 1
        result.append(_worth(free, forbidden, affordance, spread, noise, tied))
    return tuple(result)


def _noise(free: Solution) -> Floats | float:
    """F[G]: the rounding of an expectation over first states; 0 if there is only one."""
    world = free.problem.world
    if world.start.max() == 1.0:
        return 0.0
    return floats((world.size + 2) * UNIT_ROUNDOFF * np.abs(free.value).max(axis=1))


def _worth(
    free: Solution,
    forbidden: First | Solution,
    affordance: Affordance,
    spread: Floats,
    noise: Floats | float,
    tied: Bools,
) -> InstrumentalValue:
    bound = free.bound + forbidden.bound + 2 * noise + free.drift + forbidden.drift
    iv = np.maximum(free.at_start - forbidden.at_start, 0.0)
    required = (iv > bound) & affordance.pursues.any()
    category = np.where(
        required, Category.REQUIRED, np.where(tied, Category.INDIFFERENT, Category.DECLINED)
    )
    return InstrumentalValue(
        drive=affordance.drive,
        category=ints(category),
        iv=floats(iv),
        # Where nothing certain is lost, a share would be solver noise.
        share=_scaled(np.where(required, iv, 0.0), spread, 0.0),
        gap=_gap(free, affordance, spread),
        bound=floats(bound),
    )


def _gap(free: Solution, affordance: Affordance, spread: Floats) -> Floats:
    """F[G], the signed gap at the start over the range; NaN unless every first state is a fork."""
    world = free.problem.world
    first = np.flatnonzero(world.start > 0)
    if not affordance.forks[first].all():
        return floats(np.full(len(free.value), np.nan))
    gap = np.zeros(len(free.value))
    for s in first:
        pairs = np.array(world.pairs_of(int(s)))
        pursuing = affordance.pursues[pairs]
        q = free.q_of(pairs)
        best = q[:, pursuing].max(axis=1) - q[:, ~pursuing].max(axis=1)
        gap += world.start[s] * best
    return _scaled(gap, spread, -1.0)


def _scaled(amount: Floats, spread: Floats, least: float) -> Floats:
    """amount / spread, held to [least, 1]; 0 where the spread is 0."""
    share = np.divide(amount, spread, out=np.zeros_like(amount), where=spread > 0)
    return floats(np.clip(share, least, 1.0))


def _pursued_by_tied_play(free: Solution, affordances: Sequence[Affordance]) -> Ints:
    """I[G], bit i set iff tied-optimal play can come to a tied pair of affordance i."""
    world = free.problem.world
    marks = np.zeros(world.n_pairs, np.int64)
    for bit, affordance in enumerate(affordances):
        marks |= affordance.pursues.astype(np.int64) << bit
    found = np.zeros(len(free.value), np.int64)
    kernels().walks.closure_goals(world_arrays(world), free.tied, sealed(marks), found)
    return ints(found)
