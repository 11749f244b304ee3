"""Drivers: cut goals into blocks of lanes, solve each block, and certify it while it is in the cache."""

import numpy as np

from telos.kernels.cpu import deterministic, stochastic
from telos.kernels.cpu.backup import certify, largest_reward, mark_ties
from telos.kernels.cpu.block import LARGEST, MARGIN, RESIDUAL, SIZE, UNIT_ROUNDOFF
from telos.kernels.cpu.compiled import entry, fill, inner
from telos.kernels.cpu.lanes import ALL_LANES, LANES, load, spread, store
from telos.kernels.cpu.shifting import approximate
from telos.kernels.cpu.tiles import flags_out_of_lanes, into_lanes, out_of_lanes

#: How often a block is solved more strictly, from where it stood, if a bound is too large.
ATTEMPTS = 4


@inner
def _leave(forbidden, numbers, allowed):
    """Lane masks of the pairs that are not forbidden to single goals."""
    fill(allowed, ALL_LANES)
    for g in range(LANES):
        goal = numbers[g]
        keep = np.uint16(~(np.uint16(1) << np.uint16(g)))
        for pair in range(len(allowed)):
            if forbidden[goal, pair]:
                allowed[pair] &= keep


@inner
def _least(terms, exact, wanted, largest):
    """The change of a value that counts as none: what is wanted, but no less than rounding makes."""
    rounding = 4 * UNIT_ROUNDOFF * largest / (1.0 - terms.discount)
    return rounding if exact else max(wanted, rounding)


@inner
def _least_at_first(terms, exact, rows, block):
    """block.least as each lane's tolerance asks for."""
    for g in range(LANES):
        goal = block.numbers[g]
        largest = block.found[LARGEST, g] + rows.extra[goal]
        wanted = 0.9 * rows.tolerance[goal] * (1.0 - terms.discount)
        block.least[0, g] = _least(terms, exact, wanted, largest)


@inner
def _judge(terms, exact, rows, block):
    """block.bound from what was certified, and what counts as a tie; whether another attempt pays.

    A lane whose bound meets its tolerance, or is rounding alone, rests; the others are to be solved
    more strictly.
    """
    again = False
    found, bound = block.found, block.bound
    for g in range(LANES):
        goal = block.numbers[g]
        size, residual = found[SIZE, g], found[RESIDUAL, g]
        largest = found[LARGEST, g] + rows.extra[goal]
        unit = (terms.fan + 4) * UNIT_ROUNDOFF
        rounding = 2 * unit * (largest + terms.discount * size)
        bound[g] = (residual + rounding) / (1.0 - terms.discount)
        if not bound[g] < np.inf:
            bound[g] = np.inf
        value_of_a_pair = unit * (found[LARGEST, g] + size)
        found[MARGIN, g] = 2 * (terms.discount * bound[g] + rows.drift[goal] + value_of_a_pair)
        if (
            exact
            or bound[g] == np.inf
            or bound[g] <= rows.tolerance[goal]
            or residual <= 4 * rounding
        ):
            block.least[0, g] = np.inf
        else:
            stricter = 0.1 * min(block.least[0, g], residual)
            block.least[0, g] = _least(terms, exact, stricter, largest)
            again = True
    return again


@inner
def _number(goals, begin, numbers):
    """The goals of the block that begins there; lanes past the last goal repeat it."""
    for g in range(LANES):
        numbers[g] = goals[min(begin + g, len(goals) - 1)]


@inner
def _begin(graph, rows, block):
    """block.value as it is to begin with."""
    if rows.start.shape[0] == 0:
        for s in range(len(block.value)):
            store(block.value, s, spread(0.0))
        return
    into_lanes(rows.start, block.numbers, block.value)
    if rows.afresh:
        for s in graph.order:
            store(block.value, s, spread(0.0))


@inner
def _begin_singly(graph, terms, rows, goals, begin, block, single, max_sweeps):
    """single.value for two blocks of goals, those from `begin` on; the number of sweeps."""
    for half in range(2):
        _number(goals, begin + half * LANES, block.numbers)
        into_lanes(rows.reward, block.numbers, block.reward)
        largest_reward(block)
        store(single.largest, half, load(block.found, LARGEST))
        for s in range(len(block.reward)):
            for g in range(LANES):
                single.reward[2 * s + half, g] = block.reward[s, g]
    return approximate(graph, terms, single, max_sweeps)


@inner
def _hand_over(rows, block, here, sweeps):
    """What was found for the first `here` lanes, to the arrays of `rows`."""
    for g in range(here):
        goal = block.numbers[g]
        rows.bound[goal] = block.bound[g]
        rows.steps[goal] = sweeps
        first = 0.0
        for k in range(len(rows.begin)):
            first += rows.odds[k] * block.value[rows.begin[k], g]
        rows.first[goal] = first
    if rows.value.shape[0] > 0:
        out_of_lanes(block.value, block.numbers, here, rows.value)


