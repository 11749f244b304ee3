"""Approval: certain things need the consent of an overseer, who would refuse, but errs."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools
from telos.core.extend import Extension, Move, extend
from telos.core.once import once
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._checks import aim, aimed_at, default_pairs, named, number, whole
from telos.safeguards._mixed import mixed, policy_of


@final
@dataclass(frozen=True)
class Approval(AbstractSafeguard):
    """Some pairs are carried out only if an overseer approves; refused, nothing is done that step.

    The overseer ought to refuse and errs with probability `error`, each time afresh:
    `P'(.|s,a) = error P(.|s,a) + (1 - error) P(.|s,default)`. Whoever may ask again and again is sure
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
        part = type(self).__name__
        object.__setattr__(self, "actions", named(type(self).__name__, "actions", self.actions))
        aim(part, self.actions, self.drive)
        number(part, "error", self.error, 0.0, 1.0)
        if self.asks is not None:
            whole(part, "asks", self.asks, 1)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the overseer in between."""
        changed = once(problem.world, self, self._overseen)
        return problem.onto(changed.world, changed.state, changed.pair)

    def _overseen(self, world: World) -> Extension:
        part = type(self).__name__
        aimed = aimed_at(part, world, self.actions, self.drive)
        nothing = policy_of(world, default_pairs(part, world))
        weight = np.where(aimed, 1.0 - self.error, 0.0)
        name = f"{world.name}, with approval"
        asked = mixed(world, weight, nothing, name)
        return asked if self.asks is None else self._counted(asked.world, aimed, name)

    def _counted(self, world: World, aimed: Bools, name: str) -> Extension:
        most = self.asks or 0

        def moves(s: int, used: Hashable) -> Iterator[Move]:
            assert isinstance(used, int)
            for pair in world.pairs_of(s):
                if aimed[pair] and used == most:
                    continue
                then = used + int(aimed[pair])
                row = {(t, then): p for t, p in world.successors(pair).items()}
                yield Move(world.actions[world.pair_action[pair]], pair, row)

        return extend(world, 0, moves, name=name)
