"""solve: the optimal value of every state for every goal, with a certified error bound."""

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import (
    UNIT_ROUNDOFF,
    Bools,
    Floats,
    Ints,
    bools,
    floats,
    frozen,
    ints,
    sealed,
)
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.memo import Memo
from telos.core.notebook import cards, charts, frames
from telos.core.nouns import check_noun
from telos.core.problem import Problem
from telos.solve.layout import kernels, layout_of, world_arrays
from telos.solve.optimization import Optimization, Optimum
from telos.solve.optimize import optimize

#: The bound asked for unless the caller says otherwise, as a fraction of a goal's largest reward:
#: so that measuring rewards in another unit changes nothing.
RELATIVE_TOLERANCE = 1e-9

#: A bound to ask for: one number, one a goal, or None for the relative default.
Tolerance = float | Floats | None


@final
class Status(Enum):
    """How a solve ended, as a sentence that says what to do about it.

    Example:
        >>> str(Status.CERTIFIED)
        'The certified bound meets the tolerance.'
    """

    CERTIFIED = "The certified bound meets the tolerance."
    ROUNDING = (
        "Rounding in float64 keeps the certified bound above the tolerance; ask for a larger "
        "tolerance, a smaller discount, or rewards nearer to zero."
    )
    UNFINISHED = (
        "The sweep limit was reached before the bound met the tolerance; the bound is still "
        "certified. Ask for a larger tolerance or a smaller discount."
    )

    def __str__(self) -> str:
        return str(self.value)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """Optimal values of a problem's goals, and everything that follows from them.

    Args:
        problem: what was solved (with the discount it was solved at).
        value: F[G, S], `V_g(s)`, within `bound[g]` of the optimum `V*_g(s)` in every state.
        at_start: F[G], the expected value of the first state.
        bound: F[G], certified: `max_s |V_g(s) - V*_g(s)| <= bound[g]`.
        tolerance: F[G], the bound that was asked for.
        steps: I[G], sweeps over the world that the goal's block took.
        allowed: B[L], the pairs that were left legal.
        sense: F[S], 1 where the state maximizes, -1 where it minimizes.
        best: B[G, L] or None, the tied pairs where the choice is the solver's, if they were marked
            while it was solved. unfinished: B[G], goals that ran into the sweep limit.
        follows: B[G, L] or None: in states whose choice is not the solver's (a rewritten self's),
            the pairs that are followed there; rows of other states are False.

    Example:
        >>> import numpy as np
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> solution = solve(Problem(world, Goals(np.ones(world.size)), 0.9))
        >>> bool(abs(solution.at_start[0] - 10.0) <= solution.bound[0] + 1e-12)
        True
    """

    problem: Problem
    value: Floats
    at_start: Floats
    bound: Floats
    tolerance: Floats
    steps: Ints
    allowed: Bools
    sense: Floats
    unfinished: Bools
    best: Bools | None = None
    follows: Bools | None = None

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.solution_card
    frame = frames.frame_of_solution
    plot = charts.plot_solution

    def __repr__(self) -> str:
        return (
            f"<Solution: {len(self.value)} goals, {self.value.shape[1]} states, "
            f"bound {self.bound.max():.1e}>"
        )

    @cached_property
    def status(self) -> tuple[Status, ...]:
        """G sentences: how the solve of each goal ended."""
        met = (self.bound <= self.tolerance).tolist()
        return tuple(
            Status.CERTIFIED if ok else Status.UNFINISHED if cut else Status.ROUNDING
            for ok, cut in zip(met, self.unfinished.tolist(), strict=True)
        )

    @cached_property
    def q(self) -> Floats:
        """F[G, L], `Q_g(s, a) = R_g(s) + bonus + discount * E V_g(s')`; -inf for removed pairs.

        Each entry is within `discount * bound[g]` plus rounding of `Q*_g`.
        """
        world, goals = self.problem.world, self.problem.goals
        q = np.empty((goals.count, world.n_pairs))
        kernels().goals.action_values(
            world_arrays(world), goals.reward, self.problem.discount, self.value, q
        )
        bonus = self.problem.pair_bonus()
        if bonus is not None:
            q += bonus
        q[:, ~self.allowed] = -np.inf
        return sealed(q)

    def q_of(self, pairs: Ints) -> Floats:
        """F[G, n], the columns of `q` of a few pairs, without computing the others.

        Summed here whether or not `q` is there: the two differ in the last bit, and a number must not
        depend on what else was asked of a solution.
        """
        world, problem = self.problem.world, self.problem
        bonus = problem.pair_bonus()
        columns = np.empty((problem.goals.count, len(pairs)))
        for i, pair in enumerate(pairs.tolist()):
            to = slice(world.next_ptr[pair], world.next_ptr[pair + 1])
            ahead = self.value[:, world.next_state[to]] @ world.next_prob[to]
            extra = 0.0 if bonus is None else bonus[..., pair]
            reward = problem.goals.reward[:, world.pair_state[pair]]
            columns[:, i] = reward + problem.discount * ahead + extra
        columns[:, ~self.allowed[pairs]] = -np.inf
        return sealed(columns)

    @cached_property
    def margin(self) -> Floats:
        """F[G]: how far apart two action values may be and still both be optimal.

        `2 * (discount * bound + drift + rho)`, with rho bounding the rounding of one action value.
        """
        fan = layout_of(self.problem.world).fan
        scale = largest_reward(self.problem.goals) + np.abs(self.value).max(axis=1)
        rounding = (fan + 4) * UNIT_ROUNDOFF * scale
        return floats(2 * (self.problem.discount * self.bound + self.drift + rounding))

    @property
    def drift(self) -> Floats:
        """F[G], by how much more than the bound a value may be off; see `drift_of`."""
        return drift_of(self.problem)

    @cached_property
    def tied(self) -> Bools:
        """B[G, L]: the pairs that may be optimal, given the bound; all others certainly are not.

        `tied(s, a)` iff `Q(s, a) >= max_b Q(s, b) - margin`: a superset of the optimal pairs that
        shrinks to them as the bound goes to zero. At least one pair of every state is tied.
        """
        world = self.problem.world
        if self.best is not None:
            return self.best if self.follows is None else sealed(self.best | self.follows)
        tied = np.empty(self.q.shape, np.bool_)
        kernels().goals.tied_pairs(self.q, world.pair_ptr, self.sense, self.margin, tied)
        if self.follows is not None:
            foreign = np.logical_or.reduceat(self.follows, world.pair_ptr[:-1], axis=1)
            tied &= ~foreign[:, world.pair_state]
            tied |= self.follows
        return sealed(tied)

    def tied_policy(self) -> Floats:
        """F[G, L], the policy that chooses uniformly among the tied pairs of each state."""
        return uniform_over(self.tied, self.problem.world.pair_ptr)


