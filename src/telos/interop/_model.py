"""From what a file or an object of Storm says to a world and goals, whatever the format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.arrays import Floats, Ints, sealed
from telos.core.errors import WorldError, did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.core.world import World
from telos.interop._transitions import TransitionTable, with_loops
from telos.interop.rewards import RewardedModel, paid

#: Labels that say something about the model itself, and no feature of a state.
BUILT_IN = ("init", "deadlock")
#: What files of state rewards say about a world besides its features.
RESERVED = ("start", "outcome", "default")
#: What is refused unless the caller allows it.
ALLOWED = ("deadlocks", "several starts")
#: 4 GiB of features: a hundred thousand labels in a header are short, their features are not.
MOST_NUMBERS = 2**29


class StateTable(NamedTuple):
    """The names of variables, and their values in each state."""

    names: list[str]
    rows: list[tuple[int | bool, ...]]


class NumberFile(NamedTuple):
    """A number for each state, F[S], and the path that messages name."""

    path: str
    values: Floats


@final
@dataclass(frozen=True)
class StatedModel:
    """What a file or an object of Storm says.

    Args:
        path: how messages call it. name: how the world is called.
        read: its transitions.
        labels: {label: the states that carry it}; None: there are no labels, and state 0 is the first.
        labels_path: how messages call the labels.
        rewards: {name: (F[S] or None, F[L] or None)}, what states and choices pay.
        table: its variables, if it has any.
        choices: names of choices from a file of their own: the names, and I[L], each choice's or -1.
        numbers: {feature: state rewards}; three names of `RESERVED` are no features.
    """

    path: str
    name: str
    read: TransitionTable
    labels: dict[str, Ints] | None
    labels_path: str = ""
    rewards: dict[str, tuple[Floats | None, Floats | None]] = field(default_factory=dict)
    table: StateTable | None = None
    choices: tuple[list[str], Ints] | None = None
    numbers: dict[str, NumberFile] = field(default_factory=dict)


def assembled(
    model: StatedModel,
    default: str,
    allow: str | Iterable[str],
    renamed: Mapping[str, str] | None = None,
    outcome: tuple[str, ...] = (),
) -> RewardedModel:
    """The world and the goals.

    Args:
        model: what was read. default: the action of doing nothing, or "".
        allow: ``deadlocks``, ``several starts``: what is otherwise refused.
        renamed: {action in the files: action in the world}; these come first.
        outcome: features whose values together are the outcome of a state.
    """
    path, numbers = model.path, model.numbers
    allowed = allowances(path, allow)
    places = model.read.pair_ptr[model.read.stuck]
    read = with_loops(path, model.read, allowed="deadlocks" in allowed)
    check_width(path, len(model.rewards), read.size)
    lists = _compressed(read, model.choices, renamed or {})
    features = _features(model, read.size)
    start = _stated_start(numbers["start"]) if "start" in numbers else None
    grouped = _shared_outcome(path, outcome, features)
    if not outcome and "outcome" in numbers:
        grouped = _numbered_outcome(numbers["outcome"]), ()
    idle = named_default(path, default, lists)
    if not default and "default" in numbers:
        idle = _numbered_default(numbers["default"], lists["pair_ptr"])
    world = World.from_arrays(
        **lists,
        start=_labeled_start(model, "several starts" in allowed) if start is None else start,
        states=model.table.rows if model.table else None,
        features=features,
        outcome=grouped[0],
        outcomes=grouped[1],
        default=idle,
        name=model.name,
    )
    if not model.rewards:
        return RewardedModel(world, None, world)
    rewards = np.zeros((len(model.rewards), world.n_pairs))
    for row, (of_state, of_choice) in zip(rewards, model.rewards.values(), strict=True):
        if of_state is not None:
            row += of_state[world.pair_state]
        if of_choice is not None:
            row += np.insert(of_choice, places, 0.0)
    return paid(world, rewards, tuple(model.rewards))


def check_width(path: str, count: int, size: int) -> None:
    """A header may name more reward models than there is memory for. Raises WorldError if so."""
    if count * size > MOST_NUMBERS:
        raise WorldError(
            f"{path}: {count} rewards of {size} states, more than {MOST_NUMBERS} numbers; leave some out."
        )


def allowances(who: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """What the caller allows, as a tuple."""
    if not isinstance(given, Iterable):
        raise WorldError(f"{who}: allow={given!r:.80}; give a tuple of: {', '.join(ALLOWED)}.")
    listed = (given,) if isinstance(given, str) else tuple(given)
    for wish in listed:
        if wish not in ALLOWED:
            raise WorldError(f"{who}: allow={wish!r:.80}. {did_you_mean(str(wish), ALLOWED)}")
    return listed


def _compressed(
    read: TransitionTable, named: tuple[list[str], Ints] | None, new: Mapping[str, str]
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


def _features(model: StatedModel, size: int) -> dict[str, Floats]:
    """The features, F[S] each: labels, then variables, then state rewards."""
    labels, table = model.labels or {}, model.table or StateTable([], [])
    wide = len(labels) + len(table.names) + len(model.numbers)
    if wide * size > MOST_NUMBERS:
        raise WorldError(
            f"{model.path}: {wide} labels, variables and rewards of {size} states, more than {MOST_NUMBERS} "
            "numbers; leave out what no drive and no goal reads."
        )
    given = [(name, _marked(on, size)) for name, on in labels.items() if name not in BUILT_IN]
    given += zip(table.names, np.array(table.rows, dtype=np.float64).T, strict=True)
    given += [(name, file.values) for name, file in model.numbers.items() if name not in RESERVED]
    features: dict[str, Floats] = {}
    for name, values in given:
        other = features.setdefault(name, values)
        if not np.array_equal(other, values):
            state = int(np.argmax(other != values))
            raise WorldError(
                f"{model.path}, state {state}: feature {name!r} is {other[state]:g} in one file and "
                f"{values[state]:g} in another; give one of them another name."
            )
    return features


def _marked(states: Ints, size: int) -> Floats:
    """F[S], 1 in these states."""
    marks = np.zeros(size)
    marks[states] = 1.0
    return sealed(marks)


def _labeled_start(model: StatedModel, several: bool) -> Floats:
    """F[S], the first state: the one labeled `init`; without labels, as PRISM has it, state 0."""
    path, starts, labels = model.labels_path or model.path, model.read.starts, model.labels
    first = starts or [0]
    if labels is not None:
        first = labels["init"].tolist() if "init" in labels else []
    if starts and sorted(starts) != sorted(first):
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
    start = np.zeros(model.read.size)
    start[first] = 1 / len(first)
    return sealed(start)


def _stated_start(given: NumberFile) -> Floats:
    """F[S], the probabilities of the first states. Raises WorldError if they are none."""
    values = given.values
    if values.min() < 0 or abs(values.sum() - 1) > ROW_SUM_TOLERANCE:
        raise WorldError(
            f"{given.path}: chances from {values.min():g} to {values.max():g} with the sum "
            f"{values.sum():.12g}; the chances of the first states are not negative and sum to 1."
        )
    return values


def _shared_outcome(
    path: str, names: tuple[str, ...], features: dict[str, Floats]
) -> tuple[Any, tuple[Any, ...]]:
    """The number of each state's outcome, and the outcomes by name: the values of some features."""
    for name in names:
        if name not in features:
            raise WorldError(f"{path}: outcome={name!r}. {did_you_mean(name, features)}")
    if not names:
        return None, ()
    columns = [[_plain(value) for value in features[name]] for name in names]
    listed = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in listed], tuple(numbers)


