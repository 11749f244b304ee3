"""Markov decision processes in Cassandra's text format (`.MDP` files, `.POMDP` without observations)."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Floats, Ints
from telos.core.errors import did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.core.world import World
from telos.interop._explicit_world import named_default
from telos.interop._lines import (
    BLANKS,
    MOST_NAMES,
    Line,
    decimal,
    lines_of,
    path_of,
    read_bytes,
    shown,
    text_of,
    whole,
)
from telos.interop.rewards import RewardedModel, with_rewards

#: 64 MiB, and matrices of 2^25 numbers, 256 MiB: the format fills whole matrices, and is for small models.
MOST_BYTES, MOST_NUMBERS = 2**26, 2**25
#: Numbers of `T` that are not zero. Each becomes a transition, and a world needs a hundred bytes to make one.
MOST_TRANSITIONS = 2**23
#: How many numbers all lines together may set: `T: * : * : *` sets a whole matrix in a dozen letters.
MOST_SET = 2**30

WORD = re.compile(rf"[:*]|[^{BLANKS}:*]+")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
KEYWORDS = ("discount", "values", "states", "actions", "observations", "start", "T", "O", "R", "E")
RESERVED = (*KEYWORDS, "include", "exclude", "uniform", "identity", "reset", "reward", "cost")

#: A state or an action by its number, or all of them.
Which = int | slice
Word = tuple[str, Line]


def read_cassandra(
    path: str | os.PathLike[str], *, default: str = "", most: int = MOST_BYTES
) -> RewardedModel:
    """The model in a file of Cassandra's format: a fully observed Markov decision process.

    Understood are `discount`, `values` (costs become negative rewards), `states` and `actions` (names or a
    number), `start` (a state, probabilities, `uniform`, `include`, `exclude`; all states are equally likely
    if it is missing), and `T` and `R` with names, numbers or ``*``, for one entry, a row or a matrix, with
    `uniform`, `identity` and `reset`. Of two lines about the same thing, the later counts. A reward that
    depends on the action is paid in a state of its own, and one of the successor by its expectation; see
    `RewardedModel`.

    Args:
        path: the file.
        default: the action of doing nothing; every action is legal everywhere.
        most: the largest size of the file in bytes.

    Returns:
        The world, its goal, the file's discount, and the way back.

    Raises:
        WorldError: naming the file, the line, the value and the remedy.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "door.MDP"
        >>> text = "discount: 0.9 values: reward states: in out actions: go T: go uniform "
        >>> _ = path.write_text(text + "R: go : in : * 1")
        >>> model = read_cassandra(path)
        >>> model.world.states, model.goals.reward.tolist(), model.discount
        (('in', 'out'), [[1.0, 0.0]], 0.9)

    References:
        Cassandra (2003), the POMDP file format; Cassandra, Kaelbling and Littman (1994).
    """
    where = path_of(path)
    words = _Words(_words(where, text_of(where, read_bytes(where, most))), [])
    head = _head(words, where)
    tables = _tables(head, words, where)
    states, actions = head.names["states"], head.names["actions"]
    world = World.from_dense(tables.P, action_axis=0, start=head.start(), actions=actions)
    world = replace(world, states=states, outcomes=states, name=Path(where).stem)
    fields = {n: getattr(world, n) for n in ("actions", "pair_ptr", "pair_action")}
    world = replace(world, default=named_default(where, default, fields))
    if head.costs:
        np.negative(tables.R, out=tables.R)
    return with_rewards(world, tables.R, action_axis=0, discount=head.numbers.get("discount"))


def _words(path: str, data: bytes) -> Iterator[Word]:
    """The words of the file with their lines; what follows a ``#`` is a comment."""
    for line in lines_of(path, data, longest=len(data)):
        for match in WORD.finditer(line.text.partition("#")[0]):
            yield match[0], line


@final
@dataclass(frozen=True)
class _Words:
    """Words that are read one after the other, with a look at the next one.

    Args:
        source: the words. seen: the next word, if it has been looked at; the last one, at the end.
    """

    source: Iterator[Word]
    seen: list[Word]

    def peek(self) -> str:
        """The next word; empty at the end."""
        if not self.seen and (word := next(self.source, None)):
            self.seen.append(word)
        return self.seen[0][0] if self.seen else ""

    def take(self, wanted: str, after: Line) -> Word:
        """The next word. Raises WorldError if the file ends, saying what was `wanted`."""
        if not self.peek():
            raise after.wrong(f"the file ends where {wanted} should follow; it is cut short.")
        return self.seen.pop()

    def colon(self, after: Line) -> Line:
        """The colon that must come next."""
        word, line = self.take("a colon", after)
        if word != ":":
            raise line.wrong(f"{shown(word)} where a colon should be.")
        return line


