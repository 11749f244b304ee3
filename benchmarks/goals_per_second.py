"""Goals per second of the public `solve`, beside QuantEcon's solver on the same world and goals.

    uv run python benchmarks/goals_per_second.py            # prints a table; about two minutes

Whole calls are timed, certified bounds and tied sets included; QuantEcon solves the same goals one
by one with its rewards swapped in place, on one core, and is asked for the same accuracy. Both are
measured in turns in one run, so that a busy machine slows both: quote the ratio, not the seconds.
"""

import os
import platform
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from quantecon.markov import DiscreteDP

import telos
from telos.core.world import World
from telos.solve.threads import get_threads
from telos.worlds import PaperclipFactory, RandomWorld


class Case(NamedTuple):
    """One world at one discount, with how many goals each side is given."""

    name: str
    world: World
    discount: float
    goals: int
    peer_goals: int
    method: str


def grid(side: int) -> World:
    """A deterministic side x side grid: four moves and staying."""
    cell = np.arange(side * side).reshape(side, side)
    moves = [
        np.vstack([cell[:1], cell[:-1]]),
        np.vstack([cell[1:], cell[-1:]]),
        np.hstack([cell[:, :1], cell[:, :-1]]),
        np.hstack([cell[:, 1:], cell[:, -1:]]),
        cell,
    ]
    target = np.stack([move.ravel() for move in moves], axis=1)
    size = side * side
    return World.from_arrays(
        np.arange(size + 1) * 5,
        np.tile(np.arange(5), size),
        np.arange(size * 5 + 1),
        target.ravel(),
        np.ones(size * 5),
        name=f"grid {side}x{side}",
    )


def draw(world: World, n: int) -> telos.Goals:
    """n uniform goals, one value an outcome."""
    rng = np.random.default_rng(0)
    return telos.Goals(rng.random((n, world.n_outcomes))[:, world.outcome])


def ours(case: Case, goals: telos.Goals) -> tuple[float, np.ndarray]:
    """Seconds for one whole call with tied sets, and the values."""
    begin = time.perf_counter()
    solution = telos.solve(telos.Problem(case.world, goals, case.discount), tolerance=1e-6)
    assert solution.tied.any()
    assert solution.bound.max() <= 1e-6
    return time.perf_counter() - begin, solution.value


def peer(case: Case, goals: telos.Goals) -> tuple[float, np.ndarray]:
    """Seconds for QuantEcon on each goal in turn (model built once, not timed), and the values."""
    from scipy.sparse import csr_matrix

    world = case.world
    matrix = csr_matrix(
        (world.next_prob, world.next_state, world.next_ptr), shape=(world.n_pairs, world.size)
    )
    rewards = goals.reward[:, world.pair_state]
    model = DiscreteDP(
        rewards[0].copy(), matrix, case.discount, world.pair_state, world.pair_action
    )
    values = np.empty((goals.count, world.size))
    model.solve(method=case.method, epsilon=1e-6, max_iter=100_000)
    begin = time.perf_counter()
    for g in range(goals.count):
        model.R[:] = rewards[g]
        values[g] = model.solve(method=case.method, epsilon=1e-6, max_iter=100_000).v
    return time.perf_counter() - begin, values


def measure(case: Case, repeats: int = 3) -> tuple[float, float, float]:
    """Goals per second of ours and of the peer (best of a few turns), and the largest difference."""
    many, few = draw(case.world, case.goals), draw(case.world, case.peer_goals)
    ours(case, few)
    best: dict[str, float] = {}
    runs: list[tuple[str, Callable[[Case, telos.Goals], tuple[float, np.ndarray]], telos.Goals]] = [
        ("ours", ours, many),
        ("peer", peer, few),
    ]
    values = {}
    for _ in range(repeats):
        for name, run, goals in runs:
            seconds, values[name] = run(case, goals)
            best[name] = max(best.get(name, 0.0), goals.count / seconds)
    # The first goals of both draws are the same goals.
    error = float(np.abs(values["ours"][: case.peer_goals] - values["peer"]).max())
    return best["ours"], best["peer"], error


def main() -> None:
    """Print the table."""
    factory = PaperclipFactory().build()
    chaos = RandomWorld(states=2000, actions=5, successors=5, seed=0).build()
    cases = [
        Case("grid 20x20", grid(20), 0.99, 4096, 40, "policy_iteration"),
        Case("grid 100x100", grid(100), 0.99, 512, 6, "policy_iteration"),
        Case("random 2,000", chaos, 0.99, 512, 40, "modified_policy_iteration"),
        Case("paperclip factory", factory, 0.9, 1024, 20, "modified_policy_iteration"),
        Case("paperclip factory", factory, 0.99, 1024, 20, "modified_policy_iteration"),
    ]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {get_threads()} threads for Telos, 1 for the peer"
    )
    print(f"numpy {np.__version__}, telos {telos.__version__}")
    print(
        "| world | S | discount | Telos goals/s | QuantEcon goals/s | ratio | largest difference |"
    )
    print("|---|---|---|---|---|---|---|")
    for case in cases:
        rate, other, error = measure(case)
        print(
            f"| {case.name} | {case.world.size:,} | {case.discount} | {rate:,.0f} | {other:,.1f} | "
            f"{rate / other:,.0f} | {error:.1e} |"
        )


if __name__ == "__main__":
    main()
