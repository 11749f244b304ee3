"""Turns: every call that a model asked for, in order, with what the log says became of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

from inspect_ai.model import ChatMessage, ChatMessageAssistant
from inspect_ai.tool import ToolCall, ToolCallError

from telos.audit.written import WRITTEN, written_call

#: What a tool's error means, by its type; of all others the tool failed.
OUTCOMES_OF_ERRORS = {
    "approval": "denied",
    "parsing": "invalid",
    "limit": "limit",
    "output_limit": "limit",
}
#: How Inspect writes a long text that it keeps apart from the place it stands in.
APART = "attachment://"
#: What tells an answer, the weakest first: a later question, the conversation, the tool itself.
FROM_INPUT, FROM_MESSAGE, FROM_TOOL = 1, 2, 3
#: Parts of a message that are no action, and those whose provider keeps its own notes in them.
INERT = frozenset(("text", "reasoning", "image", "audio", "video", "document"))
NOTES = frozenset(("compaction_metadata", "fallback_metadata"))


@final
@dataclass(frozen=True)
class ToolAnswer:
    """What came back: an outcome of `telos.audit.transcript.OUTCOMES`, the text, and who says so."""

    outcome: str
    text: str
    source: int


def answer_of(error: ToolCallError | None, text: str, source: int) -> ToolAnswer:
    """An answer by the error that came with it, if one did, and by its text."""
    if error is None:
        return ToolAnswer("executed", text, source)
    return ToolAnswer(OUTCOMES_OF_ERRORS.get(error.type, "error"), text or error.message, source)


@final
@dataclass(eq=False)
class Asked:
    """A call, and what is known of it so far.

    Args:
        call: as it was asked for. known: whether its arguments are on record.
        ran: what ran in its stead. also: the same call as another place of the log tells it.
        denied: by whom and why it was not allowed; ended: whether that was to end the sample.
        changed: by whom and why it was changed.
        named: whether its arguments have names.
        acted: whether it did something in a sandbox. failed: whether it broke off without an answer.
        told: the kinds of events that have spoken of it. note: a remark.
    """

    call: ToolCall
    known: bool = True
    ran: ToolCall | None = None
    also: ToolCall | None = None
    answer: ToolAnswer | None = None
    denied: str = ""
    ended: bool = False
    changed: str = ""
    note: str = ""
    named: bool = True
    acted: bool = False
    failed: bool = False
    told: set[str] = field(default_factory=set)

    def hear(self, answer: ToolAnswer) -> None:
        """Take in an answer: the best source says what became of the call, any may give the text."""
        first, other = self.answer or answer, answer
        if answer.source > first.source:
            first, other = answer, first
        lacks = not first.text or first.text.startswith(APART)
        self.answer = replace(first, text=other.text) if lacks else first

    def absorb(self, other: "Asked") -> None:
        """Take over what events told of the same call, or of what ran in its stead."""
        if other.changed:
            self.call = (
                other.call
            )  # as the approver saw it; the message may have been changed since
        elif shape(other.call) != shape(self.call) and other.known:
            self.ran = other.call
        self.ran, self.also = other.ran or self.ran, other.also or self.also
        self.denied, self.ended, self.changed = other.denied, other.ended, other.changed
        self.acted, self.failed = other.acted, other.failed
        self.told |= other.told
        if other.answer is not None:
            self.hear(other.answer)


@final
@dataclass(eq=False)
class Turn:
    """One message of a model, or one call that no message tells of.

    Args:
        items: its calls. role: of the model (see `events.accepted`). name: the message's id, or "".
        label: what to call the message in a report. loose: whether no message is known for it.
        doubts: why it may hold more than can be read.
    """

    items: list[Asked]
    role: str
    name: str = ""
    label: str = ""
    loose: bool = False
    doubts: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The ids and functions of its calls."""
        return tuple((item.call.id, item.call.function) for item in self.items)


def turn_of(message: ChatMessageAssistant, role: str) -> Turn:
    """The turn of a message: what the provider ran while it was made, and what it asks for."""
    turn = Turn([], role, message.id or "", message.id or "")
    for part in message.content if isinstance(message.content, list) else []:
        kind = str(getattr(part, "type", type(part).__name__))
        if kind == "tool_use":
            turn.items.append(_provided(part))
        elif kind not in INERT and not (
            kind == "data" and set(getattr(part, "data", "?")) <= NOTES
        ):
            turn.doubts.append(f"content of a kind that Telos does not know ({kind:.40})")
    turn.items += [Asked(call) for call in message.tool_calls or []]
    if not turn.items and message.source != "input" and written_call(message.text):
        turn.doubts.append(WRITTEN)
    return turn


