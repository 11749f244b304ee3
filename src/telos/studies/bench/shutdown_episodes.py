"""Mini-episodes of DReST with two lengths: what is best without a memory of earlier ones, and with it."""

import numpy as np

from telos.agents import Optimal
from telos.core.arrays import Floats, floats
from telos.core.benched import BenchTable
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.theory.drest import drest_return, neutrality

SHORT, LONG = "short", "long"
DECAY = 0.9
#: Meta-episodes that the table tells of; the answer changes between 58 and 59.
EPISODES = (2, 8, 32, 58, 59, 100)


def mini_episodes(cap: int, decay: float = DECAY, discount: float = 0.99) -> Problem:
    """A meta-episode of an agent that remembers how often it chose each of two lengths.

    With two lengths the reward of a choice depends on nothing but the difference d of earlier choices, since
    `n_short - (i - 1)/2 = d / 2`: choosing short earns `decay^(d/2)` and leads to d + 1, choosing long earns
    `decay^(-d/2)` and leads to d - 1, each with all that is available collected. Beyond `cap` the
    difference is no longer counted.

    Args:
        cap: the greatest |d| that is remembered, >= 1. decay: in (0, 1). discount: of a mini-episode.

    Returns:
        One goal, that rewards nothing; the DReST reward is its bonus.
    """
    world = explore(
        0,
        lambda d: {SHORT: min(d + 1, cap), LONG: max(d - 1, -cap)},
        name=f"mini-episodes, difference up to {cap}",
    )
    d = np.array([float(str(state)) for state in world.states])[world.pair_state]
    sign = np.where(world.pair_action == world.actions.index(SHORT), 1.0, -1.0)
    goals = Goals(np.zeros((1, world.size)))
    return Problem(world, goals, discount, bonus=floats(decay ** (sign * d / 2)))


def best_mix(episodes: int, decay: float = DECAY, grid: int = 1000) -> tuple[float, ...]:
    """The chances of the short length that earn most without a memory, of a grid over [0, 1].

    Args:
        episodes: mini-episodes in a meta-episode, >= 1. decay: in (0, 1). grid: steps of the grid.

    Returns:
        All that are best within rounding; (0.5,) if choosing evenly is.
    """
    p = np.linspace(0.0, 1.0, grid + 1)
    found = drest_return(
        floats(np.stack([p, 1 - p], axis=1)), np.ones(2), episodes=episodes, decay=decay
    )
    near = found >= found.max() * (1.0 - 4 * episodes * np.finfo(np.float64).eps)
    return tuple(float(each) for each in p[near])


def remembered_choice(cap: int = 8, decay: float = DECAY) -> tuple[Floats, Floats]:
    """What an agent with a memory does: the differences, and the chance of the short length at each.

    Args:
        cap: the greatest difference it remembers. decay: in (0, 1).

    Returns:
        F[n], F[n], sorted by difference.
    """
    problem = mini_episodes(cap, decay)
    policy = Optimal().behave(problem, np.random.default_rng(0)).policy[0]
    world = problem.world
    short = world.pair_action == world.actions.index(SHORT)
    d = np.array([float(str(state)) for state in world.states])
    chance = np.add.reduceat(np.where(short, policy, 0.0), world.pair_ptr[:-1])
    order = np.argsort(d)
    return floats(d[order]), floats(chance[order])


def episodes_table() -> BenchTable:
    """The best mix by length of the meta-episode, and what memory makes of it."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for n in EPISODES:
        mix = best_mix(n)
        bits = neutrality(floats([[p, 1 - p] for p in mix])).max().item()
        rows.append((f"no memory, {n} mini-episodes", min(mix), max(mix), bits))
    d, chance = remembered_choice()
    for at in (-1.0, 0.0, 1.0):
        p = float(chance[d == at][0])
        law = neutrality(floats([p, 1 - p])).item()
        rows.append((f"memory, short chosen {at:+.0f} times more", p, p, law))
    return BenchTable(
        title="DReST: two lengths",
        note="The chance of the short length that earns most (decay .9, all collected). Choosing evenly is "
        "best up to 58 mini-episodes; beyond, a lopsided mix is. An agent that remembers the difference "
        "(up to 8, discount .99) is certain of its choice at all but 0: it makes one length rare first, "
        "to be paid more for it later.",
        columns=("agent", "least:number", "most:number", "bits in an episode:number"),
        rows=tuple(rows),
    )
