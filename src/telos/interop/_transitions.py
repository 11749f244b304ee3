"""From rows of transitions, as a file lists them, to the compressed lists of a world."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.interop._lines import Line, shown

#: Some of the columns are kept in 32 bits while they are read.
Whole = NDArray[np.integer]


class Listed(NamedTuple):
    """The rows of a file, in its order: N transitions.

    Args:
        state, choice, successor: integers, N each. chance: F[N], each in (0, 1].
        action: N codes into `names`, -1 where a row names no action.
        names: the names that `action` counts.
        where: the line of a row, by its number.
    """

    state: Whole
    choice: Whole
    successor: Whole
    chance: Floats
    action: Whole
    names: list[str]
    where: Callable[[int], Line]


class Transitions(NamedTuple):
    """The successors of each choice, by state and choice, and what else a file said.

    Args:
        size: S, the number of states.
        pair_ptr: I[S+1], the choices of each state; a state without one has an empty range.
        next_ptr: I[L+1], the successors of each choice, which are `next_state` and `next_prob`.
        action: L codes into `names`; -1 where the file names no action.
        order: the row of the file that each successor came from; None: they are in file order.
        starts: first states, where the file names them.
    """

    size: int
    pair_ptr: Ints
    next_ptr: Ints
    next_state: Ints
    next_prob: Floats
    action: Whole
    names: list[str]
    order: Ints | None
    starts: list[int]

    @property
    def stuck(self) -> Ints:
        """The states without a choice."""
        return np.flatnonzero(np.diff(self.pair_ptr) == 0)


def gathered(
    rows: Listed, head: Line, counts: tuple[int, int, int] | None, starts: list[int]
) -> Transitions:
    """The rows by state and choice, without a gap among both, with every sum 1.

    Args:
        rows: the rows. head: the line that announces them.
        counts: the states, choices and transitions that are announced, if they are.
        starts: first states, handed on.

    Raises:
        WorldError: naming the line, the state, the choice and the value.
    """
    if not len(rows.state):
        raise head.wrong("no transition follows; export the model again.")
    order = _order(rows.state, rows.choice)
    if order is not None:
        rows = rows._replace(
            state=rows.state[order],
            choice=rows.choice[order],
            successor=rows.successor[order],
            chance=rows.chance[order],
            action=rows.action[order],
        )
    first = np.ones(len(rows.state), np.bool_)
    first[1:] = (rows.state[1:] != rows.state[:-1]) | (rows.choice[1:] != rows.choice[:-1])
    begin = np.flatnonzero(first)
    wrong = _Complaints(rows, order)
    wrong.of_actions(begin)
    wrong.of_repeats(first)
    for what, promised, there in (
        ("choices", counts and counts[1], len(begin)),
        ("transitions", counts and counts[2], len(rows.state)),
    ):
        if promised is not None and promised != there:
            raise head.wrong(
                f"{promised} {what} announced, but {there} follow; the file is cut short, or its first "
                "line is wrong."
            )
    size = _size(rows, head, counts[0] if counts else 0)
    wrong.of_choices(begin)
    next_ptr = np.append(begin, len(rows.state))
    wrong.of_sums(next_ptr)
    per_state = np.bincount(rows.state[begin], minlength=size)
    return Transitions(
        size,
        np.concatenate(([0], np.cumsum(per_state))),
        next_ptr,
        rows.successor.astype(np.int64),
        rows.chance,
        rows.action[begin],
        rows.names,
        order,
        starts,
    )


def _order(state: Whole, choice: Whole) -> Ints | None:
    """The rows by state and choice, otherwise as they are; None if they are so already."""
    later = (state[1:] > state[:-1]) | ((state[1:] == state[:-1]) & (choice[1:] >= choice[:-1]))
    return None if later.all() else np.lexsort((choice, state))


def _size(rows: Listed, head: Line, announced: int) -> int:
    """The number of states: those announced, or up to the last one that is met.

    Raises:
        WorldError: if one is never met. Nothing of the announced length is made before.
    """
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


class _Complaints(NamedTuple):
    """What may be wrong with sorted rows, and where the first of it stands in the file."""

    rows: Listed
    order: Ints | None

    def of_actions(self, begin: Ints) -> None:
        """A choice that goes by two names."""
        action = self.rows.action
        fan = np.diff(begin, append=len(action))
        differs = action != np.repeat(action[begin], fan)
        if differs.any():
            row = int(np.argmax(differs))
            first = int(begin[np.searchsorted(begin, row, "right") - 1])
            raise self._line(row).wrong(
                f"{self._named(row)} is {self._action(row)} here and {self._action(first)} in line "
                f"{self._line(first).number}; give a choice one action."
            )

    def of_repeats(self, first: Bools) -> None:
        """A successor that a choice names twice."""
        successor = self.rows.successor
        if ((successor[1:] > successor[:-1]) | first[1:]).all():
            return
        pair = np.cumsum(first)
        by = np.lexsort((successor, pair))  # stable: of two, the second is the later one
        again = (pair[by[1:]] == pair[by[:-1]]) & (successor[by[1:]] == successor[by[:-1]])
        if again.any():
            row = int(by[1:][again].min())
            raise self._line(row).wrong(
                f"{self._named(row)} leads to state {successor[row]} a second time; add the "
                "probabilities up in one line."
            )

    def of_choices(self, begin: Ints) -> None:
        """A choice whose number is not the next one."""
        choice = self.rows.choice[begin]
        state = self.rows.state[begin]
        wanted = np.zeros(len(begin), choice.dtype)
        np.add(choice[:-1], 1, out=wanted[1:])
        wanted[1:][state[1:] != state[:-1]] = 0
        if (choice != wanted).any():
            pair = int(np.argmax(choice != wanted))
            raise self._line(int(begin[pair])).wrong(
                f"state {state[pair]} has a choice {choice[pair]} but no choice {wanted[pair]}; number "
                "the choices of a state 0, 1, 2 …"
            )

    def of_sums(self, next_ptr: Ints) -> None:
        """Probabilities that do not sum to 1."""
        sums = np.add.reduceat(self.rows.chance, next_ptr[:-1])
        wrong = np.abs(sums - 1) > ROW_SUM_TOLERANCE
        if wrong.any():
            pair = int(np.argmax(wrong))
            begin, end = int(next_ptr[pair]), int(next_ptr[pair + 1])
            total = math.fsum(self.rows.chance[begin:end])
            raise self._line(begin).wrong(
                f"{self._named(begin)}: probabilities sum to {total:.12g}, not 1; add the missing "
                "successor, or divide by the sum."
            )

    def _line(self, row: int) -> Line:
        return self.rows.where(row if self.order is None else int(self.order[row]))

    def _named(self, row: int) -> str:
        return f"state {self.rows.state[row]}, choice {self.rows.choice[row]}"

    def _action(self, row: int) -> str:
        code = int(self.rows.action[row])
        return shown("" if code < 0 else self.rows.names[code])


def without_zeros(read: Transitions) -> Transitions:
    """The same; a stored zero is no successor."""
    kept = read.next_prob > 0
    if kept.all():
        return read
    return read._replace(
        next_ptr=np.concatenate(([0], np.cumsum(kept)))[read.next_ptr],
        next_state=read.next_state[kept],
        next_prob=read.next_prob[kept],
        order=None,
    )


def with_loops(path: str, read: Transitions, *, allowed: bool) -> Transitions:
    """The same, and each state without a choice has the action ``loop``.

    Raises:
        WorldError: if that is not allowed, naming the first of them.
    """
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
        order=None,
    )
