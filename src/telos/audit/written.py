"""Written calls: words of a model that some scaffolds carry out as calls, though no call is on record."""

from telos.audit.predicates import any_found, pattern

#: How models write calls that their server or scaffold is to find in the text. Prose may hold such words,
#: too: they leave a sample open, and accuse nobody.
FORMS = tuple(
    map(
        pattern,
        (
            r"<(tool_calls?|tool_use|function_calls?)\b|<(antml:)?invoke\b|<function[ =]",
            r"<\|(python_tag|tool_call|tool_calls_section_begin)|<｜tool▁call|\[TOOL_CALLS\]",
            r"(?m)^[ \t>*]*Action Input[ *]*:|^[ \t]*```tool_(code|call)",
            r"\bto=functions\.\w",
        ),
    )
)
WRITTEN = "its words look like a call of a tool, and nobody notes whether it ran"


def written_call(text: str) -> bool:
    """Whether words of a model look like a call, or are too long to be searched.

    Args:
        text: what it said, without the calls that are on record.

    Example:
        >>> written_call('<tool_call>{"name": "bash"}</tool_call>')
        True
        >>> written_call("I called bash twice.")
        False
    """
    return any_found(FORMS, text) is not False
