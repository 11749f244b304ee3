"""What the tabular learners share: from fields to a lesson, and from learned values to behaviour."""

import numpy as np

from telos.core.behaviour import Behaviour
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.solve.foresight import held, holding
from telos.solve.learning import LearningRule, Rate, greedy, learn


def check(steps: int, episode: int, epsilon: Rate, step_size: Rate) -> None:
    """Raise ProblemError unless a learner can be made of these (the rates check themselves)."""
    for name, value in (("steps", steps), ("episode", episode)):
        if int(value) != value or value < 1:
            raise ProblemError(f"learner: {name} is {value!r}; give a whole number of at least 1.")
    if step_size.first == 0.0:
        raise ProblemError("learner: step_size is 0, so nothing would be learned; give more.")


def taught(
    problem: Problem,
    rule: LearningRule,
    rng: np.random.Generator,
    length: tuple[int, int],
    epsilon: Rate,
    step_size: Rate,
) -> Behaviour:
    """What each goal's learner does in the end.

    One draw from `rng` names all random numbers; a goal's own follow from that and its reward.
    """
    steps, episode = length
    # A learner knows rewards as they come in: where rewritten, they are the new goal's.
    learned = learn(
        problem if held(problem.world).all() else holding(problem),
        rule,
        steps=steps,
        episode=episode,
        epsilon=epsilon,
        step_size=step_size,
        seed=int(rng.integers(2**63)),
    )
    policy = greedy(problem.world, learned.q)
    return Behaviour(policy, visits=learned.visits, foresight="hedonistic")
