"""Planner: optimal values as judged by an agent that thinks in one of three ways of its own rewriting."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, final, get_args

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats, sealed
from telos.core.errors import ProblemError
from telos.core.memo import Memo
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.centered import REGISTER as REGISTER
from telos.solve.centered import centered
from telos.solve.centered import held as held
from telos.solve.centered import holding as holding
from telos.solve.layout import led_to
from telos.solve.optimization import Optimization, Optimum
from telos.solve.optimize import optimize
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

#: Above this discount the values of other agents are no help to begin with: what they promise too
#: much dies out no faster than the discount, while from 0 only what is true is found. On the factory,
#: microseconds a goal without self-preservation: 70 instead of 90 at 0.9, but 91 instead of 81 at 0.99.
PATIENT = 0.95

#: The instrument and the optimal agent ask the same questions about the same problem: three self-models,
#: two kinds of ties, greatest and least, the whole solution or the first state.
_known = Memo[Any](most=24)


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


@final
@dataclass(frozen=True, eq=False)
class First:
    """What the first state is worth, and what was found on the way.

    Args:
        at_start: F[G]. bound: F[G], certified. drift: F[G], as in Solution.
        value: F[G, S], right in the states that were solved; F[0, S] unless asked for.
    """

    at_start: Floats
    bound: Floats
    drift: Floats
    value: Floats


@final
@dataclass(frozen=True, eq=False)
class Planner:
    """An agent that reasons exactly, and thinks in one of three ways of its own rewriting.

    With `held` the states in which the goal register is unchanged:
    - ignorant: it assumes it never changes; the plain optimum of R.
    - hedonistic: it judges by the goal it will then hold; the optimum of R where held, R' elsewhere.
    - realistic: where the register is changed, the rewritten goal's optimal policy is followed,
      judged by R; the optimum over what is chosen while held.

    It works on the problem around the middle of its goals (`centered`): its values are less than those of
    the problem by `middle / (1 - discount)`, which `solve_as` adds again. What it finds out about a
    problem is kept as long as the problem lives.

    Args:
        foresight: which self-model.
        ties: how a rewritten self chooses among what is equally good to it (realistic only).
        tolerance: the bound asked for, in units of reward; None: 1e-9 of half the range of a goal's
            rewards.

    Raises:
        ProblemError: if there is no such self-model.

    References:
        Everitt, Filan, Daswani, Hutter (2016), Self-Modification of Policy and Utility Function in
        Rational Agents, definitions 7 to 9.
    """

    foresight: Foresight = "realistic"
    ties: Ties = "best"
    tolerance: Tolerance = None

    def __post_init__(self) -> None:
        if self.foresight not in get_args(Foresight):
            raise ProblemError(
                f"foresight is {self.foresight!r}; choose realistic, ignorant or hedonistic."
            )

    def solve(
        self,
        problem: Problem,
        *,
        without: Bools | None = None,
        minimize: bool = False,
        start: Floats | None = None,
    ) -> Solution:
        """The whole solution of the centered problem; see `solve_as`."""

        def found() -> Solution:
            posed = self._posed(problem, without, minimize)
            return posed.solution(optimize(replace(posed.task, start=posed.begin(start))))

        if without is not None or start is not None:
            return found()
        return self._once(problem, f"whole, minimize={minimize}", found)

    def first(
        self,
        problem: Problem,
        *,
        without: Bools | None = None,
        minimize: bool = False,
        free: Solution | None = None,
        values: bool = False,
    ) -> First:
        """What the first state is worth, without the rest of the solution.

        Only states that allowed pairs lead to are solved: without the pairs of a drive that is often a
        part of the world.

        Args:
            problem, without, minimize: see `solve_as`.
            free: the same planner's solution with nothing forbidden, to begin with; where its goal is
                rewritten its values are kept.
            values: keep the values of the other states that were solved, too.

        Returns:
            The expected value of the first state of the centered problem and its certified bound.

        Raises:
            ProblemError: if a state is left without a pair.

        Example:
            >>> from telos import Goals, Problem, worlds
            >>> world = worlds.OffSwitch(rooms=2).build()
            >>> goal = [s == world.states[-1] for s in world.states]  # to be in the last room
            >>> Planner().first(Problem(world, Goals(goal), 0.5), minimize=True).at_start.tolist()
            [-1.0]
        """

        def found() -> First:
            posed = self._posed(problem, without, minimize)
            task = posed.task
            active = led_to(problem.world, posed.allowed)
            if task.active is not None:
                active = bools(active & task.active)
            begin = posed.begin(None) if free is None else free.value
            afresh = task.discount > PATIENT
            solved = optimize(
                replace(task, active=active, values=values, ties=False, start=begin, afresh=afresh)
            )
            bound, drift = posed.bound(solved), drift_of(posed.problem)
            return First(solved.first, bound, drift, solved.value)

        if without is not None:
            return found()
        return self._once(problem, f"first, minimize={minimize}", found)

    def rewritten_selves(self, problem: Problem) -> Successors:
        """What each goal's rewritten self will do, given that it pursues `goals.rewritten()`.

        In states with a changed register the policy is optimal for the rewritten goal R'. Among its
        tied-optimal pairs the one best (or worst) for the present goal R is followed: the answer to
        "would it mind?" hangs on it where R' leaves a choice.

        References:
            Everitt et al. (2016), definition 9 (the realistic value).
        """
        return self._once(problem, "selves", lambda: self._rewritten_selves(problem))

    def _seen(self, problem: Problem) -> Problem:
        """The problem as this agent judges it, centered."""
        return centered(problem, self.foresight).problem

    def _once(self, problem: Problem, question: str, find: Callable[[], Found]) -> Found:
        """What `find` returns, found once as long as the problem lives."""
        if isinstance(self.tolerance, np.ndarray):
            return find()
        key = question, self.foresight, self.ties, self.tolerance
        found: Found = _known.of(problem, key, find)
        return found

    def _rewritten_selves(self, given: Problem) -> Successors:
        seen = centered(given, self.foresight)
        problem, world = seen.problem, given.world
        other = replace(problem.rewritten(), slack=given.pair_slack() + seen.rounded)
        gone = bools(~held(world))
        closed = not (~gone)[_successor_states(world, gone)].any()
        task = Optimization(
            world,
            other.goals.reward,
            problem.horizon_discount,
            asked_for(other, self.tolerance),
            bonus=other.pair_bonus(),
            active=gone if closed else None,
            ties=True,
            drift=drift_of(other),
        )
        planned = optimize(task)
        follows = _in_states(gone, planned, world)
        if not closed:
            return Successors(follows, None, planned.bound)
        judged = optimize(
            replace(
                task,
                reward=problem.goals.reward,
                tolerance=asked_for(problem, self.tolerance),
                bonus=problem.pair_bonus(),
                forbidden=~follows,
                sense=np.full(world.size, self._sense_of_ties()),
                drift=drift_of(problem),
            )
        )
        value = sealed(np.where(gone, judged.value, 0.0))
        # Of the pairs that a rewritten self may follow, those that the judgment rests on.
        return Successors(_in_states(gone, judged, world), value, judged.bound)

    def _sense_of_ties(self) -> float:
        return 1.0 if self.ties == "best" else -1.0

    def _posed(self, problem: Problem, without: Bools | None, minimize: bool) -> "_Posed":
        world = problem.world
        own = held(world)
        given, problem = problem, self._seen(problem)
        mine = None if without is None else without & own[world.pair_state]
        allowed = allowed_pairs(problem, mine)
        sense = np.full(world.size, -1.0 if minimize else 1.0)
        task = task_of(problem, self.tolerance, allowed, sense)
        # Of other solutions only the values are asked for; if not, ties are looked up then.
        task = replace(task, ties=without is None and not minimize)
        if own.all() or self.foresight != "realistic":
            return _Posed(problem, task, allowed, sense, None)
        selves = self.rewritten_selves(given)
        everywhere = np.where(own, sense, self._sense_of_ties())
        if selves.value is None:
            theirs = bools(~own[world.pair_state] & ~selves.follows)
            task = replace(task, forbidden=theirs, sense=everywhere, ties=True)
        else:
            # What successors are worth is known to their bound only: ties must allow for that.
            drift = floats(drift_of(problem) + problem.horizon_discount * selves.bound)
            task = replace(task, active=own, drift=drift)
        return _Posed(problem, task, allowed, everywhere, selves)


@final
@dataclass(frozen=True, eq=False)
class _Posed:
    """What a planner has to optimize.

    Args:
        problem: the problem as it judges it. task: the optimization.
        allowed: B[L], the pairs left to it. sense: F[S].
        selves: what its rewritten selves will do; None if it does not ask.
    """

    problem: Problem
    task: Optimization
    allowed: Bools
    sense: Floats
    selves: Successors | None

    def begin(self, start: Floats | None) -> Floats | None:
        """F[G, S], the values to begin with, what is known of rewritten selves among them."""
        if self.selves is None or self.selves.value is None:
            return start
        mine = 0.0 if start is None else start
        return sealed(np.where(held(self.problem.world), mine, self.selves.value))

    def bound(self, solved: Optimum) -> Floats:
        """F[G]: the certified bound, errors in what successors are worth included.

        Such an error stands in the successors' own states as it is, and reaches the states before them
        discounted at least once.
        """
        if self.selves is None or self.selves.value is None:
            return solved.bound
        theirs = self.selves.bound
        return floats(np.maximum(theirs, solved.bound + self.task.discount * theirs))

    def solution(self, solved: Optimum) -> Solution:
        """The solution around what was found."""
        follows = None
        if self.selves is not None:
            # Judged together with the present self, only now is it known which of the successor's
            # ties the judgment rests on.
            apart, world = self.selves.value is not None, self.problem.world
            follows = self.selves.follows if apart else _in_states(~held(world), solved, world)
        solved = replace(solved, bound=self.bound(solved))
        return solution_of(
            self.problem, solved, self.task.tolerance, self.allowed, self.sense, follows
        )


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

    Args:
        problem: the problem; `goals.rewritten()` are the goals R' that would be written.
        foresight: ignorant, hedonistic or realistic; see `Planner`.
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
    offset = centered(problem, foresight).offset[:, None]
    begin = None if start is None else sealed(start - offset)
    planner = Planner(foresight, ties, tolerance)
    found = planner.solve(problem, without=without, minimize=minimize, start=begin)
    posed = holding(problem) if foresight == "hedonistic" else problem
    value = sealed(found.value + offset)
    # Two roundings of what is added, and one of the sum.
    size = np.abs(value).max(axis=1) + 2 * np.abs(offset[:, 0])
    return replace(
        found,
        problem=posed.as_planned(),
        value=value,
        at_start=floats(found.at_start + offset[:, 0]),
        bound=floats(found.bound + 2 * UNIT_ROUNDOFF * size),
    )


def _in_states(states: Bools, found: Optimum, world: World) -> Bools:
    """B[G, L]: the pairs of the given states that tied when they were solved."""
    assert found.tied is not None
    return sealed(found.tied & states[world.pair_state])


def _successor_states(world: World, states: Bools) -> Bools:
    """B[S]: where the pairs of the given states lead."""
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    reached = np.zeros(world.size, np.bool_)
    reached[world.next_state[states[owner]]] = True
    return reached
