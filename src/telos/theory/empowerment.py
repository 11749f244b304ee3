"""Empowerment: how many bits an agent can write, by n actions, into the state they end in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats
from telos.core.checks import is_between
from telos.core.errors import ProblemError
from telos.core.nouns import check_count
from telos.core.numbers import integers
from telos.core.world import World
from telos.solve.policies import doing_nothing
from telos.theory.capacity import Capacity, capacity_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Steps, and inputs of a state, at most; to have more takes days.
MOST_STEPS = 10_000
#: Start states asked about at a time in a deterministic world: a table of BLOCK times S flags.
BLOCK = 1024
#: Weights of the uniform law in the output laws from which upper limits are derived; each is valid.
BLENDS = (1e-4, 1e-2, 0.1, 0.5, 1.0)
#: Rounds after which the best laws of a step are chosen; more change E_10 of a factory by less than 1 %.
CHOOSING = 25
#: Laws that differ by less than this in every state are one input; what that can change in bits.
SAME, MERGED = 1e-12, 1e-9
#: Decimals of the weights by which laws are chosen.
ROUNDED = 6


@final
@dataclass(frozen=True, eq=False, repr=False)
class Empowerment:
    """Empowerment of every state, between two limits.

    Args:
        n: the number of actions.
        low, high: F[S] in bits, `low <= E_n(s) <= high`. `low` is attained by the inputs that were kept.
            NaN for states that were not asked about.
        every: B[S], whether all action sequences (of distinct laws) were inputs; then the gap is only
            that of the algorithm. Where not, `low` is the empowerment of a choice among fewer sequences.
    """

    n: int
    low: Floats
    high: Floats
    every: Bools

    def __repr__(self) -> str:
        gap = float(np.nan_to_num(self.high - self.low).max(initial=0.0))
        count = int(np.isfinite(self.low).sum())
        return f"<Empowerment: {count} states, {self.n} steps, gap up to {gap:.2g} bits>"


def empowerment(
    world: World,
    n: int = 1,
    *,
    states: Ints | None = None,
    most: int = 32,
    tolerance: float = 1e-3,
) -> Empowerment:
    """The empowerment of every state, `E_n(s) = max_{p(a^n)} I(A^n; S_{t+n} | S_t = s)`, in bits.

    Inputs are sequences of n action *names*, fixed in advance (open loop). Where a name is not legal the
    agent does nothing (the default pair, or a uniform choice where the world declares no default).

    - **Deterministic world**: `log2` of the number of states that n legal steps can end in, exactly,
      whatever an illegal name does.
    - **Otherwise** the laws of the final state are built step by step and equal ones put together. Up to
      `most` laws the answer is exact within `tolerance`. Where there are more, only the `most` of them
      that the best input law of that step weighs most are continued ("impoverished" empowerment, after
      Anthony, Polani and Nehaniv 2014): a lower limit. The upper limit holds for all sequences, and for
      policies that look on the way (closed loop) too: for any law q of the final state

          `E_n(s) <= max_pi E_pi[log2(1 / q(S_n)) - H(S_n | S_{n-1}, A_{n-1})]`,

      because `D(p||q) = E[log2 1/q] - H(S_n)` and conditioning lowers entropy; never above `log2` of the
      number of states that n steps can end in.

    Args:
        world: the world.
        n: the number of actions, >= 1.
        states: numbers of the states to ask about; the others are NaN. None: all of them. In a stochastic
            world time grows with their number: a factory of 600 states takes 0.6 s at n = 1, 3 s at n = 3
            and 15 to 40 s at n = 10 (`most` 16 to 32).
        most: the number of laws that are continued at each step, >= 2. Time grows with `most` times the
            number of actions, not with its n-th power.
        tolerance: the gap asked of each capacity, in bits, > 0.

    Returns:
        The limits, F[S] each.

    Raises:
        ProblemError: if n < 1 or most < 2, or one above `MOST_STEPS`, or there is no such state.

    Example:
        >>> from telos import explore
        >>> slip = {"left": {"a": 0.9, "b": 0.1}, "right": {"a": 0.1, "b": 0.9}}
        >>> world = explore("fork", lambda s: slip if s == "fork" else {"left": s, "right": s})
        >>> empowerment(world, 1).low.round(3).tolist()  # 1 - H2(0.1); a state that only loops has 0
        [0.531, 0.0, 0.0]

    References:
        Klyubin, Polani, Nehaniv (2005), Empowerment; Salge, Glackin, Polani (2014); Anthony, Polani,
        Nehaniv (2014), General self-motivation and strategy identification. Recalled; not read.
    """
    for name, value, least in (("n", n, 1), ("most", most, 2)):
        check_count(value, f"empowerment: {name}", ProblemError)
        if not least <= value <= MOST_STEPS:
            raise ProblemError(
                f"empowerment: {name} is {value!r:.200}; give {least} to {MOST_STEPS:,}."
            )
    if not is_between(tolerance, 0.0, np.inf):
        raise ProblemError(
            f"empowerment: tolerance is {tolerance!r:.200}; give a number of bits above 0."
        )
    asked = np.zeros(world.size, np.bool_)
    which = np.arange(world.size) if states is None else integers(states, "states", ProblemError)
    if ((which < 0) | (which >= world.size)).any():
        raise ProblemError(
            f"empowerment: states are numbered 0 to {world.size - 1}; see world.find()."
        )
    asked[which] = True
    reachable = _reachable(world, n)
    low, high, every = np.zeros(world.size), np.log2(reachable), np.ones(world.size, np.bool_)
    if world.deterministic:
        low = high.copy()
    else:
        steps, noise = _by_name(world), _noise(world)
        for s in np.flatnonzero(
            asked & (reachable > 1)
        ):  # nothing can be written where there is one end
            found, laws, every[s] = _kept(steps, int(s), n, most, tolerance)
            low[s] = found.low
            whole = every[s]
            over = (
                found.high + MERGED if whole else _above(world, noise, found.law @ laws, int(s), n)
            )
            high[s] = max(low[s], min(high[s], over))
    low[~asked] = high[~asked] = np.nan
    return Empowerment(n, floats(low), floats(high), bools(every & asked))


def _by_name(world: World) -> "csr_array":
    """F[S, A S]: where each action name leads, side by side, doing nothing where it is not legal."""
    from scipy.sparse import csr_array

    idle, fan = doing_nothing(world), np.diff(world.next_ptr)
    source, count = np.repeat(world.pair_state, fan), len(world.actions)
    entries, rows, columns = [], [], []
    for action in range(count):
        mine = world.pair_action == action
        legal = np.logical_or.reduceat(mine, world.pair_ptr[:-1])
        entry = np.repeat(np.where(legal[world.pair_state], mine, idle), fan) * world.next_prob
        some = entry > 0
        entries.append(entry[some])
        rows.append(source[some])
        columns.append(action * world.size + world.next_state[some])
    where = (np.concatenate(rows), np.concatenate(columns))
    steps = csr_array((np.concatenate(entries), where), shape=(world.size, count * world.size))
    steps.sum_duplicates()
    return steps


def _reachable(world: World, n: int) -> Floats:
    """F[S], how many states n legal steps from each state can end in."""
    from scipy.sparse import csr_array

    source = np.repeat(world.pair_state, np.diff(world.next_ptr))
    ones = np.ones(len(source), np.float32)
    edges = csr_array((ones, (source, world.next_state)), shape=(world.size, world.size))
    edges.data[:] = 1.0
    counts = np.empty(world.size)
    for first in range(0, world.size, BLOCK):
        rows = slice(first, min(first + BLOCK, world.size))
        ends = edges[rows]
        for _ in range(n - 1):
            ends = ends @ edges
            ends.data[:] = 1.0
        counts[rows] = np.diff(ends.indptr)
    return floats(counts)


def _kept(
    steps: "csr_array", s: int, n: int, most: int, tolerance: float
) -> tuple[Capacity, Floats, bool]:
    """The capacity of the laws of the final state that were kept, those laws, and whether they were all."""
    size, every = steps.shape[0], True
    laws = np.zeros((1, size))
    laws[0, s] = 1.0
    for left in range(n, 0, -1):
        laws = _distinct((laws @ steps).reshape(-1, size))
        if left > 1 and len(laws) > most:
            # What is equal is taken in the order of the laws, not in that of the last bits of a product,
            # which change with its number of threads.
            weight = np.round(capacity_of(laws, tolerance, CHOOSING).law, ROUNDED)
            laws, every = laws[np.sort(np.argsort(-weight, kind="stable")[:most])], False
    return capacity_of(laws, tolerance), laws, every


def _distinct(laws: Floats) -> Floats:
    """One of each set of equal laws: neighbors in the order of a projection that agree in every state."""
    used = laws[:, laws.any(axis=0)]
    order = np.argsort(used @ np.sqrt(np.arange(2.0, 2.0 + used.shape[1])), kind="stable")
    fresh = np.abs(np.diff(used[order], axis=0)).max(axis=1, initial=0.0) > SAME
    first = np.minimum.reduceat(order, np.flatnonzero(np.concatenate(([True], fresh))))
    return floats(laws[np.sort(first)])


def _noise(world: World) -> Floats:
    """F[L], `H(S' | s, a)` in bits."""
    terms = -world.next_prob * np.log2(world.next_prob)
    return floats(np.add.reduceat(terms, world.next_ptr[:-1]))


def _above(world: World, noise: Floats, law: Floats, s: int, n: int) -> float:
    """An upper limit of the empowerment of s, by a dynamic program around laws near the one found."""
    from scipy.sparse import csr_array

    layers = _layers(world, s, n)
    shape = (world.n_pairs, world.size)
    ahead = csr_array((world.next_prob, world.next_state, world.next_ptr), shape=shape)
    ends, best = layers[-1], np.inf
    for blend in BLENDS:
        q = (1.0 - blend) * law + blend * ends / ends.sum()
        value = np.where(ends, -np.log2(np.where(ends, q, 1.0)), 0.0)
        for k in range(n):
            gain = ahead @ value - (noise if k == 0 else 0.0)
            value = np.maximum.reduceat(gain, world.pair_ptr[:-1])
        best = min(best, float(value[s]))
    return best


def _layers(world: World, s: int, n: int) -> list[Bools]:
    """n + 1 sets of states B[S]: where 0, 1, ..., n legal steps from s can end."""
    source = np.repeat(world.pair_state, np.diff(world.next_ptr))
    here = np.zeros(world.size, np.bool_)
    here[s] = True
    layers = [bools(here)]
    for _ in range(n):
        then = np.zeros(world.size, np.bool_)
        then[world.next_state[here[source]]] = True
        layers.append(bools(then))
        here = then
    return layers
