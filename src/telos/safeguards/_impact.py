"""Impact: how far an action takes what can be attained away from where doing nothing would leave it."""

from typing import Literal

import numpy as np

from telos.core.arrays import Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError
from telos.core.extend import Extension, Move, extend
from telos.core.goals import Goals
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import default_pairs
from telos.safeguards._worlds import carried
from telos.solve.layout import reached
from telos.solve.policies import doing_nothing, evaluate

#: With what the state after an action is compared.
Baseline = Literal["stepwise", "inaction", "start"]

#: Whether every change counts, or only what can no longer be attained.
Deviation = Literal["absolute", "decrease"]

BASELINES = ("stepwise", "inaction", "start")
DEVIATIONS = ("absolute", "decrease")

#: d(s, a) of each pair of the world that remembers the baseline, and a bound on its error.
Impact = tuple[Floats, float]

#: This many rows of attainable values are compared at a time: 64 rows of 100,000 pairs are 51 MB.
BLOCK = 64


def compared(part: str, safeguard: AbstractSafeguard, world: World, baseline: str) -> Extension:
    """The world with the baseline state remembered beside each state, where it has to be.

    Stepwise there is nothing to remember. For `start` it is the first state, which needs no memory
    where there is only one; for `inaction` it is the state in which one would be by now, had one
    done nothing from the start.

    Raises:
        ProblemError: if the world has no default, or (inaction) if doing nothing is a matter of
            chance on the way, so that there is no single state to compare with.
    """
    default_pairs(part, world)
    if baseline == "inaction":
        _certain(part, world)
    elif baseline == "stepwise" or int((world.start > 0).sum()) == 1:
        return Extension(world, ints(np.arange(world.size)), ints(np.arange(world.n_pairs)))
    return once(world, safeguard, lambda plain: _remembering(plain, baseline))


def charged(problem: Problem, ahead: Extension, weight: Floats, impact: Impact) -> Problem:
    """The problem with `bonus_g(s, a) = -weight_g d(s, a)`, in the world that remembers the baseline."""
    price, error = impact
    if ahead.world is not problem.world:
        problem = problem.onto(ahead.world, ahead.state, ahead.pair)
    return problem.with_bonus(floats(-weight[:, None] * price), floats(weight * error))


def changes(
    base: World, ahead: Extension, values: Floats, still: Floats, baseline: str, deviation: str
) -> tuple[Floats, Floats]:
    """F[L'] twice: the mean deviation of what can be attained after each pair, and the mean reference.

    `d(s, a) = mean_i f(E_{s'|s,a} values_i(s') - reference_i)` with f(x) = |x|, or max(0, -x) where
    only a decrease counts. The reference is, stepwise, `E_{s'|s,nothing} values_i(s')`, otherwise
    `still_i` in the baseline state of the next moment. Where doing nothing is all that can be done,
    it is not charged: there is nothing to refrain from.

    Args:
        base: the world without memory. ahead: the same with it (L' pairs).
        values: F[n, S], what n auxiliary goals can attain from each state.
        still: F[n, S], the same in a baseline state.
        baseline, deviation: see `Baseline` and `Deviation`.
    """
    world = ahead.world
    assert base.default is not None
    if baseline == "stepwise":
        reference = base.default[base.pair_state][ahead.pair]
    else:
        reference = _references(base, ahead, baseline)
    total, kept = np.zeros(world.n_pairs), np.zeros(world.n_pairs)
    for row in range(0, len(values), BLOCK):
        some = values[row : row + BLOCK]
        after = np.add.reduceat(
            some[:, base.next_state] * base.next_prob, base.next_ptr[:-1], axis=1
        )
        with_nothing = after if baseline == "stepwise" else still[row : row + BLOCK]
        compared_with = with_nothing[:, reference]
        apart = after[:, ahead.pair] - compared_with
        counted = np.abs(apart) if deviation == "absolute" else np.maximum(-apart, 0.0)
        total += counted.sum(axis=0)
        kept += np.abs(compared_with).sum(axis=0)
    choice = np.diff(world.pair_ptr) > 1
    mean = np.where(choice[world.pair_state], total / len(values), 0.0)
    return floats(mean), floats(kept / len(values))


def rolled_out(world: World, values: Floats, discount: float) -> Floats:
    """F[n, S], what is attained on average from where doing nothing leads in time.

    `RV_i(s) = (1 - discount) sum_{t >= 0} discount^t E[values_i(s_t) | s_0 = s, nothing is done]`.
    """
    policy = doing_nothing(world)
    return floats((1.0 - discount) * evaluate(Problem(world, Goals(values), discount), policy))


def ranges(problem: Problem) -> Floats:
    """F[G], `max_s R_g(s) - min_s R_g(s)`: what a goal can gain or lose in one step."""
    reward = problem.goals.reward
    return floats(reward.max(axis=1) - reward.min(axis=1))


def _remembering(world: World, baseline: str) -> Extension:
    """The world with the number of the baseline state as its memory (None: the present state)."""
    assert world.default is not None
    onward = world.next_state[world.next_ptr[world.default]]
    starts = np.flatnonzero(world.start > 0)

    def moves(s: int, memory: object) -> list[Move]:
        now = memory if isinstance(memory, int) else s
        then = int(onward[now]) if baseline == "inaction" else now
        return [carried(world, pair, then) for pair in world.pairs_of(s)]

    first = int(starts[0]) if len(starts) == 1 else None
    return extend(world, first, moves, name=f"{world.name}, remembering {baseline}")


def _references(base: World, ahead: Extension, baseline: str) -> Ints:
    """I[L'], the baseline state at the moment after each pair."""
    if ahead.world is base:
        return ints(np.full(base.n_pairs, int(np.argmax(base.start > 0))))
    assert base.default is not None
    # What is remembered beside a pair's successors is the baseline state of that moment.
    first = ahead.world.next_state[ahead.world.next_ptr[:-1]]
    memory = [ahead.world.states[s].memory for s in first]
    return ints(memory)


def _certain(part: str, world: World) -> None:
    """Raise ProblemError where doing nothing from the start is a matter of chance."""
    assert world.default is not None
    nothing = np.zeros(world.n_pairs, np.bool_)
    nothing[world.default] = True
    fan = np.diff(world.next_ptr)[world.default]
    for s in np.flatnonzero(reached(world, bools(nothing)) & (fan > 1)):
        raise ProblemError(
            f"{part}: in {world.name}, {world.describe(int(world.default[s]))}, doing nothing "
            f"leads to {fan[s]} states by chance, so the inaction baseline is not a single "
            "state. Use baseline='stepwise' (it takes expectations) or 'start'."
        )
