"""explore_many: as explore, for worlds of a million states: the rules are asked about many at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats, sealed
from telos.core.errors import WorldError, did_you_mean
from telos.core.legal import ManyMoves, Way, place, ways_of
from telos.core.numbering import Known, nothing_known, numbered
from telos.core.numbers import real, reals
from telos.core.rows import NameRows, shape_of, shaped
from telos.core.shown import shown
from telos.core.world import World

#: States asked about at a time: enough to make each call worth its while, few enough for the cache.
BLOCK = 1 << 14


def explore_vectorized(
    start: Any,
    moves: ManyMoves,
    *,
    features: Mapping[str, Callable[[Any], Any]] | None = None,
    outcome: Callable[[Any], Any] | None = None,
    default: str | Callable[[Any], Any] | None = None,
    name: str = "World",
    limit: int = 5_000_000,
) -> World:
    """Build the world of all states reachable from `start`, asking the rules about many states at once.

    What `explore` does, for states that are tuples of whole numbers (or whole numbers): the rules are
    handed a state whose every field is an array I[n], n states in one, and answer for all of them.
    The same rules give the same world as `explore`, with states, actions and pairs in the same order.

    Args:
        start: a state: a tuple of whole numbers, a NamedTuple of them, or one whole number; or a
            distribution ``{state: probability}`` over first states.
        moves: the actions and where they lead, for n states, written as `start` is, with columns
            for numbers: ``moves(states) -> {action: target | Legal(legal, target)}``. A target is
            written like a state, with I[n] (or one number for all) in each field; or it is a list
            ``[(probability, state), ...]``, each probability a number or F[n]. Targets that turn out
            to be one state are one successor, with the sum of their probabilities; those of
            probability 0 are none.
        features: {name: function of states}, which returns F[n].
        outcome: function of states, which returns I[n], a tuple of such columns, or names, one for
            each state; states of equal outcome earn equal reward. None: every state is its own.
        default: the action of doing nothing: its name, or a function of states that returns n names.
        name: how messages call the world.
        limit: give up beyond so many states (a counter that never stops would fill the memory).

    Returns:
        The `World`; `world.states` makes the tuples when they are asked for.

    Raises:
        WorldError: naming the state, the action and the value that is wrong.

    Example:
        >>> from typing import NamedTuple
        >>> from telos import Legal, explore_vectorized
        >>> class Cell(NamedTuple):
        ...     row: int
        ...     stock: int
        >>> def moves(s):
        ...     return {
        ...         "wait": s,
        ...         "north": Legal(s.row < 999, s._replace(row=s.row + 1)),
        ...         "mine": Legal(s.stock < 9, [(0.8, s._replace(stock=s.stock + 1)), (0.2, s)]),
        ...     }
        >>> world = explore_vectorized(Cell(0, 0), moves, features={"stock": lambda s: s.stock})
        >>> world.size, world.n_pairs, world.states[3]
        (10000, 28990, Cell(row=2, stock=0))
    """
    first = list(start.items()) if isinstance(start, Mapping) else [(start, 1.0)]
    make, begun = _begun([state for state, _ in first], name)
    known, numbers = numbered(nothing_known(len(begun)), begun)
    actions: dict[str, int] = {}
    parts: list[_Piece] = []
    done = 0
    while done < known.met:
        if known.met > limit:
            raise WorldError(
                f"{name}: more than {limit} states reachable; bound the world or raise limit."
            )
        here = NameRows(tuple(known.columns[:, done : min(known.met, done + BLOCK)]), make)
        known, part = _followed(known, here, moves, actions, name)
        parts.append(part)
        done += len(here)
    states = NameRows(tuple(known.columns[:, :done]), make)
    del known
    pairs, pair_action, successors, next_state, next_prob = map(_joined, zip(*parts, strict=True))
    del parts
    pair_ptr = _pointers(pairs)
    weights = np.zeros(done)
    weights[numbers] = [real(probability) for _, probability in first]
    labels, outcomes = _outcomes(states, outcome, name)
    return World(
        states=states,
        actions=tuple(actions),
        start=weights,
        pair_ptr=pair_ptr,
        pair_action=pair_action,
        next_ptr=_pointers(successors),
        next_state=next_state,
        next_prob=next_prob,
        features={k: _feature(k, f, states, name) for k, f in (features or {}).items()},
        outcome=labels,
        outcomes=outcomes,
        default=_default(default, states, pair_ptr, pair_action, actions, name),
        name=name,
    )


class _Piece(NamedTuple):
    """What a block of states adds to the compressed lists of a world.

    Args:
        pairs: I[n], legal pairs of each state. action: I[l]. successors: I[l], of each pair.
        state: I[m], successors. probability: F[m].
    """

    pairs: Ints
    action: Ints
    successors: Ints
    state: Ints
    probability: Floats


def _begun(first: Sequence[Any], name: str) -> tuple[type, Ints]:
    """How states are written, and the first ones, I[k, n]."""
    shapes = [shape_of(state) for state in first]
    for state, shape in zip(first, shapes, strict=True):
        if shape is None:
            raise WorldError(
                f"{name}, start: {shown(state)} is not made of whole numbers. explore_many takes whole "
                "numbers, or tuples of them; explore takes any hashable state."
            )
        if shape is not shapes[0] or (shape is not int and len(state) != len(first[0])):
            raise WorldError(
                f"{name}, start: {shown(state)} is written otherwise than {shown(first[0])}; give all states "
                "the same fields."
            )
    if not shapes or shapes[0] is None:
        raise WorldError(f"{name}, start: no state. Give a state, or {{state: probability}}.")
    rows = [(state,) if shapes[0] is int else state for state in first]
    return shapes[0], np.array(rows, dtype=np.int64).T


def _followed(
    known: Known, here: NameRows, moves: ManyMoves, actions: dict[str, int], name: str
) -> tuple[Known, _Piece]:
    """Ask about a block of states, and number what they lead to."""
    ways = list(ways_of(moves, here, name))
    legal = np.array([way.legal for way in ways]).reshape(-1, len(here)).T
    if not legal.any(axis=1).all():
        state = here[int(np.argmin(legal.any(axis=1)))]
        raise WorldError(
            f"{name}, state {shown(state)}: no legal action. "
            "Give it one; a state where everything ends loops to itself."
        )
    # As explore numbers actions: by the first state in which each is legal, and by their order there.
    met = sorted((int(np.argmax(legal[:, j])), j) for j in range(len(ways)) if legal[:, j].any())
    for _, j in met:
        actions.setdefault(ways[j].action, len(actions))
    branches = [(j, branch) for j, way in enumerate(ways) for branch in way.branches]
    width = len(here.columns)
    rows = np.empty((width, len(here), len(branches)), np.int64)
    chance = np.empty((len(here), len(branches)))
    for t, (j, (probability, columns)) in enumerate(branches):
        chance[:, t] = np.where(legal[:, j], probability, 0.0)
        for k in range(width):
            rows[k, :, t] = columns[k]
    taken = chance > 0
    target = np.full(taken.shape, -1)
    known, target[taken] = numbered(known, rows[:, taken])
    _add_up(ways, target, chance, taken)
    first = np.cumsum([0, *(len(way.branches) for way in ways)])[:-1]
    fan = np.add.reduceat(taken, first, axis=1, dtype=np.int64)
    numbers = np.array([actions.get(way.action, -1) for way in ways])
    part = _Piece(
        pairs=legal.sum(axis=1),
        action=np.broadcast_to(numbers, legal.shape)[legal],
        successors=fan[legal],
        state=target[taken],
        probability=chance[taken],
    )
    if not part.successors.all():
        i, j = np.argwhere(legal & (fan == 0))[0]
        where = place(here, int(i), ways[j].action)
        raise WorldError(f"{name}, {where}: leads nowhere; name a successor.")
    return known, part


def _add_up(ways: Sequence[Way], target: Ints, chance: Floats, taken: Bools) -> None:
    """Branches of an action that lead to one state become the first of them; in place."""
    first = 0
    for way in ways:
        for later in range(first + 1, first + len(way.branches)):
            for earlier in range(first, later):
                same = (
                    taken[:, later] & taken[:, earlier] & (target[:, later] == target[:, earlier])
                )
                chance[same, earlier] += chance[same, later]
                taken[same, later] = False
        first += len(way.branches)


def _pointers(counts: Ints) -> Ints:
    """Where each of the lists begins, from their lengths."""
    return sealed(np.concatenate(([0], np.cumsum(counts, dtype=np.int64))))


def _joined(pieces: Sequence[Any]) -> Any:
    return sealed(np.concatenate(pieces))


def _feature(feature: str, of: Callable[[Any], Any], states: NameRows, name: str) -> Floats:
    try:
        values = reals(
            of(shaped(states.make, states.columns)), f"{name}: feature {feature!r}", WorldError
        )
        return floats(np.broadcast_to(values, (len(states),)))
    except WorldError:
        raise
    except (TypeError, ValueError) as problem:
        raise WorldError(
            f"{name}: feature {feature!r} is not one number for each of {len(states)} states "
            f"({problem})."
        ) from None


def _outcomes(states: NameRows, outcome: Callable[[Any], Any] | None, name: str) -> Any:
    """I[S], and the outcomes' names, numbered in the order in which states meet them."""
    if outcome is None:
        return None, ()
    answer = outcome(shaped(states.make, states.columns))
    make = int if not isinstance(answer, tuple) else _tuple_kind(answer)
    listed = [np.asarray(column) for column in (answer if isinstance(answer, tuple) else (answer,))]
    if not all(column.shape in ((), (len(states),)) for column in listed):
        raise WorldError(
            f"{name}: outcome has the shape {[column.shape for column in listed]}; give one for each "
            f"of {len(states)} states."
        )
    columns = [np.broadcast_to(column, (len(states),)) for column in listed]
    if all(column.dtype.kind in "iub" for column in columns):
        rows = np.array([column.astype(np.int64) for column in columns])
        known, labels = numbered(nothing_known(len(rows)), rows)
        return labels, NameRows(tuple(known.columns[:, : known.met]), make)
    if make is not int:
        raise WorldError(f"{name}: an outcome of several columns must be of whole numbers.")
    names, first, labels = np.unique(columns[0], return_index=True, return_inverse=True)
    order = np.argsort(first)
    return np.argsort(order)[labels], tuple(names[order].tolist())


