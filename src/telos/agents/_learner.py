"""What the tabular learners share: from fields to a lesson, and from learned values to behavior."""

from typing import Protocol

from telos.core.behavior import Behavior
from telos.core.checks import integer, number
from telos.core.problem import Problem
from telos.solve.foresight import holding
from telos.solve.learning import LearningRule, Rate, greedy, learn


class Learner(Protocol):
    """The fields of a tabular learner, as described at `QLearning`."""

    @property
    def steps(self) -> int: ...
    @property
    def episode(self) -> int: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def epsilon_cooling(self) -> float: ...
    @property
    def step_size(self) -> float: ...
    @property
    def step_cooling(self) -> float: ...
    @property
    def replica(self) -> int: ...


def check(learner: Learner) -> None:
    """Raise ProblemError unless a learner can be made of its fields."""
    for name, least in (("steps", 1), ("episode", 1), ("replica", 0)):
        integer(learner, name, least)
    number(learner, "epsilon", 0.0, 1.0)
    number(learner, "step_size", above=0.0, high=1.0)
    for name in ("epsilon_cooling", "step_cooling"):
        number(learner, name, 0.0)


def taught(learner: Learner, rule: LearningRule, problem: Problem) -> Behavior:
    """What each goal's learner does in the end.

    Its chances hang on its replica and on what its goal rewards, and on nothing else: not on the
    trial, nor on how long it learns. So a learner of 2,000 steps has lived through the very life of
    the one of 1,000, and a learning curve follows the same learners as they grow older.
    """
    epsilon, step_size = _rates(learner)
    # A learner knows rewards as they come in: where rewritten, they are the new goal's.
    learned = learn(
        holding(problem),
        rule,
        steps=learner.steps,
        episode=learner.episode,
        epsilon=epsilon,
        step_size=step_size,
        seed=learner.replica,
    )
    policy = greedy(problem.world, learned.q)
    return Behavior(policy, visits=learned.visits, foresight="hedonistic")


def _rates(learner: Learner) -> tuple[Rate, Rate]:
    return (
        Rate(learner.epsilon, learner.epsilon_cooling),
        Rate(learner.step_size, learner.step_cooling),
    )