@entry
def solve_goals(
    graph,
    terms,
    target,
    orders,
    allowed,
    paid,
    single,
    walk,
    course,
    block,
    rows,
    goals,
    max_sweeps,
):
    """Solve and certify the given goals, block by block; results go to the arrays of `rows`.

    The bound is `(max |TV - V| + rounding) / (1 - discount)`, with TV evaluated afresh: by the
    contraction of T it holds whatever happened before (Puterman 1994, theorem 6.3.1).

    What is None is not compiled: a deterministic world's solver knows nothing of chance.

    Args:
        graph, terms, rows, block: see `block`.
        target: `graph.target` if the world is deterministic and all states maximize, else None.
        orders: what single goals may do and earn besides; see `block`.
        allowed: U16[L], room for what `orders.forbidden` leaves; None if it forbids nothing.
        paid: F[L], the bonus of all goals; F[L, 16], room for that of single ones; None for none.
        single: a `shifting.Single`, to begin in single precision; None: not to.
        walk: a `block.Walk` if there is a target, else None. course: a `block.Course` if there is none.
        goals: I[n], the rows to solve. max_sweeps: see the kernels.
    """
    exact = target is not None
    coarse = 0
    for begin in range(0, len(goals), LANES):
        here = min(LANES, len(goals) - begin)
        half = (begin // LANES) % 2
        if single is not None:
            if half == 0:
                coarse = _begin_singly(graph, terms, rows, goals, begin, block, single, max_sweeps)
        _number(goals, begin, block.numbers)
        into_lanes(rows.reward, block.numbers, block.reward)
        if single is None:
            _begin(graph, rows, block)
        if single is not None:
            for s in range(len(block.value)):
                for g in range(LANES):
                    block.value[s, g] = single.value[2 * s + half, g]
        if allowed is not None:
            _leave(orders.forbidden, block.numbers, allowed)
        if paid is not None:
            if paid.ndim == 2:
                into_lanes(orders.bonus, block.numbers, paid)
        largest_reward(block)
        _least_at_first(terms, exact, rows, block)
        sweeps = coarse
        again = True
        attempt = 0
        while again and attempt < ATTEMPTS:
            if course is not None:
                sweeps += stochastic.solve_block(
                    graph, terms, allowed, paid, block, course, max_sweeps
                )
            if walk is not None:
                sweeps += deterministic.solve_block(
                    graph, terms, allowed, paid, block, walk, max_sweeps
                )
            certify(graph, terms, target, allowed, paid, block)
            again = _judge(terms, exact, rows, block)
            attempt += 1
        _hand_over(rows, block, here, sweeps)
        if rows.tied.shape[0] > 0:
            mark_ties(graph, terms, target, allowed, paid, block)
            flags_out_of_lanes(block.ties, block.numbers, here, rows.tied)


@entry
def action_values(world, reward, discount, value, q):
    """q[g, pair] = reward[g, s] + discount * sum over successors of p * value[g, s']."""
    for g in range(value.shape[0]):
        for s in range(len(world.pair_ptr) - 1):
            for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                total = 0.0
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    total += world.next_prob[n] * value[g, world.next_state[n]]
                q[g, pair] = reward[g, s] + discount * total


@entry
def shared_equally(flags, pair_ptr, policy):
    """policy[g, pair] = 1 / (number of flagged pairs of the state) where flagged, 0 elsewhere."""
    for g in range(flags.shape[0]):
        for s in range(len(pair_ptr) - 1):
            count = 0
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                count += flags[g, pair]
            share = 1.0 / max(count, 1)
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                policy[g, pair] = share * flags[g, pair]


@entry
def policy_faults(policy, pair_ptr, fault):
    """fault[g] = the first state whose probabilities are negative or do not sum to 1, or -1."""
    for g in range(policy.shape[0]):
        fault[g] = -1
        for s in range(len(pair_ptr) - 1):
            total = 0.0
            fine = True
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                total += policy[g, pair]
                fine = fine and policy[g, pair] >= 0.0
            if not (fine and abs(total - 1.0) < 1e-9):
                fault[g] = s
                break


@entry
def tied_pairs(q, pair_ptr, sense, margin, tied):
    """tied[g, pair] = q is within margin[g] of the best of its state (sense -1: of the least)."""
    for g in range(q.shape[0]):
        for s in range(len(pair_ptr) - 1):
            best = -np.inf
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                if abs(q[g, pair]) < np.inf:
                    best = max(best, sense[s] * q[g, pair])
            for pair in range(pair_ptr[s], pair_ptr[s + 1]):
                legal = abs(q[g, pair]) < np.inf
                tied[g, pair] = legal and sense[s] * q[g, pair] >= best - margin[g]
