"""Scenarios by name: `OffSwitch`, `Gridworld(rows=3)`, `my_lab.worlds:Maze(size=4)`; and other parts so."""

import ast
from collections.abc import Iterable

from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.parts import AbstractGoalFamily, AbstractScenario
from telos.families import FAMILIES
from telos.runs.source import load_named
from telos.worlds import WORLDS


def scenario_named(text: str) -> AbstractScenario:
    """The world that a text names, with its parameters.

    Args:
        text: `Name`, `Name(field=value, ...)`, or either with `module:` before it.

    Raises:
        UnknownName, StudyError: naming what is wrong in the text.

    Example:
        >>> scenario_named("OffSwitch(rooms=2)").rooms
        2
    """
    found = _named(text, WORLDS, AbstractScenario, "world")
    assert isinstance(found, AbstractScenario)
    return found


def family_named(text: str) -> AbstractGoalFamily:
    """The family of goals that a text names, with its parameters; see `scenario_named`.

    Example:
        >>> family_named("Named(goals=('do nothing',))").goals
        ('do nothing',)
    """
    found = _named(text, FAMILIES, AbstractGoalFamily, "family")
    assert isinstance(found, AbstractGoalFamily)
    return found


def _named(text: str, shipped: Iterable[type], kind: type, what: str) -> object:
    name, _, rest = text.strip().partition("(")
    fields = _fields(text, rest)
    found: object
    if ":" in name:
        found = load_named(name)
    else:
        known = {cls.__name__: cls for cls in shipped}
        if name not in known:
            raise UnknownName(f"no {what} {name!r}. {did_you_mean(name, known)}")
        found = known[name]
    if isinstance(found, kind) and not rest:
        return found
    if not isinstance(found, type) or not issubclass(found, kind):
        raise StudyError(f"{name} is not a {what}: it does not inherit from {kind.__name__}.")
    try:
        return found(**fields)
    except TypeError as problem:
        raise StudyError(f"{text}: {problem}.") from None


def _fields(text: str, rest: str) -> dict[str, object]:
    """The parameters behind an opening bracket, as plain values."""
    if not rest:
        return {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
            raise ValueError("write each parameter as field=value")
        return {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError) as problem:
        raise StudyError(f"{text}: its parameters cannot be read ({problem}).") from None
