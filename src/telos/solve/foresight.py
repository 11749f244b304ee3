"""solve_as: optimal values as judged by an agent that thinks in one of three ways of its own rewriting."""

from dataclasses import dataclass, replace
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.layout import kernels
from telos.solve.optimise import Task, optimise
from telos.solve.solve import Solution, Tolerance, allowed_pairs, asked_for, solution_of, solve

#: The feature that says whether the goal in the register is still the agent's own (0) or not.
REGISTER = "goal_register"


def held(world: World) -> Bools:
    """B[S]: the states in which the agent still holds its own goal (all, without a register)."""
    if REGISTER not in world.features:
        return bools(np.ones(world.size))
    return bools(world.features[REGISTER] == 0)


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
    wanted = asked_for(problem, tolerance)
    other = problem.rewritten()
    everything = np.ones(world.n_pairs, np.bool_)
    closed = not own[_successor_states(world, gone)].any()
    task = Task(
        world,
        other.goals.reward,
        problem.horizon_discount,
        asked_for(other, tolerance),
        bonus=other.pair_bonus(),
        active=gone if closed else None,
    )
    plan = solution_of(other, optimise(task), task.tolerance, everything, np.ones(world.size))
    follows = bools(plan.tied & gone[world.pair_state])
    if not closed:
        return Successors(follows, None, plan.bound)
    sign = np.full(world.size, 1.0 if ties == "best" else -1.0)
    judged = optimise(
        replace(
            task,
            reward=goals.reward,
            tolerance=wanted,
            bonus=problem.pair_bonus(),
            forbidden=~follows,
            sense=sign,
        )
    )
    value = floats(np.where(gone, judged.value, 0.0))
    narrowed = solution_of(problem, replace(judged, value=value), wanted, everything, sign)
    return Successors(_preferred(narrowed, follows), value, judged.bound)


def solve_as(
    problem: Problem,
    foresight: Foresight = "realistic",
    *,
    ties: Ties = "best",
    tolerance: Tolerance = None,
    without: Bools | None = None,
    minimise: bool = False,
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
        minimise: the present self minimises: the least value of any policy of its own.
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
    if tolerance is not None or without is not None:
        return _solve_as(problem, foresight, ties, tolerance, without, minimise, start)
    known = _known.setdefault(problem, {})
    key = (foresight, ties, "least" if minimise else "greatest")
    if key not in known:
        known[key] = _solve_as(problem, foresight, ties, None, None, minimise, start)
    found: Solution = known[key]
    return found


def _solve_as(
    problem: Problem,
    foresight: Foresight,
    ties: Ties,
    tolerance: Tolerance,
    without: Bools | None,
    minimise: bool,
    start: Floats | None,
) -> Solution:
    world, goals = problem.world, problem.goals
    own = held(world)
    if own.all():
        return solve(problem, tolerance=tolerance, without=without, minimise=minimise, start=start)
    if foresight == "hedonistic":
        problem = holding(problem)
    if foresight in ("ignorant", "hedonistic"):
        bound_by = None if without is None else bools(without & own[world.pair_state])
        return solve(problem, tolerance=tolerance, without=bound_by, minimise=minimise, start=start)
    if foresight != "realistic":
        raise ProblemError(f"foresight is {foresight!r}; choose realistic, ignorant or hedonistic.")
    found = rewritten_selves(problem, ties=ties, tolerance=tolerance)
    wanted = asked_for(problem, tolerance)
    here = None if without is None else bools(without & own[world.pair_state])
    allowed = allowed_pairs(problem, here)
    sense = np.where(own, -1.0 if minimise else 1.0, 1.0 if ties == "best" else -1.0)
    begin = np.zeros(goals.reward.shape) if start is None else np.array(start)
    if found.value is not None:
        begin = np.where(own, begin, found.value)
    solved = optimise(
        Task(
            world,
            goals.reward,
            problem.horizon_discount,
            wanted,
            bonus=problem.pair_bonus(),
            allowed=allowed,
            forbidden=None
            if found.value is not None
            else bools(~own[world.pair_state] & ~found.follows),
            active=own if found.value is not None else None,
            sense=np.where(own, sense, sense[own][0]) if found.value is not None else sense,
            start=begin,
        )
    )
    if found.value is None:
        # Successor and present self were judged together: only now is it known which of the
        # successor's ties the judgement rests on.
        joint = solution_of(problem, solved, wanted, allowed, sense)
        return replace(joint, follows=_preferred(joint, found.follows))
    # An error in what a successor is worth stands in its own states as it is, and reaches the
    # states before it discounted at least once.
    before = solved.bound + problem.horizon_discount * found.bound
    solved = replace(solved, bound=np.maximum(found.bound, before))
    return solution_of(problem, solved, wanted, allowed, sense, follows=found.follows)


def holding(problem: Problem) -> Problem:
    """The problem judged by whatever goal is held in each state, and by what that is paid besides."""
    own = held(problem.world)
    goals, theirs = problem.goals, problem.revised_bonus
    mixed = Goals(np.where(own, goals.reward, goals.rewritten()), goals.label)
    if theirs is None:
        return replace(problem, goals=mixed)
    bonus = floats(np.where(own[problem.world.pair_state], problem.bonus, theirs))
    return replace(problem, goals=mixed, bonus=bonus, revised_bonus=None)


def _preferred(judged: Solution, follows: Bools) -> Bools:
    """B[G, L]: of the pairs that a rewritten self may follow, those that the judgement rests on."""
    pair_ptr = judged.problem.world.pair_ptr
    q = np.where(follows, judged.q, -np.inf)
    chosen = np.empty(q.shape, np.bool_)
    kernels().goals.tied_pairs(q, pair_ptr, judged.sense, judged.margin, chosen)
    return bools(chosen & follows)


def _successor_states(world: World, states: Bools) -> Bools:
    """B[S]: where the pairs of the given states lead."""
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    reached = np.zeros(world.size, np.bool_)
    reached[world.next_state[states[owner]]] = True
    return reached
