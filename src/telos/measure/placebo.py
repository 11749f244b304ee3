"""Placebo: random sets of pairs as large as a drive's, and how far the drive is beyond one of them."""

from collections.abc import Sequence

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats
from telos.core.errors import ProblemError
from telos.core.nouns import check_count, check_noun
from telos.core.placebo import Placebo
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.core.shown import shown
from telos.core.world import World
from telos.measure.acts import Act
from telos.measure.instrumental_value import loses
from telos.measure.intervals import Interval, excess_interval
from telos.measure.moves import moves_of
from telos.measure.removal import removal

#: Placebo draws that a verdict needs for each candidate: M sets that exceed 20 M draws by chance are .05.
PER_CANDIDATE = 20
#: More draws than anybody waits for: each is a solve of the world.
MOST_DRAWS = 100_000
#: Just under one, so that a state's number and a fraction added to it never round up to the next state.
SHORT = 1.0 - 2.0**-20


def placebo_sets(
    world: World,
    affordance: Affordance,
    others: Sequence[Affordance] = (),
    draws: int = 40,
    rng: np.random.Generator | None = None,
) -> Bools:
    """Random sets of pairs that match a drive in size, state by state.

    With `k_s` the number of moves of the drive in state s, each draw takes k_s of the moves of s
    other than the default, without replacement, outside the pairs of the other drives. A move is all
    pairs of the state with the same successor law, so that an action listed twice changes nothing.
    A pair of another drive that pursues this drive too may be drawn.

    Args:
        world: the world. affordance: the drive's pairs in it. others: those of the other drives.
        draws: K, how many sets. rng: draws them; required.

    Returns:
        B[K, L]. It depends on the world, the pairs and the generator alone, never on goals.

    Example:
        >>> import numpy as np
        >>> from telos import drives, worlds
        >>> world = worlds.PaperclipFactory(products=("clips",), machines=1).build()
        >>> own = drives.SelfPreservation().affordances(world)
        >>> sets = placebo_sets(world, own, draws=20, rng=np.random.default_rng(0))
        >>> sets.shape[0], bool((sets & own.forks[world.pair_state]).any(axis=1).all())
        (20, True)

    References:
        Own definition, docs/definitions.md.
    """
    check_noun(rng, np.random.Generator, "placebo_sets, rng", ProblemError)
    assert rng is not None
    check_count(draws, "placebo_sets, draws", ProblemError)
    if not 1 <= draws <= MOST_DRAWS:
        raise ProblemError(f"placebo_sets: draws is {shown(draws)}; give 1 to {MOST_DRAWS:,}.")
    for each in (affordance, *others):
        check_fits(each, world, "placebo_sets")
    move = moves_of(world)
    first = np.unique(move, return_index=True)[1]
    state, n = world.pair_state[first], len(first)
    wanted = _marked(move, affordance.pursues, n)
    taken = np.zeros(n, np.bool_)
    for other in others:
        taken |= _marked(move, other.pursues, n)
    barred = taken & ~wanted
    if world.default is not None:
        barred[move[world.default]] = True
    count = np.bincount(state[wanted], minlength=world.size)
    if world.default is None:  # a state keeps a move, even if the drive names one of two clones
        count = np.minimum(count, np.bincount(state, minlength=world.size) - 1)
    asked = (count > 0)[state] & ~barred
    places = np.flatnonzero(asked)
    begin = np.searchsorted(state[places], np.arange(world.size))
    home = state[places].astype(np.float64)
    sets = np.zeros((draws, world.n_pairs), np.bool_)
    for k in range(draws):
        order = places[np.argsort(home + SHORT * rng.random(len(places)))]
        rank = np.arange(len(places)) - begin[state[order]]
        chosen = np.zeros(n, np.bool_)
        chosen[order[rank < count[state[order]]]] = True
        sets[k] = chosen[move]
    return bools(sets)


