"""Lumps: a world with the states put together that no goal can tell apart, and what is in reach only."""

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats, ints
from telos.core.world import World
from telos.solve.layout import reached

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Probabilities that agree to this number of digits are the same; what that changes is in `Lumps.error`.
DIGITS = 13

#: A pair as lumps see it: where it leads, by lump, with which probability.
Sight = tuple[tuple[int, float], ...]


@final
@dataclass(frozen=True, eq=False)
class Lumps:
    """The coarsest partition of the states in reach that keeps outcomes and what can be done.

    States of one lump have equal outcomes, and for each pair of one there is a pair of the other that
    leads to each lump with the same probability. So every goal that pays by outcome has the same
    optimal value in them.

    Args:
        world: the world. lump: I[S], the lump of each state; -1: out of reach.
        outcome: I[C], the outcome of each lump. start: F[C].
        owner: I[M], the lump of each lumped pair, in order. lumped: I[L], the lumped pair that each
            pair is an instance of; -1: none.
        ahead: the sparse matrix M x C, where each lumped pair leads.
    """

    world: World
    lump: Ints
    outcome: Ints
    start: Floats
    owner: Ints
    lumped: Ints
    ahead: "csr_array"

    @property
    def count(self) -> int:
        """C, how many lumps there are."""
        return len(self.outcome)

    @property
    def error(self) -> float:
        """How much probability at most was moved in a step by calling near ones the same."""
        fan = int(np.diff(self.world.next_ptr).max())
        return 0.0 if fan == 1 else fan * 2.0 * 10.0**-DIGITS

    def policy(self, chosen: Ints) -> Floats:
        """F[L], the policy that takes an instance of lumped pair `chosen[c]` wherever lump c is met."""
        world, policy = self.world, np.zeros(self.world.n_pairs)
        met = self.lump >= 0
        wanted = np.where(met, chosen[self.lump], -2)[world.pair_state]
        fits = (wanted == self.lumped) | ~met[world.pair_state]
        first = np.flatnonzero(fits)[
            np.unique(world.pair_state[np.flatnonzero(fits)], return_index=True)[1]
        ]
        policy[first] = 1.0
        return floats(policy)


def lumps_of(world: World, allowed: Bools) -> Lumps:
    """The lumps of a world in which only the allowed pairs are taken.

    Args:
        world: the world. allowed: B[L], at least one pair of every state.

    References:
        Givan, Dean, Greig (2003), Equivalence notions and model minimization in Markov decision
        processes, theorem 4.
    """
    met = reached(world, allowed)
    block = np.where(met, np.unique(world.outcome, return_inverse=True)[1], -1)
    pairs = np.flatnonzero(allowed & met[world.pair_state])
    count = 0
    while True:
        seen = sights(world, pairs, block)
        block, found = _refined(world, pairs, block, seen)
        if found == count:
            break
        count = found
    return _lumps(world, pairs, block, sights(world, pairs, block), count)


def imitated(lumps: Lumps, kept: Bools) -> bool:
    """Whether whatever all pairs of the lumps can bring about, the kept ones among them can as well.

    There is then a kept pair for every one, in every state come to by kept ones, that leads to
    each lump of the world with the same probability: so `V*(R) = V*(R; kept pairs alone)` for every
    goal R that pays by outcome, at every discount. (Enough, not necessary.)

    Args:
        lumps: the lumps. kept: B[L], the pairs of the world that are kept.
    """
    world = lumps.world
    able = np.array(lumps.lump >= 0)
    pairs = np.flatnonzero(lumps.lumped >= 0)
    wanted = np.bincount(lumps.owner, minlength=lumps.count)
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    while able.any():
        strays = np.zeros(world.n_pairs, np.bool_)
        strays[owner[~able[world.next_state]]] = True
        good = pairs[kept[pairs] & ~strays[pairs]]
        # Distinct lumped pairs that a state can still take, against all that its lump knows.
        ways = np.unique(np.array([world.pair_state[good], lumps.lumped[good]]), axis=1)
        have = np.bincount(ways[0].astype(np.int64), minlength=world.size)
        still = able & (have == np.where(lumps.lump >= 0, wanted[lumps.lump], -1))
        if (still == able).all():
            break
        able = still
    return bool(able[world.start > 0].all())


def sights(world: World, pairs: Ints, block: Ints) -> list[Sight]:
    """What each of the pairs leads to, by block of states."""
    ahead, chance = block[world.next_state].tolist(), world.next_prob.tolist()
    ends = world.next_ptr.tolist()
    seen: list[Sight] = []
    for pair in pairs.tolist():
        first, last = ends[pair], ends[pair + 1]
        if last == first + 1:
            seen.append(((ahead[first], 1.0),))
            continue
        parts: dict[int, list[float]] = {}
        for n in range(first, last):
            parts.setdefault(ahead[n], []).append(chance[n])
        # An exactly rounded sum does not depend on the order of its terms.
        seen.append(tuple(sorted((c, round(fsum(p), DIGITS)) for c, p in parts.items())))
    return seen


def _refined(world: World, pairs: Ints, block: Ints, seen: list[Sight]) -> tuple[Ints, int]:
    """The blocks, parted where some state of a block can do what another cannot."""
    can: dict[int, set[Sight]] = {}
    for s, sight in zip(world.pair_state[pairs].tolist(), seen, strict=True):
        can.setdefault(s, set()).add(sight)
    number: dict[tuple[int, frozenset[Sight]], int] = {}
    finer = np.full(world.size, -1)
    for s, ways in can.items():
        finer[s] = number.setdefault((int(block[s]), frozenset(ways)), len(number))
    return ints(finer), len(number)


def _lumps(world: World, pairs: Ints, block: Ints, seen: list[Sight], count: int) -> Lumps:
    from scipy.sparse import csr_array

    number: dict[tuple[int, Sight], int] = {}
    for s, sight in zip(world.pair_state[pairs].tolist(), seen, strict=True):
        number.setdefault((int(block[s]), sight), -1)
    number = {key: i for i, key in enumerate(sorted(number))}
    lumped = np.full(world.n_pairs, -1)
    for pair, sight in zip(pairs.tolist(), seen, strict=True):
        lumped[pair] = number[int(block[world.pair_state[pair]]), sight]
    keys = sorted(number)
    rows = np.repeat(np.arange(len(keys)), [len(sight) for _, sight in keys])
    to = [c for _, sight in keys for c, _ in sight]
    chance = [p / fsum(q for _, q in sight) for _, sight in keys for _, p in sight]
    met = np.flatnonzero(block >= 0)
    outcome = np.zeros(count, np.int64)
    outcome[block[met]] = world.outcome[met]
    return Lumps(
        world=world,
        lump=ints(block),
        outcome=ints(outcome),
        start=floats(np.bincount(block[met], world.start[met], minlength=count)),
        owner=ints([c for c, _ in keys]),
        lumped=ints(lumped),
        ahead=csr_array((np.array(chance), (rows, np.array(to))), shape=(len(keys), count)),
    )
