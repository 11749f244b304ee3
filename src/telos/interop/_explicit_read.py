"""What the files of an explicit model say: transitions, labels, names of choices, variables, numbers."""

import re

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError, did_you_mean
from telos.core.world import World
from telos.interop._model import StateTable
from telos.interop._text import (
    BLANKS,
    MOST_NAMES,
    Column,
    TextFile,
    TextLine,
    coded,
    columns,
    decimal,
    integer,
    integers,
    probability,
    repeated,
    shown,
)
from telos.interop._transitions import TransitionRows, TransitionTable, gathered
from telos.interop.rewards import matched

#: The kinds of model that hold no Markov decision process, as Storm's first line names them.
OTHER_MODELS = {"dtmc", "ctmc", "ma", "pomdp", "smg", "idtmc", "imdp"}
KIND = re.compile(r"# Transitions \((.*)\)")
PRISM_LABELS = re.compile(r'(?:[0-9]+="[^"]+"[ \t\r]*)+')
PRISM_LABEL = re.compile(r'([0-9]+)="([^"]+)"')
VARIABLES = re.compile(r"\(([^()]*)\)")


def read_transitions(text: TextFile) -> TransitionTable:
    """A `.tra` file of either dialect: Storm's begins with ``mdp``, PRISM's with three counts."""
    for line in text.lines(comments=True):
        kind = KIND.fullmatch(line.text)
        if kind and kind[1].lower() != "mdp":
            raise line.wrong(f"a model of kind {shown(kind[1])}; export a Markov decision process.")
        if not line.text.startswith("#"):
            break
    head = behind = text.first()
    counts = _counts(head)
    below = counts[0] if counts else None
    starts = []
    for line in text.lines(head):
        words = line.words
        if not counts or words[0] != "-" or len(words) != 3:
            break
        starts.append(integer(line, words[2], "the first state", below))
        behind = line

    def one(line: TextLine) -> tuple[int, int, int, float, str]:
        words = line.words
        if len(words) not in (4, 5):
            raise line.wrong(
                f"{len(words)} words in {shown(line.text)}; write: state choice successor probability "
                "[action]."
            )
        return (
            integer(line, words[0], "the state", below),
            integer(line, words[1], "the choice"),
            integer(line, words[2], "the successor", below),
            probability(line, words[3], ratios=counts is not None),
            words[4] if len(words) == 5 else "",
        )

    def fine(found: list[Column]) -> Bools:
        state, _, successor, chance, _ = found
        good: Bools = (chance > 0) & (chance <= 1 + 1e-9)
        return good if below is None else good & (state < below) & (successor < below)

    found, names = columns(text, behind, "iiidN", one, fine)
    state, choice, successor, chance, action = found
    rows = TransitionRows(
        state, choice, successor, chance, action, names, lambda row: text.line(row, behind)
    )
    return gathered(rows, head, counts, starts)


def _counts(head: TextLine) -> tuple[int, int, int] | None:
    """States, choices and transitions as PRISM's first line counts them; None for Storm's ``mdp``."""
    words = head.words
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
    states, choices, transitions = (integer(head, word, "a count") for word in words)
    return states, choices, transitions


def read_labels(text: TextFile, size: int) -> dict[str, Ints]:
    """A `.lab` file of either dialect: {label: its states}, in the order of declaration."""
    if next(text.lines(comments=True)).text.startswith("#DECLARATION"):
        declared, head = _declared(text)
        return _labeled(text, head, {name: name for name in declared}, " ", size)
    head = text.first()
    if not PRISM_LABELS.fullmatch(head.text):
        raise head.wrong(
            f"begins with {shown(head.text)}; a label file begins with #DECLARATION (Storm) or with "
            '0="init" 1="deadlock" … (PRISM).'
        )
    numbered: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in PRISM_LABEL.findall(head.text):
        if number != str(len(numbered)) or name in taken:
            raise head.wrong(
                f"label {number[:40]} is {shown(name)}; number the labels 0, 1, 2 … and name none twice."
            )
        numbered[number] = name
        taken.add(name)
    return _labeled(text, head, numbered, ":", size)


def _declared(text: TextFile) -> tuple[list[str], TextLine]:
    """The names between ``#DECLARATION`` and ``#END``, and the line in which that stands."""
    known: dict[str, None] = {}
    last = text.at(1)
    for n, line in enumerate(text.lines(comments=True)):
        words = line.words
        for word in words:
            if word == "#END" and word == words[-1]:
                return list(known), line
            if word.startswith("#") and (word != "#DECLARATION" or n or known):
                raise line.wrong(f"{shown(word)} is not a name; close the names by #END.")
            if word in known:
                raise line.wrong(f"{shown(word)} is declared twice; name it once.")
            if len(known) == MOST_NAMES:
                raise line.wrong(f"more than {MOST_NAMES} names; leave some out.")
            if word != "#DECLARATION":
                known[word] = None
        last = line
    raise last.wrong("the names are not closed; write #END in a line of its own behind them.")


