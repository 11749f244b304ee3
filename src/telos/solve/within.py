"""What play within some pairs does at least and at most, and whether a policy keeps to them."""

from collections.abc import Sequence

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, frozen, ints, sealed
from telos.core.memo import Memo
from telos.core.world import World
from telos.solve.layout import kernels, layout_of, world_arrays

#: A sweep that adds no more to any probability is the last one, and never more sweeps than that.
STILL, SWEEPS = 1e-15, 100_000
#: A probability nearer to 1 is 1: so exact are the sweeps where every loop is left with 1 % or more.
SURE = 1e-10

_orders = Memo[Ints](most=4)


def reach_within(world: World, within: Bools, sets: Sequence[Bools]) -> tuple[Floats, Floats]:
    """The least and the greatest probability that play within some pairs ever takes certain others.

    For goal g and set X: `min` and `max` of `P^pi(some pair of X is ever taken)` over all policies that
    take only pairs of `within[g]`, from the start and without discounting. Both are attained by a policy
    that looks at nothing but the state. Values are iterated from 0 upwards, so `least` is never too high
    but for rounding; where the sweeps do not suffice, `most` is 1.

    Args:
        world: the world.
        within: B[G, L], at least one pair a state. sets: K sets of pairs, B[L] each.

    Returns:
        F[K, G] in [0, 1], the least; F[K, G], the greatest.

    Example:
        >>> from telos import explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> free, tied_down = [True, True, True, True], [True, False, True, True]
        >>> least, most = reach_within(world, [free, tied_down], [[False, True, False, False]])
        >>> least.tolist(), most.tolist()
        ([[0.0, 0.0]], [[1.0, 0.0]])

    References:
        Puterman (1994), section 7.2; Baier & Katoen (2008), theorem 10.100.
    """
    pairs = bools(np.atleast_2d(within))
    wanted = sealed(np.array(sets, dtype=np.bool_).reshape(len(sets), world.n_pairs))
    order = _orders.of(world, None, lambda: ints(layout_of(world).graph.order))
    least, most = np.empty((len(pairs), len(wanted))), np.empty((len(pairs), len(wanted)))
    kernels().deeds.deed_goals(
        world_arrays(world), order, pairs, wanted, STILL, SWEEPS, least, most
    )
    low, high = (np.where(ends > 1.0 - SURE, 1.0, ends).T for ends in (least, most))
    return floats(low), floats(np.maximum(low, high))


def stays_within(world: World, policy: Floats, within: Bools) -> Bools:
    """B[G]: whether each policy takes only pairs of `within[g]`, wherever it comes from the start.

    Args:
        world: the world. policy: F[G, L]. within: B[G, L].
    """
    inside = np.empty(len(within), np.bool_)
    kernels().deeds.within_goals(world_arrays(world), frozen(policy), frozen(within), inside)
    return sealed(inside)
