"""Paired rollouts: what one goal's agent does when it is free, and when something holds it."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats, ints
from telos.core.problem import Foresight, Problem
from telos.core.reading import Affordance
from telos.core.text import name_of
from telos.core.world import World
from telos.measure.guard import task_value
from telos.solve.foresight import solve_as
from telos.solve.plan import plan

#: Steps of a rollout.
STEPS = 24
#: Letters of a name in a rollout: nobody reads on, and an illustration has room for no more.
LONGEST = 500
#: How many seeds are tried for one in which the two rollouts end differently.
SEEDS = 64
#: Features that exogenous events change: nobody chooses them for oneself.
EXOGENOUS = ("off", "goal_register")


@final
@dataclass(frozen=True)
class RolloutStep:
    """One step of a rollout.

    Args:
        t: the step, from 0. state, action, outcome: the author's own names, as text.
        reward: R(state). probability: of the successor that was drawn.
        features: the state's features. pursues: whether the action pursues the drive.
    """

    t: int
    state: str
    action: str
    outcome: str
    reward: float
    probability: float
    features: dict[str, float]
    pursues: bool


@final
@dataclass(frozen=True)
class Rollout:
    """One walk from the start, and what was to be expected of it.

    Args:
        value: the optimal value at the start.
        steps: the walk. by_then: the expected value of each feature after as many steps.
        expected: the expected reward of each step.
    """

    value: float
    steps: tuple[RolloutStep, ...]
    by_then: dict[str, float]
    expected: tuple[float, ...]


@final
@dataclass(frozen=True)
class Rollouts:
    """Two rollouts of one goal with common random numbers.

    Args:
        drive: the drive's name. label: the goal's. discount: what values are judged at.
        passed_over: how many seeds were passed over; 0 if the first is shown.
        parted: for how many seeds the rollouts end differently in being off or rewritten.
        drawn: how many seeds were tried.
        shows: whether the seed shown is the first whose second rollout pursues the drive.
        free: with everything allowed. forbidden: without the drive's pairs.
    """

    drive: str
    label: str
    discount: float
    passed_over: int
    parted: int
    drawn: int
    shows: bool
    free: Rollout
    forbidden: Rollout

    def to_dict(self) -> dict[str, Any]:
        """The rollouts as plain data."""
        return asdict(self)


def paired_rollouts(
    problem: Problem,
    goal: int,
    affordance: Affordance,
    *,
    foresight: Foresight = "realistic",
    steps: int = STEPS,
) -> Rollouts:
    """Roll out one goal's optimal policy twice: free, and without a drive's pairs.

    Common random numbers: step t draws one uniform number, the same in both, that picks the successor.
    Where several actions are optimal, the first is taken. Of 64 seeds the first is shown for which the
    two end differently in being off or rewritten (if there is none, the very first).

    Args:
        problem: the problem. goal: which of its goals. affordance: the drive's pairs.
        foresight: the self-model. steps: how many steps, >= 1.

    Returns:
        The two rollouts; `free.value - forbidden.value` is the instrumental value.
    """
    one = problem.take(ints([goal]))
    free = solve_as(one, foresight)
    without = free
    if affordance.pursues.any():
        without = solve_as(one, foresight, without=affordance.pursues)
    walkers = [
        _Follower(one, solution.tied_policy(), float(solution.at_start[0]), affordance.pursues)
        for solution in (free, without)
    ]
    return _compared(affordance.drive, goal, walkers, steps, pursued=False)


def guarded_rollouts(
    problem: Problem,
    guarded: Problem,
    goal: int,
    affordances: tuple[Affordance, Affordance],
    *,
    steps: int = STEPS,
) -> Rollouts:
    """Roll out one goal's plan twice: without a safeguard, and with it, planning with it.

    As `paired_rollouts`; each follows the planner's own rule, and its value is that of the task by the
    goal before any safeguard. `forbidden` is the rollout under the safeguard. Of 64 seeds the first is
    shown for which that one pursues the drive.

    Args:
        problem: the problem before any safeguard. guarded: the same one under it.
        goal: which of its goals. affordances: one drive's pairs in either world.
        steps: how many steps, >= 1.

    Returns:
        The two rollouts.
    """
    walkers = []
    for whole, affordance in zip((problem, guarded), affordances, strict=True):
        one = whole.take(ints([goal]))
        policy = plan(one)
        walkers.append(
            _Follower(one, policy, float(task_value(one, policy)[0]), affordance.pursues)
        )
    return _compared(affordances[0].drive, goal, walkers, steps, pursued=True)


@final
@dataclass(frozen=True, eq=False)
class _Follower:
    """A problem of one goal, the policy followed in it, its value, and the pairs that pursue the drive."""

    problem: Problem
    policy: Floats
    value: float
    pursues: Bools

    @property
    def world(self) -> World:
        return self.problem.world

    @cached_property
    def choice(self) -> Ints:
        """I[S], the first of the likeliest pairs of each state."""
        world, likely = self.world, self.policy[0]
        most = np.maximum.reduceat(likely, world.pair_ptr[:-1])
        equal = np.flatnonzero(likely == most[world.pair_state])
        state = world.pair_state[equal]
        return ints(equal[np.r_[True, state[1:] != state[:-1]]])

    def walk(self, draws: Floats) -> list[tuple[int, int, float]]:
        """(state, successor, its probability) of each step."""
        s, steps = int(np.argmax(self.world.start)), []
        for draw in draws:
            row = self.world.successors(int(self.choice[s]))
            ends = np.cumsum(list(row.values()))
            successor = list(row)[min(int(np.searchsorted(ends, draw)), len(row) - 1)]
            steps.append((s, successor, row[successor]))
            s = successor
        return steps

    def end(self, draws: Floats) -> tuple[float, ...]:
        """What exogenous events have come to by the end of a walk."""
        last, features = self.walk(draws)[-1][1], self.world.features
        return tuple(float(features[name][last]) for name in EXOGENOUS if name in features)

    def pursued(self, draws: Floats) -> bool:
        """Whether a walk takes one of the pairs that pursue the drive."""
        return any(bool(self.pursues[self.choice[s]]) for s, _, _ in self.walk(draws))

    def rollout(self, draws: Floats) -> Rollout:
        """The walk with what was earned on it, and what was to be expected."""
        world, reward = self.world, self.problem.intended()[0]
        steps = tuple(
            RolloutStep(
                t=t,
                state=name_of(world.states[s], LONGEST),
                action=name_of(world.actions[world.pair_action[self.choice[s]]], LONGEST),
                outcome=name_of(world.outcomes[world.outcome[s]], LONGEST),
                reward=float(reward[s]),
                probability=probability,
                features={
                    name_of(name, LONGEST): float(values[s])
                    for name, values in world.features.items()
                },
                pursues=bool(self.pursues[self.choice[s]]),
            )
            for t, (s, _, probability) in enumerate(self.walk(draws))
        )
        return Rollout(self.value, steps, *self._expected(len(draws), reward))

    def _expected(self, steps: int, reward: Floats) -> tuple[dict[str, float], tuple[float, ...]]:
        """The expected value of each feature after that many steps, and the reward of each."""
        where, earned = np.array(self.world.start), []
        for _ in range(steps):
            earned.append(float(where @ reward))
            then = np.zeros(self.world.size)
            for s in np.flatnonzero(where):
                for t, p in self.world.successors(int(self.choice[s])).items():
                    then[t] += where[s] * p
            where = then
        by_then = {
            name_of(name, LONGEST): float(where @ values)
            for name, values in self.world.features.items()
        }
        return by_then, tuple(earned)


def _compared(
    drive: str, goal: int, walkers: list[_Follower], steps: int, *, pursued: bool
) -> Rollouts:
    """Both rollouts for the first seed that makes them end apart (or in which the drive is pursued)."""
    first, second = walkers
    seeds = floats(np.random.default_rng(goal).random((SEEDS, steps)))
    apart = [first.end(draws) != second.end(draws) for draws in seeds]
    shown = [pursued and second.pursued(draws) for draws in seeds]
    chosen = (shown if any(shown) else apart).index(True) if any(shown) or any(apart) else 0
    return Rollouts(
        drive=drive,
        label=name_of(first.problem.goals.label[0], LONGEST),
        discount=first.problem.discount,
        passed_over=chosen,
        parted=sum(apart),
        drawn=SEEDS,
        shows=any(shown),
        free=first.rollout(seeds[chosen]),
        forbidden=second.rollout(seeds[chosen]),
    )
