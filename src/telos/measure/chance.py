"""Chance: how often rules that know no goal pursue a drive, solved exactly, in large worlds estimated."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Bools, Floats, Ints, bools, floats, frozen, sealed
from telos.core.explore import explore
from telos.core.memo import Memo
from telos.core.reading import Affordance
from telos.core.world import World
from telos.measure.baseline import keepable_outcomes, on_a_cycle, random_baseline
from telos.measure.intervals import Interval, mean_interval, proportion_interval
from telos.measure.moves import moves_of
from telos.solve.layout import kernels, layout_of, world_arrays

#: Legal pairs up to which both rules are solved exactly: one linear system of the size of the world an
#: outcome, 256 of them, which take 20 minutes and more at a million states.
MOST_EXACT = 200_000
#: Outcomes that stand for all in a larger world, drawn at random: an interval is at most .06 wide.
OUTCOMES = 1024
#: Walks of the rules whose propensity is neither 0 nor 1 for certain, all outcomes together; and steps of
#: one, after which it counts as not known. 4,096 walks of 50,000 steps take some 20 seconds.
WALKS, STEPS = 4096, 50_000
#: Rules that a word of 64 bits holds.
WORD = 64
_SEED = 0x7E105

Words = NDArray[np.uint64]


@final
@dataclass(frozen=True, eq=False)
class Chance:
    """What two rules that know no goal do: uniform over actions, and over outcomes that can be kept.

    Args:
        value: F[2] in [0, 1], the propensity of each; see `random_baseline`.
        low, high: F[2], its limits: the value itself where it is exact, else 95 % intervals.
        walks: I[2], how many walks were drawn for each. unfinished: I[2], how many of them reached the
            limit of steps; for the lower limit they count as 0, for the upper one as 1.
        outcomes: how many outcomes stand for all. kept: how many can be kept.
    """

    value: Floats
    low: Floats
    high: Floats
    walks: tuple[int, int] = (0, 0)
    unfinished: tuple[int, int] = (0, 0)
    outcomes: int = 0
    kept: int = 0

    @property
    def exact(self) -> bool:
        """Whether both numbers are exact to rounding."""
        return bool((self.low == self.high).all())


def chance(world: World, affordance: Affordance, *, most_exact: int = MOST_EXACT) -> Chance:
    """The propensity of two rules that know no goal, with its limits.

    In worlds of up to 200,000 legal pairs both are solved exactly (`random_baseline`). In a larger one
    1,024 outcomes drawn at random stand for all that can be kept. By the graph of the world alone it is
    decided which rules take a pair of the drive for certain, or never; the others walk. The interval is
    that of a mean over independent outcomes (`mean_interval`), or, where all outcomes are there, of a
    proportion of walks.

    Args:
        world: the world. affordance: the drive's pairs in it.
        most_exact: legal pairs up to which it is solved exactly.

    Returns:
        Both numbers and their limits: a function of world and drive alone.

    Example:
        >>> from telos import drives, worlds
        >>> world = worlds.OffSwitch(rooms=3).build()
        >>> own = drives.SelfPreservation().affordances(world)
        >>> chance(world, own).value.round(3).tolist(), chance(world, own).exact
        ([0.5, 0.75], True)
        >>> found = chance(world, own, most_exact=0)
        >>> found.exact, bool((found.low < [0.5, 0.76]).all() and (found.high > [0.49, 0.74]).all())
        (False, True)

    References:
        Own definition, docs/definitions.md. That a finite chain takes a pair for certain iff it cannot
        avoid those states from which it can: Baier and Katoen (2008), theorem 10.27.
    """
    if world.n_pairs <= most_exact or not affordance.pursues.any():
        exact = random_baseline(world, affordance)
        return Chance(exact, exact, exact)
    drawn, kept = _drawn_outcomes(world)
    by_action = _by_action(world, affordance.pursues)
    by_outcome = _by_outcome(world, affordance.pursues, drawn, whole=len(drawn) == kept)
    pairs = by_action, by_outcome
    return Chance(
        value=floats([each.value for each in pairs]),
        low=floats([each.limits.low for each in pairs]),
        high=floats([each.limits.high for each in pairs]),
        walks=(by_action.walks, by_outcome.walks),
        unfinished=(by_action.unfinished, by_outcome.unfinished),
        outcomes=len(drawn),
        kept=kept,
    )


def compile_chance() -> None:
    """Have the machine code made and kept that large worlds need, before processes need it at once."""
    moves = {"gate": {"wait": "porch", "go": "yard"}}
    gate = explore("gate", lambda s: moves.get(s, {"stay": s}))
    go = bools(gate.pair_action == gate.actions.index("go"))
    chance(gate, Affordance("go", go, bools(gate.start > 0)), most_exact=0)


@final
@dataclass(frozen=True)
class _Estimate:
    """A propensity, its limits, the walks behind it and how many of them did not end."""

    value: float
    limits: Interval
    walks: int
    unfinished: int


@final
@dataclass(frozen=True, eq=False)
class _ChanceRules:
    """Up to 64 rules in a world and what the graph alone says of them.

    Args:
        able: U64[S], from where the target of each can be come to.
        live: U64[S], from where a wanted pair can be taken; open: U64[S], from where that can be missed.
    """

    able: Words
    live: Words
    open: Words

    def certain(self, world: World, count: int) -> Floats:
        """F[count], the propensity of each rule at the start where it is 0 or 1 for certain; else NaN."""
        first = np.flatnonzero(world.start)
        bits = np.arange(count, dtype=np.uint64)
        live, missed = (
            (words[first][:, None] >> bits & np.uint64(1)).astype(bool)
            for words in (self.live, self.open)
        )
        found = np.full(count, np.nan)
        found[~live.any(axis=0)] = 0.0
        found[~missed.any(axis=0)] = 1.0
        return floats(found)


def _by_action(world: World, wanted: Bools) -> _Estimate:
    rules = _rules(world, wanted, np.zeros(world.size, np.uint64))
    sure = float(rules.certain(world, 1)[0])
    if not np.isnan(sure):
        return _Estimate(sure, Interval(sure, sure), 0, 0)
    every = np.ones(world.n_pairs)
    ends = _walked(world, wanted, rules, every, np.zeros(WALKS, np.int64), first=0)
    hit, lost = (int((ends == end).sum()) for end in (kernels().chance.HIT, _unfinished()))
    limits = proportion_interval(hit, WALKS, unresolved=lost)
    return _Estimate((hit + lost / 2) / WALKS, limits, WALKS, lost)


def _by_outcome(world: World, wanted: Bools, drawn: Ints, *, whole: bool) -> _Estimate:
    """The mean over the outcomes drawn: the limits of each where it is walked, 0 or 1 where it is sure."""
    least, most, walked = np.zeros(len(drawn)), np.zeros(len(drawn)), np.zeros(len(drawn), bool)
    move, each = moves_of(world), max(1, WALKS // len(drawn))
    weight, cyclic = floats(1.0 / np.bincount(move)[move]), on_a_cycle(world)
    for begin in range(0, len(drawn), WORD):
        some = drawn[begin : begin + WORD]
        rules = _rules(world, wanted, _targets(world, some, cyclic))
        sure = rules.certain(world, len(some))
        open_ = np.flatnonzero(np.isnan(sure))
        here = slice(begin, begin + len(some))
        least[here] = most[here] = sure
        walked[here] = np.isnan(sure)
        if len(open_):
            bits = np.repeat(open_, each)
            ends = _walked(world, wanted, rules, weight, bits, first=WALKS + begin * each)
            hits = (ends == kernels().chance.HIT).reshape(-1, each).mean(axis=1)
            lost = (ends == _unfinished()).reshape(-1, each).mean(axis=1)
            least[begin + open_], most[begin + open_] = hits, hits + lost
    walks = int(walked.sum()) * each
    unfinished = round(float((most - least).sum()) * each)
    value = float((least + most).mean() / 2)
    limits = _limits(least, most, walked, each, whole=whole)
    return _Estimate(value, limits, walks, unfinished)


def _limits(least: Floats, most: Floats, walked: Bools, each: int, *, whole: bool) -> Interval:
    """The interval of the mean over all outcomes that can be kept."""
    if not whole:
        return Interval(mean_interval(least).low, mean_interval(most).high)
    n = int(walked.sum())
    sure = float(least[~walked].sum())
    if n == 0:
        return Interval(sure / len(least), sure / len(least))
    # Hits of walks of unlike odds vary less than those of as many walks of their mean odds.
    hits, lost = (round(float(x[walked].sum()) * each) for x in (least, most - least))
    part = proportion_interval(hits, n * each, unresolved=lost)
    low, high = ((sure + n * end) / len(least) for end in part)
    return Interval(low, high)


def _walked(
    world: World, wanted: Bools, rules: _ChanceRules, weight: Floats, bits: Ints, *, first: int
) -> Ints:
    """I[n], what a walk by each of the rules came to; walk i has the seed of its number, first + i."""
    numbers = np.arange(first, first + len(bits), dtype=np.uint64)
    with np.errstate(over="ignore"):
        seeds = (numbers + np.uint64(_SEED)) * np.uint64(0xD1342543DE82EF95)
    ends = np.empty(len(bits), np.int64)
    kernels().chance.walk(
        world_arrays(world),
        (frozen(wanted), frozen(rules.live), frozen(rules.open)),
        frozen(rules.able),
        frozen(weight),
        frozen(np.uint64(1) << bits.astype(np.uint64)),
        frozen(seeds),
        STEPS,
        ends,
    )
    return ends


def _unfinished() -> int:
    return int(kernels().chance.UNFINISHED)


def _rules(world: World, wanted: Bools, able: Words) -> _ChanceRules:
    """What the graph says of the rules whose targets are marked in `able`."""
    chances, arrays = kernels().chance, world_arrays(world)
    graph = layout_of(world).graph
    if able.any():
        chances.can_come_to(arrays, graph.order, graph.first, able)
    able = sealed(able)
    live, open_ = np.empty(world.size, np.uint64), np.empty(world.size, np.uint64)
    chances.can_take(arrays, graph.order, graph.first, able, frozen(wanted), live)
    live = sealed(live)
    back, source = _turned.of(world, None, lambda: _turned_round(world))
    chances.can_miss(
        arrays, frozen(world.pair_state), back, source, able, frozen(wanted), live, open_
    )
    return _ChanceRules(able, live, sealed(open_))


_turned = Memo[tuple[Ints, Ints]](most=1)
_outcomes = Memo[tuple[Ints, int]](most=1)


def _turned_round(world: World) -> tuple[Ints, Ints]:
    """The pairs that lead to each state: compressed rows."""
    order = np.argsort(world.next_state, kind="stable")
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    back = np.searchsorted(world.next_state[order], np.arange(world.size + 1))
    return sealed(back.astype(np.int64)), sealed(owner[order])


def _drawn_outcomes(world: World) -> tuple[Ints, int]:
    """The outcomes that stand for all that can be kept, and how many those are."""

    def found() -> tuple[Ints, int]:
        kept = np.array(keepable_outcomes(world))
        if len(kept) <= OUTCOMES:
            return sealed(kept), len(kept)
        chosen = np.random.default_rng(_SEED).choice(len(kept), OUTCOMES, replace=False)
        return sealed(kept[np.sort(chosen)]), len(kept)

    return _outcomes.of(world, None, found)


def _targets(world: World, outcomes: Ints, cyclic: Bools) -> Words:
    """U64[S], bit k set at the states of outcome k that lie on a cycle."""
    bit = np.full(world.n_outcomes, -1)
    bit[outcomes] = np.arange(len(outcomes))
    mine: Any = bit[world.outcome]
    here = (mine >= 0) & cyclic
    return np.where(here, np.uint64(1) << np.maximum(mine, 0).astype(np.uint64), np.uint64(0))
