"""Tabular learners: they walk through a world, see one transition at a time, and improve a table of values.

Each goal is learned for by itself, with random numbers of its own (a counter put through a mixing
function), so what comes out depends on nothing that is learned beside it. Whether the agent is overruled
is drawn from a second sequence: an interruption that never happens leaves every other draw as it was.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.kernels.cpu.compiled import entry, fill, inner
from telos.kernels.cpu.splitmix import GOLDEN, SECOND, mixed, unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How a learner looks ahead: at the best pair, at the pair that comes next, at what comes on average.
Q_LEARNING, SARSA, EXPECTED_SARSA = 0, 1, 2

#: Which sequence is drawn from: the agent's and the world's, or the overruler's.
OWN, OVERRULER = 0, 1


class Road(NamedTuple):
    """The world as a learner walks it; letters as in `telos.core.world`.

    Args:
        start: F[S], the distribution of the first state, summed up from the left.
        pair_ptr: I[S+1]. next_ptr: I[L+1]; next_state: I[N]; next_prob: F[N].
        instead: I[S], the pair carried out when the agent is overruled; -1 where it never is.
    """

    start: Floats
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats
    instead: Ints


class LearningTerms(NamedTuple):
    """How to learn; a rate is `first / (1 + cooling * count)`.

    Args:
        rule: Q_LEARNING, SARSA or EXPECTED_SARSA.
        discount: in [0, 1). steps: how many transitions; episode: how many before a fresh start.
        epsilon, epsilon_cooling: how often a pair is tried at random; counts visits of the state.
        size, size_cooling: the step size; counts updates of the pair.
        overrule: the chance that the agent is overruled where it may be.
        whole: whether that is decided once an episode instead of once a step.
        seen: whether the agent learns of the pair carried out; else it credits the one it chose.
    """

    rule: int
    discount: float
    steps: int
    episode: int
    epsilon: float
    epsilon_cooling: float
    size: float
    size_cooling: float
    overrule: float
    whole: bool
    seen: bool


@inner
def _uniform(random, sequence):
    """The next number of a sequence, uniform on [0, 1)."""
    random[sequence] += GOLDEN
    return unit(mixed(random[sequence]))


@inner
def _first_state(start, random):
    """A state drawn from the start distribution (given summed up)."""
    u = _uniform(random, OWN)
    s = 0
    while s < len(start) - 1 and u >= start[s]:
        s += 1
    return s


@inner
def _successor(road, pair, random):
    """A successor of the pair; a sure one takes no draw."""
    n, last = road.next_ptr[pair], road.next_ptr[pair + 1] - 1
    if n < last:
        u = _uniform(random, OWN)
        while n < last and u >= road.next_prob[n]:
            u -= road.next_prob[n]
            n += 1
    return road.next_state[n]


@inner
def _best(q, lo, hi):
    """The greatest value among the pairs lo to hi - 1, and how many pairs have it."""
    best, count = q[lo], 1
    for pair in range(lo + 1, hi):
        if q[pair] > best:
            best, count = q[pair], 1
        elif q[pair] == best:
            count += 1
    return best, count


@inner
def _chosen(road, q, s, epsilon, random):
    """The pair that the agent chooses: now and then any, else one of those that look best."""
    lo, hi = road.pair_ptr[s], road.pair_ptr[s + 1]
    if hi - lo == 1:
        return lo
    if _uniform(random, OWN) < epsilon:
        return lo + int(_uniform(random, OWN) * (hi - lo))
    best, count = _best(q, lo, hi)
    skip = int(_uniform(random, OWN) * count) if count > 1 else 0
    for pair in range(lo, hi):
        if q[pair] == best:
            if skip == 0:
                return pair
            skip -= 1
    return lo


@inner
def _expected(road, lesson, q, s, epsilon):
    """The mean value of what, as far as the agent can see, is carried out in s."""
    lo, hi = road.pair_ptr[s], road.pair_ptr[s + 1]
    best, _ = _best(q, lo, hi)
    total = 0.0
    for pair in range(lo, hi):
        total += q[pair]
    own = (1.0 - epsilon) * best + epsilon * total / (hi - lo)
    if road.instead[s] < 0 or not lesson.seen:
        return own
    return (1.0 - lesson.overrule) * own + lesson.overrule * q[road.instead[s]]


@inner
def _carried_out(road, lesson, s, pair, doomed, random):
    """The pair that is carried out: the agent's, unless it is overruled here."""
    if road.instead[s] < 0:
        return pair
    overruled = doomed if lesson.whole else _uniform(random, OVERRULER) < lesson.overrule
    return road.instead[s] if overruled else pair


@inner
def _learn(road, lesson, income, seed, q, taken, visits):
    """Learn for one goal: q, taken (updates of each pair) and visits are changed in place."""
    random = np.empty(2, np.uint64)
    random[OWN] = seed
    random[OVERRULER] = seed ^ SECOND
    left = 0
    s, chosen, done, doomed = 0, 0, 0, False
    for _ in range(lesson.steps):
        if left == 0:
            left = lesson.episode
            doomed = lesson.whole and _uniform(random, OVERRULER) < lesson.overrule
            s = _first_state(road.start, random)
            epsilon = lesson.epsilon / (1.0 + lesson.epsilon_cooling * visits[s])
            chosen = _chosen(road, q, s, epsilon, random)
            done = _carried_out(road, lesson, s, chosen, doomed, random)
        left -= 1
        visits[s] += 1.0
        then = _successor(road, done, random)
        epsilon = lesson.epsilon / (1.0 + lesson.epsilon_cooling * visits[then])
        chosen_then = _chosen(road, q, then, epsilon, random)
        done_then = _carried_out(road, lesson, then, chosen_then, doomed, random)
        if lesson.rule == Q_LEARNING:
            ahead, _ = _best(q, road.pair_ptr[then], road.pair_ptr[then + 1])
        elif lesson.rule == SARSA:
            ahead = q[done_then if lesson.seen else chosen_then]
        else:
            ahead = _expected(road, lesson, q, then, epsilon)
        pair = done if lesson.seen else chosen
        size = lesson.size / (1.0 + lesson.size_cooling * taken[pair])
        # What the agent earns it feels: the income of what was done, even if somebody else chose it.
        q[pair] += size * (income[done] + lesson.discount * ahead - q[pair])
        taken[pair] += 1
        s, chosen, done = then, chosen_then, done_then


@entry
def learn_goals(road, lesson, reward, bonus, seeds, rows, q, visits):
    """Learn for the given goals, one after the other.

    Args:
        road, lesson: see above. reward: F[G, S]. bonus: F[0, L] (none), F[1, L] or F[G, L].
        seeds: U64[G]. rows: I[n], which goals. q: F[G, L] and visits: F[G, S], start and result.
    """
    pairs = len(road.next_ptr) - 1
    income = np.empty(pairs, np.float64)
    taken = np.empty(pairs, np.int64)
    for g in rows:
        fill(taken, 0)
        for s in range(len(road.pair_ptr) - 1):
            for pair in range(road.pair_ptr[s], road.pair_ptr[s + 1]):
                income[pair] = reward[g, s]
                if bonus.shape[0] > 0:
                    income[pair] += bonus[g if bonus.shape[0] > 1 else 0, pair]
        _learn(road, lesson, income, seeds[g], q[g], taken, visits[g])