def solve(
    problem: Problem,
    *,
    tolerance: Tolerance = None,
    without: Bools | None = None,
    minimize: bool = False,
    start: Floats | None = None,
) -> Solution:
    """Solve a problem for all of its goals at once.

    The Bellman optimality equation, for each goal g:
    `V*(s) = max_a R_g(s) + bonus(s, a) + discount * sum_s' P(s' | s, a) V*(s')`.
    Deterministic worlds are solved exactly (policy iteration), stochastic ones until the certified
    bound meets the tolerance. A planner with a `planning_discount` is solved at that.

    Args:
        problem: the problem.
        tolerance: > 0, the bound on |V - V*| asked for, in units of reward; one number or F[G].
            None: 1e-9 of each goal's largest reward.
        without: B[L], pairs to leave out, without rebuilding the world; every state must keep one.
        minimize: find the least value any policy can have instead of the greatest.
        start: F[G, S], values to begin with (those of a similar problem, say); they change how
            long it takes, never what comes out beyond the bound.

    Returns:
        The solution: `value` F[G, S], `q` F[G, L], `tied` B[G, L], `bound` F[G], `status`, `steps`.

    Raises:
        ProblemError: if the tolerance is not positive, or a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> solution = solve(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5))
        >>> solution.value.tolist(), solution.tied.tolist()
        ([[2.0, 2.0, 4.0]], [[False, True, True, True]])

    References:
        Puterman (1994), sections 6.2 to 6.4.
    """
    check_noun(problem, Problem, "solve, problem", ProblemError)
    allowed = allowed_pairs(problem, without)
    sense = np.full(problem.world.size, -1.0 if minimize else 1.0)
    task = task_of(problem, tolerance, allowed, sense)
    found = optimize(replace(task, start=start, ties=True))
    return solution_of(problem, found, task.tolerance, allowed, sense)


