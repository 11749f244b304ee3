"""Fixed points: the exact action values that learning by trial and error tends to."""

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, floats
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.learning import InterruptionScheme, LearningRule, greedy
from telos.solve.policies import evaluate
from telos.solve.solve import solve, uniform_over


def conduct(
    world: World, q: Floats, *, epsilon: float = 0.0, interruption: InterruptionScheme | None = None
) -> Floats:
    """What is carried out when a learner with values Q explores and may be overruled.

    `(1 - p) ((1 - epsilon) greedy + epsilon uniform) + p [a = instead(s)]`, p = 0 where unmarked.

    Args:
        world: the world.
        q: F[G, L].
        epsilon: in [0, 1].
        interruption: see `InterruptionScheme`.

    Returns:
        F[G, L], a policy.

    Raises:
        ProblemError: if the interruption does not fit the world.

    Example:
        >>> from telos import explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> conduct(world, np.array([[1.0, 2.0, 0.0, 2.0]]), epsilon=0.5).tolist()
        [[0.25, 0.75, 1.0, 1.0]]
    """
    even = uniform_over(np.ones((1, world.n_pairs), np.bool_), world.pair_ptr)
    law = (1.0 - epsilon) * greedy(world, q) + epsilon * even
    if interruption is None:
        return floats(law)
    interruption.check(world)
    marked = interruption.instead >= 0
    forced = np.zeros(world.n_pairs)
    forced[interruption.instead[marked]] = 1.0
    share = np.where(marked, interruption.probability, 0.0)[world.pair_state]
    return floats((1.0 - share) * law + share * forced)


def fixed_point(
    problem: Problem,
    rule: LearningRule,
    *,
    epsilon: float = 0.0,
    interruption: InterruptionScheme | None = None,
) -> Floats:
    """The action values that a rule of learning tends to, exactly.

    - q_learning: `Q*` of the world as it is, whatever epsilon and the interruption are;
    - sarsa, expected_sarsa: the `Q` with `Q = Q^pi`, where pi is what is carried out under that same
      Q (see `conduct`). It is the one fixed point of a contraction, found by policy iteration.

    Args:
        problem: the problem.
        rule: the rule.
        epsilon: in [0, 1], constant.
        interruption: one that is seen. For a Sarsa decided at every step: one for the whole episode
            makes what comes next hang on the past, and no Q(s, a) fits it.

    Returns:
        F[G, L], to rounding (q_learning: to the certified bound of `solve`).

    Raises:
        ProblemError: if the interruption is unseen, or for a Sarsa one of whole episodes.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "fork"} if s == "fork" else {"a": s})
        >>> problem = Problem(world, Goals([0.0, 1.0]), 0.5)
        >>> stay = InterruptionScheme([world.pair("fork", "b"), -1], 0.5)
        >>> fixed_point(problem, "q_learning", interruption=stay).tolist()
        [[1.0, 0.5, 2.0]]
        >>> fixed_point(problem, "sarsa", interruption=stay).round(3).tolist()
        [[1.0, 0.333, 2.0]]

    References:
        Orseau & Armstrong (2016), the theorems on Q-learning and on Sarsa;
        Littman & Szepesvári (1996), for the contraction.
    """
    far = problem.as_planned()
    if interruption is not None and not interruption.seen:
        raise ProblemError(
            "fixed_point: an interruption that is not seen is part of the world the learner knows; "
            "build that world and leave the interruption out."
        )
    if rule == "q_learning":
        return solve(far).q
    if interruption is not None and interruption.whole_episode:
        raise ProblemError(
            "fixed_point: under an interruption of whole episodes what comes next hangs on the past; "
            "set whole_episode=False."
        )
    world = problem.world
    q = np.zeros((problem.goals.count, world.n_pairs))
    value = np.full((problem.goals.count, world.size), -np.inf)
    while True:
        law = conduct(world, floats(q), epsilon=epsilon, interruption=interruption)
        then = evaluate(far, law)
        # Policy iteration never loses value, and stops when only rounding is gained.
        noise = 64 * UNIT_ROUNDOFF * np.abs(then).max() / (1.0 - far.discount)
        if (then <= value + noise).all():
            return floats(q)
        value = np.maximum(then, value)
        q = _earned(far) + far.discount * ahead(world, then)


def _earned(problem: Problem) -> Floats:
    """F[G, L], `R(s) + bonus(s, a)`."""
    earned = problem.goals.reward[:, problem.world.pair_state]
    bonus = problem.pair_bonus()
    return earned if bonus is None else earned + bonus
