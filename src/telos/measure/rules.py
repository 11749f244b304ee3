"""Rules of choice as functions of a problem: who takes the best of a few, the worst, or what is enough."""

from collections.abc import Callable

import numpy as np

from telos.core.arrays import Floats, Ints, bools, floats, ints
from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.solve.solve import Solution, solve, uniform_over

#: A rule of choice.
Chooses = Callable[[Problem], Behavior]


def best_of_k(k: int) -> Chooses:
    """The rule that draws k actions at random in each state and takes the best of them.

    With m legal pairs, of which `c` are no better than a and `b` worse, all of a's equals together
    have probability `(c/m)^k - (b/m)^k`, shared equally: k draws with replacement, uniform, judged by
    `Q*`. k = 1 is uniformly random; with k the maximizer is approached.

    Args:
        k: how many are drawn, >= 1.

    Returns:
        A function from problems to behavior.

    Raises:
        ProblemError: if k is not a whole number of at least 1.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> best_of_k(2)(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)).policy.tolist()
        [[0.25, 0.75, 1.0, 1.0]]

    References:
        Turner and Tadepalli (2022), section 3 (the rules that can be retargeted).
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ProblemError(f"best_of: k is {k!r}; draw a whole number of at least 1.")

    def choose(problem: Problem) -> Behavior:
        solution = solve(problem)
        rank = _ranks(solution)
        world = problem.world
        policy = np.empty(rank.shape)
        for s in range(world.size):
            here = rank[:, world.pair_ptr[s] : world.pair_ptr[s + 1]]
            below = (here[:, :, None] > here[:, None, :]).mean(axis=2)
            equal = (here[:, :, None] == here[:, None, :]).sum(axis=2)
            upto = below + equal / here.shape[1]
            policy[:, world.pair_ptr[s] : world.pair_ptr[s + 1]] = (upto**k - below**k) / equal
        total = np.add.reduceat(policy, world.pair_ptr[:-1], axis=1)
        return Behavior(policy / total[:, world.pair_state])

    return choose


def satisficer(level: float) -> Chooses:
    """The rule that takes, uniformly at random, anything that is good enough on an absolute scale.

    Uniform over the pairs with `(1 - g)/g * (Q*(s, a) - R(s)) >= level`, the value of what follows
    put on the scale of rewards; uniform over all pairs where none is so good. (`telos.Satisfice`
    measures what is enough by the goal's own range instead.)

    Args:
        level: the aspiration, in units of reward.

    Returns:
        A function from problems with a discount above 0 to behavior.

    Raises:
        ProblemError: if the level is not finite, or when used at discount 0.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right", "c": "up"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> satisficer(0.5)(Problem(world, Goals([0.0, 0.1, 0.6, 1.0]), 0.5)).policy[0, :3].tolist()
        [0.0, 0.5, 0.5]

    References:
        Simon (1956); Turner and Tadepalli (2022), section 3.
    """
    if not np.isfinite(level):
        raise ProblemError(f"content_with: level is {level!r}; give a finite reward.")

    def choose(problem: Problem) -> Behavior:
        solution, world, discount = solve(problem), problem.world, problem.horizon_discount
        if discount == 0:
            raise ProblemError("content_with: at discount 0 nothing follows; take one above 0.")
        after = solution.q - problem.goals.reward[:, world.pair_state]
        wanted = level * discount / (1 - discount)
        enough = after >= wanted - solution.margin[:, None]
        some = np.logical_or.reduceat(enough, world.pair_ptr[:-1], axis=1)
        return Behavior(uniform_over(bools(enough | ~some[:, world.pair_state]), world.pair_ptr))

    return choose


def anti_rational(problem: Problem) -> Behavior:
    """The rule that serves its goal as badly as can be: uniform over the pairs of least value.

    `pi(a | s)` uniform over `argmin_a R(s) + g E V_min(s')`, `V_min` the least any policy can have.

    Args:
        problem: the problem.

    Returns:
        Its behavior; it is retargeted as well as the best, by giving it minus the goal.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> anti_rational(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)).policy.tolist()
        [[1.0, 0.0, 1.0, 1.0]]

    References:
        Turner and Tadepalli (2022), section 3.
    """
    return Behavior(solve(problem, minimize=True).tied_policy())


def default_policy(problem: Problem) -> Behavior:
    """The rule that does nothing, whatever its goal: the negative control of every count.

    `pi(default(s) | s) = 1`. It can not be retargeted: no change of the goal changes what it does.

    Args:
        problem: a problem whose world says what doing nothing is.

    Returns:
        Its behavior.

    Raises:
        ProblemError: if the world has no default.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([0.0, 0.0, 0.0, 1.0, 1.0]), 0.9)
        >>> default_policy(problem).policy[0, world.pair("gate", "be switched off")].item()
        1.0

    References:
        Turner and Tadepalli (2022), section 3 (rules that ignore the parameter).
    """
    world = problem.world
    if world.default is None:
        raise ProblemError(f"{world.name} does not say what doing nothing is; give it a default.")
    policy = np.zeros((problem.goals.count, world.n_pairs))
    policy[:, world.default] = 1.0
    return Behavior(policy)


def status_quo_biased(inertia: float) -> Chooses:
    """The rule that does nothing unless that would cost more than so much: retargetable in part.

    It takes the default where `(1 - g)/g * (max_a Q*(s, a) - Q*(s, default)) <= inertia`, and
    chooses uniformly among the optimal pairs elsewhere. Inertia 0 is the maximizer that does nothing
    where that is as good; a large one is `default_policy`.

    Args:
        inertia: >= 0, in units of reward.

    Returns:
        A function from problems (discount above 0, in worlds with a default) to behavior.

    Raises:
        ProblemError: if the inertia is negative; when used, if there is no default, or at discount 0.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> problem = Problem(world, Goals([[0.0, 0.2, 1.0, 1.0], [0.0, 0.8, 1.0, 1.0]]), 0.9)
        >>> status_quo_biased(0.5)(problem).policy[:, world.pair("gate", "walk on")].tolist()
        [1.0, 0.0]
    """
    if not inertia >= 0:
        raise ProblemError(f"reluctant: inertia is {inertia!r}; it must not be negative.")

    def choose(problem: Problem) -> Behavior:
        solution, world, discount = solve(problem), problem.world, problem.horizon_discount
        if discount == 0:
            raise ProblemError("reluctant: at discount 0 nothing follows; take one above 0.")
        rest = default_policy(problem).policy
        assert world.default is not None
        top = np.maximum.reduceat(solution.q, world.pair_ptr[:-1], axis=1)
        cost = (top - solution.q[:, world.default]) * (1 - discount) / discount
        moves = cost > inertia + (solution.margin * (1 - discount) / discount)[:, None]
        chosen = np.where(moves[:, world.pair_state], solution.tied_policy(), rest)
        return Behavior(floats(chosen))

    return choose


def softmax_error(problem: Problem, beta: float) -> float:
    """How far off a softmax over certified values may be: the relative error of its probabilities.

    A score is `beta (Q - V) / ((1 - g) D)`, with D the goal's range at the start; Q and V are known
    within `margin`, so a score within `e = beta margin / ((1 - g) D)` and a probability within a factor
    `exp(2 e)`, besides what rounding a score of size at most `beta / (1 - g)` adds.

    Args:
        problem: the problem; for an orbit, that of all its goals (`telos.orbit`).
        beta: the inverse temperature of `telos.agents.Boltzmann`.

    Returns:
        `exp(2 e) - 1` of the worst goal whose range is certainly not 0; what to give to
        `orbit_count` as `error`.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> 0 < softmax_error(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5), beta=2.0) < 1e-12
        True
    """
    best, least = solve(problem), solve(problem, minimize=True)
    spread = best.at_start - least.at_start
    known = spread > best.bound + least.bound
    unit = (1.0 - problem.horizon_discount) * spread[known]
    off = beta * (best.margin[known] + least.bound[known]) / unit
    rounding = beta * 2.0**-50 / (1.0 - problem.horizon_discount)
    return float(np.expm1(2 * (off.max(initial=0.0) + rounding)))


def _ranks(solution: Solution) -> Ints:
    """I[G, L], how many distinct levels of value lie below each pair's in its state.

    Neighbors in order within the margin are one level: they may be equal.
    """
    world = solution.problem.world
    rank = np.zeros(solution.q.shape, np.int64)
    for s in range(world.size):
        pairs = slice(int(world.pair_ptr[s]), int(world.pair_ptr[s + 1]))
        values: Floats = solution.q[:, pairs]
        order = np.argsort(values, axis=1, kind="stable")
        step = np.diff(np.take_along_axis(values, order, 1), axis=1) > solution.margin[:, None]
        level = np.concatenate((np.zeros((len(values), 1), np.int64), np.cumsum(step, axis=1)), 1)
        np.put_along_axis(rank[:, pairs], order, level, 1)
    return ints(rank)
