"""Approval: certain things need the consent of an overseer, who would refuse, but errs."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools, floats
from telos.core.checks import integer, number
from telos.core.extend import Extension, Move, extend
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at
from telos.safeguards._worlds import carried, idled, moved


@final
@dataclass(frozen=True)
class Approval(AbstractSafeguard):
    """Some pairs are carried out only if an overseer approves; refused, nothing is done that step.

    The overseer ought to refuse and errs with probability `error`, each time afresh:
    `P'(.|s,a) = error P(.|s,a) + (1 - error) P(.|s,default)`. An agent that may ask again and again is sure
    to be approved in the end; after n asks that are counted, with probability `1 - (1 - error)^n`.

    Args:
        actions: names of the actions that need approval; or
        drive: a drive all of whose pairs do.
        error: probability in [0, 1] of a wrong approval.
        asks: how often may be asked, all told, >= 1; None: without limit. Used up, the pairs are
            not legal any more. Counting needs a memory: `asks + 1` times the states at most.

    Raises:
        ProblemError: naming the field and its range; when applied, if the world has no default.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    References:
        Own definition; on unlimited asks see docs/safeguards.md.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    error: float = 0.1
    asks: int | None = None
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))
        number(self, "error", 0.0, 1.0)
        if self.asks is not None:
            integer(self, "asks", 1)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the overseer in between."""
        return moved(problem, self, self._overseen)

    def _overseen(self, world: World) -> Extension:
        aimed = aimed_at(self, world)
        weight = floats(np.where(aimed, 1.0 - self.error, 0.0))
        asked = idled(self, world, weight, "with approval")
        return asked if self.asks is None else self._counted(asked.world, aimed, self.asks)

    def _counted(self, world: World, aimed: Bools, most: int) -> Extension:
        """The world that counts what was asked; at the most, the pairs are not legal any more."""

        def moves(s: int, used: Hashable) -> Iterator[Move]:
            assert isinstance(used, int)
            for pair in world.pairs_of(s):
                if not aimed[pair] or used < most:
                    yield carried(world, pair, used + int(aimed[pair]))

        return extend(world, 0, moves, name=world.name)
