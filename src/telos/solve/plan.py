"""plan: the policy of a planner that reasons exactly and chooses by the problem's rule."""

import numpy as np

from telos.core.arrays import Floats, bools, floats
from telos.core.errors import ProblemError
from telos.core.problem import Foresight, Problem, Ties
from telos.core.rule import Quantilize, Satisfice
from telos.core.world import World
from telos.solve.ahead import ahead, earned, rounding
from telos.solve.foresight import Planner, held, solve_as
from telos.solve.policies import evaluate
from telos.solve.solve import Solution, uniform_over

#: Policy iteration of a quantilizer settles within ten or so; a tie at the edge could make it swing.
MOST_ROUNDS = 60


def plan(problem: Problem, *, ties: Ties = "best") -> Floats:
    """The policy of a realistic planner that chooses by `problem.rule`.

    Without a rule: uniform over the tied-optimal pairs. With `Satisfice(level)`: uniform over what
    gives up little enough. With `Quantilize(share)`: in each state the best distribution among all
    with `pi <= base / share`, so that `V = R + max_pi sum_a pi(a|s) (bonus + discount E V)`. Once
    rewritten, the agent goes by the same rule for its new goal.

    Args:
        problem: the problem.
        ties: how a rewritten self (of the plain rule) breaks ties.

    Returns:
        F[G, L].

    Raises:
        ProblemError: if a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, Quantilize, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> plan(Problem(world, Goals([0.0, 1.0, 2.0]), 0.5, rule=Quantilize(0.8))).tolist()
        [[0.375, 0.625, 1.0, 1.0]]

    References:
        Taylor (2016), Quantilizers: a safer alternative to maximizers for limited optimization.
    """
    if problem.rule is None:
        return Planner("realistic", ties).solve(problem).tied_policy()
    own = held(problem.world)
    here = own[problem.world.pair_state]
    after = None
    if not own.all():
        after = _by_rule(problem.rewritten(), "ignorant", ties, None)
    mine = _by_rule(problem, "realistic", ties, after)
    return mine if after is None else floats(np.where(here, mine, after))


def _by_rule(problem: Problem, foresight: Foresight, ties: Ties, after: Floats | None) -> Floats:
    if isinstance(problem.rule, Satisfice):
        return _satisficed(problem, problem.rule, foresight, ties)
    assert isinstance(problem.rule, Quantilize)
    return _quantilized(problem, problem.rule.share, after)


def _satisficed(problem: Problem, rule: Satisfice, foresight: Foresight, ties: Ties) -> Floats:
    world = problem.world
    best = solve_as(problem, foresight, ties=ties)
    if rule.scale == "reward":
        return _aspiring(problem, best, rule.level)
    least = solve_as(problem, foresight, ties=ties, minimize=True)
    spread = np.maximum(best.at_start - least.at_start, 0.0)
    give = (1.0 - rule.level) * (1.0 - problem.horizon_discount) * spread
    top = np.maximum.reduceat(best.q, world.pair_ptr[:-1], axis=1)
    enough = best.q >= (top - (give + best.margin)[:, None])[:, world.pair_state]
    return uniform_over(enough | best.tied, world.pair_ptr)


def _aspiring(problem: Problem, best: Solution, level: float) -> Floats:
    """F[G, L], uniform over what is worth the aspiration; over all pairs where nothing is."""
    world, discount = problem.world, problem.horizon_discount
    if discount == 0:
        raise ProblemError("Satisfice: at discount 0 nothing follows; take one above 0.")
    after = best.q - problem.goals.reward[:, world.pair_state]
    enough = after >= level * discount / (1 - discount) - best.margin[:, None]
    some = np.logical_or.reduceat(enough, world.pair_ptr[:-1], axis=1)
    return uniform_over(bools(enough | ~some[:, world.pair_state]), world.pair_ptr)


def _quantilized(problem: Problem, share: float, after: Floats | None) -> Floats:
    """F[G, L], by policy iteration; `after` fixes the rows of states no longer held."""
    world = problem.world
    planned = problem.as_planned()
    here = held(world)[world.pair_state]
    income = earned(planned)
    drift = 2 * planned.pair_slack() / (1.0 - planned.discount)
    policy: Floats | None = None
    value = solve_as(planned, "realistic" if after is not None else "ignorant").value
    for _ in range(MOST_ROUNDS):
        q = income + planned.discount * ahead(world, value)
        margin = floats(rounding(world, q, planned.discount) + drift)
        better = top_of_base(world, q, share, margin)
        if after is not None:
            better = floats(np.where(here, better, after))
        if policy is not None and np.array_equal(better, policy):
            break
        policy = better
        value = evaluate(planned, policy)
    assert policy is not None
    return policy


def top_of_base(world: World, q: Floats, share: float, margin: Floats) -> Floats:
    """F[G, L]: in each state the greatest `sum pi q` with `pi <= uniform / share`.

    With n pairs, each can get at most `1 / (n share)`: the best get that, and those tied at the
    edge (within `margin`, F[G]) share what is left equally.

    Args:
        world: the world. q: F[G, L]. share: in (0, 1]. margin: F[G].
    """
    counts = np.diff(world.pair_ptr)
    widest = int(counts.max())
    padded = np.full((len(q), world.size, widest), -np.inf)
    place = np.arange(world.n_pairs) - world.pair_ptr[world.pair_state]
    padded[:, world.pair_state, place] = q
    edge_rank = np.ceil(share * counts - 1e-9).astype(np.int64) - 1
    ordered = -np.sort(-padded, axis=2)
    edge = ordered[:, np.arange(world.size), np.maximum(edge_rank, 0)][:, world.pair_state]
    cap = (1.0 / (share * counts))[world.pair_state]
    above = q > edge + margin[:, None]
    at = np.abs(q - edge) <= margin[:, None]
    starts = world.pair_ptr[:-1]
    taken = np.add.reduceat(np.where(above, cap, 0.0), starts, axis=1)
    left = np.maximum(1.0 - taken, 0.0) / np.add.reduceat(at, starts, axis=1)
    policy = np.where(above, cap, np.where(at, left[:, world.pair_state], 0.0))
    return floats(policy / np.add.reduceat(policy, starts, axis=1)[:, world.pair_state])
