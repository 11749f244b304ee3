"""The public contract checks: what every part must keep, shipped or third-party."""

from collections.abc import Sequence
from itertools import chain
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
from telos.testing import agents, families, safeguards, scenarios
from telos.testing import drives as drive_promises
from telos.testing.promises import Check, CheckStatus, keep, promises_of_data

__all__ = ["Check", "CheckStatus", "assert_part", "check_part", "check_reasons"]

#: A kind of part, and the file that has its promises.
KINDS: tuple[tuple[type, Any], ...] = (
    (AbstractGoalFamily, families),
    (AbstractAgent, agents),
    (AbstractDrive, drive_promises),
    (AbstractSafeguard, safeguards),
)


def check_part(
    part: Any, world: World | None = None, *, drives: Sequence[AbstractDrive] = ()
) -> tuple[Check, ...]:
    """Check a part of any kind against the contract of its kind.

    Args:
        part: an instance of a scenario, goal family, agent, drive or safeguard.
        world: the world in which to check it, which a part that reads features of one's own needs; unless
            given, a touchstone that has every feature the shipped parts read. Not for a scenario.
        drives: for a scenario, drives beside the shipped ones whose reason it may take away.

    Returns:
        One check for each promise, in the order in which they build on one another. A part that refuses
        both touchstones, in its own name, breaks nothing: the checks end there, with a note.

    Raises:
        StudyError: if it is not a part, or a scenario that is given a world.

    Example:
        >>> from telos.safeguards import Noisy
        >>> any(check.failed for check in check_part(Noisy(slip=0.1)))
        False
    """
    if isinstance(part, AbstractScenario):
        if world is not None:
            raise StudyError(f"{show(part)} builds a world of its own; leave the other one out.")
        promises, needed = scenarios.promises(part, drives), scenarios.NEEDED
    else:
        of = next((file for kind, file in KINDS if isinstance(part, kind)), None)
        if of is None:
            raise StudyError(
                f"{type(part).__name__} is not a part. A part derives from AbstractScenario, "
                "AbstractGoalFamily, AbstractAgent, AbstractDrive or AbstractSafeguard."
            )
        promises, needed = of.promises(part, world), of.NEEDED
    return keep(chain(promises_of_data(part), promises), needed)


def check_reasons(scenario: AbstractScenario, drives: Sequence[AbstractDrive]) -> tuple[Check, ...]:
    """Check what a scenario's `without` says of some drives, which may be one's own.

    Args:
        scenario: the recipe of the world. drives: the drives.

    Returns:
        One check: failed where a world without a drive's reason cannot be compared with the world
        itself, noted where the scenario declares none.

    Example:
        >>> from telos.drives import ResourceAcquisition
        >>> from telos.worlds import Orchard
        >>> check_reasons(Orchard(), [ResourceAcquisition()])[0].detail
        'resource_acquisition'
    """
    return keep([scenarios.reasons(scenario, scenario.build(), drives)], scenarios.NEEDED)


def assert_part(part: Any, world: World | None = None) -> None:
    """Check a part, in the form a test wants.

    Args:
        part: an instance of any part.
        world: see `check_part`.

    Raises:
        CheckFailed: listing every promise that is broken.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> assert_part(OffSwitch(rooms=3))
    """
    broken = [f"{check.name}: {check.detail}" for check in check_part(part, world) if check.failed]
    if broken:
        raise CheckFailed(f"{show(part)}: " + "; ".join(broken))
