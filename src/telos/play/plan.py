"""Plan: what a page is to be made of, before anything is built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, final

from telos.core.parts import AbstractDrive, AbstractSafeguard, AbstractScenario, part_name
from telos.play.record import Kind, Look
from telos.safeguards import Forbid, Monitor

#: Letters of what makes a part.
LONGEST_PROGRAM = 3_000


@final
@dataclass(frozen=True)
class Arm:
    """One world of a page, as it differs from the first.

    Args:
        name: short. title: in words, for a switch. kind: what was done to the world.
        python: one line, `world = …` or `problem = …`, that makes it, given `scenario` or `problem`.
        drive: whose reason is gone (kind `without`).
        scenario: another scenario; None: the page's own.
        safeguards: that change the world.
    """

    name: str
    title: str
    kind: Kind
    python: str = ""
    drive: str = ""
    scenario: AbstractScenario | None = None
    safeguards: tuple[AbstractSafeguard, ...] = ()


@final
@dataclass(frozen=True)
class Put:
    """A safeguard that can be put up in every world of a page: it takes pairs away, or fines them.

    Args:
        name, title: of the switch. part: the safeguard.
    """

    name: str
    title: str
    part: Forbid | Monitor


@final
@dataclass(frozen=True)
class Words:
    """How a page speaks of its world.

    Args:
        opening: what can be done in it, as sentences.
        acts: of each drive, what pursuing it is: "cutting the switch".
        ends: of each drive, what comes of the world without its reason: "nobody cuts the power".
        closing: what is special about this world, for the last step.
    """

    opening: str = ""
    acts: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    closing: str = ""

    def act(self, drive: str) -> str:
        """What pursuing a drive is, in words."""
        return self.acts.get(drive, drive.replace("_", " "))

    def end(self, drive: str) -> str:
        """What is so in the world without a drive's reason."""
        told = self.ends.get(drive)
        return told or f"the world stays as it is, but {self.act(drive)} no longer serves anything"


@final
@dataclass(frozen=True)
class Plan:
    """What a page is made of.

    Args:
        scenario: the world. title, question: of the page. look: how it is drawn.
        drives: that are looked for. arms: worlds beside the world as it is. puts: switches.
        words: how it speaks. focus: the drive that the story follows; empty: the one most goals need.
        guard: the switch that the story puts up; aimed: the drive that it is about. Empty: the focus, and
            what forbids it.
        strict: whether a world or a switch that does not fit is an error, or left out.
        discount: of the story. goals: how many its numbers rest on.
    """

    scenario: AbstractScenario
    title: str
    question: str
    look: Look
    drives: Sequence[AbstractDrive]
    arms: Sequence[Arm] = ()
    puts: Sequence[Put] = ()
    words: Words = Words()
    focus: str = ""
    guard: str = ""
    aimed: str = ""
    strict: bool = True
    discount: float = 0.95
    goals: int = 1000


def without(drive: AbstractDrive, title: str = "") -> Arm:
    """The world without a drive's reason, as its scenario declares it."""
    name = part_name(drive)
    told = title or f"without the reason for {name.replace('_', ' ')}"
    python = f'world = scenario.without("{name}").build()'
    return Arm(f"without_{name}", told, "without", python, name)


def other(name: str, title: str, scenario: AbstractScenario) -> Arm:
    """The world of another scenario: the same, with other parameters."""
    return Arm(name, title, "operator", f"world = {written(scenario)}.build()", scenario=scenario)


def under(name: str, title: str, part: AbstractSafeguard) -> Arm:
    """The world that a safeguard makes."""
    python = f"problem = telos.guard(problem, ({written(part)},))"
    return Arm(name, title, "safeguard", python, safeguards=(part,))


def forbid(drive: AbstractDrive, title: str = "") -> Put:
    """A switch that takes a drive's pairs away."""
    name = part_name(drive)
    return Put(f"forbid_{name}", title or f"forbid {name.replace('_', ' ')}", Forbid(drive=drive))


def forbid_actions(title: str, *actions: str) -> Put:
    """A switch that takes actions away."""
    return Put(f"forbid_{actions[0].replace(' ', '_')}", title, Forbid(actions=actions))


def imported(part: Any) -> str:
    """The lines that a program needs before it can write a part; none for a shipped one."""
    module = type(part).__module__
    return "" if module.startswith("telos.") else f"from {module} import {type(part).__name__}\n"


def written(part: Any) -> str:
    """A part as a program writes it: `telos.worlds.OffSwitch(rooms=4)`."""
    module, name = type(part).__module__.split("."), type(part).__name__
    if not is_dataclass(part):
        return f"{name}()"
    path = f"telos.{module[1]}.{name}" if module[0] == "telos" and len(module) > 2 else name
    told = []
    for each in fields(part):
        value = getattr(part, each.name)
        if each.repr and value != each.default:
            whole = is_dataclass(value) and not isinstance(value, type)
            told.append(f"{each.name}={written(value) if whole else _on_one_line(value)}")
    return f"{path}({', '.join(told)})"


def written_briefly(part: Any) -> str:
    """A part as a program writes it, or a text in its place that says why it does not stand there."""
    text = written(part)
    return text if len(text) < LONGEST_PROGRAM else repr("too long to be written here")


def _on_one_line(value: Any) -> str:
    """The `repr` of a value, which its author may have written, as text that a file can hold."""
    return " ".join(repr(value).splitlines()).encode("utf-8", "backslashreplace").decode()
