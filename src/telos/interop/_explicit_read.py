"""What the files of an explicit model say: transitions, labels, names of choices, variables, numbers."""

import re

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError, did_you_mean
from telos.interop._lines import (
    BLANKS,
    MOST_NAMES,
    Line,
    after,
    decimal,
    first_of,
    lines_of,
    nth,
    probability,
    shown,
    text_of,
    whole,
)
from telos.interop._transitions import Listed, Transitions, gathered
from telos.interop._words import (
    Batch,
    Column,
    Row,
    batch_of,
    batches,
    columns,
    integers,
    names,
    others,
)

#: The kinds of model that hold no Markov decision process, as Storm's first line names them.
OTHER_MODELS = {"dtmc", "ctmc", "ma", "pomdp", "smg", "idtmc", "imdp"}
KIND = re.compile(r"# Transitions \((.*)\)")
PRISM_LABELS = re.compile(r'(?:[0-9]+="[^"]+"[ \t\r]*)+')
PRISM_LABEL = re.compile(r'([0-9]+)="([^"]+)"')
VARIABLES = re.compile(r"\(([^()]*)\)")


def read_transitions(path: str, data: bytes) -> Transitions:
    """A `.tra` file of either dialect: Storm's begins with ``mdp``, PRISM's with three counts.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    data = text_of(path, data)
    head = None
    for line in lines_of(path, data):
        kind = KIND.fullmatch(line.text)
        if kind and kind[1].lower() != "mdp":
            raise line.wrong(f"a model of kind {shown(kind[1])}; export a Markov decision process.")
        if not line.text.startswith("#"):
            head = line
            break
    head = head or first_of(iter(()), path)
    counts = _counts(head)
    below = counts[0] if counts else None
    starts, behind = [], head
    for line in lines_of(path, data, comment="#", start=after(data, head), number=head.number + 1):
        words = line.words
        if not counts or words[0] != "-" or len(words) != 3:
            break
        starts.append(whole(line, words[2], "the first state", below))
        behind = line
    place = after(data, behind), behind.number + 1
    found = columns(
        path, data, place, "iiidN", lambda line: _row(line, counts), lambda c: _fine(c, below)
    )

    def where(row: int) -> Line:
        return nth(lines_of(path, data, comment="#", start=place[0], number=place[1]), row)

    state, choice, successor, chance, action = found.values
    rows = Listed(state, choice, successor, chance, action, found.names, where)
    return gathered(rows, head, counts, starts)


def _counts(head: Line) -> tuple[int, int, int] | None:
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
    states, choices, transitions = (whole(head, word, "a count") for word in words)
    return states, choices, transitions


def _row(line: Line, counts: tuple[int, int, int] | None) -> Row:
    """One transition, ``state choice successor probability [action]``."""
    words = line.words
    below = counts[0] if counts else None
    if len(words) not in (4, 5):
        raise line.wrong(
            f"{len(words)} words in {shown(line.text)}; write: state choice successor probability "
            "[action]."
        )
    return (
        whole(line, words[0], "the state", below),
        whole(line, words[1], "the choice"),
        whole(line, words[2], "the successor", below),
        probability(line, words[3], ratios=counts is not None),
        words[4].encode() if len(words) == 5 else b"",
    )


def _fine(found: list[Column], below: int | None) -> bool:
    """Whether numbers that were read at once are as `_row` would let them pass."""
    state, _, successor, chance, _ = found
    if below is not None and (np.max(state) >= below or np.max(successor) >= below):
        return False
    return bool(np.min(chance) > 0 and np.max(chance) <= 1 + 1e-9)


def read_labels(path: str, data: bytes, size: int) -> dict[str, Ints]:
    """A `.lab` file of either dialect: {label: its states}, in the order of declaration.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    data = text_of(path, data)
    if next(lines_of(path, data)).text.startswith("#DECLARATION"):
        declared, head = _declared(path, data)
        return _labeled(path, data, head, {name.encode(): name for name in declared}, size)
    head = first_of(lines_of(path, data, comment="#"), path)
    if not PRISM_LABELS.fullmatch(head.text):
        raise head.wrong(
            f"begins with {shown(head.text)}; a label file begins with #DECLARATION (Storm) or with "
            '0="init" 1="deadlock" … (PRISM).'
        )
    by_number: dict[bytes, str] = {}
    taken: set[str] = set()
    for number, name in PRISM_LABEL.findall(head.text):
        if number != str(len(by_number)) or name in taken:
            raise head.wrong(
                f"label {number[:40]} is {shown(name)}; number the labels 0, 1, 2 … and name none twice."
            )
        by_number[number.encode()] = name
        taken.add(name)
    return _labeled(path, data, head, by_number, size)


