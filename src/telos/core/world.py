"""World: a finite Markov decision process without a reward and without a discount."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.dense import read_dense
from telos.core.errors import FeatureMissing, WorldError, did_you_mean
from telos.core.estimated import Estimated, checked_estimated
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.notebook import cards, charts, frames
from telos.core.numbers import flags, integers, reals
from telos.core.rows import LIGHT, NameRows
from telos.core.shown import shown
from telos.core.tabular import read_table
from telos.core.validation import (
    check_pairs,
    check_successors,
    checked_actions,
    checked_default,
    checked_features,
    checked_names,
    checked_outcome,
    checked_outcome_names,
    checked_start,
    rescaled,
)

if TYPE_CHECKING:
    from telos.core.environment import WorldEnv


@final
@dataclass(frozen=True, eq=False, repr=False)
class World:
    """A finite set of states, the legal actions in each, and where they lead.

    `P(s' | s, a)` is stored for *legal* state-action pairs only, in two nested compressed lists:
    the pairs of state `s` are `pair_ptr[s] : pair_ptr[s + 1]`, the successors of pair `l` are
    `next_ptr[l] : next_ptr[l + 1]`. Every state has at least one legal pair; a state in which
    nothing happens any more loops. Axis letters: S states, L legal pairs, N stored successors.

    Args:
        states: S distinct hashable values, the author's own names of the states: a tuple, or, of a
            world made by `explore_vectorized`, what is read like one and makes them when asked.
        actions: names of the actions; `pair_action` holds indices into it.
        start: F[S], the distribution of the first state (non-negative, sums to 1).
        pair_ptr: I[S+1], increasing strictly from 0 to L.
        pair_action: I[L], which action each pair takes; distinct within a state.
        next_ptr: I[L+1], increasing strictly from 0 to N.
        next_state: I[N], successor states, distinct within a pair.
        next_prob: F[N], their probabilities: positive, each pair's sum to 1 (rescaled if the sum
            is within 1e-9 of 1).
        features: named numbers, F[S] each; the only words that drives and safeguards may use.
        outcome: I[S], the part of a state a terminal goal may care about: states of equal
            outcome earn equal reward. Values 0..K-1, all used. Default: every state its own.
        default: I[S], the pair (an index into 0..L-1) of doing nothing in each state, or None.
        outcomes: the author's own names of the K outcomes, by index. Default: `states` if every
            state is its own outcome, otherwise the numbers 0..K-1.
        name: how messages call this world.
        estimated: which pairs' probabilities are estimates, from how many draws; None: all of them
            were given. `explore_env` fills it in.

    A list of integers may hold floats that are integers (`[0.0, 1.0]`); fractions, truth values, texts
    and numbers beyond 64 bits are refused. A world can be pickled and copied.

    Raises:
        WorldError: naming the state, the action and the value that is wrong.

    Example:
        >>> from telos import explore
        >>> world = explore("hall", lambda s: {"stay": s, "leave": "yard"})
        >>> world.size, world.n_pairs, world.states
        (2, 4, ('hall', 'yard'))

    References:
        Puterman (1994), Markov Decision Processes, chapter 2.
    """

    states: Sequence[Hashable]
    actions: tuple[str, ...]
    start: Floats
    pair_ptr: Ints
    pair_action: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats
    features: Mapping[str, Floats] = field(default_factory=dict)
    outcome: Ints = None  # type: ignore[assignment]  # None becomes 0..S-1 on the way in
    default: Ints | None = None
    outcomes: Sequence[Hashable] = ()
    name: str = "World"
    estimated: Estimated | None = None

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.world_card
    frame = frames.frame_of_world
    plot = charts.plot_world
    draw = charts.draw

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.states, LIGHT):
            put(self, "states", checked_names(self.states, f"{self.name}: states", "a state"))
        put(self, "actions", checked_actions(self.actions, self.name))
        for name in ("start", "next_prob"):
            put(self, name, reals(getattr(self, name), f"{self.name}: {name}", WorldError))
        for name in ("pair_ptr", "pair_action", "next_ptr", "next_state"):
            put(self, name, integers(getattr(self, name), f"{self.name}: {name}", WorldError))
        check_pairs(self)
        check_successors(self)
        put(self, "next_prob", rescaled(self))
        put(self, "start", checked_start(self))
        put(self, "features", checked_features(self))
        own_outcome = self.outcome is None
        put(self, "outcome", checked_outcome(self))
        put(self, "outcomes", checked_outcome_names(self))
        if not len(self.outcomes):
            put(self, "outcomes", self.states if own_outcome else tuple(range(self.n_outcomes)))
        if len(self.outcomes) != self.n_outcomes:
            raise WorldError(
                f"{self.name}: {len(self.outcomes)} outcome names for {self.n_outcomes} outcomes; "
                "give one name an outcome."
            )
        put(self, "default", checked_default(self))
        put(self, "estimated", checked_estimated(self.estimated, self.n_pairs, self.name))

    def __repr__(self) -> str:
        return f"<World {self.name}: {self.size} states, {self.n_pairs} pairs, {self.n_outcomes} outcomes>"

    @property
    def size(self) -> int:
        """S, the number of states."""
        return len(self.states)

    @property
    def n_pairs(self) -> int:
        """L, the number of legal state-action pairs."""
        return len(self.pair_action)

    @property
    def n_outcomes(self) -> int:
        """K, the number of distinct outcomes."""
        return int(self.outcome.max()) + 1

    @cached_property
    def deterministic(self) -> bool:
        """Whether every pair has exactly one successor."""
        return len(self.next_state) == self.n_pairs

    @cached_property
    def pair_state(self) -> Ints:
        """I[L], the state each pair belongs to."""
        return ints(np.repeat(np.arange(self.size), np.diff(self.pair_ptr)))

    @cached_property
    def _index(self) -> dict[Hashable, int]:
        return {state: i for i, state in enumerate(self.states)}

    def find(self, state: Hashable) -> int:
        """The index of the author's `state`. Raises WorldError if there is no such state."""
        names = self.states
        try:
            found = names.number(state) if isinstance(names, NameRows) else self._index.get(state)
        except TypeError:
            found = None
        if found is None:
            near = did_you_mean(str(state)[:80], (str(s)[:80] for s in names[:200]))
            raise WorldError(f"{self.name}: no state {shown(state)}. {near}")
        return found

    def pair(self, state: Hashable, action: str) -> int:
        """The index of the legal pair (state, action). Raises WorldError if it is not legal."""
        s = self.find(state)
        legal = {self.actions[self.pair_action[p]]: int(p) for p in self.pairs_of(s)}
        if action not in legal:
            raise WorldError(
                f"{self.name}, state {shown(state)}: action {shown(action)} is not legal here. "
                + did_you_mean(str(action), legal)
            )
        return legal[action]

    def pairs_of(self, s: int) -> range:
        """The indices of the legal pairs of state number `s`."""
        return range(int(self.pair_ptr[s]), int(self.pair_ptr[s + 1]))

    def successors(self, pair: int) -> dict[int, float]:
        """Where a pair leads: {state number: probability}."""
        here = slice(int(self.next_ptr[pair]), int(self.next_ptr[pair + 1]))
        return dict(zip(self.next_state[here].tolist(), self.next_prob[here].tolist(), strict=True))

    def feature(self, name: str) -> Floats:
        """F[S], the values of the named feature. Raises FeatureMissing, naming what there is."""
        if name not in self.features:
            raise FeatureMissing(
                f"{self.name} carries no feature {name!r}. {did_you_mean(name, self.features)}"
            )
        return self.features[name]

    def describe(self, pair: int) -> str:
        """A pair in words, for messages: ``state 'hall', action 'leave'``."""
        state = self.states[self.pair_state[pair]]
        return f"state {shown(state)}, action {self.actions[self.pair_action[pair]]!r}"

    def keep(self, pairs: Bools) -> "World":
        """The same world with only the pairs marked True left legal.

        Args:
            pairs: B[L]. At least one pair of every state must stay.

        Returns:
            A new world over the same states; `default` is kept where its pair survives in every
            state and dropped otherwise.

        Raises:
            WorldError: if a state would be left without a legal action.
        """
        kept = flags(pairs, f"{self.name}: keep()", WorldError)
        if kept.shape != (self.n_pairs,):
            raise WorldError(f"{self.name}: keep() wants {self.n_pairs} flags, not {kept.shape}.")
        per_state = np.add.reduceat(kept, self.pair_ptr[:-1], dtype=np.int64)
        if not per_state.all():
            state = self.states[int(np.argmin(per_state))]
            raise WorldError(
                f"{self.name}, state {shown(state)}: no legal action would be left. "
                "Leave at least one pair (the default one, say) in every state."
            )
        fan = np.diff(self.next_ptr)
        renumbered = np.cumsum(kept) - 1
        default = self.default
        if default is not None:
            default = ints(renumbered[default]) if kept[default].all() else None
        return replace(
            self,
            pair_ptr=np.concatenate(([0], np.cumsum(per_state))),
            pair_action=self.pair_action[kept],
            next_ptr=np.concatenate(([0], np.cumsum(fan[kept]))),
            next_state=self.next_state[np.repeat(kept, fan)],
            next_prob=self.next_prob[np.repeat(kept, fan)],
            default=default,
            estimated=None if self.estimated is None else self.estimated.onto(np.flatnonzero(kept)),
        )

    @classmethod
    def from_arrays(
        cls,
        pair_ptr: Any,
        pair_action: Any,
        next_ptr: Any,
        next_state: Any,
        next_prob: Any,
        *,
        start: Any = 0,
        states: Any = None,
        actions: Any = None,
        features: Mapping[str, Any] | None = None,
        outcome: Any = None,
        outcomes: Any = (),
        default: Any = None,
        name: str = "World",
        estimated: Estimated | None = None,
    ) -> Self:
        """A world from its compressed lists; `start` may be a state number or F[S].

        Args:
            pair_ptr, pair_action, next_ptr, next_state, next_prob: as the fields of `World`.
            start: the number of the first state, or F[S], a distribution over states.
            states, actions: their names; numbers unless given.
            features, outcome, outcomes, default, name, estimated: as the fields of `World`.

        Raises:
            WorldError: as `World`.

        Example:
            >>> loop = World.from_arrays([0, 1], [0], [0, 1], [0], [1.0])
            >>> loop.deterministic
            True
        """
        pair_ptr = integers(pair_ptr, f"{name}: pair_ptr", WorldError)
        pair_action = integers(pair_action, f"{name}: pair_action", WorldError)
        size = pair_ptr.size - 1
        if reals(start, f"{name}: start", WorldError).ndim == 0:
            first = int(integers(start, f"{name}: start", WorldError))
            if not 0 <= first < size:
                raise WorldError(
                    f"{name}: start is state {first}, but states are numbered 0 to {size - 1}."
                )
            start = np.eye(1, size, first)[0]
        n_actions = int(pair_action.max(initial=-1)) + 1
        return cls(
            states=tuple(range(size)) if states is None else states,
            actions=tuple(f"a{i}" for i in range(n_actions)) if actions is None else actions,
            start=start,
            pair_ptr=pair_ptr,
            pair_action=pair_action,
            next_ptr=next_ptr,
            next_state=next_state,
            next_prob=next_prob,
            features={} if features is None else features,
            outcome=outcome,
            outcomes=outcomes,
            default=default,
            name=name,
            estimated=estimated,
        )

    @classmethod
    def from_dense(
        cls,
        P: Any,
        *,
        action_axis: int | None = None,
        legal: Any = None,
        pairs: Any = None,
        start: Any = 0,
        actions: tuple[str, ...] = (),
        features: Mapping[str, Any] | None = None,
        name: str = "World",
    ) -> Self:
        """A world from matrices of mdptoolbox, QuantEcon, AI-Toolbox; `interop.with_rewards` adds R.

        Args:
            P: F[A, S, S] (mdptoolbox), F[S, A, S] (QuantEcon, AI-Toolbox), or a list, a tuple or an
                object array of matrices, dense or sparse. A stored zero is no successor.
            action_axis: which axis of P counts actions: 0 or 1. The shape says so, unless there are as
                many actions as states; then it must be given.
            legal: B[S, A], the legal pairs; all unless given. NameRows of other pairs are not read.
            pairs: (I[L], I[L]), if P is F[L, S], a row a pair: its states, its actions (QuantEcon).
            start: the number of the first state, or F[S].
            actions: A names; ``a0``, ``a1`` … unless given.
            features, name: as the fields of `World`; `dataclasses.replace` sets the others.

        Raises:
            WorldError: naming the state, the action, the value and the remedy.

        Example:
            >>> World.from_dense([[[0.5, 0.5], [0, 1]], [[1, 0], [1, 0]], [[0, 1], [0, 1]]])
            <World World: 2 states, 6 pairs, 2 outcomes>
        """
        fields = read_dense(P, action_axis, legal, pairs, actions, name)
        return cls.from_arrays(start=start, features=features, **fields)

    @classmethod
    def from_gymnasium(
        cls,
        env: Any,
        *,
        features: Mapping[str, Any] | None = None,
        outcome: Any = None,
        default: int | str | None = None,
        actions: tuple[str, ...] = (),
        name: str = "",
    ) -> Self:
        """A world from any Gymnasium environment that carries a tabular ``P``.

        ``P[s][a]`` lists ``(probability, next state, reward, terminated)``. Rewards are dropped (a
        world has none). Telos worlds absorb and never terminate: a state entered by a terminated
        transition loops for ever; if the same state is also entered without termination, the
        terminated visit gets a state of its own, ``(s, 'end')``.

        Args:
            env: an environment whose ``env.unwrapped.P`` is such a table (FrozenLake, Taxi, ...).
            features: {name: values} with values F[S] over the table's states, or a function of
                the state number; end copies inherit their state's value.
            outcome: I[S], or a function of the state number; None: every state its own outcome.
            default: the action of doing nothing (its number or its name), if there is one.
            actions: names of the actions; numbers unless given.
            name: how messages call the world; the environment's own id unless given.

        Raises:
            WorldError: if there is no table, or it is not a Markov decision process.
        """
        fields = read_table(env, features or {}, outcome, default, actions, name)
        start = fields.pop("start")
        return cls.from_arrays(start=start, **fields)

    def to_gymnasium(self, goal: Any, *, max_steps: int | None = None) -> "WorldEnv":
        """This world and one goal as a Gymnasium environment.

        Args:
            goal: F[S], the reward of each state.
            max_steps: truncate an episode after so many steps; None: never.

        Returns:
            An environment with Discrete spaces that passes Gymnasium's own checker. The reward of
            a step is the reward of the state in which the action was taken, so that the discounted
            return of an episode is `V` in Telos's convention. It never terminates.

        Raises:
            GoalsError: if the reward has the wrong shape or is not finite.
        """
        from telos.core.environment import WorldEnv

        return WorldEnv(self, goal, max_steps=max_steps)
