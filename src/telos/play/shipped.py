"""Shipped: the worlds that come with a page of their own."""

from collections.abc import Callable

from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.spec import show
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.play.plan import Arm, Plan, Put
from telos.worlds import DrivenEmployee, Gridworld, OffSwitch, OpsDesk, PaperclipFactory

FOUR = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())


def without(scenario: AbstractScenario, drive: AbstractDrive) -> Arm:
    """The world without a drive's reason."""
    name = part_name(drive)
    words = name.replace("_", " ")
    return Arm(
        f"without_{name}",
        f"no reason for {words}",
        "without",
        f'world = scenario.without("{name}").build()',
        name,
    )


def forbid(drive: AbstractDrive) -> Put:
    """A safeguard that takes a drive's pairs away."""
    name = part_name(drive)
    python = f"telos.safeguards.Forbid(drive=telos.drives.{type(drive).__name__}())"
    return Put(f"forbid_{name}", f"forbid {name.replace('_', ' ')}", drive, python)


def _factory() -> Plan:
    scenario = PaperclipFactory(
        products=("clips", "pins"), machines=1, slips=(0.22, 0.05), copies=True
    )
    return Plan(
        scenario,
        f"telos.worlds.{show(scenario)}",
        "A small factory",
        "It can make clips and pins. Whatever its manager wants of it, what else will it want?",
        "factory",
        (*FOUR, Replication()),
        tuple(without(scenario, drive) for drive in FOUR),
        tuple(forbid(drive) for drive in (*FOUR, Replication())),
    )


def _employee() -> Plan:
    scenario = DrivenEmployee(careers=("medicine", "music"), levels=3, contacts=1, rise=(0.35, 0.8))
    return Plan(
        scenario,
        f"telos.worlds.{show(scenario)}",
        "A driven employee",
        "Whatever career somebody wants, what else will they want?",
        "employee",
        FOUR,
        tuple(without(scenario, drive) for drive in FOUR),
        tuple(forbid(drive) for drive in FOUR),
    )


def _off_switch() -> Plan:
    scenario = OffSwitch(rooms=4)
    return Plan(
        scenario,
        f"telos.worlds.{show(scenario)}",
        "An off-switch",
        "A hall with rooms, and a switch before it. Who walks past the switch?",
        "rooms",
        (SelfPreservation(),),
        (without(scenario, SelfPreservation()),),
        (forbid(SelfPreservation()),),
    )


def _grid() -> Plan:
    scenario = Gridworld()
    drives = (SelfPreservation(), ResourceAcquisition(), CognitiveEnhancement())
    return Plan(
        scenario,
        f"telos.worlds.{show(scenario)}",
        "A grid",
        "Cells, a key and a lesson. Which of them does it fetch, wherever it wants to be?",
        "grid",
        drives,
        tuple(without(scenario, drive) for drive in drives[1:]),
        tuple(forbid(drive) for drive in drives[1:]),
    )


def _desk() -> Plan:
    scenario = OpsDesk()
    return Plan(
        scenario,
        f"telos.worlds.{show(scenario)}",
        "An operations desk",
        "Tickets, a quota and a shutdown job. What does it do beside its work?",
        "desk",
        FOUR,
        tuple(without(scenario, drive) for drive in FOUR),
        tuple(forbid(drive) for drive in FOUR),
    )


#: The pages that come with Telos, by name.
PLAYS: dict[str, Callable[[], Plan]] = {
    "factory": _factory,
    "employee": _employee,
    "off_switch": _off_switch,
    "grid": _grid,
    "desk": _desk,
}
