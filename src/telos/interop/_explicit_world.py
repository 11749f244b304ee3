"""From what the files of an explicit model say to the parts of a world."""

from typing import Any

import numpy as np

from telos.core.arrays import Floats, Ints
from telos.core.errors import WorldError, did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.interop._explicit_read import Pair, Transitions
from telos.interop._explicit_write import RESERVED

#: Labels that say something about the model itself, and no feature of a state.
BUILT_IN = ("init", "deadlock")


def add_loops(path: str, read: Transitions, *, allowed: bool) -> None:
    """Give each state without a choice the action ``loop``.

    Raises:
        WorldError: if that is not allowed, naming the first of them.
    """
    if not allowed:
        more = f" and {len(read.stuck) - 1} more" if len(read.stuck) > 1 else ""
        raise WorldError(
            f"{path}: state {read.stuck[0]}{more}: no choice. Write a loop, or allow='deadlocks' to "
            "have loops added, as PRISM and Storm do."
        )
    for state in read.stuck:
        read.rows[state, 0] = {state: 1.0}
        read.action[state, 0] = "loop"


def compressed(
    read: Transitions, told: tuple[list[str], dict[Pair, str]], new: dict[str, str]
) -> dict[str, Any]:
    """The compressed lists of a world, and the names of its actions.

    Args:
        read: the transitions.
        told: names of actions in their order, and names of choices, from a file of their own.
        new: {name in the files: name in the world}; these come first.
    """
    pairs = sorted(read.rows)
    rows = [read.rows[pair] for pair in pairs]
    numbers = {name: n for n, name in enumerate(new.values())}
    for name in told[0]:
        numbers.setdefault(new.get(name, name), len(numbers))
    taken: set[tuple[int, str]] = set()
    for state, choice in pairs:
        old = told[1].get((state, choice)) or read.action[state, choice] or f"a{choice}"
        name = base = new.get(old, old)
        copy = 1
        while (state, name) in taken:  # PRISM leaves a choice among commands of one action open
            copy += 1
            name = f"{base}.{copy}"
        taken.add((state, name))
        numbers.setdefault(name, len(numbers))
        read.action[state, choice] = name
    counts = np.bincount([state for state, _ in pairs], minlength=read.size)
    return {
        "actions": tuple(numbers),
        "pair_ptr": np.concatenate(([0], np.cumsum(counts))),
        "pair_action": np.array([numbers[read.action[pair]] for pair in pairs]),
        "next_ptr": np.cumsum([0, *map(len, rows)]),
        "next_state": np.array([t for row in rows for t in row]),
        "next_prob": np.array([p for row in rows for p in row.values()]),
    }


def features_of(
    path: str,
    size: int,
    labels: dict[str, list[int]],
    table: tuple[list[str], list[tuple[int | bool, ...]]] | None,
    numbers: dict[str, Floats],
) -> dict[str, Floats]:
    """The features, F[S] each: labels, then variables, then state rewards.

    Raises:
        WorldError: if two of them have one name and differ.
    """
    given = [
        (name, np.isin(np.arange(size), marked).astype(np.float64))
        for name, marked in labels.items()
        if name not in BUILT_IN
    ]
    if table:
        columns = np.array(table[1], dtype=np.float64).T
        given += list(zip(table[0], columns, strict=True))
    given += [(name, row) for name, row in numbers.items() if name not in RESERVED]
    features: dict[str, Floats] = {}
    for name, values in given:
        other = features.setdefault(name, values)
        if not np.array_equal(other, values):
            state = int(np.argmax(other != values))
            raise WorldError(
                f"{path}, state {state}: feature {name!r} is {other[state]:g} in one file and "
                f"{values[state]:g} in another; give one of them another name."
            )
    return features


