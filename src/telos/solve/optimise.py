"""optimise: optimal values of many goals on part of a world, with a certificate for each goal."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints
from telos.core.world import World
from telos.solve.layout import Layout, kernels, layout_of
from telos.solve.threads import get_threads

if TYPE_CHECKING:
    from telos.kernels.cpu.block import Graph, Orders, Rows, Terms

#: A group of states that still moves after so many sweeps is given up (and reported, not hidden).
MAX_SWEEPS = 200_000
#: How often a solve is repeated more strictly, from where it stood, if its bound is too large.
ATTEMPTS = 4


@final
@dataclass(frozen=True, eq=False)
class Task:
    """One optimisation: `V(s) = max_a R(s) + bonus + discount * E V(s')` over the active states.

    Args:
        world: the world. reward: F[G, S]. discount: in [0, 1). tolerance: F[G], the bounds asked for.
        bonus: F[L], F[G, L] or None. allowed: B[L] or None, pairs left to everybody.
        forbidden: B[G, L] or None, pairs taken from single goals.
        active: B[S] or None, the states to solve; the others keep the value of `start`.
        sense: F[S] or None: 1 where a state maximises, -1 where it minimises.
        start: F[G, S] or None, the values to begin with (and to keep where not active).
    """

    world: World
    reward: Floats
    discount: float
    tolerance: Floats
    bonus: Floats | None = None
    allowed: Bools | None = None
    forbidden: Bools | None = None
    active: Bools | None = None
    sense: Floats | None = None
    start: Floats | None = None


@final
@dataclass(frozen=True, eq=False)
class Optimum:
    """What `optimise` found: value F[G, S], certified bound F[G], sweeps I[G], finished B[G]."""

    value: Floats
    bound: Floats
    steps: Ints
    finished: Bools


def optimise(task: Task) -> Optimum:
    """Solve a task for all its goals, each to its certified bound.

    The bound is `(max_s |TV(s) - V(s)| + rho) / (1 - discount)`, with `TV` evaluated afresh and
    `rho` a bound on the rounding of that evaluation: by the contraction of T it holds whatever
    happened before (Puterman 1994, theorem 6.3.1).

    Returns:
        The optimum; `finished` is False for goals that ran into the sweep limit.
    """
    layout, count = layout_of(task.world), len(task.reward)
    uniform = task.sense is None or bool((task.sense == task.sense[0]).all())
    # Minimising everywhere is maximising the negative.
    sign = -1.0 if uniform and task.sense is not None and task.sense[0] < 0 else 1.0
    reward = np.ascontiguousarray(sign * task.reward)
    start = np.zeros(reward.shape) if task.start is None else sign * task.start
    largest = np.abs(reward).max(axis=1)
    if task.bonus is not None:
        largest = largest + np.abs(np.atleast_2d(task.bonus)).max(axis=1)
    exact = task.world.deterministic and uniform
    rows = _rows(reward, np.array(start), _least(task, largest, exact))
    graph, terms = _graph(task, layout), _terms(task, layout, uniform)
    orders = _orders(task, sign, count)
    todo = np.arange(count)
    bound = np.full(count, np.inf)
    for _ in range(ATTEMPTS):
        _in_threads(graph, terms, orders, rows, todo, exact)
        scale = largest + task.discount * np.abs(rows.value).max(axis=1)
        rounding = 2 * (layout.fan + 4) * UNIT_ROUNDOFF * scale
        bound[todo] = ((rows.residual + rounding) / (1.0 - task.discount))[todo]
        # Worth another attempt: above the tolerance, and not by rounding alone.
        todo = np.flatnonzero((bound > task.tolerance) & (rows.residual > 4 * rounding))
        if exact or len(todo) == 0:
            break
        rows.least[todo] = 0.1 * np.minimum(rows.least, rows.residual)[todo]
    return Optimum(sign * rows.value, bound, rows.steps, rows.steps < MAX_SWEEPS)


def _least(task: Task, largest: Floats, exact: bool) -> Floats:
    """F[G]: the change of a value that counts as none."""
    rounding = 4 * UNIT_ROUNDOFF * largest / (1.0 - task.discount)
    if exact:
        return rounding
    return np.maximum(0.25 * task.tolerance * (1.0 - task.discount), rounding)


def _graph(task: Task, layout: Layout) -> "Graph":
    order, first = layout.order, layout.first
    if task.active is not None:
        order, first = layout.among(task.active)
    graph: Graph = kernels().block.Graph(
        order, first, layout.pair_ptr, layout.next_ptr, layout.next_state, layout.target
    )
    return graph


def _terms(task: Task, layout: Layout, uniform: bool) -> "Terms":
    stay = task.discount * layout.loop
    sense = np.ones(task.world.size) if uniform or task.sense is None else np.array(task.sense)
    weight = task.discount * layout.next_prob
    terms: Terms = kernels().block.Terms(task.discount, weight, stay, 1.0 / (1.0 - stay), sense)
    return terms


def _orders(task: Task, sign: float, count: int) -> "Orders":
    pairs = task.world.n_pairs
    base = np.ones(pairs, np.bool_) if task.allowed is None else np.array(task.allowed)
    forbidden = np.zeros((0, pairs), np.bool_)
    if task.forbidden is not None:
        forbidden = np.array(task.forbidden)
    shared, per_goal = np.zeros((pairs, 0)), np.zeros((0, pairs))
    if task.bonus is not None and task.bonus.ndim == 1:
        shared = sign * task.bonus[:, None]
    elif task.bonus is not None:
        per_goal = np.array(np.broadcast_to(sign * task.bonus, (count, pairs)))
    orders: Orders = kernels().block.Orders(base, forbidden, np.ascontiguousarray(shared), per_goal)
    return orders


def _rows(reward: Floats, value: Floats, least: Floats) -> "Rows":
    count = len(reward)
    rows: Rows = kernels().block.Rows(
        reward, value, least, np.zeros(count), np.zeros(count, np.int64)
    )
    return rows


def _in_threads(
    graph: "Graph", terms: "Terms", orders: "Orders", rows: "Rows", todo: Ints, exact: bool
) -> None:
    """Share the goals out among the threads, in whole blocks; every goal is solved by one of them."""
    cpu = kernels()
    lanes = cpu.lanes.LANES
    workers = max(1, min(get_threads(), -(-len(todo) // lanes)))
    per_worker = -(-len(todo) // (workers * lanes)) * lanes
    parts = [todo[i : i + per_worker] for i in range(0, len(todo), per_worker)]

    def work(part: Ints) -> None:
        cpu.goals.solve_goals(graph, terms, orders, rows, part, exact, MAX_SWEEPS)

    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