def _labeled(
    text: TextFile, head: TextLine, known: dict[str, str], mark: str, size: int
) -> dict[str, Ints]:
    """The states of each label, from the lines behind `head`: ``state labels`` or ``state: labels``."""
    codes = {name: n for n, name in enumerate(known)}
    states, marks = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for piece in text.pieces(head, tidy=True):
        fields = piece.text.str.splitn(mark, 2).struct
        state, good = integers(fields.field("field_0").str.strip_chars_end(" "))
        rest = fields.field("field_1").fill_null("" if mark == " " else "?").str.strip_chars(" ")
        listed = rest.str.split(" ")
        owner = np.repeat(np.arange(len(listed)), listed.list.len().to_numpy())
        words = listed.explode()
        label = coded(codes, words, new=False)
        good = good & (state < size)
        good[owner[(label < 0) & (words != "").to_numpy()]] = False
        if not good.all():
            at = int(np.argmin(good))
            line = TextLine(text.path, int(piece.number[at]), piece.text[at])
            raise _wrong_labels(line, codes, mark, size)
        states.append(state)
        marks.append((label * size + state[owner])[label >= 0])
    every = np.concatenate(states)
    if (row := repeated(every)) is not None:
        line = text.line(row, head)
        raise line.wrong(f"state {every[row]} a second time; write its labels in one line.")
    label, state = np.divmod(np.unique(np.concatenate(marks)), size)
    if not known:
        return {}
    ends = np.cumsum(np.bincount(label, minlength=len(known)))
    return dict(zip(known.values(), np.split(state, ends[:-1]), strict=True))


def _wrong_labels(line: TextLine, codes: dict[str, int], mark: str, size: int) -> WorldError:
    """What is wrong with the state or with a label that a line names."""
    if mark not in line.text and mark == ":":
        return line.wrong(f"{shown(line.text)} has no colon; write: state: labels by number.")
    number, _, rest = line.text.partition(mark)
    integer(line, number.strip(BLANKS), "the state", size)
    label = next(word for word in rest.split(" ") if word and word not in codes)
    return line.wrong(f"label {shown(label)} is not declared. {did_you_mean(label[:40], codes)}")


def read_choices(text: TextFile, read: TransitionTable) -> tuple[list[str], Ints]:
    """Storm's labels of choices, ``state choice action``: the names declared, and I[L], each choice's.

    A choice without a line has the number -1.
    """
    head = next(text.lines(comments=True))
    if not head.text.startswith("#DECLARATION"):
        raise head.wrong(
            f"begins with {shown(head.text)}; a file of actions begins with #DECLARATION."
        )
    declared, head = _declared(text)
    known = {name: n for n, name in enumerate(declared)}
    fan = np.diff(read.pair_ptr)

    def one(line: TextLine) -> tuple[int, int, str]:
        words = line.words
        if len(words) != 3:
            raise line.wrong(f"{shown(line.text)} is not: state choice action.")
        state = integer(line, words[0], "the state", read.size)
        choice = integer(line, words[1], "the choice")
        if choice >= fan[state]:
            raise line.wrong(f"state {state} has no choice {choice}; the files do not match.")
        if words[2] not in known:
            near = did_you_mean(words[2][:40], known)
            raise line.wrong(f"action {shown(words[2])} is not declared. {near}")
        return state, choice, words[2]

    def fine(found: list[Column]) -> Bools:
        state, choice, _ = found
        good: Bools = choice < fan[np.minimum(state, read.size - 1)]
        return good & (state < read.size)

    (state, choice, name), names = columns(text, head, "iin", one, fine)
    code = np.array([known.get(each, -1) for each in names], dtype=np.int64)[name]
    if (code < 0).any():
        one(text.line(int(np.argmax(code < 0)), head))
    pair = read.pair_ptr[state] + choice
    if (row := repeated(pair)) is not None:
        line = text.line(row, head)
        raise line.wrong(f"state {state[row]}, choice {choice[row]} a second time; name it once.")
    action = np.full(len(read.action), -1)
    action[pair] = code
    return declared, action


