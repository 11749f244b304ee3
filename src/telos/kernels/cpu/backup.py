"""One backup of the Bellman equation for sixteen goals, and what is certified with it.

Functions that take `allowed`, `bonus` or `target` are compiled anew for each kind of them: `allowed`
is None (every pair is anybody's) or U16[L], lane masks; `bonus` is None, F[L] (the same for all
goals) or F[L, 16]; `target` is None, or the `target` of a deterministic world's graph. So a plain
problem pays for none of what it does not use.
"""

import numpy as np

from telos.kernels.cpu.block import LARGEST, MARGIN, RESIDUAL, SIZE
from telos.kernels.cpu.compiled import inner
from telos.kernels.cpu.lanes import (
    add,
    add_scaled,
    at_least,
    larger,
    larger_where,
    load,
    magnitude,
    scaled,
    spread,
    store,
    subtract,
)


@inner
def earned(graph, bonus, p, reward):
    """reward + bonus(p)."""
    if bonus is None:
        return reward
    if bonus.ndim == 1:
        return add(reward, spread(bonus[graph.pair[p]]))
    return add(reward, load(bonus, graph.pair[p]))


@inner
def best_allowed(graph, allowed, p, new, best):
    """The larger of new and best in the lanes that may take pair p."""
    if allowed is None:
        return larger(new, best)
    return larger_where(np.uint64(allowed[graph.pair[p]]), new, best)


@inner
def ahead(graph, terms, value, p, total):
    """total + sum weight * V(next) over the successors of pair p other than its own state.

    Args:
        terms: anything with `weight`, F[m], in the precision of value, F[S, 16], and total.
    """
    for n in range(graph.next_ptr[p], graph.next_ptr[p + 1]):
        total = add_scaled(total, terms.weight[n], load(value, graph.next_state[n]))
    return total


@inner
def worth(graph, terms, target, bonus, value, p, reward, here):
    """Q(s, p) = reward + bonus(p) + discount * E V(next), as it stands in the textbook."""
    total = earned(graph, bonus, p, reward)
    if target is None:
        return ahead(graph, terms, value, p, add_scaled(total, terms.stay[p], here))
    return add_scaled(total, terms.discount, load(value, target[p]))


@inner
def certify(graph, terms, target, allowed, bonus, block):
    """block.found: max |TV - V| over the states in `order`, computed afresh from V, and max |V|.

    The first is not a number where any value is not finite.

    `TV(s) = max over allowed pairs of Q(s, p)` (min where sense is -1): plain Jacobi backups, the
    certificate of any solver.
    """
    value = block.value
    worst = spread(0.0)
    for i in range(len(graph.order)):
        s = graph.order[i]
        here = load(value, s)
        reward = load(block.reward, s)
        best = spread(-np.inf)
        for p in range(graph.pair_ptr[i], graph.pair_ptr[i + 1]):
            q = worth(graph, terms, target, bonus, value, p, reward, here)
            best = best_allowed(graph, allowed, p, scaled(terms.sense[i], q), best)
        worst = larger(magnitude(subtract(scaled(terms.sense[i], best), here)), worst)
    size = spread(0.0)
    broken = spread(0.0)
    for s in range(value.shape[0]):
        here = load(value, s)
        size = larger(magnitude(here), size)
        # A comparison passes over what is not a number; this becomes one if any value is not finite.
        broken = add_scaled(broken, 0.0, here)
    store(block.found, RESIDUAL, add(worst, broken))
    store(block.found, SIZE, size)


@inner
def mark_ties(graph, terms, target, allowed, bonus, block):
    """block.ties: the pairs whose Q is within found[MARGIN] of the best of their state."""
    value = block.value
    margin = load(block.found, MARGIN)
    for i in range(len(graph.order)):
        s = graph.order[i]
        begin, end = graph.pair_ptr[i], graph.pair_ptr[i + 1]
        here = load(value, s)
        reward = load(block.reward, s)
        best = spread(-np.inf)
        for p in range(begin, end):
            q = worth(graph, terms, target, bonus, value, p, reward, here)
            q = scaled(terms.sense[i], q)
            store(block.q, p - begin, q)
            best = best_allowed(graph, allowed, p, q, best)
        least = subtract(best, margin)
        for p in range(begin, end):
            lanes = at_least(load(block.q, p - begin), least)
            if allowed is not None:
                lanes &= allowed[graph.pair[p]]
            block.ties[graph.pair[p]] = lanes


@inner
def largest_reward(block):
    """block.found: max |R| over all states."""
    most = spread(0.0)
    for s in range(block.reward.shape[0]):
        most = larger(magnitude(load(block.reward, s)), most)
    store(block.found, LARGEST, most)
