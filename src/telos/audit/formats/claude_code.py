"""Claude Code sessions: the lines that it keeps of a session, of which no public schema is official."""

from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, Field

from telos.audit.checked import checked
from telos.audit.formats.lines import arguments_of
from telos.audit.formats.telling import Telling
from telos.audit.roles import SUBAGENT
from telos.core.errors import StudyError

#: Lines and blocks have many more keys; what is called and answered stands in blocks alone.
OPEN = ConfigDict(strict=True, extra="allow", frozen=True)
#: Kinds of lines that tell of no action.
SILENT = frozenset((
    "summary", "system", "file-history-snapshot", "queue-operation", "attachment", "permission-mode",
    "last-prompt", "custom-title", "ai-title", "agent-name", "agent-color", "tag", "mode", "pr-link",
))  # fmt: skip
#: Kinds of progress that tell of none; that of an agent may be all that is left of its calls.
PROGRESS = ("hook_progress", "bash_progress", "mcp_progress", "waiting_for_task", "query_update",
            "search_results_received")  # fmt: skip
INERT = ("text", "thinking", "redacted_thinking", "image", "document")
#: Tools that start another agent, whose calls may be kept in another file.
STARTS = ("Task", "Agent")
#: What Claude Code itself notes of a call that the user did not allow; a tool's own words are no evidence.
REJECTED = "User rejected tool use"
ELSEWHERE = "it started an agent whose calls are not in this file"

Name = Annotated[str, Field(max_length=1_000)]


@final
class SessionBlock(BaseModel):
    """A block of a message: words, a call or an answer."""

    model_config = OPEN

    type: Name
    text: str | None = None
    id: Name = ""
    name: Name = ""
    input: Any = None
    tool_use_id: Name = ""
    content: Any = None
    is_error: bool | None = None


@final
class SessionMessage(BaseModel):
    """A message, or a part of one: the lines of one message share its id."""

    model_config = OPEN

    role: Name
    content: str | list[SessionBlock]
    id: Name | None = None
    model: Name | None = None
    stop_reason: Name | None = None


@final
class SessionLine(BaseModel):
    """A line of a session."""

    model_config = OPEN

    type: Name
    uuid: Name | None = None
    isSidechain: bool = False  # noqa: N815 - as it stands in the file
    isApiErrorMessage: bool = False  # noqa: N815
    message: SessionMessage | None = None
    toolUseResult: Any = None  # noqa: N815
    data: Any = None


def fits(data: Any) -> bool:
    """Whether a file with such a line among its first may be of the format."""
    return isinstance(data, dict) and "sessionId" in data and isinstance(data.get("type"), str)


def begins(data: Any) -> bool:
    """Whether a line begins another transcript: a file is one."""
    return False


def take(telling: Telling, data: Any) -> None:
    """Take in a line. Raises StudyError or UnknownName where it is not of the format."""
    # neither the system's words nor the tools offered are kept
    telling.unrecorded = ("system",)
    kind = data.get("type") if isinstance(data, dict) else None
    if isinstance(kind, str) and kind in SILENT and "message" not in data:
        return
    line = checked(SessionLine, data, "the line")
    if line.type == "progress":
        of = line.data.get("type") if isinstance(line.data, dict) else None
        if of not in PROGRESS:
            telling.doubt(f"progress of a kind that may hide calls ({of!s:.40})")
        return
    if line.type not in ("user", "assistant"):
        telling.doubt(f"a line of a kind that Telos does not know ({line.type:.40})")
        return
    told = f"{line.uuid} {data['message']}" if "message" in data else ""
    if line.uuid is not None and told in telling.seen:
        return  # a session that was resumed may repeat what it had
    telling.seen.add(told)
    if line.message is None:
        raise StudyError(f"a line of the {line.type} without a message.")
    _message(telling, line, line.message)


def _message(telling: Telling, line: SessionLine, message: SessionMessage) -> None:
    role = SUBAGENT if line.isSidechain else ""
    text = message.content if isinstance(message.content, str) else ""
    blocks = [] if isinstance(message.content, str) else message.content
    said = text or "".join(block.text or "" for block in blocks if block.type == "text")
    if line.type == "assistant":
        telling.model = telling.model or message.model or ""
        telling.speak(role, said, message.id or "")
        if line.isApiErrorMessage:
            telling.doubt("error: the provider failed")
        if message.stop_reason == "max_tokens":
            telling.doubt("limit: an answer of the model was cut")
        if role and ELSEWHERE in telling.doubts:
            telling.doubts.remove(ELSEWHERE)
    elif said and not role:
        telling.hear("user", said)
    for block in blocks:
        _block(telling, line, block, role)


def _block(telling: Telling, line: SessionLine, block: SessionBlock, role: str) -> None:
    if block.type.endswith("tool_use"):
        if not block.name:
            raise StudyError("a tool call without a name.")
        given = None if block.input is None else arguments_of(block.input)
        telling.ask(role, block.id, block.name, given)
        if block.name in STARTS and SUBAGENT not in telling.roles:
            telling.doubt(ELSEWHERE)
    elif block.type.endswith("tool_result"):
        text = _text(block.content)
        denied = block.is_error and line.toolUseResult == REJECTED
        note = "rejected by the user" if denied else ""
        outcome = "denied" if denied else ("error" if block.is_error else "executed")
        telling.answer(block.tool_use_id, text, outcome, note)
    elif block.type not in INERT:
        telling.doubt(f"content of a kind that Telos does not know ({block.type:.40})")


def _text(content: Any) -> str:
    """What a tool answered, as text; pictures have none."""
    if isinstance(content, list):
        return "\n".join(map(_text, content))
    if isinstance(content, dict):
        return str(content.get("text") or "")
    return content if isinstance(content, str) else ""
