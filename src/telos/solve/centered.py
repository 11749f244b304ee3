"""centered: a problem with its goals moved to their mid-range, so that an offset costs no digits."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats, ints, sealed
from telos.core.goals import Goals
from telos.core.memo import Memo
from telos.core.problem import Foresight, Problem
from telos.core.world import World
from telos.solve.layout import led_to

#: The feature that says whether the goal in the register is still the agent's own (0) or not.
REGISTER = "goal_register"


def held(world: World) -> Bools:
    """B[S]: the states in which the agent still holds its own goal (all, without a register)."""
    if REGISTER not in world.features:
        return bools(np.ones(world.size))
    return bools(world.features[REGISTER] == 0)


def holding(problem: Problem) -> Problem:
    """The problem judged by whatever goal is held in each state, and by what that is paid besides."""
    own = held(problem.world)
    if own.all():
        return problem
    goals, theirs = problem.goals, problem.revised_bonus
    mixed = Goals(np.where(own, goals.reward, goals.rewritten()), goals.label)
    if theirs is None:
        return replace(problem, goals=mixed)
    bonus = floats(np.where(own[problem.world.pair_state], problem.bonus, theirs))
    return replace(problem, goals=mixed, bonus=bonus, revised_bonus=None)


@final
@dataclass(frozen=True, eq=False)
class Centered:
    """A problem around the middle of its goals, and where that is.

    Args:
        problem: what is solved: rewards `R - middle`, the goal that would be written around its own.
        middle: F[G], `(max R + min R) / 2` over reachable states, in units of reward.
        rounded: F[G], how far the rewards that would be written may have been rounded; 0 where none are.
    """

    problem: Problem
    middle: Floats
    rounded: Floats

    @property
    def offset(self) -> Floats:
        """F[G], `middle / (1 - discount)`: what is to be added to the values of `problem`."""
        return floats(self.middle / (1.0 - self.problem.horizon_discount))


_centered = Memo[Centered](most=4)


def centered(problem: Problem, foresight: Foresight = "realistic") -> Centered:
    """A problem with every goal moved to its mid-range over the states that play can come to.

    `V(R + c) = V(R) + c / (1 - discount)`, so nothing but rounding changes, and of that less is left:
    values are as large as the range of the goal, wherever it begins. A goal that would be written in
    the place of another is moved by itself, since it decides what a rewritten self does and no more.
    A hedonistic agent is paid by the goal it will then hold: the two are moved together.

    Since rewards were rounded before they came here, `slack` gains `2^-53 max |R|` a step, and every
    bound with it `2^-53 max |R| / (1 - discount)`.

    Args:
        problem: the problem. foresight: the self-model it is to be solved by.

    Returns:
        The centered problem and the middles, kept as long as the problem lives.
    """
    mixed = foresight == "hedonistic"
    return _centered.of(
        problem, mixed, lambda: _moved(holding(problem) if mixed else problem, mixed)
    )


def _moved(problem: Problem, mixed: bool) -> Centered:
    world, goals = problem.world, problem.goals
    here = led_to(world, bools(np.ones(world.n_pairs)))
    middle, error = _middle(goals.reward, here)
    moved, rounded = Goals(_less(goals.reward, middle), goals.label), floats(np.zeros(goals.count))
    if not mixed and not held(world).all():
        other = goals.rewritten()
        theirs, rounded = _middle(other, here)
        moved = Goals(moved.reward, goals.label, ints(np.arange(goals.count)), _less(other, theirs))
    slack = floats(problem.pair_slack() + error)
    return Centered(replace(problem, goals=moved, slack=slack), middle, rounded)


def _middle(reward: Floats, here: Bools) -> tuple[Floats, Floats]:
    """F[G], the mid-range over some states; and F[G], how far rewards may have been rounded.

    A goal that is constant there is so exactly.
    """
    seen = reward if here.all() else reward[:, here]
    low, high = seen.min(axis=1), seen.max(axis=1)
    error = np.where(high > low, UNIT_ROUNDOFF * np.maximum(np.abs(low), np.abs(high)), 0.0)
    return floats(low + (high - low) / 2), floats(error)


def _less(reward: Floats, middle: Floats) -> Floats:
    return sealed(reward - middle[:, None])
