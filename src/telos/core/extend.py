"""extend: a world with a memory beside each state, as an overseer needs who counts."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.arrays import Ints, ints
from telos.core.errors import WorldError
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.shown import shown
from telos.core.world import World

#: Where a move leads: {(state number in the old world, memory): probability}.
Row = Mapping[Any, float]


class Move(NamedTuple):
    """One thing that can be done in a state with a memory.

    Args:
        action: its name.
        pair: the pair of the old world that it carries out; -1 for a new one.
        row: where it leads: {(state number in the old world, memory): probability}.

    Example:
        >>> Move("wait", pair=0, row={(0, "first"): 0.5, (1, "second"): 0.5}).action
        'wait'
    """

    action: str
    pair: int
    row: Row


class Remembered(NamedTuple):
    """A state of the old world, and what is remembered beside it."""

    state: Hashable
    memory: Hashable

    def __str__(self) -> str:
        return f"{self.state}; {self.memory}"


@final
@dataclass(frozen=True, eq=False, repr=False)
class Extension:
    """A world made from another, and what its states and pairs stand for there.

    Args:
        world: the new world.
        state: I[S'], the old state that each new one stands for.
        pair: I[L'], the old pair that each new one carries out; -1 for a new one.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> world = OffSwitch(rooms=2).build()
        >>> def moves(s, asked):
        ...     for pair in world.pairs_of(s):
        ...         row = {(there, True): p for there, p in world.successors(pair).items()}
        ...         yield Move(world.actions[world.pair_action[pair]], pair, row)
        >>> made = extend(world, False, moves, name="asked once")
        >>> len(made.state) == made.world.size
        True
    """

    world: World
    state: Ints
    pair: Ints

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __repr__(self) -> str:
        return f"<Extension: {self.world!r}>"


def extend(
    world: World,
    first: Hashable,
    moves: Callable[[int, Hashable], Iterable[Move]],
    *,
    default: Callable[[int, Hashable], str] | None = None,
    features: Mapping[str, Callable[[int, Hashable], float]] | None = None,
    actions: Sequence[str] = (),
    name: str,
) -> Extension:
    """The world of all (state, memory) that can be come to from the start with the memory `first`.

    Outcome and features of a new state are those of the state it stands for.

    Args:
        world: the world to extend. first: the memory at the start.
        moves: what can be done in state number s with memory m, as `Move`s.
        default: the action of doing nothing in (s, m); None: the one that carries out the default
            pair of the old world, if each state still has it.
        features: further features, or other values of old ones, as functions of (s, m).
        actions: names that come first, in this order, be they legal somewhere or not.
        name: how messages call the new world.

    Returns:
        The new world, its states `Remembered(state, memory)`, and what they stand for.

    Raises:
        WorldError: if a state is left without a move, or a probability is wrong.

    Example:
        >>> from telos import explore
        >>> ring = explore(0, lambda s: {"on": (s + 1) % 2})
        >>> def counted(s, rounds):
        ...     return [Move("on", s, {(1 - s, min(2, rounds + s)): 1.0})]
        >>> extend(ring, 0, counted, name="ring, counted").world.size
        6
    """
    index: dict[tuple[int, Hashable], int] = {}
    found: list[tuple[int, Hashable]] = []

    def number(key: tuple[int, Hashable]) -> int:
        known = index.setdefault(key, len(found))
        if known == len(found):
            found.append(key)
        return known

    starts = [number((int(s), first)) for s in np.flatnonzero(world.start > 0)]
    numbers = {action: i for i, action in enumerate(actions)}
    pair_ptr, pair_action, carried, next_ptr = [0], [], [], [0]
    next_state: list[int] = []
    next_prob: list[float] = []
    done = 0
    while done < len(found):
        for move in _moves_of(world, moves, found[done], name):
            pair_action.append(numbers.setdefault(move.action, len(numbers)))
            carried.append(move.pair)
            for key, probability in move.row.items():
                if probability != 0:
                    next_state.append(number(key))
                    next_prob.append(probability)
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
        done += 1
    state = np.array([s for s, _ in found])
    pair = np.array(carried)
    start = np.zeros(len(found))
    start[starts] = world.start[world.start > 0]
    new = {k: np.array([f(s, m) for s, m in found]) for k, f in (features or {}).items()}
    outcome, outcomes = _outcomes(world, state)
    made = World(
        states=tuple(Remembered(world.states[s], m) for s, m in found),
        actions=tuple(numbers),
        start=start,
        pair_ptr=np.array(pair_ptr),
        pair_action=np.array(pair_action),
        next_ptr=np.array(next_ptr),
        next_state=np.array(next_state),
        next_prob=np.array(next_prob),
        features={**{k: v[state] for k, v in world.features.items()}, **new},
        outcome=outcome,
        outcomes=outcomes,
        default=_default(world, found, default, np.array(pair_ptr), pair_action, pair, numbers),
        name=name,
        estimated=None if world.estimated is None else world.estimated.onto(pair),
    )
    return Extension(made, ints(state), ints(pair))


def _moves_of(
    world: World,
    moves: Callable[[int, Hashable], Iterable[Move]],
    key: tuple[int, Hashable],
    name: str,
) -> list[Move]:
    """The moves of one state, looked at before they are believed."""

    def refused(problem: str) -> WorldError:
        return WorldError(
            f"{name}, state {shown(world.states[key[0]])} with {shown(key[1])}{problem}"
        )

    given = moves(*key)
    if not isinstance(given, Iterable):
        raise refused(f": moves returned a {type(given).__name__}; yield Move(...)s.")
    listed = list(given)
    if not listed:
        raise refused(": no move. Yield at least one, that of doing nothing say.")
    for move in listed:
        if not isinstance(move, Move):
            raise refused(f": moves yielded {move!r}; yield Move(action, pair, row)s.")
        for to in move.row:
            right = isinstance(to, tuple) and len(to) == 2 and isinstance(to[0], int | np.integer)
            if not right or not 0 <= to[0] < world.size:
                raise refused(
                    f", action {move.action!r}: leads to {to!r}; write (state number from 0 to "
                    f"{world.size - 1}, memory)."
                )
    return listed


def changed_rows(
    world: World, rows: Callable[[int], Mapping[int, float]], pairs: Iterable[int], *, name: str
) -> Extension:
    """The same world, except that some pairs lead elsewhere.

    Args:
        world: the world. rows: where a pair leads: {state number: probability}.
        pairs: the pairs for which `rows` is asked; all others stay as they are.
        name: how messages call the new world.

    Returns:
        The new world; its states and pairs stand for those of equal number.
    """
    wanted = set(pairs)
    next_ptr, next_state, next_prob = [0], [], []
    for pair in range(world.n_pairs):
        row = rows(pair) if pair in wanted else world.successors(pair)
        for s, probability in row.items():
            if probability > 0:
                next_state.append(s)
                next_prob.append(probability)
        next_ptr.append(len(next_state))
    made = World(
        states=world.states,
        actions=world.actions,
        start=world.start,
        pair_ptr=world.pair_ptr,
        pair_action=world.pair_action,
        next_ptr=np.array(next_ptr),
        next_state=np.array(next_state, dtype=np.int64),
        next_prob=np.array(next_prob),
        features=world.features,
        outcome=world.outcome,
        outcomes=world.outcomes,
        default=world.default,
        name=name,
        estimated=world.estimated,
    )
    return Extension(made, ints(np.arange(world.size)), ints(np.arange(world.n_pairs)))


def _outcomes(world: World, state: Ints) -> tuple[Ints, tuple[Hashable, ...]]:
    """Each new state's outcome, renumbered without gaps, and the names that are left."""
    used, outcome = np.unique(world.outcome[state], return_inverse=True)
    return ints(outcome), tuple(world.outcomes[k] for k in used)


def _default(
    world: World,
    found: list[tuple[int, Hashable]],
    default: Callable[[int, Hashable], str] | None,
    pair_ptr: Ints,
    pair_action: list[int],
    pair: Ints,
    actions: dict[str, int],
) -> Ints | None:
    """I[S'], the pair of doing nothing in each new state; None where one is not left."""
    if default is None and world.default is None:
        return None
    chosen = np.empty(len(found), dtype=np.int64)
    for i, (s, m) in enumerate(found):
        here = range(int(pair_ptr[i]), int(pair_ptr[i + 1]))
        if default is not None:
            wanted = default(s, m)
            same = [p for p in here if pair_action[p] == actions.get(wanted)]
            if not same:
                raise WorldError(
                    f"{world.name}, state {shown(world.states[s])} with {shown(m)}: the default action "
                    f"{wanted!r} is not legal here."
                )
        else:
            assert world.default is not None
            same = [p for p in here if pair[p] == world.default[s]]
            if not same:
                return None
        chosen[i] = same[0]
    return ints(chosen)
