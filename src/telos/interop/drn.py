"""Models in Storm's direct encoding (DRN files) as worlds and goals, without Storm."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import polars as pl

from telos.core.arrays import Bools, Floats
from telos.interop._model import StatedModel, assembled, check_width
from telos.interop._text import (
    BLANKS,
    MOST_BYTES,
    MOST_NAMES,
    WORD,
    Column,
    LinePiece,
    TextFile,
    TextLine,
    coded,
    decimal,
    decimals,
    integer,
    integers,
    narrow,
    probability,
    read_text,
    shown,
)
from telos.interop._transitions import TransitionRows, gathered, without_zeros
from telos.interop.rewards import RewardedModel

#: The kinds of model that are Markov decision processes.
KINDS = ("mdp", "dtmc")
#: How Storm writes an action without a name.
UNNAMED = "__NOLABEL__"
HEAD = re.compile(r"@([a-z_]+)\s*:?\s*(.*)", re.ASCII)
STATE = re.compile(r"state\s+(\S+)\s*(.*)", re.ASCII)
ACTION = re.compile(r'action(?:\s+("[^"]*"|[^\s\[]+))?\s*(?:\[([^\]]*)\])?', re.ASCII)
EXTRA = re.compile(r'\[([^\]]*)\]\s*|(\{[^}]*\}|!\S+)\s*|"([^"]+)"\s*|([^\s\[{"]\S*)\s*', re.ASCII)
TRANSITION = re.compile(r"(\S+?)\s*:\s*(\S.*)", re.ASCII)
#: A line of an action that is more than the word and a plain name.
ODD_ACTION = r'["\[\]\s]'


class DrnHeader(NamedTuple):
    """What stands before the states: how many there are, what is paid, and short forms of values."""

    states: int
    choices: int | None
    rewards: tuple[str, ...]
    values: dict[str, str]
    line: TextLine


@final
@dataclass(frozen=True)
class DrnBody:
    """The lines of a model as they are met: a list of arrays for states, actions and transitions.

    Args:
        text: the file. head: its header.
        met: the number of states and actions so far, and the state of the last action (`owner`).
    """

    text: TextFile
    head: DrnHeader
    met: dict[str, int] = field(default_factory=lambda: {"states": 0, "actions": 0, "owner": -1})
    action_state: list[Column] = field(default_factory=list)
    action: list[Column] = field(default_factory=list)
    pair: list[Column] = field(default_factory=list)
    successor: list[Column] = field(default_factory=list)
    chance: list[Column] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    labels: dict[str, list[int]] = field(default_factory=dict)
    of_state: dict[int, list[float]] = field(default_factory=dict)
    of_action: dict[int, list[float]] = field(default_factory=dict)

    def add(self, piece: LinePiece) -> None:
        """The lines of one piece. Raises WorldError, naming the first line that is wrong."""
        text = piece.text
        states, actions = (
            (
                text.str.starts_with(f"{word} ")
                | text.str.starts_with(f"{word}\t")
                | (text == word)
            ).to_numpy()
            for word in ("state", "action")
        )
        state = self.met["states"] - 1 + np.cumsum(states)
        pair = self.met["actions"] - 1 + np.cumsum(actions)
        self._add_states(piece, states, state)
        self._add_actions(piece, actions, state, pair)
        # A transition belongs to the last action, which must stand behind the last state.
        owner = np.append(self.met["owner"], state[actions])
        rows = ~states & ~actions
        last = pair[rows] - (self.met["actions"] - 1)
        lost = (pair[rows] < 0) | (owner[last] != state[rows])
        if lost.any():
            line = self._line(piece, int(np.flatnonzero(rows)[np.argmax(lost)]))
            raise line.wrong(
                f"{shown(line.text)} stands under no action; a state is followed by 'action NAME', and "
                "that by 'successor : probability'."
            )
        self._add_transitions(piece, rows)
        self.pair.append(narrow(pair[rows]))
        self.met.update(states=int(state[-1]) + 1, actions=int(pair[-1]) + 1, owner=int(owner[-1]))

    def _add_states(self, piece: LinePiece, rows: Bools, state: Column) -> None:
        """Lines such as ``state 3 [1, 0.5] init``."""
        given, plain = integers(piece.text.filter(pl.Series(rows)).str.strip_prefix("state "))
        odd = np.flatnonzero(rows)[~(plain & (given == state[rows]))]
        for at in odd.tolist():
            line, n = self._line(piece, at), int(state[at])
            match = STATE.fullmatch(line.text)
            number = integer(line, match[1] if match else "", "the state")
            if number != n:
                raise line.wrong(
                    f"state {number} where state {n} is next; list them in order, each once."
                )
            for rewards, other, quoted, word in _extras(line, match[2] if match else ""):
                if other:
                    what = "an observation" if other.startswith("{") else "an exit rate"
                    raise line.wrong(
                        f"{shown(other)} is {what}, which a Markov decision process lacks."
                    )
                if rewards:
                    self.of_state[n] = _rewards(line, rewards, self.head)
                elif quoted or word:
                    marked = self.labels.setdefault(quoted or word, [])
                    if len(self.labels) > MOST_NAMES:
                        raise line.wrong(f"more than {MOST_NAMES} labels; leave some out.")
                    if marked[-1:] != [n]:
                        marked.append(n)

    def _add_actions(self, piece: LinePiece, rows: Bools, state: Column, pair: Column) -> None:
        """Lines such as ``action go [0.5]``."""
        places = np.flatnonzero(rows)
        if len(places) and state[places[0]] < 0:
            line = self._line(piece, int(places[0]))
            raise line.wrong("an action before the first state; begin with 'state 0'.")
        name = piece.text.filter(pl.Series(rows)).str.strip_prefix("action ")
        odd = name.str.contains(ODD_ACTION) | (name == "action")
        action = coded(self.codes, name.set(odd, None))
        for n in odd.arg_true().to_list():
            line = self._line(piece, int(places[n]))
            match = ACTION.fullmatch(line.text)
            if not match:
                raise line.wrong(f"{shown(line.text)} is not: action NAME [rewards].")
            if title := (match[1] or "").strip('"'):
                action[n] = self.codes.setdefault(title, len(self.codes))
            if match[2]:
                self.of_action[int(pair[places[n]])] = _rewards(line, match[2], self.head)
        self.action_state.append(narrow(state[places]))
        self.action.append(narrow(action))

    def _add_transitions(self, piece: LinePiece, rows: Bools) -> None:
        """Lines such as ``4 : 0.5``."""
        fields = piece.text.filter(pl.Series(rows)).str.splitn(" : ", 2).struct
        successor, good = integers(fields.field("field_0"))
        chance, numbers = decimals(fields.field("field_1"))
        good = (
            good & numbers & (successor < self.head.states) & (chance >= 0) & (chance <= 1 + 1e-9)
        )
        places = np.flatnonzero(rows)
        for n in np.flatnonzero(~good).tolist():
            line = self._line(piece, int(places[n]))
            match = TRANSITION.fullmatch(line.text)
            if not match:
                raise line.wrong(
                    f"{shown(line.text)} is not: state NUMBER, action NAME or successor : probability."
                )
            successor[n] = integer(line, match[1], "the successor", self.head.states)
            word = self.head.values.get(match[2], match[2])
            if word.startswith("["):
                raise line.wrong(
                    f"{shown(word)} is an interval; export a model with plain numbers."
                )
            chance[n] = probability(line, word, ratios=True, zero=True)
        self.successor.append(narrow(successor))
        self.chance.append(chance)

    def _line(self, piece: LinePiece, at: int) -> TextLine:
        return TextLine(self.text.path, int(piece.number[at]), piece.text[at])


def read_drn(
    path: str | os.PathLike[str],
    *,
    default: str = "",
    allow: str | Iterable[str] = (),
    most: int = MOST_BYTES,
) -> RewardedModel:
    """The model in a DRN file of Storm: a Markov decision process or a Markov chain.

    Labels become features, `init` the first state, reward models goals by name; comments, and with them
    the values of variables, are passed over, and so are successors of probability 0. Names of actions are
    kept; `__NOLABEL__` is not a name.

    Args:
        path: the file.
        default: the action of doing nothing; it must be legal in every state.
        allow: ``deadlocks`` (a state without an action gets the action ``loop``), ``several starts``
            (several states labeled `init` are equally likely).
        most: the largest size of the file in bytes.

    Returns:
        The world, its goals and the mapping back; see `RewardedModel`.

    Raises:
        WorldError: naming the file, the line, the value and the remedy.
        GoalsError: if a reward is not finite.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "coin.drn"
        >>> head = "@type: MDP\\n@reward_models\\npay\\n@nr_states\\n2\\n@nr_choices\\n2\\n@model\\n"
        >>> first = "state 0 [1] init\\n action toss\\n 0 : 0.5\\n 1 : 0.5\\n"
        >>> second = "state 1\\n action rest\\n 1 : 1\\n"
        >>> _ = path.write_text(head + first + second)
        >>> world, goals = read_drn(path)
        >>> world.actions, goals.reward.tolist()
        (('toss', 'rest'), [[1.0, 0.0]])

    References:
        Hensel et al. (2022), The Probabilistic Model Checker Storm.
    """
    text = read_text(path, most, "//")
    head = _header(text)
    body = DrnBody(text, head)
    for piece in text.pieces(head.line):
        body.add(piece)
    return assembled(_stated(body), default, allow)


def _header(text: TextFile) -> DrnHeader:
    """What stands before ``@model``."""
    said: dict[str, list[str]] = {}
    at: dict[str, TextLine] = {}
    section = ""
    line = text.at(1)
    for line in text.lines():
        match = HEAD.fullmatch(line.text)
        if match:
            section, rest = match.groups()
            if section in said:
                raise line.wrong(f"@{section} a second time; keep one.")
            said[section], at[section] = [rest] if rest else [], line
            if section == "model":
                break
        elif not section:
            raise line.wrong(f"begins with {shown(line.text)}; a DRN file begins with @type: MDP.")
        else:
            said[section].append(line.text)
    if "model" not in said:
        raise line.wrong("no @model in the file; it is cut short, or no DRN file.")
    _check_kind(said, at, line)
    rewards = tuple(WORD.findall(" ".join(said.get("reward_models", []))))
    if len(set(rewards)) < len(rewards):
        raise at["reward_models"].wrong("a reward model is named twice; name each once.")
    values = {}
    for given in said.get("placeholders", []):
        name, _, value = given.partition(":")
        values[name.strip(BLANKS)] = value.strip(BLANKS)
    counts = {
        name: integer(at[name], " ".join(said[name]), f"@{name}")
        for name in ("nr_states", "nr_choices")
        if name in said
    }
    if "nr_states" not in counts:
        raise line.wrong("no @nr_states before @model; write the number of states.")
    return DrnHeader(counts["nr_states"], counts.get("nr_choices"), rewards, values, at["model"])


def _check_kind(said: dict[str, list[str]], at: dict[str, TextLine], end: TextLine) -> None:
    """The model is a Markov decision process whose probabilities are numbers."""
    kind = " ".join(said.get("type", []))
    if kind.lower() not in KINDS:
        raise at.get("type", end).wrong(
            f"a model of type {shown(kind)}; only MDP and DTMC are Markov decision processes. Export one of "
            "them."
        )
    values = " ".join(said.get("value_type", ["double"]))
    if values.lower() not in ("double", "rational", "exact"):
        raise at["value_type"].wrong(
            f"values of type {shown(values)}; export plain numbers (double)."
        )
    if parameters := " ".join(said.get("parameters", [])).strip():
        raise at["parameters"].wrong(
            f"a parametric model, over {shown(parameters)}; give the parameters values and export again."
        )


def _extras(line: TextLine, text: str) -> Iterator[tuple[str, ...]]:
    """What stands behind the number of a state: rewards, observations and rates, labels."""
    at = 0
    while at < len(text):
        match = EXTRA.match(text, at)
        if not match:
            raise line.wrong(f'{shown(text[at:])} is not closed; write [rewards] and "labels".')
        yield tuple(part or "" for part in match.groups())
        at = match.end()


def _rewards(line: TextLine, text: str, head: DrnHeader) -> list[float]:
    """Rewards between brackets, one a reward model; those that are missing at the end are 0."""
    words = [word.strip(BLANKS) for word in text.split(",")]
    if len(words) > len(head.rewards):
        raise line.wrong(
            f"{len(words)} rewards, but @reward_models names {len(head.rewards)}; name them all."
        )
    return [decimal(line, head.values.get(word, word), "the reward") for word in words]


def _stated(body: DrnBody) -> StatedModel:
    """All of it together, with the counts that the header announces."""
    text, head = body.text, body.head
    for what, said, count in (
        ("states", head.states, body.met["states"]),
        ("choices", head.choices, body.met["actions"]),
    ):
        if said is not None and said != count:
            raise head.line.wrong(
                f"{said} {what} announced, but {count} follow; the file is cut short, or @nr_{what} is "
                "wrong."
            )
    pair, successor = _joined(body.pair), _joined(body.successor)
    state, action = _joined(body.action_state), _joined(body.action)
    chance = np.concatenate([np.empty(0), *body.chance])
    for parts in (body.pair, body.successor, body.chance, body.action_state, body.action):
        parts.clear()
    fan = np.bincount(pair, minlength=body.met["actions"])
    if not fan.all():
        actions = (line for line in text.lines(head.line) if line.text.startswith("action"))
        line = next(islice(actions, int(np.argmin(fan)), None))
        raise line.wrong("this action leads nowhere; name a successor.")

    def line_of(row: int) -> TextLine:
        transitions = (line for line in text.lines(head.line) if line.text[0] not in "sa")
        return next(islice(transitions, row, None))

    choice = narrow(np.arange(len(state)) - np.searchsorted(state, state))
    action = np.where(action == body.codes.get(UNNAMED, -2), -1, action)
    rows = TransitionRows(
        state[pair], choice[pair], successor, chance, action[pair], list(body.codes), line_of
    )
    counts = (head.states, body.met["actions"], len(pair))
    read = without_zeros(gathered(rows, head.line, counts, []))
    check_width(text.path, len(head.rewards), read.size + len(action))
    rewards: dict[str, tuple[Floats | None, Floats | None]] = {
        name: (_column(body.of_state, n, read.size), _column(body.of_action, n, len(action)))
        for n, name in enumerate(head.rewards)
    }
    labels = {name: np.array(states, dtype=np.int64) for name, states in body.labels.items()}
    return StatedModel(text.path, Path(text.path).stem, read, labels, rewards=rewards)


def _joined(parts: list[Column]) -> Column:
    return np.concatenate([np.empty(0, np.int32), *parts])


def _column(given: dict[int, list[float]], reward: int, length: int) -> Floats:
    values = np.zeros(length)
    values[list(given)] = [row[reward] if reward < len(row) else 0.0 for row in given.values()]
    return values
