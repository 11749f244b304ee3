"""What the solving kernels work on, in named bundles: the graph, the terms, a block of goals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.kernels.cpu.lanes import LANES, room

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Unsigned: Numba then leaves out the test for negative indices, and half as much is read.
Numbers = NDArray[np.uint32]


class WorldArrays(NamedTuple):
    """A world's own arrays, as a policy walks it; letters as in `telos.core.world`.

    Args:
        start: F[S], the distribution of the first state. pair_ptr: I[S+1].
        next_ptr: I[L+1]; next_state: I[N]; next_prob: F[N].
    """

    start: Floats
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats


class Choice(NamedTuple):
    """What the pairs of a drive are worth to goals, beside the others.

    Args:
        discount: in [0, 1). reward: F[G, S]. value: F[G, S], the optimum.
        without: F[G, S], the optimum without the pairs of the drive; F[G, 1], what it is at the start,
            where every first state is a fork.
        bonus: F[G, L], F[1, L] for all goals, or F[0, L]. pursues: B[L], the pairs of the drive.
    """

    discount: float
    reward: Floats
    value: Floats
    without: Floats
    bonus: Floats
    pursues: NDArray[np.bool_]


class Graph(NamedTuple):
    """The states to solve, in the order in which they are solved, and where their pairs lead.

    A *place* i is a position in `order`; the l pairs that are left to anybody are numbered place by
    place, so that a sweep reads everything in one stream. S and L are those of the world.

    Args:
        order: U[n], the states to solve, by strongly connected component, successors first.
        first: I[k+1], where each component (or what is left of it) begins in `order`.
        pair_ptr: U[n+1], the pairs of each place. pair: U[l], their numbers in the world.
        next_ptr: U[l+1]; next_state: U[m], successors other than the state itself.
        target: U[l], the one successor of each pair; empty unless the world is deterministic.
        back: U[l], a pair of the target that leads straight back, or l; empty likewise.
    """

    order: Numbers
    first: Ints
    pair_ptr: Numbers
    pair: Numbers
    next_ptr: Numbers
    next_state: Numbers
    target: Numbers
    back: Numbers


class Terms(NamedTuple):
    """What the Bellman equation multiplies with, at one discount.

    Args:
        discount: in [0, 1). weight: F[m], discount times probability.
        stay: F[l], discount times the probability that a pair stays in its state.
        scale: F[l], 1 / (1 - stay).
        sense: F[n], 1 where a place maximizes, -1 where it minimizes.
        reach: F[k], how far a component's values must move if one sweep moves them by 1 on average
            (see `shifting.reach`); empty in a deterministic world.
        fan: the largest number of successors of a pair.
    """

    discount: float
    weight: Floats
    stay: Floats
    scale: Floats
    sense: Floats
    reach: Floats
    fan: int


class Block(NamedTuple):
    """Sixteen goals, and the memory to solve them in (made once, used for block after block).

    Args:
        numbers: U[16], the goals in the lanes.
        reward: F[S, 16]. value: F[S, 16], start and result; states that are not solved keep theirs.
        least: F[2, 16], row 0: the smallest change that counts (infinite: the lane rests); row 1:
            scratch.
        found: F[4, 16], rows `RESIDUAL` max |TV - V|, `SIZE` max |V|, `LARGEST` max |R| and
            `MARGIN`, by how much a tied pair may fall short of the best.
        bound: F[16], certified.
        ties: U16[L], bit g says whether the pair is tied in lane g.
        seen: I[S], scratch. q: F[largest number of pairs of a place, 16], scratch.
    """

    numbers: Numbers
    reward: Floats
    value: Floats
    least: Floats
    found: Floats
    bound: Floats
    ties: NDArray[np.uint16]
    seen: Ints
    q: Floats


class Walk(NamedTuple):
    """What the solver of deterministic worlds needs besides, lane by lane.

    Args:
        policy: U[n, 16], the pair taken at each place. place: I[S], the place of each state, or -1.
        path: I[S], the walk in progress.
        marks: U64[16], hashes of earlier policies. done: B[16], lanes that need no more.
    """

    policy: Numbers
    place: Ints
    path: Ints
    marks: NDArray[np.uint64]
    done: NDArray[np.bool_]


class Course(NamedTuple):
    """What the solver of stochastic worlds needs besides: how the sweeps of a component have gone.

    Args:
        change, before: F[n, 16], what the last two sweeps moved. work: F[4, 16], scratch.
        shifts: U64[1], a bit for each lane that is shifted (else extrapolated). poor: I[16], how often in a
            row that did not pay. least: F[16], the least that a sweep's largest change has been.
        ratio: F[16], the last ratio of changes. since: I[16], sweeps since the last extrapolation.
        wait: I[16], how many to let pass before the next. level: F[16], the largest change at the
            last.
    """

    change: Floats
    before: Floats
    work: Floats
    shifts: NDArray[np.uint64]
    poor: Ints
    least: Floats
    ratio: Floats
    since: Ints
    wait: Ints
    level: Floats


RESIDUAL, SIZE, LARGEST, MARGIN = range(4)
#: Half the distance from 1.0 to the next float64: the relative error of one rounding.
UNIT_ROUNDOFF = 2.0**-53


class Orders(NamedTuple):
    """What single goals may do and earn beside their reward.

    Args:
        forbidden: B[G, L], pairs taken from single goals; B[0, L] for none.
        bonus: F[G, L], what single goals are paid for pairs; F[0, L] for nothing.
    """

    forbidden: NDArray[np.bool_]
    bonus: Floats


class GoalRows(NamedTuple):
    """The goals themselves, a row each, and what is found for them.

    Args:
        reward: F[G, S]. start: F[G, S], or F[0, S] to begin with nothing known.
        afresh: whether the states to solve begin at 0, and only the others as in `start`.
        tolerance: F[G], the bounds asked for. extra: F[G], max |bonus|. drift: F[G], see `margin`.
        begin: I[b], states, and odds: F[b], what each weighs in `first`.
        value: F[G, S], result; F[0, S] if nobody asks. first: F[G], result, sum of odds * V(begin).
        bound: F[G], result, certified. steps: I[G], result, sweeps.
        tied: B[G, L], result, the pairs that may be optimal; B[0, L] if nobody asks.
    """

    reward: Floats
    start: Floats
    afresh: bool
    tolerance: Floats
    extra: Floats
    drift: Floats
    begin: Ints
    odds: Floats
    value: Floats
    first: Floats
    bound: Floats
    steps: Ints
    tied: NDArray[np.bool_]


def new_block(states: int, pairs: int, widest: int) -> Block:
    """The memory for one block of goals; `widest`: the largest number of pairs of a place."""
    return Block(
        np.empty(LANES, np.uint32),
        room(states),
        room(states),
        room(2),
        room(4),
        np.empty(LANES),
        np.zeros(pairs, np.uint16),
        np.empty(states, np.int64),
        room(widest),
    )


def new_walk(states: int, places: int) -> Walk:
    """The memory of the solver of deterministic worlds."""
    return Walk(
        np.empty((places, LANES), np.uint32),
        np.empty(states, np.int64),
        np.empty(states, np.int64),
        np.empty(LANES, np.uint64),
        np.empty(LANES, np.bool_),
    )


def new_course(places: int) -> Course:
    """The memory of the solver of stochastic worlds."""
    change, before = room(places), room(places)
    change[:] = 0.0
    before[:] = 0.0
    integers, numbers = (LANES, np.int64), (LANES, np.float64)
    return Course(
        change,
        before,
        room(4),
        np.empty(1, np.uint64),
        np.empty(*integers),
        np.empty(*numbers),
        np.empty(*numbers),
        np.empty(*integers),
        np.empty(*integers),
        np.empty(*numbers),
    )
