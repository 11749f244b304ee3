"""guard: a problem under safeguards, what an unaware agent does there, and what is left of its task."""

import traceback
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError, TelosError
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.spec import show
from telos.solve.centered import centered
from telos.solve.foresight import Planner
from telos.solve.policies import checked_policy, worth_at_start
from telos.solve.value_range import value_range

#: What a safeguard may act on: wants, means, or who watches.
KINDS = ("specification", "restriction", "oversight")
#: What others live on.
COMMONS = "commons"


def guard(problem: Problem, safeguards: Sequence[AbstractSafeguard]) -> Problem:
    """The problem under several safeguards, applied in their order.

    Args:
        problem: the problem.
        safeguards: none, one or several.

    Returns:
        The problem as the last one leaves it; `origin` leads back to the given one.

    Raises:
        ProblemError: if a safeguard fails, or changes the goals or the discount; it is named.

    Example:
        >>> from telos import Goals, Problem, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([1.0] * world.size), 0.9)
        >>> guarded = guard(problem, (safeguards.ShortHorizon(0.5), safeguards.Noisy(0.1)))
        >>> guarded.horizon_discount, guarded.before is problem
        (0.5, True)
    """
    if isinstance(safeguards, AbstractSafeguard):
        name = type(safeguards).__name__
        raise ProblemError(f"{name} is one safeguard, not several; write ({name}(...),).")
    for safeguard in safeguards:
        problem = _applied(safeguard, problem)
    return problem


def _applied(safeguard: AbstractSafeguard, problem: Problem) -> Problem:
    """The problem under one safeguard; raises ProblemError if it is not what a safeguard may make of it."""
    if not isinstance(safeguard, AbstractSafeguard):
        raise ProblemError(
            f"{safeguard!r} is not a safeguard; give instances, such as Forbid(actions=('tamper',))."
        )
    name = show(safeguard)
    if safeguard.kind not in KINDS:
        raise ProblemError(
            f"{name}: kind is {safeguard.kind!r}; it must be one of {', '.join(KINDS)}."
        )
    try:
        made = safeguard.apply(problem)
    except TelosError:
        raise
    except Exception as slip:
        where = traceback.extract_tb(slip.__traceback__)[-1]
        raise ProblemError(
            f"{name}: apply() failed with {type(slip).__name__}: {slip} "
            f"({Path(where.filename).name}, line {where.lineno}). `telos check` says more."
        ) from slip
    if not isinstance(made, Problem):
        raise ProblemError(
            f"{name}: apply() returned a {type(made).__name__}, not a Problem. End it with a return."
        )
    if made.discount != problem.discount or made.goals.label != problem.goals.label:
        raise ProblemError(
            f"{name}: apply() changed the {'discount' if made.discount != problem.discount else 'goals'}, "
            "by which everything is judged. Set planning_discount for a planner that looks less far ahead, "
            "and problem.pursuing(goals) for one that is given other goals."
        )
    if made is not problem and made.before is not problem.before:
        raise ProblemError(
            f"{name}: apply() lost the way back to the problem before. Make the new problem from the "
            "given one, by onto, with_bonus or pursuing, or keep origin=problem.since()."
        )
    return made


def unaware_policy(problem: Problem, policy: Floats) -> Floats:
    """What comes of a policy that was made without the safeguards, carried out under them.

    In each state the agent does what its policy does in the state that it stands for, as if there
    were no safeguard. What it means to do and cannot, it does nothing instead (the default action;
    in a world without one, it chooses among what is left in proportion).

    Args:
        problem: the problem under safeguards.
        policy: F[G, L] over the pairs of `problem.before.world`.

    Returns:
        F[G, L'] over the pairs of `problem.world`.

    Raises:
        ProblemError: if the policy is not one for the world before the safeguards.

    Example:
        >>> from telos import Goals, Problem, safeguards, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()  # be switched off, walk on; then no choice
        >>> problem = Problem(world, Goals([1.0] * world.size), 0.9)
        >>> guarded = safeguards.Forbid(actions=("walk on",)).apply(problem)
        >>> unaware_policy(guarded, [[0.25, 0.75, 1.0, 1.0, 1.0]]).tolist()
        [[1.0, 1.0, 1.0, 1.0]]

    References:
        Langlois and Everitt (2021), How RL agents behave when their actions are modified.
    """
    origin, world = problem.since(), problem.world
    rows = checked_policy(origin.problem.world, policy, problem.goals.count)
    known = origin.pair >= 0
    # A safeguard may offer the same thing twice in a state; then its probability is shared.
    _, group, size = np.unique(
        np.stack([world.pair_state, np.where(known, origin.pair, -1)]),
        axis=1, return_inverse=True, return_counts=True,
    )  # fmt: skip
    share = 1.0 / size[group.reshape(-1)]
    moved = np.where(known, rows[:, origin.pair] * share, 0.0)
    kept = np.add.reduceat(moved, world.pair_ptr[:-1], axis=1)
    if world.default is not None:
        lost = np.maximum(1.0 - kept, 0.0)
        lost[lost < 1e-12] = 0.0
        moved[:, world.default] += lost
        kept = np.add.reduceat(moved, world.pair_ptr[:-1], axis=1)
    counts = np.diff(world.pair_ptr)[world.pair_state]
    whole = kept[:, world.pair_state]
    return floats(np.where(whole > 0, moved / np.where(whole > 0, whole, 1.0), 1.0 / counts))


