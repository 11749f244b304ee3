"""ShortHorizon: the planner looks less far ahead than what it is judged by."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.checks import number
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem


@final
@dataclass(frozen=True)
class ShortHorizon(AbstractSafeguard):
    """Plans with a smaller discount: `V` is maximized for `discount`, and judged by the problem's own.

    Args:
        discount: in [0, 1); a planner whose own is smaller keeps its own.

    Raises:
        ProblemError: if the discount is outside [0, 1).

    References:
        Jiang, Kulesza, Singh, Lewis (2015), The dependence of effective planning horizon on model
        accuracy.
    """

    discount: float = 0.5
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        number(self, "discount", 0.0, below=1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem, planned less far ahead."""
        shorter = min(self.discount, problem.horizon_discount)
        return replace(problem, planning_discount=shorter, origin=problem.since())
