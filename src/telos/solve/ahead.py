"""ahead: what is to be expected of the next state, pair by pair."""

import numpy as np

from telos.core.arrays import Floats, floats, frozen, sealed
from telos.core.world import World
from telos.solve.layout import kernels


def ahead(world: World, value: Floats) -> Floats:
    """F[G, L], `E[V_g(s') | s, a]` for every pair.

    Args:
        world: the world. value: F[G, S] or F[S].

    Returns:
        F[G, L]; one row where one value was given.
    """
    rows = frozen(np.atleast_2d(np.asarray(value, dtype=np.float64)))
    expected = np.empty((len(rows), world.n_pairs))
    kernels().goals.action_values(
        sealed(np.zeros(rows.shape)), world.pair_ptr, world.next_ptr, world.next_state, world.next_prob,
        1.0, rows, expected,
    )  # fmt: skip
    return floats(expected)
