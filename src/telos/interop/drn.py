"""Models in Storm's direct encoding (DRN files) as worlds and goals, without Storm."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.interop._assembled import Found, assembled, check_width
from telos.interop._lines import (
    BLANKS,
    MOST_BYTES,
    MOST_NAMES,
    WORD,
    Line,
    after,
    decimal,
    lines_of,
    nth,
    path_of,
    probability,
    read_bytes,
    shown,
    text_of,
    whole,
)
from telos.interop._transitions import Listed, gathered, without_zeros
from telos.interop._words import Batch, batches, coded, decimals, integers, lines_at, names, narrow
from telos.interop.rewards import RewardedModel

#: The kinds of model that are Markov decision processes.
KINDS = ("mdp", "dtmc")
#: How Storm writes an action without a name.
UNNAMED = b"__NOLABEL__"
HEAD = re.compile(r"@([a-z_]+)\s*:?\s*(.*)", re.ASCII)
STATE = re.compile(r"state\s+(\S+)\s*(.*)", re.ASCII)
ACTION = re.compile(r'action(?:\s+("[^"]*"|[^\s\[]+))?\s*(?:\[([^\]]*)\])?', re.ASCII)
EXTRA = re.compile(r'\[([^\]]*)\]\s*|(\{[^}]*\}|!\S+)\s*|"([^"]+)"\s*|([^\s\[{"]\S*)\s*', re.ASCII)
TRANSITION = re.compile(r"(\S+?)\s*:\s*(\S.*)", re.ASCII)


class Header(NamedTuple):
    """What stands before the states: how many there are, what is paid, and short forms of values."""

    states: int
    choices: int | None
    rewards: tuple[str, ...]
    values: dict[str, str]
    line: Line


class Body(NamedTuple):
    """The lines of a model, as they are met: S states, L actions, N transitions, each in a list of arrays."""

    action_state: list[Ints]
    action: list[Ints]
    pair: list[Ints]
    successor: list[Ints]
    chance: list[Floats]
    codes: dict[bytes, int]
    labels: dict[str, list[int]]
    of_state: dict[int, list[float]]
    of_action: dict[int, list[float]]


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
        The world, its goals and the way back; see `RewardedModel`.

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
    where = path_of(path)
    data = text_of(where, read_bytes(where, most))
    head = _header(where, data)
    place = after(data, head.line), head.line.number + 1
    body = Body([], [], [], [], [], {}, {}, {}, {})
    met = [0, 0]  # states and actions so far
    for batch in batches(where, data, *place, b"//"):
        if len(batch.head):
            _add(where, batch, head, body, met)

    def rows() -> Iterator[Line]:
        return lines_of(where, data, comment="//", start=place[0], number=place[1])

    return assembled(_found(where, head, body, met, rows), default, allow)


def _header(path: str, data: bytes) -> Header:
    """What stands before ``@model``.

    Raises:
        WorldError: if it is another kind of model, or a count is missing.
    """
    said: dict[str, list[str]] = {}
    at: dict[str, Line] = {}
    section = ""
    line = Line(path, 1, "")
    for line in lines_of(path, data, comment="//"):
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
    for text in said.get("placeholders", []):
        name, _, value = text.partition(":")
        values[name.strip(BLANKS)] = value.strip(BLANKS)
    counts = {
        name: whole(at[name], " ".join(said[name]), f"@{name}")
        for name in ("nr_states", "nr_choices")
        if name in said
    }
    if "nr_states" not in counts:
        raise line.wrong("no @nr_states before @model; write the number of states.")
    return Header(counts["nr_states"], counts.get("nr_choices"), rewards, values, at["model"])


def _check_kind(said: dict[str, list[str]], at: dict[str, Line], end: Line) -> None:
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


def _add(path: str, batch: Batch, head: Header, body: Body, met: list[int]) -> None:
    """The lines of one batch: what is as usual at once, the rest line by line."""
    first = batch.raw[batch.start[batch.head]]
    length = batch.end[batch.head] - batch.start[batch.head]
    states = (first == ord("s")) & (length == len("state"))
    actions = (first == ord("a")) & (length == len("action"))
    state = met[0] - 1 + np.cumsum(states)
    pair = met[1] - 1 + np.cumsum(actions)
    _states(path, batch, head, body, np.flatnonzero(states), state)
    owner = _actions(path, batch, head, body, np.flatnonzero(actions), state, pair)
    rows = np.flatnonzero(~states & ~actions)
    # A transition belongs to the last action, which must stand behind the last state.
    known = pair[rows] >= 0
    lost = ~known
    lost[known] = owner[pair[rows[known]] - (met[1] - 1)] != state[rows[known]]
    if lost.any():
        (line,) = lines_at(path, batch, rows[lost][:1])
        raise line.wrong(
            f"{shown(line.text)} stands under no action; a state is followed by 'action NAME', and that "
            "by 'successor : probability'."
        )
    successor, chance = _transitions(path, batch, head, rows)
    body.pair.append(narrow(pair[rows]))
    body.successor.append(narrow(successor))
    body.chance.append(chance)
    met[:] = [int(state[-1]) + 1, int(pair[-1]) + 1]


def _states(path: str, batch: Batch, head: Header, body: Body, rows: Ints, state: Ints) -> None:
    """Lines such as ``state 3 [1, 0.5] init``."""
    plain = batch.words[rows] == 2
    number = integers(batch, batch.head[rows[plain]] + 1)
    if number is not None:
        plain[plain] = number == state[rows[plain]]
    else:
        plain[:] = False
    odd = rows[~plain]
    for line, n in zip(lines_at(path, batch, odd), state[odd].tolist(), strict=True):
        match = STATE.fullmatch(line.text)
        given = whole(line, match[1] if match else "", "the state")
        if given != n:
            raise line.wrong(
                f"state {given} where state {n} is next; list them in order, each once."
            )
        for rewards, other, quoted, word in _extras(line, match[2] if match else ""):
            if other:
                what = "an observation" if other.startswith("{") else "an exit rate"
                raise line.wrong(
                    f"{shown(other)} is {what}, which a Markov decision process lacks."
                )
            if rewards:
                body.of_state[n] = _rewards(line, rewards, head)
            elif quoted or word:
                marked = body.labels.setdefault(quoted or word, [])
                if len(body.labels) > MOST_NAMES:
                    raise line.wrong(f"more than {MOST_NAMES} labels; leave some out.")
                if marked[-1:] != [n]:
                    marked.append(n)


def _extras(line: Line, text: str) -> Iterator[tuple[str, ...]]:
    """What stands behind the number of a state: rewards, observations and rates, labels."""
    at = 0
    while at < len(text):
        match = EXTRA.match(text, at)
        if not match:
            raise line.wrong(f'{shown(text[at:])} is not closed; write [rewards] and "labels".')
        yield tuple(part or "" for part in match.groups())
        at = match.end()


def _actions(
    path: str, batch: Batch, head: Header, body: Body, rows: Ints, state: Ints, pair: Ints
) -> Ints:
    """Lines such as ``action go [0.5]``; the state of each, behind that of the last action before."""
    plain = batch.words[rows] == 2
    found = names(batch, batch.head[rows[plain]] + 1)
    # A reward may be written right behind the word, and a name may be quoted.
    usual = np.array([name[:1] not in b'["' and name[-1:] != b"]" for name in found], np.bool_)
    plain[plain] = usual
    action = np.full(len(rows), -1)
    titles = [name for name, kept in zip(found, usual.tolist(), strict=True) if kept]
    action[plain] = coded(body.codes, titles)
    odd = np.flatnonzero(~plain)
    for line, at in zip(lines_at(path, batch, rows[odd]), odd.tolist(), strict=True):
        match = ACTION.fullmatch(line.text)
        if not match:
            raise line.wrong(f"{shown(line.text)} is not: action NAME [rewards].")
        name = (match[1] or "").strip('"').encode()
        action[at] = body.codes.setdefault(name, len(body.codes)) if name else -1
        if match[2]:
            body.of_action[int(pair[rows[at]])] = _rewards(line, match[2], head)
    last = body.action_state[-1][-1:] if body.action_state else np.array([-1])
    if rows.size and state[rows[0]] < 0:
        (line,) = lines_at(path, batch, rows[:1])
        raise line.wrong("an action before the first state; begin with 'state 0'.")
    if rows.size:
        body.action_state.append(narrow(state[rows]))
        body.action.append(narrow(action))
    return np.concatenate((last, state[rows]))


def _rewards(line: Line, text: str, head: Header) -> list[float]:
    """Rewards between brackets, one a reward model; those that are missing at the end are 0."""
    words = [word.strip(BLANKS) for word in text.split(",")]
    if len(words) > len(head.rewards):
        raise line.wrong(
            f"{len(words)} rewards, but @reward_models names {len(head.rewards)}; name them all."
        )
    return [decimal(line, head.values.get(word, word), "the reward") for word in words]


def _transitions(path: str, batch: Batch, head: Header, rows: Ints) -> tuple[Ints, Floats]:
    """Lines such as ``4 : 0.5``."""
    plain = _plain(batch, rows)
    successor, chance = np.zeros(len(rows), np.int64), np.zeros(len(rows))
    at = batch.head[rows[plain]]
    whole_numbers, numbers = integers(batch, at), decimals(batch, at + 2)
    if whole_numbers is None or numbers is None:
        plain[:] = False
    else:
        successor[plain], chance[plain] = whole_numbers, numbers
        plain &= (successor < head.states) & (chance >= 0) & (chance <= 1 + 1e-9)
    odd = np.flatnonzero(~plain)
    for line, n in zip(lines_at(path, batch, rows[odd]), odd.tolist(), strict=True):
        match = TRANSITION.fullmatch(line.text)
        if not match:
            raise line.wrong(
                f"{shown(line.text)} is not: state NUMBER, action NAME or successor : probability."
            )
        successor[n] = whole(line, match[1], "the successor", head.states)
        word = head.values.get(match[2], match[2])
        if word.startswith("["):
            raise line.wrong(f"{shown(word)} is an interval; export a model with plain numbers.")
        chance[n] = probability(line, word, ratios=True, zero=True)
    return successor, chance


def _plain(batch: Batch, rows: Ints) -> Bools:
    """Which lines have three words, of which the second is a colon."""
    plain: Bools = batch.words[rows] == 3
    middle = batch.head[rows[plain]] + 1
    alone = batch.end[middle] - batch.start[middle] == 1
    plain[plain] = alone & (batch.raw[batch.start[middle]] == ord(":"))
    return plain


def _found(
    path: str, head: Header, body: Body, met: list[int], rows: Callable[[], Iterator[Line]]
) -> Found:
    """All of it together, with the counts that the header announces."""
    for what, said, count in (("states", head.states, met[0]), ("choices", head.choices, met[1])):
        if said is not None and said != count:
            raise head.line.wrong(
                f"{said} {what} announced, but {count} follow; the file is cut short, or @nr_{what} is "
                "wrong."
            )
    empty = np.empty(0, np.int32)
    pair, successor = np.concatenate([empty, *body.pair]), np.concatenate([empty, *body.successor])
    state, action = (
        np.concatenate([empty, *body.action_state]),
        np.concatenate([empty, *body.action]),
    )
    chance = np.concatenate([np.empty(0), *body.chance])
    for parts in (body.pair, body.successor, body.chance, body.action_state, body.action):
        parts.clear()
    fan = np.bincount(pair, minlength=met[1])
    if not fan.all():
        actions = (line for line in rows() if line.text.startswith("action"))
        raise nth(actions, int(np.argmin(fan))).wrong(
            "this action leads nowhere; name a successor."
        )

    def where(row: int) -> Line:
        return nth((line for line in rows() if line.text[0] not in "sa"), row)

    choice = narrow(np.arange(len(state)) - np.searchsorted(state, state))
    action = np.where(action == body.codes.get(UNNAMED, -2), -1, action)
    columns = Listed(
        state[pair],
        choice[pair],
        successor,
        chance,
        action[pair],
        [name.decode("utf-8", "replace") for name in body.codes],
        where,
    )
    counts = (head.states, met[1], len(pair))
    read = without_zeros(gathered(columns, head.line, counts, []))
    check_width(path, len(head.rewards), read.size + len(action))
    rewards: dict[str, tuple[Floats | None, Floats | None]] = {
        name: (_column(body.of_state, n, read.size), _column(body.of_action, n, len(action)))
        for n, name in enumerate(head.rewards)
    }
    labels = {name: np.array(states, dtype=np.int64) for name, states in body.labels.items()}
    return Found(path, Path(path).stem, read, labels, rewards)


def _column(given: dict[int, list[float]], reward: int, length: int) -> Floats:
    values = np.zeros(length)
    values[list(given)] = [row[reward] if reward < len(row) else 0.0 for row in given.values()]
    return values
