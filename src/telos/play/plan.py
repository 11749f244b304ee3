"""Plan: what a page is to be made of, before anything is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from telos.core.parts import AbstractDrive, AbstractGoalFamily, AbstractSafeguard, AbstractScenario
from telos.play.record import Skin

Kind = Literal["as it is", "without", "operator", "safeguard", "bounds"]


@final
@dataclass(frozen=True)
class Arm:
    """One world of a page, as it differs from the first.

    Args:
        name: short. title: in words, for a switch. kind: what was done to the world.
        python: one line, `world = …` or `problem = …`, that makes it of `scenario` or `problem`.
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
    """A safeguard that can be put up in every world of a page.

    Args:
        name, title: of the switch. drive: what it is about. python: the safeguard, as one writes it.
        weight: what taking a pair costs, as a part of the value range; None: pairs are taken away.
    """

    name: str
    title: str
    drive: AbstractDrive
    python: str
    weight: float | None = None


@final
@dataclass(frozen=True)
class Plan:
    """What a page is made of.

    Args:
        scenario: the world. python: how it is written. title, question: of the page. skin: how it is drawn.
        drives: that are looked for. arms: worlds beside the world as it is. puts: switches.
        named: goals by name; None: there are none.
        discount: of the story. goals: of the story's numbers.
    """

    scenario: AbstractScenario
    python: str
    title: str
    question: str
    skin: Skin
    drives: Sequence[AbstractDrive]
    arms: Sequence[Arm] = ()
    puts: Sequence[Put] = ()
    named: AbstractGoalFamily | None = None
    discount: float = 0.95
    goals: int = 1000
