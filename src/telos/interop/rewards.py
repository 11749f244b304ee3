"""Rewards that others give to states, to actions or to transitions, as goals over the states of a world."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, sealed
from telos.core.dense import action_axis_of, matrices, stacked
from telos.core.errors import GoalsError, ProblemError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World

#: What the only action of a paying state is called.
ONWARDS = "onwards"


@final
@dataclass(frozen=True, eq=False, repr=False)
class RewardedModel:
    """A world, goals over it, and the mapping back to the model that they came from.

    A goal pays for states, `V(s) = R(s) + g max_a sum P(s' | s, a) V(s')`. Where the source pays for
    states only, world and source are the same, and so are values and discounts. Where it pays
    `r(s, a)`, each pair (s, a) of the source becomes a state that pays it: the world goes from s to (s, a)
    and from there to s'. One step of the source is two of the world's, so the world is solved with
    the square root of the discount; then `V_world(s) = sqrt(g) V_source(s)`, with the same optimal actions.
    States 0 to S-1 and pairs 0 to L-1 of the world are those of the source; state S + l is pair l.

    It unpacks: ``world, goals = read_drn(path)``.

    Args:
        world: the world that the goals are over.
        goals: one goal for each reward of the source; None if it has none.
        source: the world as the source has it; `world` itself where only states are paid.
        discount: what the source says about it; None: nothing.

    Example:
        >>> world = World.from_dense([[[1.0]], [[1.0]]])
        >>> model = with_rewards(world, [[1.0, 3.0]])
        >>> model.world.states, model.goals.reward.tolist()
        ((0, (0, 'a0'), (0, 'a1')), [[0.0, 1.0, 3.0]])
        >>> model.problem(0.81).discount
        0.9
    """

    world: World
    goals: Goals | None
    source: World
    discount: float | None = None

    def __iter__(self) -> Iterator[Any]:
        yield self.world
        yield self.goals

    def __repr__(self) -> str:
        count = 0 if self.goals is None else self.goals.count
        return f"<RewardedModel: {self.world!r}, {count} goals>"

    @property
    def split(self) -> bool:
        """Whether a step of the source is two steps of the world."""
        return self.source is not self.world

    def problem(self, discount: float | None = None) -> Problem:
        """The problem that the source poses.

        Args:
            discount: the source's, in [0, 1), above 0 for a split world; None: what the source says.

        Returns:
            World and goals with the discount of the world.

        Raises:
            ProblemError: if there is no goal, or no discount, or it is out of range.
        """
        given = self.discount if discount is None else discount
        if self.goals is None:
            raise ProblemError(
                f"{self.source.name} has no rewards, so no goal; bring goals of your own."
            )
        if given is None:
            raise ProblemError(
                f"{self.source.name} names no discount; give one, as in problem(0.9)."
            )
        return Problem(self.world, self.goals, self._step(given) if self.split else given)

    def values(self, value: Floats, discount: float | None = None) -> Floats:
        """Values of the source's states, from values of the world's.

        If the value of `world` is right within `bound`, the value of the source is within
        `bound / sqrt(g) + 2^-51 max|V| / (1 - g)` for a split world (the second term is the
        rounding of the square root), otherwise within `bound`.

        Args:
            value: F[G, S'] or F[S'], values in `world`, as of `solve(model.problem(g)).value`.
            discount: the source's, as for `problem`.

        Returns:
            F[G, S] or F[S].

        Raises:
            ProblemError: if there is no discount, or it is out of range.
        """
        given = self.discount if discount is None else discount
        if not self.split:
            return value
        if given is None:
            raise ProblemError(f"{self.source.name} names no discount; give one.")
        return floats(value[..., : self.source.size] / self._step(given))

    def _step(self, discount: float) -> float:
        if not isinstance(discount, Real) or not 0 < discount < 1:
            raise ProblemError(
                f"discount is {discount!r}; {self.source.name} pays for actions, one step later than for "
                "states, so it must be above 0 and less than 1."
            )
        return math.sqrt(discount)


def with_rewards(
    world: World, rewards: Any, *, action_axis: int | None = None, discount: float | None = None
) -> RewardedModel:
    """A world with what others call R: rewards of states, of pairs or of transitions.

    Rewards that do not depend on the action stay with the states. Others are paid in states made
    for them, exactly; `RewardedModel` says how. A reward of transitions counts by its expectation,
    `r(s, a) = sum P(s' | s, a) R(s, a, s')`, which no value and no optimal action can tell from it.

    Args:
        world: the world, as `World.from_dense` made it, say.
        rewards: R(s) as F[S]; R(s, a) as F[S, A] by number of the action, or F[L] by pair; R(s, a, s') as
            F[A, S, S], F[S, A, S] or a list of matrices, dense or sparse. Or {name: one of these}, for
            several goals. Only legal pairs and possible successors are read.
        action_axis: for R(s, a, s'), which axis counts actions; as in `World.from_dense`.
        discount: what the source says about it; kept, and used where none is given.

    Returns:
        The world, its goals and the mapping back.

    Raises:
        GoalsError: naming the state, the action, the value and the remedy.
        WorldError: if an array of three axes does not say which of them counts actions.

    Example:
        >>> world = World.from_dense([[[0, 1], [0, 1]], [[1, 0], [1, 0]], [[1, 0], [0, 1]]])
        >>> with_rewards(world, [0.0, 1.0]).world is world
        True
        >>> with_rewards(world, [[0, 1, 0], [2, 0, 0]]).world
        <World World: 8 states, 12 pairs, 6 outcomes>

    References:
        Puterman (1994), section 2.1.1, for expected rewards.
    """
    named = rewards if isinstance(rewards, Mapping) else {"reward": rewards}
    if not named:
        raise GoalsError(f"{world.name}: no rewards; give at least one.")
    by_pair = np.array([_of_pairs(world, each, action_axis) for each in named.values()])
    return paid(world, by_pair, tuple(str(name) for name in named), discount)


def paid(
    world: World, rewards: Floats, label: tuple[str, ...], discount: float | None = None
) -> RewardedModel:
    """A world whose pairs pay: as it is where the reward depends on the state alone, otherwise split.

    Args:
        world: the world. rewards: F[G, L]. label: G names. discount: kept.

    Raises:
        GoalsError: if a reward is not finite.
    """
    wrong = ~np.isfinite(rewards)
    if wrong.any():
        pair = int(np.argwhere(wrong)[0][1])
        value = rewards[wrong][0]
        remedy = "rewards are finite numbers."
        if value == -np.inf:
            remedy = "if that marks pairs that are not legal, give World.from_dense(..., legal=R > -np.inf)."
        raise GoalsError(f"{world.name}, {world.describe(pair)}: the reward is {value}; {remedy}")
    first = world.pair_ptr[:-1]
    of_state = rewards[:, first]
    if np.array_equal(rewards, of_state[:, world.pair_state]):
        return RewardedModel(world, Goals(of_state, label), world, discount)
    reward = np.concatenate((np.zeros((len(rewards), world.size)), rewards), axis=1)
    return RewardedModel(_split(world, rewards), Goals(sealed(reward), label), world, discount)


def _split(world: World, rewards: Floats) -> World:
    """The same world with a state between each pair and its successors."""
    size, pairs = world.size, world.n_pairs
    onwards = ONWARDS
    while onwards in world.actions:
        onwards += "'"
    owner, action = world.pair_state, world.pair_action
    names = [(world.states[s], world.actions[a]) for s, a in zip(owner, action, strict=True)]
    names = _apart(names, world.states)
    # An outcome is what a goal may pay for: here, that of the state together with the reward.
    keys = np.column_stack((world.outcome[owner], rewards.T))
    different, outcome = np.unique(keys, axis=0, return_inverse=True)
    titles = [(world.outcomes[int(row[0])], *row[1:].tolist()) for row in different]
    titles = _apart(titles, world.outcomes)
    default = world.default
    if default is not None:
        default = np.concatenate((default, pairs + np.arange(pairs)))
    return replace(
        world,
        states=(*world.states, *names),
        actions=(*world.actions, onwards),
        start=np.concatenate((world.start, np.zeros(pairs))),
        pair_ptr=np.concatenate((world.pair_ptr, pairs + np.arange(1, pairs + 1))),
        pair_action=np.concatenate((action, np.full(pairs, len(world.actions)))),
        next_ptr=np.concatenate((np.arange(pairs), pairs + world.next_ptr)),
        next_state=np.concatenate((size + np.arange(pairs), world.next_state)),
        next_prob=np.concatenate((np.ones(pairs), world.next_prob)),
        features={name: np.concatenate((f, f[owner])) for name, f in world.features.items()},
        outcome=np.concatenate((world.outcome, world.n_outcomes + outcome.ravel())),
        outcomes=(*world.outcomes, *titles),
        default=default,
    )


def _apart(names: list[tuple[Any, ...]], taken: Sequence[Hashable]) -> list[tuple[Any, ...]]:
    """The names, longer by a word where some are taken: a world that was split may be split again."""
    known = set(taken)
    while not known.isdisjoint(names):
        names = [(*name, "again") for name in names]
    return names


def expected(chance: Floats, next_ptr: Ints, rewards: Floats) -> Floats:
    """F[L], the expectation of rewards F[N] of transitions; exactly theirs where a pair's are all equal.

    Args:
        chance: F[N], the probabilities. next_ptr: I[L+1], the transitions of each pair. rewards: F[N].
    """
    first = next_ptr[:-1]
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is named later
        mean = np.add.reduceat(chance * rewards, first)
        least, most = np.minimum.reduceat(rewards, first), np.maximum.reduceat(rewards, first)
    return np.where(least == most, least, mean)


def _of_pairs(world: World, given: Any, action_axis: int | None) -> Floats:
    """F[L], the reward of each pair, from one of the forms that `with_rewards` takes."""
    shapes = (
        f"give ({world.size},) by state, ({world.size}, {len(world.actions)}) by state and action, "
        f"({world.n_pairs},) by pair, or one matrix an action"
    )
    if hasattr(given, "toarray"):
        given = given.toarray()
    listed = isinstance(given, list | tuple) and any(hasattr(each, "tocoo") for each in given)
    if isinstance(given, np.ndarray) and given.dtype == object and given.ndim == 1:
        listed = any(hasattr(each, "tocoo") or np.ndim(each) == 2 for each in given)
    if not listed:
        whole = _whole(given, f"{world.name}: the rewards", shapes)
        if whole.shape == (world.size,):
            return whole[world.pair_state]
        if whole.shape == (world.n_pairs,):
            return whole
        if whole.shape == (world.size, len(world.actions)):
            return whole[world.pair_state, world.pair_action]
        if whole.ndim != 3:
            raise GoalsError(f"{world.name}: the rewards have shape {whole.shape}; {shapes}.")
        given = whole
    of_transitions = _of_transitions(world, given, action_axis)
    return expected(world.next_prob, world.next_ptr, of_transitions)


def _whole(given: Any, what: str, shapes: str) -> Floats:
    """An array of numbers. Raises GoalsError if it is none."""
    try:
        whole = np.asarray(given)
    except (ValueError, TypeError) as problem:
        raise GoalsError(f"{what} are not an array ({problem}); {shapes}.") from None
    if whole.dtype.kind not in "biuf":
        raise GoalsError(f"{what} are {whole.dtype} and not numbers; {shapes}.")
    if np.ma.is_masked(given):
        raise GoalsError(f"{what} have masked entries, which are not numbers; fill them first.")
    return whole.astype(np.float64, copy=False)


def _of_transitions(world: World, given: Any, action_axis: int | None) -> Floats:
    """F[N], the reward of each stored transition, from one matrix an action or a state."""
    dense = isinstance(given, np.ndarray) and given.ndim == 3
    parts, shape = ([], given.shape) if dense else matrices(given, world.name, "R")
    axis = action_axis_of(shape, action_axis, world.name, "R")
    wanted = (world.size, len(world.actions))
    if (shape[1 - axis], shape[axis]) != wanted:
        raise GoalsError(
            f"{world.name}: rewards of {shape[1 - axis]} states and {shape[axis]} actions for a world of "
            f"{wanted[0]} and {wanted[1]}; give R in the shape of P."
        )
    pair = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    if dense:
        states, actions = world.pair_state[pair], world.pair_action[pair]
        picked: Floats = np.moveaxis(given, axis, 0)[actions, states, world.next_state]
        return picked
    code = _code(world, world.pair_state[pair], world.pair_action[pair], world.next_state)
    state, action, successor, value = stacked(parts, axis)
    given_code = _code(world, state, action, successor)
    return matched(code, given_code, value)


def matched(wanted: Ints, given: Ints, values: Floats) -> Floats:
    """F[len(wanted)], the value that is given for each wanted code, or 0."""
    if not len(given):
        return np.zeros(len(wanted))
    order = np.argsort(given)
    at = order[np.minimum(np.searchsorted(given, wanted, sorter=order), len(given) - 1)]
    return np.where(given[at] == wanted, values[at], 0.0)


def _code(world: World, state: Any, action: Any, successor: Any) -> Any:
    return (state * len(world.actions) + action) * world.size + successor
