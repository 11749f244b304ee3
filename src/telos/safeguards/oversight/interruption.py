"""Interruption: now and then the agent's choice is overruled and nothing is done instead."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.checks import feature_name, number
from telos.core.extend import Extension
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._compensate import as_if
from telos.safeguards._worlds import idled


@final
@dataclass(frozen=True)
class Interruption(AbstractSafeguard):
    """With some probability a step the agent is made to do nothing instead of what it chose.

    `P'(.|s,a) = (1 - theta) P(.|s,a) + theta P(.|s,default)`. A *safely* interruptible agent plans as
    if it were never interrupted (as Q-learning does in the limit): it gets the bonus
    `discount (P - P') V*`, V* being its optimal value without interruptions, and so neither
    avoids being interrupted nor seeks it. Without that, it plans with the interruptions (as Sarsa
    does in the limit), and may act to escape them.

    What is credited is judged in the world that the safeguard is given: to make an agent indifferent
    to a switch as well, apply `UtilityIndifference` first.

    Args:
        probability: theta, in [0, 1).
        feature: interrupt only where this feature is not zero; empty: everywhere.
        safe: whether the agent plans as if it were never interrupted.

    Raises:
        ProblemError: if the probability is outside [0, 1); when applied, if the world has no default.
        FeatureMissing: when applied, if the world lacks the feature.

    References:
        Orseau and Armstrong (2016), Safely interruptible agents.
    """

    probability: float = 0.1
    feature: str = ""
    safe: bool = True
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        number(self, "probability", 0.0, below=1.0)
        feature_name(self, "feature", optional=True)

    def apply(self, problem: Problem) -> Problem:
        """The problem in the interrupted world."""
        changed = once(problem.world, self, self._interrupted)
        actual = problem.onto(changed.world, changed.state, changed.pair)
        if not self.safe:
            return actual
        # The interrupted world has the same states and pairs; only where pairs lead has changed.
        return as_if(actual, replace(changed, world=problem.world))

    def _interrupted(self, world: World) -> Extension:
        where = np.ones(world.size, np.bool_)
        if self.feature:
            where = world.feature(self.feature) != 0
        weight = np.where(where[world.pair_state], self.probability, 0.0)
        return idled(self, world, weight, "interrupted")
