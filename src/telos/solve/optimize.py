"""optimize: optimal values of many goals on part of a world, with a certificate for each goal."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, frozen, sealed
from telos.core.errors import ProblemError
from telos.core.world import World
from telos.solve.device import get_device
from telos.solve.layout import Layout, Numbers, kernels, layout_of
from telos.solve.on_gpu import MAX_STEPS, optimize_on_gpu
from telos.solve.threads import get_threads

if TYPE_CHECKING:
    from telos.kernels.cpu.block import Graph, Rows, Terms

#: A group of states that still moves after so many sweeps is given up (and reported, not hidden).
MAX_SWEEPS = 200_000
#: From so many states on the values of a block leave the first-level cache, and single precision pays.
LARGE = 256


@final
@dataclass(frozen=True, eq=False)
class Task:
    """One optimization: `V(s) = max_a R(s) + bonus + discount * E V(s')` over the active states.

    Args:
        world: the world. reward: F[G, S]. discount: in [0, 1). tolerance: F[G], the bounds asked for.
        bonus: F[L], F[G, L] or None. allowed: B[L] or None, pairs left to everybody.
        forbidden: B[G, L] or None, pairs taken from single goals.
        active: B[S] or None, the states to solve; the others keep the value of `start`.
        sense: F[S] or None: 1 where a state maximizes, -1 where it minimizes.
        start: F[G, S] or None, the values to begin with (and to keep where not active).
        afresh: whether active states begin at 0 instead.
        values: whether values of all states are asked for, or only the expected one of the first.
        ties: whether to mark the pairs that may be optimal. drift: F[G] or None, by how much more
            than its bound a goal's values may be off (see `Solution.drift`).
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
    afresh: bool = False
    values: bool = True
    ties: bool = False
    drift: Floats | None = None


@final
@dataclass(frozen=True, eq=False)
class Optimum:
    """What `optimize` found.

    Args:
        value: F[G, S]; F[0, S] unless asked for. first: F[G], the expected value of the first state.
        bound: F[G], certified. steps: I[G], sweeps. finished: B[G].
        tied: B[G, L], the pairs that may be optimal given the bound, in the states that were solved;
            None unless asked for.
    """

    value: Floats
    first: Floats
    bound: Floats
    steps: Ints
    finished: Bools
    tied: Bools | None = None


def optimize(task: Task) -> Optimum:
    """Solve a task for all its goals, each to its certified bound.

    The bound is `(max_s |TV(s) - V(s)| + rho) / (1 - discount)`, with `TV` evaluated afresh and
    `rho` a bound on the rounding of that evaluation: by the contraction of T it holds whatever
    happened before (Puterman 1994, theorem 6.3.1). A pair is tied if its value is within
    `2 (discount * bound + drift + rho')` of the best of its state, with `rho'` bounding the rounding
    of one value (see `Solution.tied`).

    Returns:
        The optimum; `finished` is False for goals that ran into the sweep limit.
    """
    if task.start is not None and task.start.shape != task.reward.shape:
        raise ProblemError(
            f"start has shape {task.start.shape}, not {task.reward.shape}: one number a goal and state."
        )
    if get_device() == "gpu":
        value, bound, steps, tied = optimize_on_gpu(task)
        first = sealed(value @ task.world.start)
        return Optimum(value, first, bound, steps, steps < MAX_STEPS, tied)
    # Minimizing everywhere is maximizing the negative.
    uniform = task.sense is None or bool((task.sense == task.sense[0]).all())
    sign = -1.0 if uniform and task.sense is not None and task.sense[0] < 0 else 1.0
    layout = layout_of(task.world, task.active, task.allowed)
    target = layout.target if task.world.deterministic and uniform else None
    graph = _graph(layout)
    terms = _terms(task, layout, graph, uniform, target is not None)
    rows = _rows(task, sign)
    bonus = None if task.bonus is None else _signed(sign, task.bonus)
    _in_threads(graph, terms, target, task.forbidden, bonus, rows)
    if not np.isfinite(rows.bound).all():
        goal = int(np.argmin(np.isfinite(rows.bound)))
        raise ProblemError(
            f"goal {goal}: its values leave the range of float64 (largest reward "
            f"{np.abs(task.reward[goal]).max():.3g}, discount {task.discount}). Measure rewards in a "
            "larger unit, lower the discount, and let `start` be finite."
        )
    if sign < 0:
        # Not `negative`, which would make a zero a -0.0.
        np.subtract(0.0, rows.value, out=rows.value)
        np.subtract(0.0, rows.first, out=rows.first)
    return Optimum(
        sealed(rows.value),
        sealed(rows.first),
        sealed(rows.bound),
        sealed(rows.steps),
        rows.steps < MAX_SWEEPS,
        sealed(rows.tied) if task.ties else None,
    )