@final
@dataclass(frozen=True)
class _Head:
    """What stands before the first `T` or `R`: names, the discount, whether numbers are costs, the start."""

    names: dict[str, tuple[str, ...]]
    numbers: dict[str, float]
    given: list[Floats]
    values: list[str]

    @property
    def costs(self) -> bool:
        """Whether the numbers of `R` are costs."""
        return self.values == ["cost"]

    def start(self) -> Floats:
        """F[S], the chances of the first state."""
        size = len(self.names["states"])
        return self.given[-1] if self.given else np.full(size, 1 / size)


def _head(words: _Words, path: str) -> _Head:
    """The lines up to the first `T` or `R`.

    Raises:
        WorldError: if one is wrong, or states or actions are missing.
    """
    head = _Head({}, {}, [], [])
    line = Line(path, 1, "")
    while words.peek() not in ("", "T", "R"):
        word, line = words.take("a keyword", line)
        if word in ("observations", "O"):
            raise line.wrong(
                f"{word}: a partly observed model, which a world is not; leave observations out if the "
                "state is seen."
            )
        if word not in ("discount", "values", "states", "actions", "start"):
            raise line.wrong(f"{shown(word)} begins no line. {did_you_mean(word[:40], KEYWORDS)}")
        if word in head.names or word in head.numbers or (head.values and word == "values"):
            raise line.wrong(f"{word} a second time; keep one.")
        if word == "start":
            head.given.append(_start(words, head, line))
            continue
        line = words.colon(line)
        if word == "discount":
            text, line = words.take("the discount", line)
            head.numbers[word] = decimal(line, text, "the discount")
            if not 0 <= head.numbers[word] <= 1:
                raise line.wrong(f"the discount is {text}; it is from 0 to 1.")
        elif word == "values":
            text, line = words.take("reward or cost", line)
            if text not in ("reward", "cost"):
                raise line.wrong(f"values is {shown(text)}; write reward or cost.")
            head.values.append(text)
        else:
            head.names[word] = _names(words, word, line)
    for what in ("states", "actions"):
        if what not in head.names:
            raise line.wrong(f"no {what} before T and R; declare them, as in '{what}: 3'.")
    return head


def _names(words: _Words, what: str, line: Line) -> tuple[str, ...]:
    """The names behind ``states:`` or ``actions:``; numbers where only their count is given."""
    names: dict[str, None] = {}
    while words.peek() and words.peek() not in KEYWORDS:
        word, line = words.take("a name", line)
        if not names and word.isdecimal():
            count = whole(line, word, f"the number of {what}")
            if not 0 < count <= MOST_NAMES:
                raise line.wrong(f"{count} {what}; from 1 to {MOST_NAMES} are read.")
            return tuple(str(n) for n in range(count))
        if not NAME.fullmatch(word) or word in RESERVED:
            raise line.wrong(
                f"{shown(word)} is not a name; a name begins with a letter, goes on with letters, digits, "
                "'_', '-' and '.', and is not a word of the format."
            )
        if word in names:
            raise line.wrong(f"{shown(word)} is named twice; name it once.")
        if len(names) == MOST_NAMES:
            raise line.wrong(f"more than {MOST_NAMES} {what}; leave some out.")
        names[word] = None
    if not names:
        raise line.wrong(f"no {what}; name them, or give their number.")
    return tuple(names)


def _start(words: _Words, head: _Head, line: Line) -> Floats:
    """F[S], from ``start: …``, ``start include: …`` or ``start exclude: …``."""
    if "states" not in head.names:
        raise line.wrong("start before states; declare the states first.")
    states = head.names["states"]
    how = words.take("a colon", line)[0] if words.peek() in ("include", "exclude") else ""
    line = words.colon(line)
    if not how and words.peek() == "uniform":
        words.take("uniform", line)
        return np.full(len(states), 1 / len(states))
    listed: list[Word] = []
    while words.peek() and words.peek() not in KEYWORDS:
        listed.append(words.take("a state", line))
    if not how and len(listed) == len(states) > 1:
        start = np.array([_chance(line, word) for word, line in listed])
        if abs(start.sum() - 1) > ROW_SUM_TOLERANCE:
            raise line.wrong(f"the chances of the first state sum to {start.sum():.12g}, not 1.")
        return start
    if not listed or (not how and len(listed) > 1):
        raise line.wrong(
            f"start has {len(listed)} words; give one state, or one probability for each of {len(states)}."
        )
    marked = np.zeros(len(states), np.bool_)
    numbers = {name: n for n, name in enumerate(states)}
    for word, line in listed:
        marked[_which(line, word, numbers, "state")] = True
    if how == "exclude":
        marked = ~marked
    if not marked.any():
        raise line.wrong("start excludes every state; leave one.")
    return np.where(marked, 1 / marked.sum(), 0.0)


def _which(line: Line, word: str, names: Mapping[str, int], what: str) -> Which:
    """A state or an action by name or number; all of them for ``*``."""
    if word == "*":
        return slice(None)
    if word.isdecimal():
        return whole(line, word, f"the {what}", len(names))
    if word not in names:
        raise line.wrong(f"no {what} {shown(word)}. {did_you_mean(word[:40], names)}")
    return names[word]


