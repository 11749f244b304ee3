"""What the files of an explicit model say: transitions, labels, names of choices, variables, numbers."""

import math
import re
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import WorldError, did_you_mean
from telos.core.validation import ROW_SUM_TOLERANCE
from telos.interop._lines import (
    Line,
    decimal,
    lines_of,
    probability,
    shown,
    whole,
    without_comments,
)

#: The kinds of model that hold no Markov decision process, as Storm's first line names them.
OTHER_MODELS = {"dtmc", "ctmc", "ma", "pomdp", "smg", "idtmc", "imdp"}
KIND = re.compile(r"# Transitions \((.*)\)")
PRISM_LABELS = re.compile(r'(?:[0-9]+="[^"]+"\s*)+')
PRISM_LABEL = re.compile(r'([0-9]+)="([^"]+)"')
VARIABLES = re.compile(r"\(([^()]*)\)")

Pair = tuple[int, int]


class Transitions(NamedTuple):
    """A transition file: the successors of each choice, where it was read, and what else was said.

    Args:
        size: the number of states.
        rows: {(state, choice): {successor: probability}}, by state and choice.
        action: {(state, choice): its action}; "" where the file names none.
        line: {(state, choice): the first line that speaks of it}.
        starts: first states, where the transition file names them.
        stuck: states without a choice.
    """

    size: int
    rows: dict[Pair, dict[int, float]]
    action: dict[Pair, str]
    line: dict[Pair, Line]
    starts: list[int]
    stuck: list[int]