def _provided(part: Any) -> Asked:
    """A tool that the provider ran: nobody could deny it, and the message holds its result."""
    arguments, known, named = _parsed(part.arguments)
    outcome = "error" if part.error else "executed"
    where = f" of {part.context}" if part.context else ""
    return Asked(
        ToolCall(id=part.id, function=part.name, arguments=arguments),
        known,
        answer=ToolAnswer(outcome, part.result or part.error or "", FROM_TOOL),
        note=f"run by the provider ({part.tool_type}{where})",
        told={"approval", "sentinel", "tool"},
        named=named,
    )


def _parsed(text: str) -> tuple[dict[str, Any], bool, bool]:
    """Arguments in JSON, whether they are known, and whether by names; torn ones are not known.

    What is not an object stands under `input`: what a name would have told is not known.
    """
    if not text.strip():
        return {}, True, True
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return {"input": text}, text.lstrip()[0] not in '{["', False
    return (data, True, True) if isinstance(data, dict) else ({"input": data}, True, False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table of which no name comes twice: nobody knows which of the two was meant."""
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name comes twice")
    return table


def uses_tools(message: ChatMessage) -> bool:
    """Whether a message holds a tool that a provider ran."""
    parts = message.content if isinstance(message.content, list) else []
    return any(getattr(part, "type", "") == "tool_use" for part in parts)


def shape(call: ToolCall, named: bool = False) -> str:
    """What makes two calls the same, whatever their ids, or (if `named`) with them."""
    name = [call.id] if named else []
    return json.dumps([*name, call.function, call.arguments], sort_keys=True, default=str)


@final
@dataclass(frozen=True, eq=False)
class Book:
    """All turns of a sample, in order, found again by the ids of messages and of calls."""

    turns: list[Turn] = field(default_factory=list)
    _of: dict[str, list[tuple[Turn, Asked]]] = field(default_factory=dict)
    _named: dict[str, list[Turn]] = field(default_factory=dict)

    def add(self, turn: Turn) -> None:
        """Add a turn at the end."""
        self._put(turn, len(self.turns))

    def insert(self, turn: Turn, after: Turn | None, instead: Sequence[Turn]) -> None:
        """Add a turn in the place of others that told of the same calls, or else after another one."""
        places = [place for place, each in enumerate(self.turns) if each in instead]
        behind = 0 if after is None else self.turns.index(after) + 1
        place = places[0] if places else behind
        self.turns[:] = [each for each in self.turns if each not in instead]
        self._put(turn, place)

    def _put(self, turn: Turn, place: int) -> None:
        self.turns.insert(place, turn)
        for item in turn.items:
            self.link(turn, item)
        if turn.name:
            self._named.setdefault(turn.name, []).append(turn)

    def link(self, turn: Turn, item: Asked) -> None:
        """Let a call of a turn be found by its id."""
        self._of.setdefault(item.call.id, []).append((turn, item))

    def called(self, name: str) -> Sequence[Turn]:
        """The turns of messages with an id; the same message may have come several times."""
        return self._named.get(name, ())

    def asked(self, call_id: str) -> Sequence[tuple[Turn, Asked]]:
        """The calls with an id, in order, and the turns they belong to."""
        return self._of.get(call_id, ())

    def untold(self, call_id: str, kind: str, like: ToolCall | None = None) -> Asked | None:
        """The call that an event speaks of: ids come again, so it is one not spoken of before.

        It has the same function: agents side by side may use one id for calls of their own. Of
        several, it is one of the same shape if there is one, of the last turn, the first in it.

        Args:
            call_id: as the event gives it. kind: of the event. like: the call as the event gives it.
        """
        free = [pair for pair in self._of.get(call_id, ()) if kind not in pair[1].told]
        if like is not None:
            wanted = shape(like)
            free = [pair for pair in free if pair[1].call.function == like.function]
            free = [pair for pair in free if shape(pair[1].call) == wanted] or free
        last = free[-1][0] if free else None
        return next((item for turn, item in free if turn is last), None)

    def take_loose(self, call: ToolCall) -> tuple[Turn, Asked] | None:
        """The call that events told of before its message was known; it is taken out."""
        loose = [pair for pair in self._of.get(call.id, ()) if pair[0].loose]
        alike = [pair for pair in loose if shape(pair[1].call) == shape(call)]
        named = [pair for pair in loose if pair[1].call.function == call.function]
        found = next(iter(alike or named), None)
        if found is not None:
            self._of[call.id].remove(found)
        return found