def read_variables(text: TextFile, size: int) -> StateTable:
    """PRISM's `.sta` file: the names of the variables, and their values in each state."""
    head = text.first()
    match = VARIABLES.fullmatch(head.text)
    names = [name.strip(BLANKS) for name in match[1].split(",")] if match else []
    if not all(names) or len(set(names)) != len(names) or not names:
        raise head.wrong(
            f"begins with {shown(head.text)}; a file of states begins with its variables, as in "
            "(x,y), each named once."
        )
    valued: dict[int, tuple[int | bool, ...]] = {}
    owner: dict[tuple[int | bool, ...], int] = {}
    for line in text.lines(head):
        number, _, rest = line.text.partition(":")
        state = integer(line, number.strip(BLANKS), "the state", size)
        match = VARIABLES.fullmatch(rest.strip(BLANKS))
        words = match[1].split(",") if match else []
        if state in valued or len(words) != len(names):
            raise line.wrong(
                f"{shown(line.text)}; write each state once, as state:(values), with "
                f"{len(names)} values."
            )
        values = tuple(_value(line, word.strip(BLANKS)) for word in words)
        if owner.setdefault(values, state) != state:
            raise line.wrong(
                f"states {owner[values]} and {state} have the same values; add a variable that "
                "distinguishes them."
            )
        valued[state] = values
    if len(valued) < size:
        gap = next(n for n in range(size) if n not in valued)
        raise head.wrong(f"state {gap} is missing; write all {size} of them.")
    return StateTable(names, [valued[n] for n in range(size)])


def _value(line: TextLine, word: str) -> int | bool:
    if word in ("true", "false"):
        return word == "true"
    sign = -1 if word.startswith("-") else 1
    return sign * integer(line, word.removeprefix("-"), "a value")


def read_numbers(text: TextFile, size: int) -> Floats:
    """State rewards of either dialect, F[S]: ``state value``, 0 where a state has no line.

    PRISM's first line counts the states and the lines that follow. It differs from a reward by its
    first number, because no state has the number S.
    """
    head, announced = text.first(), None
    words = head.words
    if len(words) == 2 and words[0] == str(size):
        announced = integer(head, words[1], "the number of rewards")
    behind = None if announced is None else head

    def one(line: TextLine) -> tuple[int, float]:
        words = line.words
        if len(words) != 2:
            raise line.wrong(f"{shown(line.text)} is not: state value.")
        return integer(line, words[0], "the state", size), decimal(line, words[1], "the number")

    (state, value), _ = columns(text, behind, "id", one, lambda found: found[0] < size)
    if announced is not None and announced != len(state):
        raise head.wrong(f"{announced} rewards announced, but {len(state)} follow.")
    if (row := repeated(state)) is not None:
        line = text.line(row, behind)
        raise line.wrong(f"state {state[row]} a second time; write its number once.")
    values = np.zeros(size)
    values[state] = value
    return values


def read_transition_numbers(text: TextFile, world: World) -> Floats:
    """Transition rewards of either dialect, F[N]: ``state choice successor value``, otherwise 0."""
    head, announced = text.first(), None
    words = head.words
    if len(words) == 3:  # PRISM counts states, choices and rewards
        integer(head, words[0], "the number of states")
        announced = integer(head, words[2], "the number of rewards")
        if words[0] != str(world.size):
            raise head.wrong(
                f"rewards for {words[0]} states and a world of {world.size}; the files do not match."
            )
    behind = None if announced is None else head
    choices = np.diff(world.pair_ptr)

    def one(line: TextLine) -> tuple[int, int, int, float]:
        words = line.words
        if len(words) != 4:
            raise line.wrong(f"{shown(line.text)} is not: state choice successor reward.")
        state = integer(line, words[0], "the state", world.size)
        choice = integer(line, words[1], "the choice", int(choices[state]))
        successor = integer(line, words[2], "the successor", world.size)
        return state, choice, successor, decimal(line, words[3], "the reward")

    def fine(found: list[Column]) -> Bools:
        state, choice, successor, _ = found
        good: Bools = choice < choices[np.minimum(state, world.size - 1)]
        return good & (state < world.size) & (successor < world.size)

    (state, choice, successor, value), _ = columns(text, behind, "iiid", one, fine)
    if announced is not None and announced != len(state):
        raise head.wrong(f"{announced} rewards announced, but {len(state)} follow.")
    given = (world.pair_ptr[state] + choice) * world.size + successor
    if (row := repeated(given)) is not None:
        line = text.line(row, behind)
        raise line.wrong("the same transition a second time; write its reward once.")
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    code = owner * world.size + world.next_state
    strange = ~np.isin(given, code)
    if strange.any():
        row = int(np.argmax(strange))
        raise text.line(row, behind).wrong(
            f"state {state[row]}, choice {choice[row]} never leads to state {successor[row]}; the files do "
            "not match."
        )
    return matched(code, given, value)
