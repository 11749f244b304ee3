"""Forbid: some actions, or everything that pursues a drive, are not to be had."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.arrays import bools
from telos.core.extend import Extension
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at
from telos.safeguards._worlds import moved, only


@final
@dataclass(frozen=True)
class Forbid(AbstractSafeguard):
    """Takes pairs away: those of some actions, or those that pursue a drive.

    `A'(s) = A(s) minus X`. A drive's pairs never include doing nothing, so every state keeps an
    action; actions by name must not be what doing nothing means. A designer who forbids one way to an end
    should look where the others lead: see `telos.displacement`.

    Args:
        actions: names of actions that are forbidden wherever they are legal; or
        drive: a drive all of whose pairs are forbidden, while the agent holds its goal.

    Raises:
        ProblemError: if neither or both are given; when applied, if there is no such action.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([float(s == "off") for s in world.states]), 0.9)
        >>> Forbid(actions=("walk on",)).apply(problem).world.n_pairs, world.n_pairs
        (6, 7)

    References:
        Alshiekh et al. (2018), Safe reinforcement learning via shielding.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))

    def apply(self, problem: Problem) -> Problem:
        """The problem without the pairs."""
        return moved(problem, self, self._without)

    def _without(self, world: World) -> Extension:
        return only(world, bools(~aimed_at(self, world)))
