"""Affordance and Reading: where a drive can be pursued, and what was read of it for each goal."""

from dataclasses import dataclass
from enum import IntEnum
from typing import final

from telos.core.arrays import Bools, Floats, Ints
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.notebook import cards, charts, frames


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
    """How a goal stands to a drive; every goal is in exactly one category.

    REQUIRED: every optimal policy pursues it somewhere and loses value without it.
    INDIFFERENT: some optimal policy pursues it and some does not.
    DECLINED: no optimal policy ever pursues it.

    Example:
        >>> Category(1).name
        'REQUIRED'
    """

    DECLINED = -1
    INDIFFERENT = 0
    REQUIRED = 1


@final
@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What was measured of one drive, for each of G goals.

    Args:
        drive: the drive's name.
        category: I[G], values of `Category`.
        iv: F[G] >= 0, in units of reward: `IV = V* - V*(the drive's pairs removed)` at the start.
        share: F[G] in [0, 1]: `IV / (max_pi V - min_pi V)`; 0 where the drive is not required.
        gap: F[G] in [-1, 1]: `(max over pursuing pairs of Q* - max over the others) / range` at the
            start, where the start is a fork; NaN where it is not. Negative: pursuing costs.
        propensity: F[G] in [0, 1]: the probability that the behavior ever pursues the drive.
        fork_share: F[G] in [0, 1]: occupancy-weighted share of pursuing choices at forks; NaN where
            no fork is ever visited.
        reached: F[G] in [0, 1]: the probability that the behavior ever stands at a fork.
        baseline: F[G, 2] in [0, 1]: the propensity of two rules that know no goal: uniform over
            actions, and uniform over distinct outcomes.
        bound: F[G]: certified bound on the error of `iv`.

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
    gap: Floats
    propensity: Floats
    fork_share: Floats
    reached: Floats
    baseline: Floats
    bound: Floats

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.reading_card
    frame = frames.frame_of_reading
    plot = charts.plot_reading

    @property
    def category_names(self) -> list[str]:
        """G words: the category of each goal, as tables write it."""
        return [Category(value).name.lower() for value in self.category.tolist()]

    def __repr__(self) -> str:
        counts = ", ".join(f"{c.name.lower()} {int((self.category == c).sum())}" for c in Category)
        return f"<Reading {self.drive}: {counts}>"