def read_transitions(path: str, data: bytes) -> Transitions:
    """A `.tra` file of either dialect: Storm's begins with ``mdp``, PRISM's with three counts.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    lines = lines_of(path, data)
    for line in lines:
        kind = KIND.fullmatch(line.text)
        if kind and kind[1].lower() != "mdp":
            raise line.wrong(f"a model of kind {shown(kind[1])}; export a Markov decision process.")
    head, *body = without_comments(path, lines)
    counts = _counts(head)
    read = Transitions(0, {}, {}, {}, [], [])
    for line in body:
        _row(line, counts, read)
    if not read.rows:
        raise head.wrong("no transition follows; export the model again.")
    if counts:
        found = (len(read.rows), sum(map(len, read.rows.values())))
        for promised, there, what in zip(
            counts[1:], found, ("choices", "transitions"), strict=True
        ):
            if promised != there:
                raise head.wrong(
                    f"{promised} {what} announced, but {there} follow; the file is cut short, or "
                    "its first line is wrong."
                )
    return _complete(read, head, counts)


def _counts(head: Line) -> tuple[int, int, int] | None:
    """States, choices and transitions as PRISM's first line counts them; None for Storm's ``mdp``."""
    words = head.text.split()
    if len(words) == 1 and words[0].lower() == "mdp":
        return None
    if words[0].lower() in OTHER_MODELS:
        raise head.wrong(f"a model of kind {shown(words[0])}; export a Markov decision process.")
    if len(words) in (2, 4) and all(word.isdecimal() for word in words):
        kind = "Markov chain, which has no choices" if len(words) == 2 else "partly observed model"
        raise head.wrong(f"{len(words)} counts head a {kind}; export a Markov decision process.")
    if len(words) != 3:
        raise head.wrong(
            f"begins with {shown(head.text)}; a transition file begins with mdp (Storm) or with "
            "the numbers of states, choices and transitions (PRISM)."
        )
    states, choices, transitions = (whole(head, word, "a count") for word in words)
    return states, choices, transitions


def _row(line: Line, counts: tuple[int, int, int] | None, read: Transitions) -> None:
    """One more transition, ``state choice successor probability [action]``."""
    words = line.text.split()
    below = counts[0] if counts else None
    if counts and words[0] == "-" and len(words) == 3:
        read.starts.append(whole(line, words[2], "the first state", below))
        return
    if len(words) not in (4, 5):
        raise line.wrong(
            f"{len(words)} words in {shown(line.text)}; write: state choice successor probability "
            "[action]."
        )
    state = whole(line, words[0], "the state", below)
    choice = whole(line, words[1], "the choice")
    successor = whole(line, words[2], "the successor", below)
    action = words[4] if len(words) == 5 else ""
    chance = probability(line, words[3], ratios=counts is not None)
    pair = state, choice
    row = read.rows.setdefault(pair, {})
    first = read.line.setdefault(pair, line)
    if read.action.setdefault(pair, action) != action:
        raise line.wrong(
            f"state {state}, choice {choice} is {shown(action)} here and "
            f"{shown(read.action[pair])} in line {first.number}; give a choice one action."
        )
    if successor in row:
        raise line.wrong(
            f"state {state}, choice {choice} leads to state {successor} a second time; add the "
            "probabilities up in one line."
        )
    row[successor] = chance


def _complete(read: Transitions, head: Line, counts: tuple[int, int, int] | None) -> Transitions:
    """The same in order, with no gap among states and choices and with every sum 1."""
    sources = {state for state, _ in read.rows}
    met = sources.union(*read.rows.values())
    size = max(counts[0] if counts else 0, max(met) + 1)
    if len(met) < size:  # states are counted before any list of them is made
        gap = next(n for n in range(size) if n not in met)
        raise head.wrong(
            f"states are numbered 0 to {size - 1}, but no transition speaks of state {gap}; number "
            "them without gaps."
        )
    ordered = sorted(read.rows)
    for before, (state, choice) in zip([(-1, 0), *ordered], ordered, strict=False):
        wanted = before[1] + 1 if before[0] == state else 0
        if choice != wanted:
            raise read.line[state, choice].wrong(
                f"state {state} has a choice {choice} but no choice {wanted}; number the choices of "
                "a state 0, 1, 2 …"
            )
        total = math.fsum(read.rows[state, choice].values())
        if abs(total - 1) > ROW_SUM_TOLERANCE:
            raise read.line[state, choice].wrong(
                f"state {state}, choice {choice}: probabilities sum to {total:.12g}, not 1; add the "
                "missing successor, or divide by the sum."
            )
    rows = {pair: read.rows[pair] for pair in ordered}
    return Transitions(size, rows, read.action, read.line, read.starts, sorted(met - sources))


def read_labels(path: str, data: bytes, size: int) -> dict[str, list[int]]:
    """A `.lab` file of either dialect: {label: its states}, in the order of declaration.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    lines = lines_of(path, data)
    if lines[0].text.startswith("#DECLARATION"):
        names, rows = _declared(lines)
        split = [(line, *_one(line.text.split())) for line in rows]
        return _labelled({name: name for name in names}, split, size)
    head, *rows = without_comments(path, lines)
    if not PRISM_LABELS.fullmatch(head.text):
        raise head.wrong(
            f"begins with {shown(head.text)}; a label file begins with #DECLARATION (Storm) or with "
            '0="init" 1="deadlock" … (PRISM).'
        )
    by_number: dict[str, str] = {}
    for number, name in PRISM_LABEL.findall(head.text):
        if number != str(len(by_number)) or name in by_number.values():
            raise head.wrong(
                f"label {number} is {shown(name)}; number the labels 0, 1, 2 … and name none twice."
            )
        by_number[number] = name
    split = [(line, *_one(line.text.replace(":", " : ", 1).split())) for line in rows]
    for line, _, words in split:
        if words[:1] != [":"]:
            raise line.wrong(f"{shown(line.text)} has no colon; write: state: labels by number.")
    return _labelled(by_number, [(line, state, words[1:]) for line, state, words in split], size)


def _one(words: list[str]) -> tuple[str, list[str]]:
    return words[0], words[1:]


def _declared(lines: list[Line]) -> tuple[list[str], list[Line]]:
    """The names between ``#DECLARATION`` and ``#END``, and the lines that follow."""
    names: list[str] = []
    for n, line in enumerate(lines):
        words = line.text.split()
        for word in words:
            if word == "#END" and word == words[-1]:
                rows = [row for row in lines[n + 1 :] if not row.text.startswith("#")]
                return names, rows
            if word.startswith("#") and (word != "#DECLARATION" or n or names):
                raise line.wrong(f"{shown(word)} is no name; close the names by #END.")
            if word in names:
                raise line.wrong(f"{shown(word)} is declared twice; name it once.")
            if word != "#DECLARATION":
                names.append(word)
    raise lines[-1].wrong("the names are not closed; write #END in a line of its own behind them.")


def _labelled(
    known: dict[str, str], rows: list[tuple[Line, str, list[str]]], size: int
) -> dict[str, list[int]]:
    states: dict[str, list[int]] = {name: [] for name in known.values()}
    seen: set[int] = set()
    for line, word, labels in rows:
        state = whole(line, word, "the state", size)
        if state in seen:
            raise line.wrong(f"state {state} a second time; write its labels in one line.")
        seen.add(state)
        for label in dict.fromkeys(labels):
            if label not in known:
                raise line.wrong(
                    f"label {shown(label)} is not declared. {did_you_mean(label, known)}"
                )
            states[known[label]].append(state)
    return states


