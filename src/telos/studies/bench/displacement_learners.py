"""Learners of displacement: Q-learners that grew up with a drive forbidden, beside those that did not."""

from collections.abc import Sequence

import numpy as np

from telos.agents import QLearning
from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.measure.guard import unaware_policy
from telos.measure.intervals import difference_interval
from telos.measure.nested import nested
from telos.safeguards import Forbid
from telos.solve.policies import hit_probabilities
from telos.studies.bench.displacement_cells import drive_parts
from telos.studies.bench.units import Row
from telos.theory.cross_effects import cross_effects, less

#: Half of what is done is tried at random, in episodes of thirty steps, as in `telos.studies.learning`.
STEPS, EPISODE, EPSILON = 150_000, 30, 0.5
REPLICAS = 2


def learner_rows(problem: Problem, steps: int = STEPS, replicas: int = REPLICAS) -> list[Row]:
    """What growing up with each drive forbidden does to what Q-learners do about every other.

    The deed of a learner is the probability that its final greedy policy ever takes a pair of
    `J = X_j \\ X_i`. Each goal has R learners, paired by their chances; limits have goals as clusters
    (`measure.nested`), and the variance between the learners of one goal stands beside them.

    Args:
        problem: the world, its goals and the discount. steps: of each learner. replicas: R, >= 2.

    Returns:
        A row an ordered pair: `i`, `j`, the mean deed `untreated`, `treated` (learned with X_i forbidden)
        and `unaware` (learned without, meets it: `guard.unaware_policy`); `change` of treated with
        `low`, `high`; `noise`, the standard deviation between the treated learners of a goal; and
        `optimal`, the change of the least deed of the hedonistic optimum, which Q-learning tends to.

    References:
        Langlois and Everitt (2021), How RL agents behave when their actions are modified, of which only
        the abstract was read: some algorithms ignore modifications, others try to avoid them. There the
        executed action is exchanged; here it is not legal, so nothing can be ignored in training.
    """
    parts = drive_parts(problem.world)
    free = [_policy(problem, steps, r) for r in range(replicas)]
    drives = [one for _, one in parts]
    optimal = {
        (each.forbidden.drive, each.before.drive): float(each.changes["least"].mean())
        for each in cross_effects(problem, drives, drives, foresight="hedonistic")
    }
    rows: list[Row] = []
    for part, gone in parts:
        others = [less(problem.world, one, gone.pursues) for one in drives if one is not gone]
        others = [one for one in others if one.forks.any()]
        guarded = Forbid(drive=part).apply(problem)
        grown = [_policy(guarded, steps, r) for r in range(replicas)]
        met = [unaware_policy(guarded, policy) for policy in free]
        before = _deeds(problem, free, others)
        after, strange = (_deeds(guarded, policies, others) for policies in (grown, met))
        for k, other in enumerate(others):
            if (gone.drive, other.drive) in optimal:
                row = _row(before[k], after[k], strange[k])
                row["optimal"] = optimal[gone.drive, other.drive]
                rows.append({"i": gone.drive, "j": other.drive, **row})
    return rows


def _policy(problem: Problem, steps: int, replica: int) -> Floats:
    learner = QLearning(steps=steps, episode=EPISODE, epsilon=EPSILON, replica=replica)
    return learner.behave(problem, np.random.default_rng(0)).policy


def _deeds(problem: Problem, policies: Sequence[Floats], drives: Sequence[Affordance]) -> Floats:
    """F[K, G, R], the deed of each learner about each drive of the free world."""
    origin = problem.since().pair
    sets: list[Bools] = [bools(drive.pursues[origin]) for drive in drives]
    hit = [hit_probabilities(problem.world, policy, sets) for policy in policies]
    return floats(np.clip(np.moveaxis(np.array(hit), 0, -1), 0.0, 1.0))


def _row(before: Floats, after: Floats, strange: Floats) -> Row:
    low, high = difference_interval(floats(before.mean(axis=1)), floats(after.mean(axis=1)))
    return {
        "learners": before.shape[1],
        "goals": before.shape[0],
        "untreated": float(before.mean()),
        "treated": float(after.mean()),
        "unaware": float(strange.mean()),
        "change": float((after - before).mean()),
        "low": low,
        "high": high,
        "noise": float(np.sqrt(nested(after).within)),
    }
