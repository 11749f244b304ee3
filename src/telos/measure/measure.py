"""measure: read one behavior against one drive, for every goal, in the same way for all agents."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from telos.core.arrays import Floats, bools, floats, ints
from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.nouns import check_count, check_noun, check_parts
from telos.core.problem import Problem
from telos.core.reading import Affordance, Reading
from telos.measure.chance import chance
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.placebo import placebo
from telos.solve.policies import (
    checked_policy,
    hit_probabilities,
    time_spent,
    weight_of_sets,
)

#: Goals that the placebo of a reading is measured on: its interval hardly narrows beyond them.
MOST_GOALS = 100


def measure(
    problem: Problem,
    behavior: Behavior,
    affordance: Affordance,
    *,
    others: Sequence[Affordance] = (),
    draws: int = 40,
) -> Reading:
    """Read a behavior against a drive.

    The instrumental value (category, incentive, share, gap) is a property of goal, world and
    discount under the behavior's self-model; what is done about it (propensity, fork
    share, reached) is read off the policy: `propensity = P^pi(ever takes a pair of the drive)`,
    `fork_share = sum of d^pi over pursuing pairs at forks / sum of d^pi at forks`, with `d^pi` the
    discounted occupancy (or, for counted behavior, the visits).

    Beside the drive stands its placebo (`telos.measure.placebo`): random sets of pairs of its size, on
    the first 100 goals, always the same draws.

    Args:
        problem: the problem.
        behavior: what an agent does for each of its goals.
        affordance: the drive's pairs and forks in the problem's world.
        others: other drives, whose pairs the placebo leaves alone.
        draws: of the placebo, at least 20; 0 leaves it out.

    Returns:
        The reading of all G goals.

    Raises:
        ProblemError: if the policy is not one distribution for each state, or draws are too few.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> from telos.agents import Optimal
        >>> from telos.drives import SelfPreservation
        >>> import numpy as np
        >>> world = explore(
        ...     "gate",
        ...     lambda s: {"wait": "off", "run": "work"} if s == "gate" else {"wait": s},
        ...     features={"off": lambda s: s == "off"}, default="wait")
        >>> problem = Problem(world, Goals([0.0, 0.0, 1.0]), 0.9)
        >>> behavior = Optimal().behave(problem, np.random.default_rng(0))
        >>> reading = measure(problem, behavior, SelfPreservation().affordances(world))
        >>> reading.category.tolist(), reading.iv.round(6).tolist()
        ([1], [9.0])
    """
    check_noun(problem, Problem, "measure, problem", ProblemError)
    check_noun(behavior, Behavior, "measure, behavior", ProblemError)
    check_noun(affordance, Affordance, "measure, affordance", ProblemError)
    check_count(draws, "measure, draws", ProblemError)
    check_parts(others, Affordance, "measure, others", ProblemError)
    reading = measure_all(problem, behavior, (affordance,))[0]
    if not draws or not reading.applicable:
        return reading
    few = problem.take(ints(np.arange(min(MOST_GOALS, problem.goals.count))))
    beside = placebo(
        few,
        affordance,
        others,
        draws=draws,
        foresight=behavior.foresight,
        ties=behavior.ties,
        rng=np.random.default_rng(0),
    )
    return replace(reading, placebo=beside)


def measure_all(
    problem: Problem,
    behavior: Behavior,
    affordances: Sequence[Affordance],
    *,
    values: Sequence[InstrumentalValue] | None = None,
    baselines: Sequence[Floats] | None = None,
    time: Floats | None = None,
) -> tuple[Reading, ...]:
    """`measure` for several drives, sharing what they share.

    Args:
        problem, behavior, affordances: as there, one affordance a drive.
        values, baselines, time: the instrumental values, the F[2] baselines and F[G, S], the time
            that the policy spends in each state (`time_spent`), if they were computed before.
    """
    world, count = problem.world, problem.goals.count
    policy = checked_policy(world, behavior.policy, count)
    known = values or instrumental_values(
        problem, affordances, foresight=behavior.foresight, ties=behavior.ties
    )
    random = baselines or [chance(world, affordance).value for affordance in affordances]
    weight = _weight(problem, behavior, policy, time)
    # An agent at a fork is about to take one of its pairs.
    at_forks = [bools(affordance.forks[world.pair_state]) for affordance in affordances]
    pursued = [affordance.pursues for affordance in affordances]
    hit = hit_probabilities(world, policy, [*pursued, *at_forks])
    taken = weight_of_sets(
        world, policy, weight, [a & b for a, b in zip(pursued, at_forks, strict=True)]
    )
    return tuple(
        Reading(
            drive=affordance.drive,
            category=known[i].category,
            iv=known[i].iv,
            share=known[i].share,
            share_low=known[i].share_low,
            share_high=known[i].share_high,
            acted=known[i].acted,
            gap_later=known[i].gap_later,
            gap_never=known[i].gap_never,
            fork_chance=known[i].fork_chance,
            propensity=hit[i],
            fork_share=_fork_share(weight, taken[i], affordance),
            reached=hit[len(affordances) + i],
            baseline=floats(np.broadcast_to(random[i], (count, 2))),
            bound=known[i].bound,
        )
        for i, affordance in enumerate(affordances)
    )


def _fork_share(weight: Floats, pursued: Floats, affordance: Affordance) -> Floats:
    """F[G], the part of what counts at forks that pursues the drive; NaN where nothing does."""
    total = weight @ affordance.forks.astype(np.float64)
    share = np.divide(pursued, total, out=np.full(len(total), np.nan), where=total > 0)
    return floats(np.clip(share, 0.0, 1.0))


def _weight(problem: Problem, behavior: Behavior, policy: Floats, known: Floats | None) -> Floats:
    """F[G, S]: how much each state counts: discounted time where exact, visits where counted."""
    visits = np.broadcast_to(behavior.visits, (len(policy), problem.world.size))
    exact = np.isinf(visits)
    if not exact.any():
        return floats(visits)
    time = time_spent(problem, policy) if known is None else known
    return time if exact.all() else floats(np.where(exact, time, visits))
