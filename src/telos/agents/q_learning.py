"""QLearning: learns what each action is worth if the best is done ever after."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.agents import _learner
from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem


@final
@dataclass(frozen=True)
class QLearning(AbstractAgent):
    """Off-policy learning by trial and error: `ahead = max_b Q(s', b)`.

    It learns from nothing for each problem, one transition at a time, and then does what looks best: its
    policy is greedy for the learned values, uniform over exact ties. In a state where its goal has been
    rewritten it is paid for the goal it then holds, since that is what its register pays out; so what it
    comes to want is what the hedonistic planner wants. It plans by no `Problem.rule`.

    **Which learner.** Its chances are named by `replica` and by what its goal rewards, and by nothing
    else. So at 2,000 steps it is the same learner as at 1,000, grown older; replicas 0 to R - 1 are R
    independent learners of each goal (see `telos.measure.nested`); and two goals with the same rewards
    have the same learner. A population of learners is a mixture of policies, each kept for life, not the
    policy that averages them: its propensity is the mean of theirs.

    Args:
        steps: how many transitions it may see for each goal, >= 1.
        episode: it is put back to a start state after that many steps, >= 1.
        epsilon: in [0, 1], how often it tries a pair at random; at a state's n-th visit
            `epsilon / (1 + epsilon_cooling * n)`.
        epsilon_cooling: >= 0; 0 keeps epsilon constant.
        step_size: in (0, 1], of the first update of a pair; at the n-th
            `step_size / (1 + step_cooling * n)`.
        step_cooling: >= 0; 0 keeps the step size constant (in stochastic worlds the values then
            never settle).
        replica: which of a goal's independent learners it is, >= 0.

    Raises:
        ProblemError: naming the field that is out of its range.

    References:
        Watkins & Dayan (1992), Q-learning (it converges to Q* if every pair goes on being tried).
    """

    role: ClassVar[Role] = "learner"

    steps: int = 100_000
    episode: int = 100
    epsilon: float = 0.2
    epsilon_cooling: float = 0.0
    step_size: float = 1.0
    step_cooling: float = 0.05
    replica: int = 0
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _learner.check(self)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The greedy policy that each goal's learner ends up with, and how often it was where."""
        return _learner.taught(self, "q_learning", problem)