def task_value(problem: Problem, policy: Floats) -> Floats:
    """F[G], what a policy is worth at the start by the goals and the discount before any safeguard.

    `V^pi_R(s0)` in the world as it is under the safeguards, without any bonus or penalty of theirs.

    Args:
        problem: the problem under safeguards. policy: F[G, L] over its pairs.
    """
    plain = Problem(problem.world, Goals(problem.intended()), problem.discount)
    return worth_at_start(plain, policy)


def task_retained(problem: Problem, policy: Floats, time: Floats | None = None) -> Floats:
    """The part of the task that is still done under the safeguards.

    `K = (V^pi_R - min V_R) / (max V_R - min V_R)` at the start, with both extremes those of the
    world before any safeguard: 1 is as good as the free optimum, 0 as bad as the worst free life.
    It may be negative, where a safeguard makes worse things happen than the agent could have done,
    and more than 1 where it brings about what the agent could not (by binding its rewritten self, say).

    Args:
        problem: the problem under safeguards.
        policy: F[G, L] over its pairs.
        time: F[G, S], what it spends in each state (`time_spent`), if that was computed before.

    Returns:
        F[G]; NaN for goals to which everything is alike.

    Raises:
        ProblemError: if the policy is not one for the problem's world.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=1).build()
        >>> wants_the_room = Goals([float(s == "room 1") for s in world.states])
        >>> task_retained(Problem(world, wants_the_room, 0.9), [0.25, 0.75, 1.0, 1.0, 1.0]).round(6).tolist()
        [0.75]

    References:
        Own definition; the alignment or safety tax, made a share.
    """
    free = _judged(problem.before)
    spread = value_range(free)
    best, least = Planner().solve(free), Planner().first(free, minimize=True)
    # Both extremes are those of the goals around their middles; so is this.
    rewards = problem.intended() - centered(free).middle[:, None]
    plain = Problem(problem.world, Goals(rewards), problem.discount)
    worth = worth_at_start(plain, policy) if time is None else (time * rewards).sum(axis=1)
    done = worth - least.at_start
    share = np.divide(done, spread, out=np.full(len(done), np.nan), where=spread > 0)
    # What ties and the solver's bound leave open is not a loss: it may as well be the optimum.
    slack = best.bound + least.bound + best.margin / (1.0 - free.discount)
    return floats(np.where((np.abs(done - spread) <= slack) & (spread > 0), 1.0, share))


def _judged(problem: Problem) -> Problem:
    """The problem by goals, world and discount alone: itself, unless it plans or earns otherwise."""
    if problem.planning_discount is None and problem.pair_bonus() is None:
        return problem
    return Problem(problem.world, problem.goals, problem.discount)


def left_for_others(problem: Problem, policy: Floats) -> Floats:
    """F[G] in [0, 1], the part of the commons that others can count on: its discounted average.

    `(1 - discount) E sum_t discount^t commons(s_t) / max commons` under the policy.

    Args:
        problem: the problem under safeguards. policy: F[G, L] over its pairs.

    Raises:
        FeatureMissing: if the world has no feature `commons`.
    """
    world = problem.world
    stock = world.feature(COMMONS)
    most = float(problem.before.world.feature(COMMONS).max())
    if most <= 0:
        raise ProblemError(f"{world.name}: its commons are never more than {most:g}.")
    goals = Goals(np.broadcast_to(stock / most, (problem.goals.count, world.size)))
    value = worth_at_start(Problem(world, goals, problem.discount), policy)
    return floats(np.clip((1.0 - problem.discount) * value, 0.0, 1.0))
