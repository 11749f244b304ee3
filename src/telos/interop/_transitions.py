"""From rows of transitions, as a file lists them, to the compressed lists of a world."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.interop._text import Column, TextLine, shown


class TransitionRows(NamedTuple):
    """The rows of a file, in its order: N transitions.

    Args:
        state, choice, successor: integers, N each. chance: F[N], each in (0, 1].
        action: N codes into `names`, -1 where a row names no action.
        names: the names that `action` counts.
        line: the line of a row, by its number.
    """

    state: Column
    choice: Column
    successor: Column
    chance: Floats
    action: Column
    names: list[str]
    line: Callable[[int], TextLine]


class TransitionTable(NamedTuple):
    """The successors of each choice, by state and choice, and what else a file states.

    Args:
        size: S, the number of states.
        pair_ptr: I[S+1], the choices of each state; a state without one has an empty range.
        next_ptr: I[L+1], the successors of each choice, which are `next_state` and `next_prob`.
        action: L codes into `names`; -1 where the file names no action.
        starts: first states, where the file names them.
    """

    size: int
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats
    action: Column
    names: list[str]
    starts: list[int]

    @property
    def stuck(self) -> Ints:
        """The states without a choice."""
        return np.flatnonzero(np.diff(self.pair_ptr) == 0)


def gathered(
    rows: TransitionRows, head: TextLine, counts: tuple[int, int, int] | None, starts: list[int]
) -> TransitionTable:
    """The rows by state and choice, without a gap among both, with every sum 1.

    Args:
        rows: the rows. head: the line that announces them.
        counts: the states, choices and transitions that are announced, if they are.
        starts: first states, handed on.
    """
    if not len(rows.state):
        raise head.wrong("no transition follows; export the model again.")
    rows = _sorted(rows)
    state, choice = rows.state, rows.choice
    first = np.ones(len(state), np.bool_)
    first[1:] = (state[1:] != state[:-1]) | (choice[1:] != choice[:-1])
    begin = np.flatnonzero(first)
    _check_actions(rows, begin)
    _check_repeats(rows, first)
    _, choices, transitions = counts or (None, None, None)
    for what, announced, there in (
        ("choices", choices, len(begin)),
        ("transitions", transitions, len(state)),
    ):
        if announced is not None and announced != there:
            raise head.wrong(
                f"{announced} {what} announced, but {there} follow; the file is cut short, or its first "
                "line is wrong."
            )
    size = _size(rows, head, counts[0] if counts else 0)
    _check_choices(rows, begin)
    next_ptr = np.append(begin, len(state))
    _check_sums(rows, next_ptr)
    fan = np.bincount(state[begin], minlength=size)
    return TransitionTable(
        size,
        np.concatenate(([0], np.cumsum(fan))),
        next_ptr,
        rows.successor.astype(np.int64),
        rows.chance,
        rows.action[begin],
        rows.names,
        starts,
    )


def _sorted(rows: TransitionRows) -> TransitionRows:
    """The rows by state and choice, otherwise as they are."""
    state, choice = rows.state, rows.choice
    if ((state[1:] > state[:-1]) | ((state[1:] == state[:-1]) & (choice[1:] >= choice[:-1]))).all():
        return rows
    order = np.lexsort((choice, state))
    return rows._replace(
        state=state[order],
        choice=choice[order],
        successor=rows.successor[order],
        chance=rows.chance[order],
        action=rows.action[order],
        line=lambda row: rows.line(int(order[row])),
    )


def _size(rows: TransitionRows, head: TextLine, announced: int) -> int:
    """The number of states: those announced, or up to the last one that is met."""
    size = max(announced, int(rows.state.max()) + 1, int(rows.successor.max()) + 1)
    if size > 2 * len(rows.state):
        met = np.unique(np.concatenate((rows.state, rows.successor)))
        gap = int(np.argmax(np.append(met, -1) != np.arange(len(met) + 1)))
    else:
        seen = np.zeros(size, np.bool_)
        seen[rows.state] = True
        seen[rows.successor] = True
        gap = size if seen.all() else int(np.argmin(seen))
    if gap < size:
        raise head.wrong(
            f"states are numbered 0 to {size - 1}, but no transition speaks of state {gap}; number "
            "them without gaps."
        )
    return size


def _check_actions(rows: TransitionRows, begin: Ints) -> None:
    """A choice goes by one name."""
    action = rows.action
    differs = action != np.repeat(action[begin], np.diff(begin, append=len(action)))
    if differs.any():
        row = int(np.argmax(differs))
        first = int(begin[np.searchsorted(begin, row, "right") - 1])
        here, before = (
            shown("" if code < 0 else rows.names[code]) for code in (action[row], action[first])
        )
        raise rows.line(row).wrong(
            f"{_named(rows, row)} is {here} here and {before} in line "
            f"{rows.line(first).number}; give a choice one action."
        )


def _check_repeats(rows: TransitionRows, first: Bools) -> None:
    """A choice names each successor once."""
    successor = rows.successor
    if ((successor[1:] > successor[:-1]) | first[1:]).all():
        return
    pair = np.cumsum(first)
    by = np.lexsort((successor, pair))  # stable: of two, the second is the later one
    again = (pair[by[1:]] == pair[by[:-1]]) & (successor[by[1:]] == successor[by[:-1]])
    if again.any():
        row = int(by[1:][again].min())
        raise rows.line(row).wrong(
            f"{_named(rows, row)} leads to state {successor[row]} a second time; add the "
            "probabilities up in one line."
        )


def _check_choices(rows: TransitionRows, begin: Ints) -> None:
    """The choices of a state are numbered without gaps."""
    choice, state = rows.choice[begin], rows.state[begin]
    wanted = np.append(0, np.where(state[1:] == state[:-1], choice[:-1] + 1, 0))
    if (choice != wanted).any():
        pair = int(np.argmax(choice != wanted))
        raise rows.line(int(begin[pair])).wrong(
            f"state {state[pair]} has a choice {choice[pair]} but no choice {wanted[pair]}; number "
            "the choices of a state 0, 1, 2 …"
        )


def _check_sums(rows: TransitionRows, next_ptr: Ints) -> None:
    """The probabilities of a choice sum to 1."""
    wrong = np.abs(np.add.reduceat(rows.chance, next_ptr[:-1]) - 1) > ROW_SUM_TOLERANCE
    if wrong.any():
        pair = int(np.argmax(wrong))
        begin, end = int(next_ptr[pair]), int(next_ptr[pair + 1])
        total = math.fsum(rows.chance[begin:end])
        raise rows.line(begin).wrong(
            f"{_named(rows, begin)}: probabilities sum to {total:.12g}, not 1; add the missing "
            "successor, or divide by the sum."
        )


def _named(rows: TransitionRows, row: int) -> str:
    return f"state {rows.state[row]}, choice {rows.choice[row]}"


def without_zeros(read: TransitionTable) -> TransitionTable:
    """The same; a stored zero is not a successor."""
    kept = read.next_prob > 0
    if kept.all():
        return read
    return read._replace(
        next_ptr=np.concatenate(([0], np.cumsum(kept)))[read.next_ptr],
        next_state=read.next_state[kept],
        next_prob=read.next_prob[kept],
    )


def with_loops(path: str, read: TransitionTable, *, allowed: bool) -> TransitionTable:
    """The same, and each state without a choice has the action ``loop``."""
    stuck = read.stuck
    if not len(stuck):
        return read
    if not allowed:
        more = f" and {len(stuck) - 1} more" if len(stuck) > 1 else ""
        raise WorldError(
            f"{path}: state {stuck[0]}{more}: no choice. Write a loop, or allow='deadlocks' to have "
            "loops added, as PRISM and Storm do."
        )
    pairs = read.pair_ptr[stuck]
    places = read.next_ptr[pairs]
    names = read.names if "loop" in read.names else [*read.names, "loop"]
    fan = np.insert(np.diff(read.next_ptr), pairs, 1)
    return read._replace(
        pair_ptr=np.concatenate(([0], np.cumsum(np.maximum(np.diff(read.pair_ptr), 1)))),
        next_ptr=np.concatenate(([0], np.cumsum(fan))),
        next_state=np.insert(read.next_state, places, stuck),
        next_prob=np.insert(read.next_prob, places, 1.0),
        action=np.insert(read.action, pairs, names.index("loop")),
        names=names,
    )
