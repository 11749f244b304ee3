"""Ways: what the rules of a large world say of many states at once, looked at before it is believed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError
from telos.core.numbers import reals
from telos.core.rows import NameRows, shaped
from telos.core.shown import shown

ManyMoves = Callable[[Any], Mapping[str, Any]]


class Legal(NamedTuple):
    """An action that is legal in some states only, and where it leads there.

    Args:
        legal: B[n], in which of the states that `moves` was asked about the action can be taken.
        to: where it leads: columns, or ``[(probability, columns), ...]``; looked at where legal only.

    Example:
        >>> Legal(np.array([True, False]), np.array([7, 0])).legal.tolist()
        [True, False]
    """

    legal: Any
    to: Any


class Way(NamedTuple):
    """One action in n states: legal B[n], and its branches, each a probability F[n] and columns I[n]."""

    action: str
    legal: Bools
    branches: list[tuple[Floats, list[Ints]]]


def ways_of(moves: ManyMoves, here: NameRows, name: str) -> Iterator[Way]:
    """What the rules say of a block of states, looked at before it is believed."""
    answer = moves(shaped(here.make, here.columns))
    if not isinstance(answer, Mapping):
        raise WorldError(
            f"{name}, state {here[0]!r}: moves returned {type(answer).__name__}, not "
            "{action: target | Where(legal, target)}."
        )
    if not answer:
        raise WorldError(f"{name}, state {here[0]!r}: no legal action. Name at least one.")
    for action, target in answer.items():
        legal: Any = True
        if isinstance(target, Legal):
            legal, target = target
        flags = np.asarray(legal)
        if flags.dtype != np.bool_ or flags.shape not in ((), (len(here),)):
            raise WorldError(
                f"{name}, {place(here, 0, action)}: legal is {_kind(flags)}; give Where one True or "
                f"False for each of {len(here)} states."
            )
        flags = np.broadcast_to(flags, (len(here),))
        listed = target if isinstance(target, list) else [(1.0, target)]
        if not listed:
            raise WorldError(f"{name}, {place(here, 0, action)}: leads nowhere; name a successor.")
        branches = []
        for branch in listed:
            if not (isinstance(branch, tuple) and len(branch) == 2):
                raise WorldError(
                    f"{name}, {place(here, 0, action)}: {shown(branch)} is not (probability, state)."
                )
            columns = _columns(branch[1], here, flags, str(action), name)
            branches.append((_chances(branch[0], columns, here, flags, str(action), name), columns))
        yield Way(str(action), flags, branches)


def _columns(target: Any, here: NameRows, legal: Bools, action: str, name: str) -> list[Ints]:
    """k columns I[n], from what the author wrote like a state."""
    alone = here.make is int and not isinstance(target, tuple)
    fields = (target,) if alone else target
    if not isinstance(fields, tuple) or len(fields) != len(here.columns):
        count = f"{len(fields)} fields" if isinstance(fields, tuple) else type(target).__name__
        raise WorldError(
            f"{name}, {place(here, 0, action)}: leads to {count}; write it like "
            f"{here[0]!r}, with a column or a number in each field."
        )
    names = getattr(here.make, "_fields", range(len(fields)))
    columns = []
    for field, values in zip(names, fields, strict=True):
        array = np.asarray(values)
        if array.shape not in ((), (len(here),)):
            raise WorldError(
                f"{name}, {place(here, 0, action)}: field {field!r} of where it leads is "
                f"{_kind(array)}; give one number for each of {len(here)} states."
            )
        array = np.broadcast_to(array, (len(here),))
        if array.dtype.kind not in "iub":
            i = int(np.argmax(legal))
            raise WorldError(
                f"{name}, {place(here, i, action)}: field {field!r} of where it leads is "
                f"{array[i]!s}; it must be a whole number (divide by //, not /)."
            )
        columns.append(array.astype(np.int64))
    return columns


def _chances(
    probability: Any,
    columns: list[Ints],
    here: NameRows,
    legal: Bools,
    action: str,
    name: str,
) -> Floats:
    """F[n], the probability of a branch in each state."""
    where = f"{name}, {place(here, 0, action)}: the probability"
    given = reals(probability, where, WorldError)
    if given.shape not in ((), (len(here),)):
        raise WorldError(
            f"{where} is {shown(probability)}; give a number, or one for each of {len(here)} states."
        )
    chances = np.broadcast_to(given, (len(here),))
    wrong = legal & ~((chances >= 0) & (chances < np.inf))
    if wrong.any():
        i = int(np.argmax(wrong))
        successor = shaped(here.make, [int(column[i]) for column in columns])
        raise WorldError(
            f"{name}, {place(here, i, action)}: probability {chances[i]:g} of {successor!r} must be "
            "a number from 0 to 1."
        )
    return chances


def place(here: NameRows, i: int, action: Any) -> str:
    return f"state {here[i]!r}, action {action!r}"


def _kind(array: Any) -> str:
    return f"{array.dtype} of shape {array.shape}"
