"""Notes: calls that a scaffold wrote down in its state or its store, found by their form."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from inspect_ai.tool import ToolCall


def calls_noted(event: Any) -> Iterator[ToolCall]:
    """The calls in what an event says was changed in a state or a store.

    Args:
        event: of the kind state or store.
    """
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
