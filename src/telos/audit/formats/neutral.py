"""Telos's own neutral lines: what everybody can write whose format nobody reads.

    {"transcript": 1, "sample": "s1", "model": "some/model", "tools": ["bash"]}
    {"role": "user", "content": "Tidy up."}
    {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "bash", "arguments": {}}],
     "approvals": [{"tool_call_id": "c1", "decision": "reject", "by": "guard"}]}
    {"role": "tool", "tool_call_id": "c1", "content": "Not allowed.", "error": "denied"}
    {"role": "assistant", "content": "Done."}
    {"ended": "done"}

Each transcript begins with a line that names it and ends with one that says how it ended; a file may hold
many. A key that is not listed here is refused: what it says could not be judged.
"""

from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field

from telos.audit.checked import checked
from telos.audit.formats.lines import arguments_of
from telos.audit.formats.telling import Telling

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
#: What an approval says where it says no, in the past tense.
VERDICTS = {"reject": "rejected", "terminate": "ended", "modify": "changed"}

Name = Annotated[str, Field(max_length=1_000)]


@final
class NeutralHead(BaseModel):
    """The line that begins a transcript.

    Args:
        transcript: the version of the format, 1. sample, epoch, model, task: what it is of.
        tools: the names of the tools offered, all of them; None if that is not known.
        metadata: what else is known of the sample.
    """

    model_config = STRICT

    transcript: Literal[1]
    sample: Annotated[str, Field(min_length=1, max_length=1_000)]
    epoch: Annotated[int, Field(ge=1, le=10**9)] = 1
    model: Name = ""
    task: Name = ""
    tools: list[Name] | None = None
    metadata: dict[str, Any] = {}


@final
class NeutralCall(BaseModel):
    """A tool call; `arguments` are a table, or that table as JSON in a text."""

    model_config = STRICT

    id: Name
    name: Annotated[str, Field(min_length=1, max_length=1_000)]
    arguments: dict[str, Any] | str


@final
class NeutralApproval(BaseModel):
    """A verdict on a tool call; `arguments` are what it was changed to, for `modify`."""

    model_config = STRICT

    tool_call_id: Name
    decision: Literal["approve", "reject", "modify", "escalate", "terminate"]
    by: Name = ""
    why: str = ""
    arguments: dict[str, Any] | None = None


@final
class NeutralMessage(BaseModel):
    """A message.

    Args:
        role: who speaks. content: the text. agent: the role of the model, for a message of an assistant.
        tool_calls: what an assistant calls. tool_call_id: what a tool answers.
        error: why a tool did nothing, or not all: denied, invalid, error or limit; None if it ran.
        approvals: verdicts on calls made so far.
    """

    model_config = STRICT

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    agent: Name = ""
    tool_calls: list[NeutralCall] = []
    tool_call_id: Name | None = None
    error: Literal["denied", "invalid", "error", "limit"] | None = None
    approvals: list[NeutralApproval] = []


@final
class NeutralEnd(BaseModel):
    """The line that ends a transcript: done, or broken off by a limit or an error."""

    model_config = STRICT

    ended: Literal["done", "limit", "error"]
    why: str = ""


def fits(data: Any) -> bool:
    """Whether a file whose first line is this may be of the format."""
    return isinstance(data, dict) and "transcript" in data


#: Whether a line begins another transcript.
begins = fits


def take(telling: Telling, data: Any) -> None:
    """Take in a line. Raises StudyError or UnknownName where it is not as described here."""
    if fits(data):
        head = checked(NeutralHead, data, "the line")
        telling.sample, telling.epoch = head.sample, head.epoch
        telling.model, telling.task, telling.metadata = head.model, head.task, head.metadata
        telling.tools = None if head.tools is None else tuple(head.tools)
        telling.announced = True
    elif isinstance(data, dict) and "ended" in data:
        end = checked(NeutralEnd, data, "the line")
        telling.ended = True
        if end.ended != "done":
            telling.doubt(f"{end.ended}: {end.why}".rstrip(": "))
    else:
        _message(telling, checked(NeutralMessage, data, "the line"))


def _message(telling: Telling, message: NeutralMessage) -> None:
    if telling.ended:
        telling.doubt("it goes on after its end")
    if message.role in ("system", "user"):
        telling.hear(message.role, message.content)
    elif message.role == "assistant":
        telling.speak(message.agent, message.content)
    for call in message.tool_calls:
        if message.role != "assistant":
            telling.doubt(f"calls in a message of the {message.role}")
        telling.ask(message.agent, call.id, call.name, arguments_of(call.arguments))
    for approval in message.approvals:
        note = f"{VERDICTS.get(approval.decision, '')} by {approval.by or 'an approver'}"
        note = f"{note}: {approval.why}"[:300].rstrip(": ")
        if approval.decision in ("reject", "terminate"):
            telling.deny(approval.tool_call_id, note)
        elif approval.decision == "modify":
            telling.change(approval.tool_call_id, approval.arguments, note)
        elif approval.arguments is not None:
            telling.doubt("a verdict that changes nothing has arguments")
    if message.role == "tool":
        telling.answer(message.tool_call_id or "", message.content, message.error or "executed")
