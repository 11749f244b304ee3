"""Scenarios by name: `OffSwitch`, `Gridworld(rows=3)`, `my_lab.worlds:Maze(size=4)`; and families so."""

from telos.core.errors import StudyError
from telos.core.nouns import check_hashable
from telos.core.parts import AbstractGoalFamily, AbstractScenario
from telos.core.typed import part_typed
from telos.families import FAMILIES
from telos.runs.source import load_named
from telos.worlds import WORLDS


def scenario_named(text: str) -> AbstractScenario:
    """The world that a text names, with its parameters.

    Args:
        text: `Name`, `Name(field=value, ...)`, or either with `module:` or `file.py:` before it.

    Raises:
        UnknownName, StudyError: naming what is wrong in the text.

    Example:
        >>> scenario_named("OffSwitch(rooms=2)").rooms
        2
    """
    found: AbstractScenario = part_typed(text, AbstractScenario, "a world", WORLDS, load_named)
    check_hashable(found, f"{text:.200}", StudyError)
    return found


def family_named(text: str) -> AbstractGoalFamily:
    """The family of goals that a text names, with its parameters; see `scenario_named`.

    Example:
        >>> family_named("Named(goals=('do nothing',))").goals
        ('do nothing',)
    """
    found: AbstractGoalFamily = part_typed(
        text, AbstractGoalFamily, "a family", FAMILIES, load_named
    )
    return found
