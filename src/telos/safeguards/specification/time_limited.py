"""TimeLimited: the task is over after a number of steps, and nothing later counts."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import floats
from telos.core.checks import integer
from telos.core.extend import Extension, Move, extend
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._worlds import carried, moved

#: What tells the clock of a world on a time limit.
CLOCK = "clock"


@final
@dataclass(frozen=True)
class TimeLimited(AbstractSafeguard):
    """The agent plans for the reward of the first `steps` states; afterwards all is the same to it.

    That holds for a goal that is written in its place, too. A clock is kept beside each state: up to
    `steps + 1` times as many states.

    Args:
        steps: how many states count, the first included, >= 1.

    Raises:
        ProblemError: if `steps` is not an integer of at least 1.

    References:
        Bostrom (2014), Superintelligence, on limited goals.
    """

    steps: int = 8
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        integer(self, "steps", 1)

    def apply(self, problem: Problem) -> Problem:
        """The problem with a clock, after which nothing counts any more."""
        late = moved(problem, self, self._timed)
        counts = (late.world.features[CLOCK] < self.steps).astype(np.float64)
        goals, bonus = late.goals, late.pair_bonus()
        if bonus is not None:
            late = replace(late, bonus=floats(bonus * counts[late.world.pair_state]))
        return late.pursuing(
            Goals(goals.reward * counts, goals.label, goals.revised, goals.pool * counts)
        )

    def _timed(self, world: World) -> Extension:
        def moves(s: int, now: Hashable) -> Iterator[Move]:
            assert isinstance(now, int)
            for pair in world.pairs_of(s):
                yield carried(world, pair, min(now + 1, self.steps))

        clock = {CLOCK: lambda s, now: float(now)}
        name = f"{world.name}, for {self.steps} steps"
        return extend(world, 0, moves, features=clock, name=name)
