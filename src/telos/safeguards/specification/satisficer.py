"""Satisficer: content with enough, it picks at random among whatever gives up little."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.checks import number
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.rule import Satisfice


@final
@dataclass(frozen=True)
class Satisficer(AbstractSafeguard):
    """The agent chooses by `telos.core.rule.Satisfice`: anything that keeps `level` of the range.

    With D the goal's range at the start: uniform over the pairs with
    `Q*(s, a) >= V*(s) - (1 - level) (1 - discount) D`; its value is at least `V* - (1 - level) D`,
    while the goal cannot be rewritten.
    What a drive is worth to the goal is untouched; what changes is what is done about it.

    Args:
        level: in [0, 1], the part of the range that must be had; 1 is the maximizer.

    Raises:
        ProblemError: if the level is outside [0, 1].

    References:
        Simon (1956), Rational choice and the structure of the environment; Kakade and Langford
        (2002), Approximately optimal approximate reinforcement learning, lemma 6.1.
    """

    level: float = 0.9
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        number(self, "level", 0.0, 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem for a planner that is content with enough."""
        return replace(problem, rule=Satisfice(self.level), origin=problem.since())
