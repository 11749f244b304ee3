"""Training: what was seen of a learner, and which goals it could be pursuing, for all that was seen."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, bools, floats, ints
from telos.core.behavior import Behavior
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.policies import visit
from telos.solve.solve import solve

#: Goals that are drawn and solved at a time while compatible ones are looked for.
BLOCK = 512

#: What was seen in training: flags on pairs, B[L] or B[G, L], or the behavior of a learner.
Seen = ArrayLike | Behavior


@final
@dataclass(frozen=True)
class Drawn:
    """Compatible goals, and how many had to be drawn to find them.

    Args:
        goals: the compatible goals, in the order of their numbers.
        tried: how many were drawn.
    """

    goals: Goals
    tried: int

    @property
    def acceptance(self) -> float:
        """The share of goals that are compatible."""
        return self.goals.count / self.tried


def training_support(problem: Problem, behavior: Behavior, *, least: float = 0.5) -> Bools:
    """The pairs that somebody who watched a behavior would say it has learned.

    In states that are visited at least once (reached from the start, for behavior known exactly),
    the pairs that are taken with probability at least `least`.

    Args:
        problem: the training problem.
        behavior: what a learner does there.
        least: in (0, 1]: exploration and habits rarer than that are not counted as learned.

    Returns:
        B[G, L].

    Raises:
        ProblemError: if `least` is out of range.

    Example:
        >>> from telos import Goals, Problem, agents, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> problem = Problem(world, Goals([0.0, 1.0, 2.0]), 0.9)
        >>> done = agents.Optimal().behave(problem, np.random.default_rng(0))
        >>> training_support(problem, done).tolist()
        [[False, True, False, True]]
    """
    if not 0 < least <= 1:
        raise ProblemError(
            f"training_support: least is {least!r}; it must be above 0 and at most 1."
        )
    world, policy = problem.world, behavior.policy
    visits = np.broadcast_to(behavior.visits, (len(policy), world.size))
    been = visits >= 1
    if np.isinf(visits).any():
        reached = [
            visit(world, policy, bools(s == np.arange(world.size))) for s in range(world.size)
        ]
        been = np.where(np.isinf(visits), np.array(reached).T > 0, been)
    return bools((policy >= least) & been[:, world.pair_state])


def compatible(problem: Problem, seen: Seen) -> Bools:
    """Which goals fit what was seen: those for which all of it is optimal.

    Goal g is compatible iff every pair seen is tied-optimal for g: some optimal policy of g does just
    that. Nothing is asked of states in which nothing was seen.

    Args:
        problem: the training situation, its discount, and G candidate goals.
        seen: B[L], the pairs seen; B[G, L], other pairs for each goal; or a learner's behavior (one
            row, or one a goal), read by `training_support`.

    Returns:
        B[G].

    Raises:
        ProblemError: if nothing was seen, or the shape fits neither pairs nor goals.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> goals = Goals([[0.0, 1.0, 2.0], [0.0, 2.0, 1.0], [0.0, 1.0, 1.0]])
        >>> compatible(Problem(world, goals, 0.9), [False, True, False, False]).tolist()
        [True, False, True]

    References:
        Krakovna and Kramar (2023), the training-compatible goal set.
    """
    world = problem.world
    flags = _seen(problem, seen)
    if flags.shape not in ((1, world.n_pairs), (problem.goals.count, world.n_pairs)):
        raise ProblemError(
            f"{world.name}: seen has shape {flags.shape}; give one flag for each of {world.n_pairs} "
            f"pairs, or a row of them for each of {problem.goals.count} goals."
        )
    if not flags.any(axis=1).all():
        raise ProblemError(f"{world.name}: nothing was seen in training, so every goal fits it.")
    return bools(~(flags & ~solve(problem).tied).any(axis=1))


def off_distribution(
    world: World, seen: Seen, problem: Problem | None = None
) -> tuple[Hashable, ...]:
    """The outcomes that training says nothing of: those of no state acted in or come to there.

    Args:
        world: the world.
        seen: B[L], the pairs seen.
        problem: the training problem, if `seen` is a learner's behavior.

    Returns:
        Their names; what `telos.theory.orbit` may permute without touching what training was about.

    Raises:
        ProblemError: if a behavior comes without its problem.

    Example:
        >>> from telos import explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> off_distribution(world, [False, True, False, False])
        ('left',)
    """
    if isinstance(seen, Behavior):
        if problem is None:
            raise ProblemError(
                "off_distribution: give the training problem that the behavior belongs to."
            )
        seen = training_support(problem, seen)
    flags = np.atleast_2d(np.asarray(seen, dtype=np.bool_)).any(axis=0)
    known = np.zeros(world.size, np.bool_)
    known[world.pair_state[flags]] = True
    known[world.next_state[np.repeat(flags, np.diff(world.next_ptr))]] = True
    rest = np.setdiff1d(np.arange(world.n_outcomes), world.outcome[known])
    return tuple(world.outcomes[k] for k in rest)


def draw_compatible(
    problem: Problem,
    family: AbstractGoalFamily,
    seen: Seen,
    *,
    n: int,
    rng: np.random.Generator,
    most: int = 1_000_000,
) -> Drawn:
    """Draw goals of a family until n of them fit the training; rejection, with its acceptance.

    What comes out is the family's distribution, conditioned on `compatible`: goals number 0, 1, …
    of the sequence that `rng` names, less those that do not fit.

    Args:
        problem: the training situation: its world and discount (its goals are not used).
        family: the distribution of goals before training.
        seen: one row; see `compatible`.
        n: how many compatible goals are wanted.
        rng: names the goals.
        most: how many goals are tried at most.

    Returns:
        The goals (all compatible ones up to the n-th), and how many were tried.

    Raises:
        ProblemError: if fewer than n of `most` goals are compatible, with how many were.

    Example:
        >>> from telos import Goals, Problem, explore, families
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> found = draw_compatible(
        ...     Problem(world, Goals([0.0, 0.0, 1.0]), 0.9), families.Uniform(),
        ...     [False, True, False, False], n=100, rng=np.random.default_rng(0))
        >>> found.goals.count, bool((found.goals.reward[:, 2] >= found.goals.reward[:, 1]).all())
        (100, True)
    """
    flags = _seen(problem, seen)
    key = int(rng.integers(2**63))
    kept: list[Goals] = []
    have = tried = 0
    while have < n:
        if tried >= most:
            raise ProblemError(
                f"{problem.world.name}: {have} of {tried} goals are compatible with what was seen, "
                f"fewer than the {n} asked for. Ask for fewer, raise most, or permute only what "
                "training says nothing of (orbit, off_distribution)."
            )
        size = min(BLOCK, most - tried)
        goals = family.sample(problem.world, size, np.random.default_rng(key), first=tried)
        fits = np.flatnonzero(compatible(replace(problem, goals=goals, slack=0.0), flags))
        if have + len(fits) >= n:
            fits = fits[: n - have]
            tried += int(fits[-1]) + 1
        else:
            tried += size
        have += len(fits)
        if len(fits):
            kept.append(goals.take(ints(fits)))
    return Drawn(_joined(kept), tried)


def _seen(problem: Problem, seen: Seen) -> Bools:
    if isinstance(seen, Behavior):
        return training_support(problem, seen)
    return bools(np.atleast_2d(np.asarray(seen, dtype=np.bool_)))


def _joined(parts: list[Goals]) -> Goals:
    return Goals(
        floats(np.concatenate([goals.reward for goals in parts])),
        tuple(label for goals in parts for label in goals.label),
        pool=floats(np.concatenate([goals.rewritten() for goals in parts])),
    )
