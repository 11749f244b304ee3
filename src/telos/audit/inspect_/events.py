"""Events: what a sample of an Inspect log tells in order, and whose work it was part of."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from inspect_ai.event import Event
from inspect_ai.log import EvalSample
from inspect_ai.tool import ToolCall
from pydantic import TypeAdapter, ValidationError

#: Reads the events that old logs keep within others, which Inspect leaves as it found them.
_EVENT: TypeAdapter[Any] = TypeAdapter(Event)
#: Spans and steps in which scorers work: what a judge calls is not an action of the agent.
SCORING = ("scorer", "scorers")
#: Spans in which agents work: a span within them is not one of Inspect's scorers for its name alone.
AGENTS = ("solver", "agent", "tool", "handoff")
#: The kinds of events that tell of calls, and those that can hide no action of an agent.
TELLING = ("model", "tool", "approval", "review", "sentinel", "sandbox", "subtask")
SILENT = (
    "span_begin", "span_end", "step", "sample_init", "sample_limit", "state", "store", "anchor",
    "branch", "checkpoint", "compaction", "input", "interrupt", "score", "score_edit", "error",
    "logger", "info", "timeline",
)  # fmt: skip


@final
@dataclass(frozen=True)
class Seen:
    """One event.

    Args:
        event: as Inspect read it; None for one that it could not read.
        kind: its kind. scoring: whether a scorer was at work. in_tool: whether a tool was.
    """

    event: Any
    kind: str
    scoring: bool
    in_tool: bool


@final
@dataclass(frozen=True)
class _Spans:
    """The spans that have begun, those that are open, and the open steps of scorers in old logs."""

    known: dict[str, Any] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)

    def note(self, event: Any) -> None:
        """Take in a beginning or an end."""
        if event.event == "span_begin":
            self.known[event.id] = event
            self.open.append(event.id)
        elif event.event == "span_end" and event.id in self.open:
            self.open.remove(event.id)
        elif event.event == "step" and event.type in SCORING:
            (self.steps.add if event.action == "begin" else self.steps.discard)(event.type)

    def around(self, event: Any) -> list[Any]:
        """The spans around an event, from the inside out."""
        name = getattr(event, "span_id", None)
        if name not in self.known:
            return [self.known[each] for each in reversed(self.open)]
        found: dict[Any, Any] = {}
        while name in self.known and name not in found:
            found[name] = self.known[name]
            name = found[name].parent_id
        return list(found.values())


def seen_in(sample: EvalSample) -> Iterator[Seen]:
    """The events of a sample in order, after what is left of attempts at it that failed."""
    for retry in getattr(sample, "error_retries", None) or []:
        yield from _seen(getattr(retry, "events", None) or [])
    yield from _seen(sample.events)


def _seen(events: Sequence[Any]) -> Iterator[Seen]:
    spans = _Spans()
    before_tool = False
    for event in events:
        spans.note(event)
        around = spans.around(event)
        scoring = bool(spans.steps) or any(
            span.type in SCORING
            or (span.type is None and span.name in SCORING and not _of_agents(around[place + 1 :]))
            for place, span in enumerate(around)
        )
        if event.event in ("model", "tool", "step"):
            before_tool = event.event == "tool"
        # old logs have no spans: there a tool's event comes right before what it does
        working = next((span.type for span in around if span.type in AGENTS), "")
        in_tool = working == "tool" if spans.known else before_tool
        yield from _within(event, scoring, in_tool)


def _of_agents(spans: Sequence[Any]) -> bool:
    return any(span.type in AGENTS or span.name == "solvers" for span in spans)


def _within(event: Any, scoring: bool, in_tool: bool) -> Iterator[Seen]:
    """An event, and those that old logs keep inside of it."""
    kind = str(getattr(event, "event", type(event).__name__))
    yield Seen(event, kind, scoring, in_tool)
    for inner in getattr(event, "events", None) or []:
        try:
            # the context keeps Inspect from making up ids for messages that have none
            read = _EVENT.validate_python(
                inner, context={"deserializing": True, "message_cache": {}}
            )
        except ValidationError:
            given = inner.get("event") if isinstance(inner, dict) else None
            yield Seen(None, str(given or "nameless"), scoring, in_tool)
            continue
        yield from _within(read, scoring, in_tool or kind == "tool")


def calls_noted(event: Any) -> Iterator[ToolCall]:
    """The calls in what an event says was changed in a state or a store."""
    left: list[Any] = [change.value for change in event.changes]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, Mapping):
            call = _call(value)
            if call is None:
                left += value.values()
            else:
                yield call


def _call(value: Mapping[str, Any]) -> ToolCall | None:
    """The call that a table is, as Inspect writes down those of models and those of providers."""
    used = value.get("type") == "tool_use"
    name, given = value.get("name" if used else "function"), value.get("arguments")
    if not isinstance(name, str) or "id" not in value:
        return None
    if used and isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = {}
    if not isinstance(given, Mapping):
        return None if not used else ToolCall(str(value["id"]), name, {})
    return ToolCall(str(value["id"]), name, dict(given))
