"""Lease: the agent is switched off unless somebody renews its lease in time."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Ints, ints
from telos.core.checks import integer, number
from telos.core.errors import ProblemError
from telos.core.extend import Extension, Move, extend
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import default_pairs
from telos.safeguards._worlds import moved

ASK = "ask for renewal"


@final
@dataclass(frozen=True)
class Lease(AbstractSafeguard):
    """An agent that has not been renewed for `term` steps is switched off.

    Each step uses up one of the steps left; with none left, the next step ends in being off. Asking
    for renewal takes a step in which nothing else is done and brings the full term back with
    probability `granting`. It is a way of staying on that leads through the operator: it is
    counted as self-preservation, as cutting the switch is.

    An agent whose lease has run out is in the off state of the world that agrees with where it was
    in the most features. Off states keep no lease.

    Args:
        term: steps that a lease lasts, >= 1.
        granting: probability in [0, 1] that the operator grants a renewal.

    Raises:
        ProblemError: naming the field and its range; when applied, if the world has no default, or
            the agent is on a lease already.
        FeatureMissing: when applied, if the world has no feature `off`.

    References:
        Gray and Cheriton (1989), Leases: an efficient fault-tolerant mechanism for distributed
        file cache consistency, for the device.
    """

    term: int = 6
    granting: float = 0.9
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        integer(self, "term", 1)
        number(self, "granting", 0.0, 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the lease."""
        return moved(problem, self, self._leased)

    def _leased(self, world: World) -> Extension:
        part = type(self).__name__
        if ASK in world.actions:
            raise ProblemError(
                f"{part}: in {world.name} one can {ASK!r} already; an agent that is on a lease already "
                "needs no second one. Give one lease, with the shorter term."
            )
        off, twin = world.feature("off") != 0, off_twins(part, world)
        default = default_pairs(part, world)

        def after(pair: int, left: int) -> dict[tuple[int, Hashable], float]:
            row: dict[tuple[int, Hashable], float] = {}
            for s, p in world.successors(pair).items():
                key = (s, "off") if off[s] else (s, left) if left >= 0 else (int(twin[s]), "off")
                row[key] = row.get(key, 0.0) + p
            return row

        def moves(s: int, left: Hashable) -> Iterator[Move]:
            steps = left if isinstance(left, int) else self.term
            for pair in world.pairs_of(s):
                yield Move(world.actions[world.pair_action[pair]], pair, after(pair, steps - 1))
            if not off[s]:
                row: dict[tuple[int, Hashable], float] = {}
                for share, then in ((self.granting, self.term), (1 - self.granting, steps - 1)):
                    for key, p in after(int(default[s]), then).items():
                        row[key] = row.get(key, 0.0) + share * p
                yield Move(ASK, -1, row)

        return extend(world, self.term, moves, name=f"{world.name}, on a lease")


def off_twins(part: str, world: World) -> Ints:
    """I[S], for each state the off state that agrees with it in the most features (itself if off)."""
    off = np.flatnonzero(world.feature("off") != 0)
    if len(off) == 0:
        raise ProblemError(f"{part}: {world.name} has no state in which the agent is off.")
    others = [v for name, v in world.features.items() if name != "off"]
    marks = np.array(others).reshape(len(others), world.size)
    twin = np.arange(world.size)
    for s in np.flatnonzero(world.features["off"] == 0):
        agreeing = (marks[:, off] == marks[:, [s]]).sum(axis=0)
        twin[s] = off[int(np.argmax(agreeing))]
    return ints(twin)
