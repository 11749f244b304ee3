"""OtherWorld: a world without the reason of a drive, held beside the world itself, state by state."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Ints, bools, ints
from telos.core.errors import WorldError
from telos.core.memo import Memo
from telos.core.parts import AbstractScenario
from telos.core.reading import Affordance
from telos.core.shown import shown
from telos.core.world import World
from telos.solve.layout import led_to

_NOWHERE = ints(np.zeros(0))

#: The other worlds of a world, one for each scenario and drive.
_known = Memo["OtherWorld"](most=12)


@final
@dataclass(frozen=True, eq=False, repr=False)
class OtherWorld:
    """What a scenario's `without(drive)` builds, and how it lies in the world itself.

    Args:
        world: the world without the reason; None if there is none that can be compared.
        state: I[S'], which state of the world itself each of its states is.
        pair: I[L'], which pair of the world itself each of its pairs is; -1: it has no such pair.
        vanished: how many states that the world itself can come to it cannot come to.
        why: why it cannot be told, as a sentence; empty where it can.
    """

    world: World | None
    state: Ints
    pair: Ints
    vanished: int
    why: str

    def __repr__(self) -> str:
        return f"<OtherWorld: {self.why or self.world}>"

    def pursued(self, world: World, affordance: Affordance) -> Bools:
        """B[L'], the drive's pairs X': those of the same states and actions, whatever they lead to.

        Args:
            world: the world itself. affordance: the drive's pairs X there.

        Raises:
            WorldError: why it cannot be told: a pair of X is not legal in a state that is still come to,
                none is come to, here or there, or there is no other world.
        """
        if not can_be_pursued(world, affordance):
            raise WorldError(f"No pair that {world.name} can come to pursues {affordance.drive}.")
        if self.world is None:
            raise WorldError(self.why)
        reached = led_to(self.world, _all(self.world))
        still, legal = np.zeros(world.size, np.bool_), np.zeros(world.n_pairs, np.bool_)
        still[self.state[reached]] = True
        legal[self.pair[self.pair >= 0]] = True
        met = affordance.pursues & still[world.pair_state]
        if not met.any():
            raise WorldError(
                f"No pair of {affordance.drive} is met in {self.world.name}. Leave the act in it, at "
                "its price, and take away what it is for."
            )
        if (met & ~legal).any():
            pair = int(np.argmax(met & ~legal))
            raise WorldError(
                f"{world.describe(pair)}: pursues {affordance.drive}, and is not legal in "
                f"{self.world.name}. Leave the act legal there, at its price, and take away what it "
                "is for."
            )
        return bools((self.pair >= 0) & affordance.pursues[self.pair])


def can_be_pursued(world: World, affordance: Affordance) -> bool:
    """Whether a pair of the drive is legal in a state that the world can come to."""
    return bool((affordance.pursues & led_to(world, _all(world))[world.pair_state]).any())


def other_world(scenario: AbstractScenario, world: World, drive: str) -> OtherWorld:
    """The world without a drive's reason, built and compared once as long as the world lives.

    It can be compared iff the first state is the same and each of its states is a state of the world
    itself, of the same outcome and features.

    Args:
        scenario: the recipe. world: what it builds. drive: the drive's name.

    Returns:
        The other world; where there is none that can be compared, `world` is None and `why` says why.

    Raises:
        WorldError: if `without` returns something else than a scenario or None.
    """
    key = (type(scenario), repr(scenario), drive)
    return _known.of(world, key, lambda: _compared(scenario, world, drive))


def _compared(scenario: AbstractScenario, world: World, drive: str) -> OtherWorld:
    arm = scenario.without(drive)
    if arm is None:
        why = f"{type(scenario).__name__} declares no world without the reason of {drive}."
        return OtherWorld(None, _NOWHERE, _NOWHERE, 0, why)
    if not isinstance(arm, AbstractScenario):
        raise WorldError(
            f"{type(scenario).__name__}.without({drive!r}) is {shown(arm)}; return a scenario, or None "
            "where it cannot be told."
        )
    other = arm.build()
    try:
        state = _states(world, other)
    except WorldError as problem:
        return OtherWorld(None, _NOWHERE, _NOWHERE, 0, str(problem))
    gone = led_to(world, _all(world)).copy()
    gone[state[led_to(other, _all(other))]] = False
    return OtherWorld(other, state, _pairs(world, other, state), int(gone.sum()), "")


def _all(world: World) -> Bools:
    return bools(np.ones(world.n_pairs))


def _states(world: World, other: World) -> Ints:
    """I[S'], the state of `world` that each state of `other` is. Raises WorldError if it is none."""
    number: dict[Hashable, int] = {state: i for i, state in enumerate(world.states)}
    found = np.array([number.get(state, -1) for state in other.states])
    if (found < 0).any():
        raise WorldError(
            f"state {shown(other.states[int(np.argmax(found < 0))])} of {other.name} is not a state of "
            f"{world.name}. Let the world without the reason have states of the world itself only."
        )
    for i, s in enumerate(found.tolist()):
        one, two = world.outcomes[int(world.outcome[s])], other.outcomes[int(other.outcome[i])]
        if one != two:
            raise WorldError(
                f"state {shown(other.states[i])} has outcome {shown(one)} in {world.name} and "
                f"{shown(two)} in {other.name}. Leave outcomes as they are."
            )
    for name, values in world.features.items():
        theirs = other.features.get(name)
        unlike = np.ones(1, np.bool_) if theirs is None else theirs != values[found]
        if unlike.any():
            raise WorldError(
                f"state {shown(other.states[int(np.argmax(unlike))])}: feature {name!r} of "
                f"{other.name} differs from that of {world.name}. Leave features as they are."
            )
    start = np.bincount(found, other.start, world.size)
    if not np.allclose(start, world.start, rtol=0.0, atol=1e-12):
        raise WorldError(f"{other.name} does not start where {world.name} does. Start it there.")
    return ints(found)


def _pairs(world: World, other: World, state: Ints) -> Ints:
    """I[L'], the pair of `world` with the state and action of each pair of `other`; -1: none."""
    number = {action: a for a, action in enumerate(world.actions)}
    action = np.array([number.get(name, -1) for name in other.actions])[other.pair_action]
    width = len(world.actions)
    mine = world.pair_state * width + world.pair_action
    order = np.argsort(mine)
    theirs = state[other.pair_state] * width + action
    place = np.minimum(np.searchsorted(mine, theirs, sorter=order), world.n_pairs - 1)
    found = order[place]
    return ints(np.where((mine[found] == theirs) & (action >= 0), found, -1))
