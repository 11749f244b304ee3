"""learn: action values found by trial and error."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import (
    Bools,
    Floats,
    Ints,
    bools,
    floats,
    frozen,
    ints,
    sealed,
)
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.layout import kernels
from telos.solve.solve import uniform_over
from telos.solve.threads import share_out

#: The rules of learning, in the order of the kernel's numbers for them.
LearningRule = Literal["q_learning", "sarsa", "expected_sarsa"]
RULES: tuple[LearningRule, ...] = ("q_learning", "sarsa", "expected_sarsa")


@final
@dataclass(frozen=True)
class Rate:
    """A rate that may cool as experience grows: `first / (1 + cooling * count)`.

    Args:
        first: in [0, 1], the rate at the first time.
        cooling: >= 0. 0: constant. For a step size any value above 0 makes learning converge; with
            `1 - discount` the error falls fastest (Wainwright 2019).

    Raises:
        ProblemError: if either is outside its range.

    Example:
        >>> Rate(0.5, cooling=0.1)
        Rate(first=0.5, cooling=0.1)
    """

    first: float
    cooling: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.first <= 1.0:
            raise ProblemError(f"Rate: first is {self.first!r}; it must be from 0 to 1.")
        if not (np.isfinite(self.cooling) and self.cooling >= 0.0):
            raise ProblemError(f"Rate: cooling is {self.cooling!r}; it must be finite and >= 0.")


@final
@dataclass(frozen=True, eq=False)
class InterruptionScheme:
    """Somebody overrules the agent: in some states, by chance, another pair is carried out.

    The world stays as it is: `INT(pi)(a | s) = (1 - p) pi(a | s) + p [a = instead(s)]` in the
    marked states, `pi` elsewhere.

    Args:
        instead: I[S], the pair carried out in place of the agent's, -1 where it is never overruled.
        probability: p in [0, 1].
        whole_episode: whether chance decides once an episode, for all its marked states, instead of at
            every step. The agent does not see how it was decided.
        seen: whether the learner sees which pair was carried out, and learns about that; else it
            takes what happened for the effect of the pair it chose.

    References:
        Orseau & Armstrong (2016), Safely Interruptible Agents (the interruptible policy).
    """

    instead: Ints
    probability: float
    whole_episode: bool = False
    seen: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "instead", ints(self.instead))
        if not 0.0 <= self.probability <= 1.0:
            raise ProblemError(
                f"InterruptionScheme: probability is {self.probability!r}; it must be from 0 to 1."
            )

    def check(self, world: World) -> None:
        """Raise ProblemError unless every overruling pair belongs to its state."""
        instead = self.instead
        if instead.shape != (world.size,):
            raise ProblemError(
                f"InterruptionScheme: instead has shape {instead.shape}, not one pair (or -1) for each of "
                f"{world.size} states of {world.name}."
            )
        fits: Bools = (instead == -1) | (
            (instead >= world.pair_ptr[:-1]) & (instead < world.pair_ptr[1:])
        )
        if not fits.all():
            s = int(np.argmin(fits))
            raise ProblemError(
                f"InterruptionScheme: state {world.states[s]!r}: pair {instead[s]} is none of its pairs; "
                f"find one with world.pair({world.states[s]!r}, action)."
            )


@final
@dataclass(frozen=True, eq=False, repr=False)
class Learned:
    """What learning left behind.

    Args:
        q: F[G, L], the learned value of each pair (0 where it was never tried).
        visits: F[G, S], how many steps were spent in each state, overruled or not.
    """

    q: Floats
    visits: Floats

    def __repr__(self) -> str:
        return f"<Learned: {len(self.q)} goals, {self.visits[0].sum():.0f} steps each>"


def learn(
    problem: Problem,
    rule: LearningRule,
    *,
    steps: int,
    episode: int = 100,
    epsilon: Rate | float = 0.1,
    step_size: Rate | float = 0.1,
    interruption: InterruptionScheme | None = None,
    seed: int | Ints = 0,
) -> Learned:
    """Learn action values for each goal by walking through the world, one transition at a time.

    From `Q = 0`, after each step (s, a, s') with a the pair that was carried out (or, where an
    interruption is not `seen`, the pair that was chosen),
    `Q(s, a) += size * (R(s) + bonus(s, a) + discount * ahead(s') - Q(s, a))`, where `ahead` is

    - q_learning: `max_b Q(s', b)`;
    - sarsa: `Q(s', a')` with a' the pair that is carried out next, by whomever;
    - expected_sarsa: `E Q(s', a')` over what is carried out in s'.

    The agent chooses uniformly at random with probability epsilon, otherwise uniformly among the pairs
    of greatest Q. A fresh start cuts an episode short; it does not end the world, so the
    last step of an episode looks ahead like any other.

    Args:
        problem: the problem; it is learned at `horizon_discount`.
        rule: "q_learning", "sarsa" or "expected_sarsa".
        steps: how many transitions for each goal, >= 1.
        episode: back to a start state after that many steps, >= 1.
        epsilon: how often a pair is tried at random; a `Rate` cools with the visits of the state.
        step_size: of each update; a `Rate` cools with the updates of the pair.
        interruption: who overrules the agent, where and how often; None: nobody.
        seed: names the random numbers, one for all or I[G]. Goal g's hang on its seed, its
            reward and its bonus alone, so it learns the same whatever goals are beside it.

    Returns:
        q F[G, L] and visits F[G, S].

    Raises:
        ProblemError: naming the argument that is out of its range.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> problem = Problem(world, Goals([0.0, 1.0, 2.0]), 0.5)
        >>> learn(problem, "q_learning", steps=2000, episode=5, step_size=1.0).q.tolist()
        [[1.0, 2.0, 2.0, 4.0]]

    References:
        Watkins & Dayan (1992), theorem (Q-learning converges); Singh, Jaakkola, Littman, Szepesvári
        (2000), theorems 1 and 2 (Sarsa); van Seijen et al. (2009) (expected Sarsa).
    """
    if rule not in RULES:
        raise ProblemError(f"learn: rule is {rule!r}; choose one of {', '.join(map(repr, RULES))}.")
    for name, value in (("steps", steps), ("episode", episode)):
        if int(value) != value or value < 1:
            raise ProblemError(f"learn: {name} is {value!r}; give an integer of at least 1.")
    cpu = kernels().learning
    tried, size = _rate(epsilon), _rate(step_size)
    if size.first == 0.0:
        raise ProblemError("learn: step_size is 0, so nothing would be learned; give more.")
    by = interruption or InterruptionScheme(np.full(problem.world.size, -1), 0.0)
    by.check(problem.world)
    lesson = cpu.LearningTerms(
        RULES.index(rule), problem.horizon_discount, int(steps), int(episode),
        tried.first, tried.cooling, size.first, size.cooling,
        float(by.probability), bool(by.whole_episode), bool(by.seen),
    )  # fmt: skip
    return _taught(problem, lesson, _road(problem.world, by), frozen(_seeds(problem, seed)))


def greedy(world: World, q: Floats) -> Floats:
    """The policy that takes a pair of greatest Q in each state, uniformly among exact ties.

    Args:
        world: the world.
        q: F[G, L], learned values. (For solved ones use `Solution.tied_policy`:
        they come with a bound, and only these ties can be told from differences.)

    Returns:
        F[G, L], a policy.

    Example:
        >>> from telos import explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> greedy(world, np.array([[1.0, 1.0, 0.0, 2.0]])).tolist()
        [[0.5, 0.5, 1.0, 1.0]]
    """
    best = np.maximum.reduceat(q, world.pair_ptr[:-1], axis=1)
    return uniform_over(bools(q == best[:, world.pair_state]), world.pair_ptr)


def _rate(value: Rate | float) -> Rate:
    return value if isinstance(value, Rate) else Rate(float(value))


def _road(world: World, interruption: InterruptionScheme) -> Any:
    return kernels().learning.Road(
        sealed(np.cumsum(world.start)), world.pair_ptr, world.next_ptr, world.next_state, world.next_prob,
        interruption.instead,
    )  # fmt: skip


def _seeds(problem: Problem, seed: int | Ints) -> NDArray[np.uint64]:
    """U64[G]: each goal's own seed, from the seed given and what the goal is rewarded for."""
    count, bonus = problem.goals.count, problem.pair_bonus()
    given = np.asarray(seed)
    if given.dtype.kind not in "iu" or given.shape not in ((), (count,)):
        raise ProblemError(f"learn: seed must be one integer, or one for each of {count} goals.")
    extra = b""
    seeds = np.empty(count, np.uint64)
    for g, key in enumerate(np.broadcast_to(given, count).tolist()):
        if bonus is not None:
            extra = (bonus if bonus.ndim == 1 else bonus[g]).tobytes()
        row = (problem.goals.reward[g] + 0.0).tobytes()  # + 0.0: minus zero is zero
        said = hashlib.blake2b(f"{key}:".encode() + row + extra, digest_size=8)
        seeds[g] = int.from_bytes(said.digest(), "little")
    return seeds


def _taught(problem: Problem, lesson: Any, road: Any, seeds: NDArray[np.uint64]) -> Learned:
    """Share the goals out among the threads; each is learned by one of them."""
    count, world = problem.goals.count, problem.world
    bonus = problem.pair_bonus()
    paid = frozen(np.zeros((0, world.n_pairs)) if bonus is None else np.atleast_2d(bonus))
    reward = problem.goals.reward
    q, visits = np.zeros((count, world.n_pairs)), np.zeros((count, world.size))

    def work(goals: Ints) -> None:
        kernels().learning.learn_goals(road, lesson, reward, paid, seeds, goals, q, visits)

    share_out(count, 1, work)
    return Learned(floats(q), floats(visits))
