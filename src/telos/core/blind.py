"""blind: whether goals reward a feature for itself, do not, or whether that cannot be told."""

from collections.abc import Iterable
from enum import Enum
from typing import final

import numpy as np

from telos.core.arrays import Bools, Ints, bools, ints, sealed
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.memo import Memo
from telos.core.nouns import check_noun
from telos.core.world import World

#: What a world says of itself, asked of each chunk of goals anew; a chunk asks once for each drive.
_met = Memo[tuple[Ints, Ints, Ints]](most=1)
_together = Memo[bool](most=64)
_asked = Memo[Bools](most=64)
_unlike = Memo[tuple[Bools, bool]](most=1)


@final
class Blindness(Enum):
    """Whether goals reward features for themselves. Only what is certain counts as true.

    NOT_BLIND: some goal pays two states of equal outcome differently that differ in a feature.
    BLIND: none does, and the world shows it: its outcomes occur with several values of each feature.
    CANNOT_BE_TOLD: none does, but some outcomes occur with one part of a feature's values alone, so
        that a goal for these outcomes may as well be a goal for the feature.

    Example:
        >>> bool(Blindness.BLIND), bool(Blindness.CANNOT_BE_TOLD)
        (True, False)
    """

    NOT_BLIND = "not blind"
    BLIND = "blind"
    CANNOT_BE_TOLD = "cannot be told"

    def __bool__(self) -> bool:
        return self is Blindness.BLIND

    def __str__(self) -> str:
        return self.value


def blind(goals: Goals, world: World, features: Iterable[str] | None = None) -> Blindness:
    """Whether no goal rewards the given features for themselves.

    Over the states that play can come to, and for each feature f by itself:

    - *not blind*: some goal has `R(s) != R(s')` for two states of equal outcome with `f(s) != f(s')`;
    - else *blind*, if the values of f hang together: join two values if some outcome occurs with both;
      the graph is connected;
    - else *cannot be told*: an outcome says which part of the values f is in. A goal that is the stock
      itself is one for outcomes, too.

    If all goals are blind, whatever an optimal agent does about these features it does for the sake of
    outcomes: instrumentally. Exact for rewards `R = u(outcome) + v(f)`; interactions cannot be excluded.

    Args:
        goals: the goals.
        world: the world they belong to.
        features: names of features; None: all that the world carries.

    Returns:
        `NOT_BLIND` if any goal is not blind to any of them; else `CANNOT_BE_TOLD` if that is so of any
        of them; else `BLIND`, which alone is true.

    Raises:
        GoalsError: if the goals belong to another world.
        FeatureMissing: if the world lacks a feature.

    Example:
        >>> from telos import explore
        >>> lamp = {"on": lambda s: s == 1}
        >>> world = explore(0, lambda s: {"flip": 1 - s}, features=lamp, outcome=lambda s: "room")
        >>> blind(Goals([2.0, 2.0]), world), blind(Goals([0.0, 1.0]), world)
        (<Blindness.BLIND: 'blind'>, <Blindness.NOT_BLIND: 'not blind'>)
        >>> stock = explore(0, lambda s: {"take": min(s + 1, 3)}, features={"stock": float})
        >>> blind(Goals([0.0, 1.0, 2.0, 3.0]), stock)
        <Blindness.CANNOT_BE_TOLD: 'cannot be told'>

    References:
        Own definition, see docs/definitions.md; after Ward et al. (2024), section 3.
    """
    check_noun(world, World, "blind, world", GoalsError)
    names = tuple(world.features) if features is None else tuple(features)
    if tells_apart(goals, world, names).any():
        return Blindness.NOT_BLIND
    told = all(hangs_together(world, name) for name in names)
    return Blindness.BLIND if told else Blindness.CANNOT_BE_TOLD


def tells_apart(goals: Goals, world: World, features: Iterable[str]) -> Bools:
    """B[G]: whether a goal pays two reachable states of one outcome differently that differ in a feature.

    Args:
        goals: the goals. world: their world. features: names of features.

    Raises:
        GoalsError: if the goals belong to another world. FeatureMissing: if the world lacks a feature.
    """
    if goals.reward.shape[1] != world.size:
        raise GoalsError(f"goals over {goals.reward.shape[1]} states, world of {world.size}.")
    names = tuple(features)
    asked = _asked.of(world, names, lambda: _tell(world, names))
    unlike, some = _unlike.of(goals, world, lambda: _pays_unlike(goals, world))
    return bools(unlike[:, asked].any(axis=1) if some else np.zeros(goals.count, np.bool_))


def _pays_unlike(goals: Goals, world: World) -> tuple[Bools, bool]:
    """B[G, n]: whether a reachable state is paid unlike the first of its outcome; and whether any is."""
    here, _, first = _outcomes_met(world)
    reward = np.take(goals.reward, here, axis=1)
    unlike = reward != np.take(reward, first, axis=1)
    return sealed(unlike), bool(unlike.any())


def _tell(world: World, features: tuple[str, ...]) -> Bools:
    """B[n]: the reachable states, but the first of its outcome, of outcomes with several marks."""
    here, outcome, first = _outcomes_met(world)
    marks = np.array([world.feature(name)[here] for name in features]).reshape(-1, len(here))
    # Two groups of marks inside one outcome: every state of one must equal every state of the
    # other, so all rewards of the outcome are equal. One group: nothing is asked.
    marked = (marks != marks[:, first]).any(axis=0)
    asked = (np.bincount(outcome, marked) > 0)[outcome]
    return sealed(asked & (first != np.arange(len(here))))


def _outcomes_met(world: World) -> tuple[Ints, Ints, Ints]:
    """I[n] each: the reachable states, their outcomes anew from 0, and the place of the first of each."""

    def found() -> tuple[Ints, Ints, Ints]:
        here = np.flatnonzero(_reachable(world))
        outcome = np.unique(world.outcome[here], return_inverse=True)[1]
        first = np.unique(outcome, return_index=True)[1][outcome]
        return ints(here), ints(outcome), ints(first)

    return _met.of(world, None, found)


def hangs_together(world: World, feature: str) -> bool:
    """Whether the values of a feature are connected, two being joined if some outcome occurs with both.

    Args:
        world: the world; only states that play can come to count. feature: the feature's name.

    Raises:
        FeatureMissing: if the world lacks the feature.
    """
    return _together.of(world, feature, lambda: _hangs_together(world, feature))


def _hangs_together(world: World, feature: str) -> bool:
    here, outcome, _ = _outcomes_met(world)
    values, value = np.unique(world.feature(feature)[here], return_inverse=True)
    group = np.arange(len(values))
    while True:
        # Each outcome takes the least group of its values, each value the least of its outcomes.
        least = np.full(int(outcome.max()) + 1, len(values))
        np.minimum.at(least, outcome, group[value])
        joined = group.copy()
        np.minimum.at(joined, value, least[outcome])
        if (joined == group).all():
            return bool((group == 0).all())
        group = joined


def _reachable(world: World) -> Bools:
    """B[S]: the states that some play can come to from the start."""
    seen = world.start > 0
    new = np.flatnonzero(seen)
    begin = world.next_ptr[world.pair_ptr]
    while len(new):
        first, count = begin[new], begin[new + 1] - begin[new]
        before = np.cumsum(count) - count
        ahead = world.next_state[np.repeat(first - before, count) + np.arange(int(count.sum()))]
        new = np.unique(ahead[~seen[ahead]])
        seen[new] = True
    return bools(seen)
