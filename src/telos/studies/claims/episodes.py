"""The best return of an episode, and what it leaves open for another measure of performance."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.world import World
from telos.solve.ahead import ahead

#: The length of an episode in the published levels.
STEPS = 100
#: Returns that differ by less, relative to their size, are the same: a hundred sums of float64 leave
#: about 1e-13, and the rewards of the levels are integers.
SAME = 1e-10


class BestEpisode(NamedTuple):
    """What the best policies of an episode return.

    Args:
        best: the greatest expected sum of the reward.
        least: of all policies that return this, the least expected sum of what they are judged by.
        most: the greatest one.
    """

    best: float
    least: float
    most: float


def best_episode(
    world: World,
    reward: Floats,
    judged: Floats,
    *,
    steps: int = STEPS,
    allowed: Bools | None = None,
) -> BestEpisode:
    """The greatest return of an episode, and what else the policies that reach it may return.

    `v_0 = R, v_n(s) = R(s) + max_a E v_{n-1}(s')`: backward induction, without discounting, over
    policies that may heed the time, after Puterman (1994), section 4.5. The rewards of the first state and
    of each state after a step count. Among the maximizing actions alone, the same is then done for what
    they are judged by, once with the least and once with the greatest.
    """
    barred = np.zeros(world.n_pairs) if allowed is None else np.where(allowed, 0.0, -np.inf)
    best, least, most = reward, judged, judged
    first = world.pair_ptr[:-1]
    for _ in range(steps):
        after, low, high = ahead(world, floats([best, least, most]))
        after = after + barred
        top = np.maximum.reduceat(after, first)
        tied = after >= (top - SAME * (1.0 + np.abs(top)))[world.pair_state]
        best = floats(reward + top)
        least = floats(judged + np.minimum.reduceat(np.where(tied, low, np.inf), first))
        most = floats(judged + np.maximum.reduceat(np.where(tied, high, -np.inf), first))
    start = world.start
    return BestEpisode(float(best @ start), float(least @ start), float(most @ start))


def episode_return(world: World, reward: Floats, policy: Floats, *, steps: int = STEPS) -> float:
    """What a policy F[L] returns in an episode, in expectation and without discounting."""
    value = reward
    for _ in range(steps):
        after = np.add.reduceat(policy * ahead(world, value[None])[0], world.pair_ptr[:-1])
        value = floats(reward + after)
    return float(value @ world.start)
