"""Calls: every tool call in a sample of an Inspect log, each with what became of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

from inspect_ai.event import Event
from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall
from pydantic import TypeAdapter

from telos.llm.transcript import Call

#: Reads the events that old logs keep within others, which Inspect leaves as it found them.
_EVENT: TypeAdapter[Any] = TypeAdapter(Event)
#: What a tool's error means, by its type; of all others the tool failed.
OUTCOMES_OF_ERRORS = {
    "approval": "denied",
    "parsing": "invalid",
    "limit": "limit",
    "output_limit": "limit",
}
#: The decisions of an approver after which the call, as it was made, was not executed.
DENIALS = ("reject", "terminate", "modify")
#: Spans and steps in which scorers work: what a judge calls is no deed of the agent.
SCORING = ("scorer", "scorers")


@final
@dataclass(frozen=True)
class _Made:
    """A call as it was made, and the message that it stands in."""

    message: str
    call: ToolCall


@final
@dataclass(frozen=True)
class _Answer:
    """What came back."""

    outcome: str
    text: str


def calls_of(sample: EvalSample, cut: bool) -> tuple[Call, ...]:
    """The tool calls of a sample, in order.

    They are taken from the messages, and from the events those that no message keeps: calls of agents
    within agents, and calls that were dropped when the messages were shortened.

    Args:
        sample: with attachments resolved. cut: whether a limit ended it: then a call without an answer
            was lost to the limit.
    """
    events = list(_events(sample))
    verdicts = _verdicts(events)
    answers = _answers(sample, events)
    found: list[Call] = []
    turns: dict[str, int] = {}
    for made in _made(sample, events):
        call = made.call
        queue = answers.get(call.id, [])
        answer = queue.pop(0) if queue else None
        note = verdicts.get(call.id, {}).get(_shape(call), "")
        unanswered = "limit" if cut else "missing"
        outcome = "denied" if note else (answer.outcome if answer else unanswered)
        found.append(
            Call(
                id=call.id,
                message=made.message,
                turn=turns.setdefault(made.message or call.id, len(turns)),
                function=call.function,
                arguments=None if call.parse_error else call.arguments,
                outcome=outcome,
                result=answer.text if answer else "",
                note=note or (call.parse_error or "").strip()[:200],
            )
        )
    return tuple(found)


def tools_of(sample: EvalSample) -> tuple[str, ...] | None:
    """The names of the tools that the model was offered; None if the sample does not say.

    Args:
        sample: with its events.
    """
    offers = [event.tools for event in _events(sample) if event.event == "model"]
    if not offers:
        return None
    return tuple(dict.fromkeys(tool.name for tools in offers for tool in tools))


def _events(sample: EvalSample) -> Iterator[Any]:
    """The events of a sample without those of its scorers, after what is left of attempts that failed."""
    for retry in getattr(sample, "error_retries", None) or []:
        yield from _unscored(getattr(retry, "events", None) or [])
    yield from _unscored(sample.events)


def _unscored(events: Sequence[Any]) -> Iterator[Any]:
    scoring: list[str] = []
    for event in events:
        kind = event.event
        if kind == "span_begin" and (scoring or _scores(event)):
            scoring.append(event.id)
        elif kind == "span_end" and event.id in scoring:
            del scoring[scoring.index(event.id) :]
        elif kind == "step" and event.type in SCORING:
            scoring = ["step"] if event.action == "begin" else []
        elif not scoring:
            yield from _within(event)


def _scores(span: Any) -> bool:
    return span.type in SCORING or (span.type is None and span.name in SCORING)


def _within(event: Any) -> Iterator[Any]:
    """An event, and those that old logs keep inside of it."""
    yield event
    for inner in getattr(event, "events", None) or []:
        # the context keeps Inspect from making up ids for messages that have none
        read = _EVENT.validate_python(inner, context={"deserializing": True, "message_cache": {}})
        yield from _within(read)


def _made(sample: EvalSample, events: Sequence[Any]) -> list[_Made]:
    """Every call once, as they came: those of the messages, and between them those of the events.

    A message of an event is one of the messages if it has the same id; where one of the two has none,
    as in old logs, if it has the same calls.
    """
    found: list[_Made] = []
    shown: set[str] = set()
    for index, message in enumerate(sample.messages):
        # what came with the sample was not done by the model
        if isinstance(message, ChatMessageAssistant) and message.source != "input":
            shown |= {message.id} if message.id else set()
            found += [_Made(message.id or f"#{index}", c) for c in message.tool_calls or []]
    named = bool(shown)
    listed = {made.call.id for made in found}
    place = 0
    for event in events:
        for message_id, calls in _calls_in(event):
            by_id = named and bool(message_id) and event.event == "model"
            known = message_id in shown if by_id else False
            new = [] if known else [c for c in calls if by_id or c.id not in listed]
            found[place:place] = [_Made(message_id, call) for call in new]
            shown |= {message_id} if by_id else set()
            listed |= {call.id for call in new}
            ids = {call.id for call in calls}
            last = max(
                (i for i, made in enumerate(found) if made.call.id in ids), default=place - 1
            )
            place = last + 1
    return found


def _calls_in(event: Any) -> Iterator[tuple[str, list[ToolCall]]]:
    """The message and the calls that an event tells of, if it does."""
    if event.event == "model" and event.output.choices and event.role != "grader":
        message = event.output.choices[0].message
        if message.tool_calls:
            yield message.id or "", message.tool_calls
    elif event.event == "tool":
        call = ToolCall(id=event.id, function=event.function, arguments=dict(event.arguments))
        yield getattr(event, "message_id", None) or "", [call]


def _answers(sample: EvalSample, events: Sequence[Any]) -> dict[str, list[_Answer]]:
    """The answers to each id, in order: of the messages, else of the tool events."""
    found: dict[str, list[_Answer]] = {}
    for message in sample.messages:
        if isinstance(message, ChatMessageTool) and message.tool_call_id:
            answer = _Answer(_outcome(message.error), message.text or _said(message.error))
            found.setdefault(message.tool_call_id, []).append(answer)
    told: dict[str, list[_Answer]] = {}
    for event in events:
        if event.event == "tool" and not event.pending:
            failed = getattr(event, "failed", None) and event.error is None
            outcome = "error" if failed else _outcome(event.error)
            told.setdefault(event.id, []).append(
                _Answer(outcome, _text(event.result) or _said(event.error))
            )
    return {**told, **found}


def _outcome(error: Any) -> str:
    return "executed" if error is None else OUTCOMES_OF_ERRORS.get(error.type, "error")


def _said(error: Any) -> str:
    return "" if error is None else str(error.message)


def _text(result: Any) -> str:
    if isinstance(result, list):
        return "\n".join(str(getattr(part, "text", "")) for part in result)
    return str(result)


def _verdicts(events: Sequence[Any]) -> dict[str, dict[str, str]]:
    """What denied a call, by its id and shape; an approver that escalates leaves it to the next."""
    found: dict[str, dict[str, str]] = {}
    for event in events:
        if event.event == "approval" and event.decision in DENIALS:
            what = {"reject": "rejected", "terminate": "ended", "modify": "changed"}
            why = f": {event.explanation}" if event.explanation else ""
            note = f"{what[event.decision]} by {event.approver}{why}"[:300]
            found.setdefault(event.call.id, {})[_shape(event.call)] = note
    return found


def _shape(call: ToolCall) -> str:
    return json.dumps([call.function, call.arguments], sort_keys=True, default=str)
