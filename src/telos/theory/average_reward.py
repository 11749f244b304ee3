"""Average reward: the best mean reward that can be kept up for ever, in a deterministic world."""

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.core.world import World


def gain(world: World, reward: Floats) -> Floats:
    """The optimal gain of every state: the greatest mean reward of a cycle that it can come to.

    `g(s) = lim_{discount -> 1} (1 - discount) V*(s) = max over cycles C reachable from s of mean_C R`, the
    mean under the best recurrent state distribution. By Karp's theorem within strongly connected sets,
    `max_v min_{k < n} (D_n(v) - D_k(v)) / (n - k)` with D_k(v) the most that k steps ending in v can
    earn, n at least the size of the set; then the best set that can be come to.

    Args:
        world: a deterministic world. reward: F[G, S].

    Returns:
        F[G, S], exact to rounding. Time grows with G L n, n the largest set of states that lead to one
        another.

    Raises:
        ProblemError: if the world is stochastic.

    Example:
        >>> from telos import explore
        >>> moves = {"start": {"a": "left", "b": "off"}, "left": {"a": "right"}, "right": {"a": "left"}}
        >>> world = explore("start", lambda s: moves.get(s, {"a": s}))
        >>> gain(world, np.array([[9.0, 0.0, 1.0, 3.0]])).tolist()  # start, left, off, right
        [[1.5, 1.5, 1.0, 1.5]]

    References:
        Karp (1978), A characterization of the minimum cycle mean in a digraph, theorem 1 (recalled);
        Puterman (1994), section 9.1.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if not world.deterministic:
        raise ProblemError(
            f"{world.name} is stochastic, and the limit discount -> 1 is computed for deterministic worlds; "
            "ask at a discount near 1 instead, 0.999 say."
        )
    source, to = world.pair_state, world.next_state
    ones = np.ones(world.n_pairs, np.int8)
    edges = csr_array((ones, (source, to)), shape=(world.size, world.size))
    n_sets, which = connected_components(edges, connection="strong")
    inner = which[source] == which[to]
    n = int(np.bincount(which).max())
    order = np.flatnonzero(inner)[np.argsort(to[inner], kind="stable")]
    first = np.flatnonzero(np.diff(to[order], prepend=-1))
    source, ends = source[order], to[order][first]
    rows = np.ascontiguousarray(reward.T)  # [S, G]

    def step(earned: Floats) -> Floats:
        then = np.full(rows.shape, -np.inf)
        then[ends] = np.maximum.reduceat(rows[source] + earned[source], first, axis=0)
        return then

    last = np.zeros(rows.shape)
    for _ in range(n):
        last = step(last)
    mean, earned = np.full(rows.shape, np.inf), np.zeros(rows.shape)
    for k in range(n):
        with np.errstate(invalid="ignore"):  # where no cycle leads, -inf less -inf
            mean = np.fmin(mean, (last - earned) / (n - k))
        earned = step(earned)
    cyclic = np.zeros((n_sets, rows.shape[1]))
    cyclic[:] = -np.inf
    np.maximum.at(cyclic, which, np.where(np.isfinite(last), mean, -np.inf))
    best = cyclic[which]
    while True:
        better = np.maximum(
            best, np.maximum.reduceat(best[world.next_state], world.pair_ptr[:-1], axis=0)
        )
        if (better == best).all():
            return floats(best.T)
        best = better
