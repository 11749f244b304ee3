"""Goals per second of the graphics kernels, and the share of the device's memory bandwidth they use.

    uv run python benchmarks/gpu.py            # prints a table, or that there is no device

Whole solves are timed, certified bounds included, after one that compiles; beside each stands the
same call on this machine's processor. The bandwidth of the device is measured, by copying an array
that no cache holds. What a solve has to move at the least is counted as one read of the values and
the rewards and one write of the values for each step, in float32 (the graph is shared by all goals,
and gathers are taken to hit the cache): the share says how far a solve is from that limit.
"""

import platform
import time
from typing import NamedTuple

import numpy as np

import telos
from telos.core.errors import TelosError
from telos.core.world import World
from telos.solve.device import describe_device, graphics, set_device
from telos.solve.on_gpu import optimize_on_gpu
from telos.solve.optimization import Optimization, Optimum
from telos.solve.optimize import optimize
from telos.worlds import PaperclipFactory, RandomWorld

#: What a step moves for each state and goal: V read and written, R read, in float32.
BYTES = 12


class Case(NamedTuple):
    """One world at one discount, and how many goals it is solved for."""

    name: str
    world: World
    discount: float
    goals: int


def grid(side: int, slip: float = 0.0) -> World:
    """A side x side grid with four moves and staying; `slip`: the chance that a move goes nowhere."""
    cell = np.arange(side * side).reshape(side, side)
    moves = [
        np.vstack([cell[:1], cell[:-1]]),
        np.vstack([cell[1:], cell[-1:]]),
        np.hstack([cell[:, :1], cell[:, :-1]]),
        np.hstack([cell[:, 1:], cell[:, -1:]]),
        cell,
    ]
    target = np.stack([move.ravel() for move in moves], axis=1).ravel()
    here = np.repeat(cell.ravel(), 5)
    size, pairs = side * side, 5 * side * side
    if slip == 0.0:
        successors = target, np.ones(pairs), np.arange(pairs + 1)
    else:
        moved = target != here
        fan = 1 + moved
        ptr = np.concatenate(([0], np.cumsum(fan)))
        state, chance = np.repeat(here, fan), np.ones(ptr[-1])
        chance[ptr[:-1][moved]] = slip
        state[ptr[:-1][moved] + 1] = target[moved]
        chance[ptr[:-1][moved] + 1] = 1.0 - slip
        successors = state, chance, ptr
    return World.from_arrays(
        np.arange(size + 1) * 5,
        np.tile(np.arange(5), size),
        successors[2],
        successors[0],
        successors[1],
        name=f"grid {side}x{side}" + (f", slip {slip}" if slip else ""),
    )


def task_of(case: Case) -> Optimization:
    """Uniform goals, one value an outcome, to 1e-6."""
    rng = np.random.default_rng(0)
    reward = rng.random((case.goals, case.world.n_outcomes))[:, case.world.outcome]
    return Optimization(case.world, reward, case.discount, np.full(case.goals, 1e-6))


def bandwidth() -> float:
    """Bytes a second that the device reads and writes when it copies 512 MiB."""
    import jax
    import jax.numpy as jnp

    _, device = graphics()
    with jax.default_device(device):
        array = jnp.zeros(1 << 27, jnp.float32)
        copy = jax.jit(lambda x: x + 1)
        copy(array).block_until_ready()
        best = np.inf
        for _ in range(5):
            begin = time.perf_counter()
            copy(array).block_until_ready()
            best = min(best, time.perf_counter() - begin)
    return 2 * array.nbytes / best


def measure(case: Case, repeats: int = 3) -> tuple[float, float, float, float]:
    """Goals a second on the device and on the processor, the largest difference, bytes a second."""
    task = task_of(case)
    value, bound, steps, _ = optimize_on_gpu(task)
    best = {"gpu": np.inf, "cpu": np.inf}
    truth: Optimum = optimize(task)
    for _ in range(repeats):
        begin = time.perf_counter()
        optimize_on_gpu(task)
        best["gpu"] = min(best["gpu"], time.perf_counter() - begin)
        begin = time.perf_counter()
        optimize(task)
        best["cpu"] = min(best["cpu"], time.perf_counter() - begin)
    error = float(np.abs(value - truth.value).max())
    assert bound.max() <= 1e-6
    moved = BYTES * case.world.size * float(steps.sum())
    return case.goals / best["gpu"], case.goals / best["cpu"], error, moved / best["gpu"]


def main() -> None:
    """Print the table, if there is a device."""
    try:
        set_device("gpu")
    except TelosError as problem:
        print(f"nothing measured: {problem}")
        return
    name, most = describe_device(), bandwidth()
    set_device("cpu")
    chaos = RandomWorld(states=2000, actions=5, successors=5, seed=0).build()
    cases = [
        Case("grid 20x20", grid(20), 0.99, 4096),
        Case("grid 20x20", grid(20), 0.999, 4096),
        Case("grid 100x100", grid(100), 0.99, 4096),
        Case("grid 100x100, slip 0.2", grid(100, 0.2), 0.99, 1024),
        Case("random 2,000", chaos, 0.99, 4096),
        Case("paperclip factory", PaperclipFactory().build(), 0.99, 4096),
        Case("grid 1000x1000", grid(1000), 0.99, 64),
    ]
    print(f"{name}, {most / 1e9:,.0f} GB/s measured; beside it {platform.machine()}")
    print(f"numpy {np.__version__}, telos {telos.__version__}")
    print("| world | S | discount | goals/s | on the processor | largest difference | bandwidth |")
    print("|---|---|---|---|---|---|---|")
    for case in cases:
        rate, other, error, moved = measure(case)
        print(
            f"| {case.name} | {case.world.size:,} | {case.discount} | {rate:,.0f} | {other:,.0f} | "
            f"{error:.1e} | {100 * moved / most:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
