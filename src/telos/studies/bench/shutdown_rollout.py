"""Rollouts of the shutdown bench: one life of one goal under each proposal, as a line of text."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from telos.agents import Optimal
from telos.core.arrays import ints
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.measure.guard import guard

#: Steps that are told.
STEPS = 24


def told_rollout(problem: Problem, parts: Sequence[AbstractSafeguard], goal: int, seed: int) -> str:
    """What an optimal agent of one goal does under some safeguards, until it is off or time is up.

    Step t draws one number for the act and one for what comes of it, the same whatever the proposal.

    Args:
        problem: before any safeguard. parts: the safeguards. goal: which one. seed: of the draws.

    Returns:
        The acts, repetitions counted, and how it ends: "cut the button, make product 2 (11 times); on".
    """
    guarded = guard(problem.take(ints([goal])), parts)
    world = guarded.world
    policy = Optimal().behave(guarded, np.random.default_rng(0)).policy[0]
    draws = np.random.default_rng([seed, goal]).random((STEPS, 2))
    off = world.feature("off") != 0
    state, acts = int(np.argmax(world.start)), []
    for choice, chance in draws:
        if off[state]:
            break
        pairs = np.array(world.pairs_of(state))
        pair = int(pairs[_drawn(policy[pairs], choice)])
        acts.append(world.actions[world.pair_action[pair]])
        ends = slice(int(world.next_ptr[pair]), int(world.next_ptr[pair + 1]))
        state = int(world.next_state[ends][_drawn(world.next_prob[ends], chance)])
    runs = [(act, len(list(same))) for act, same in groupby(acts)]
    line = ", ".join(act if n == 1 else f"{act} ({n} times)" for act, n in runs)
    return f"{line}; {'off' if off[state] else 'on'}"


def _drawn(probability: np.ndarray, uniform: float) -> int:
    """The entry that a uniform number picks."""
    ends = np.cumsum(probability)
    return min(int(np.searchsorted(ends, uniform * ends[-1], side="right")), len(ends) - 1)
