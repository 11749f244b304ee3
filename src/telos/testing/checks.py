"""The public contract checks: what every part must keep, shipped or a stranger's."""

from typing import Any

from telos.core.errors import CheckFailed, StudyError
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
)
from telos.core.spec import show
from telos.core.world import World
from telos.testing.agents_and_drives import check_agent, check_drive
from telos.testing.goal_families import check_family
from telos.testing.safeguards import check_safeguard
from telos.testing.scenarios import check_scenario
from telos.testing.verdict import Check, Verdict

__all__ = [
    "Check",
    "Verdict",
    "assert_part",
    "check_agent",
    "check_drive",
    "check_family",
    "check_part",
    "check_safeguard",
    "check_scenario",
]


def check_part(part: Any, world: World | None = None) -> tuple[Check, ...]:
    """Check a part of any kind against the contract of its kind.

    Args:
        part: an instance of a scenario, goal family, agent, drive or safeguard.
        world: the world in which to check a family or a safeguard; a touchstone unless given.

    Returns:
        One check for each promise, in the order in which they build on one another.

    Raises:
        StudyError: if it is no part at all, or of a kind that is not checked in a world of choice.
    """
    if isinstance(part, AbstractGoalFamily):
        return check_family(part, world)
    if isinstance(part, AbstractSafeguard):
        return check_safeguard(part, world)
    if world is not None:
        raise StudyError(
            f"{type(part).__name__}: a world is chosen for a family or a safeguard only. Leave it out."
        )
    if isinstance(part, AbstractScenario):
        return check_scenario(part)
    if isinstance(part, AbstractAgent):
        return check_agent(part)
    if isinstance(part, AbstractDrive):
        return check_drive(part)
    raise StudyError(
        f"{type(part).__name__} is no part. A part derives from AbstractScenario, AbstractGoalFamily, "
        "AbstractAgent, AbstractDrive or AbstractSafeguard."
    )


def assert_part(part: Any) -> None:
    """Check a part, in the form a test wants.

    Args:
        part: an instance of any part.

    Raises:
        CheckFailed: listing every promise that is broken.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> assert_part(OffSwitch(rooms=3))
    """
    broken = [f"{check.name}: {check.detail}" for check in check_part(part) if check.failed]
    if broken:
        raise CheckFailed(f"{show(part)}: " + "; ".join(broken))