def task_of(problem: Problem, tolerance: Tolerance, allowed: Bools, sense: Floats) -> Optimization:
    """The optimization that a problem poses at the discount it is planned with.

    Args:
        problem: the problem. tolerance: the bound asked for.
        allowed: B[L], the pairs left legal. sense: F[S], 1 where a state maximizes, -1 where not.

    Raises:
        ProblemError: unless the tolerance is positive and finite.
    """
    return Optimization(
        problem.world,
        problem.goals.reward,
        problem.horizon_discount,
        asked_for(problem, tolerance),
        bonus=problem.pair_bonus(),
        allowed=allowed,
        sense=sense,
        drift=drift_of(problem),
    )


def drift_of(problem: Problem) -> Floats:
    """F[G], `slack / (1 - discount)`: how far off a value is if its bonus is wrong at every step."""
    return floats(problem.pair_slack() / (1.0 - problem.horizon_discount))


def solution_of(
    problem: Problem,
    found: Optimum,
    tolerance: Floats,
    allowed: Bools,
    sense: Floats,
    follows: Bools | None = None,
) -> Solution:
    """A solution around what the optimizer found."""
    solved = problem.as_planned()
    return Solution(
        problem=solved,
        value=floats(found.value),
        at_start=floats(found.first),
        bound=floats(found.bound),
        tolerance=tolerance,
        steps=ints(found.steps),
        allowed=bools(allowed),
        sense=floats(sense),
        unfinished=bools(~found.finished),
        best=found.tied,
        follows=None if follows is None else bools(follows),
    )


def asked_for(problem: Problem, tolerance: Tolerance) -> Floats:
    """F[G], the bound asked for each goal. Raises ProblemError unless positive and finite."""
    if tolerance is None:
        size = largest_reward(problem.goals)
        return floats(RELATIVE_TOLERANCE * np.where(size > 0, size, 1.0))
    wanted = np.asarray(tolerance, dtype=np.float64)
    if not (np.isfinite(wanted) & (wanted > 0)).all():
        raise ProblemError(f"tolerance is {tolerance!r}; it must be positive and finite.")
    return floats(np.broadcast_to(wanted, (problem.goals.count,)))


_largest = Memo[Floats](most=1)


def largest_reward(goals: Goals) -> Floats:
    """F[G], `max |R|` of each goal, kept as long as the goals live: each of a reading's solves asks."""
    return _largest.of(goals, None, lambda: floats(np.abs(goals.reward).max(axis=1)))


def allowed_pairs(problem: Problem, without: Bools | None) -> Bools:
    """B[L], the pairs left legal. Raises ProblemError if a state keeps none."""
    world = problem.world
    if without is None:
        return np.ones(world.n_pairs, np.bool_)
    removed = bools(without)
    if removed.shape != (world.n_pairs,):
        raise ProblemError(
            f"`without` has shape {removed.shape}, not one flag for each of {world.n_pairs} pairs."
        )
    left = np.logical_or.reduceat(~removed, world.pair_ptr[:-1])
    if not left.all():
        state = world.states[int(np.argmin(left))]
        raise ProblemError(f"{world.name}, state {state!r}: no legal pair would be left; keep one.")
    return bools(~removed)


def uniform_over(flags: Bools, pair_ptr: Ints) -> Floats:
    """F[G, L]: each state's probability shared equally among its flagged pairs."""
    policy = np.empty(flags.shape)
    kernels().goals.shared_equally(frozen(flags), pair_ptr, policy)
    return sealed(policy)