def labelled_start(
    path: str, read: Transitions, labels: dict[str, list[int]] | None, several: bool
) -> Floats:
    """F[S], the first state: the one labelled `init`; without labels, as PRISM has it, state 0.

    Raises:
        WorldError: if no state is labelled, or several that are not allowed to be equally likely.
    """
    first = labels.get("init", []) if labels is not None else (read.starts or [0])
    if read.starts and sorted(read.starts) != sorted(first):
        raise WorldError(
            f"{path}: label init is on other states than the lines of the transition file that begin "
            "with '-'; export both again."
        )
    if not first:
        raise WorldError(f"{path}: no state is labelled init; label the first state.")
    if len(first) > 1 and not several:
        raise WorldError(
            f"{path}: {len(first)} states are labelled init, of which an adversary would choose one. "
            "Label one, or allow='several starts' to have them equally likely."
        )
    start = np.zeros(read.size)
    start[first] = 1 / len(first)
    return start


def checked_start(path: str, given: Floats) -> Floats:
    """F[S], the chances of the first states, as a file gives them.

    Raises:
        WorldError: if they are no probabilities.
    """
    if given.min() < 0 or abs(given.sum() - 1) > ROW_SUM_TOLERANCE:
        raise WorldError(
            f"{path}: chances from {given.min():g} to {given.max():g} with the sum {given.sum():.12g}; "
            "the chances of the first states are not negative and sum to 1."
        )
    return given


def shared_outcome(
    path: str, names: tuple[str, ...], features: dict[str, Floats]
) -> tuple[Any, tuple[Any, ...]]:
    """The number of each state's outcome, and the outcomes by name: the values of some features.

    Raises:
        WorldError: if there is no such feature.
    """
    for name in names:
        if name not in features:
            raise WorldError(f"{path}: outcome={name!r}. {did_you_mean(name, features)}")
    if not names:
        return None, ()
    columns = [[_plain(value) for value in features[name]] for name in names]
    listed = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in listed], tuple(numbers)


def numbered_outcome(path: str, given: Floats) -> tuple[Any, tuple[Any, ...]]:
    """The same, where a file numbers the outcomes 0 to K - 1.

    Raises:
        WorldError: if a number is no whole number, or left out.
    """
    used = np.unique(given)
    if not np.array_equal(used, np.arange(len(used))):
        raise WorldError(
            f"{path}: outcomes {used[:6].tolist()}; number them 0, 1, 2 … and use every number."
        )
    return given.astype(np.int64), ()


def named_default(path: str, default: str, fields: dict[str, Any]) -> Ints | None:
    """I[S], the pair of the action `default` in each state; None if there is no such action.

    Raises:
        WorldError: if a state has no such action.
    """
    if not default:
        return None
    actions, size = fields["actions"], len(fields["pair_ptr"]) - 1
    if default not in actions:
        raise WorldError(f"{path}: default={default!r}. {did_you_mean(default, actions)}")
    owner = np.repeat(np.arange(size), np.diff(fields["pair_ptr"]))
    idle = np.flatnonzero(fields["pair_action"] == actions.index(default))
    without = np.setdiff1d(np.arange(size), owner[idle])
    if len(without):
        raise WorldError(
            f"{path}: state {without[0]} has no action {default!r}; choose a default that is legal in "
            "every state."
        )
    return np.asarray(idle, dtype=np.int64)


def numbered_default(path: str, pair_ptr: Ints, given: Floats) -> Ints:
    """The same, where a file gives the number of the choice in each state.

    Raises:
        WorldError: if a state has no such choice.
    """
    wrong = (given != np.floor(given)) | (given < 0) | (given >= np.diff(pair_ptr))
    if wrong.any():
        state = int(np.argmax(wrong))
        raise WorldError(
            f"{path}: state {state} has no choice {given[state]:g}; its choices are 0 to "
            f"{pair_ptr[state + 1] - pair_ptr[state] - 1}."
        )
    return np.asarray(pair_ptr[:-1] + given.astype(np.int64), dtype=np.int64)


def _plain(value: Any) -> int | float:
    """A number as people write it: 2, not 2.0."""
    number = float(value)
    return int(number) if number.is_integer() else number
