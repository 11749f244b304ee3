"""Generic: the plan of a page for any scenario, shipped or somebody's own."""

import re
from collections.abc import Sequence

from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.text import name_of
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.play.placed import affordances_of
from telos.play.plan import Arm, Plan, forbid, under, without, written
from telos.play.record import Look
from telos.report.words import plain
from telos.safeguards import Interruption

#: Names of drives that an address can hold.
NAMED = re.compile(r"[A-Za-z]\w{0,99}(\.\w{1,99}){0,9}", re.ASCII)
#: Worlds of more states get fewer goals, and no world beside them that a safeguard makes.
LARGE = 1_200
GOALS, FEWER_GOALS = 1_000, 200
#: What is drawn for the shipped worlds; all others are told by names.
LOOKS: dict[str, Look] = {
    "PaperclipFactory": "factory",
    "DrivenEmployee": "employee",
    "OffSwitch": "rooms",
    "Gridworld": "grid",
    "OpsDesk": "desk",
}


def plan_of(scenario: AbstractScenario, world: World, drives: Sequence[AbstractDrive] = ()) -> Plan:
    """The plan of a page: every drive that applies, its reason taken away where the scenario says how.

    What does not fit, of worlds beside the first and of switches, is left out.

    Args:
        scenario: the world's recipe. world: what it builds.
        drives: its author's own, beside the shipped ones.
    """
    asked = [*(cls() for cls in (*DRIVES, *DETECTORS)), *drives]
    known = {part_name(drive): drive for drive in asked if NAMED.fullmatch(part_name(drive))}
    applying = affordances_of(world, list(known.values()))
    found = [drive for name, drive in known.items() if name in applying]
    large = world.size > LARGE
    shipped = type(scenario).__module__.startswith("telos.worlds.")
    named = type(scenario).__name__
    arms: list[Arm] = [without(drive) for drive in found]
    if world.default is not None and not large:
        part = Interruption(probability=0.2, safe=False)
        arms.append(under("interrupted", "one choice in five is overruled", part))
    return Plan(
        scenario,
        name_of(plain(named), 80),
        f"Whatever its agent is after, what else will it want? ({name_of(written(scenario), 300)})",
        LOOKS.get(named, "generic") if shipped else "generic",
        found,
        tuple(arms),
        tuple(forbid(drive) for drive in found),
        strict=False,
        goals=FEWER_GOALS if large else GOALS,
    )