def _numbered_outcome(given: NumberFile) -> Ints:
    """I[S], outcomes by number, 0 to K - 1. Raises WorldError if one is left out."""
    used = np.unique(given.values)
    if not np.array_equal(used, np.arange(len(used))):
        raise WorldError(
            f"{given.path}: outcomes {used[:6].tolist()}; number them 0, 1, 2 … and use every number."
        )
    return given.values.astype(np.int64)


def named_default(path: str, default: str, fields: dict[str, Any]) -> Ints | None:
    """I[S], the pair of the action `default` in each state; None if there is no such action."""
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


def _numbered_default(given: NumberFile, pair_ptr: Ints) -> Ints:
    """I[S], the same from the number of a choice in each state. Raises WorldError if one is missing."""
    choice = given.values
    wrong = (choice != np.floor(choice)) | (choice < 0) | (choice >= np.diff(pair_ptr))
    if wrong.any():
        state = int(np.argmax(wrong))
        raise WorldError(
            f"{given.path}: state {state} has no choice {choice[state]:g}; its choices are 0 to "
            f"{pair_ptr[state + 1] - pair_ptr[state] - 1}."
        )
    return np.asarray(pair_ptr[:-1] + choice.astype(np.int64), dtype=np.int64)


def _plain(value: Any) -> int | float:
    """A number as people write it: 2, not 2.0."""
    number = float(value)
    return int(number) if number.is_integer() else number
