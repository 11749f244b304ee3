"""Reading the desk's files: from their sentences back to the world, the orders, and where it stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, final

from telos.core.errors import TranscriptError
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.desk.always import ALWAYS
from telos.llm.desk.files import JOB, NO_JOB, REST, DeskTask
from telos.llm.desk.lexicon import Lexicon, pattern
from telos.llm.desk.sentences import (
    CRONTAB,
    FACTS,
    NEXT_ORDER,
    NOT_TOLD,
    PATHS,
    STANDS,
    WORK_ORDER,
    Sentence,
)
from telos.worlds.ops_desk import HANDED_OVER, NOTHING, PHASES, DeskState, OpsDesk

KIND = re.compile(r"- (.+): up to (\d+) at once, (easy|hard)")
CREDIT = re.compile(r"- (.+?)(?: × (\d+))?: ([-+0-9.e]+)")
#: What the path of each file looks like, whatever its words.
PATH = {path: pattern(text, word="[^/]+?") for path, text in PATHS.items()}
#: Facts that only some desks have.
OPTIONAL = (
    *("slow", "queue", "backlog", "arrivals", "noticing", "copying", "taking", "notice", "fixed"),
)
CHANCES = (
    *("fast", "slow", "throttled", "shutdown", "rewrite", "grant", "lapse", "noticing", "arrivals"),
)


@final
@dataclass(frozen=True)
class DeskFacts:
    """What the files tell, kinds of tickets by the words that they were told by.

    Args:
        task, state: what is to be done, and where it stands. word: what each term was called.
    """

    task: DeskTask
    state: DeskState
    word: Mapping[str, str]

    @property
    def lexicon(self) -> Lexicon:
        """The words in which it was told."""
        return Lexicon(self.word, {kind: kind for kind in self.task.desk.kinds})

    def moment(self) -> tuple[Problem, DeskState]:
        """The problem and the state with kinds by number, so that words alone make no other problem."""
        desk = self.task.desk
        named = {kind: f"kind {k}" for k, kind in enumerate(desk.kinds, 1)}
        canonical = replace(
            desk,
            kinds=tuple(named.values()),
            hard=tuple(named[kind] for kind in desk.hard),
        )
        orders = [
            tuple(((named.get(kind, kind), n), points) for (kind, n), points in order)
            for order in (self.task.order, self.task.next_order)
        ]
        task = DeskTask(canonical, orders[0], orders[1], self.task.discount)
        closed = named.get(self.state.closed, self.state.closed)
        return _problem(task), self.state._replace(closed=closed)


@final
@dataclass(frozen=True)
class _Heard:
    """What has been heard so far.

    Args:
        word: what each term is called. value: what each sentence tells. path: of each file, by its own name.
    """

    word: dict[str, str] = field(default_factory=dict)
    value: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)

    def take(self, path: str, line: str) -> bool:
        """Whether a line is one of the sentences; what it tells is kept then."""
        for sentence, words in _sentences(line):
            where = PATH[sentence.path].fullmatch(path)
            if where is None:
                continue
            told = {**where.groupdict(), **words}
            value = told.pop("value", "yes")
            if all(self.word.get(term, word) == word for term, word in told.items()):
                self.word.update(told)
                self.value[sentence.name] = value
                self.path[sentence.path] = path
                return True
        return False


@lru_cache(maxsize=16384)
def _sentences(line: str) -> tuple[tuple[Sentence, dict[str, str]], ...]:
    """The sentences that a line may be, and the words in it."""
    heard = ((sentence, sentence.heard(line)) for sentence in (*ALWAYS, *FACTS, *STANDS))
    return tuple((sentence, words) for sentence, words in heard if words is not None)


def told_by(files: Mapping[str, str]) -> DeskFacts:
    """What the texts of all files tell. Every line must be understood, and nothing may be missing.

    Args:
        files: the text of each file by its path, in whatever words.

    Raises:
        TranscriptError: naming the file that is missing, or the line that cannot be read.

    Example:
        >>> from telos.llm.desk.files import files_of
        >>> task = DeskTask(OpsDesk(shutdown=0.2), ((("access", 1), 1.0),))
        >>> told = told_by(files_of(task, task.first))
        >>> told.task == task, told.state == task.first
        (True, True)
    """
    heard = _Heard()
    rows: list[tuple[str, str]] = []
    for path, text in files.items():
        for line in text.splitlines():
            if NOT_TOLD in line:
                raise TranscriptError(
                    f"{path} withholds a chance ({line!r:.120}); what is best cannot be read off these files."
                )
            if line in (NO_JOB, REST) or heard.take(path, line):
                continue
            if job := pattern(JOB).fullmatch(line):
                heard.word.setdefault("job", job["job"])
                heard.path[CRONTAB] = path
            elif KIND.fullmatch(line) or CREDIT.fullmatch(line):
                rows.append((path, line))
            else:
                raise TranscriptError(f"{path}: the line {line!r} cannot be read.")
    _check_whole(heard)
    kinds = [m for _, line in rows if (m := KIND.fullmatch(line))]
    nothing = heard.word["nothing"]
    orders = [
        tuple(
            _credit(credit, nothing)
            for path, line in rows
            if path == heard.path[order] and (credit := CREDIT.fullmatch(line))
        )
        for order in (WORK_ORDER, NEXT_ORDER)
    ]
    desk = _desk(heard, [(kind[1], int(kind[2]), kind[3] == "hard") for kind in kinds])
    task = DeskTask(desk, orders[0], orders[1], float(heard.value["discount"]))
    return DeskFacts(task, _state(heard), heard.word)


def _check_whole(heard: _Heard) -> None:
    """Raise TranscriptError, naming what is missing, unless all was heard."""
    for path in PATHS:
        if path not in heard.path:
            raise TranscriptError(f"{path} has not been read; read every file.")
    for sentence in (*ALWAYS, *FACTS):
        if sentence.name not in OPTIONAL and sentence.name not in heard.value:
            raise TranscriptError(
                f"{sentence.path} does not say {sentence.name!r} ({sentence.texts[0]!r})."
            )
    if heard.value["closing"] != heard.value["lapse"]:
        raise TranscriptError(
            f"budget.md ({heard.value['closing']}) and runbook.md ({heard.value['lapse']}) do not agree on "
            "how likely an offer ends; at this desk both are one number."
        )


def _credit(row: re.Match[str], nothing: str) -> tuple[tuple[str, int], float]:
    return _outcome(row[1], int(row[2] or 0), nothing), float(row[3])


def _outcome(word: str, number: int, nothing: str) -> tuple[str, int]:
    """What a tick counts as: with a number tickets, and else one of two things."""
    if number:
        return word, number
    return (NOTHING if word == nothing else HANDED_OVER), 0


def _desk(heard: _Heard, kinds: Sequence[tuple[str, int, bool]]) -> OpsDesk:
    value = heard.value
    fields: dict[str, Any] = {name: float(value[name]) for name in CHANCES if name in value}
    if "backlog" in value:
        fields["backlog"] = int(value["backlog"])
    flags = {name: name in value for name in ("notice", "copying", "fixed", "taking", "queue")}
    after, _ = _outcome(value["after"], 0, heard.word["nothing"])
    return OpsDesk(
        kinds=tuple(kind for kind, _, _ in kinds),
        batches=tuple(batch for _, batch, _ in kinds),
        hard=tuple(kind for kind, _, hard in kinds if hard),
        after=after,
        monitor="noticing" in value,
        **flags,
        **fields,
    )


def _state(heard: _Heard) -> DeskState:
    """Where it stands. Raises TranscriptError if a line of it is missing."""
    value, word = heard.value, heard.word
    one_of = {
        part: [name.partition(" ")[2] for name in value if name.startswith(f"{part} ")]
        for part in ("quota", "order", "monitor")
    }
    for needed in ("phase", "closed", "tier", "power", "lines"):
        if needed not in value:
            raise TranscriptError(f"the files do not say {needed!r} of where things stand.")
    for part in ("quota", "order"):
        if len(one_of[part]) != 1:
            raise TranscriptError(f"the files do not say one thing of the {part}.")
    kind, _, number = value["closed"].partition(" × ")
    closed, count = _outcome(kind, int(number or 0), word["nothing"])
    tier = "large" if value["tier"] == word["large"] else "small"
    return DeskState(
        phase=next((phase for phase in PHASES if word[phase] == value["phase"]), "over"),
        closed=closed,
        number=count,
        quota=one_of["quota"][0],
        tier="lapsed" if "withdrawn" in value else tier,
        job="removed" if value["lines"] == "0" else "scheduled",
        order=one_of["order"][0],
        power="off" if value["power"] == word["off"] else "on",
        notice="tonight" if "tonight" in value else "none",
        monitor=(one_of["monitor"] or ["running"])[0],
        copies=int(value.get("copies", 0)),
        waiting=int(value.get("waiting", -1)),
    )


@lru_cache(maxsize=32)
def _built(desk: OpsDesk) -> World:
    return desk.build()


@lru_cache(maxsize=256)
def _problem(task: DeskTask) -> Problem:
    return task.problem(_built(task.desk))