def _graph(layout: Layout) -> "Graph":
    graph: Graph = kernels().block.Graph(
        layout.order,
        layout.first,
        layout.pair_ptr,
        layout.pair,
        layout.next_ptr,
        layout.next_state,
        layout.target,
        layout.back,
    )
    return graph


def _terms(
    task: Task, layout: Layout, graph: "Graph", uniform: bool, deterministic: bool
) -> "Terms":
    stay = task.discount * layout.loop
    weight, scale = sealed(task.discount * layout.next_prob), sealed(1.0 / (1.0 - stay))
    reach = np.zeros(0 if deterministic else len(layout.first) - 1)
    if not deterministic:
        error = np.zeros(task.world.size)
        kernels().shifting.reach(graph, weight, scale, error, reach)
    sense = np.ones(len(layout.order))
    if not (uniform or task.sense is None):
        sense = task.sense[layout.order]
    terms: Terms = kernels().block.Terms(
        task.discount,
        weight,
        sealed(stay),
        scale,
        sealed(sense),
        sealed(reach),
        layout.fan,
    )
    return terms


def _rows(task: Task, sign: float) -> "Rows":
    """The goals and the room for what is found: inputs read-only, outputs not, whatever was given.

    Numba compiles anew for each pattern of flags.
    """
    count, size = task.reward.shape
    start = sealed(np.empty((0, size))) if task.start is None else _signed(sign, task.start)
    extra = np.zeros(count)
    if task.bonus is not None:
        extra = extra + np.abs(np.atleast_2d(task.bonus)).max(axis=1)
    rows: Rows = kernels().block.Rows(
        reward=_signed(sign, task.reward),
        start=start,
        afresh=task.afresh,
        tolerance=frozen(task.tolerance),
        extra=sealed(extra),
        drift=sealed(np.zeros(count)) if task.drift is None else frozen(task.drift),
        begin=sealed(np.flatnonzero(task.world.start)),
        odds=sealed(task.world.start[task.world.start > 0]),
        value=np.empty((count if task.values else 0, size)),
        first=np.empty(count),
        bound=np.full(count, np.inf),
        steps=np.zeros(count, np.int64),
        tied=np.empty((count if task.ties else 0, task.world.n_pairs), np.bool_),
    )
    return rows


def _signed(sign: float, rows: Floats) -> Floats:
    return frozen(np.asarray(rows, np.float64) if sign > 0 else -rows)


def _single(graph: "Graph", terms: "Terms", rows: "Rows", plain: bool) -> Any:
    """Room to begin in single precision, where that pays: one large recurrent component, no extras."""
    shifting = kernels().shifting
    size = rows.reward.shape[1]
    pays = plain and len(graph.first) == 2 and len(graph.order) == size >= LARGE
    constant = pays and float(terms.reach[0]) * (1.0 - terms.discount) > shifting.CONSTANT
    if not (constant and terms.sense.min() > 0 and len(rows.start) == 0):
        return None
    single = np.float32
    weight, scale = sealed(terms.weight.astype(single)), sealed(terms.scale.astype(single))
    return shifting.new_single(size, weight, scale)


def _in_threads(
    graph: "Graph",
    terms: "Terms",
    target: Numbers | None,
    forbidden: Bools | None,
    bonus: Floats | None,
    rows: "Rows",
) -> None:
    """Share the goals out among the threads, in whole blocks; every goal is solved by one of them."""
    cpu = kernels()
    lanes = cpu.lanes.LANES
    todo = np.arange(len(rows.reward))
    workers = max(1, min(get_threads(), -(-len(todo) // lanes)))
    per_worker = -(-len(todo) // (workers * lanes)) * lanes
    parts = [sealed(todo[i : i + per_worker]) for i in range(0, len(todo), per_worker)]
    states, pairs, places = rows.reward.shape[1], rows.tied.shape[1], len(graph.order)
    widest = int(np.diff(graph.pair_ptr.astype(np.int64)).max(initial=1))
    each = bonus if bonus is not None and bonus.ndim == 2 else None
    orders = cpu.block.Orders(
        sealed(np.zeros((0, pairs), np.bool_)) if forbidden is None else frozen(forbidden),
        sealed(np.zeros((0, pairs))) if each is None else each,
    )
    plain = target is None and forbidden is None and bonus is None

    def work(part: Ints) -> None:
        cpu.goals.solve_goals(
            graph,
            terms,
            target,
            orders,
            None if forbidden is None else np.empty(pairs, np.uint16),
            bonus if each is None else cpu.lanes.room(pairs),
            _single(graph, terms, rows, plain),
            None if target is None else cpu.block.new_walk(states, places),
            cpu.block.new_course(places) if target is None else None,
            cpu.block.new_block(states, pairs, widest),
            rows,
            part,
            MAX_SWEEPS,
        )

    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
