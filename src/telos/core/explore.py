"""explore: build a World by following the author's own rules from the start state, breadth first."""

import math
from array import array
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from telos.core.errors import WorldError, did_you_mean
from telos.core.numbers import real
from telos.core.shown import shown
from telos.core.validation import NAN_NAME, holds_nan
from telos.core.world import World

Moves = Callable[[Any], Mapping[str, Any]]
#: How many states worlds may have while `at_most` holds; a context variable, so that threads do not mix.
_MOST: ContextVar[float] = ContextVar("most_states", default=math.inf)


@contextmanager
def at_most(states: int) -> Iterator[None]:
    """Within it no exploration goes beyond `states` states, whatever limit the world itself sets.

    Args:
        states: at least 1. For worlds that data of others ask for.
    """
    before = _MOST.set(states)
    try:
        yield
    finally:
        _MOST.reset(before)


def explore(
    start: Any,
    moves: Moves,
    *,
    features: Mapping[str, Callable[[Any], float]] | None = None,
    outcome: Callable[[Any], Hashable] | None = None,
    default: str | Callable[[Any], str] | None = None,
    name: str = "World",
    limit: int = 5_000_000,
) -> World:
    """Build the world of all states reachable from `start` under `moves`.

    States are numbered in the order of a breadth-first search, so the same rules always give the
    same world.

    Args:
        start: a hashable state, or a distribution ``{state: probability}`` over first states.
        moves: the legal actions of a state and where they lead:
            ``moves(state) -> {action: next_state | {next_state: probability}}``.
        features: {name: function of a state}; finite numbers.
        outcome: function of a state; states of equal outcome earn equal reward. None: every state
            is its own outcome. Outcomes are numbered in the order in which states meet them.
        default: the action of doing nothing: its name, or a function of the state.
        name: how messages call the world.
        limit: give up beyond this many states (a counter that never stops would fill the memory).

    Returns:
        The `World`; `world.states` are the author's own state values.

    Raises:
        WorldError: naming the state, the action and the value that is wrong.

    Example:
        >>> def moves(x):
        ...     return {"wait": x, "jump": {x: 0.5, min(x + 1, 3): 0.5}} if x < 3 else {"wait": x}
        >>> world = explore(0, moves, features={"height": float}, default="wait")
        >>> world.size, world.n_pairs, world.features["height"].tolist()
        (4, 7, [0.0, 1.0, 2.0, 3.0])
    """
    _check_moves(moves, name)
    first = list(start.items()) if isinstance(start, Mapping) else [(start, 1.0)]
    index: dict[Hashable, int] = {}
    states: list[Any] = []

    def number(state: Hashable, before: Any, action: Any) -> int:
        try:
            known = index.setdefault(state, len(states))
        except TypeError:
            where = "start" if action is None else _where(before, action)
            raise WorldError(
                f"{name}, {where}: {shown(state)} is not hashable. Use tuples, not lists or dictionaries."
            ) from None
        if known == len(states):
            if holds_nan(state):
                where = "start" if action is None else _where(before, action)
                raise WorldError(f"{name}, {where}: state {shown(state)}. {NAN_NAME}")
            states.append(state)
        return known

    for state, _ in first:
        number(state, None, None)
    actions: dict[str, int] = {}
    # Arrays, not lists: eight bytes a number, where a list takes about five times as many.
    pair_ptr, pair_action, next_ptr = array("q", [0]), array("q"), array("q", [0])
    next_state, next_prob = array("q"), array("d")
    done, most = 0, min(limit, _MOST.get())
    while done < len(states):
        if len(states) > most:
            raise WorldError(
                f"{name}: more than {most} states reachable; bound the world or raise limit."
            )
        state = states[done]
        for action, target in _legal(moves, state, name).items():
            pair_action.append(actions.setdefault(str(action), len(actions)))
            row = target.items() if isinstance(target, dict | Mapping) else ((target, 1.0),)
            for successor, probability in row:
                if probability == 0:
                    continue
                next_state.append(number(successor, state, action))
                next_prob.append(_probability(probability, successor, state, action, name))
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
        done += 1
    labels, outcomes = _outcomes(states, outcome, name)
    weights = np.zeros(len(states))
    for state, probability in first:
        weights[index[state]] = real(probability)
    return World(
        states=tuple(states),
        actions=tuple(actions),
        start=weights,
        pair_ptr=np.array(pair_ptr),
        pair_action=np.array(pair_action),
        next_ptr=np.array(next_ptr),
        next_state=np.array(next_state),
        next_prob=np.array(next_prob),
        features={k: _feature(k, f, states, name) for k, f in (features or {}).items()},
        outcome=labels,
        outcomes=outcomes,
        default=_default(default, states, pair_ptr, pair_action, actions, name),
        name=name,
    )


