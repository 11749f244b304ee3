"""imitation: how far an imitator that may not take some pairs can fall short, whatever the goal."""

import time
from typing import NamedTuple

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Floats, Ints, floats, ints
from telos.core.region import Region
from telos.theory.worst.lumps import Lumps
from telos.theory.worst.programs import rows_of

#: Cells of a sweep (pairs x kept pairs x successors x successors): above, a sweep takes over 10 s.
MOST_CELLS = 60_000_000
#: Cells treated at a time, which bounds the memory to some 100 MB.
BLOCK = 2_000_000
#: Sweeps go on while the answer falls by more than this part of itself.
WORTH_WHILE = 1e-4
#: … and is more than this part of the greatest difference in reward.
NOTHING = 1e-13


class _Fan(NamedTuple):
    """Successors of lumped pairs, each row filled up with successors of probability 0."""

    state: Ints
    chance: Floats


def shortfall(region: Region, free: Lumps, left: Lumps, discount: float, seconds: float) -> float:
    """A bound on `(1-g) (V*_R(start) - v*_R(start))` for every goal R of a region.

    An imitator in what is left of the world watches somebody in the whole of it, and answers each of
    their pairs by one of its own, their chances coupled:
    `D(s, t) = max_R (R(s) - R(t)) (1-g) + g max_a min_b E D(s', t')`, a one-sided bisimulation metric.
    An agent in s gets at most D(s, t) more than the best that can be had from t. Sweeps go downwards
    from what is certain anyway, so that the bound holds wherever they end; the coupling is a good one,
    not always the best.

    Args:
        region: the goals. free, left: the whole world, and what is left of it. discount: g.
        seconds: when to stop.

    Returns:
        The bound; infinite where the worlds are too large for it.

    References:
        Ferns, Panangaden, Precup (2004), Metrics for finite Markov decision processes, theorem 5.1.
    """
    ours, theirs = _fan(free), _fan(left)
    cells = ours.state.size * theirs.state.size
    if cells > MOST_CELLS:
        return float("inf")
    # What a goal can pay for one outcome above another, whatever else limits it.
    up = np.maximum(region.slope[:, None, :] - region.slope[None, :, :], 0.0).sum(axis=2)
    above = up + region.base[:, None] - region.base[None, :]
    here = (1.0 - discount) * above[np.ix_(free.outcome, left.outcome)]
    short = np.full(here.shape, float(above.max()))
    end, answer = time.monotonic() + seconds, np.inf
    while time.monotonic() < end:
        short = np.minimum(short, here + discount * _ahead(ours, theirs, short, free, left))
        now = float(_coupled(short, free.start, left.start))
        settled = now >= answer * (1.0 - WORTH_WHILE) or now <= NOTHING * float(np.abs(above).max())
        answer = now
        if settled:
            break
    rounding = 100.0 * UNIT_ROUNDOFF * float(np.abs(above).max()) / (1.0 - discount)
    return answer + rounding


def _ahead(ours: _Fan, theirs: _Fan, short: Floats, free: Lumps, left: Lumps) -> Floats:
    """F[C, C']: max over pairs, min over the imitator's, of how short it falls from the next step on."""
    first, answers = rows_of(free)[:-1], rows_of(left)[:-1]
    each = np.empty((len(ours.state), short.shape[1]))
    step = max(1, BLOCK // (theirs.state.size * ours.state.shape[1]))
    for begin in range(0, len(each), step):
        rows = slice(begin, begin + step)
        costs = short[ours.state[rows, None, :, None], theirs.state[None, :, None, :]]
        lost = _transport(costs, ours.chance[rows, None, :], theirs.chance[None, :, :])
        each[rows] = np.minimum.reduceat(lost, answers, axis=1)
    return floats(np.maximum.reduceat(each, first, axis=0))


def _transport(costs: Floats, supply: Floats, demand: Floats) -> Floats:
    """The expected cost of a coupling that joins the cheapest first; an upper bound on the least."""
    n, m, a, b = costs.shape
    if a == b == 1:
        return floats(costs[:, :, 0, 0])
    costs = costs.reshape(n * m, a * b)
    out = np.broadcast_to(supply, (n, m, a)).reshape(n * m, a).copy()
    into = np.broadcast_to(demand, (n, m, b)).reshape(n * m, b).copy()
    total, most, every = np.zeros(n * m), costs.max(axis=1), np.arange(n * m)
    for _ in range(a + b - 1):
        open_ = (out[:, :, None] > 0.0) & (into[:, None, :] > 0.0)
        cell = np.where(open_.reshape(n * m, a * b), costs, np.inf).argmin(axis=1)
        i, j = cell // b, cell % b
        moved = np.minimum(out[every, i], into[every, j])
        total += moved * costs[every, cell]
        out[every, i] -= moved
        into[every, j] -= moved
    # What rounding leaves unmatched counts at the greatest cost.
    rest = np.maximum(out.sum(axis=1), 0.0)
    return floats((total + rest * np.maximum(most, 0.0)).reshape(n, m))


def _coupled(short: Floats, ours: Floats, theirs: Floats) -> float:
    """How short the imitator falls at the start."""
    a, b = np.flatnonzero(ours), np.flatnonzero(theirs)
    costs = short[np.ix_(a, b)][None, None]
    return float(_transport(costs, ours[a][None, None], theirs[b][None, None])[0, 0])


def _fan(lumps: Lumps) -> _Fan:
    """The successors of each lumped pair, M x the most that any has."""
    matrix = lumps.ahead
    count = np.diff(matrix.indptr)
    state = np.zeros((len(count), int(count.max())), np.int64)
    chance = np.zeros(state.shape)
    row = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(matrix.indices)) - matrix.indptr[row]
    state[row, place], chance[row, place] = matrix.indices, matrix.data
    return _Fan(ints(state), floats(chance))