def _declared(path: str, data: bytes) -> tuple[list[str], Line]:
    """The names between ``#DECLARATION`` and ``#END``, and the line in which that stands."""
    known: dict[str, None] = {}
    last = Line(path, 1, "")
    for n, line in enumerate(lines_of(path, data)):
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
    path: str, data: bytes, head: Line, known: dict[bytes, str], size: int
) -> dict[str, Ints]:
    """The states of each label, from the lines behind `head`: ``state labels`` or ``state: labels``."""
    colon = not head.text.endswith("#END")
    codes = {name: n for n, name in enumerate(known)}
    seen = np.zeros(size, np.bool_)
    parts = [np.empty((2, 0), np.int64)]
    for batch in batches(path, data, after(data, head), head.number + 1, b"#"):
        if colon:  # it becomes a word of its own
            batch = batch_of(batch.text.replace(b":", b" : "), batch.number, b"#")
        found = _marks(batch, codes, seen, 1 + colon)
        if found is None:
            lines = lines_of(path, batch.text, number=batch.number, comment="#")
            pairs = [pair for line in lines for pair in _marked(line, codes, seen, colon)]
            found = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        parts.append(found)
    state, label = np.concatenate(parts, axis=1)
    by = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=len(known)))
    return dict(zip(known.values(), np.split(state[by], ends[:-1]), strict=True))


def _marks(batch: Batch, codes: dict[bytes, int], seen: Bools, skip: int) -> Ints | None:
    """I[2, n], states and codes of their labels, read at once; None if a line may be wrong."""
    state = integers(batch, batch.head)
    if state is None or (state >= len(seen)).any() or seen[state].any():
        return None
    if skip == 2:
        colon = np.minimum(batch.head + 1, len(batch.start) - 1)
        if (batch.words < skip).any() or (batch.raw[batch.start[colon]] != ord(":")).any():
            return None
    owner, at = others(batch, skip)
    label = [codes.get(word, -1) for word in names(batch, at)]
    if -1 in label or len(np.unique(state)) < len(state):
        return None
    seen[state] = True
    return np.array([state[owner], label], dtype=np.int64)


def _marked(line: Line, codes: dict[bytes, int], seen: Bools, colon: bool) -> list[tuple[int, int]]:
    """The state and the codes of its labels that one line names."""
    first, *labels = line.words
    if colon and labels[:1] != [":"]:
        raise line.wrong(f"{shown(line.text)} has no colon; write: state: labels by number.")
    state = whole(line, first, "the state", len(seen))
    if seen[state]:
        raise line.wrong(f"state {state} a second time; write its labels in one line.")
    seen[state] = True
    listed = list(dict.fromkeys(labels[colon:]))
    for label in listed:
        if label.encode() not in codes:
            known = did_you_mean(label[:40], (name.decode() for name in codes))
            raise line.wrong(f"label {shown(label)} is not declared. {known}")
    return [(state, codes[label.encode()]) for label in listed]


