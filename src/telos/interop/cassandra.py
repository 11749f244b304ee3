"""Markov decision processes in Cassandra's text format (`.MDP` files, `.POMDP` without observations)."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Floats
from telos.core.errors import did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.core.world import World
from telos.interop._model import named_default
from telos.interop._text import (
    BLANKS,
    MOST_NAMES,
    TextFile,
    TextLine,
    decimal,
    integer,
    read_text,
    shown,
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
        The world, its goal, the file's discount, and the mapping back.

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
    text = read_text(path, most)
    model = CassandraFile(text, _words(text))
    model.read()
    states, actions = (tuple(model.names[what]) for what in ("states", "actions"))
    chances, rewards = model.tables["T"], model.tables["R"]
    world = World.from_dense(chances, action_axis=0, start=model.first(), actions=actions)
    world = replace(world, states=states, outcomes=states, name=Path(text.path).stem)
    fields = {n: getattr(world, n) for n in ("actions", "pair_ptr", "pair_action")}
    world = replace(world, default=named_default(text.path, default, fields))
    if model.costs:
        np.negative(rewards, out=rewards)
    return with_rewards(world, rewards, action_axis=0, discount=model.given.get("discount"))


def _words(text: TextFile) -> Iterator[tuple[str, TextLine]]:
    """The words of the file with their lines; what follows a ``#`` is a comment."""
    for number, line in enumerate(text.data.split(b"\n"), 1):
        place = text.at(number)
        for match in WORD.finditer(line.decode("utf-8", "replace").partition("#")[0]):
            yield match[0], place


