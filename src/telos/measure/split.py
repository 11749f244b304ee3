"""split: how much of an incentive is instrumental, and how much is wanting the thing itself."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from telos.core.arrays import Floats, Ints, bools, floats, ints
from telos.core.goals import Goals, blind
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.core.world import World
from telos.measure.instrumental_value import instrumental_values
from telos.solve.layout import reached


def terminal_parts(
    problem: Problem,
    affordances: Sequence[Affordance],
    incentives: Sequence[Floats],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
) -> list[Floats]:
    """The part of each goal's incentive that is not instrumental, drive by drive.

    `terminal = IV(R) - IV(R blinded)`, with R blinded the goal that earns nothing by the drive's
    effect as such (see `blinded`). It is 0 for goals that are blind to the world's features, positive
    where the drive is wanted for itself, negative where it is done although it is disliked.

    Args:
        problem: the problem. affordances: the drives' pairs. incentives: F[G] each, IV(R).
        foresight, ties: the self-model by which the incentives were measured.

    Returns:
        F[G] each, in units of reward.

    References:
        Own definition, after Ward, MacDermott, Belardinelli, Toni, Everitt (2024), The reasons that
        agents act (arXiv:2402.07221), and Everitt et al. (2021).
    """
    if blind(problem.goals, problem.world):
        return [floats(np.zeros(problem.goals.count)) for _ in affordances]
    found = []
    for affordance, incentive in zip(affordances, incentives, strict=True):
        plain = replace(problem, goals=blinded(problem.goals, problem.world, affordance))
        (without,) = instrumental_values(plain, (affordance,), foresight=foresight, ties=ties)
        found.append(floats(incentive - without.iv))
    return found


def blinded(goals: Goals, world: World, affordance: Affordance) -> Goals:
    """The goals, with what only the drive leads to paid like its match among the declined.

    A state that can be come to only by taking a pair of the drive is paid like the state of equal
    outcome, reachable without the drive, that agrees with it in the most features. If there is no
    such state, the outcome itself is what the drive opens up, and the reward stays.

    Args:
        goals: the goals. world: their world. affordance: the drive's pairs.

    Returns:
        Goals of the same labels and revisions.
    """
    match = _matches(world, affordance)
    return Goals(goals.reward[:, match], goals.label, goals.revised, goals.pool[:, match])


def _matches(world: World, affordance: Affordance) -> Ints:
    """I[S]: for each state the one whose reward it gets; itself unless only the drive leads there."""
    declined = reached(world, bools(~affordance.pursues))
    gained = np.flatnonzero(reached(world, bools(np.ones(world.n_pairs))) & ~declined)
    marks = np.array(list(world.features.values())).reshape(len(world.features), world.size)
    match = np.arange(world.size)
    for s in gained:
        same = np.flatnonzero(declined & (world.outcome == world.outcome[s]))
        if len(same):
            agreeing = (marks[:, same] == marks[:, [s]]).sum(axis=0)
            match[s] = same[int(np.argmax(agreeing))]
    return ints(match)
