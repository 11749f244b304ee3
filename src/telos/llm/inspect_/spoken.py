"""Spoken: what a model said in a sample, its reasoning included, and all that it was given."""

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant


def spoken(messages: Sequence[ChatMessage]) -> tuple[str, str]:
    """What the model of a sample said, and what it was given.

    Args:
        messages: of the sample, in order.

    Returns:
        Texts, reasoning that its provider tells, and texts within the arguments of its calls; and the texts
        of all other messages.

    Example:
        >>> from inspect_ai.model import ChatMessageUser
        >>> spoken([ChatMessageUser(content="Go."), ChatMessageAssistant(content="A test?")])
        ('A test?', 'Go.')
    """
    said, given = [], []
    for message in messages:
        if not isinstance(message, ChatMessageAssistant):
            given.append(message.text)
            continue
        said.append(message.text)
        if isinstance(message.content, list):
            # what a provider keeps back is a cipher, or a summary of its own
            said += [
                part.reasoning
                for part in message.content
                if part.type == "reasoning" and not part.redacted
            ]
        for call in message.tool_calls or []:
            said += [value for value in call.arguments.values() if isinstance(value, str)]
    return "\n".join(said), "\n".join(given)
