"""Transition matrices, as textbooks and planning libraries keep them, as the compressed lists of a World."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError
from telos.core.validation import ROW_SUM_TOLERANCE

#: One matrix as the entries that it stores: rows, columns, values.
Entries = tuple[Ints, Ints, Floats]


def read_dense(
    P: Any,
    action_axis: int | None,
    legal: Any,
    pairs: Any,
    actions: Sequence[str],
    name: str,
) -> dict[str, Any]:
    """The compressed lists of a world, from one probability matrix an action, or one a state.

    Args:
        P: what `World.from_dense` takes.
        action_axis: which axis counts actions, 0 or 1; None: the one that the shape leaves possible.
        legal: B[S, A], the legal pairs; None: all.
        pairs: the state and the action of each row of a P with two axes; None: P has three.
        actions: A names; ``a0``, ``a1`` … if empty.
        name: how messages call the world.

    Returns:
        A dictionary of arguments of `World.from_arrays`.

    Raises:
        WorldError: naming the state, the action, the value and the remedy.
    """
    if pairs is None:
        parts, shape = matrices(P, name)
        axis = action_axis_of(shape, action_axis, name)
        size, n_actions = (shape[1], shape[0]) if axis == 0 else (shape[0], shape[1])
        allowed = _legal(legal, size, n_actions, name)
        entries = stacked(parts, axis)
    else:
        if legal is not None or action_axis is not None:
            raise WorldError(
                f"{name}: pairs= says which pairs are legal; leave out legal and action_axis."
            )
        entries, allowed = _listed(P, pairs, len(actions), name)
    names = tuple(actions) or tuple(f"a{n}" for n in range(allowed.shape[1]))
    if len(names) != allowed.shape[1]:
        raise WorldError(f"{name}: {len(names)} action names for {allowed.shape[1]} actions.")
    state, action, successor, chance = entries
    kept = allowed[state, action] & (
        chance != 0
    )  # a stored zero does not make a successor; NaN is not zero
    order = np.flatnonzero(kept)
    order = order[np.lexsort((successor[order], action[order], state[order]))]
    state, action, successor = state[order], action[order], successor[order]
    chance = chance[order]
    _check_values(state, action, successor, chance, names, name)
    pair_state, pair_action = np.nonzero(allowed)
    number = np.full(allowed.shape, -1)
    number[pair_state, pair_action] = np.arange(len(pair_state))
    pair = number[state, action]
    fan = np.bincount(pair, minlength=len(pair_state))
    total = np.bincount(pair, chance, minlength=len(pair_state))
    wrong = np.abs(total - 1) > ROW_SUM_TOLERANCE
    if wrong.any():
        at = int(np.argmax(wrong))
        remedy = (
            "divide the row by its sum, in float64"
            if fan[at]
            else "mark pairs that are not legal by legal="
        )
        raise WorldError(
            f"{name}, state {pair_state[at]}, action {names[pair_action[at]]!r}: probabilities sum to "
            f"{total[at]:.12g}, not 1; {remedy}."
        )
    return {
        "pair_ptr": np.concatenate(([0], np.cumsum(allowed.sum(axis=1)))),
        "pair_action": pair_action,
        "next_ptr": np.concatenate(([0], np.cumsum(fan))),
        "next_state": successor,
        "next_prob": chance,
        "actions": names,
        "name": name,
    }


def _listed(
    P: Any, pairs: Any, n_actions: int, name: str
) -> tuple[tuple[Ints, Ints, Ints, Floats], Bools]:
    """The entries of one matrix with a row for each pair, and B[S, A], which pairs there are."""
    (row, column, value), (rows, size) = _entries(P, name)
    try:
        state, action = (np.asarray(each) for each in pairs)
    except (TypeError, ValueError):
        state = action = np.empty(0)
    if any(each.shape != (rows,) or each.dtype.kind not in "iu" for each in (state, action)):
        raise WorldError(
            f"{name}: P has {rows} rows; give pairs=(states, actions), two arrays of {rows} integers."
        )
    later = (state[1:] > state[:-1]) | ((state[1:] == state[:-1]) & (action[1:] > action[:-1]))
    if not later.all():
        at = int(np.argmin(later)) + 1
        raise WorldError(
            f"{name}: row {at} is state {state[at]}, action {action[at]}, not later than the row before; "
            "list pairs by state and action, each once."
        )
    n_actions = n_actions or int(np.max(action, initial=0)) + 1
    outside = (state < 0) | (state >= size) | (action < 0) | (action >= n_actions)
    if outside.any():
        at = int(np.argmax(outside))
        raise WorldError(
            f"{name}: row {at} is state {state[at]}, action {action[at]}; states are 0 to {size - 1}, "
            f"actions 0 to {n_actions - 1}."
        )
    legal = np.zeros((size, n_actions), np.bool_)
    legal[state, action] = True
    return (state[row], action[row], column, value), _legal(legal, size, n_actions, name)


def matrices(given: Any, name: str, what: str = "P") -> tuple[list[Entries], tuple[int, int, int]]:
    """Matrices of one shape as the entries they store, and (how many, rows, columns).

    Args:
        given: an array of three axes; or a list, a tuple or an object array of matrices, each an array
            of two axes or anything with `tocoo()`, as SciPy's sparse matrices have.
        name: how messages call the world. what: how they call the matrices.

    Raises:
        WorldError: if it is nothing of the kind.
    """
    if isinstance(given, list | tuple) or (
        isinstance(given, np.ndarray) and given.dtype == object and given.ndim == 1
    ):
        listed = list(given)
    else:
        whole = _numbers(given, name, what)
        if whole.ndim != 3:
            raise WorldError(
                f"{name}: {what} has shape {whole.shape}; give [A, S, S], [S, A, S] or one matrix an action."
            )
        listed = list(whole)
    if not listed:
        raise WorldError(f"{name}: {what} holds no matrix; give one an action.")
    entries, shapes = zip(*(_entries(each, name, what) for each in listed), strict=True)
    for n, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise WorldError(
                f"{name}: matrix 0 of {what} has shape {shapes[0]} and matrix {n} has {shape}; give all of "
                "them one shape."
            )
    return list(entries), (len(listed), *shapes[0])


def action_axis_of(shape: tuple[int, ...], given: int | None, name: str, what: str = "P") -> int:
    """Which axis of `shape` counts actions; the other two count states.

    Raises:
        WorldError: if no axis can, or both can and none is given.
    """
    if given is not None and (isinstance(given, bool) or given not in (0, 1)):
        raise WorldError(
            f"{name}: action_axis is {given!r}; it is 0 for [A, S, S], 1 for [S, A, S]."
        )
    possible = [axis for axis in (0, 1) if shape[1 - axis] == shape[2] and 0 not in shape]
    if given is None and len(possible) == 2:
        raise WorldError(
            f"{name}: {what} has shape {shape}, with as many actions as states, so its shape does not say "
            "which axis is which. Give action_axis=0 for [A, S, S], action_axis=1 for [S, A, S]."
        )
    if not possible or (given is not None and given not in possible):
        wanted = "" if given is None else f" with action_axis={given}"
        raise WorldError(
            f"{name}: {what} has shape {shape}{wanted}; give [A, S, S] (action_axis=0), [S, A, S] "
            "(action_axis=1) or one matrix an action."
        )
    return possible[0] if given is None else given


def stacked(parts: list[Entries], axis: int) -> tuple[Ints, Ints, Ints, Floats]:
    """State, action, successor and value of every entry that matrices store; repeated ones added up."""
    first = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    row, column, value = (np.concatenate(list(each)) for each in zip(*parts, strict=True))
    return (row, first, column, value) if axis == 0 else (first, row, column, value)


def _entries(given: Any, name: str, what: str = "P") -> tuple[Entries, tuple[int, int]]:
    """The entries of one matrix that are stored, or that are not zero, and its shape."""
    if hasattr(given, "tocoo"):
        sparse = given.tocsr().tocoo()  # entries that are stored twice are added up on the way
        if len(sparse.shape) != 2:
            raise WorldError(
                f"{name}: a sparse matrix of {what} has shape {sparse.shape}; give two axes."
            )
        shape = (int(sparse.shape[0]), int(sparse.shape[1]))
        row, column = (np.asarray(axis, dtype=np.int64) for axis in (sparse.row, sparse.col))
        return (row, column, _numbers(sparse.data, name, what)), shape
    dense = _numbers(given, name, what)
    if dense.ndim != 2:
        raise WorldError(f"{name}: a matrix of {what} has shape {dense.shape}; give two axes.")
    row, column = np.nonzero(dense)
    return (row, column, dense[row, column]), (dense.shape[0], dense.shape[1])


def _numbers(given: Any, name: str, what: str = "P") -> Floats:
    """An array of float64; never from text, complex numbers or arrays of objects.

    Raises:
        WorldError: if it is none.
    """
    try:
        array = np.asarray(given)
    except (TypeError, ValueError) as problem:
        raise WorldError(f"{name}: {what} cannot be read as an array ({problem}).") from None
    if array.dtype.kind not in "biuf":
        raise WorldError(
            f"{name}: {what} holds {array.dtype} and not numbers; give float64, as {what}.astype(float) does."
        )
    if np.ma.is_masked(given):
        raise WorldError(
            f"{name}: {what} has masked entries, which are no numbers; fill them, or mark pairs that are not "
            "legal by legal=."
        )
    return array.astype(np.float64, copy=False)


def _legal(legal: Any, size: int, n_actions: int, name: str) -> Bools:
    """B[S, A], the legal pairs."""
    if legal is None:
        return np.ones((size, n_actions), np.bool_)
    try:
        allowed: NDArray[Any] = np.asarray(legal)
    except (TypeError, ValueError):  # rows of several lengths
        allowed = np.empty(0)
    if allowed.dtype != np.bool_ or allowed.shape != (size, n_actions):
        raise WorldError(
            f"{name}: legal has shape {allowed.shape} and type {allowed.dtype}; give one boolean for each "
            f"state and action, ({size}, {n_actions})."
        )
    if not allowed.any(axis=1).all():
        state = int(np.argmin(allowed.any(axis=1)))
        raise WorldError(
            f"{name}, state {state}: no legal action. Give it one; a state where everything ends loops to "
            "itself."
        )
    return allowed


def _check_values(
    state: Ints, action: Ints, successor: Ints, chance: Floats, names: Sequence[str], name: str
) -> None:
    """Every probability is in (0, 1]. Raises WorldError, naming the first that is not."""
    wrong = ~((chance > 0) & (chance <= 1 + ROW_SUM_TOLERANCE))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise WorldError(
            f"{name}, state {state[at]}, action {names[action[at]]!r}: the probability of state "
            f"{successor[at]} is {chance[at]}; it must be from 0 to 1. Correct it, or mark the pair as not "
            "legal by legal=."
        )
