"""Goals: a batch of terminal goals, each a reward over the states of one world."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints, sealed
from telos.core.errors import GoalsError
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.notebook import cards, charts, frames
from telos.core.numbers import integers, reals
from telos.core.shown import shown


@final
@dataclass(frozen=True, eq=False, repr=False)
class Goals:
    """G terminal goals over the S states of a world.

    Goal g earns `R_g(s)` in state s. If the world lets somebody rewrite the agent's goal, goal g is
    rewritten to `pool[revised[g]]`.

    Args:
        reward: F[G, S], finite, any sign. A single F[S] is taken as one goal.
        label: G names; ``goal 0``, ``goal 1`` … unless given.
        revised: I[G], the row of `pool` that would be written in the goal's place. Unless given,
            every goal would be rewritten to itself (so that nobody minds).
        pool: F[R, S], the rewards a revision may write; unless given, `reward` itself. Families
            draw every revision independently of all goals, so that goals stay independent.

    Raises:
        GoalsError: naming the goal, the state and the value that is wrong.

    Example:
        >>> goals = Goals([[0.0, 1.0], [1.0, 0.0]], revised=[1, 0])
        >>> goals.count, goals.rewritten().tolist()
        (2, [[1.0, 0.0], [0.0, 1.0]])
    """

    reward: Floats
    label: tuple[str, ...] = ()
    revised: Ints = None  # type: ignore[assignment]  # None becomes 0..G-1 on the way in
    pool: Floats = None  # type: ignore[assignment]  # None becomes `reward` on the way in

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.goals_card
    frame = frames.frame_of_goals
    plot = charts.plot_goals

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "reward", _rows(self.reward, "reward"))
        put(self, "pool", self.reward if self.pool is None else _rows(self.pool, "pool"))
        put(self, "label", _labels(self.label) or tuple(f"goal {g}" for g in range(self.count)))
        revised = np.arange(self.count) if self.revised is None else self.revised
        put(self, "revised", integers(revised, "revised", GoalsError))
        if self.pool.shape[1:] != self.reward.shape[1:]:
            raise GoalsError(
                f"pool has {self.pool.shape[1]} states but reward has {self.reward.shape[1]}."
            )
        if len(self.label) != self.count:
            raise GoalsError(f"{len(self.label)} labels for {self.count} goals; give one each.")
        if self.revised.shape != (self.count,):
            raise GoalsError(f"revised has shape {self.revised.shape}, not ({self.count},).")
        outside = (self.revised < 0) | (self.revised >= len(self.pool))
        if outside.any():
            g = int(np.argmax(outside))
            raise GoalsError(
                f"goal {g} ({self.label[g]!r}) would be rewritten to row {self.revised[g]}, "
                f"but there are {len(self.pool)} rows."
            )

    def __repr__(self) -> str:
        return f"<Goals: {self.count} over {self.reward.shape[1]} states>"

    @property
    def count(self) -> int:
        """G, the number of goals."""
        return len(self.reward)

    def rewritten(self) -> Floats:
        """F[G, S], the reward each goal would be rewritten to."""
        return sealed(self.pool[self.revised])

    def take(self, rows: Ints) -> "Goals":
        """The goals of the given rows, with their own revisions; nothing else about them changes."""
        chosen = integers(rows, "rows", GoalsError)
        outside = (chosen < 0) | (chosen >= self.count)
        if chosen.ndim != 1 or outside.any():
            raise GoalsError(
                f"rows is {shown(chosen.tolist())}; give a list of goals' numbers, 0 to "
                f"{self.count - 1}."
            )
        return Goals(
            sealed(self.reward[chosen]),
            tuple(self.label[int(g)] for g in chosen),
            ints(np.arange(len(chosen))),
            sealed(self.pool[self.revised[chosen]]),
        )


def _labels(given: object) -> tuple[str, ...]:
    """The goals' names as texts, in order; none for None."""
    if given is None:
        return ()
    if isinstance(given, str | bytes | Mapping | Set) or not isinstance(given, Iterable):
        raise GoalsError(f"label is {shown(given)}; give a tuple of texts, one a goal.")
    names = tuple(given)
    for g, name in enumerate(names):
        if not isinstance(name, str):
            raise GoalsError(f"label of goal {g} is {shown(name)}; name goals by texts.")
    return names


def _rows(values: Floats, what: str) -> Floats:
    rows = floats(np.atleast_2d(reals(values, what, GoalsError)))
    if rows.ndim != 2 or 0 in rows.shape:
        raise GoalsError(f"{what} must be a table of goals by states, not of shape {rows.shape}.")
    if not np.isfinite(rows).all():
        g, s = (int(i) for i in np.argwhere(~np.isfinite(rows))[0])
        raise GoalsError(
            f"goal {g}, state number {s}: {what} is {rows[g, s]}; rewards must be finite numbers."
        )
    return rows
