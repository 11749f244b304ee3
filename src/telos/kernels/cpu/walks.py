"""Walks: where play can come to from the start, and from where it can come to what is looked for."""

import numpy as np

from telos.kernels.cpu.compiled import entry, fill, inner, whole_numbers


@inner
def marked(flags):
    """I[n], the places of the flags that are set."""
    places = np.empty(len(flags), np.int64)
    count = 0
    for i in range(len(flags)):
        if flags[i]:
            places[count] = i
            count += 1
    return places[:count]


@entry
def visited(world, taken):
    """B[S]: the states that play can come to from the start by the pairs with `taken` > 0.

    Args:
        world: a `block.WorldArrays`. taken: F[L], a policy; or B[L], the pairs that may be taken.
    """
    size = len(world.start)
    seen = np.empty(size, np.bool_)
    fill(seen, False)
    queue = np.empty(size, np.int64)
    head, tail = 0, 0
    for s in range(size):
        if world.start[s] > 0.0:
            seen[s] = True
            queue[tail] = s
            tail += 1
    while head < tail:
        s = queue[head]
        head += 1
        for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
            if taken[pair] > 0:
                for n in range(world.next_ptr[pair], world.next_ptr[pair + 1]):
                    t = world.next_state[n]
                    if not seen[t]:
                        seen[t] = True
                        queue[tail] = t
                        tail += 1
    return seen


@entry
def closure_goals(world, tied, marks, met, found):
    """met[g] = the bits of `marks` (I[L]) on pairs of the states that tied play of goal g can come to.

    found[g] = those on tied pairs alone. One row of `tied` a goal, B[G, L].
    """
    for g in range(tied.shape[0]):
        seen = visited(world, tied[g])
        found[g] = 0
        met[g] = 0
        for s in range(len(seen)):
            if seen[s]:
                for pair in range(world.pair_ptr[s], world.pair_ptr[s + 1]):
                    met[g] |= marks[pair]
                    if tied[g, pair]:
                        found[g] |= marks[pair]


@inner
def backwards(ptr, column):
    """The edges turned round: compressed rows of the transposed graph."""
    n = len(ptr) - 1
    back, filled = whole_numbers(n + 1, 0), whole_numbers(n, 0)
    for c in column:
        back[c + 1] += 1
    for i in range(n):
        back[i + 1] += back[i]
        filled[i] = back[i]
    source = np.empty(len(column), np.int64)
    for i in range(n):
        for k in range(ptr[i], ptr[i + 1]):
            source[filled[column[k]]] = i
            filled[column[k]] += 1
    return back, source


@entry
def leads_to(ptr, column, goal):
    """B[n]: the nodes of a graph from which some node marked in `goal` can be reached."""
    back, source = backwards(ptr, column)
    return led_to(back, source, goal)


@inner
def led_to(back, source, goal):
    """B[n]: as `leads_to`, for a graph that has been turned round already."""
    n = len(goal)
    reaches = np.empty(n, np.bool_)
    queue = np.empty(n, np.int64)
    tail = 0
    for i in range(n):
        reaches[i] = goal[i]
        if goal[i]:
            queue[tail] = i
            tail += 1
    head = 0
    while head < tail:
        i = queue[head]
        head += 1
        for k in range(back[i], back[i + 1]):
            if not reaches[source[k]]:
                reaches[source[k]] = True
                queue[tail] = source[k]
                tail += 1
    return reaches
