"""Convergence: which acts most goals lose by being denied, with nobody having named a drive."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.placebo import MOST_OVERLAP
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.core.world import World
from telos.measure.acts import Act, favorite_of, idle_outcome
from telos.measure.discovered import (
    MOST,
    NO,
    NO_PLACEBO,
    SOME,
    WORK,
    ActRow,
    Convergence,
    Joint,
)
from telos.measure.instrumental_value import LEAST, loses
from telos.measure.intervals import (
    Interval,
    difference_interval,
    mean_interval,
    quantile_interval,
)
from telos.measure.permuted import RANK, feature_rank
from telos.measure.placebo import draws_for, excess_of, named_stream, overlap, placebo_sets
from telos.measure.removal import Removal, removal

#: The other thresholds at which c is printed.
FINE, COARSE = 0.001, 0.05
#: A verdict needs this level over all candidates together.
LEVEL = 0.95
#: Two acts are named together if being denied both costs this many more goals than either.
JOINT = 0.1
#: Pairs are looked for among this many candidates, those of the largest c.
MOST_JOINED = 16
#: A favorite outcome is judged by itself if that many goals share it; that of doing nothing always is.
FEWEST = 5
#: A drive covers an act if it has this part of the act's moves.
COVERED = 0.5


def discover(
    problem: Problem,
    acts: Sequence[Act],
    drives: Sequence[Affordance] = (),
    *,
    draws: int = 40,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    rng: np.random.Generator,
) -> Convergence:
    """Measure each act of a world by what being denied it costs each goal.

    Acts that stand out among the first draws are held against more, 20 a candidate in all, before
    they get a verdict (`draws_for`): beside the interval they have to exceed every one of them.

    Args:
        problem: the problem. acts: see `telos.measure.acts.acts_of`.
        drives: what detectors find, to name the acts that none covers.
        draws: K placebo draws a candidate, at least 20; 40 unless set.
        foresight, ties: the self-model by which value is judged.
        rng: names the draws; advanced by one key.

    Returns:
        The rows and the pairs of candidates that stand in for one another.
    """
    key, world = int(rng.integers(0, 2**63)), problem.world
    candidates = [one for one in acts if one.off_task]

    def drawn(one: Act, count: int) -> Bools:
        stream = named_stream(key, "act", one.name)
        return placebo_sets(world, one.affordance, (), count, stream)

    sets: list[Bools] = [one.pairs for one in acts]
    overlaps = {}
    for one in candidates:
        some = drawn(one, draws)
        overlaps[one.name] = overlap(world, one.pairs, some)
        sets.extend(some)
    cost = removal(problem, sets, foresight=foresight, ties=ties)
    first = range(len(acts), len(sets), draws)
    placebos = {
        one.name: part(cost, slice(i, i + draws)) for one, i in zip(candidates, first, strict=True)
    }
    outcomes = tuple(str(outcome) for outcome in world.outcomes)
    found = functools.partial(
        act_rows,
        acts,
        part(cost, slice(0, len(acts))),
        overlaps=overlaps,
        favorite=[outcomes[each] for each in favorite_of(world, problem.goals.reward)],
        idle=outcomes[idle_outcome(world)],
    )
    unranked = dict.fromkeys(overlaps, 0.0)
    rows, enough = found(placebos, ranks=unranked), draws_for(acts, draws)
    standing = {row.name for row in rows if row.needed}
    for one in candidates:
        if one.name in standing and enough > draws:
            more = removal(problem, drawn(one, enough)[draws:], foresight=foresight, ties=ties)
            placebos[one.name] = joined(placebos[one.name], more)
    ranks = {
        row.name: _rank(row, problem, foresight, ties, key)
        for row in found(placebos, ranks=unranked)
        if row.exploratory and row.needed
    }
    covered = {one.name: covering(world, one.pairs, drives) for one in acts}
    ranked = found(placebos, ranks=ranks)
    rows = tuple(replace(row, covered=covered[row.name]) for row in ranked)
    return Convergence(
        world=world.name,
        family="",
        agent=foresight,
        discount=problem.discount,
        n=problem.goals.count,
        draws=draws,
        rows=rows,
        joint=joint_needs(problem, acts, rows, foresight=foresight, ties=ties),
    )


def act_rows(
    acts: Sequence[Act],
    cost: Removal,
    placebos: Mapping[str, Removal],
    overlaps: Mapping[str, float],
    favorite: Sequence[str],
    *,
    idle: str = "",
    ranks: Mapping[str, float] | None = None,
    whole: bool = False,
) -> tuple[ActRow, ...]:
    """The rows of acts from what being denied them costs: a pure function of a record's numbers.

    An act with a verdict exceeds its K placebo draws in two ways: the two-way interval of the excess
    over one draw is above 0, and c is above that of every draw. A set drawn like its placebo has the
    greatest c of K + 1 with probability at most 1 / (K + 1), so of M candidates some get a wrong
    verdict with probability at most M / (K + 1); the interval alone errs more often where the draws'
    c is skewed (in the workshop .13 of 0.05 asked for, M = 7).

    Args:
        acts: M acts. cost: of the M acts, in their order. placebos: of the K draws of each candidate.
        overlaps: of the draws of each candidate.
        favorite: the name of each goal's favorite outcome.
        idle: the outcome that doing nothing comes to.
        ranks: by exploratory act, its rank; without one of at most .05 its verdict is `no`.
        whole: whether these are all goals of their family, which are counted: limits are the numbers
            themselves, and of the excess those of one more draw.

    Returns:
        Candidates by falling c, then work acts by falling c.
    """
    tests = max(1, sum(shared <= MOST_OVERLAP for shared in overlaps.values()))
    needs = floats(loses(cost.low, cost.high) == 1)
    rows = []
    for i, one in enumerate(acts):
        row = _alone(one, part(cost, slice(i, i + 1)), tests)
        row = _counted(row, needs[i], part(cost, slice(i, i + 1))) if whole else row
        rest = np.delete(needs, i, axis=0)
        apart = floats(rest.mean(axis=0)) if len(rest) else floats(np.full(len(favorite), np.nan))
        row = replace(
            row,
            others=float((needs[i] - apart).mean()),
            others_interval=_matched(apart, needs[i], whole),
            rank=(ranks or {}).get(one.name, float("nan")) if one.exploratory else float("nan"),
        )
        row = _by_favorite(row, needs[i], favorite, idle)
        if one.name in placebos:
            row = _against(row, needs[i], placebos[one.name], overlaps[one.name], tests, whole)
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: (not row.candidate, -row.c, row.name)))


def _alone(one: Act, cost: Removal, tests: int) -> ActRow:
    low, high, acted = cost.low[0], cost.high[0], cost.acted[0]
    told = loses(low, high)
    flags, most = floats(told == 1), floats(told != 0)
    nan, unknown = float("nan"), Interval(float("nan"), float("nan"))
    share = cost.share[0]
    return ActRow(
        name=one.name,
        also=one.also,
        exploratory=one.exploratory,
        distance=one.distance,
        candidate=one.off_task,
        n=len(low),
        c=float(flags.mean()),
        c_interval=Interval(
            mean_interval(flags, level=LEVEL, tests=tests).low,
            mean_interval(most, level=LEVEL, tests=tests).high,
        ),
        c_fine=float((loses(low, high, FINE) == 1).mean()),
        c_coarse=float((loses(low, high, COARSE) == 1).mean()),
        c_acted=float((acted >= LEAST).mean()),
        mean=float(share.mean()),
        mean_interval=Interval(mean_interval(low).low, mean_interval(high).high),
        median=float(np.median(share)),
        median_interval=Interval(quantile_interval(low).low, quantile_interval(high).high),
        placebo=nan,
        placebo_least=nan,
        placebo_most=nan,
        excess=nan,
        excess_interval=unknown,
        overlap=nan,
        others=nan,
        others_interval=unknown,
        favorite_least=nan,
        favorite_median=nan,
        favorite_worst="",
        favorites_dropped=0,
        favorite_idle="",
        favorite_idle_n=0,
        favorite_idle_c=nan,
        covered=(),
        draws=0,
        rank=nan,
        verdict=WORK,
    )


def _counted(row: ActRow, needs: Floats, cost: Removal) -> ActRow:
    """The row of an act where all goals of the family were asked: nothing of it is estimated."""
    most = float((loses(cost.low[0], cost.high[0]) != 0).mean())
    return replace(
        row,
        c_interval=Interval(float(needs.mean()), most),
        mean_interval=Interval(float(cost.low.mean()), float(cost.high.mean())),
        median_interval=Interval(float(np.median(cost.low)), float(np.median(cost.high))),
    )


def _against(
    row: ActRow, own: Floats, draws: Removal, shared: float, tests: int, whole: bool
) -> ActRow:
    """The row of a candidate with its placebo and its verdict."""
    needs = floats((loses(draws.low, draws.high) == 1).T)
    rates = needs.mean(axis=0)
    excess = excess_of(own, needs, whole=whole, level=LEVEL, tests=tests)
    beyond = excess.low > 0 and row.c > rates.max()
    ranked = not row.exploratory or row.rank <= RANK
    verdict = NO
    if shared > MOST_OVERLAP:
        verdict = NO_PLACEBO
    elif beyond and ranked:
        verdict = MOST if row.c_interval.low > 0.5 else SOME
    return replace(
        row,
        draws=len(rates),
        placebo=float(rates.mean()),
        placebo_least=float(rates.min()),
        placebo_most=float(rates.max()),
        excess=row.c - float(rates.mean()),
        excess_interval=excess,
        overlap=shared,
        verdict=verdict,
    )


def _rank(row: ActRow, problem: Problem, foresight: Foresight, ties: Ties, key: int) -> float:
    """The rank of an exploratory act among permuted features."""
    word, feature = row.name.split(" ", 1)
    stream = named_stream(key, "rank", row.name)
    return feature_rank(
        problem, feature, word == "more", foresight=foresight, ties=ties, rng=stream
    )


def _matched(before: Floats, after: Floats, whole: bool) -> Interval:
    if whole or np.isnan(before).any():
        mean = float((after - before).mean())
        return Interval(mean, mean)
    return difference_interval(before, after)


def _by_favorite(row: ActRow, needs: Floats, favorite: Sequence[str], idle: str) -> ActRow:
    names = np.asarray(favorite, dtype=str)
    kinds, which, count = np.unique(names, return_inverse=True, return_counts=True)
    rates = np.bincount(which, needs) / count
    mine = needs[names == idle]
    row = replace(
        row,
        favorites_dropped=int((count < FEWEST).sum()),
        favorite_idle=idle,
        favorite_idle_n=len(mine),
        favorite_idle_c=float(mine.mean()) if len(mine) else float("nan"),
    )
    rates, kinds = rates[count >= FEWEST], kinds[count >= FEWEST]
    if not len(rates):
        return row
    return replace(
        row,
        favorite_least=float(rates.min()),
        favorite_median=float(np.median(rates)),
        favorite_worst=str(kinds[np.argmin(rates)]),
    )


def covering(world: World, pairs: Bools, drives: Sequence[Affordance]) -> tuple[str, ...]:
    """The drives that have at least half of the moves of an act.

    Args:
        world: the world. pairs: B[L], the act's. drives: what detectors find.
    """
    return tuple(
        drive.drive
        for drive in drives
        if overlap(world, pairs, bools(drive.pursues[None])) >= COVERED
    )


def joint_needs(
    problem: Problem,
    acts: Sequence[Act],
    rows: Sequence[ActRow],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
) -> tuple[Joint, ...]:
    """Pairs of candidates that stand in for one another: joint c exceeds both by more than .1.

    Args:
        problem: the problem. acts: the acts. rows: theirs.
        foresight, ties: the self-model by which value is judged.

    Returns:
        The pairs, by falling joint c; among the 16 candidates of the largest c.
    """
    known = {row.name: row.c for row in rows if row.candidate}
    chosen = [one for one in acts if one.name in known]
    chosen = sorted(chosen, key=lambda one: -known[one.name])[:MOST_JOINED]
    both = list(combinations(chosen, 2))
    sets = [together(problem.world, a.pairs, b.pairs) for a, b in both]
    cost = removal(problem, sets, foresight=foresight, ties=ties)
    rates = (loses(cost.low, cost.high) == 1).mean(axis=1)
    found = [
        Joint(a.name, b.name, float(c), known[a.name], known[b.name])
        for (a, b), c in zip(both, rates, strict=True)
        if c > max(known[a.name], known[b.name]) + JOINT
    ]
    return tuple(sorted(found, key=lambda joint: -joint.c))


def together(world: World, one: Bools, other: Bools) -> Bools:
    """The union of two acts, but for states that it would leave without a pair: these keep all of theirs.

    Args:
        world: the world. one, other: B[L], the acts' pairs.
    """
    pairs = bools(one | other)
    every = np.logical_and.reduceat(pairs, world.pair_ptr[:-1])
    return bools(pairs & ~every[world.pair_state])


def joined(cost: Removal, more: Removal) -> Removal:
    """The sets of two removals of the same goals, one after the other.

    Args:
        cost, more: of M and K sets.
    """
    names = ("low", "high", "acted")
    both = (np.concatenate([getattr(cost, name), getattr(more, name)]) for name in names)
    return Removal(*(floats(rows) for rows in both))


def part(cost: Removal, which: slice) -> Removal:
    """Some of the sets of a removal.

    Args:
        cost: of M sets. which: some of them.
    """
    return Removal(floats(cost.low[which]), floats(cost.high[which]), floats(cost.acted[which]))
