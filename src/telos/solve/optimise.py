"""optimise: optimal values of many goals on part of a world, with a certificate for each goal."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints
from telos.core.world import World
from telos.solve.layout import Layout, kernels, layout_of
from telos.solve.threads import get_threads

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
    world, layout = task.world, layout_of(task.world)
    uniform = task.sense is None or bool((task.sense == task.sense[0]).all())
    sign = -1.0 if uniform and task.sense is not None and task.sense[0] < 0 else 1.0
    reward = np.ascontiguousarray(sign * task.reward)
    count = len(reward)
    start = np.zeros((count, world.size)) if task.start is None else task.start
    value = np.array(sign * start)
    order, first = layout.order, layout.first
    if task.active is not None:
        order, first = layout.among(task.active)
    shared, per_goal = _bonus(task.bonus, sign, count, world.n_pairs)
    base = np.ones(world.n_pairs, np.bool_) if task.allowed is None else task.allowed
    forbidden = task.forbidden
    if forbidden is None:
        forbidden = np.zeros((0, world.n_pairs), np.bool_)
    sense = np.ones(world.size) if uniform or task.sense is None else task.sense
    residual, steps = np.zeros(count), np.zeros(count, np.int64)
    largest = np.abs(reward).max(axis=1)
    if task.bonus is not None:
        largest = largest + np.abs(np.atleast_2d(task.bonus)).max(axis=1)
    exact = world.deterministic and uniform
    move = _movement(task, largest, exact)
    todo = np.arange(count)
    bound = np.full(count, np.inf)
    for _ in range(ATTEMPTS):
        _in_threads(
            todo,
            exact,
            layout,
            order,
            first,
            task.discount,
            base,
            forbidden,
            sense,
            reward,
            shared,
            per_goal,
            value,
            move,
            residual,
            steps,
        )
        scale = largest + task.discount * np.abs(value).max(axis=1)
        rounding = 2 * (layout.fan + 4) * UNIT_ROUNDOFF * scale
        bound[todo] = ((residual + rounding) / (1.0 - task.discount))[todo]
        # Worth another attempt: above the tolerance, and not by rounding alone.
        todo = np.flatnonzero((bound > task.tolerance) & (residual > 4 * rounding))
        if exact or len(todo) == 0:
            break
        move = np.minimum(move, residual) * 0.1
    return Optimum(sign * value, bound, steps, steps < MAX_SWEEPS)


def _movement(task: Task, largest: Floats, exact: bool) -> Floats:
    """F[G]: the change of a value that counts as none."""
    scale = largest / (1.0 - task.discount)
    rounding = 4 * UNIT_ROUNDOFF * scale
    if exact:
        return rounding
    return np.maximum(0.25 * task.tolerance * (1.0 - task.discount), rounding)


def _bonus(bonus: Floats | None, sign: float, count: int, pairs: int) -> tuple[Floats, Floats]:
    if bonus is None:
        return np.zeros((pairs, 0)), np.zeros((0, pairs))
    if bonus.ndim == 1:
        return np.ascontiguousarray(sign * bonus)[:, None], np.zeros((0, pairs))
    return np.zeros((pairs, 0)), np.ascontiguousarray(np.broadcast_to(sign * bonus, (count, pairs)))


def _in_threads(
    todo: Ints, exact: bool, layout: Layout, order: Ints, first: Ints, discount: float, base: Bools,
    forbidden: Bools, sense: Floats, reward: Floats, shared: Floats, per_goal: Floats, value: Floats,
    move: Floats, residual: Floats, steps: Ints,
) -> None:  # fmt: skip
    """Share the goals out among the threads, in whole blocks; every goal is solved by one of them."""
    cpu = kernels()
    lanes = cpu.lanes.LANES
    weight = discount * layout.next_prob
    stay = discount * layout.loop
    scale = 1.0 / (1.0 - stay)
    workers = max(1, min(get_threads(), -(-len(todo) // lanes)))
    per_worker = -(-len(todo) // (workers * lanes)) * lanes

    def work(part: Ints) -> None:
        cpu.goals.solve_goals(
            part, exact, order, first, layout.pair_ptr, layout.next_ptr, layout.next_state,
            layout.target, weight, stay, scale, discount, base, forbidden, sense, reward, shared,
            per_goal, value, move, residual, steps, MAX_SWEEPS,
        )  # fmt: skip

    parts = [todo[i : i + per_worker] for i in range(0, len(todo), per_worker)]
    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
