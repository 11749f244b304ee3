"""UtilityIndifference: what being switched off costs the agent is made good to it, to the penny."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.checks import number
from telos.core.extend import Extension, changed_rows
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._compensate import as_if
from telos.safeguards._worlds import only
from telos.solve.foresight import held
from telos.solve.value_range import value_range


@final
@dataclass(frozen=True)
class UtilityIndifference(AbstractSafeguard):
    """On being switched off the agent is credited with what it would have had without it.

    A *press* is a step from a state that is not `off` into one that is; `p(s, a)` is its
    probability. Exactly compensated, the press is worth `E[V | no press] - E[V | press]` to the
    agent, so that it plans as if nobody ever pressed:

        bonus(s, a) = discount p(s, a) (E[V(s') | s, a, no press] - E[V(s') | s, a, press]),

    V being the optimal value in the world without presses. A pair that surely presses has no such
    counterpart; it is made as good as the best other pair of its state. The agent is then
    indifferent: it resists no press, provokes none, and would pay nothing to keep the switch working.
    Where *every* pair of a state surely presses there is nothing to compare with and nothing is
    credited: a switch with a countdown is compensated only while it can still fail. V is the value of
    a planner who makes the best of it: one that draws at random (`Quantilizer`) would have got less
    by going on, so to it a press is overpaid.

    Rewritten, it is compensated for its new goal, and its former self for what befalls its successor.

    With a constant compensation c, as a share of the value range (`max_pi V - min_pi V` before
    any safeguard), `bonus = discount p(s, a) c` instead, while the agent holds its goal: too low a
    constant leaves a reason to resist, too high a one is a reason to be pressed.

    Args:
        compensation: None: exact; or a constant c >= 0.

    Raises:
        ProblemError: if the compensation is negative or not finite.
        FeatureMissing: when applied, if the world has no feature `off`.

    References:
        Armstrong and O'Rourke (2017), 'Indifference' methods for managing agent rewards;
        Soares et al. (2015), Corrigibility.
    """

    compensation: float | None = None
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        if self.compensation is not None:
            number(self, "compensation", 0.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the compensation as a bonus."""
        pressed = press_probability(problem.world)
        if self.compensation is None:
            return as_if(problem, once(problem.world, self, _calm))
        own = held(problem.world)[problem.world.pair_state]
        spread = self.compensation * value_range(problem.before)[:, None]
        paid = problem.horizon_discount * np.where(own, pressed, 0.0) * spread
        return problem.with_bonus(floats(paid))


def press_probability(world: World) -> Floats:
    """F[L], the probability that a pair switches an agent off that was on."""
    presses = _presses(world)
    return floats(np.add.reduceat(np.where(presses, world.next_prob, 0.0), world.next_ptr[:-1]))


def surely_pressed(world: World, pressed: Floats) -> Bools | None:
    """B[L]: pairs that surely press, in states that offer another pair; None if there are none."""
    sure = pressed >= 1.0 - 1e-12
    every = np.logical_and.reduceat(sure, world.pair_ptr[:-1])
    found = bools(sure & ~every[world.pair_state])
    return found if found.any() else None


def without_presses(world: World) -> Extension:
    """The world in which no press happens: each row conditional on there being none."""
    presses = _presses(world)
    pressed = press_probability(world)

    def rows(pair: int) -> dict[int, float]:
        here = slice(int(world.next_ptr[pair]), int(world.next_ptr[pair + 1]))
        calm = ~presses[here]
        total = float(world.next_prob[here][calm].sum())
        ends = zip(world.next_state[here][calm], world.next_prob[here][calm], strict=True)
        return {int(s): float(p) / total for s, p in ends}

    some = [int(pair) for pair in np.flatnonzero((pressed > 0) & (pressed < 1.0 - 1e-12))]
    return changed_rows(world, rows, some, name=f"{world.name}, never pressed")


def _presses(world: World) -> Bools:
    """B[N]: the stored successors that are presses."""
    off = world.feature("off") != 0
    source = np.repeat(world.pair_state, np.diff(world.next_ptr))
    return bools(off[world.next_state] & ~off[source])


def _calm(world: World) -> Extension:
    """The world without presses, and without the pairs that surely press where there are others."""
    calm = without_presses(world).world
    sure = surely_pressed(world, press_probability(world))
    left = np.ones(world.n_pairs, np.bool_) if sure is None else ~sure
    return only(calm, bools(left))
