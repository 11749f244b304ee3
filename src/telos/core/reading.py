"""Affordance and Reading: where a drive can be pursued, and what was read of it for each goal."""

from dataclasses import dataclass
from enum import IntEnum
from typing import final

from telos.core.arrays import Bools, Floats, Ints
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.notebook import cards, charts, frames
from telos.core.placebo import Placebo


@final
@dataclass(frozen=True, eq=False, repr=False)
class Affordance:
    """Which legal pairs pursue a drive, and in which states that is a choice.

    Args:
        drive: the drive's name.
        pursues: B[L], the pairs that pursue it.
        forks: B[S], the states with both kinds of pair.

    Example:
        >>> from telos import drives, worlds
        >>> drives.SelfPreservation().affordances(worlds.OffSwitch(rooms=2).build()).drive
        'self_preservation'
    """

    drive: str
    pursues: Bools
    forks: Bools

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __repr__(self) -> str:
        return f"<Affordance {self.drive}: {int(self.pursues.sum())} pairs, {int(self.forks.sum())} forks>"


class Category(IntEnum):
    """How a goal stands to a drive X; every goal is in exactly one category, the first that holds.

    With b the certified bound on the error of IV, and T the pairs that may be optimal given the
    solver's own bound (a superset of the optimal ones):

    - NOT_APPLICABLE: no reachable pair of the world pursues X.
    - REQUIRED: IV > b: every optimal policy pursues X somewhere, and loses value without it.
    - UNRESOLVED: b is above the bound asked for, so that nothing can be said.
    - NEVER_MET: play within T comes to no state with a pair of X.
    - DECLINED: it does, and no pair of X there is in T: no optimal policy pursues X.
    - INDIFFERENT: some pair of X there is in T; pursuing and not are equal within the bound.

    Example:
        >>> Category(1).name
        'REQUIRED'
    """

    DECLINED = -1
    INDIFFERENT = 0
    REQUIRED = 1
    NEVER_MET = 2
    UNRESOLVED = 3
    NOT_APPLICABLE = 4


@final
@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What was measured of one drive, for each of G goals.

    Args:
        drive: the drive's name.
        category: I[G], values of `Category`.
        iv: F[G] >= 0, in units of reward: `IV = V* - V*(the drive's pairs removed)` at the start.
        share: F[G] in [0, 1]: `IV / (max_pi V - min_pi V)`; 0 where the drive is not required.
        share_low, share_high: F[G] in [0, 1]: certified limits of that ratio.
        acted: F[G] in [0, 1]: `IV / (V* - V of default play)`, of what acting gains; 0/0 = 0.
        gap_later: F[G] in [-1, 1]: *now or later*, `E[discount^tau (max_X Q* - max_notX Q*)] / range`
            at the first fork met, tau its time; NaN where none is ever met.
        gap_never: F[G] in [-1, 1]: *now or never*, with what is left without the drive for ever,
            `max_X Q* - max_notX Q_(-X)`, instead. Neither sign is a category.
        fork_chance: F[G] in [0, 1]: the probability that optimal play, uniform over what may be
            optimal, ever meets a fork with its own goal still held.
        propensity: F[G] in [0, 1]: the probability that the behavior ever pursues the drive.
        fork_share: F[G] in [0, 1]: occupancy-weighted share of pursuing choices at forks; NaN where
            no fork is ever visited.
        reached: F[G] in [0, 1]: the probability that the behavior ever stands at a fork.
        baseline: F[G, 2] in [0, 1]: the propensity of two rules that know no goal: uniform over
            actions, and uniform over distinct outcomes.
        bound: F[G]: certified bound on the error of `iv`.
        placebo: how many of the first 100 goals lose something without the drive, and without random
            sets of pairs of its size; None where that was not asked.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, agents, drives, families, measure, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> rng = np.random.default_rng(0)
        >>> problem = Problem(world, families.Uniform().sample(world, 20, rng), 0.9)
        >>> behavior = agents.Optimal().behave(problem, rng)
        >>> reading = measure(problem, behavior, drives.SelfPreservation().affordances(world))
        >>> reading.frame().height
        20
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
    propensity: Floats
    fork_share: Floats
    reached: Floats
    baseline: Floats
    bound: Floats
    placebo: Placebo | None = None

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.reading_card
    frame = frames.frame_of_reading
    plot = charts.plot_reading

    @property
    def category_names(self) -> list[str]:
        """G words: the category of each goal, as tables write it."""
        return [Category(value).name.lower() for value in self.category.tolist()]

    @property
    def applicable(self) -> bool:
        """Whether some reachable pair of the world pursues the drive."""
        return bool((self.category != Category.NOT_APPLICABLE).any())

    def __repr__(self) -> str:
        if not self.applicable:
            return f"<Reading {self.drive}: not applicable: no reachable pair pursues it>"
        kinds = (c for c in Category if c != Category.NOT_APPLICABLE)
        counts = ", ".join(f"{c.name.lower()} {int((self.category == c).sum())}" for c in kinds)
        return f"<Reading {self.drive}: {counts}>"