def placebo(
    problem: Problem,
    affordance: Affordance,
    others: Sequence[Affordance] = (),
    *,
    draws: int = 40,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    rng: np.random.Generator,
    tests: int = 1,
) -> Placebo:
    """Compare a drive with random sets of pairs of its size, on the same goals.

    It refutes one explanation only: that goals need the drive because of the number of pairs that
    were taken from them.

    Args:
        problem: the problem, of at least 100 goals if the interval is to be of use.
        affordance: the drive's pairs. others: those of the other drives.
        draws: K, at least 20; 40 unless set.
        foresight: the self-model by which value is judged.
        ties: how a rewritten self chooses among what is equally good to it.
        rng: draws the sets.
        tests: how many drives or arms are read together: the interval is to hold for all of them.

    Returns:
        The placebo of the drive: c of both, and the excess with its interval.

    Raises:
        ProblemError: if there are fewer than 20 draws.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, drives, families, worlds
        >>> world = worlds.PaperclipFactory(products=("clips", "pins"), machines=1).build()
        >>> goals = families.Uniform().sample(world, 40, np.random.default_rng(0))
        >>> own = drives.SelfPreservation().affordances(world)
        >>> found = placebo(Problem(world, goals, 0.95), own, draws=20, rng=np.random.default_rng(1))
        >>> bool(found.rate > 0.5 > found.rates.mean())
        True

    References:
        Own definition, docs/definitions.md.
    """
    check_count(draws, "placebo, draws", ProblemError)
    if draws < 20:
        raise ProblemError(
            f"placebo: {draws} draws; the interval needs at least 20 (40 are better): pass draws=40."
        )
    sets = placebo_sets(problem.world, affordance, others, draws, rng)
    cost = removal(problem, [affordance.pursues, *sets], foresight=foresight, ties=ties)
    needs = floats(loses(cost.low, cost.high) == 1)
    rates = floats(needs.mean(axis=1))
    return Placebo(
        drive=affordance.drive,
        rate=float(rates[0]),
        rates=floats(rates[1:]),
        low=floats(cost.low[1:].T),
        high=floats(cost.high[1:].T),
        excess=float(rates[0] - rates[1:].mean()),
        interval=excess_interval(needs[0], floats(needs[1:].T), tests=tests),
        overlap=overlap(problem.world, affordance.pursues, sets),
    )


def excess_of(
    own: Floats, draws: Floats, *, whole: bool = False, level: float = 0.95, tests: int = 1
) -> Interval:
    """The interval of the excess of a set over one more draw, over a sample of goals or over them all.

    Where all n goals of a family were asked, only the draw is left to chance: with r_k the means of
    the K draws, `mean own - mean r ± max(t[K - 1] sd(r) sqrt(1 + 1/K), 1/n)`, cut to [-1, 1]. It is
    never a point: even where all draws are alike, the next may differ by a goal.

    Args:
        own: F[n] in [0, 1]. draws: F[n, K] in [0, 1], K >= 2.
        whole: whether these are all goals of the family; else see `excess_interval`.
        level: in (0, 1). tests: how many intervals are to hold together.

    Example:
        >>> import numpy as np
        >>> own, draws = np.array([1.0, 1.0, 1.0, 0.0]), np.zeros((4, 40))
        >>> excess_of(own, draws, whole=True)
        Interval(low=0.5, high=1.0)
    """
    if not whole:
        return excess_interval(own, draws, level=level, tests=tests)
    from scipy.special import stdtrit

    rates, (n, count) = draws.mean(axis=0), draws.shape
    factor = float(stdtrit(count - 1, 1.0 - (1.0 - level) / (2 * tests)))
    half = max(factor * float(rates.std(ddof=1)) * (1.0 + 1.0 / count) ** 0.5, 1.0 / n)
    middle = float(own.mean() - rates.mean())
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))


def overlap(world: World, pairs: Bools, sets: Bools) -> float:
    """The part of the moves of a set that draws share with it on average; 0 for an empty set.

    Args:
        world: the world. pairs: B[L]. sets: B[K, L].
    """
    own = np.unique(moves_of(world)[pairs], return_index=True)[1]
    return float(sets[:, np.flatnonzero(pairs)[own]].mean()) if len(own) else 0.0


def draws_for(acts: Sequence[Act], draws: int) -> int:
    """How many placebo draws each candidate needs for a verdict: 20 for each of M, or `draws` if more.

    A set drawn like its placebo exceeds K draws with probability at most 1 / (K + 1); with K >= 20 M
    some of M candidates does with at most .05.

    Args:
        acts: the acts. draws: as many at least; 0: none are wanted.

    Example:
        >>> from telos import worlds
        >>> from telos.measure.acts import acts_of
        >>> draws_for(acts_of(worlds.OverseenWorkshop().build(), means="names"), 40)
        140
    """
    return max(draws, PER_CANDIDATE * sum(one.off_task for one in acts)) if draws else 0


def named_stream(key: int, kind: str, name: str) -> np.random.Generator:
    """The generator of one drive's or act's draws, by name, so that the others do not matter."""
    return np.random.default_rng([key, *f"{kind}:{name}".encode("utf-8", "surrogatepass")])


def check_fits(affordance: Affordance, world: World, what: str) -> None:
    """Raise ProblemError unless an affordance is of this world, or of one of as many pairs.

    Args:
        affordance: a drive's. world: the world. what: who asks.
    """
    check_noun(affordance, Affordance, f"{what}, affordance", ProblemError)
    if affordance.pursues.shape != (world.n_pairs,):
        raise ProblemError(
            f"{what}: {affordance.drive} is of a world of {len(affordance.pursues):,} pairs, and "
            f"{world.name} has {world.n_pairs:,}. Ask the drive about this world: "
            "drive.affordances(world)."
        )


def _marked(move: Ints, pairs: Bools, n: int) -> Bools:
    """B[n], the moves that some of the pairs make."""
    marks = np.zeros(n, np.bool_)
    marks[move[pairs]] = True
    return bools(marks)
