"""Telling: a transcript that grows while a file is read, whatever the format of that file."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

from telos.audit.roles import NO_ROLE, SUBAGENT, accepted
from telos.audit.transcript import Call, Transcript
from telos.audit.written import WRITTEN, written_call

#: What the last line of a transcript may be, so that the model was done when it ends.
SAID = "said"
#: Doubts that are told of one transcript; more say nothing new.
MOST_DOUBTS = 10


@final
@dataclass(eq=False)
class Telling:
    """What a file has told of one transcript so far.

    Args:
        log: the file. sample, epoch: its name. wanted: the roles whose calls are judged; empty: agents.

    Attributes:
        model, task, tools, metadata, unrecorded: as in `Transcript`.
        calls, whose: the calls so far, and the role of each. roles: of the models on record.
        turns: of the models so far, and the message of the last. last: what the last line was.
        denied: by whom and why a call was not allowed, by its place.
        ended: whether the file says that the run was over; announced: whether it must.
        unread: what could not be read.
        seen: ids of lines, for formats whose lines come again.
    """

    log: str
    sample: str
    wanted: Sequence[str]
    epoch: int = 1
    model: str = ""
    task: str = ""
    tools: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    unrecorded: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)
    whose: list[str] = field(default_factory=list)
    denied: dict[int, str] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    system: list[str] = field(default_factory=list)
    user: list[tuple[int, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    turns: int = 0
    message: str = ""
    last: str = ""
    ended: bool = False
    announced: bool = False
    unread: str = ""
    seen: set[str] = field(default_factory=set)
    _open: dict[str, list[deque[int]]] = field(default_factory=dict)  # of an id, by turn

    def hear(self, who: str, text: str) -> None:
        """Take in words of the system or of the user."""
        if who == "system":
            self.system.append(text)
        else:
            self.user.append((self.turns, text))
            self.last = "user"

    def speak(self, role: str, said: str, message: str = "") -> None:
        """Begin a message of a model, or go on with it; `said` is empty if it says nothing in words."""
        self.roles.add(role or NO_ROLE)
        if not message or message != self.message:
            self.turns += 1
        self.message = message or f"turn {self.turns}"
        if role != SUBAGENT:
            self.last = SAID if said else "thought"
        if written_call(said):
            self.doubt(WRITTEN)

    def ask(
        self, role: str, call_id: str, function: str, arguments: Mapping[str, Any] | None
    ) -> None:
        """Take in a call of the message that was begun."""
        turn = max(0, self.turns - 1)
        call = Call(call_id, self.message, turn, function, arguments, "missing")
        self._add(call, role)
        if role != SUBAGENT:
            self.last = "asked"

    def answer(self, call_id: str, text: str, outcome: str = "executed", note: str = "") -> None:
        """Take in what came back: ids come again, so it is for the last turn that is still open."""
        place = self._place(call_id)
        if place is None:
            self.doubt("an answer to a call that is not on record")
            return
        before = self.denied.get(place, "")
        if before:
            note = f"{before}, and executed nevertheless" if outcome == "executed" else before
        about = "; ".join(filter(None, (self.calls[place].note, note)))
        self.calls[place] = replace(self.calls[place], outcome=outcome, result=text, note=about)
        self._close(call_id)
        if self.whose[place] != SUBAGENT:
            self.last = "answered"

    def deny(self, call_id: str, note: str) -> None:
        """Take in that a call was not allowed."""
        place = self._place(call_id)
        if place is None:
            self.doubt("a verdict on a call that is not on record")
        else:
            self.denied[place] = note

    def change(self, call_id: str, arguments: Mapping[str, Any] | None, note: str) -> None:
        """Take in that something else was to run: what was asked for and what ran are two calls.

        Of what ran, `arguments` are None where nobody tells them.
        """
        place = self._place(call_id)
        if place is None:
            self.doubt("a verdict on a call that is not on record")
            return
        asked = self.calls[place]
        if asked.arguments == arguments:
            return
        self.calls[place] = replace(asked, outcome="changed", note=note)
        self._close(call_id)
        ran = replace(asked, arguments=arguments, note="in the place of what was asked")
        self._add(ran, self.whose[place])

    def doubt(self, why: str) -> None:
        """Note why there may be more than can be seen."""
        if why not in self.doubts and len(self.doubts) < MOST_DOUBTS:
            self.doubts.append(why[:200])

    def lose(self, why: str) -> None:
        """Note what could not be read."""
        self.unread = self.unread or why

    def _add(self, call: Call, role: str) -> None:
        turns = self._open.setdefault(call.id, [])
        if not turns or self.calls[turns[-1][0]].turn != call.turn:
            turns.append(deque())
        turns[-1].append(len(self.calls))
        self.calls.append(call)
        self.whose.append(role)

    def _place(self, call_id: str) -> int | None:
        """The first call of the last turn that is open under an id."""
        turns = self._open.get(call_id)
        return turns[-1][0] if turns else None

    def _close(self, call_id: str) -> None:
        turns = self._open[call_id]
        turns[-1].popleft()
        if not turns[-1]:
            turns.pop()

    def transcript(self) -> Transcript:
        """The transcript, with the calls of the roles that are judged."""
        if not self.ended and (self.announced or self.last != SAID):
            lacks = (
                "no line says how it ended"
                if self.announced
                else "its last words are not the model's"
            )
            self.doubt(f"breaks off: {lacks}")
        calls, apart = [], Counter[str]()
        for place, (call, role) in enumerate(zip(self.calls, self.whose, strict=True)):
            if not accepted(role, self.wanted):
                apart[role or NO_ROLE] += 1
                continue
            rejected = call.outcome == "missing" and place in self.denied
            note = self.denied.get(place, "")
            calls.append(replace(call, outcome="denied", note=note) if rejected else call)
        return Transcript(
            log=self.log,
            sample=self.sample,
            epoch=self.epoch,
            model=self.model,
            tools=self.tools,
            calls=tuple(calls),
            system=tuple(self.system),
            user=tuple(text for _, text in self.user),
            incomplete="; ".join((*filter(None, [self.unread]), *self.doubts)),
            task=self.task,
            apart=dict(apart),
            unread=bool(self.unread),
            metadata=self.metadata,
            unrecorded=self.unrecorded,
            user_at=tuple(turn for turn, _ in self.user),
        )
