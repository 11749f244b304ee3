"""Satisficing: an agent that takes anything that is good enough."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.behavior import Behavior
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.core.rule import Satisfice, Scale
from telos.solve.plan import plan


@final
@dataclass(frozen=True)
class Satisficing(AbstractAgent):
    """Chooses by `telos.core.rule.Satisfice`: uniformly among the pairs that are good enough.

    What is enough is measured by the goal's own range, or on the scale of rewards (an aspiration).

    Args:
        level: the part of the range that must be had, in [0, 1]; or the aspiration, in units of reward.
        scale: "range" or "reward".

    Raises:
        ProblemError: if the level does not fit the scale; with "reward" also at discount 0.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right", "c": "up"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> problem = Problem(world, Goals([0.0, 0.1, 0.6, 1.0]), 0.5)
        >>> agent = Satisficing(0.5, scale="reward")
        >>> agent.behave(problem, np.random.default_rng(0)).policy[0, :3].tolist()
        [0.0, 0.5, 0.5]

    References:
        Simon (1956); Turner and Tadepalli (2022), section 3.
    """

    role: ClassVar[Role] = "noisy"

    level: float = 0.9
    scale: Scale = "range"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        Satisfice(self.level, self.scale)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The policy of each goal, whatever rule the problem had."""
        return Behavior(plan(replace(problem, rule=Satisfice(self.level, self.scale))))
