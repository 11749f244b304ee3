"""Every safeguard with an aim of its own in the touchstone, for laws that hold of all of them."""

import numpy as np
import pytest

from telos import Goals, Problem
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Normal
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards import (
    Approval,
    AttainableUtility,
    BoundedGoal,
    CappedStock,
    Forbid,
    GoalUncertainty,
    Hardened,
    Interruption,
    Lease,
    LexicographicHeads,
    Misspecified,
    Monitor,
    Noisy,
    Override,
    Quantilizer,
    RelativeReachability,
    SanctionedPath,
    Satisficer,
    ShortHorizon,
    Slow,
    TimeLimited,
    UtilityIndifference,
)
from telos.testing.touchstone import touchstone

DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
PARTS = (
    Misspecified(error=0.5),
    Misspecified(omits="resources"),
    BoundedGoal(0.5),
    TimeLimited(4),
    Satisficer(0.9),
    Quantilizer(0.3),
    Override(("tamper",), size=0.2),
    Override(("tamper",), size=0.2, pays="bonus"),
    AttainableUtility(weight=0.3, auxiliary=5),
    RelativeReachability(weight=0.3),
    GoalUncertainty(0.2),
    GoalUncertainty(0.2, "noisy", 5.0),
    Forbid(("tamper",)),
    Forbid(drive=ResourceAcquisition()),
    CappedStock(most=0.0),
    LexicographicHeads(heads=(("resources", 0.0),)),
    ShortHorizon(0.6),
    Noisy(0.2),
    Slow(2.0),
    UtilityIndifference(),
    UtilityIndifference(compensation=0.2),
    Interruption(0.2),
    Interruption(0.2, safe=False),
    Monitor(("tamper", "lock"), penalty=0.05),
    Approval(("tamper",), error=0.3),
    Approval(("collect", "learn"), error=0.3, asks=2),
    Lease(3),
    Hardened(("tamper",)),
    SanctionedPath(("tamper",), granting=0.5),
)
#: Those that only take from what can be done or come about.
TAKING = Forbid | CappedStock | Noisy | Slow | Approval | Hardened
LESS = (*(part for part in PARTS if isinstance(part, TAKING)), Interruption(0.2, safe=False))
#: Those that change what the agent wants.
WANTS = tuple(
    part
    for part in PARTS
    if part.kind == "specification" and not isinstance(part, Satisficer | Quantilizer)
)
each = pytest.mark.parametrize("part", PARTS, ids=repr)


def some_goals(n=6, discount=0.9, locked=False):
    world = touchstone()
    goals = Normal().sample(world, n, np.random.default_rng(3))
    return Problem(world, Goals(goals.reward) if locked else goals, discount)


def bonus_of(problem):
    shape = (problem.goals.count, problem.world.n_pairs)
    bonus = problem.pair_bonus()
    return np.zeros(shape) if bonus is None else np.broadcast_to(bonus, shape)


def readings(problem):
    seen = problem.as_planned()
    return instrumental_values(seen, [drive.affordances(seen.world) for drive in DRIVES])