def _check_moves(moves: object, name: str) -> None:
    if not callable(moves):
        raise WorldError(
            f"{name}: moves is {shown(moves)}; give a function of a state that returns "
            "{action: next_state | {next_state: probability}}."
        )


def _legal(moves: Moves, state: Any, name: str) -> Mapping[str, Any]:
    legal = moves(state)
    if not isinstance(legal, dict | Mapping):
        raise WorldError(
            f"{name}, state {shown(state)}: moves returned {type(legal).__name__}, not "
            "{action: next_state | {next_state: probability}}."
        )
    if not legal:
        raise WorldError(
            f"{name}, state {shown(state)}: no legal action. "
            "Give it one; a state where everything ends loops to itself."
        )
    return legal


def _where(state: Any, action: Any) -> str:
    return f"state {shown(state)}, action {shown(action)}"


def _probability(probability: Any, successor: Any, state: Any, action: Any, name: str) -> float:
    value = real(probability)
    if not 0.0 < value < math.inf:
        raise WorldError(
            f"{name}, {_where(state, action)}: probability {shown(probability)} of "
            f"{shown(successor)} must be a number from 0 to 1."
        )
    return value


def _feature(feature: str, of: Callable[[Any], float], states: list[Any], name: str) -> Any:
    values = np.empty(len(states))
    for i, state in enumerate(states):
        value = of(state)
        values[i] = real(value)
        if not math.isfinite(values[i]):
            raise WorldError(
                f"{name}, state {shown(state)}: feature {shown(feature)} is {shown(value)}; give a "
                "finite number."
            )
    return values


def _outcomes(states: list[Any], outcome: Callable[[Any], Hashable] | None, name: str) -> Any:
    if outcome is None:
        return None, ()
    numbers: dict[Hashable, int] = {}
    labels = np.empty(len(states), dtype=np.int64)
    for i, state in enumerate(states):
        label = outcome(state)
        if holds_nan(label):
            raise WorldError(f"{name}, state {shown(state)}: outcome {shown(label)}. {NAN_NAME}")
        try:
            labels[i] = numbers.setdefault(label, len(numbers))
        except TypeError:
            raise WorldError(
                f"{name}, state {shown(state)}: outcome {shown(label)} is not hashable."
            ) from None
    return labels, tuple(numbers)


def _default(
    default: str | Callable[[Any], str] | None,
    states: list[Any],
    pair_ptr: Sequence[int],
    pair_action: Sequence[int],
    actions: dict[str, int],
    name: str,
) -> Any:
    if default is None:
        return None
    names = list(actions)
    pairs = np.empty(len(states), dtype=np.int64)
    for s, state in enumerate(states):
        wanted = default if isinstance(default, str) else default(state)
        legal = [names[a] for a in pair_action[pair_ptr[s] : pair_ptr[s + 1]]]
        if wanted not in legal:
            raise WorldError(
                f"{name}, state {shown(state)}: the default action {shown(wanted)} is not legal here. "
                + did_you_mean(str(wanted), legal)
            )
        pairs[s] = pair_ptr[s] + legal.index(wanted)
    return pairs
