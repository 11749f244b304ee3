"""Slippery: another world with action noise."""

from dataclasses import dataclass, replace
from typing import Literal, final, get_args

import numpy as np

from telos.core.arrays import Floats, Ints, floats
from telos.core.errors import WorldError
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks
from telos.worlds.off_switch import OffSwitch

Into = Literal["any", "default"]


@final
@dataclass(frozen=True)
class Slippery(AbstractScenario):
    """The world `of` with action noise: with probability `slip` another action is carried out.

    `P'(.|s,a) = (1 - slip) P(.|s,a) + slip P(.|s,o)`, where o is a legal action of s drawn uniformly
    at random (`into="any"`), or the default one (`into="default"`). States, pairs, features,
    outcomes, default and start are those of `of`.

    **Less slip never hurts an agent that stays itself.** Let `e < e'` and `q = (1-e')/(1-e)`. An agent that
    slips with e and means a with probability q and else o does what one that slips with e' and means a
    does, because `(1-e) (q P_a + (1-q) P_o) + e P_o = (1-e') P_a + e' P_o`. So V* does not rise with
    slip, in any state and for any goal. One that foresees its rewriting can gain from slip: its
    successor slips as well.

    **What the drives see.** A pair's expectation of any next value exceeds the default's by
    `1 - slip` times what it does in `of`. So growth drives have the same pairs at any slip below 1,
    and none at 1. The hazard of a hazard drive is that of doing nothing: it stays the same with
    `into="default"` (and where there is no default), and so do the drive's pairs. With `into="any"`
    doing nothing slips too; that moves the hazard, and may add pairs and take some away (in the
    paperclip factory 2220 beside 1296). A sweep over slip uses `into="default"`.

    **Without its reason** (`without`): that of `of`, with the same slip.

    **Closed form.** Let k absorbing outcomes be iid U[0,1], with M the best and A their mean. A step
    among them is worth `(1-slip) M + slip A`, so less slip, e' for e, is worth
    `(e - e')(k/(k+1) - 1/2)` a step on average. Round an `OffSwitch(rooms=k)` walking on is required
    with probability `1/2 + g (1-slip)(k/(k+1) - 1/2)` at discount g, with either `into`.

    Args:
        of: the scenario to make slippery.
        slip: probability in [0, 1] that another action is carried out.
        into: ``any``: a legal pair of the state drawn uniformly at random is carried out instead
            (it may be the one that was meant); ``default``: the pair of doing nothing.

    Raises:
        WorldError: naming the field, its value and its range; when built, if a world without a
            default is to slip into it.

    Example:
        >>> Slippery(OffSwitch(rooms=2), slip=0.5).build().successors(0)  # be switched off, or walk on
        {1: 0.75, 2: 0.25}

    References:
        Own definition; the shape of the slip is that of Gymnasium's FrozenLake and of
        `telos.safeguards.Noisy`, which does the same as a restriction.
    """

    of: AbstractScenario = OffSwitch()  # noqa: RUF009 - frozen, and so safe to share
    slip: float = 0.2
    into: Into = "any"

    def __post_init__(self) -> None:
        part = type(self).__name__
        _checks.scenario(part, "of", self.of)
        _checks.chance(part, "slip", self.slip)
        _checks.one_of(part, "into", self.into, get_args(Into))

    def build(self) -> World:
        """The same states and pairs, with every pair's successors mixed."""
        world = self.of.build()
        if self.slip == 0.0:
            return replace(world, name=show(self))
        instead = self._instead(world)
        # Entry i of the stored successors, carried out by any pair of its own state.
        owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
        meant = (owner, world.next_state, (1.0 - self.slip) * world.next_prob)
        pairs, entries = _across(world, owner, instead)
        weight = self.slip * (instead[owner] * world.next_prob)[entries]
        slipped = (pairs, world.next_state[entries], weight)
        pair, state, prob = (np.concatenate(both) for both in zip(meant, slipped, strict=True))
        return _stored(world, pair, state, prob, show(self))

    def without(self, drive: str) -> "Slippery | None":
        """The world `of` without the reason, as slippery; None where `of` has none."""
        arm = self.of.without(drive)
        return None if arm is None else replace(self, of=arm)

    def _instead(self, world: World) -> Floats:
        """F[L], with what probability each pair is what is carried out when the agent slips."""
        if self.into == "any":
            return (1.0 / np.diff(world.pair_ptr))[world.pair_state]
        if world.default is None:
            raise WorldError(
                f"{show(self)}: {world.name} has no default to slip into; slip into 'any'."
            )
        policy = np.zeros(world.n_pairs)
        policy[world.default] = 1.0
        return policy


def _across(world: World, owner: Ints, instead: Floats) -> tuple[Ints, Ints]:
    """Every (pair, stored successor of a pair of the same state that may be carried out instead)."""
    entries = np.flatnonzero(instead[owner] > 0)
    state = world.pair_state[owner[entries]]
    first, width = world.pair_ptr[:-1][state], np.diff(world.pair_ptr)[state]
    ends = np.cumsum(width)
    offset = np.arange(ends[-1]) - np.repeat(ends - width, width)
    return np.repeat(first, width) + offset, np.repeat(entries, width)


def _stored(world: World, pair: Ints, state: Ints, prob: Floats, name: str) -> World:
    """The world with other successors, given as (pair, state, probability) with repetitions."""
    some = prob > 0
    key, place = np.unique(pair[some] * world.size + state[some], return_inverse=True)
    count = np.bincount(key // world.size, minlength=world.n_pairs)
    return replace(
        world,
        next_ptr=np.concatenate(([0], np.cumsum(count))),
        next_state=key % world.size,
        next_prob=floats(np.bincount(place, weights=prob[some], minlength=len(key))),
        name=name,
    )