def read_choices(path: str, data: bytes, read: Transitions) -> tuple[list[str], Ints]:
    """Storm's labels of choices, ``state choice action``: the names declared, and I[L], each choice's.

    A choice without a line has the number -1.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    data = text_of(path, data)
    head = next(lines_of(path, data))
    if not head.text.startswith("#DECLARATION"):
        raise head.wrong(
            f"begins with {shown(head.text)}; a file of actions begins with #DECLARATION."
        )
    declared, head = _declared(path, data)
    known = {name: n for n, name in enumerate(declared)}
    fan = np.diff(read.pair_ptr)

    def one(line: Line) -> Row:
        words = line.words
        if len(words) != 3:
            raise line.wrong(f"{shown(line.text)} is not: state choice action.")
        state = whole(line, words[0], "the state", read.size)
        choice = whole(line, words[1], "the choice")
        if choice >= fan[state]:
            raise line.wrong(f"state {state} has no choice {choice}; the files do not match.")
        if words[2] not in known:
            near = did_you_mean(words[2][:40], known)
            raise line.wrong(f"action {shown(words[2])} is not declared. {near}")
        return state, choice, words[2].encode()

    def fine(found: list[Column]) -> bool:
        state, choice, _ = found
        return bool((state < read.size).all() and (choice < fan[state]).all())

    place = after(data, head), head.number + 1
    found = columns(path, data, place, "iin", one, fine)
    state, choice, name = found.values
    code = np.array([known.get(name, -1) for name in found.names], dtype=np.int64)[name]
    pair = read.pair_ptr[state] + choice
    lines = lines_of(path, data, comment="#", start=place[0], number=place[1])
    if (code < 0).any():
        one(nth(lines, int(np.argmax(code < 0))))
    if (row := repeated(pair)) is not None:
        line = nth(lines, row)
        raise line.wrong(f"state {state[row]}, choice {choice[row]} a second time; name it once.")
    action = np.full(len(read.action), -1)
    action[pair] = code
    return declared, action


def read_variables(
    path: str, data: bytes, size: int
) -> tuple[list[str], list[tuple[int | bool, ...]]]:
    """PRISM's `.sta` file: the names of the variables, and their values in each state.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    lines = lines_of(path, text_of(path, data), comment="#")
    head = first_of(lines, path)
    match = VARIABLES.fullmatch(head.text)
    names = [name.strip(BLANKS) for name in match[1].split(",")] if match else []
    if not all(names) or len(set(names)) != len(names) or not names:
        raise head.wrong(
            f"begins with {shown(head.text)}; a file of states begins with its variables, as in "
            "(x,y), each named once."
        )
    valued: dict[int, tuple[int | bool, ...]] = {}
    owner: dict[tuple[int | bool, ...], int] = {}
    for line in lines:
        number, _, rest = line.text.partition(":")
        state = whole(line, number.strip(BLANKS), "the state", size)
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

    PRISM's first line counts the states and the lines that follow. It differs from a reward by its
    first number, because no state has the number S.

    Raises:
        WorldError: naming the file, the line and the value.
    """
    data = text_of(path, data)
    head = first_of(lines_of(path, data, comment="#"), path)
    words = head.words
    promised = None
    place = 0, 1
    if len(words) == 2 and words[0] == str(size):
        promised = whole(head, words[1], "the number of rewards")
        place = after(data, head), head.number + 1

    def one(line: Line) -> Row:
        words = line.words
        if len(words) != 2:
            raise line.wrong(f"{shown(line.text)} is not: state value.")
        return whole(line, words[0], "the state", size), decimal(line, words[1], "the number")

    state, value = columns(path, data, place, "id", one, lambda c: bool((c[0] < size).all())).values
    if promised is not None and promised != len(state):
        raise head.wrong(f"{promised} rewards announced, but {len(state)} follow.")
    if (row := repeated(state)) is not None:
        lines = lines_of(path, data, comment="#", start=place[0], number=place[1])
        raise nth(lines, row).wrong(f"state {state[row]} a second time; write its number once.")
    values = np.zeros(size)
    values[state] = value
    return values


def repeated(values: Column) -> int | None:
    """The place of the first number that was there before; None if all differ."""
    if (values[1:] > values[:-1]).all():
        return None
    by = np.argsort(values, kind="stable")
    again = by[1:][values[by[1:]] == values[by[:-1]]]
    return int(again.min()) if again.size else None
