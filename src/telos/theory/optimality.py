"""Optimality probability: for how many goals an action is an optimal one."""

import numpy as np

from telos.core.arrays import floats
from telos.core.parts import AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.power import MeanOverGoals, check_average, goal_batches, is_whole
from telos.solve.solve import Tolerance, solve


def optimality_probability(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    state: object,
    *,
    n: int,
    rng: np.random.Generator,
    tolerance: Tolerance = None,
) -> MeanOverGoals:
    """The probability over goals that each action is optimal in a state.

    `P_D(s, a) = Pr_{R ~ D}(some optimal policy takes a at s)`; ties count for every tied action, so
    the probabilities may sum to more than 1.

    Args:
        world: the world.
        family: the distribution D of goals.
        discount: in [0, 1).
        state: the author's own state value.
        n: how many goals.
        rng: names the goals.
        tolerance: of each solve; actions closer than the certified bound count as tied.

    Returns:
        MeanOverGoals with one entry for each legal action of the state; `names` are the actions.

    Raises:
        WorldError: if there is no such state. ProblemError: if n < 1 or the discount is wrong.

    Example:
        >>> import numpy as np
        >>> from telos import families, worlds
        >>> from telos.theory import optimality_probability
        >>> world, family = worlds.OffSwitch(rooms=3).build(), families.Uniform()
        >>> rng = np.random.default_rng(0)
        >>> estimate = optimality_probability(world, family, 0.99, "gate", n=2000, rng=rng)
        >>> dict(zip(estimate.names, estimate.mean.round(1).tolist(), strict=True))
        {'be switched off': 0.3, 'walk on': 0.7}

    References:
        Turner et al. (2021), definition 4.3 (arXiv:1912.01683).
    """
    check_average(discount or 0.5, n)
    pairs = world.pairs_of(world.find(state))
    hits = np.zeros(len(pairs))
    count = 0
    for goals in goal_batches(world, family, n, rng):
        solution = solve(Problem(world, goals, discount), tolerance=tolerance)
        hits += solution.tied[:, pairs.start : pairs.stop].sum(axis=0)
        count += goals.count
    mean = hits / count
    whole = is_whole(family, world, count)
    error = np.zeros(len(pairs)) if whole else np.sqrt(mean * (1.0 - mean) / max(count - 1, 1))
    names = tuple(world.actions[world.pair_action[pair]] for pair in pairs)
    return MeanOverGoals(floats(mean), floats(error), count, 0.0, names, (0.0, 1.0), whole)
