"""What most planners share: they serve their own goal while they hold it, and the new one once rewritten."""

from collections.abc import Callable

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.problem import Foresight, Problem
from telos.solve.foresight import held


def by_goal_held(
    problem: Problem,
    policy: Callable[[Problem, Foresight], Floats],
    foresight: Foresight = "realistic",
) -> Floats:
    """F[G, L]: `policy` of the present goal while held, and of the rewritten goal afterwards."""
    own = policy(problem, foresight)
    here = held(problem.world)[problem.world.pair_state]
    if here.all():
        return own
    return floats(np.where(here, own, policy(problem.rewritten(), "ignorant")))