@final
@dataclass(frozen=True)
class CassandraFile:
    """A file that is read word by word.

    Args:
        text: the file. source: its words.
        ahead: the next word, if it was looked at. place: the line of the last word that was taken.
        names: the states and the actions with their numbers.
        given: the ``discount``, ``values`` and the first state (``start``), where the file gives them.
        tables: `T` and `R`, F[A, S, S] each.
    """

    text: TextFile
    source: Iterator[tuple[str, TextLine]]
    ahead: list[tuple[str, TextLine]] = field(default_factory=list)
    place: list[TextLine] = field(default_factory=list)
    names: dict[str, dict[str, int]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Floats] = field(default_factory=dict)

    @property
    def line(self) -> TextLine:
        """The line of the last word."""
        return self.place[-1] if self.place else self.text.at(1)

    @property
    def costs(self) -> bool:
        """Whether the numbers of `R` are costs."""
        return self.given.get("values") == "cost"

    def first(self) -> Floats:
        """F[S], the probabilities of the first state."""
        size = len(self.names["states"])
        start: Floats = self.given.get("start", np.full(size, 1 / size))
        return start

    def read(self) -> None:
        """Read all of it.

        Raises:
            WorldError: naming the line, the value and the remedy.
        """
        while self._peek() not in ("", "T", "R"):
            self._read_head()
        for what in ("states", "actions"):
            if what not in self.names:
                raise self.line.wrong(f"no {what} before T and R; declare them, as in '{what}: 3'.")
        self._read_tables()

    def _peek(self) -> str:
        """The next word; empty at the end."""
        if not self.ahead:
            self.ahead.append(next(self.source, ("", self.line)))
        return self.ahead[0][0]

    def _take(self, wanted: str) -> str:
        """The next word. Raises WorldError if the file ends, saying what was `wanted`."""
        if not self._peek():
            raise self.line.wrong(f"the file ends where {wanted} should follow; it is cut short.")
        word, line = self.ahead.pop()
        self.place[:] = [line]
        return word

    def _colon(self) -> None:
        """The colon that must come next."""
        if (word := self._take("a colon")) != ":":
            raise self.line.wrong(f"{shown(word)} where a colon should be.")

    def _read_head(self) -> None:
        """One line before the first `T` or `R`."""
        word = self._take("a keyword")
        if word in ("observations", "O"):
            raise self.line.wrong(
                f"{word}: a partly observed model, which a world is not; leave observations out if the "
                "state is seen."
            )
        if word not in ("discount", "values", "states", "actions", "start"):
            raise self.line.wrong(
                f"{shown(word)} begins no line. {did_you_mean(word[:40], KEYWORDS)}"
            )
        if word in self.names or (word in self.given and word != "start"):
            raise self.line.wrong(f"{word} a second time; keep one.")
        if word == "start":
            self.given[word] = self._read_start()
            return
        self._colon()
        if word == "discount":
            text = self._take("the discount")
            self.given[word] = decimal(self.line, text, "the discount")
            if not 0 <= self.given[word] <= 1:
                raise self.line.wrong(f"the discount is {text}; it is from 0 to 1.")
        elif word == "values":
            self.given[word] = kind = self._take("reward or cost")
            if kind not in ("reward", "cost"):
                raise self.line.wrong(f"values is {shown(kind)}; write reward or cost.")
        else:
            self.names[word] = self._read_names(word)

    def _read_names(self, what: str) -> dict[str, int]:
        """The names behind ``states:`` or ``actions:``; numbers where only their count is given."""
        names: dict[str, int] = {}
        while self._peek() and self._peek() not in KEYWORDS:
            word = self._take("a name")
            if not names and word.isdecimal():
                count = integer(self.line, word, f"the number of {what}")
                if not 0 < count <= MOST_NAMES:
                    raise self.line.wrong(f"{count} {what}; from 1 to {MOST_NAMES} are read.")
                return {str(n): n for n in range(count)}
            if not NAME.fullmatch(word) or word in RESERVED:
                raise self.line.wrong(
                    f"{shown(word)} is not a name; a name begins with a letter, goes on with letters, "
                    "digits, '_', '-' and '.', and is not a word of the format."
                )
            if word in names:
                raise self.line.wrong(f"{shown(word)} is named twice; name it once.")
            if len(names) == MOST_NAMES:
                raise self.line.wrong(f"more than {MOST_NAMES} {what}; leave some out.")
            names[word] = len(names)
        if not names:
            raise self.line.wrong(f"no {what}; name them, or give their number.")
        return names

    def _read_start(self) -> Floats:
        """F[S], from ``start: …``, ``start include: …`` or ``start exclude: …``."""
        if "states" not in self.names:
            raise self.line.wrong("start before states; declare the states first.")
        size = len(self.names["states"])
        how = self._take("a colon") if self._peek() in ("include", "exclude") else ""
        self._colon()
        if not how and self._peek() == "uniform":
            self._take("uniform")
            return np.full(size, 1 / size)
        listed: list[tuple[str, TextLine]] = []
        while self._peek() and self._peek() not in KEYWORDS:
            listed.append((self._take("a state"), self.line))
        if not how and len(listed) == size > 1:
            start = np.array([_probability(line, word) for word, line in listed])
            if abs(start.sum() - 1) > ROW_SUM_TOLERANCE:
                raise self.line.wrong(
                    f"the chances of the first state sum to {start.sum():.12g}, not 1."
                )
            return start
        if not listed or (not how and len(listed) > 1):
            raise self.line.wrong(
                f"start has {len(listed)} words; give one state, or one probability for each of {size}."
            )
        marked = np.zeros(size, np.bool_)
        for word, line in listed:
            marked[_which(line, word, self.names["states"], "state")] = True
        marked ^= how == "exclude"
        if not marked.any():
            raise self.line.wrong("start excludes every state; leave one.")
        return np.where(marked, 1 / marked.sum(), 0.0)

    def _read_tables(self) -> None:
        """The lines of `T` and `R`, which fill F[A, S, S] each."""
        size, count = len(self.names["states"]), len(self.names["actions"])
        if count * size * size > MOST_NUMBERS:
            raise self.text.at(1).wrong(
                f"{count} actions and {size} states fill matrices of {count * size * size} numbers, more "
                f"than {MOST_NUMBERS}; write the model as a DRN or an explicit file, which list what is "
                "not zero."
            )
        self.tables.update({name: np.zeros((count, size, size)) for name in "TR"})
        spoken = np.zeros((count, size), np.int64)  # the line that last spoke of each row of T
        left = MOST_SET
        while self._peek():
            word = self._take("T or R")
            if word in ("observations", "O"):
                raise self.line.wrong(f"{word}: a partly observed model, which a world is not.")
            if word not in ("T", "R"):
                raise self.line.wrong(
                    f"{shown(word)} begins no line; after the states come lines of T and R."
                )
            number = self.line.number
            at = [self._read_which("action")]
            while self._peek() == ":" and len(at) < 3:
                at.append(self._read_which("state"))
            if word == "R" and self._peek() == ":":
                self._colon()
                if (seen := self._take("an observation")) != "*":
                    raise self.line.wrong(
                        f"a reward of observation {shown(seen)}; a world has none, so write '*'."
                    )
            table = self.tables[word]
            left -= table[tuple(at)].size
            if left < 0:
                raise self.line.wrong(
                    f"with this line, T and R have set more than {MOST_SET} numbers; write fewer."
                )
            table[tuple(at)] = self._read_numbers(word, len(at))
            if word == "T":
                spoken[tuple(at[:2])] = number
        self._check_sums(spoken)

    def _read_which(self, what: str) -> Which:
        self._colon()
        word = self._take(f"a {what}")
        return _which(self.line, word, self.names[f"{what}s"], what)

    def _read_numbers(self, table: str, depth: int) -> float | NDArray[np.float64]:
        """What stands behind the names: a number, a row or a matrix, or a word for one."""
        size = len(self.names["states"])
        if table == "T" and depth < 3 and self._peek() in ("uniform", "identity", "reset"):
            word = self._take("a word")
            if word == "uniform":
                return np.full(size, 1 / size)
            if word == "reset":
                return self.first()
            if depth == 2:
                raise self.line.wrong("identity is a matrix; write it behind the action alone.")
            return np.eye(size)
        values = np.empty((size * size, size, 1)[depth - 1])
        for n in range(len(values)):
            word = self._take("a number")
            if table == "T":
                values[n] = _probability(self.line, word)
            else:
                values[n] = decimal(self.line, word, "the reward")
        return float(values[0]) if depth == 3 else values.reshape((size, size)[depth - 1 :])

    def _check_sums(self, spoken: NDArray[np.int64]) -> None:
        """Every row of `T` sums to 1, and they are not too full. Raises WorldError, naming a line."""
        if (count := int(np.count_nonzero(self.tables["T"]))) > MOST_TRANSITIONS:
            raise self.text.at(int(spoken.max())).wrong(
                f"T has {count} numbers that are not zero by now, and at most {MOST_TRANSITIONS} are "
                "read; leave some at zero, or write the model as a DRN or an explicit file."
            )
        total = self.tables["T"].sum(axis=2)
        wrong = np.argwhere(np.abs(total - 1) > ROW_SUM_TOLERANCE)
        if len(wrong):
            action, state = (int(n) for n in wrong[0])
            states, actions = list(self.names["states"]), list(self.names["actions"])
            who = f"state {states[state]!r}, action {actions[action]!r}"
            number = int(spoken[action, state])
            if not number:
                raise self.text.at(1).wrong(f"no T line speaks of {who}; add one.")
            raise self.text.at(number).wrong(
                f"{who}: probabilities sum to {total[action, state]:.12g}, not 1; add the missing "
                "successor, or divide by the sum."
            )


def _which(line: TextLine, word: str, names: Mapping[str, int], what: str) -> Which:
    """A state or an action by name or number; all of them for ``*``."""
    if word == "*":
        return slice(None)
    if word.isdecimal():
        return integer(line, word, f"the {what}", len(names))
    if word not in names:
        raise line.wrong(f"no {what} {shown(word)}. {did_you_mean(word[:40], names)}")
    return names[word]


def _probability(line: TextLine, word: str) -> float:
    value = decimal(line, word, "probability")
    if not 0 <= value <= 1 + ROW_SUM_TOLERANCE:
        raise line.wrong(f"probability {shown(word)} is not from 0 to 1.")
    return value
