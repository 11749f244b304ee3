"""Parts as people type them: ``Forbid(actions=('walk on',))``, made from a catalog; no other code runs."""

import ast
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.spec import resolve


def part_typed(
    text: str,
    kind: type,
    what: str,
    known: Iterable[type],
    load: Callable[[str], Any] = resolve,
) -> Any:
    """The part that a text names, with its parameters.

    Args:
        text: `Name`, `Name(field=value, ...)`, or either with `module:` before it. A value is a plain one, or
            again `Name(...)` of a known part.
        kind: what the part must inherit from. what: its word, as in "a world".
        known: the parts that need no module. load: finds what is named with its module.

    Raises:
        UnknownName, StudyError: naming what is wrong in the text.

    Example:
        >>> from telos.core.parts import AbstractScenario
        >>> from telos.worlds import WORLDS
        >>> part_typed("OffSwitch(rooms=2)", AbstractScenario, "a world", WORLDS).rooms
        2
    """
    catalog = {cls.__name__: cls for cls in known}
    name, opened, rest = text.strip().partition("(")
    if ":" in name:
        cls: Any = load(name)
        if isinstance(cls, kind) and not opened:
            return cls
    elif name in catalog:
        cls = catalog[name]
    else:
        offered = [each for each, cls in catalog.items() if issubclass(cls, kind)]
        word = what.partition(" ")[2]
        raise UnknownName(f"no {word} {name!r:.80}. {did_you_mean(name, offered)}")
    if not isinstance(cls, type) or not issubclass(cls, kind):
        raise StudyError(f"{name} is not {what}: it does not inherit from {kind.__name__}.")
    try:
        call = ast.parse(f"f({rest}" if opened else "f()", mode="eval").body
        return _made(cls, call, catalog)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
        raise StudyError(f"{text:.200}: its parameters cannot be read: {problem}") from None
    except TypeError as problem:
        raise StudyError(f"{text:.200}: {problem}.") from None


def _made(cls: type, call: ast.expr, catalog: Mapping[str, type]) -> Any:
    if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
        raise ValueError("write each parameter as field=value")
    fields = {str(k.arg): _value(k.value, catalog) for k in call.keywords}
    names = (
        [field.name for field in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else ()
    )
    for name in fields if names else ():
        if name not in names:
            raise ValueError(f"{cls.__name__} has no field {name!r}; {did_you_mean(name, names)}")
    return cls(**fields)


def _value(node: ast.expr, catalog: Mapping[str, type]) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalog:
        return _made(catalog[node.func.id], node, catalog)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(
            f"{ast.unparse(node):.60} is no plain value; write a number, 'text', True, False, None or a tuple"
        ) from None
