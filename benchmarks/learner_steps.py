"""Environment steps per second of the tabular learners, beside a plain Q-learner in a Gymnasium loop.

    uv run python benchmarks/learner_steps.py            # prints two tables; about two minutes

The peer is the Q-learner that anybody would write first: a NumPy table, one `env.step` after the other,
the same updates, rates and episodes. A loop that only acts at random and learns nothing says what the
environment alone costs, hence what no learner that walks through it can beat. All are measured in turns
in one run, so that a busy machine slows all of them: quote the ratio, not the seconds. A second of the
wall clock is what one waits; a second of the processor leaves out what other people's programs took.
"""

import os
import platform
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import gymnasium
import numpy as np

import telos
from telos.core.world import World
from telos.families import Uniform
from telos.solve.learning import RULES, Rate, learn
from telos.solve.threads import set_threads
from telos.worlds import OffSwitch, PaperclipFactory

DISCOUNT, EPSILON, SIZE, COOLING, EPISODE = 0.9, 0.2, 1.0, 0.05, 100
OURS, THEIRS = 4_000_000, 40_000


def problem(world: World, goals: int) -> telos.Problem:
    """Uniform goals on a world."""
    return telos.Problem(world, Uniform().sample(world, goals, np.random.default_rng(0)), DISCOUNT)


class Speed(NamedTuple):
    """Steps a second of the wall clock, and of the processor (of all threads together)."""

    wall: float
    processor: float


def timed(steps: int, run: Callable[[], object]) -> Speed:
    """The speed of this many steps."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return Speed(
        steps / (time.perf_counter() - wall), steps / max(1e-9, time.process_time() - processor)
    )


def ours(world: World, rule: str, threads: int) -> Speed:
    """One whole call for two goals."""
    goals = 2
    asked = problem(world, goals)
    set_threads(threads)
    run = partial(
        learn,
        asked,
        rule,
        steps=OURS // goals,
        episode=EPISODE,
        epsilon=EPSILON,
        step_size=Rate(SIZE, COOLING),
    )
    return timed(OURS, run)


def plain_q_learner(env: gymnasium.Env, world: World) -> None:
    """Q-learning with a NumPy table on `world.to_gymnasium(goal)` (made before, and not timed)."""
    rng = np.random.default_rng(0)
    states, actions = world.size, len(world.actions)
    legal = np.zeros((states, actions), np.bool_)
    legal[world.pair_state, world.pair_action] = True
    choices = [np.flatnonzero(row) for row in legal]
    q, taken = np.zeros((states, actions)), np.zeros((states, actions))
    s, _ = env.reset(seed=0)
    for _ in range(THEIRS):
        if rng.random() < EPSILON:
            a = int(rng.choice(choices[s]))
        else:
            a = int(choices[s][np.argmax(q[s, choices[s]])])
        then, reward, _, cut, _ = env.step(a)
        size = SIZE / (1.0 + COOLING * taken[s, a])
        q[s, a] += size * (reward + DISCOUNT * q[then, choices[then]].max() - q[s, a])
        taken[s, a] += 1
        s = env.reset()[0] if cut else then


def walking(env: gymnasium.Env, actions: int) -> None:
    """Acting at random, with nothing learned."""
    chosen = np.random.default_rng(0).integers(actions, size=THEIRS).tolist()
    env.reset(seed=0)
    for a in chosen:
        _, _, over, cut, _ = env.step(a)
        if over or cut:
            env.reset()


def best(run: Callable[[], Speed], repeats: int = 3) -> Speed:
    """The best of a few turns, wall clock and processor each by itself."""
    turns = [run() for _ in range(repeats)]
    return Speed(max(t.wall for t in turns), max(t.processor for t in turns))


def main() -> None:
    """Print the tables."""
    small = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.05))
    worlds = [s.build() for s in (OffSwitch(), small, PaperclipFactory())]
    for rule in RULES:  # compile first
        learn(problem(worlds[0], 2), rule, steps=10)
    print(f"{platform.machine()}, {os.cpu_count()} cores; numpy {np.__version__}, ", end="")
    print(f"gymnasium {gymnasium.__version__}, telos {telos.__version__}; million steps")
    print("| world | S | rule | 1 thread, a second | a processor second | 2 threads, a second |")
    print("|---|---|---|---|---|---|")
    for world in worlds:
        for rule in RULES:
            one = best(partial(ours, world, rule, 1))
            two = best(partial(ours, world, rule, 2))
            print(
                f"| {world.name.split('(')[0]} | {world.size:,} | {rule} | {one.wall / 1e6:.1f} | "
                f"{one.processor / 1e6:.1f} | {two.wall / 1e6:.1f} |"
            )
    print("| world | S | plain Q-learner | acting at random | Telos / plain, a processor second |")
    print("|---|---|---|---|---|")
    for world in worlds:
        env = world.to_gymnasium(problem(world, 1).goals.reward[0], max_steps=EPISODE)
        walk = partial(walking, env, len(world.actions))
        turns = [
            (
                ours(world, "q_learning", 1).processor,
                timed(THEIRS, partial(plain_q_learner, env, world)).processor,
                timed(THEIRS, walk).processor,
            )
            for _ in range(3)
        ]
        mine, plain, bare = (max(column) for column in zip(*turns, strict=True))
        print(
            f"| {world.name.split('(')[0]} | {world.size:,} | {plain:,.0f} | {bare:,.0f} | "
            f"{mine / plain:,.0f} |"
        )


if __name__ == "__main__":
    main()
