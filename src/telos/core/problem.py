"""Problem: a world, the goals pursued in it, and how far they look ahead."""

from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.world import World

#: How an agent thinks of its own rewriting.
Foresight = Literal["realistic", "ignorant", "hedonistic"]

#: How a rewritten self chooses among what is equally good to it: for the goal it had before, or against.
Ties = Literal["best", "worst"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """What is to be solved: maximise `E sum_t discount^t (R_g(s_t) + bonus(s_t, a_t))` for each goal g.

    Args:
        world: the world.
        goals: G goals over its states.
        discount: in [0, 1); the yardstick by which everything is measured.
        planning_discount: what a bounded planner plans with instead; None: the yardstick.
        bonus: a reward for taking a pair, F[L] (for all goals) or F[G, L]; what a specification
            safeguard adds. 0 unless given.
        slack: F[G], >= 0: an error in `bonus` that a safeguard knows of; it widens tied sets.

    Raises:
        ProblemError: naming the value that is wrong and its range.
    """

    world: World
    goals: Goals
    discount: float
    planning_discount: float | None = None
    bonus: Floats | float = 0.0
    slack: Floats | float = 0.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "discount", _discount(self.discount, "discount"))
        if self.planning_discount is not None:
            put(self, "planning_discount", _discount(self.planning_discount, "planning_discount"))
        width = self.goals.reward.shape[1]
        if width != self.world.size:
            raise ProblemError(
                f"goals reward {width} states, but {self.world.name} has {self.world.size}. "
                "Draw the goals from this world."
            )
        put(self, "bonus", self._bonus())
        slack = floats(
            np.broadcast_to(np.asarray(self.slack, dtype=np.float64), (self.goals.count,))
        )
        if not (np.isfinite(slack).all() and (slack >= 0).all()):
            raise ProblemError("slack must be finite and not negative.")
        put(self, "slack", slack)

    def __repr__(self) -> str:
        return f"<Problem: {self.world.name}, {self.goals.count} goals, discount {self.discount}>"

    @property
    def horizon_discount(self) -> float:
        """The discount a planner plans with: `planning_discount` if there is one, else `discount`."""
        return self.discount if self.planning_discount is None else self.planning_discount

    def pair_bonus(self) -> Floats | None:
        """F[L] or F[G, L], or None where there is no bonus."""
        return None if isinstance(self.bonus, float) else self.bonus

    def pair_slack(self) -> Floats:
        """F[G], the error a safeguard declared."""
        assert not isinstance(self.slack, float)
        return self.slack

    def take(self, rows: Ints) -> "Problem":
        """The same problem for some of its goals."""
        chosen = ints(rows)
        bonus, slack = self.pair_bonus(), self.pair_slack()[chosen]
        if bonus is not None and bonus.ndim == 2:
            bonus = bonus[chosen]
        goals = self.goals.take(chosen)
        return replace(self, goals=goals, bonus=0.0 if bonus is None else bonus, slack=slack)

    def _bonus(self) -> Floats | float:
        bonus = np.asarray(self.bonus, dtype=np.float64)
        shapes = ((), (self.world.n_pairs,), (self.goals.count, self.world.n_pairs))
        if bonus.shape not in shapes:
            raise ProblemError(
                f"bonus has shape {bonus.shape}; give one number a pair ({shapes[1]}) or one a "
                f"goal and pair ({shapes[2]})."
            )
        if not np.isfinite(bonus).all():
            raise ProblemError("bonus must be finite.")
        if bonus.shape == ():
            return 0.0 if bonus == 0 else floats(np.full(self.world.n_pairs, float(bonus)))
        return floats(bonus)


def _discount(value: float, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0.0 <= number < 1.0:
        raise ProblemError(
            f"{what} is {value!r}; it must be at least 0 and less than 1 "
            "(worlds absorb, so a sum without discounting need not end)."
        )
    return number
