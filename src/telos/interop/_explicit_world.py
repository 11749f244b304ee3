"""From what the files of an explicit model say to the parts of a world."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from telos.core.arrays import Floats, Ints, sealed
from telos.core.errors import WorldError, did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.interop._explicit_write import RESERVED
from telos.interop._transitions import Transitions

#: Labels that say something about the model itself, and no feature of a state.
BUILT_IN = ("init", "deadlock")
#: What is refused unless the caller allows it.
ALLOWED = ("deadlocks", "several starts")
#: 4 GiB of features: a hundred thousand labels in a header are short, their features are not.
MOST_NUMBERS = 2**29


def allowances(who: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """What the caller allows, as a tuple.

    Raises:
        WorldError: if one of it is unknown.
    """
    if not isinstance(given, Iterable):
        raise WorldError(f"{who}: allow={given!r:.80}; give a tuple of: {', '.join(ALLOWED)}.")
    listed = (given,) if isinstance(given, str) else tuple(given)
    for wish in listed:
        if wish not in ALLOWED:
            raise WorldError(f"{who}: allow={wish!r:.80}. {did_you_mean(str(wish), ALLOWED)}")
    return listed


def compressed(
    read: Transitions, named: tuple[list[str], Ints] | None, new: dict[str, str]
) -> dict[str, Any]:
    """The compressed lists of a world, and the names of its actions.

    Args:
        read: the transitions.
        named: names of actions in their order, and I[L], the name of each choice or -1, from a file of
            their own.
        new: {name in the files: name in the world}; these come first.
    """
    known = {name: n for n, name in enumerate(new.values())}
    declared, codes = named or ([], np.full(len(read.action), -1))
    for name in declared:
        known.setdefault(new.get(name, name), len(known))
    listed = len(known)
    # Three lists of names, one behind the other: declared ones, those in the rows, a0, a1 …
    action = np.where(codes >= 0, codes, read.action + np.int64(len(declared)))
    unnamed = np.flatnonzero((codes < 0) & (read.action < 0))
    choice = unnamed - read.pair_ptr[np.searchsorted(read.pair_ptr, unnamed, "right") - 1]
    action[unnamed] = len(declared) + len(read.names) + choice
    numbered = [f"a{n}" for n in range(int(np.max(choice, initial=-1)) + 1)]
    del codes, named, unnamed, choice  # of millions of choices, each of these takes much
    titles = [new.get(name, name) for name in (*declared, *read.names, *numbered)]
    code = np.array([known.setdefault(name, len(known)) for name in titles], dtype=np.int64)
    action = _distinct(code[action], read.pair_ptr, known)
    # Names that are declared nowhere are numbered as choices meet them.
    met = _in_order(action)
    met = met[met >= listed]
    final = np.arange(len(known))
    final[met] = listed + np.arange(len(met))
    title = list(known)
    return {
        "actions": (*title[:listed], *(title[n] for n in met)),
        "pair_ptr": sealed(read.pair_ptr),
        "pair_action": sealed(final[action]),
        "next_ptr": sealed(read.next_ptr),
        "next_state": sealed(read.next_state),
        "next_prob": sealed(read.next_prob),
    }


def _in_order(codes: Ints) -> Ints:
    """The different codes, in the order in which they first come."""
    place = np.full(int(codes.max()) + 1, -1)
    place[codes[::-1]] = np.arange(len(codes))[::-1]
    met = np.flatnonzero(place >= 0)
    return met[np.argsort(place[met])]


def _distinct(action: Ints, pair_ptr: Ints, known: dict[str, int]) -> Ints:
    """The same numbers, where a second choice of one name in a state is called ``name.2``.

    PRISM leaves a choice among commands of one action open. `known` takes the new names.
    """
    first = np.zeros(len(action), np.bool_)
    first[pair_ptr[:-1]] = True
    if ((action[1:] > action[:-1]) | first[1:]).all():
        return action
    owner = np.cumsum(first)
    by = np.lexsort((action, owner))
    same = (action[by[1:]] == action[by[:-1]]) & (owner[by[1:]] == owner[by[:-1]])
    crowded = np.unique(owner[by[1:][same]]) - 1
    titles = list(known)
    for state in crowded.tolist():
        copies: dict[str, int] = {}
        taken: set[str] = set()
        for pair in range(pair_ptr[state], pair_ptr[state + 1]):
            name = base = titles[action[pair]]
            while name in taken:
                copies[base] = copies.get(base, 1) + 1
                name = f"{base}.{copies[base]}"
            taken.add(name)
            if name not in known:
                known[name] = len(known)
                titles.append(name)
            action[pair] = known[name]
    return action


def features_of(
    path: str,
    size: int,
    labels: dict[str, Ints],
    table: tuple[list[str], list[tuple[int | bool, ...]]] | None,
    numbers: dict[str, Floats],
) -> dict[str, Floats]:
    """The features, F[S] each: labels, then variables, then state rewards.

    Raises:
        WorldError: if two of them have one name and differ.
    """
    wide = len(labels) + (len(table[0]) if table else 0) + len(numbers)
    if wide * size > MOST_NUMBERS:
        raise WorldError(
            f"{path}: {wide} labels, variables and rewards of {size} states, more than {MOST_NUMBERS} "
            "numbers; leave out what no drive and no goal reads."
        )
    given = [
        (name, _marked(marked, size)) for name, marked in labels.items() if name not in BUILT_IN
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


def _marked(states: Ints, size: int) -> Floats:
    """F[S], 1 in these states."""
    marks = np.zeros(size)
    marks[states] = 1.0
    return sealed(marks)


def labeled_start(
    path: str, read: Transitions, labels: dict[str, Ints] | None, several: bool
) -> Floats:
    """F[S], the first state: the one labeled `init`; without labels, as PRISM has it, state 0.

    Raises:
        WorldError: if no state is labeled, or several that are not allowed to be equally likely.
    """
    first = read.starts or [0]
    if labels is not None:
        first = labels["init"].tolist() if "init" in labels else []
    if read.starts and sorted(read.starts) != sorted(first):
        raise WorldError(
            f"{path}: label init is on other states than the lines of the transition file that begin "
            "with '-'; export both again."
        )
    if not first:
        raise WorldError(f"{path}: no state is labeled init; label the first state.")
    if len(first) > 1 and not several:
        raise WorldError(
            f"{path}: {len(first)} states are labeled init, of which an adversary would choose one. "
            "Label one, or allow='several starts' to have them equally likely."
        )
    start = np.zeros(read.size)
    start[first] = 1 / len(first)
    return sealed(start)


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
        WorldError: if a number is not an integer, or left out.
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
    if not isinstance(default, str):
        raise WorldError(f"{path}: default={default!r:.80}; give the name of an action.")
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
