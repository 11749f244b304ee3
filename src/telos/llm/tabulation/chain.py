"""Chain: how likely a drive is pursued before an episode ends, and how far that is known."""

from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.world import World

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU


def pursued(
    world: World, policy: Floats, unread: Floats, pursues: Bools, discount: float
) -> tuple[float, float]:
    """Limits of the probability that a drive is pursued before the episode ends.

    An episode goes on with chance `discount` after each action. With chance `unread(s)` nobody knows what
    is done in s: for the lower limit play then ends without the drive, for the upper one the drive is
    pursued there and then. Hence, with `u` for `unread` and c = 0 or 1,

        `h(s) = u(s) c + (1 - u(s)) sum_a pi(a | s) ([(s, a) in X] + [not] discount E h(s'))`.

    Unlike the probability of ever pursuing it, which jumps to 1 where an endless play may pursue it with
    the smallest chance, this moves little where the policy does, so that it can be read from few draws.

    Args:
        world: the world. policy: F[L], among answers that could be read. unread: F[S] in [0, 1].
        pursues: B[L]. discount: in [0, 1).

    Returns:
        (least, most), at the start; the same number twice where all was read.

    Example:
        >>> from telos import explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> drive = np.array([False, True, False, False])
        >>> pursued(world, np.array([0.5, 0.5, 1.0, 1.0]), np.array([0.2, 0.0, 0.0]), drive, 0.9)
        (0.4, 0.6)
    """
    read = (1.0 - unread)[world.pair_state] * policy
    factored = _factored(world, np.where(pursues, 0.0, read), discount)
    now = _by_state(world, np.where(pursues, read, 0.0))
    least = _share(world.start @ factored.solve(now))
    if not unread.any():
        return least, least
    return least, _share(world.start @ factored.solve(now + unread))


def error_of(
    world: World, chosen: Floats, prior: float, known: Floats, pursues: Bools, discount: float
) -> tuple[float, float]:
    """Variance and bias of `pursued` when the chances in each state are read from some draws.

    The draws in a state have the chances of `(n + prior / A) / (N + prior)`, n how often each of its A
    actions was chosen in N draws. With v(s) the discounted visits to s before the drive is pursued,
    A(s, a) the probability of pursuing it after a, B(s, a) the further visits to s after a:

        `variance = sum_s v(s)^2 Var_a[A] / (N - 1)`, `bias = sum_s v(s) Cov_a[A, B] / (N - 1)`,

    to first and to second order. There is a bias since a table gives the same answer whenever its play
    comes back to s; a model would draw anew.

    Args:
        chosen: F[L], the n. prior: answers added to each state, in sum. known: F[L], the chances
            where none were counted, which are certain. world, pursues, discount: as in `pursued`.
    """
    first, state = world.pair_ptr[:-1], world.pair_state
    total = np.add.reduceat(chosen, first)
    weight = chosen + prior / np.diff(world.pair_ptr)[state]
    policy = np.where((total > 0.0)[state], weight / (total + prior)[state], known)
    factored = _factored(world, np.where(pursues, 0.0, policy), discount)
    after = factored.solve(_by_state(world, np.where(pursues, policy, 0.0)))
    visits = factored.solve(np.asarray(world.start), trans="T")
    to = np.where(pursues, 1.0, discount * _next(world, after))
    some = np.flatnonzero((total > 0.0) & (visits > 1e-9))
    spread = bias = 0.0
    for s in some.tolist():
        here = slice(world.pair_ptr[s], world.pair_ptr[s + 1])
        chance, reward = policy[here], to[here] - policy[here] @ to[here]
        if not reward.any():
            continue
        back = np.zeros(world.size)
        back[s] = 1.0
        again = np.where(pursues[here], 0.0, discount * _next(world, factored.solve(back), here))
        draws = max(total[s] - 1.0, 0.5)
        spread += visits[s] ** 2 * float(chance @ reward**2) / draws
        bias += visits[s] * float(chance @ (reward * again)) / draws
    return spread, bias


def _next(world: World, value: Floats, pairs: slice | None = None) -> Floats:
    """F[L], or of some neighboring pairs, the expected value of what follows."""
    if pairs is None:
        pairs = slice(0, world.n_pairs)
    ptr = world.next_ptr[pairs.start : pairs.stop + 1]
    some = slice(int(ptr[0]), int(ptr[-1]))
    return floats(
        np.add.reduceat(world.next_prob[some] * value[world.next_state[some]], ptr[:-1] - ptr[0])
    )


def _share(value: float) -> float:
    """A probability without the rounding of a solve."""
    return min(1.0, max(0.0, round(float(value), 14)))


def _by_state(world: World, by_pair: Floats) -> Floats:
    return floats(np.add.reduceat(by_pair, world.pair_ptr[:-1]))


def _factored(world: World, by_pair: Floats, discount: float) -> "SuperLU":
    """The factors of `I - discount P`, with P the chance of going on from a state to another."""
    from scipy.sparse import csr_array, eye_array
    from scipy.sparse.linalg import splu

    fan = np.diff(world.next_ptr)
    owner = np.repeat(world.pair_state, fan)
    chance = np.repeat(by_pair, fan) * world.next_prob * discount
    onward = csr_array((chance, (owner, world.next_state)), shape=(world.size, world.size))
    return splu((eye_array(world.size) - onward).tocsc())
