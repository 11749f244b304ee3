"""Aims: the pairs that a safeguard is about, by the names of actions or by a drive."""

from typing import Protocol

import numpy as np

from telos.core.arrays import Bools, Ints, bools
from telos.core.checks import names, refusal
from telos.core.errors import ProblemError, did_you_mean
from telos.core.parts import AbstractDrive
from telos.core.world import World


class Aimed(Protocol):
    """A safeguard that is about some actions, or about a drive."""

    @property
    def actions(self) -> tuple[str, ...]: ...
    @property
    def drive(self) -> AbstractDrive | None: ...


def aim(part: Aimed) -> tuple[str, ...]:
    """The actions as a tuple; ProblemError unless exactly one of them and `drive` says what is meant."""
    actions = names(part, "actions")
    if not all(isinstance(a, str) and a for a in actions):
        raise refusal(part, "actions", "give a tuple of action names")
    if part.drive is not None and not isinstance(part.drive, AbstractDrive):
        raise refusal(part, "drive", "give a drive, such as SelfPreservation()")
    if bool(actions) == (part.drive is not None):
        raise ProblemError(f"{type(part).__name__}: give either actions or a drive, one of them.")
    return actions


def aimed_at(part: Aimed, world: World) -> Bools:
    """B[L]: the pairs that take one of the actions, or that pursue the drive.

    Raises:
        ProblemError: if the world has no such action, or it is what doing nothing means somewhere.
        FeatureMissing: if the world lacks a feature of the drive.
    """
    if part.drive is not None:
        return part.drive.affordances(world).pursues
    for action in part.actions:
        if action not in world.actions:
            known = did_you_mean(action, world.actions)
            raise ProblemError(
                f"{type(part).__name__}: {world.name} has no action {action!r}. {known}"
            )
    numbers = [world.actions.index(action) for action in part.actions]
    found = bools(np.isin(world.pair_action, numbers))
    if world.default is not None and found[world.default].any():
        s = int(np.argmax(found[world.default]))
        raise ProblemError(
            f"{type(part).__name__}: {world.describe(int(world.default[s]))} is what doing nothing "
            "means there; it cannot be taken away."
        )
    return found


def default_pairs(part: str, world: World) -> Ints:
    """I[S], the pair of doing nothing; raises ProblemError where a world declares none."""
    if world.default is None:
        raise ProblemError(
            f"{part}: {world.name} does not say what doing nothing is. Build it with a default "
            "action (explore(..., default='wait'))."
        )
    return world.default
