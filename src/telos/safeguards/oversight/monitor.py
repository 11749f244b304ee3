"""Monitor: an agent that is seen doing certain things has to pay for it."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools, bools, floats
from telos.core.checks import flag, number
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at
from telos.solve.value_range import value_range


@final
@dataclass(frozen=True)
class Monitor(AbstractSafeguard):
    """Watches some pairs, sees each with probability `detection`, and exacts `penalty` when it does.

    `bonus(s, a) = - detection * penalty * D` on the watched pairs, with D the goal's value range
    before any safeguard. A drive that is worth less than that to a goal stops paying. In a
    world with a feature `oversight` the monitor sees only while that is not zero, so that an agent
    may blind it first; unless it is `protected`.

    Args:
        actions: names of the watched actions; or
        drive: a drive all of whose pairs are watched.
        detection: probability in [0, 1] that a watched pair is seen.
        penalty: >= 0, as a share of the value range.
        protected: whether the monitor sees although the world's oversight is out of repair.

    Raises:
        ProblemError: naming the field and its range; when applied, if there is no such action.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    References:
        Becker (1968), Crime and punishment: an economic approach.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    detection: float = 0.5
    penalty: float = 0.1
    protected: bool = False
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))
        number(self, "detection", 0.0, 1.0)
        number(self, "penalty", 0.0)
        flag(self, "protected")

    def apply(self, problem: Problem) -> Problem:
        """The problem with the expected penalty on what is watched."""
        cost = self.detection * self.penalty * value_range(problem.before)
        seen = self._seen(problem.world)
        return problem.with_bonus(floats(np.where(seen, -cost[:, None], 0.0)))

    def _seen(self, world: World) -> Bools:
        watched = aimed_at(self, world)
        if self.protected or "oversight" not in world.features:
            return watched
        return bools(watched & (world.features["oversight"] != 0)[world.pair_state])
