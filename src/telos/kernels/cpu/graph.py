"""Graph kernels: strongly connected components in the order in which they can be solved."""

import numpy as np

from telos.kernels.cpu.compiled import entry, whole_numbers


@entry
def components(ptr, successor):
    """Strongly connected components, successors first (Tarjan's algorithm without recursion).

    Args:
        ptr: I[n+1], compressed rows of the graph.
        successor: I[m], the end of each edge.

    Returns:
        order: I[n], the nodes grouped by component; every edge leads to the same or an earlier
            group. first: I[k+1], where each of the k groups begins in `order`.

    References:
        Tarjan (1972), Depth-first search and linear graph algorithms.
    """
    n = len(ptr) - 1
    index, low, edge = whole_numbers(n, -1), whole_numbers(n, 0), whole_numbers(n, 0)
    on_stack = whole_numbers(n, 0)
    stack = np.empty(n, np.int64)
    path = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    first = np.empty(n + 1, np.int64)
    first[0] = 0
    clock, height, placed, groups = 0, 0, 0, 0
    for root in range(n):
        if index[root] >= 0:
            continue
        depth = 0
        path[0] = root
        while depth >= 0:
            v = path[depth]
            if index[v] < 0:
                index[v] = low[v] = clock
                clock += 1
                stack[height] = v
                height += 1
                on_stack[v] = 1
                edge[v] = ptr[v]
            descended = False
            while edge[v] < ptr[v + 1]:
                w = successor[edge[v]]
                if index[w] < 0:
                    depth += 1
                    path[depth] = w
                    descended = True
                    break
                if on_stack[w] == 1 and low[w] < low[v]:
                    low[v] = low[w]
                edge[v] += 1
            if descended:
                continue
            if low[v] == index[v]:
                while True:
                    height -= 1
                    w = stack[height]
                    on_stack[w] = 0
                    order[placed] = w
                    placed += 1
                    if w == v:
                        break
                groups += 1
                first[groups] = placed
            depth -= 1
            if depth >= 0 and low[v] < low[path[depth]]:
                low[path[depth]] = low[v]
    return order, first[: groups + 1]
