"""optimize: optimal values of many goals on part of a world, with a certificate for each goal."""

from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.arrays import Floats, Ints, frozen, sealed
from telos.core.errors import ProblemError
from telos.core.memo import Memo
from telos.solve.device import get_device
from telos.solve.layout import SMALL, Layout, Numbers, kernels, layout_of
from telos.solve.on_gpu import MAX_STEPS, optimize_on_gpu
from telos.solve.optimization import Optimization, Optimum
from telos.solve.threads import share_out

if TYPE_CHECKING:
    from telos.kernels.cpu.block import GoalRows, Graph, Terms

#: A group of states that still moves after MAX_SWEEPS is given up (and reported, not hidden).
MAX_SWEEPS = 200_000
#: From LARGE states on the values of a block leave the first-level cache, and single precision pays.
LARGE = 256


def optimize(task: Optimization) -> Optimum:
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
    layout = layout_of(task.world, task.active, task.allowed)
    graph, rows = layout.graph, _rows(task)
    target = graph.target if task.world.deterministic and task.uniform else None
    _solve(task, layout, _terms(task, layout, target), target, rows)
    if not np.isfinite(rows.bound).all():
        goal = int(np.argmin(np.isfinite(rows.bound)))
        raise ProblemError(
            f"goal {goal}: its values leave the range of float64 (largest reward "
            f"{np.abs(task.reward[goal]).max():.3g}, discount {task.discount}). Measure rewards in a "
            "larger unit, lower the discount, and let `start` be finite."
        )
    if task.sign < 0:
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


#: By discount and sense: each chunk of a study asks for the same of each part of its world.
_known = Memo[Any](most=8)


def _terms(task: Optimization, layout: Layout, target: Numbers | None) -> "Terms":
    if len(layout.next_prob) >= SMALL:
        return _terms_of(task, layout, target)
    sense = b"" if task.sense is None or task.uniform else task.sense.tobytes()
    key = task.discount, target is None, sense
    found: Terms = _known.of(layout, key, lambda: _terms_of(task, layout, target))
    return found


def _terms_of(task: Optimization, layout: Layout, target: Numbers | None) -> "Terms":
    graph, stay = layout.graph, task.discount * layout.loop
    weight, scale = sealed(task.discount * layout.next_prob), sealed(1.0 / (1.0 - stay))
    reach = np.zeros(len(graph.first) - 1 if target is None else 0)
    if target is None:
        error = np.zeros(task.world.size)
        kernels().shifting.reach(graph, weight, scale, error, reach)
    sense = np.ones(len(graph.order))
    if task.sense is not None and not task.uniform:
        sense = task.sense[graph.order]
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


def _rows(task: Optimization) -> "GoalRows":
    """The goals and the room for what is found: inputs read-only, outputs not, whatever was given.

    Numba compiles anew for each pattern of flags.
    """
    count, size = task.reward.shape
    start = sealed(np.empty((0, size))) if task.start is None else _signed(task, task.start)
    rows: GoalRows = kernels().block.GoalRows(
        reward=_signed(task, task.reward),
        start=start,
        afresh=task.afresh,
        tolerance=frozen(task.tolerance),
        extra=task.largest_bonus,
        drift=task.drifts,
        begin=sealed(np.flatnonzero(task.world.start)),
        odds=sealed(task.world.start[task.world.start > 0]),
        value=np.empty((count if task.values else 0, size)),
        first=np.empty(count),
        bound=np.full(count, np.inf),
        steps=np.zeros(count, np.int64),
        tied=np.empty((count if task.ties else 0, task.world.n_pairs), np.bool_),
    )
    return rows


def _signed(task: Optimization, rows: Floats) -> Floats:
    return frozen(np.asarray(rows, np.float64) if task.sign > 0 else -rows)


def _single(graph: "Graph", terms: "Terms", rows: "GoalRows", plain: bool) -> Any:
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


def _solve(
    task: Optimization, layout: Layout, terms: "Terms", target: Numbers | None, rows: "GoalRows"
) -> None:
    """Solve all goals, in whole blocks of lanes; what is found goes to `rows`."""
    cpu, graph = kernels(), layout.graph
    states, pairs, places = task.world.size, task.world.n_pairs, len(graph.order)
    bonus = None if task.bonus is None else _signed(task, task.bonus)
    each = bonus if bonus is not None and bonus.ndim == 2 else None
    free = task.forbidden is None
    orders = cpu.block.Orders(
        sealed(np.zeros((0, pairs), np.bool_))
        if task.forbidden is None
        else frozen(task.forbidden),
        sealed(np.zeros((0, pairs))) if each is None else each,
    )

    def work(goals: Ints) -> None:
        cpu.goals.solve_goals(
            graph,
            terms,
            target,
            orders,
            None if free else np.empty(pairs, np.uint16),
            bonus if each is None else cpu.lanes.room(pairs),
            _single(graph, terms, rows, target is None and free and bonus is None),
            None if target is None else cpu.block.new_walk(states, places),
            cpu.block.new_course(places) if target is None else None,
            cpu.block.new_block(states, pairs, layout.widest),
            rows,
            goals,
            MAX_SWEEPS,
        )

    share_out(len(rows.reward), cpu.lanes.LANES, work)