def read_choices(path: str, data: bytes, read: Transitions) -> tuple[list[str], dict[Pair, str]]:
    """Storm's labels of choices, ``state choice action``: the names declared, and each choice's.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    lines = lines_of(path, data)
    if not lines[0].text.startswith("#DECLARATION"):
        raise lines[0].wrong(
            f"begins with {shown(lines[0].text)}; a file of actions begins with #DECLARATION."
        )
    names, rows = _declared(lines)
    known = set(names)
    action: dict[Pair, str] = {}
    for line in rows:
        words = line.text.split()
        if len(words) != 3:
            raise line.wrong(f"{shown(line.text)} is not: state choice action.")
        pair = whole(line, words[0], "the state", read.size), whole(line, words[1], "the choice")
        if pair not in read.rows:
            raise line.wrong(f"state {pair[0]} has no choice {pair[1]}; the files do not match.")
        if pair in action:
            raise line.wrong(f"state {pair[0]}, choice {pair[1]} a second time; name it once.")
        if words[2] not in known:
            raise line.wrong(
                f"action {shown(words[2])} is not declared. {did_you_mean(words[2], known)}"
            )
        action[pair] = words[2]
    return names, action


def read_variables(
    path: str, data: bytes, size: int
) -> tuple[list[str], list[tuple[int | bool, ...]]]:
    """PRISM's `.sta` file: the names of the variables, and their values in each state.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    head, *rows = without_comments(path, lines_of(path, data))
    match = VARIABLES.fullmatch(head.text)
    names = [name.strip() for name in match[1].split(",")] if match else []
    if not all(names) or len(set(names)) != len(names) or not names:
        raise head.wrong(
            f"begins with {shown(head.text)}; a file of states begins with its variables, as in "
            "(x,y), each named once."
        )
    valued: dict[int, tuple[int | bool, ...]] = {}
    owner: dict[tuple[int | bool, ...], int] = {}
    for line in rows:
        number, _, rest = line.text.partition(":")
        state = whole(line, number.strip(), "the state", size)
        match = VARIABLES.fullmatch(rest.strip())
        words = match[1].split(",") if match else []
        if state in valued or len(words) != len(names):
            raise line.wrong(
                f"{shown(line.text)}; write each state once, as state:(values), with "
                f"{len(names)} values."
            )
        values = tuple(_value(line, word.strip()) for word in words)
        if owner.setdefault(values, state) != state:
            raise line.wrong(
                f"states {owner[values]} and {state} have the same values; add a variable that "
                "tells them apart."
            )
        valued[state] = values
    if len(valued) < size:
        gap = next(n for n in range(size) if n not in valued)
        raise WorldError(f"{path}:{head.number}: state {gap} is missing; write all {size} of them.")
    return names, [valued[n] for n in range(size)]


def _value(line: Line, word: str) -> int | bool:
    if word in ("true", "false"):
        return word == "true"
    sign = -1 if word.startswith("-") else 1
    return sign * whole(line, word.removeprefix("-"), "a value")


def read_numbers(path: str, data: bytes, size: int) -> Floats:
    """State rewards of either dialect, F[S]: ``state value``, 0 where a state has no line.

    PRISM's first line counts the states and the lines that follow. It is told from a reward by its
    first number, because no state has the number S.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    lines = without_comments(path, lines_of(path, data))
    values = np.zeros(size)
    seen: set[int] = set()
    first, count = _split(lines[0])
    rows = lines
    if first == str(size):
        rows = lines[1:]
        promised = whole(lines[0], count, "the number of rewards")
        if promised != len(rows):
            raise lines[0].wrong(f"{promised} rewards announced, but {len(rows)} follow.")
    for line in rows:
        number, value = _split(line)
        state = whole(line, number, "the state", size)
        if state in seen:
            raise line.wrong(f"state {state} a second time; write its number once.")
        seen.add(state)
        values[state] = decimal(line, value, "the number")
    return values


def _split(line: Line) -> tuple[str, str]:
    words = line.text.split()
    if len(words) != 2:
        raise line.wrong(f"{shown(line.text)} is not: state value.")
    return words[0], words[1]
