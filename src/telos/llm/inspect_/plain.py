"""The plain-text protocol: calls as lines of text, for models that cannot call tools."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    ModelOutput,
    get_model,
)
from inspect_ai.tool import Tool, ToolCall, ToolChoice

from telos.core.errors import StudyError
from telos.llm.telling import AbstractTelling, TellingCall

#: How a task is answered: by calls of tools, or by lines of text.
PROTOCOLS = ("tools", "text")
#: A line that is meant as a call; marks of a citation or of code around it are not part of it.
LINE = re.compile(r"[\s>*`]*ACTION:(?:\*\*)?(.*)", re.IGNORECASE)
CALL = re.compile(r"(\w{1,100})[ \t]*(\{.*\})?", re.DOTALL)
#: Calls of one answer that are carried out.
MOST_CALLS = 50
UNREADABLE = "the line is not a tool and its arguments as one JSON object."


def manual_of(telling: AbstractTelling) -> str:
    """The section that tells the tools to a model that has none.

    Args:
        telling: whose tools they are.

    Returns:
        A text that follows the brief.
    """
    lines = []
    for tool, arguments in telling.tools.items():
        lines.append(f"- `{_example(tool, arguments)}`: {telling.manual[tool]}")
        lines += [f"  - {name}: {telling.manual[f'{tool}.{name}']}" for name in arguments]
    listed = "\n".join(lines)
    return (
        "## Calling a tool\n\nYou call a tool by a line of its own: `ACTION:`, the tool, and its arguments "
        "as one JSON object. Make one call an answer; you are told next what came of it. The tools:\n\n"
        f"{listed}\n"
    )


def reminder_of(telling: AbstractTelling, protocol: str) -> str:
    """What a model is told whose answer holds no call."""
    if protocol == "tools":
        return telling.reminder
    tool, arguments = next(iter(telling.tools.items()))
    return f"Nothing has happened: write a line such as `{_example(tool, arguments)}`."


def protocol_in(metadata: Mapping[str, Any]) -> str:
    """How a sample is answered, by its metadata.

    Raises:
        StudyError: if it is none of `PROTOCOLS`.
    """
    protocol = metadata.get("protocol", "tools")
    if protocol not in PROTOCOLS:
        raise StudyError(f"protocol is {protocol!r:.60}; write {' or '.join(PROTOCOLS)}.")
    return str(protocol)


async def answered(
    messages: list[ChatMessage], tools: list[Tool], protocol: str, tool_choice: ToolChoice
) -> tuple[ModelOutput, ChatMessageAssistant | None]:
    """The next answer of the model of a sample, with its calls; None if its provider gave none.

    Args:
        messages: so far. tools: that it may call. protocol: of `PROTOCOLS`. tool_choice: as of `play`.
    """
    if protocol == "text":
        output = await get_model().generate(in_text(messages))
    else:
        output = await get_model().generate(messages, tools=tools, tool_choice=tool_choice)
    if not output.choices:
        return output, None
    _make_writable(output)
    return output, bounded(with_calls(output.message) if protocol == "text" else output.message)


def bounded(message: ChatMessageAssistant) -> ChatMessageAssistant:
    """An answer with its first `MOST_CALLS` calls; one more, that cannot be parsed, stands for the rest.

    Args:
        message: an answer, as of `with_calls` or of a provider.
    """
    calls = message.tool_calls or []
    if len(calls) <= MOST_CALLS:
        return message
    name = f"{message.id or 'answer'}-cut"
    more = _call(f"{name}-more", "", f"more than {MOST_CALLS} calls; the rest is not read.")
    return message.model_copy(update={"id": name, "tool_calls": [*calls[:MOST_CALLS], more]})


def _make_writable(output: ModelOutput) -> None:
    """Write out lone surrogates of an answer, in place: Inspect cannot write them, and would end the run."""
    message = output.choices[0].message
    if isinstance(message.content, str):
        message.content = _writable(message.content)
    parts = message.content if isinstance(message.content, list) else []
    for part in (*parts, *(message.tool_calls or ())):
        for name, value in list(vars(part).items()):
            setattr(part, name, _writable(value))


def _writable(value: Any) -> Any:
    """A value whose texts, however deep, are UTF-8."""
    found = value
    if isinstance(value, str):
        found = value.encode("utf-8", "backslashreplace").decode("utf-8")
    elif isinstance(value, list):
        found = [_writable(each) for each in value]
    elif isinstance(value, dict):
        found = {_writable(key): _writable(each) for key, each in value.items()}
    return found


def line_of(call: TellingCall) -> str:
    """The line that is a call.

    Example:
        >>> line_of(TellingCall("act", {"action": "wait"}))
        'ACTION: act {"action": "wait"}'
    """
    return f"ACTION: {call.tool} {json.dumps(dict(call.arguments))}"


def with_calls(message: ChatMessageAssistant) -> ChatMessageAssistant:
    """An answer with the calls that its lines are, in order; the text stays.

    A line that begins with `ACTION:` and cannot be read is a call that cannot be parsed: it is carried out
    by nobody, and is never a refusal. Calls that the provider told of itself are left alone.

    Args:
        message: an answer.

    Returns:
        The same answer if it holds no such line.

    Example:
        >>> said = ChatMessageAssistant(content='I go.\\nACTION: act {"action": "walk on"}')
        >>> [(call.function, call.arguments) for call in with_calls(said).tool_calls]
        [('act', {'action': 'walk on'})]
    """
    lines = [found[1] for line in message.text.splitlines() if (found := LINE.fullmatch(line))]
    if not lines or message.tool_calls:
        return message
    # A name of its own: the provider's answer under the old one stays on record, and holds no calls.
    name = f"{message.id or 'answer'}-read"
    calls = [_call(f"{name}-{number}", line) for number, line in enumerate(lines[: MOST_CALLS + 1])]
    return bounded(message.model_copy(update={"id": name, "tool_calls": calls}))


def in_text(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Messages as a model without tools reads them: no calls beside the lines, results as a user's words."""
    return [_in_text(message) for message in messages]


def _in_text(message: ChatMessage) -> ChatMessage:
    if isinstance(message, ChatMessageAssistant):
        return message.model_copy(update={"tool_calls": None})
    if isinstance(message, ChatMessageTool):
        said = message.error.message if message.error else message.text
        return ChatMessageUser(id=message.id, content=said)
    return message


def _call(name: str, line: str, why: str = UNREADABLE) -> ToolCall:
    """The call that a line is; one that cannot be read says why."""
    found = CALL.fullmatch(line.strip().strip("`*").strip())
    if found is None:
        return ToolCall(id=name, function="unreadable", arguments={}, parse_error=why)
    try:
        return ToolCall(id=name, function=found[1], arguments=json.loads(found[2] or "{}"))
    except (ValueError, RecursionError) as problem:
        told = f"the arguments are not JSON ({problem})."[:300]
        return ToolCall(id=name, function=found[1], arguments={}, parse_error=told)


def _example(tool: str, arguments: Mapping[str, type]) -> str:
    return line_of(
        TellingCall(tool, {name: 1 if kind is int else "…" for name, kind in arguments.items()})
    )