def _chance(line: Line, word: str) -> float:
    value = decimal(line, word, "probability")
    if not 0 <= value <= 1 + ROW_SUM_TOLERANCE:
        raise line.wrong(f"probability {shown(word)} is not from 0 to 1.")
    return value


@final
@dataclass(frozen=True, eq=False)
class _Tables:
    """What `T` and `R` fill: F[A, S, S] each, and the line that last spoke of each row of `T`."""

    P: Floats
    R: Floats
    line: Ints


def _tables(head: _Head, words: _Words, path: str) -> _Tables:
    """The rest of the file.

    Raises:
        WorldError: naming the line, the value and the remedy.
    """
    states, actions = head.names["states"], head.names["actions"]
    size, line = len(states), Line(path, 1, "")
    numbers = len(actions) * size * size
    if numbers > MOST_NUMBERS:
        raise line.wrong(
            f"{len(actions)} actions and {size} states fill matrices of {numbers} numbers, more than "
            f"{MOST_NUMBERS}; write the model as a DRN or an explicit file, which list what is not zero."
        )
    shape = (len(actions), size, size)
    tables = _Tables(np.zeros(shape), np.zeros(shape), np.zeros(shape[:2], np.int64))
    of_state = {name: n for n, name in enumerate(states)}
    of_action = {name: n for n, name in enumerate(actions)}
    left = MOST_SET
    while words.peek():
        word, line = words.take("T or R", line)
        if word in ("observations", "O"):
            raise line.wrong(f"{word}: a partly observed model, which a world is not.")
        if word not in ("T", "R"):
            raise line.wrong(
                f"{shown(word)} begins no line; after the states come lines of T and R."
            )
        at = [_found(words, line, of_action, "action")]
        while words.peek() == ":" and len(at) < 3:
            at.append(_found(words, line, of_state, "state"))
        if word == "R" and words.peek() == ":":
            _no_observation(words, line)
        target = tables.P if word == "T" else tables.R
        part = target[tuple(at)]
        left -= part.size
        if left < 0:
            raise line.wrong(
                f"with this line, T and R have set more than {MOST_SET} numbers; write fewer."
            )
        target[tuple(at)] = _values(words, line, word, len(at), head)
        if word == "T":
            tables.line[tuple(at[:2])] = line.number
    _check_sums(tables, head, path)
    return tables


def _found(words: _Words, line: Line, names: Mapping[str, int], what: str) -> Which:
    word, line = words.take(f"a {what}", words.colon(line))
    return _which(line, word, names, what)


def _no_observation(words: _Words, line: Line) -> None:
    """The fourth word of a reward may only be ``*``."""
    word, line = words.take("an observation", words.colon(line))
    if word != "*":
        raise line.wrong(f"a reward of observation {shown(word)}; a world has none, so write '*'.")


def _values(
    words: _Words, line: Line, table: str, depth: int, head: _Head
) -> float | NDArray[np.float64]:
    """What stands behind the names: a number, a row or a matrix, or a word for one."""
    size = len(head.names["states"])
    if table == "T" and depth < 3 and words.peek() in ("uniform", "identity", "reset"):
        word, line = words.take("a word", line)
        if word == "uniform":
            return np.full(size, 1 / size)
        if word == "reset":
            return head.start()
        if depth == 2:
            raise line.wrong("identity is a matrix; write it behind the action alone.")
        return np.eye(size)
    count = (size * size, size, 1)[depth - 1]
    values = np.empty(count)
    for n in range(count):
        word, line = words.take("a number", line)
        values[n] = _chance(line, word) if table == "T" else decimal(line, word, "the reward")
    return float(values[0]) if depth == 3 else values.reshape((size, size)[depth - 1 :])


def _check_sums(tables: _Tables, head: _Head, path: str) -> None:
    """Every row of `T` sums to 1, and they are not too full. Raises WorldError, naming a line."""
    if (count := int(np.count_nonzero(tables.P))) > MOST_TRANSITIONS:
        raise Line(path, int(tables.line.max()), "").wrong(
            f"T has {count} numbers that are not zero by now, and at most {MOST_TRANSITIONS} are read; leave "
            "some at zero, or write the model as a DRN or an explicit file."
        )
    total = tables.P.sum(axis=2)
    wrong = np.abs(total - 1) > ROW_SUM_TOLERANCE
    if wrong.any():
        action, state = (int(n) for n in np.argwhere(wrong)[0])
        who = f"state {head.names['states'][state]!r}, action {head.names['actions'][action]!r}"
        number = int(tables.line[action, state])
        if not number:
            raise Line(path, 1, "").wrong(f"no T line speaks of {who}; add one.")
        raise Line(path, number, "").wrong(
            f"{who}: probabilities sum to {total[action, state]:.12g}, not 1; add the missing successor, or "
            "divide by the sum."
        )
