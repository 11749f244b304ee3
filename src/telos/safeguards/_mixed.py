"""Mixed worlds: with some probability something else is carried out than what was chosen."""

import numpy as np

from telos.core.arrays import Floats, Ints, floats
from telos.core.extend import Extension, changed_rows
from telos.core.world import World


def mixed(world: World, weight: Floats, policy: Floats, name: str) -> Extension:
    """The world in which another policy is carried out with the given probability.

    `P'(.|s,a) = (1 - weight(s,a)) P(.|s,a) + weight(s,a) sum_b policy(b|s) P(.|s,b)`.

    Args:
        world: the world. weight: F[L], in [0, 1]. policy: F[L], what is carried out instead.
        name: how messages call the new world.

    Returns:
        The new world; its states and pairs stand for those of equal number.
    """
    instead: dict[int, dict[int, float]] = {}

    def other(s: int) -> dict[int, float]:
        if s not in instead:
            row: dict[int, float] = {}
            for pair in world.pairs_of(s):
                if policy[pair] > 0:
                    for t, p in world.successors(pair).items():
                        row[t] = row.get(t, 0.0) + float(policy[pair]) * p
            instead[s] = row
        return instead[s]

    def rows(pair: int) -> dict[int, float]:
        share = float(weight[pair])
        row = {t: (1.0 - share) * p for t, p in world.successors(pair).items()}
        for t, p in other(int(world.pair_state[pair])).items():
            row[t] = row.get(t, 0.0) + share * p
        return row

    touched = [int(pair) for pair in np.flatnonzero(weight > 0)]
    return changed_rows(world, rows, touched, name=name)


def policy_of(world: World, pairs: Ints) -> Floats:
    """F[L], the policy that takes pair `pairs[s]` in each state s."""
    policy = np.zeros(world.n_pairs)
    policy[pairs] = 1.0
    return floats(policy)
