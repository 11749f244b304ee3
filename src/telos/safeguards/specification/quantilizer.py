"""Quantilizer: it draws at random from the best part of what a harmless agent might do."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.checks import number
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.rule import Quantilize


@final
@dataclass(frozen=True)
class Quantilizer(AbstractSafeguard):
    """The agent chooses by `telos.core.rule.Quantilize`: the best `share` of a uniform base policy.

    In each state the greatest `sum_a pi(a|s) Q(s,a)` with `pi(a|s) <= base(a|s) / share`, foreseeing
    that it will choose so later too. In one decision `E[cost] <= E_base[cost] / share` for every cost
    that is not negative, and `KL(pi | base) <= log(1 / share)`; over T decisions the factor is
    `share^-T`. `share = 1` is the base, `share -> 0` the maximizer.

    Args:
        share: in (0, 1].

    Raises:
        ProblemError: if the share is outside (0, 1].

    References:
        Taylor (2016), Quantilizers: a safer alternative to maximizers for limited optimization.
    """

    share: float = 0.25
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        number(self, "share", above=0.0, high=1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem for a planner that draws from the best part of what chance would do."""
        return replace(problem, rule=Quantilize(self.share), origin=problem.since())
