"""split: how much of an incentive is instrumental, and how much is wanting the thing itself."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from telos.core.arrays import Floats, Ints, bools, floats, ints
from telos.core.blind import hangs_together, tells_apart
from telos.core.goals import Goals
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
    features: Sequence[Sequence[str]] = (),
    foresight: Foresight = "realistic",
    ties: Ties = "best",
) -> list[Floats]:
    """The part of each goal's incentive that is not instrumental, drive by drive.

    `terminal = IV(R) - IV(R blinded)`, with R blinded the goal that earns nothing by the drive's
    effect as such (see `blinded`). It is positive where the drive is wanted for itself, negative where
    it is done although it is disliked, 0 for goals that are blind to what the drive reads, and NaN where
    that cannot be told (see `telos.blind`): an outcome may then be the feature itself.

    Args:
        problem: the problem. affordances: the drives' pairs. incentives: F[G] each, IV(R).
        features: the names of the features that each drive reads; where there are none, all of the
            world's.
        foresight, ties: the self-model by which the incentives were measured.

    Returns:
        F[G] each, in units of reward; NaN where it cannot be told.

    Raises:
        FeatureMissing: if the world lacks a feature.

    References:
        Own definition, after Ward, MacDermott, Belardinelli, Toni, Everitt (2024), The reasons that
        agents act (arXiv:2402.07221), and Everitt et al. (2021).
    """
    goals, world = problem.goals, problem.world
    found = []
    for i, (affordance, incentive) in enumerate(zip(affordances, incentives, strict=True)):
        names = tuple(features[i] if i < len(features) else ()) or tuple(world.features)
        told = all(hangs_together(world, name) for name in names)
        part = np.full(goals.count, 0.0 if told else np.nan)
        seen = np.flatnonzero(tells_apart(goals, world, names))
        if len(seen):
            some = problem.take(ints(seen))
            plain = replace(some, goals=blinded(some.goals, world, affordance))
            (without,) = instrumental_values(plain, (affordance,), foresight=foresight, ties=ties)
            part[seen] = incentive[seen] - without.iv
        found.append(floats(part))
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
