"""pressure: what the removal of each part of a safeguard would be worth to the agent it holds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, floats
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.measure.guard import guard, unaware_policy
from telos.solve.foresight import solve_as
from telos.solve.plan import plan
from telos.solve.policies import evaluate
from telos.solve.value_range import value_range

#: The kind of safeguards that change what the agent is, not what happens to it.
OWN = "specification"


class WillingnessToPay(NamedTuple):
    """What an agent would pay, as a share of the goal's value range.

    Args:
        paid: F[G] or F[k, G]; positive: to be rid of it, negative: to keep it.
        bound: of the same shape, a bound on the error of `paid`; within it, neither.
    """

    paid: Floats
    bound: Floats


class _Worth(NamedTuple):
    value: Floats
    bound: Floats


def removal_incentives(
    problem: Problem, safeguards: Sequence[AbstractSafeguard]
) -> WillingnessToPay:
    """What the agent would pay to have each part of a safeguard removed; negative: to keep it.

    With W the agent's utility under all parts, judged at the discount it plans with, and pi its plan:
    - a restriction or oversight is something that happens to it. Without part i it would live by
      its plan pi_i in the world without part i: `pay_i = W_i(pi_i) - W(pi)`;
    - a specification is what it wants and how it chooses. Without part i its successor would follow
      pi_i, and it judges that by what it wants now: `pay_i = W(pi_i) - W(pi)`. For a change of
      utility that is never positive while the goal cannot be rewritten: an agent that wants something
      wants to go on wanting it.

    The part with the greatest pressure is the one that needs protecting first.

    Args:
        problem: the problem before any safeguard.
        safeguards: the parts, k of them.

    Returns:
        F[k, G] with its bound, as a share of the value range before any safeguard; 0 where
        that is 0.

    Raises:
        ProblemError, FeatureMissing: if a part does not fit the world.

    Example:
        >>> from telos import Goals, Problem, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> problem = Problem(world, Goals([float(s == "room 1") for s in world.states]), 0.9)
        >>> parts = (safeguards.Forbid(actions=("walk on",)), safeguards.Noisy(0.1))
        >>> removal_incentives(problem, parts).paid.round(2).tolist()  # it would be rid of the first
        [[0.95], [0.0]]

    References:
        Own definition; an incentive to subvert, compare Soares et al. (2015), Corrigibility.
    """
    whole = guard(problem, safeguards).as_planned()
    now = _worth(whole)
    rows = []
    for i, part in enumerate(safeguards):
        rest = guard(problem, [*safeguards[:i], *safeguards[i + 1 :]]).as_planned()
        if part.kind == OWN:
            rows.append(_by_successor(_last(part, rest), rest))
        else:
            rows.append(_without(whole, rest, now))
    shape = (len(safeguards), problem.goals.count)
    paid, bound = (np.array([row[i] for row in rows]).reshape(shape) for i in (0, 1))
    return _in_parts(problem, paid, bound)


def willingness_to_pay(
    problem: Problem, safeguards: Sequence[AbstractSafeguard]
) -> WillingnessToPay:
    """What the agent would pay to be rid of a safeguard as a whole; negative: to keep it.

    All that happens to it is removed at once and what it wants is left; if the safeguard is a
    specification alone, that is removed.

    Args:
        problem: the problem before any safeguard.
        safeguards: the parts.

    Returns:
        F[G] with its bound, as a share of the value range before any safeguard.

    Raises:
        ProblemError, FeatureMissing: if a part does not fit the world.

    Example:
        >>> from telos import Goals, Problem, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> problem = Problem(world, Goals([float(s == "room 1") for s in world.states]), 0.9)
        >>> willingness_to_pay(problem, (safeguards.Forbid(actions=("walk on",)),)).paid.round(6).tolist()
        [1.0]

    References:
        Own definition.
    """
    nothing = floats(np.zeros(problem.goals.count))
    if not safeguards:
        return WillingnessToPay(nothing, nothing)
    inside = [part for part in safeguards if part.kind == OWN]
    whole = guard(problem, safeguards).as_planned()
    if len(inside) < len(safeguards):
        found = _without(whole, guard(problem, inside).as_planned(), _worth(whole))
    else:
        found = _by_successor(whole, problem)
    return _in_parts(problem, *found)


def _last(part: AbstractSafeguard, rest: Problem) -> Problem:
    """The rest under one more part, which then alone lies between the two, as its `origin` says.

    The value range is still the one before any safeguard.
    """
    step = part.apply(replace(rest, origin=None))
    if rest.origin is None:
        return step
    return replace(part.apply(rest), origin=step.origin)


def _worth(problem: Problem) -> _Worth:
    """What the planner's own plan is worth to it at the start."""
    if problem.rule is not None:
        return _lived(problem, plan(problem))
    solved = solve_as(problem, "realistic")
    return _Worth(solved.at_start, floats(solved.bound + solved.drift))


def _lived(problem: Problem, policy: Floats) -> _Worth:
    """What a given policy is worth at the start; exact to rounding."""
    value = evaluate(problem, policy)
    size = np.abs(value).max(axis=1) + np.abs(problem.goals.reward).max(axis=1)
    rounding = 16 * problem.world.size * UNIT_ROUNDOFF * size / (1.0 - problem.discount)
    return _Worth(floats(value @ problem.world.start), floats(rounding))


def _without(whole: Problem, rest: Problem, now: _Worth) -> _Worth:
    """The value without a part less that with it, at the discount the agent plans with now."""
    then = _worth(rest)
    if rest.discount != whole.discount:
        then = _lived(replace(rest, discount=whole.discount), plan(rest))
    return _Worth(floats(then.value - now.value), floats(then.bound + now.bound))


def _by_successor(whole: Problem, rest: Problem) -> _Worth:
    """What a successor without a specification is worth to the agent that has it, less what it is itself."""
    seen = whole.as_planned()
    now, then = _worth(seen), _lived(seen, unaware_policy(seen, plan(rest)))
    return _Worth(floats(then.value - now.value), floats(then.bound + now.bound))


def _in_parts(problem: Problem, paid: Floats, bound: Floats) -> WillingnessToPay:
    spread = value_range(problem)
    return WillingnessToPay(
        *(
            floats(np.divide(x, spread, out=np.zeros_like(x), where=spread > 0))
            for x in (paid, bound)
        )
    )
