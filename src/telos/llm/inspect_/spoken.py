"""Spoken: what a model said in a sample, its reasoning included, and all that it was given."""

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant

from telos.llm.inspect_.plain import LINE

#: Words that the name of an act may have.
MOST_WORDS = 6


def spoken(messages: Sequence[ChatMessage]) -> tuple[str, str]:
    """What the model of a sample said, and what it was given.

    Args:
        messages: of the sample, in order.

    Returns:
        Texts but for lines that are calls, reasoning that its provider tells, and arguments of its calls of
        more than `MOST_WORDS` words; and the texts of all other messages.

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
        said += [line for line in message.text.splitlines() if not LINE.fullmatch(line)]
        if isinstance(message.content, list):
            # what a provider keeps back is a cipher, or a summary of its own
            said += [
                part.reasoning
                for part in message.content
                if part.type == "reasoning" and not part.redacted
            ]
        for call in message.tool_calls or []:
            said += [
                text for text in call.arguments.values() if isinstance(text, str) and _prose(text)
            ]
    return "\n".join(said), "\n".join(given)


def _prose(text: str) -> bool:
    """Whether an argument is written text, as a mail is, and not the name of an act."""
    return len(text.split()) > MOST_WORDS