def _tuple_kind(answer: tuple[Any, ...]) -> type:
    return type(answer) if hasattr(answer, "_fields") else tuple


def _default(
    default: str | Callable[[Any], Any] | None,
    states: NameRows,
    pair_ptr: Ints,
    pair_action: Ints,
    actions: dict[str, int],
    name: str,
) -> Ints | None:
    """I[S], the pair of doing nothing in each state."""
    if default is None:
        return None
    asked = default if isinstance(default, str) else default(shaped(states.make, states.columns))
    wanted = np.broadcast_to(np.asarray(asked), (len(states),))
    owner = np.repeat(np.arange(len(states)), np.diff(pair_ptr))
    pairs = np.full(len(states), -1)
    for action in np.unique(wanted).tolist():
        taken = pair_action == actions.get(action, -1)
        taken &= wanted[owner] == action
        pairs[owner[taken]] = np.flatnonzero(taken)
    if (pairs < 0).any():
        s = int(np.argmax(pairs < 0))
        listed = list(actions)
        legal = [listed[a] for a in pair_action[pair_ptr[s] : pair_ptr[s + 1]]]
        raise WorldError(
            f"{name}, state {shown(states[s])}: the default action {str(wanted[s])!r} is not legal here. "
            + did_you_mean(str(wanted[s]), legal)
        )
    return pairs
