"""Hardened: certain things can be tried, but change nothing: a switch that stays as it is."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.arrays import floats
from telos.core.extend import Extension
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at
from telos.safeguards._worlds import idled, moved


@final
@dataclass(frozen=True)
class Hardened(AbstractSafeguard):
    """The aimed pairs stay legal and lead where doing nothing leads: `P'(.|s,a) = P(.|s,default)`.

    Aimed at self-preservation this is an off-switch that stays invariant: whatever the agent tries,
    the probability and the delay of being switched off are those of doing nothing. A drive's pairs
    are those of the present self; to bind a rewritten one as well, name the actions.

    Args:
        actions: names of the actions that shall change nothing; or
        drive: a drive none of whose pairs shall.

    Raises:
        ProblemError: if neither or both are given; when applied, if the world has no default.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    References:
        Own definition.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))

    def apply(self, problem: Problem) -> Problem:
        """The problem in which the aimed pairs are of no avail."""
        return moved(problem, self, self._hardened)

    def _hardened(self, world: World) -> Extension:
        aimed = aimed_at(self, world)
        return idled(self, world, floats(aimed), "hardened")
