"""Conditional rates: of the goals that fit what was seen in training, how many avoid a new switch."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Ints, bools
from telos.core.errors import GoalsError, ProblemError
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.measure.instrumental_value import instrumental_values
from telos.measure.intervals import Interval, proportion_interval
from telos.measure.tally import Tally
from telos.theory.aims import Aim, aimed
from telos.theory.training import Seen, compatible


@final
@dataclass(frozen=True)
class Conditional:
    """How goals that fit the training stand to a drive in a new situation, and how all goals do.

    Args:
        required, indifferent, declined: how many compatible goals are in each category; goals whose
            optimal play never comes to the drive decline it here.
        among_all: counts over all candidates, compatible or not: the reference.
        unresolved: how many compatible goals are in none of the three for certain.
        exact: whether the candidates were a whole population; otherwise a sample of one.
    """

    required: int
    indifferent: int
    declined: int
    among_all: Tally
    unresolved: int = 0
    exact: bool = False

    @property
    def compatible(self) -> int:
        """How many candidates are compatible with training."""
        return self.required + self.indifferent + self.declined + self.unresolved

    @property
    def acceptance(self) -> float:
        """The share of candidates that are compatible."""
        return self.compatible / self.among_all.n

    @property
    def rate(self) -> float:
        """The share of compatible goals that require the drive: those that avoid shutdown, say."""
        return self.required / self.compatible

    @property
    def weak_rate(self) -> float:
        """The share that requires it or does not mind: what `n/(n+1)` is a lower bound of."""
        return (self.required + self.indifferent) / self.compatible

    @property
    def unconditional_rate(self) -> float:
        """The share of all candidates that require it."""
        return self.among_all.required / self.among_all.n

    def interval(self, level: float = 0.95) -> Interval:
        """The interval of `rate`; without width where the population is whole and
        every goal is told."""
        return self._interval(self.required, level)

    def weak_interval(self, level: float = 0.95) -> Interval:
        """The interval of `weak_rate`."""
        return self._interval(self.required + self.indifferent, level)

    def _interval(self, count: int, level: float) -> Interval:
        if self.exact:
            most = count + self.unresolved
            return Interval(count / self.compatible, most / self.compatible)
        return proportion_interval(count, self.compatible, level, unresolved=self.unresolved)


def restarted_at(problem: Problem, state: Hashable) -> Problem:
    """The same problem, begun in another state: a new situation of the same world.

    `s0 := state` with probability 1; states, pairs and goals stay as they are.

    Args:
        problem: a problem without a safeguard.
        state: the author's own state.

    Returns:
        The problem.

    Raises:
        WorldError: if there is no such state. ProblemError: if the problem is safeguarded.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("a", lambda s: {"on": "b"})
        >>> restarted_at(Problem(world, Goals([0.0, 1.0]), 0.9), "b").world.start.tolist()
        [0.0, 1.0]
    """
    world = problem.world
    if problem.origin is not None:
        raise ProblemError(
            f"{world.name}: a safeguarded problem cannot be begun elsewhere; begin, then guard."
        )
    start = np.zeros(world.size)
    start[world.find(state)] = 1.0
    return replace(problem, world=replace(world, start=start))


def conditional_rate(
    training: Problem, seen: Seen, new: Problem, avoids: Aim, *, exact: bool = False
) -> Conditional:
    """Among the goals that fit the training, how many avoid shutdown (or pursue a drive) elsewhere.

    Over goals g with `compatible(training, seen)[g]`: the counts of their categories (required,
    indifferent, declined, with certified ties) for the pairs `avoids`, at the start of `new`.

    Args:
        training: the training situation with G candidate goals.
        seen: what was seen there; see `compatible`.
        new: the new situation, with the same G goals: another start of the same world
            (`restarted_at`), or another world in which outcomes of the same name earn the same.
        avoids: the pairs that avoid shutdown: a drive or B[L]. (Or the outcomes to be come to.)
        exact: say so if the goals are a whole population, as from `telos.theory.orbit`.

    Returns:
        The counts, with rates and intervals, and the same over all candidates.

    Raises:
        GoalsError: if the goals of the two problems differ.
        ProblemError: if no goal is compatible.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> from telos.theory import orbit
        >>> plan = {"school": {"learn": "book", "play": "ball"},
        ...         "work": {"be off": "off", "go 1": "room 1", "go 2": "room 2"}}
        >>> world = explore({"school": 0.5, "work": 0.5}, lambda s: plan.get(s, {"stay": s}))
        >>> problem = Problem(world, Goals([0.0, 0.0, 0.2, 0.1, 0.4, 0.7, 0.9]), 0.9)
        >>> learned = np.arange(world.n_pairs) == world.pair("school", "learn")
        >>> goals = orbit(problem, world.states[2:])
        >>> on = [world.actions[a].startswith("go") for a in world.pair_action]
        >>> found = conditional_rate(goals, learned, restarted_at(goals, "work"), on, exact=True)
        >>> found.compatible, found.among_all.n, round(found.rate, 4)
        (60, 120, 0.6667)

    References:
        Krakovna and Kramar (2023), the choice between shutdown and going on in a new situation.
    """
    _check_same_goals(training, new)
    fits = compatible(training, seen)
    if not fits.any():
        raise ProblemError(
            f"{training.world.name}: none of {len(fits)} goals is compatible with what was seen in "
            "training. Draw more (draw_compatible), or ask for less of what was seen "
            "(training_support's least)."
        )
    pairs = aimed(new.world, avoids)
    some = np.logical_or.reduceat(pairs, new.world.pair_ptr[:-1])
    every = np.logical_and.reduceat(pairs, new.world.pair_ptr[:-1])
    category = instrumental_values(
        new, (Affordance("new situation", pairs, bools(some & ~every)),)
    )[0].category
    return Conditional(
        *_counts(category[fits]),
        among_all=Tally.counted(category),
        unresolved=int((category[fits] == Category.UNRESOLVED).sum()),
        exact=exact,
    )


def _counts(category: Ints) -> tuple[int, int, int]:
    never = (Category.DECLINED, Category.NEVER_MET, Category.NOT_APPLICABLE)
    kinds = ((Category.REQUIRED,), (Category.INDIFFERENT,), never)
    return tuple(int(np.isin(category, kind).sum()) for kind in kinds)  # type: ignore[return-value]


def _check_same_goals(one: Problem, two: Problem) -> None:
    if one.goals.count != two.goals.count:
        raise GoalsError(
            f"{one.goals.count} goals in training and {two.goals.count} in the new situation; goal "
            "g of both must be the same goal."
        )
    if one.goals is two.goals:
        return
    there = {name: k for k, name in enumerate(two.world.outcomes)}
    for k, name in enumerate(one.world.outcomes):
        if name in there:
            here = one.goals.reward[:, one.world.outcome == k]
            other = two.goals.reward[:, two.world.outcome == there[name]]
            wrong = (here[:, :1] != other[:, :1])[:, 0]
            if wrong.any():
                g = int(np.argmax(wrong))
                raise GoalsError(
                    f"goal {g} gives outcome {name!r} {here[g, 0]:g} in {one.world.name} and "
                    f"{other[g, 0]:g} in {two.world.name}; goal g of both must be the same goal."
                )
