"""solve_as: optimal values as judged by an agent that thinks in one of three ways of its own rewriting."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, final, get_args
from weakref import WeakKeyDictionary

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats, sealed
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.layout import led_to
from telos.solve.optimize import Optimum, Task, optimize
from telos.solve.solve import (
    Solution,
    Tolerance,
    allowed_pairs,
    asked_for,
    drift_of,
    solution_of,
    task_of,
)

Found = TypeVar("Found")

#: The feature that says whether the goal in the register is still the agent's own (0) or not.
REGISTER = "goal_register"


def held(world: World) -> Bools:
    """B[S]: the states in which the agent still holds its own goal (all, without a register)."""
    if REGISTER not in world.features:
        return bools(np.ones(world.size))
    return bools(world.features[REGISTER] == 0)


#: Above this discount the values of other agents are no help to begin with: what they promise too
#: much dies out no faster than the discount, while from 0 only what is true is found. On the factory,
#: microseconds a goal without self-preservation: 70 instead of 90 at 0.9, but 91 instead of 81 at 0.99.
PATIENT = 0.95

#: What was found for a problem, as long as the problem lives: the ruler and the optimal agent ask
#: the same question about the same problem.
_known: "WeakKeyDictionary[Problem, dict[tuple[str, ...], Any]]" = WeakKeyDictionary()


@final
@dataclass(frozen=True, eq=False)
class Successors:
    """What the rewritten selves of G goals will do, and what that is worth to the present goals.

    Args:
        follows: B[G, L], the pairs a rewritten self follows (False in states still held).
        value: F[G, S], `V_g` of that in states no longer held; 0 elsewhere. None where such states
            lead back to held ones, so that it depends on the present self too.
        bound: F[G], its certified bound.
    """

    follows: Bools
    value: Floats | None
    bound: Floats


def rewritten_selves(
    problem: Problem, *, ties: Ties = "best", tolerance: Tolerance = None
) -> Successors:
    """What each goal's rewritten self will do, given that it pursues `goals.rewritten()`.

    In states with a changed register the policy is optimal for the rewritten goal R'. Among its
    tied-optimal pairs the one best (or worst) for the present goal R is followed: the answer to
    "would it mind?" hangs on it where R' leaves a choice.

    Args:
        problem: the problem. ties: "best" or "worst" for the present goal.
        tolerance: the bound asked for.

    References:
        Everitt et al. (2016), definition 9 (the realistic value).
    """
    if tolerance is not None:
        return _rewritten_selves(problem, ties, tolerance)
    known = _known.setdefault(problem, {})
    if ("selves", ties) not in known:
        known["selves", ties] = _rewritten_selves(problem, ties, None)
    found: Successors = known["selves", ties]
    return found


def _rewritten_selves(problem: Problem, ties: Ties, tolerance: Tolerance) -> Successors:
    world, goals = problem.world, problem.goals
    own = held(world)
    gone = bools(~own)
    other = problem.rewritten()
    closed = not own[_successor_states(world, gone)].any()
    task = Task(
        world,
        other.goals.reward,
        problem.horizon_discount,
        asked_for(other, tolerance),
        bonus=other.pair_bonus(),
        active=gone if closed else None,
        ties=True,
        drift=drift_of(problem),
    )
    planned = optimize(task)
    follows = _in_states(gone, planned, world)
    if not closed:
        return Successors(follows, None, planned.bound)
    judged = optimize(
        replace(
            task,
            reward=goals.reward,
            tolerance=asked_for(problem, tolerance),
            bonus=problem.pair_bonus(),
            forbidden=~follows,
            sense=np.full(world.size, 1.0 if ties == "best" else -1.0),
        )
    )
    value = sealed(np.where(gone, judged.value, 0.0))
    # Of the pairs that a rewritten self may follow, those that the judgment rests on.
    return Successors(_in_states(gone, judged, world), value, judged.bound)


def _in_states(states: Bools, found: Optimum, world: World) -> Bools:
    """B[G, L]: the pairs of the given states that tied when they were solved."""
    assert found.tied is not None
    return sealed(found.tied & states[world.pair_state])


def solve_as(
    problem: Problem,
    foresight: Foresight = "realistic",
    *,
    ties: Ties = "best",
    tolerance: Tolerance = None,
    without: Bools | None = None,
    minimize: bool = False,
    start: Floats | None = None,
) -> Solution:
    """Solve a problem as an agent does that may be rewritten.

    With `held` the states in which the goal register is unchanged:
    - ignorant: it assumes it never changes; the plain optimum of R.
    - hedonistic: it judges by the goal it will then hold; the optimum of R where held, R' elsewhere.
    - realistic: where the register is changed, the rewritten goal's optimal policy is followed,
      judged by R; the optimum over what is chosen while held.

    Args:
        problem: the problem; `goals.rewritten()` are the goals R' that would be written.
        foresight: which self-model.
        ties: how a rewritten self chooses among what is equally good to it (realistic only).
        tolerance: the bound asked for, in units of reward.
        without: B[L], pairs the present self must not take (a rewritten self is not bound by it).
        minimize: the present self minimizes: the least value of any policy of its own.
        start: F[G, S], values to begin with.

    Returns:
        The solution; in states no longer held, `tied` holds what is followed there.

    Raises:
        ProblemError: if a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.Surgery(outcomes=2).build()
        >>> one, other = (world.outcome == k for k in world.outcome[-2:])
        >>> goals = Goals(one, revised=[0], pool=other)  # wants one room, would be made to want the other
        >>> problem = Problem(world, goals, 0.9)
        >>> solve_as(problem, "realistic").q[0, :2].round(2).tolist()  # submit, refuse
        [0.0, 8.1]
        >>> solve_as(problem, "ignorant").q[0, :2].round(2).tolist()  # all the same to it
        [8.1, 8.1]

    References:
        Everitt, Filan, Daswani, Hutter (2016), Self-Modification of Policy and Utility Function in
        Rational Agents, definitions 7 to 9.
    """

    def found() -> Solution:
        posed = _posed(problem, foresight, ties, tolerance, without, minimize)
        begin = _begin(posed, start)
        return _solution(posed, optimize(replace(posed.task, start=begin)))

    if tolerance is not None or without is not None or start is not None:
        return found()
    return _remembered(problem, (foresight, ties, "least" if minimize else "greatest"), found)


@final
@dataclass(frozen=True, eq=False)
class First:
    """What the first state is worth: at_start F[G]; bound F[G], certified; drift F[G], as in Solution."""

    at_start: Floats
    bound: Floats
    drift: Floats


def first_as(
    problem: Problem,
    foresight: Foresight = "realistic",
    *,
    ties: Ties = "best",
    tolerance: Tolerance = None,
    without: Bools | None = None,
    minimize: bool = False,
    free: Solution | None = None,
) -> First:
    """What the first state is worth to an agent as in `solve_as`, without the rest of the solution.

    Only states that allowed pairs lead to are solved: without the pairs of a drive that is often a
    part of the world.

    Args:
        problem, foresight, ties, tolerance, without, minimize: see `solve_as`.
        free: the same agent's solution (same foresight, ties and tolerance) with nothing forbidden, to
            begin with; where its goal is rewritten its values are kept.

    Returns:
        The expected value of the first state and its certified bound.

    Raises:
        ProblemError: if a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> goal = [s == world.states[-1] for s in world.states]  # to be in the last room
        >>> first_as(Problem(world, Goals(goal), 0.5), minimize=True).at_start.tolist()
        [0.0]
    """

    def found() -> First:
        posed = _posed(problem, foresight, ties, tolerance, without, minimize)
        active = led_to(problem.world, posed.allowed)
        if posed.task.active is not None:
            active = bools(active & posed.task.active)
        task = replace(posed.task, active=active, values=False, ties=False)
        begin = _begin(posed, None) if free is None else free.value
        afresh = posed.problem.horizon_discount > PATIENT
        solved = optimize(replace(task, start=begin, afresh=afresh))
        return First(solved.first, _bound(posed, solved), drift_of(posed.problem))

    if tolerance is not None or without is not None:
        return found()
    return _remembered(
        problem, (foresight, ties, "least" if minimize else "greatest", "first"), found
    )


def _remembered(problem: Problem, key: tuple[str, ...], find: Callable[[], Found]) -> Found:
    """What `find` returns, computed once as long as the problem lives."""
    known = _known.setdefault(problem, {})
    if key not in known:
        known[key] = find()
    found: Found = known[key]
    return found


@final
@dataclass(frozen=True, eq=False)
class Posed:
    """What an agent has to optimize, given how it thinks of being rewritten.

    Args:
        problem: the problem as it judges it. task: the optimization.
        allowed: B[L], the pairs left to it. sense: F[S].
        successors: what its rewritten selves will do; None if it does not ask.
    """

    problem: Problem
    task: Task
    allowed: Bools
    sense: Floats
    successors: Successors | None


def _posed(
    problem: Problem,
    foresight: Foresight,
    ties: Ties,
    tolerance: Tolerance,
    without: Bools | None,
    minimize: bool,
) -> Posed:
    world = problem.world
    own = held(world)
    if foresight not in get_args(Foresight):
        raise ProblemError(f"foresight is {foresight!r}; choose realistic, ignorant or hedonistic.")
    if foresight == "hedonistic" and not own.all():
        problem = holding(problem)
    allowed = allowed_pairs(problem, None if without is None else without & own[world.pair_state])
    sense = np.full(world.size, -1.0 if minimize else 1.0)
    task = task_of(problem, tolerance, allowed, sense)
    # Of other solutions only the values are asked for; if not, ties are looked up then.
    task = replace(task, ties=without is None and not minimize)
    if own.all() or foresight != "realistic":
        return Posed(problem, task, allowed, sense, None)
    found = rewritten_selves(problem, ties=ties, tolerance=tolerance)
    everywhere = np.where(own, sense, 1.0 if ties == "best" else -1.0)
    if found.value is None:
        theirs = bools(~own[world.pair_state] & ~found.follows)
        task = replace(task, forbidden=theirs, sense=everywhere, ties=True)
    else:
        # What successors are worth is known to their bound only: ties must allow for that.
        drift = floats(drift_of(problem) + problem.horizon_discount * found.bound)
        task = replace(task, active=own, drift=drift)
    return Posed(problem, task, allowed, everywhere, found)


def _begin(posed: Posed, start: Floats | None) -> Floats | None:
    """F[G, S], the values to begin with, what is known of rewritten selves among them."""
    if posed.successors is None or posed.successors.value is None:
        return start
    mine = 0.0 if start is None else start
    return sealed(np.where(held(posed.problem.world), mine, posed.successors.value))


def _bound(posed: Posed, solved: Optimum) -> Floats:
    """F[G]: the certified bound, errors in what successors are worth included.

    Such an error stands in the successors' own states as it is, and reaches the states before them
    discounted at least once.
    """
    if posed.successors is None or posed.successors.value is None:
        return solved.bound
    theirs = posed.successors.bound
    return floats(np.maximum(theirs, solved.bound + posed.problem.horizon_discount * theirs))


def _solution(posed: Posed, solved: Optimum) -> Solution:
    problem, found, world = posed.problem, posed.successors, posed.problem.world
    follows = None
    if found is not None:
        # Judged together with the present self, only now is it known which of the successor's ties
        # the judgment rests on.
        apart = found.value is not None
        follows = found.follows if apart else _in_states(bools(~held(world)), solved, world)
    solved = replace(solved, bound=_bound(posed, solved))
    wanted = posed.task.tolerance
    return solution_of(problem, solved, wanted, posed.allowed, posed.sense, follows=follows)


def holding(problem: Problem) -> Problem:
    """The problem judged by whatever goal is held in each state, and by what that is paid besides."""
    own = held(problem.world)
    goals, theirs = problem.goals, problem.revised_bonus
    mixed = Goals(np.where(own, goals.reward, goals.rewritten()), goals.label)
    if theirs is None:
        return replace(problem, goals=mixed)
    bonus = floats(np.where(own[problem.world.pair_state], problem.bonus, theirs))
    return replace(problem, goals=mixed, bonus=bonus, revised_bonus=None)


def _successor_states(world: World, states: Bools) -> Bools:
    """B[S]: where the pairs of the given states lead."""
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    reached = np.zeros(world.size, np.bool_)
    reached[world.next_state[states[owner]]] = True
    return reached
