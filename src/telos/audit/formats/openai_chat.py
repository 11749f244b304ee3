"""OpenAI chat lines: a conversation a line, as fine-tuning and logs of chat completions have it."""

from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, Field

from telos.audit.checked import checked
from telos.audit.formats.lines import arguments_of
from telos.audit.formats.telling import Telling
from telos.audit.transcript import Unnamed
from telos.core.errors import StudyError

#: Keys that nobody listed may hold what a model did; such a transcript stays open.
OPEN = ConfigDict(strict=True, extra="allow", frozen=True)
#: Keys, beside those read, that hold no action: of a conversation, of a message, of a call.
INERT = frozenset((
    "parallel_tool_calls", "tool_choice", "temperature", "top_p", "max_tokens", "max_completion_tokens",
    "seed", "created", "usage", "n", "stop", "stream", "user", "response_format", "reasoning_effort",
    "weight", "score", "split", "source", "refusal", "reasoning", "reasoning_content", "timestamp",
    "id", "type", "index", "name",
))  # fmt: skip
#: Kinds of parts of a message that are no action.
PARTS = ("text", "refusal", "image_url", "input_audio", "file")
#: The name under which the one call of a message is answered in the old way.
OLD = "function {}"

Name = Annotated[str, Field(max_length=1_000)]


@final
class ChatFunction(BaseModel):
    """What is called; `arguments` are JSON in a text, and many write the table itself."""

    model_config = OPEN

    name: Annotated[str, Field(min_length=1, max_length=1_000)]
    arguments: str | dict[str, Any] = ""


@final
class ChatCustom(BaseModel):
    """A custom tool, whose input is free text."""

    model_config = OPEN

    name: Annotated[str, Field(min_length=1, max_length=1_000)]
    input: str = ""


@final
class ChatCall(BaseModel):
    """A tool call: of a function or of a custom tool."""

    model_config = OPEN

    id: Name = ""
    function: ChatFunction | None = None
    custom: ChatCustom | None = None


@final
class ChatPart(BaseModel):
    """A part of a message."""

    model_config = OPEN

    type: Name
    text: str = ""


@final
class ChatLine(BaseModel):
    """A message; a `name` of an assistant is its role."""

    model_config = OPEN

    role: Name
    content: str | list[ChatPart] | None = None
    name: Name | None = None
    tool_calls: list[ChatCall] | None = None
    tool_call_id: Name | None = None
    function_call: ChatFunction | None = None


@final
class ChatTool(BaseModel):
    """A tool offered: in the new way within `function` or `custom`, in the old way bare."""

    model_config = OPEN

    function: ChatFunction | None = None
    custom: ChatCustom | None = None
    name: Name = ""

    def called(self) -> str:
        """Its name."""
        within = self.function or self.custom
        return within.name if within else self.name


@final
class ChatRecord(BaseModel):
    """A conversation."""

    model_config = OPEN

    messages: list[ChatLine]
    tools: list[ChatTool] | None = None
    functions: list[ChatTool] | None = None
    model: Name | None = None
    id: str | int | None = None
    metadata: dict[str, Any] | None = None


def fits(data: Any) -> bool:
    """Whether a file whose first line is this may be of the format."""
    return isinstance(data, dict) and isinstance(data.get("messages"), list)


def begins(data: Any) -> bool:
    """Whether a line begins another transcript: each does."""
    return True


def take(telling: Telling, data: Any) -> None:
    """Take in a line. Raises StudyError or UnknownName where it is not of the format."""
    record = checked(ChatRecord, data, "the line")
    telling.sample = str(record.id)[:1_000] if record.id is not None else telling.sample
    telling.model, telling.metadata = record.model or "", record.metadata or {}
    if record.tools is not None or record.functions is not None:
        offered = [*(record.tools or ()), *(record.functions or ())]
        telling.tools = tuple(tool.called() for tool in offered)
    _unknown_keys(telling, record)
    for message in record.messages:
        _message(telling, message)


def _message(telling: Telling, message: ChatLine) -> None:
    _unknown_keys(telling, message)
    text = _text(telling, message)
    if message.role in ("system", "developer", "user"):
        telling.hear("user" if message.role == "user" else "system", text)
    elif message.role == "assistant":
        refusal = (message.model_extra or {}).get("refusal")
        telling.speak(message.name or "", text or str(refusal or ""))
        for call in message.tool_calls or ():
            _call(telling, message.name or "", call)
        if (old := message.function_call) is not None:
            name = OLD.format(old.name)
            telling.ask(message.name or "", name, old.name, arguments_of(old.arguments))
    elif message.role == "tool":
        telling.answer(message.tool_call_id or "", text)
    elif message.role == "function":
        telling.answer(OLD.format(message.name), text)
    else:
        raise StudyError(f"no role {message.role!r:.60} in this format.")


def _call(telling: Telling, role: str, call: ChatCall) -> None:
    _unknown_keys(telling, call)
    if call.function is not None:
        arguments = arguments_of(call.function.arguments)
        telling.ask(role, call.id, call.function.name, arguments)
    elif call.custom is not None:
        # even an input that looks like a table has no names
        telling.ask(role, call.id, call.custom.name, Unnamed(input=call.custom.input))
    else:
        raise StudyError("a tool call of neither a function nor a custom tool.")


def _text(telling: Telling, message: ChatLine) -> str:
    if isinstance(message.content, str) or message.content is None:
        return message.content or ""
    for part in message.content:
        if part.type not in PARTS:
            telling.doubt(f"content of a kind that Telos does not know ({part.type:.40})")
    return "\n".join(part.text for part in message.content)


def _unknown_keys(telling: Telling, read: BaseModel) -> None:
    for key, value in (read.model_extra or {}).items():
        if value and key not in INERT:
            telling.doubt(f"a key that Telos does not know ({key:.40})")
