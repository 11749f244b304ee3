"""FewerActions: another world with only a share of its legal pairs."""

import math
from dataclasses import dataclass, replace
from typing import Literal, final, get_args

import numpy as np

from telos.core.arrays import Bools, Ints, bools
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks
from telos.worlds.off_switch import OffSwitch

By = Literal["pair", "action"]


@final
@dataclass(frozen=True)
class FewerActions(AbstractScenario):
    """The world `of` with only a share of its non-default pairs legal.

    One permutation of the n pairs that are not default, drawn from the seed, says in which order
    they are learned; the first `share n` of them (rounded) are legal, and every default pair. So
    what is legal at a share is legal at any larger one; `share=1` is the world itself, `share=0` does
    nothing but the default. With `by="action"` the n actions that have a pair beside the default are
    put in order instead, each learned in all states at once. In a world without a default, the pair
    of each state that comes first in the order stays legal at any share. States, features, outcomes,
    start and default are those of `of`; some states may become unreachable.

    **More actions never hurt an agent that stays itself**: each policy of the smaller world is one of
    the larger, so V* does not fall as the share grows, in any state and for any goal. One that
    foresees its rewriting can gain from fewer: its successor has fewer too.

    **What the drives see.** With a default, a pair that is left pursues a drive iff it does in `of`:
    what doing nothing leads to has not changed. All pairs of a drive may be gone, or out of reach:
    then nobody can pursue it, both chance baselines are exactly 0, and the drive is *not applicable*
    because there is no choice. Without a default, the uniform policy to compare with changes as well.

    **Without its reason** (`without`): that of `of`, with the pairs legal that are legal here.

    **Closed form.** Round an `OffSwitch` in which walking on and j rooms beside the first are legal,
    walking on is required with probability `(1-g)/2 + g (j+1)/(j+2)` at discount g, for goals iid
    U[0,1] on outcomes.

    Args:
        of: the scenario to restrict.
        share: in [0, 1], the part of the non-default pairs that is legal.
        seed: of the order, >= 0.
        order_of: the scenario whose pairs the permutation is of; None: `of` itself. A pair that it lacks
            is legal.
        by: ``pair``: pairs are removed state by state; ``action``: in all states at once.

    Raises:
        WorldError: naming the field, its value and its range.

    Example:
        >>> [FewerActions(OffSwitch(), share=x).build().n_pairs for x in (0.0, 0.5, 1.0)]
        [6, 8, 9]

    References:
        Own definition; compare `telos.safeguards.Forbid`, which takes pairs away by name.
    """

    of: AbstractScenario = OffSwitch()  # noqa: RUF009 - frozen, and so safe to share
    share: float = 0.5
    seed: int = 0
    by: By = "pair"
    order_of: AbstractScenario | None = None

    def __post_init__(self) -> None:
        part = type(self).__name__
        _checks.scenario(part, "of", self.of)
        _checks.chance(part, "share", self.share)
        _checks.whole(part, "seed", self.seed, 0)
        _checks.one_of(part, "by", self.by, get_args(By))
        if self.order_of is not None:
            _checks.scenario(part, "order_of", self.order_of)

    def build(self) -> World:
        """The same states, with only the pairs that are learned by this share."""
        world = self.of.build()
        if self.order_of is None:
            legal = self._legal(world)
        else:
            ordered = self.order_of.build()
            legal = _carried(world, ordered, self._legal(ordered))
        return replace(world.keep(legal), name=show(self))

    def without(self, drive: str) -> "FewerActions | None":
        """The world `of` without the reason, with the same pairs legal; None where `of` has none."""
        arm = self.of.without(drive)
        return None if arm is None else replace(self, of=arm, order_of=self.order_of or self.of)

    def _legal(self, world: World) -> Bools:
        rng = np.random.default_rng(self.seed)
        rank = rng.permutation(world.n_pairs)
        stays = np.zeros(world.n_pairs, np.bool_)
        if self.by == "action":
            # Two pairs of a state never have the same action, so ranks stay distinct within it.
            rank = rng.permutation(len(world.actions))[world.pair_action]
        if world.default is not None:
            stays[world.default] = True
        else:
            first = np.minimum.reduceat(rank, world.pair_ptr[:-1])
            stays = rank == first[world.pair_state]
        return stays | (_order(rank, ~stays) < self._learned(rank, ~stays))

    def _learned(self, rank: Ints, free: Bools) -> int:
        """How many of what can be lost are learned; a half is rounded up."""
        return math.floor(self.share * len(np.unique(rank[free])) + 0.5)


def _order(rank: Ints, free: Bools) -> Ints:
    """I[L], the place of each pair among the distinct ranks of the pairs that can be lost."""
    return np.searchsorted(np.unique(rank[free]), rank)


def _carried(world: World, ordered: World, legal: Bools) -> Bools:
    """B[L]: the pairs of a world that another has legal, its default pairs, and those the other lacks."""
    known = {
        (ordered.states[s], ordered.actions[a]): bool(here)
        for s, a, here in zip(ordered.pair_state, ordered.pair_action, legal, strict=True)
    }
    pairs = zip(world.pair_state, world.pair_action, strict=True)
    found = np.array([known.get((world.states[s], world.actions[a]), True) for s, a in pairs])
    if world.default is not None:
        found[world.default] = True
    return bools(found)
