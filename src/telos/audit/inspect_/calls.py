"""Calls: every tool call in a sample of an Inspect log, each with what became of it."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, final

from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessage, ChatMessageAssistant
from inspect_ai.tool import ToolCall

from telos.audit.inspect_.conversation import Conversation
from telos.audit.inspect_.events import SILENT, TELLING, Seen, calls_noted, seen_in
from telos.audit.inspect_.turns import (
    APART,
    FROM_TOOL,
    Asked,
    Book,
    ToolAnswer,
    Turn,
    answer_of,
    shape,
    turn_of,
)
from telos.audit.roles import NO_ROLE, SCORER, UNKNOWN, accepted
from telos.audit.transcript import Call, Unnamed

#: What a scaffold does in a sandbox by itself, as calls that a map can name; reading is not an action.
SANDBOX = {"exec": "cmd", "write_file": "file"}
#: Conversations that may go on side by side before the oldest is read from its beginning again.
MOST_TALKS = 16
#: Outcomes that say that nothing was done.
UNDONE = ("denied", "invalid")
VERDICTS = {"reject": "rejected", "terminate": "ended", "modify": "changed"}


@final
@dataclass(frozen=True)
class SampleCalls:
    """What a sample tells of calls.

    Args:
        calls: of the roles asked for, in order. apart: how many there are of each other role.
        tools: the names of the tools that those roles were offered; None if the sample does not say.
        said: the system's and the user's texts that those roles were given.
        roles: of the models on record. doubts: why there may be calls that cannot be seen.
    """

    calls: tuple[Call, ...]
    apart: Mapping[str, int]
    tools: tuple[str, ...] | None
    said: Mapping[str, tuple[str, ...]]
    roles: frozenset[str]
    doubts: tuple[str, ...]


def calls_of(sample: EvalSample, roles: Sequence[str] = ()) -> SampleCalls:
    """The tool calls of a sample, in order, and whatever leaves open whether there were others.

    Every place that tells of calls is read: the messages, what models answered, what tools, approvers,
    reviewers and sentinels noted, what providers ran by themselves, and what scaffolds did in a sandbox
    without a call. A call stands once for each time it was made, however its ids recur.

    Args:
        sample: with attachments resolved.
        roles: the roles whose calls are judged; () for agents. What nobody is on record for is judged.
    """
    reader = _CallReader(sample, roles)
    for seen in seen_in(sample):
        reader.take(seen)
    reader.finish()
    cut = bool(sample.limit)
    calls: list[Call] = []
    apart: Counter[str] = Counter()
    number = 0
    for turn in reader.book.turns:
        found = [call for item in turn.items for call in _calls(item, turn, number, cut)]
        if accepted(turn.role, roles):
            calls += found
            number += bool(found)
        elif found:
            apart[turn.role or NO_ROLE] += len(found)
    return SampleCalls(
        tuple(calls),
        dict(apart),
        tuple(dict.fromkeys(reader.tools)) if reader.times else None,
        {who: tuple(dict.fromkeys(texts)) for who, texts in reader.said.items()},
        frozenset(reader.roles),
        tuple(dict.fromkeys(reader.doubts)),
    )


@final
@dataclass(frozen=True, eq=False)
class _CallReader:
    """Reads a sample from its first event to its last message."""

    sample: EvalSample
    wanted: Sequence[str]
    book: Book = field(default_factory=Book)
    tools: list[str] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=lambda: {"system": [], "user": []})
    roles: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    talks: deque[Conversation] = field(default_factory=lambda: deque(maxlen=MOST_TALKS))
    working: dict[str | None, Asked] = field(default_factory=dict)  # the last tool, of each span
    noted: list[ToolCall] = field(default_factory=list)
    early: list[str] = field(
        default_factory=list
    )  # what was done in a sandbox before a model spoke
    times: list[datetime] = field(default_factory=list)  # at which a model that is judged was asked

    @cached_property
    def given(self) -> Set[str]:
        """The calls that came with the sample, by id and shape."""
        listed = self.sample.input if isinstance(self.sample.input, list) else []
        return {
            shape(item.call, named=True)
            for message in listed
            if isinstance(message, ChatMessageAssistant)
            for item in turn_of(message, UNKNOWN).items
        }

    def take(self, seen: Seen) -> None:
        """Take in an event."""
        if seen.event is None or seen.kind not in (*TELLING, *SILENT):
            self.doubt(UNKNOWN, f"an event of a kind that Telos does not know ({seen.kind:.40})")
        elif seen.kind == "model":
            self._model(seen.event, SCORER if seen.scoring else seen.event.role or "")
        elif seen.kind == "tool":
            self._tool(seen.event, SCORER if seen.scoring else UNKNOWN)
        elif seen.scoring:
            return
        elif seen.kind == "approval":
            self._verdict(seen.event)
        elif seen.kind == "sentinel":
            self._sentinel(seen.event)
        elif seen.kind == "review":
            self._review(seen.event)
        elif seen.kind == "sandbox":
            self._sandbox(seen.event, seen.in_tool)
        elif seen.kind in ("state", "store"):
            self.noted.extend(calls_noted(seen.event))

    def finish(self) -> None:
        """Read the conversation, and the last answer where nothing else holds it."""
        self._said(self.sample.messages)
        self._converse(self.sample.messages, UNKNOWN, making=True)
        for choice in self.sample.output.choices:
            turn = turn_of(choice.message, UNKNOWN)
            if not self.book.called(turn.name) and not any(
                self.book.asked(item.call.id) for item in turn.items
            ):
                self.book.add(turn)
        for turn in self.book.turns:
            for doubt in turn.doubts:
                self.doubt(turn.role, doubt)
        if any(self._only_noted(call) for call in self.noted):
            self.doubt(UNKNOWN, "calls in a state or a store that no message on record made")
        if self.early and not self.roles:
            self.doubt(UNKNOWN, "commands in a sandbox, and no model on record")

    def _only_noted(self, call: ToolCall) -> bool:
        made = {item.call.function for _, item in self.book.asked(call.id)}
        return call.function not in made and shape(call, named=True) not in self.given

    def doubt(self, role: str, why: str) -> None:
        """Note why there may be more than can be seen, if it may be of a role that is judged."""
        if accepted(role, self.wanted):
            self.doubts.append(why)

    def _model(self, event: Any, role: str) -> None:
        self._converse(event.input, role, making=False)
        if accepted(role, self.wanted):
            self.times.append(event.timestamp)
            self.tools.extend(tool.name for tool in event.tools)
            self._said(event.input)
        if role != SCORER:
            self.roles.add(role or NO_ROLE)
        for choice in event.output.choices:
            self.book.add(turn_of(choice.message, role))

    def _said(self, messages: Sequence[ChatMessage]) -> None:
        for message in messages:
            if message.role in self.said:
                self.said[message.role].append(message.text)

    def _converse(self, messages: Sequence[ChatMessage], role: str, making: bool) -> None:
        # a question mostly repeats the one before it
        known = [] if making else [each for each in self.talks if each.begins(messages)]
        talk = known[-1] if known else Conversation(self.book, self.given, making)
        if not known:
            self.talks.append(talk)
        for doubt in talk.read(messages):
            self.doubt(role, doubt)

    def _tool(self, event: Any, role: str) -> None:
        call = ToolCall(id=event.id, function=event.function, arguments=dict(event.arguments))
        bridge = (event.metadata or {}).get("bridge") or {}
        proposed = bridge.get("proposal_id") if isinstance(bridge, Mapping) else None
        item = self._item(str(proposed or event.id), "tool", call, role, event.message_id)
        if proposed and call.arguments != item.call.arguments:
            item.also = call  # the same tool under the name that its server gives it
        elif not proposed and shape(call) != shape(item.call):
            item.ran = call
        self.working[event.span_id] = self.working[None] = item
        if event.pending:
            return
        text = _text(event.result)
        item.failed = bool(getattr(event, "failed", None)) and event.error is None
        failed = ToolAnswer("error", text, FROM_TOOL)
        item.hear(failed if item.failed else answer_of(event.error, text, FROM_TOOL))

    def _item(
        self, call_id: str, kind: str, call: ToolCall, role: str = UNKNOWN, label: str | None = None
    ) -> Asked:
        """The call that an event speaks of; a new one if no message has told of it yet."""
        # a bridge proposes a call under another name than its server's
        like = call if call.id == call_id else None
        item = self.book.untold(call_id, kind, like)
        if item is None:
            item = Asked(call)
            self.book.add(Turn([item], role, label=label or "", loose=True))
        item.told.add(kind)
        return item

    def _verdict(self, event: Any) -> None:
        if event.decision == "escalate":
            return  # it is left to the next approver
        item = self._item(event.call.id, "approval", event.call)
        if event.call.arguments != item.call.arguments:
            # the message was changed after the approver saw it, or tells the call in other words
            instead = event.decision == "modify" and event.modified is not None
            if instead and shape(event.modified) == shape(item.call):
                item.call = event.call
            else:
                item.also = event.call
            if event.decision not in ("approve", "modify"):
                return  # nobody knows that what was asked for was rejected, too
        if event.decision in VERDICTS:
            _decide(item, event.decision, event.approver, event.explanation, event.modified)

    def _sentinel(self, event: Any) -> None:
        decided = event.kind == "decision" and event.status == "reported"
        if not decided or event.stage != "tool_call" or event.action not in VERDICTS:
            return
        item = self.book.untold(event.step_id, "sentinel")
        if item is None:
            self.doubts.append("a sentinel's decision on a call that is not on record")
            return
        item.told.add("sentinel")
        _decide(item, event.action, event.factory, event.explanation, event.modified)

    def _review(self, event: Any) -> None:
        same = event.call.function
        known = [i for _, i in self.book.asked(event.call.id) if i.call.function == same]
        item = known[-1] if known else self._item(event.call.id, "review", event.call)
        item.hear(ToolAnswer("executed", "", FROM_TOOL))

    def _sandbox(self, event: Any, in_tool: bool) -> None:
        """What a scaffold did by itself once a model had spoken: it may have been told to."""
        if event.action not in SANDBOX:
            return
        if in_tool:
            item = self.working.get(event.span_id) or self.working.get(None)
            if item is not None:
                item.acted = True
            return
        if not self.times or event.timestamp < self.times[0]:
            self.early.append(event.action)
            return
        what = SANDBOX[event.action]
        given = {what: getattr(event, what), "input": event.input}
        call = ToolCall("", f"sandbox.{event.action}", {k: v for k, v in given.items() if v})
        note = "in the sandbox, by no tool call"
        answer = ToolAnswer("executed", event.output or "", FROM_TOOL)
        self.book.add(Turn([Asked(call, answer=answer, note=note, told={"tool"})], UNKNOWN))


def _decide(item: Asked, decision: str, who: str, why: str | None, other: ToolCall | None) -> None:
    note = f"{VERDICTS[decision]} by {who}{f': {why}' if why else ''}"[:300]
    if decision != "modify":
        item.denied, item.ended = note, decision == "terminate"
    elif other is not None and shape(other) != shape(item.call):
        item.ran, item.changed = other, note


def _calls(item: Asked, turn: Turn, number: int, cut: bool) -> list[Call]:
    """A call as it was asked for, and what ran in its stead, if that was something else."""
    text = item.answer.text if item.answer else ""
    outcome = item.answer.outcome if item.answer else ("limit" if cut else "missing")
    # a rejected call has no other answer than that; one that ended the sample broke off by that
    stopped = item.ended and (item.failed or outcome == "limit")
    if item.denied and (item.answer is None or stopped):
        outcome = "denied"
    against = item.denied and outcome == "executed"
    note = f"{item.denied}, and executed nevertheless" if against else item.denied or item.note
    if item.acted and outcome in UNDONE:
        outcome, note = "error", f"{outcome}, and it had acted in the sandbox; {note}".rstrip("; ")
    # what nobody is on record for having changed may have been done as it was asked for
    replaced = "changed" if item.changed else "missing"
    found = []
    for call, became, remark in (
        (item.call, replaced if item.ran else outcome, item.changed or note),
        (item.ran, outcome, f"in the place of what was asked; {note}".rstrip("; ")),
        (item.also, outcome, "as the conversation tells it, other than the model's answer"),
    ):
        if call is None:
            continue
        if item.ran and call is item.call and not item.changed:
            remark = "something else ran in its stead"
        lost = _lost(call.arguments)
        given = call.arguments if item.named else Unnamed(call.arguments)
        unknown = bool(call.parse_error) or not item.known or lost
        about = remark or (call.parse_error or "").strip()[:200]
        found.append(
            Call(
                id=call.id,
                message=turn.label,
                turn=number,
                function=call.function,
                arguments=None if unknown else given,
                outcome=became,
                result=text if became == outcome else "",
                note=about or ("a text of it was kept apart and is lost" if lost else ""),
            )
        )
    return found


def _lost(value: object) -> bool:
    """Whether a text in some arguments was kept apart and is not in the log."""
    if isinstance(value, str):
        return value.startswith(APART)
    if isinstance(value, Mapping):
        return any(_lost(inner) for inner in value.values())
    return isinstance(value, list) and any(_lost(inner) for inner in value)


def _text(result: Any) -> str:
    if isinstance(result, list):
        return "\n".join(str(getattr(part, "text", "")) for part in result)
    return str(result)
