"""Policies that do the same in states that look alike: improved step by step, never made worse."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead, rounding
from telos.solve.policies import evaluate, time_spent

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Steps of improvement at most, and in a row that gain less than this part of what a goal's values span.
#: With these 99 goals in 100 of tiny random worlds do as well as the best pure plan or better, and the
#: factory takes half the time of 40 steps with no other end.
MOST_ROUNDS, MOST_IDLE, IDLE = 30, 3, 1e-4
#: A step that does not pay is halved until it is this small, and then given up.
SMALLEST_STEP = 2.0**-8


@final
@dataclass(frozen=True, eq=False, repr=False)
class Looks:
    """Which states of a world look alike, and what can be tried in each look.

    A choice is a look and the name of an action that is legal in some state of that look. In a state
    where the action is not legal, the default pair is carried out (the first legal one, in a world
    without a default), as in `telos.core.environment.WorldEnv`.

    Args:
        world: the world. alike: I[S], states of equal number look alike.

    Raises:
        ProblemError: if there is not one number for each state.

    Example:
        >>> from telos import explore
        >>> world = explore("a", lambda s: {"go": "b"} if s == "a" else {"stay": "b"})
        >>> Looks(world, ints([0, 0])).spread(floats([[0.5, 0.5]])).tolist()
        [[1.0, 1.0]]
    """

    world: World
    alike: Ints

    def __post_init__(self) -> None:
        if np.shape(self.alike) != (self.world.size,):
            raise ProblemError(
                f"{self.world.name}: alike has shape {np.shape(self.alike)}, not one number for "
                f"each of {self.world.size} states."
            )
        number = np.unique(self.alike, return_inverse=True)[1]
        object.__setattr__(self, "alike", ints(number))

    def __repr__(self) -> str:
        return f"<Looks: {self.count} of {self.world.size} states of {self.world.name}>"

    @property
    def count(self) -> int:
        """How many looks there are."""
        return int(self.alike.max()) + 1

    @cached_property
    def _key(self) -> Ints:
        """I[L], a number for the look and the action of each pair."""
        world = self.world
        return ints(self.alike[world.pair_state] * len(world.actions) + world.pair_action)

    @cached_property
    def choice(self) -> Ints:
        """I[L], the choice that each pair is an instance of; choices are ordered by look."""
        return ints(np.unique(self._key, return_inverse=True)[1])

    @cached_property
    def look_of(self) -> Ints:
        """I[C], the look that each choice belongs to."""
        return ints(np.unique(self._key) // len(self.world.actions))

    @cached_property
    def choice_ptr(self) -> Ints:
        """I[looks + 1]: the choices of look c are `choice_ptr[c] : choice_ptr[c + 1]`."""
        return ints(np.searchsorted(self.look_of, np.arange(self.count + 1)))

    @cached_property
    def _carried_out(self) -> "csr_array":
        """The sparse matrix C x L: 1 where a choice is carried out as a pair."""
        from scipy.sparse import csr_array

        world = self.world
        idle = world.pair_ptr[:-1] if world.default is None else world.default
        pair = np.repeat(idle[:, None], len(world.actions), axis=1)
        pair[world.pair_state, world.pair_action] = np.arange(world.n_pairs)
        width = np.diff(self.choice_ptr)[self.alike]
        state = np.repeat(np.arange(world.size), width)
        place = np.arange(len(state)) - np.repeat(np.cumsum(width) - width, width)
        choice = self.choice_ptr[self.alike[state]] + place
        action = np.unique(self._key)[choice] % len(world.actions)
        entries = (np.ones(len(state)), (choice, pair[state, action]))
        return csr_array(entries, shape=(len(self.look_of), world.n_pairs))

    def by_look(self, values: Floats) -> Floats:
        """F[G, looks], sums of F[G, S] over the states of each look."""
        order = np.argsort(self.alike, kind="stable")
        first = np.searchsorted(self.alike[order], np.arange(self.count))
        return floats(np.add.reduceat(values[:, order], first, axis=1))

    def spread(self, chosen: Floats) -> Floats:
        """F[G, L], the policy that tries F[G, C] in every state of a look."""
        return floats((self._carried_out.T @ chosen.T).T)

    def weighed(self, q: Floats, time: Floats, otherwise: Floats) -> Floats:
        """F[G, C]: what a choice is worth on average over the states of its look.

        `q(c, a) = sum_s w(s) q(s, a) / sum_s w(s)` over the states s of look c, with w the time spent
        in them, or `otherwise` where no time at all is spent in the look; q(s, a) being that of the
        pair that is carried out.

        Args:
            q: F[G, L]. time, otherwise: F[G, S], >= 0, and `otherwise` > 0.
        """
        weight = self._weight(time, otherwise)[:, self.world.pair_state]
        return floats((self._carried_out @ (weight * q).T).T)

    def averaged(self, policy: Floats, time: Floats, otherwise: Floats) -> Floats:
        """F[G, L]: what a policy does in the states of a look, done in each of them; as `weighed`."""
        weight = self._weight(time, otherwise)[:, self.world.pair_state]
        order = np.argsort(self.choice, kind="stable")
        first = np.searchsorted(self.choice[order], np.arange(len(self.look_of)))
        return self.spread(np.add.reduceat((weight * policy)[:, order], first, axis=1))

    def _weight(self, time: Floats, otherwise: Floats) -> Floats:
        """F[G, S], the weight of each state within its look; sums to 1 there."""
        met = self.by_look(time) > 0
        weight = np.where(met[:, self.alike], time, otherwise)
        return floats(weight / self.by_look(weight)[:, self.alike])


def improve(problem: Problem, looks: Looks, policy: Floats, own: Bools) -> Floats:
    """A policy that does the same in states that look alike, worth no less at the start.

    Conservative policy iteration on looks: with q(c, a) as `weighed` by the time the present policy
    spends in each state, the step is towards `argmax_a q(c, a)` in every look, shared equally among
    ties. To first order it is worth `sum_c time(c) (max_a q(c, a) - q(c, policy)) >= 0`; it is taken
    as a whole if that pays at the start, else by a half, a quarter … of it. It ends where no such step
    pays, or hardly: near a policy that no small change of what is done improves, which need not be the
    best (to find the best pure one is NP-hard). Where no two states look alike it is plain policy
    iteration.

    Args:
        problem: the problem; its discount is that planned with.
        looks: which states look alike.
        policy: F[G, L], to begin with; tries the same in states that look alike.
        own: B[S], the states in which the choice is free; the policy stays as it is elsewhere. A look
            must be free in all its states or in none.

    Returns:
        F[G, L].

    Raises:
        ProblemError: if the policy is not one distribution for each state.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> import numpy as np
        >>> lines = {"a": {"left": "b", "right": "c"}, "b": {"left": "c", "right": "d"}}
        >>> world = explore("a", lambda s: lines.get(s, {"stay": s}))
        >>> looks = Looks(world, np.array([0, 0, 1, 2]))  # a and b look alike
        >>> problem = Problem(world, Goals([0.0, 0.0, 1.0, 3.0]), 0.9)
        >>> half = np.array([[0.5, 0.5, 0.5, 0.5, 1.0, 1.0]])
        >>> better = improve(problem, looks, half, np.ones(4, bool))
        >>> bool(evaluate(problem, better)[0, 0] > evaluate(problem, half)[0, 0])
        True

    References:
        Kakade and Langford (2002), section 4 (conservative policy iteration); Singh et al. (1994) for
        memoryless policies; Littman (1994) for their hardness.
    """
    world = problem.world
    everywhere = replace(problem, world=replace(world, start=np.full(world.size, 1 / world.size)))
    policy, value = np.array(policy), np.array(evaluate(problem, policy))
    going, size, idle = np.arange(len(policy)), np.ones(len(policy)), np.zeros(len(policy))
    for _ in range(MOST_ROUNDS):
        part = problem.take(going)
        towards = _towards(part, everywhere.take(going), looks, policy[going], value[going], own)
        moved = np.flatnonzero((np.abs(towards - policy[going]) > 1e-12).any(axis=1))
        if not moved.size:
            break
        going, part = going[moved], part.take(moved)
        before, span = value[going] @ world.start, np.ptp(value[going], axis=1)
        _step(part, policy, value, size, going, towards[moved])
        idle[going] = np.where(
            value[going] @ world.start > before + IDLE * span, 0, idle[going] + 1
        )
        going = going[(size[going] >= SMALLEST_STEP) & (idle[going] < MOST_IDLE)]
        if not going.size:
            break
    return floats(policy)


def _towards(
    problem: Problem,
    everywhere: Problem,
    looks: Looks,
    policy: Floats,
    value: Floats,
    free: Bools,
) -> Floats:
    """F[G, L], the policy that takes what is best on average in every look whose choice is free."""
    world, bonus = problem.world, problem.pair_bonus()
    q = problem.goals.reward[:, world.pair_state] + problem.discount * ahead(world, value)
    q = q if bonus is None else q + bonus
    worth = looks.weighed(q, time_spent(problem, policy), time_spent(everywhere, policy))
    starts = looks.choice_ptr[:-1]
    margin = rounding(world, q, problem.discount) + 2 * problem.pair_slack() / (
        1 - problem.discount
    )
    top = np.maximum.reduceat(worth, starts, axis=1)[:, looks.look_of]
    tied = worth >= top - margin[:, None]
    equal = tied / np.add.reduceat(tied, starts, axis=1, dtype=np.float64)[:, looks.look_of]
    return floats(np.where(free[world.pair_state], looks.spread(equal), policy))


def _step(
    problem: Problem, policy: Floats, value: Floats, size: Floats, going: Ints, towards: Floats
) -> None:
    """Take the largest step that pays at the start, for each goal that is going; in place.

    A step four times as long as the goal's last is tried first, then a half of it, and so on.

    Args:
        problem: of the goals that are going. going: I[n], their rows in what follows.
        policy, value: F[G, L], F[G, S], changed where a step pays. towards: F[n, L].
        size: F[G], how long each goal's last step was; below SMALLEST_STEP: none paid.
    """
    start, rows = problem.world.start, np.arange(len(going))
    before = value[going] @ start
    slack = rounding(problem.world, value[going], problem.discount)
    size[going] = np.minimum(1.0, 4.0 * size[going])
    while rows.size:
        here, step = going[rows], size[going[rows]][:, None]
        tried = (1.0 - step) * policy[here] + step * towards[rows]
        worth = evaluate(problem.take(rows), tried)
        gain = worth @ start - before[rows]
        # A whole step may leave the start as it is, and improve where one has not yet come; parts of
        # a step must pay, or they would be taken for ever.
        pays = np.where(step[:, 0] == 1.0, gain >= -slack[rows], gain > slack[rows])
        policy[here[pays]], value[here[pays]] = tried[pays], worth[pays]
        size[here[~pays]] /= 2
        rows = rows[~pays & (size[here] >= SMALLEST_STEP)]
