"""Targets: the agents whose choices are predicted: optimal ones, noisy and short-sighted ones, learners."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.agents import Boltzmann, Optimal, QLearning, ShortSighted
from telos.core.arrays import Floats, floats, ints
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.policies import time_spent
from telos.studies.bench.measures_scores import told

#: Goals whose learners are watched; each learns for up to 100,000 steps.
TAUGHT = 16


@final
@dataclass(frozen=True)
class Target:
    """A kind of agent.

    Args:
        key: in rows. title: in words. agent: behaves. goals: how many are watched at most; None: all.
        discount: by which the time of its decisions is counted; None: the problem's.
    """

    key: str
    title: str
    agent: AbstractAgent
    goals: int | None = None
    discount: float | None = None


TARGETS = (
    Target("optimal", "optimal", Optimal()),
    Target("optimal_early", "optimal, first steps", Optimal(), discount=0.5),
    Target("boltzmann", "Boltzmann, β 3", Boltzmann(beta=3.0)),
    Target("short_sighted", "short-sighted, 3 steps", ShortSighted(horizon=3)),
    Target("learner_1k", "learner, 1,000 steps", QLearning(steps=1_000), TAUGHT),
    Target("learner_10k", "learner, 10,000 steps", QLearning(steps=10_000), TAUGHT),
    Target("learner_100k", "learner, 100,000 steps", QLearning(steps=100_000), TAUGHT),
)


@final
@dataclass(frozen=True, eq=False)
class Watched:
    """What agents of one kind do.

    Args:
        policy: F[G, L] with the held-out goals. time: F[G, S], how much of it is spent where
            something is chosen.
        habit: F[L], the logarithm of how often the same kind of agent takes an act with the *other* goals,
            each weighted by the time that it spends in the state: the ceiling of what is blind to goals.
    """

    policy: Floats
    time: Floats
    habit: Floats


def watched(target: Target, other: Problem, held_out: Problem) -> Watched:
    """Watch agents pursue the held-out goals, and others of the same kind the other goals.

    Args:
        target: the kind of agent.
        other: the problem of the goals that predictors may use. held_out: of those that they may not.
    """
    policy, time = _played(target, held_out)
    return Watched(policy, time, habits(other.world, *_played(target, other)))


def habits(world: World, policy: Floats, time: Floats) -> Floats:
    """F[L], the logarithm of the mean policy where goals count by the time that they spend there.

    Half a choice is added to each act; goals of unequal weight count as `(sum w)^2 / sum w^2`
    of equal weight.

    Args:
        world: the world. policy: F[G, L]. time: F[G, S].
    """
    whole, squares = time.sum(axis=0), np.square(time).sum(axis=0)
    some = np.maximum(whole, np.finfo(float).tiny)
    count = np.divide(whole**2, squares, out=np.zeros(world.size), where=squares > 0)
    taken = (time[:, world.pair_state] * policy).sum(axis=0) / some[world.pair_state]
    return smoothed(world, taken * count[world.pair_state], count)


def smoothed(world: World, hits: Floats, count: Floats) -> Floats:
    """F[L], `log((hits + 1/2) / (count + |A|/2))`.

    Args:
        world: the world. hits: F[L], how often each act was taken. count: F[S], out of how often.
    """
    width = np.diff(world.pair_ptr)
    return floats(np.log((hits + 0.5) / (count + width / 2)[world.pair_state]))


def _played(target: Target, problem: Problem) -> tuple[Floats, Floats]:
    """The policies of the goals that are watched, and the time that each spends in each state."""
    most = min(target.goals or problem.goals.count, problem.goals.count)
    some = problem if most == problem.goals.count else problem.take(ints(np.arange(most)))
    rng = np.random.default_rng(0)  # of no consequence: these agents draw nothing from it
    policy = target.agent.behave(some, rng).policy
    counted = some if target.discount is None else replace(some, discount=target.discount)
    spent = np.maximum(
        time_spent(counted, policy), 0.0
    )  # rounding leaves -1e-19 where nobody comes
    return policy, told(some.world, policy, floats(spent))
