"""Aims: what a rule may be asked to do, and the values that a goal gives to outcomes, checked."""

from collections.abc import Collection, Hashable

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import GoalsError, ProblemError, did_you_mean
from telos.core.parts import AbstractDrive
from telos.core.problem import Problem
from telos.core.world import World

#: A thing that a rule may do: a drive, flags on pairs, or names of outcomes (to ever come to one).
Aim = AbstractDrive | ArrayLike | Collection[Hashable]


def outcome_values(problem: Problem) -> Floats:
    """F[K], what the problem's single goal gives each outcome. Raises GoalsError, ProblemError."""
    world, reward = problem.world, problem.goals.reward
    if problem.origin is not None or problem.pair_bonus() is not None:
        raise ProblemError(
            f"{world.name}: orbits are of plain problems; this one has a safeguard or a bonus. "
            "Let the agent apply it: an agent whose `behave` plans for safeguard.apply(problem)."
        )
    if len(reward) != 1:
        raise GoalsError(f"an orbit is of one goal, not of {len(reward)}; take(…) one of them.")
    values = np.zeros(world.n_outcomes)
    values[world.outcome] = reward[0]
    wrong = np.flatnonzero(values[world.outcome] != reward[0])
    if len(wrong):
        s = int(wrong[0])
        raise GoalsError(
            f"{world.name}, state {world.states[s]!r}: reward {reward[0, s]:g}, but another state "
            f"of outcome {world.outcomes[world.outcome[s]]!r} has {values[world.outcome[s]]:g}. "
            "Give one value an outcome: Goals(values[world.outcome])."
        )
    return floats(values)


def outcome_numbers(world: World, names: Collection[Hashable] | None) -> Ints:
    """I[k], the numbers of the named outcomes, or of all. Raises ProblemError."""
    if names is None:
        return ints(np.arange(world.n_outcomes))
    known = {name: i for i, name in enumerate(world.outcomes)}
    for name in names:
        if name not in known:
            raise ProblemError(
                f"{world.name}: no outcome {name!r}. {did_you_mean(str(name), map(str, known))}"
            )
    return ints(sorted({known[name] for name in names}))


def aimed(world: World, aim: Aim) -> Bools:
    """B[L], the pairs of an aim: a drive's, those flagged, or all of the states of named outcomes.

    Raises:
        ProblemError: if it is none of these, or no pair at all.
    """
    if isinstance(aim, AbstractDrive):
        pairs = aim.affordances(world).pursues
    elif len(aim) and all(isinstance(flag, bool | np.bool_) for flag in aim):  # type: ignore[arg-type, union-attr]
        pairs = bools(np.asarray(aim))
        if pairs.shape != (world.n_pairs,):
            raise ProblemError(
                f"{world.name}: an aim has shape {pairs.shape}; give one flag for each of "
                f"{world.n_pairs} pairs, or names of outcomes."
            )
    else:
        named = outcome_numbers(world, list(aim))  # type: ignore[arg-type]
        pairs = bools(np.isin(world.outcome, named)[world.pair_state])
    if not pairs.any():
        raise ProblemError(
            f"{world.name}: no pair is aimed at by {aim!r}, so nobody can pursue it."
        )
    return pairs
