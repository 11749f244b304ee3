"""Lengths: how long an agent's trajectories last until it is off, and what it gets done in each."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.nouns import check_count
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.foresight import Planner
from telos.solve.policies import checked_policy
from telos.solve.within import stays_within
from telos.theory.drest import neutrality, usefulness

#: Steps of a horizon at most: each takes a column of memory.
MOST_STEPS = 10**5
#: A chance below this is rounding: dropped before a conditional mean is formed.
TINY = 1e-15


@final
@dataclass(frozen=True, eq=False, repr=False)
class Lengths:
    """The laws over trajectory lengths of G agents, and what is collected at each.

    Column l is length l: `off` is first reached after l steps, l = 0 to T. The last column, T + 1, is every
    longer trajectory, those that never end among them.

    Args:
        probability: F[G, T+2].
        least, most: F[G, T+2], limits of it over all ways of breaking certified ties, where the behavior
            is tied-optimal play; equal to `probability` where it is not.
        collected: F[G, T+2], `E[c | l]`, with `c = sum_{t < l} discount^t R(s_t)` over states that are not
            off (of the last column: over T + 1 states); NaN for a length without a chance.
        available: F[G, T+2], `m_l`, the most that a possible trajectory of that length collects; NaN if
            there is no such trajectory.
    """

    probability: Floats
    least: Floats
    most: Floats
    collected: Floats
    available: Floats

    def __repr__(self) -> str:
        bits, use = (float(x.mean()) for x in (self.neutrality, self.usefulness))
        return f"<Lengths: {len(self.probability)} agents, {bits:.3g} bits, usefulness {use:.3g}>"

    @property
    def neutrality(self) -> Floats:
        """F[G], the entropy in bits of the law over lengths; 0 for an agent that fixes its length."""
        return neutrality(self.probability)

    @property
    def usefulness(self) -> Floats:
        """F[G] in [0, 1], `sum_l P(l) E[c | l] / m_l`."""
        return usefulness(self.probability, self.collected, self.available)

    def neutrality_limits(self) -> tuple[Floats, Floats]:
        """F[G], F[G]: limits of the neutrality over all ways of breaking ties; sound, not always attained.

        At least `sum_l min(h(least_l), h(most_l))` with `h(p) = -p log2 p`, which is concave; at most the
        entropy of the most even law between the limits, `clip(t, least, most)` for the t that sums to 1.
        """
        low = np.minimum(_bits(self.least), _bits(self.most)).sum(axis=1)
        below, above = np.zeros(len(self.least)), np.ones(len(self.least))
        for _ in range(60):
            level = (below + above) / 2
            much = np.clip(level[:, None], self.least, self.most).sum(axis=1) >= 1.0
            below, above = np.where(much, below, level), np.where(much, level, above)
        even = np.clip(above[:, None], self.least, self.most)
        high = _bits(floats(even / even.sum(axis=1, keepdims=True))).sum(axis=1)
        return floats(low), floats(np.maximum(high, low))


def lengths(problem: Problem, behavior: Behavior, *, horizon: int = 32) -> Lengths:
    """The laws over trajectory lengths of a behavior, exactly, by one pass forward in time.

    A trajectory ends when a state with `off > 0` is first entered. Rewards of states that are off are not
    counted: by POST, trajectories of different length are not compared. `m_l` is over all trajectories
    that can happen, luck included; in a deterministic world it is attained by a plan.

    Args:
        problem: the problem; its discount is that of what is collected. Rewards must not be negative.
        behavior: what the agents do.
        horizon: T, the length beyond which lengths are put together, >= 1.

    Returns:
        Laws, what is collected and what is available, one row an agent.

    Raises:
        FeatureMissing: if the world has no feature `off`. ProblemError: if a reward outside off is
            negative, or the horizon is below 1.

    Example:
        >>> from telos import Goals, Problem, agents, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> problem = Problem(world, Goals(np.ones((1, world.size))), 0.5)
        >>> coin = agents.UniformRandom().behave(problem, np.random.default_rng(0))
        >>> found = lengths(problem, coin, horizon=2)
        >>> found.probability.tolist(), found.neutrality.tolist(), found.usefulness.tolist()
        ([[0.0, 0.5, 0.0, 0.5]], [1.0], [1.0])

    References:
        Thornley et al. (2024), Towards shutdownable agents via stochastic choice (arXiv:2407.00805), of
        which the abstract was read.
    """
    check_count(horizon, "lengths: horizon", ProblemError)
    if not 1 <= horizon <= MOST_STEPS:
        raise ProblemError(f"lengths: horizon is {horizon!r:.200}; give 1 to {MOST_STEPS:,}.")
    world, rewards = problem.world, problem.goals.reward
    off = bools(world.feature("off") > 0)
    if (rewards[:, ~off] < 0).any():
        goal, state = (int(i) for i in np.argwhere((rewards < 0) & ~off)[0])
        raise ProblemError(
            f"lengths: goal {goal} rewards state {world.states[state]!r} with {rewards[goal, state]:g}; "
            "usefulness is a part of what is available: subtract the least reward, so that none is negative."
        )
    rows = checked_policy(world, behavior.policy, problem.goals.count)
    law, score = _forward(problem, rows, off, horizon)
    chance = np.where(law > TINY, law, 0.0)
    chance /= chance.sum(axis=1, keepdims=True)
    none = np.full(law.shape, np.nan)
    collected = np.divide(score, law, out=none.copy(), where=chance > 0)
    available = _available(problem, off, horizon)
    collected = np.minimum(collected, np.where(np.isfinite(available), available, np.inf))
    least, most = chance.copy(), chance.copy()
    tied = Planner(behavior.foresight, behavior.ties).solve(problem.as_judged()).tied
    by_ties = stays_within(world, rows, tied)
    if by_ties.any():
        low, high = _limits(world, bools(tied[by_ties]), off, horizon)
        least[by_ties], most[by_ties] = (
            np.minimum(low, chance[by_ties]),
            np.maximum(high, chance[by_ties]),
        )
    return Lengths(
        floats(chance),
        floats(least),
        floats(most),
        floats(collected),
        floats(np.where(np.isfinite(available), available, np.nan)),
    )


def _forward(problem: Problem, rows: Floats, off: Bools, horizon: int) -> tuple[Floats, Floats]:
    """F[G, T+2] each: the chance of each length, and `E[c; length]`."""
    from scipy.sparse import csr_array

    world, reward = problem.world, np.where(off, 0.0, problem.goals.reward)
    law, score = np.zeros((len(rows), horizon + 2)), np.zeros((len(rows), horizon + 2))
    arrive = csr_array(
        (world.next_prob, world.next_state, world.next_ptr), shape=(world.n_pairs, world.size)
    )
    here = np.broadcast_to(world.start, (len(rows), world.size)).copy()
    earned = np.zeros(here.shape)
    for t in range(horizon + 1):
        law[:, t], score[:, t] = here[:, off].sum(axis=1), earned[:, off].sum(axis=1)
        here[:, off] = earned[:, off] = 0.0
        earned += problem.discount**t * reward * here
        if t < horizon:
            here = (here[:, world.pair_state] * rows) @ arrive
            earned = (earned[:, world.pair_state] * rows) @ arrive
    law[:, -1], score[:, -1] = here.sum(axis=1), earned.sum(axis=1)
    return floats(law), floats(score)


def _available(problem: Problem, off: Bools, horizon: int) -> Floats:
    """F[G, T+2], the most that a possible trajectory of each length collects; -inf if there is none."""
    world, reward = problem.world, problem.goals.reward
    first = world.next_ptr[world.pair_ptr[:-1]]
    starts = world.start > 0
    found = np.empty((len(reward), horizon + 2))
    ending = np.where(off, 0.0, np.full(reward.shape, -np.inf))
    going = np.where(off, -np.inf, reward)
    for left in range(horizon + 1):
        found[:, left] = ending[:, starts].max(axis=1)
        if left < horizon:
            ending, going = (
                np.where(
                    off,
                    -np.inf,
                    reward
                    + problem.discount * np.maximum.reduceat(x[:, world.next_state], first, axis=1),
                )
                for x in (ending, going)
            )
    found[:, -1] = going[:, starts].max(axis=1)
    return floats(found)


def _limits(world: World, tied: Bools, off: Bools, horizon: int) -> tuple[Floats, Floats]:
    """F[G, T+2] each: the least and the greatest chance of each length within the tied pairs."""
    limits = []
    for sign in (-1.0, 1.0):
        found = np.empty((len(tied), horizon + 2))
        ending = np.broadcast_to(np.where(off, 1.0, 0.0), (len(tied), world.size))
        going = 1.0 - ending
        for left in range(horizon + 1):
            found[:, left] = ending @ world.start
            if left < horizon:
                ending, going = (
                    np.where(off, 0.0, _chosen(world, tied, x, sign)) for x in (ending, going)
                )
        found[:, -1] = going @ world.start
        limits.append(floats(found))
    return limits[0], limits[1]


def _chosen(world: World, tied: Bools, value: Floats, sign: float) -> Floats:
    """F[G, S], the least (sign -1) or greatest expectation of a value over the tied pairs of each state."""
    signed = np.where(tied, sign * ahead(world, value), -np.inf)
    return floats(sign * np.maximum.reduceat(signed, world.pair_ptr[:-1], axis=1))


def _bits(chance: Floats) -> Floats:
    """`-p log2 p`, 0 at 0."""
    return floats(-chance * np.log2(chance, out=np.zeros_like(chance), where=chance > 0))
