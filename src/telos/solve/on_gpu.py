"""optimize_on_gpu: a task of `optimize`, solved and certified on a graphics processor."""

from typing import Any

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import ProblemError
from telos.solve.device import graphics, memory_share
from telos.solve.optimization import Optimization

#: A goal that took MAX_STEPS is given up (and reported, not hidden).
MAX_STEPS = 200_000


def optimize_on_gpu(
    task: Optimization, *, listed: bool | None = None
) -> tuple[Floats, Floats, Ints, Bools | None]:
    """Solve a task for all its goals; the numbers agree with the CPU's within both bounds.

    Args:
        task: see `optimization.Optimization`. listed: how the world is laid out; None: whichever stores less.

    Returns:
        value F[G, S], bound F[G], steps I[G] (below MAX_STEPS for finished goals) and tied B[G, L],
        as in `optimization.Optimum`.

    Raises:
        ProblemError: if there is no such device, or one goal does not fit its memory.
    """
    kernels, device = graphics()
    world, count = task.world, len(task.reward)
    uniform, sign = task.uniform, task.sign
    sense = np.ones(world.size) if uniform or task.sense is None else np.array(task.sense)
    order = np.arange(world.size) if task.active is None else np.flatnonzero(task.active)
    block = kernels.block
    rows = block.GpuRows(
        sign * task.reward,
        np.zeros((0, world.size)) if task.start is None else sign * task.start,
        task.tolerance,
        task.largest_bonus,
        task.drifts,
        np.empty((count, world.size)),
        np.empty(count),
        np.zeros(count, np.int64),
        np.zeros((count if task.ties else 0, world.n_pairs), np.bool_),
    )
    try:
        kernels.goals.solve_goals(
            block.GpuGraph(
                order, world.pair_ptr, world.next_ptr, world.next_state, world.next_prob
            ),
            block.GpuTerms(task.discount, sense),
            _orders(task, block, sign),
            rows,
            np.arange(count),
            world.deterministic and uniform,
            MAX_STEPS,
            device,
            int(memory_share() * kernels.goals.memory_of(device)),
            listed,
        )
    except MemoryError as problem:
        raise ProblemError(f"{world.name}: {problem}") from problem
    value = sign * rows.value
    for array in (value, rows.bound, rows.steps, rows.tied):
        array.setflags(write=False)
    return value, rows.bound, rows.steps, rows.tied if task.ties else None


def _orders(task: Optimization, block: Any, sign: float) -> Any:
    pairs, count = task.world.n_pairs, len(task.reward)
    base = np.ones(pairs, np.bool_) if task.allowed is None else task.allowed
    forbidden = np.zeros((0, pairs), np.bool_) if task.forbidden is None else task.forbidden
    shared, own = np.zeros((pairs, 0)), np.zeros((0, pairs))
    if task.bonus is not None and task.bonus.ndim == 1:
        shared = sign * task.bonus[:, None]
    elif task.bonus is not None:
        own = np.broadcast_to(sign * task.bonus, (count, pairs))
    return block.GpuOrders(base, forbidden, shared, own)
