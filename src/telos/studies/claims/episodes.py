"""The best return of an episode, and what it leaves open for another measure of performance."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.world import World

#: The length of an episode in the published levels.
STEPS = 100
#: Returns that differ by less, relative to their size, are the same: a hundred sums of float64 leave
#: about 1e-13, and the rewards of the levels are integers.
SAME = 1e-10


class BestEpisode(NamedTuple):
    """What the best policies of an episode return.

    Args:
        best: the greatest expected sum of the reward.
        least, most: of all policies that return this, the least and the greatest expected sum of
            what they are judged by.
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
    policies that may heed the time. Among the maximizing actions alone, the same is then done for what
    they are judged by, once with the least and once with the greatest.

    Args:
        world: the world. reward: F[S]. judged: F[S].
        steps: of the episode; the rewards of the first state and of each state after a step count.
        allowed: B[L], the pairs that may be taken; None: all.

    Returns:
        The three numbers, in expectation over the first state.

    Example:
        >>> from telos.worlds import BoatRace
        >>> race = BoatRace().build()
        >>> best_episode(race, race.feature("observed_reward"), race.feature("hidden_performance"))
        BestEpisode(best=50.0, least=0.0, most=100.0)

    References:
        Puterman (1994), section 4.5.
    """
    barred = np.zeros(world.n_pairs) if allowed is None else np.where(allowed, 0.0, -np.inf)
    best, least, most = reward, judged, judged
    first = world.pair_ptr[:-1]
    for _ in range(steps):
        ahead = _ahead(world, best) + barred
        top = np.maximum.reduceat(ahead, first)
        tied = ahead >= (top - SAME * (1.0 + np.abs(top)))[world.pair_state]
        best = floats(reward + top)
        low = np.where(tied, _ahead(world, least), np.inf)
        high = np.where(tied, _ahead(world, most), -np.inf)
        least = floats(judged + np.minimum.reduceat(low, first))
        most = floats(judged + np.maximum.reduceat(high, first))
    start = world.start
    return BestEpisode(float(best @ start), float(least @ start), float(most @ start))


def episode_return(world: World, reward: Floats, policy: Floats, *, steps: int = STEPS) -> float:
    """What a given policy returns in an episode, in expectation and without discounting.

    Args:
        world: the world. reward: F[S]. policy: F[L], the probability of each pair in its state.
        steps: of the episode.

    Example:
        >>> from telos.worlds import BoatRace
        >>> race = BoatRace().build()
        >>> east = np.array([race.actions[a] == "east" for a in race.pair_action], dtype=float)
        >>> episode_return(race, race.feature("observed_reward"), east, steps=4)
        2.0
    """
    value = reward
    for _ in range(steps):
        ahead = np.add.reduceat(policy * _ahead(world, value), world.pair_ptr[:-1])
        value = floats(reward + ahead)
    return float(value @ world.start)


def _ahead(world: World, value: Floats) -> Floats:
    ahead: Floats = np.add.reduceat(value[world.next_state] * world.next_prob, world.next_ptr[:-1])
    return ahead
