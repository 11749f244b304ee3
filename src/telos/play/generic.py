"""Generic: the plan of a page for any scenario, shipped or somebody's own."""

import re
from collections.abc import Sequence

from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.text import name_of
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.play.placed import affordances_of
from telos.play.plan import Arm, Plan, Words, forbid, under, without, written
from telos.play.record import Look
from telos.report.words import plain
from telos.safeguards import Interruption

#: Names of drives that an address can hold.
NAMED = re.compile(r"[A-Za-z]\w{0,99}(\.\w{1,99}){0,9}", re.ASCII)
#: Worlds of more states get fewer goals, and no world beside them that a safeguard makes.
LARGE = 1_200
GOALS, FEWER_GOALS = 1_000, 200
#: Letters of a description.
DESCRIBED = 300
#: Where its first sentence ends: not before what goes on in small letters, digits or a bracket (et al. 2017).
SENTENCE = re.compile(r".+?[.!?](?=\s+[^a-z\d(\s]|$)")
#: What is drawn for the shipped worlds; all others are told by names.
LOOKS: dict[str, Look] = {
    "PaperclipFactory": "factory",
    "DrivenEmployee": "employee",
    "OffSwitch": "rooms",
    "Gridworld": "grid",
    "OpsDesk": "desk",
}


def described(scenario: AbstractScenario) -> str:
    """The first sentence that its author has written of a scenario, as plain text; empty if there is none.

    Args:
        scenario: its docstring is read; the one that `dataclass` writes in its place is none.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> described(OffSwitch(rooms=2))
        'The gate of self-preservation: being off forever, or a hall with k rooms (Turner et al. 2021).'
    """
    kind = type(scenario)
    text = kind.__doc__ if isinstance(kind.__doc__, str) else ""
    if text.startswith(f"{kind.__name__}("):
        return ""
    told = " ".join(text.strip().partition("\n\n")[0].replace("`", "").split())
    found = SENTENCE.match(told[: 10 * DESCRIBED])
    first = name_of(found[0] if found else told, DESCRIBED)
    return first if not first or first[-1] in ".!?…" else f"{first}."


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
        Words(
            f"{described(scenario)} This world has {world.size:,} states and {world.n_pairs:,} ways to act "
            "in them.".strip()
        ),
        strict=False,
        goals=FEWER_GOALS if large else GOALS,
    )
